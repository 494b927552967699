"""Writes the technology file of a calibration: every number with its unit and source."""

import json
import re

MEMORY = 'M. Horowitz, Computing\'s Energy Problem, ISSCC 2014, 45 nm, 0.9 V; not calibrated, not scaled'


def quantity(value, unit, source):
    return {'value': float(f'{value:.6g}'), 'unit': unit, 'source': source}


def _by_name(values, unit, source):
    return {name: quantity(value, unit, source) for name, value in values.items()}


def _toggles(components):
    source = {'registers': 'register'}
    return {component: _by_name(classes, 'fJ/toggle', source.get(component, 'simulation'))
            for component, classes in components.items()}


def _overlap(bank, multiplier):
    """Two weight registers per PE: energies instead of those of weight_reg, leakage and area on top."""
    return {
        'energy_per_toggle': _toggles({
            'registers': {'weight_reg': bank.register_toggle}, 'multiplier': {'weight': multiplier},
            'muxes': {'weight_reg': bank.mux_per_bank_toggle, 'weight': bank.mux_per_weight_toggle}}),
        'leakage': {'pe': quantity(bank.leakage_nw, 'nW', 'leakage')},
        'area': _by_name({'registers': bank.register_area, 'muxes': bank.mux_area}, 'um2', 'area'),
    }


def _design(calibration, conventional):
    modes = {'1': calibration.toggle['conventional']} if conventional else {
        str(k): calibration.toggle[k] for k in calibration.effort.modes}
    return {
        'energy_per_toggle': {mode: _toggles(components) for mode, components in modes.items()},
        'clocked_bit': _by_name(calibration.clocked, 'fJ/bit-cycle', 'register'),
        'gated_bit': _by_name(calibration.gated, 'fJ/bit-cycle', 'register'),
        'clock_tree': quantity(0, 'fJ/bit-cycle', 'clock_tree'),
        'leakage': {'pe': quantity(calibration.leakage_nw(conventional), 'nW', 'leakage'),
                    'register_bit': quantity(calibration.register_bit_leakage_nw(), 'nW', 'leakage')},
        'area': {**_by_name(calibration.areas(conventional), 'um2', 'area'),
                 'register_bit': quantity(calibration.register_bit_area(), 'um2', 'area')},
        'overlap': _overlap(calibration.weight_bank, modes['1']['multiplier']['weight_reg']),
    }


GLITCH_PARTS = {'multiplier': 'multiplier', 'compressor': 'compressor', 'isolated_adder': 'adder'}


def glitch_factors(factors):
    return {GLITCH_PARTS[name]: quantity(round(x, 2), '1', 'simulation') for name, x in factors.items()}


def width_entry(calibration):
    return {'delays': _by_name(calibration.delays, 'ps', 'timing'),
            'glitch_factor': glitch_factors(calibration.glitch),
            'arrayflex': _design(calibration, False), 'conventional': _design(calibration, True)}


def sources(library):
    corner = f'library {library.name}, {library.corner}'
    return {
        'timing': f'static timing (OpenSTA) of the synthesised parts (yosys, abc), {corner}, no wires',
        'simulation': 'fit to event-driven gate simulation (Icarus Verilog) with the delays, internal energies and '
                      f'pin capacitances of {corner}, no wires',
        'register': f'internal energies and pin capacitances of the flip-flop and clock gate, {corner}, no wires',
        'clock_tree': 'needs a layout: only clock pins and leaf clock gates are counted',
        'leakage': f'state-independent cell leakage, {corner}',
        'area': f'cell area of the synthesised parts, {corner}, before placement',
        'memory': MEMORY,
    }


def notes(calibration):
    """Notes for readers of the numbers, by topic."""
    width, part = calibration.width, calibration.part_delays
    base = calibration.delays['ff'] + calibration.delays['mul'] + calibration.delays['add']
    ratios = ', '.join(f'k={k}: {calibration.period_ps(k) / base:.3f}' for k in (1, 2, 4))
    areas = [sum(calibration.areas(c).values()) for c in (False, True)]
    texts = {
        'T_clock to conventional': ratios, 'PE area overhead': f'{areas[0] / areas[1] - 1:.1%}',
        'operand isolation': f'slows the adder by {part["isolated_adder"] - part["adder"]:.1f} ps, which T_clock(k) '
                             'leaves out'}
    for key, fit in calibration.fits.items():
        texts[f'fit of {key}'] = (
            f'mean error {fit.fitted_error:.1%} on fitted, {fit.held_out_error:.1%} on held-out operand sets, worst '
            f'{fit.worst_held_out[1]:+.1%} ({fit.worst_held_out[0]})')
    for key in ('multiplier', 'multiplier conventional'):
        texts[f'fit of {key} by operand set'] = ', '.join(
            f'{name}{" (held out)" if name in calibration.held_out else ""} {error:+.0%}'
            for name, error in calibration.fits[key].errors.items())
    for key, errors in calibration.pe_errors.items():
        outside = {s: e for s, e in errors.items() if s in calibration.held_out}
        worst = max(outside, key=lambda s: abs(outside[s]))
        texts[f'fit of all parts, {key}'] = (
            f'mean error {sum(map(abs, outside.values())) / len(outside):.1%} on held-out operand sets, worst '
            f'{outside[worst]:+.1%} ({worst})')
    return {f'{width} bit, {topic}': text for topic, text in texts.items()}


def technology(name, description, source, library, calibrations):
    return {
        'name': name, 'description': description, 'source': source, 'sources': sources(library),
        'notes': {topic: text for c in calibrations for topic, text in notes(c).items()},
        'widths': {str(c.width): width_entry(c) for c in calibrations},
        'memory': {'buffer': quantity(12.5, 'pJ/byte', 'memory'), 'dram': quantity(162.5, 'pJ/byte', 'memory')},
    }


def write(path, content):
    text = json.dumps(content, indent=1)
    # One line per number.
    text = re.sub(r'\{\s*"value": ([^,]+),\s*"unit": ("[^"]*"),\s*"source": ("[^"]*")\s*\}',
                  r'{"value": \1, "unit": \2, "source": \3}', text)
    with open(path, 'w', encoding='ascii') as file:
        file.write(text + '\n')
