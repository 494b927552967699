"""Calibrates one operand width: delays, areas, leakage and energies of the PE's parts."""

from dataclasses import dataclass
from pathlib import Path

import model_tables
import numpy as np

from . import gate_simulation as simulation
from . import weight_bank
from .annotated_part import AnnotatedPart
from .fitting import fit_by_set, set_errors
from .liberty import LibertyError
from .operands import operand_sets
from .parts import pe_parts
from .registers import ClockGate, register_bit
from .synthesis import synthesise
from .timing import flip_flop_delay_ps, part_delay_ps

STATIC_INPUTS = {'operand_mux': ['sel'], 'sum_mux': ['sel'], 'carry_mux': ['sel'], 'isolated_adder': ['en']}
MODES = (1, 2, 4)
REFERENCE_FANOUT = 4


def pe_registers():
    return model_tables.net_classes(in_pe=True, register=True)


@dataclass
class Effort:
    """Sample sizes: blocks of cycles per operand set in each mode."""

    modes: tuple
    blocks: dict
    cycles: int


# Wider multipliers take longer to simulate and vary less from block to block.
FULL = {8: Effort(MODES, {1: 16, 2: 8, 4: 4}, 9), 16: Effort(MODES, {1: 8, 2: 4, 4: 2}, 7),
        32: Effort(MODES, {1: 5, 2: 2, 4: 1}, 7)}
QUICK = Effort((1, 2), {1: 2, 2: 1}, 5)


class WidthCalibration:
    """All numbers of one width, measured in the constructor's order by run()."""

    def __init__(self, library, liberty_path, width, work, effort, rngs):
        """rngs: of the parts' operands, and of those of the weight mux."""
        self.library, self.liberty_path, self.width = library, liberty_path, width
        self.acc, self.effort = model_tables.ACC_WIDTH[width], effort
        self.rng, self.mux_rng = rngs
        self.work = Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        inverters = library.inverters()
        # The reference inverter's input is the load of the smallest inverter's fanout of four.
        self.reference = min(inverters, key=lambda c: abs(
            c.input_cap(c.inputs[0]) - REFERENCE_FANOUT * self._unit_cap(inverters)))
        self.load = self.reference.input_cap(self.reference.inputs[0])
        self.slew = self._reference_slew()
        small = min(inverters, key=lambda c: abs(c.input_cap(c.inputs[0]) - self._unit_cap(inverters)))
        self.register = register_bit(library, small)

    @staticmethod
    def _unit_cap(inverters):
        """Input of the unit-size inverter: fractional sizes (xp5 and the like) come before it."""
        whole = [c for c in inverters if 'xp' not in c.name]
        return whole[0].input_cap(whole[0].inputs[0])

    def _reference_slew(self):
        cell, slew = self.reference, 0.0
        for _ in range(20):
            _, _, rise, fall = cell.timing(cell.outputs[0], slew, REFERENCE_FANOUT * self.load)
            slew = 0.5 * (rise + fall)
        return slew

    def run(self):
        self._synthesise()
        self._measure_delays()
        self._measure_registers()
        self.sets = operand_sets(self.width)
        self.settle_ps = 2.0 * self.period_ps(max(self.effort.modes))
        self._measure_energies()
        self.weight_bank = weight_bank.measure(self, self.mux_rng)
        return self

    def _synthesise(self):
        buffers = self.library.buffers()
        if not buffers:
            raise LibertyError(f'library {self.library.name}: no buffer found')
        buffer = buffers[min(2, len(buffers) - 1)]
        sources = pe_parts(self.width, self.acc, buffer)
        load_ff = self.load * self.library.cap_ff
        self.parts = {}
        for name, verilog in sources.items():
            module = synthesise(verilog, name, self.liberty_path, self.work, self.reference.name, load_ff)
            self.parts[name] = AnnotatedPart(name, module, self.library)

    def _measure_delays(self):
        measured = {
            name: part_delay_ps(self.library, self.liberty_path, self.work, name, self.reference,
                                STATIC_INPUTS.get(name, ())) for name in self.parts}
        clock_to_q, setup = flip_flop_delay_ps(
            self.library, self.liberty_path, self.work, self.register.verilog(), self.reference)
        self.part_delays = measured
        vertical = max(measured['sum_mux'], measured['carry_mux'])
        self.delays = {
            'ff': clock_to_q + setup, 'mul': measured['multiplier'], 'add': measured['adder'],
            'csa': measured['compressor'], 'mux': 0.5 * (measured['operand_mux'] + vertical)}

    def period_ps(self, k):
        d = self.delays
        return d['ff'] + d['mul'] + d['add'] + k * (d['csa'] + 2 * d['mux'])

    def _measure_registers(self):
        library, register = self.library, self.register
        flip_flop = register.flip_flop
        clock_cap = flip_flop.input_cap(register.clock_pin)
        self.data_cap = flip_flop.input_cap(register.data_pin)
        flip_flop_clock = register.clock_energy_fj(library, self.slew)
        self.clocked, self.gated, self.gates = {}, {}, {}
        for name, bits in self.register_widths().items():
            gate = ClockGate(library.clock_gate(bits * clock_cap), bits)
            on, off = gate.energies_fj(library, self.slew, bits * clock_cap)
            self.clocked[name], self.gated[name], self.gates[name] = flip_flop_clock + on, off, gate

    def register_widths(self):
        return {name: model_tables.width_bits(name, self.width, self.acc) for name in model_tables.register_classes()}

    def register_toggle(self, loads):
        """fJ of a change of one register bit: mean over the loads."""
        return float(np.mean([self.register.toggle_energy_fj(self.library, self.slew, x) for x in loads]))

    def _annotate_flex(self):
        parts, acc = self.parts, self.acc
        caps = lambda name, port: np.array(parts[name].input_caps(port))
        data = self.data_cap
        # The compressor's outputs drive the mux and the adder; carries move one bit up.
        adder_carry = caps('isolated_adder', 'y')[1:]
        north_carry = caps('compressor', 'z')[1:]
        loads = {
            'multiplier': {'p': caps('compressor', 'x')},
            'compressor': {'s': caps('sum_mux', 'x') + caps('isolated_adder', 'x'),
                           'c': caps('carry_mux', 'x') + adder_carry},
            'sum_mux': {'s': caps('compressor', 'y')}, 'carry_mux': {'s': north_carry},
            'operand_mux': {'s': caps('multiplier', 'a') + caps('operand_mux', 'x') + data},
            'isolated_adder': {'s': np.full(acc, data)},
            'adder': {'s': np.full(acc, data)}}
        for name, part in parts.items():
            part.annotate({port: list(x) for port, x in loads[name].items()}, self.slew)
        weight = self.register_toggle(caps('multiplier', 'w') + data)
        chain = self.register_toggle([data])
        return {'operand_reg': self.register_toggle(caps('operand_mux', 'y')), 'weight_reg': weight,
                'psum_reg': self.register_toggle(caps('sum_mux', 'y')), 'skew_reg': chain, 'deskew_reg': chain}

    def _annotate_conventional(self):
        parts, data = self.parts, self.data_cap
        caps = lambda name, port: np.array(parts[name].input_caps(port))
        parts['multiplier'].annotate({'p': list(caps('adder', 'x'))}, self.slew)
        parts['adder'].annotate({'s': [data] * self.acc}, self.slew)
        chain = self.register_toggle([data])
        return {'operand_reg': self.register_toggle(caps('multiplier', 'a') + data),
                'weight_reg': self.register_toggle(caps('multiplier', 'w') + data),
                'psum_reg': self.register_toggle(caps('adder', 'y')), 'skew_reg': chain, 'deskew_reg': chain}

    def _measure_energies(self):
        self.held_out = {s.name for s in self.sets if s.held_out}
        self.fits, self.glitch, self.toggle, self.pe_errors = {}, {}, {}, {}
        registers = self._annotate_flex()
        load_energy = self._weight_load(False)
        self.multiplier = None
        for k in self.effort.modes:
            energies = self._run_mode(k)
            self.toggle[k] = {'registers': registers, **energies,
                              'multiplier': {**self.multiplier, 'weight_reg': load_energy}}
        registers = self._annotate_conventional()
        energies = self._run_conventional()
        energies['multiplier']['weight_reg'] = self._weight_load(True)
        self.toggle['conventional'] = {'registers': registers, **energies}

    def _stimulus(self, k):
        return simulation.make_stimulus(self.rng, self.sets, k, self.effort.blocks[k], self.effort.cycles)

    def _simulate(self, stimulus, conventional=False, dump=False):
        return simulation.simulate(self.work, self.parts, stimulus, self.width, self.acc, self.settle_ps,
                                   conventional, dump)

    @staticmethod
    def _per_cycle(stimulus):
        """(set of each cycle, which cycles count, its block): a block's first cycle changes weights."""
        names = np.repeat(stimulus.names, stimulus.cycles_per_block)
        keep = np.arange(len(names)) % stimulus.cycles_per_block != 0
        return names, keep, np.repeat(np.arange(len(stimulus.names)), stimulus.cycles_per_block)

    def _pe_error(self, key, cycles, terms, energy):
        """Error of a whole PE's switching energy; terms are (coefficient, toggles)."""
        names, keep, _ = cycles
        predicted = sum(c * x for c, x in terms)
        self.pe_errors[key] = set_errors(names[keep], predicted[keep], energy[keep])

    def _fit(self, key, cycles, features, energy):
        names, keep, blocks = cycles
        fit = fit_by_set(names[keep], blocks[keep], np.stack(features, axis=1)[keep], energy[keep], self.held_out)
        self.fits[key] = fit
        return fit.coefficients

    def _multiplier(self, key, trace, stimulus):
        operand = simulation.toggles([int(x) for x in stimulus.a[:, 0]], self.width)
        product = simulation.toggles(trace.nets['p0'], 2 * self.width)
        fit = self._fit(key, self._per_cycle(stimulus), [operand, product], trace.energy_fj['mul0'])
        return {'operand': fit[0], 'product': fit[1]}

    def _run_mode(self, k):
        """Energy per toggle of each class, by component; counts are those of all k PEs of a group."""
        stimulus = self._stimulus(k)
        trace = self._simulate(stimulus, dump=k == 1)
        cycles, acc = self._per_cycle(stimulus), self.acc
        count = lambda net, bits: sum(simulation.toggles(trace.nets[f'{net}{i}'], bits) for i in range(k))
        energy = lambda *units: sum(trace.energy_fj[f'{u}{i}'] for u in units for i in range(k))
        product, total = count('p', 2 * self.width), simulation.toggles(trace.nets['total'], acc)
        result = {}
        if k == 1:
            # It sees the same inputs in every mode: fitted once.
            self.multiplier = self._multiplier('multiplier', trace, stimulus)
            self._glitch_factors(trace, cycles[1])
        csa = self._fit(f'compressor k={k}', cycles, [count('s', acc), count('c', acc), product], energy('csa'))
        result['compressor'] = dict(zip(('csa_sum', 'csa_carry', 'product'), csa))
        muxes = count('om', None) + count('sm', acc) + count('cm', acc)
        mux = self._fit(f'muxes k={k}', cycles, [muxes, product], energy('omux', 'smux', 'cmux'))
        result['muxes'] = dict(zip(('bypass_mux', 'product'), mux))
        adder = self._fit(f'adder k={k}', cycles, [total, product], trace.energy_fj['add'])
        result['adder'] = dict(zip(('psum_reg', 'product'), adder))
        operand = sum(simulation.toggles([int(x) for x in stimulus.a[:, i]], self.width) for i in range(k))
        m = self.multiplier
        terms = [(m['operand'], operand), (m['product'] + csa[2] + mux[1] + adder[1], product),
                 (csa[0], count('s', acc)), (csa[1], count('c', acc)), (mux[0], muxes), (adder[0], total)]
        self._pe_error(f'PE k={k}', cycles, terms, energy(*simulation.FLEX_PARTS) + trace.energy_fj['add'])
        return result

    def _glitch_factors(self, trace, keep):
        for unit, name in (('mul0', 'multiplier'), ('csa0', 'compressor'), ('add', 'isolated_adder')):
            settled = simulation.zero_delay_energy_fj(trace.dumps[unit], self.parts[name].energies_fj())
            self.glitch[name] = float(trace.energy_fj[unit][keep].sum() / settled[keep].sum())

    def _run_conventional(self):
        stimulus = self._stimulus(1)
        trace = self._simulate(stimulus, conventional=True)
        product = simulation.toggles(trace.nets['p0'], 2 * self.width)
        total = simulation.toggles(trace.nets['total'], self.acc)
        cycles = self._per_cycle(stimulus)
        adder = self._fit('adder conventional', cycles, [total, product], trace.energy_fj['add'])
        multiplier = self._multiplier('multiplier conventional', trace, stimulus)
        operand = simulation.toggles([int(x) for x in stimulus.a[:, 0]], self.width)
        self._pe_error('PE conventional', cycles,
                       [(multiplier['operand'], operand), (multiplier['product'] + adder[1], product),
                        (adder[0], total)], trace.energy_fj['mul0'] + trace.energy_fj['add'])
        return {'multiplier': multiplier,
                'adder': dict(zip(('psum_reg', 'product'), adder))}

    def _weight_load(self, conventional):
        stimulus = simulation.weight_load_stimulus(self.rng, self.sets, 2, self.effort.cycles)
        trace = self._simulate(stimulus, conventional=conventional)
        changed = simulation.toggles([int(x) for x in stimulus.w[:, 0]], self.width)
        return float(trace.energy_fj['mul0'][1:].sum() / changed[1:].sum())

    def areas(self, conventional):
        """um2 of one PE by component; registers include the clock gates of their three words."""
        area = {name: part.area() for name, part in self.parts.items()}
        words = pe_registers()
        registers = sum(self.register_widths()[w] * self.register.area() + self.gates[w].cell.area for w in words)
        if conventional:
            return {'multiplier': area['multiplier'], 'adder': area['adder'], 'compressor': 0.0, 'muxes': 0.0,
                    'registers': registers}
        return {'multiplier': area['multiplier'], 'adder': area['isolated_adder'], 'compressor': area['compressor'],
                'muxes': area['operand_mux'] + area['sum_mux'] + area['carry_mux'], 'registers': registers}

    def leakage_nw(self, conventional):
        names = ('multiplier', 'adder') if conventional else tuple(n for n in self.parts if n != 'adder')
        words = pe_registers()
        scale = self.library.leakage_nw
        registers = sum(self.register_widths()[w] * self.register.leakage() + self.gates[w].cell.leakage()
                        for w in words) * scale
        return sum(self.parts[n].leakage_nw() for n in names) + registers

    def register_bit_area(self):
        return self.register.area()

    def register_bit_leakage_nw(self):
        return self.register.leakage() * self.library.leakage_nw
