"""What the second weight register of a PE costs: its bits and clock gate, and the mux in front of the multiplier."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .annotated_part import AnnotatedPart
from .gate_simulation import toggles
from .operands import weights
from .parts import mux
from .synthesis import run_tool, synthesise

CYCLES_PER_SET = 40


@dataclass
class WeightBankNumbers:
    """Beyond a PE with one weight register; energies in fJ per toggle."""

    register_toggle: float  # of a weight register, which drives the mux and its southern neighbour
    mux_per_bank_toggle: float  # of the register that is not selected
    mux_per_weight_toggle: float  # of the mux's output, the select included
    register_area: float
    mux_area: float
    leakage_nw: float


def measure(calibration, rng):
    """calibration: a WidthCalibration whose parts are annotated, and whose registers are measured."""
    c, width = calibration, calibration.width
    module = synthesise(mux('weight_mux', width), 'weight_mux', c.liberty_path, c.work, c.reference.name,
                        c.load * c.library.cap_ff)
    part = AnnotatedPart('weight_mux', module, c.library)
    part.annotate({'s': c.parts['multiplier'].input_caps('w')}, c.slew)
    inputs = np.array(part.input_caps('x') + part.input_caps('y'))
    held, selected = _simulate(c, part, rng)
    return WeightBankNumbers(
        register_toggle=c.register_toggle(inputs + c.data_cap),
        mux_per_bank_toggle=held, mux_per_weight_toggle=selected,
        register_area=width * c.register.area() + c.gates['weight_reg'].cell.area, mux_area=part.area(),
        leakage_nw=part.leakage_nw() + c.library.leakage_nw * (
            width * c.register.leakage() + c.gates['weight_reg'].cell.leakage()))


def _stimulus(c, rng):
    """(x, y, select) of each cycle, of all operand sets: first the bank that is not selected changes, then the select
    flips between two words."""
    words = [w for s in c.sets for w in weights(rng, s, CYCLES_PER_SET)]
    loads = [(0, int(word), 0) for word in words]
    # The bank that was left takes the next word while the other one is in use.
    flips, x, y = [], 0, 0
    for i, word in enumerate(words):
        x, y = (int(word), y) if i % 2 == 0 else (x, int(word))
        flips.append((x, y, i % 2))
    return loads, flips


def _simulate(c, part, rng):
    loads, flips = _stimulus(c, rng)
    # A new word comes before the flip to it: its energy is that of a bank that is not selected.
    cycles = list(loads)
    for x, y, select in flips:
        cycles += [(x, y, 1 - select), (x, y, select)]
    rows = _run(c, part, cycles)
    mask = (1 << c.width) - 1
    for (x, y, select), (output, _) in zip(cycles, rows):
        if output != (y if select else x) & mask:
            raise ValueError(f'gate simulation: the weight mux gave {output:#x}')
    energy = np.diff([e for _, e in rows], prepend=0.0)
    banks = toggles([x for x, _, _ in cycles], c.width) + toggles([y for _, y, _ in cycles], c.width)
    output = toggles([o for o, _ in rows], c.width)
    flip = np.zeros(len(cycles), dtype=bool)
    flip[len(loads) + 1::2] = True
    held = float(energy[:len(loads)].sum() / banks[:len(loads)].sum())
    select_pins = 0.5 * c.library.voltage ** 2 * sum(part.input_caps('sel')) * c.library.energy_fj
    return held, float((energy[flip].sum() + select_pins * flip.sum()) / output[flip].sum())


def _run(c, part, cycles):
    """[(output, energy so far)] of each cycle."""
    width, work = c.width, Path(c.work)
    with open(work / 'weight_mux.hex', 'w', encoding='ascii') as file:
        for x, y, select in cycles:
            mask = (1 << width) - 1
            file.write(f'{select << 2 * width | (x & mask) << width | y & mask:x}\n')
    bench = '\n'.join([
        'module top;', f'  reg [{2 * width}:0] vectors[0:{len(cycles) - 1}], v;', f'  wire [{width - 1}:0] s;',
        '  integer i;',
        f'  weight_mux mux(.x(v[{width} +: {width}]), .y(v[0 +: {width}]), .sel(v[{2 * width}]), .s(s));',
        '  initial begin', '    $readmemh("weight_mux.hex", vectors);', '    v = 0;', f'    #{int(np.ceil(c.settle_ps))};',
        '    mux.energy = 0;', f'    for (i = 0; i < {len(cycles)}; i = i + 1) begin', '      v = vectors[i];',
        f'      #{int(np.ceil(c.settle_ps))};', '      $display("%h %.6f", s, mux.energy);', '    end', '    $finish;',
        '  end', 'endmodule', ''])
    (work / 'weight_mux_gates.v').write_text('`timescale 1ps/1fs\n' + part.verilog() + bench)
    run_tool(['iverilog', '-g2005', '-o', 'weight_mux.vvp', 'weight_mux_gates.v'], cwd=work)
    rows = [line.split() for line in run_tool(['vvp', '-n', 'weight_mux.vvp'], cwd=work).splitlines()]
    return [(int(row[0], 16), float(row[1])) for row in rows if len(row) == 2]
