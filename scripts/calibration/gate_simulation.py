"""Event-driven gate simulation of a column of PEs in Icarus Verilog, with the library's delays.

Registers change at the clock edge, everything after them settles with glitches through multiplier,
compressors, muxes and adder, as it does in the array: k PEs of one row group are simulated together.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .operands import activations, weights
from .synthesis import run_tool

ROWS_ABOVE = 32  # rows whose products make up the partial sum from the north


@dataclass
class Stimulus:
    """Cycles of one run; block b holds cycles_per_block cycles with the same weights."""

    names: list  # operand set of each block
    cycles_per_block: int
    a: np.ndarray  # cycles x k
    w: np.ndarray
    north: np.ndarray  # cycles


def make_stimulus(rng, sets, k, blocks_per_set, cycles_per_block):
    names, a, w, north = [], [], [], []
    for operand_set in sets:
        for _ in range(blocks_per_set):
            names.append(operand_set.name)
            w_block = weights(rng, operand_set, k)
            above = weights(rng, operand_set, ROWS_ABOVE)
            for _ in range(cycles_per_block):
                a.append(activations(rng, operand_set, k))
                w.append(w_block)
                with np.errstate(over='ignore'):
                    north.append(np.sum(activations(rng, operand_set, ROWS_ABOVE) * above))
    return Stimulus(names, cycles_per_block, np.array(a), np.array(w), np.array(north))


def weight_load_stimulus(rng, sets, blocks_per_set, cycles_per_block):
    """Operands 0 while weights change, as in the load phase."""
    count = len(sets) * blocks_per_set * cycles_per_block
    w = np.concatenate([weights(rng, s, blocks_per_set * cycles_per_block) for s in sets])
    names = [s.name for s in sets for _ in range(blocks_per_set)]
    return Stimulus(names, cycles_per_block, np.zeros((count, 1), dtype=np.int64), w.reshape(count, 1),
                    np.zeros(count, dtype=np.int64))


def _hex(value, bits):
    return format(int(value) & ((1 << bits) - 1), f'0{bits // 4}x')


def _write_vectors(path, stimulus, width, acc_width):
    with open(path, 'w', encoding='ascii') as file:
        for a, w, north in zip(stimulus.a, stimulus.w, stimulus.north):
            words = [_hex(x, width) for x in reversed(a)] + [_hex(x, width) for x in reversed(w)]
            file.write(''.join(words) + _hex(north, acc_width) + '\n')


def _pe(i, k, width, acc):
    """Instances of PE i of a group of k."""
    bottom = int(i == k - 1)
    north_sum, north_carry = ('north', f"{acc}'b0") if i == 0 else (f'sm{i - 1}', f"{{cm{i - 1}, 1'b0}}")
    lines = [
        f'  wire [{width - 1}:0] a{i} = v[{acc + width * (k + i)} +: {width}];',
        f'  wire [{width - 1}:0] w{i} = v[{acc + width * i} +: {width}];',
        f'  reg [{width - 1}:0] before{i};',
        f'  wire [{acc - 1}:0] p{i}, s{i}, sm{i};', f'  wire [{acc - 2}:0] c{i}, cm{i};',
        f'  wire [{width - 1}:0] om{i};', f"  wire sel{i} = 1'b{bottom};",
        f'  multiplier mul{i}(.a(a{i}), .w(w{i}), .p(p{i}));',
        f'  compressor csa{i}(.x(p{i}), .y({north_sum}), .z({north_carry}), .s(s{i}), .c(c{i}));',
        f'  operand_mux omux{i}(.x(a{i}), .y(before{i}), .sel(sel{i}), .s(om{i}));',
        f"  sum_mux smux{i}(.x(s{i}), .y({'psum' if bottom else f'{acc}' + chr(39) + 'b0'}), .sel(sel{i}), .s(sm{i}));",
        f'  carry_mux cmux{i}(.x(c{i}), .sel(sel{i}), .s(cm{i}));',
    ]
    return lines


FLEX_NETS = ('p', 's', 'c', 'om', 'sm', 'cm')
FLEX_PARTS = ('mul', 'csa', 'omux', 'smux', 'cmux')


def _testbench(k, width, acc, cycles, period_ps, conventional, dump):
    vector = acc + 2 * k * width
    nets, parts = [], []
    body = []
    if conventional:
        body += [
            f'  wire [{width - 1}:0] a0 = v[{acc + width} +: {width}], w0 = v[{acc} +: {width}];',
            f'  wire [{acc - 1}:0] p0, total;',
            '  multiplier mul0(.a(a0), .w(w0), .p(p0));', '  adder add(.x(p0), .y(north), .s(total));']
        nets, parts = ['p0', 'total'], ['mul0', 'add']
    else:
        for i in range(k):
            body += _pe(i, k, width, acc)
            nets += [f'{n}{i}' for n in FLEX_NETS]
            parts += [f'{p}{i}' for p in FLEX_PARTS]
        body += [f'  wire [{acc - 1}:0] total;',
                 f"  isolated_adder add(.x(s{k - 1}), .y({{c{k - 1}, 1'b0}}), .en(1'b1), .s(total));"]
        nets.append('total')
        parts.append('add')
    previous = '' if conventional else ' '.join(f'before{i} = a{i};' for i in range(k))
    formats = ' '.join(['%h'] * len(nets) + ['%.6f'] * len(parts))
    values = ', '.join(nets + [f'{p}.energy' for p in parts])
    dumps = ' '.join(f'{p}.dump;' for p in parts) if dump else ''
    return '\n'.join([
        '`timescale 1ps/1fs', 'module top;', f'  reg [{vector - 1}:0] vectors[0:{cycles - 1}];',
        f'  reg [{vector - 1}:0] v;', f'  reg [{acc - 1}:0] psum;', '  integer i;',
        f'  wire [{acc - 1}:0] north = v[0 +: {acc}];'] + body + [
        '  initial begin', '    $readmemh("vectors.hex", vectors);',
        f'    v = 0; psum = 0; {"" if conventional else " ".join(f"before{i} = 0;" for i in range(k))}',
        f'    #{period_ps};',
        f'    for (i = 0; i < {cycles}; i = i + 1) begin', f'      psum = total; {previous}', '      v = vectors[i];',
        f'      #{period_ps};', f'      $write("{formats}", {values}); {dumps} $write("\\n");',
        '    end', '    $finish;', '  end', 'endmodule', ''])


@dataclass
class Trace:
    """Settled nets (integers per cycle), energy per part and cycle in fJ, dumped cell outputs."""

    nets: dict
    energy_fj: dict
    dumps: dict


def simulate(work, parts, stimulus, width, acc_width, period_ps, conventional=False, dump=False):
    """parts: annotated parts by name. Returns the trace of all cycles."""
    work = Path(work)
    cycles, k = stimulus.a.shape
    _write_vectors(work / 'vectors.hex', stimulus, width, acc_width)
    bench = _testbench(k, width, acc_width, cycles, int(np.ceil(period_ps)), conventional, dump)
    used = ('multiplier', 'adder') if conventional else tuple(n for n in parts if n != 'adder')
    text = '`timescale 1ps/1fs\n' + '\n'.join(parts[n].verilog() for n in used) + bench
    (work / 'gates.v').write_text(text)
    run_tool(['iverilog', '-g2005', '-o', 'gates.vvp', 'gates.v'], cwd=work)
    lines = run_tool(['vvp', '-n', 'gates.vvp'], cwd=work).splitlines()
    if conventional:
        nets, units = ['p0', 'total'], ['mul0', 'add']
    else:
        nets = [f'{n}{i}' for i in range(k) for n in FLEX_NETS] + ['total']
        units = [f'{p}{i}' for i in range(k) for p in FLEX_PARTS] + ['add']
    rows = [line.split() for line in lines if line.strip()]
    rows = [row for row in rows if len(row) == len(nets) + len(units) * (2 if dump else 1)]
    if len(rows) != cycles:
        raise ValueError(f'gate simulation printed {len(rows)} of {cycles} cycles')
    trace = Trace({}, {}, {})
    for j, net in enumerate(nets):
        trace.nets[net] = [int(row[j], 16) for row in rows]
    for j, unit in enumerate(units):
        total = np.array([float(row[len(nets) + j]) for row in rows])
        trace.energy_fj[unit] = np.diff(total, prepend=0.0)
        if dump:
            trace.dumps[unit] = [row[len(nets) + len(units) + j] for row in rows]
    _check(trace, stimulus, width, acc_width, conventional)
    return trace


def _check(trace, stimulus, width, acc_width, conventional):
    """The mapped netlist must compute: products, and the sum below the group."""
    mask = (1 << acc_width) - 1
    k = stimulus.a.shape[1]
    for t in range(len(stimulus.a)):
        total = int(stimulus.north[t])
        for i in range(k):
            product = int(stimulus.a[t][i]) * int(stimulus.w[t][i])
            total += product
            if trace.nets[f'p{i}'][t] != product & mask:
                raise ValueError(f'gate simulation: cycle {t}: {stimulus.a[t][i]} * {stimulus.w[t][i]} gave '
                                 f'{trace.nets[f"p{i}"][t]:#x}')
        if trace.nets['total'][t] != total & mask:
            raise ValueError(f'gate simulation: wrong sum in cycle {t}')


def toggles(values, bits=None):
    """Hamming distance to the value of the cycle before, per cycle (0 before the first)."""
    mask = (1 << bits) - 1 if bits else -1
    before = 0
    out = []
    for value in values:
        out.append(bin((value ^ before) & mask).count('1'))
        before = value
    return np.array(out, dtype=float)


def zero_delay_energy_fj(dumps, energies_fj):
    """Energy per cycle when each net changes at most once per cycle."""
    bits = np.array([np.frombuffer(row.encode('ascii'), dtype=np.uint8) - ord('0') for row in dumps])
    changed = (bits[1:] != bits[:-1])
    return np.concatenate([[0.0], changed @ np.array(energies_fj)])
