#!/usr/bin/python3
"""The RTL with overlapping tiles against the definition: every register and net in every cycle.

What each of them must hold is computed here from the formulas of docs/architecture.md, cycle by
cycle, not stepped; the RTL runs in Icarus Verilog. Toggles and clocked bits counted on the RTL are
compared with the closed forms of the definition.

Usage: overlap_test.py FOLDER_OF_THE_RTL [unittest arguments]
"""

import collections
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

RTL = pathlib.Path()
BENCH = pathlib.Path(__file__).resolve().parent / "overlap_bench.sv"
DATA, ACC = 8, 32
LOAD, FULL = 1, 2


class Product:
    """Tiles with their times: tile i loads from l[i] and streams from b[i]."""

    def __init__(self, rows, cols, k, overlap, t, tiles, rng, longest_stall=0):
        self.rows, self.cols, self.k, self.overlap, self.t = rows, cols, k, overlap, t
        self.groups, self.col_groups = -(-rows // k), -(-cols // k)
        self.stream = t + self.groups + self.col_groups - 2
        value = lambda: rng.choice([-128, 127, 0, rng.randint(-128, 127), rng.randint(-128, 127)])
        self.weights = [[[value() for _ in range(cols)] for _ in range(rows)] for _ in range(tiles)]
        self.a = [[[value() for _ in range(rows)] for _ in range(t)] for _ in range(tiles)]
        stall = lambda: rng.randint(0, longest_stall) if rng.random() < 0.5 else 0
        self.period = max(rows, self.stream if overlap == LOAD else t)
        self.l, self.b = [], []
        for i in range(tiles):
            self.l.append((self.b[-1] if i else 0) + stall())
            earliest = self.l[i] + rows
            if i:
                earliest = max(earliest, self.b[-1] + self.period)
            self.b.append(earliest + stall())
        self.cycles = self.b[-1] + self.stream + 2
        # The cycle in which a column's load, or a PE's select, is due, after l or b.
        self.h = lambda c: c // k if overlap == FULL else 0
        self.g = lambda r: r // k if overlap == FULL else 0

    def inputs(self):
        """A line of hexadecimal digits per cycle, as overlap_bench reads it."""
        lines = []
        for j in range(self.cycles):
            word = [(int(j in self.l), 1), (int(j in self.b), 1), (self.t, 16)]
            word += [(self.row_of_a(j, 0, r), DATA) for r in reversed(range(self.rows))]
            for c in reversed(range(self.cols)):
                weight = 0
                for i, start in enumerate(self.l):
                    cycle = j - start - self.h(c)
                    if 0 <= cycle < self.rows:
                        weight = self.weights[i][self.rows - 1 - cycle][c]
                word.append((weight, DATA))
            bits, width = 0, 0
            for number, size in word:
                bits = bits << size | number & (1 << size) - 1
                width += size
            lines.append(f"{bits:0{(width + 3) // 4}x}")
        return "\n".join(lines) + "\n"

    def row_of_a(self, j, delay, r):
        """A's operand of row r that entered `delay` cycles before cycle j; 0 where none did."""
        tile, t = self.place(j - delay)
        return self.a[tile][t][r] if tile is not None else 0

    def place(self, j):
        """Tile and row of A that enter in cycle j."""
        for i, start in enumerate(self.b):
            if 0 <= j - start < self.t:
                return i, j - start
        return None, None

    def bank(self, j, bank, r, c):
        value = 0
        for i in range(bank, len(self.l), 2):
            writes = j - (self.l[i] + self.h(c) + r)  # edges that have clocked it
            if writes > 0:
                value = self.weights[i][max(r, self.rows - writes)][c]
        return value

    def selected_tile(self, j, r, c):
        """The latest tile whose select has come; None before tile 0."""
        flips = [i for i, start in enumerate(self.b) if j >= start + self.g(r) + self.h(c)]
        return flips[-1] if flips else None

    def prefix(self, j, delay, r, c):
        """Sum of rows 0..r for the row of A that entered `delay` cycles before cycle j."""
        tile, t = self.place(j - delay)
        if tile is None:
            return 0
        return sum(self.a[tile][t][n] * self.weights[tile][n][c] for n in range(r + 1))


def expected_nets(p, conventional):
    """{(cycle, place, first, second, net): value}, unsigned."""
    want = {}
    width = {"weight_select": 1, "bank_enable": 2, "product": 2 * DATA, "operand_reg": DATA,
             "operand": DATA, "operand_out": DATA, "weight": DATA, "weight_bank0": DATA,
             "weight_bank1": DATA}

    def put(j, place, x, y, net, value, bits=None):
        want[j, place, x, y, net] = value & (1 << (bits or width.get(net, ACC))) - 1

    for j in range(p.cycles):
        for r in range(p.rows):
            for i in range(r):
                value = p.row_of_a(j, i + 1, r) if i < r // p.k else 0
                put(j, "skew", r, i, "reg", value, DATA)
        for c in range(p.cols):
            put_column(p, j, c, conventional, put)
            in_use = p.col_groups - 1 - c // p.k
            for i in range(p.cols - 1 - c):
                value = p.prefix(j, p.groups + c // p.k + 1 + i, p.rows - 1, c) if i < in_use else 0
                put(j, "deskew", c, i, "reg", value)
            fill = p.groups + p.col_groups - 1
            put(j, "system", 0, c, "south", p.prefix(j, fill, p.rows - 1, c))
        put_state(p, j, put)
    return want


def put_column(p, j, c, conventional, put):
    mask = (1 << ACC) - 1
    sum_in = carry_in = 0
    for r in range(p.rows):
        g, h = r // p.k, c // p.k
        operand = p.row_of_a(j, g + h, r)
        tile = p.selected_tile(j, r, c)
        banks = [p.bank(j, b, r, c) for b in (0, 1)]
        weight = 0 if tile is None else banks[tile % 2]
        product = operand * weight
        enable = 0
        for i, start in enumerate(p.l):
            if r <= j - start - p.h(c) < p.rows:
                enable = 1 << i % 2
        boundary = (c + 1) % p.k == 0 and c + 1 < p.cols
        operand_reg = p.row_of_a(j, g + h + 1, r) if boundary else 0
        bottom = (r + 1) % p.k == 0 or r + 1 == p.rows
        psum_reg = p.prefix(j, g + h + 1, r, c) if bottom else 0
        nets = {"operand": operand, "weight": weight, "weight_bank0": banks[0],
                "weight_bank1": banks[1], "bank_enable": enable, "product": product,
                "weight_select": int(tile is not None and tile % 2 == 0),
                "psum_reg": psum_reg, "operand_reg": operand_reg}
        if not conventional:
            addend = product & mask
            csa_sum = sum_in ^ carry_in ^ addend
            csa_carry = (sum_in & carry_in | sum_in & addend | carry_in & addend) << 1 & mask
            sum_in, carry_in = (psum_reg & mask, 0) if bottom else (csa_sum, csa_carry)
            last = c + 1 == p.cols
            nets |= {"csa_sum": csa_sum, "csa_carry": csa_carry, "sum_out": sum_in,
                     "carry_out": carry_in,
                     "operand_out": 0 if last else operand_reg if boundary else operand}
        for net, value in nets.items():
            put(j, "pe", r, c, net, value)


def put_state(p, j, put):
    on = any(0 <= j - start <= p.stream for start in p.b)
    loading = any(0 <= j - start < p.rows for start in p.l)
    streaming = any(0 <= j - start < p.stream for start in p.b)
    put(j, "system", 0, 0, "pipeline_enable", int(on), 1)
    put(j, "system", 0, 0, "phase", int(loading) + 2 * int(streaming), 2)
    tile, t = p.place(j - (p.groups + p.col_groups - 1))
    put(j, "system", 0, 0, "output_valid", int(tile is not None), 1)
    if tile is not None:
        put(j, "system", 0, 0, "output_row", t, 16)
    # Whether a tile may start to stream in the next cycle.
    streamed = sum(start <= j for start in p.b)
    ready = streamed < len(p.b) and p.l[streamed] <= j and j + 1 >= p.l[streamed] + p.rows
    if streamed:
        ready = ready and j + 1 >= p.b[streamed - 1] + p.period
    put(j, "system", 0, 0, "ready", int(ready), 1)


CLASSES = {"operand": "operand", "weight": "weight", "weight_bank0": "weight_reg",
           "weight_bank1": "weight_reg", "product": "product", "psum_reg": "psum_reg",
           "operand_reg": "operand_reg", "csa_sum": "csa_sum", "csa_carry": "csa_carry",
           "sum_out": "bypass_mux", "carry_out": "bypass_mux", "operand_out": "bypass_mux"}


def counted_toggles(nets):
    """Hamming distances between successive cycles, by class, in {(cycle, ...): value}."""
    toggles = collections.Counter()
    for (j, place, x, y, net), value in nets.items():
        name = {"skew": "skew_reg", "deskew": "deskew_reg"}.get(place, CLASSES.get(net))
        if name is None or place == "system":
            continue
        toggles[name] += bin(value ^ nets.get((j - 1, place, x, y, net), 0)).count("1")
    return toggles


def hamming(values, bits):
    mask = (1 << bits) - 1
    return sum(bin((x ^ y) & mask).count("1") for x, y in zip(values, values[1:]))


def defined_toggles(p):
    """What the definition says in so many words, for classes that it gives a formula for."""
    toggles = collections.Counter()
    for c in range(p.cols):
        for r in range(p.rows):
            old, weight = [0, 0], [0]
            for i, w in enumerate(p.weights):
                way = [old[i % 2]] + [w[n][c] for n in range(p.rows - 1, r - 1, -1)]
                toggles["weight_reg"] += hamming(way, DATA)
                old[i % 2] = w[r][c]
                weight.append(w[r][c])
            toggles["weight"] += hamming(weight, DATA)
    for r in range(p.rows):
        along = [0]
        for i, tile in enumerate(p.a):
            along += [row[r] for row in tile]
            if i + 1 == len(p.b) or p.b[i + 1] - p.b[i] > p.t:
                along.append(0)
        toggles["operand"] += p.cols * hamming(along, DATA)
    return toggles


class Simulation:
    """The nets of the RTL, as expected_nets() names them."""

    def __init__(self, product, conventional, rtl=None):
        files = sorted((rtl or RTL).glob("*.sv"))
        parameters = {"ROWS": product.rows, "COLS": product.cols, "OVERLAP": product.overlap,
                      "MODE": product.k, "CYCLES": product.cycles}
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "inputs.hex").write_text(product.inputs())
            command = ["iverilog", "-g2012", "-o", folder / "bench", "-s", "overlap_bench",
                       *(f"-Poverlap_bench.{key}={value}" for key, value in parameters.items()),
                       *(["-DCONVENTIONAL"] if conventional else []), BENCH, *files]
            subprocess.run(command, check=True)
            subprocess.run(["vvp", "-n", folder / "bench"], cwd=folder, check=True,
                           stdout=subprocess.DEVNULL)
            self.nets = {}
            for line in (folder / "log.txt").read_text().splitlines():
                j, place, x, y, net, value = line.split()
                known = "x" not in value and "z" not in value
                self.nets[int(j), place, int(x), int(y), net] = int(value, 16) if known else None

    def differences(self, want):
        """The first cycle's differences: [(cycle, place, x, y, net)]."""
        wrong = sorted(key for key, value in want.items() if self.nets[key] != value)
        return [key for key in wrong if key[0] == wrong[0][0]]

    def clocked_weight_bits(self):
        return DATA * sum(bin(value).count("1") for (*_, net), value in self.nets.items()
                          if net == "bank_enable")

    def pipeline_cycles(self):
        return sum(value for (*_, net), value in self.nets.items() if net == "pipeline_enable")


@unittest.skipUnless(shutil.which("iverilog"), "iverilog is missing")
class Overlap(unittest.TestCase):
    SHAPES = [(1, 1, 1), (2, 2, 1), (2, 3, 2), (5, 3, 2), (4, 4, 3), (3, 6, 1)]

    def check(self, p, conventional):
        simulation = Simulation(p, conventional)
        want = expected_nets(p, conventional)
        self.assertEqual(simulation.differences(want)[:8], [])
        # Everything but the weights is back at 0.
        for (j, place, x, y, net), value in simulation.nets.items():
            if j + 1 == p.cycles and place != "system" and not net.startswith("weight"):
                self.assertEqual(value, 0, (place, x, y, net))
        toggles = counted_toggles(simulation.nets)
        for name, count in defined_toggles(p).items():
            self.assertEqual(toggles[name], count, name)
        self.assertEqual(simulation.clocked_weight_bits(),
                         len(p.l) * DATA * p.cols * p.rows * (p.rows + 1) // 2)
        gaps = [later - sooner for sooner, later in zip(p.b, p.b[1:])]
        self.assertEqual(simulation.pipeline_cycles(),
                         sum(min(gap, p.stream + 1) for gap in gaps) + p.stream + 1)

    def check_all(self, overlap, longest_stall=0):
        rng = random.Random(int(os.environ.get("ARRAYFLEX_TEST_SEED", "20230417")) + overlap)
        for rows, cols, k in self.SHAPES:
            # Fewer rows of A than the array has, as many, and more; streams that meet and that do not.
            for t in sorted({max(1, rows - 2), rows, rows + 3}):
                conventional = k == 1 and t != rows
                with self.subTest(rows=rows, cols=cols, k=k, t=t, conventional=conventional):
                    p = Product(rows, cols, k, overlap, t, 5, rng, longest_stall)
                    if longest_stall == 0:
                        self.assertEqual(p.b[-1] + p.stream, rows + 4 * p.period + p.stream)
                    self.check(p, conventional)

    def test_load(self):
        self.check_all(LOAD)

    def test_full(self):
        self.check_all(FULL)

    def test_stalls(self):
        self.check_all(LOAD, 12)
        self.check_all(FULL, 12)

    # A mistake in the RTL: in which file, what instead of what. Returns the first differences
    # without their cycle, that cycle, and the RTL's and the right values of all nets.
    def mistaken(self, file, right, wrong):
        with tempfile.TemporaryDirectory() as name:
            for source in RTL.glob("*.sv"):
                text = source.read_text()
                if source.name == file:
                    self.assertIn(right, text)
                    text = text.replace(right, wrong)
                (pathlib.Path(name) / source.name).write_text(text)
            p = Product(3, 4, 1, FULL, 4, 4, random.Random(1))
            p.weights[0][0][0] = 5  # not 0, as what a late select shows
            found = Simulation(p, False, pathlib.Path(name))
        want = expected_nets(p, False)
        first = found.differences(want)
        self.assertTrue(first, "nothing was found")
        return p, first[0][0], [key[1:] for key in first], found, want

    def test_finds_a_select_that_flips_one_cycle_late(self):
        p, cycle, first, found, want = self.mistaken(
            "pe.sv", "assign weight = weight_select ?",
            "logic late; always_ff @(posedge clk) late <= weight_select; assign weight = late ?")
        self.assertEqual(cycle, p.b[0])
        self.assertIn(("pe", 0, 0, "weight"), first)
        self.assertNotIn(("pe", 1, 0, "weight"), first)
        self.assertNotEqual(counted_toggles(found.nets)["product"], counted_toggles(want)["product"])

    def test_finds_a_bank_that_is_overwritten_too_soon(self):
        """All rows are clocked from load cycle 0 on: row 1 still needs the weights of tile 0."""
        p, cycle, first, found, want = self.mistaken(
            "bank_enables.sv", "rows > (RowWidth + 1)'(r)", "rows != '0")
        self.assertEqual((cycle, first), (0, [("pe", r, 0, "bank_enable") for r in (1, 2)]))
        self.assertGreater(found.clocked_weight_bits(), DATA * 4 * 4 * 6)
        key = p.l[2] + 1, "pe", 1, 0, "weight"
        self.assertEqual(want[key], p.weights[1][1][0] & 255)
        self.assertNotEqual(counted_toggles(found.nets)["weight"], counted_toggles(want)["weight"])

    def test_finds_a_register_that_is_clocked_one_cycle_more(self):
        p, cycle, first, found, _ = self.mistaken(
            "bank_enables.sv", "rows > (RowWidth + 1)'(r)",
            "rows + (RowWidth + 1)'(r == 2) > (RowWidth + 1)'(r)")
        self.assertEqual((cycle, first), (1, [("pe", 2, 0, "bank_enable")]))
        self.assertEqual(found.clocked_weight_bits(), DATA * 4 * 4 * (6 + 1))


if __name__ == "__main__":
    RTL = pathlib.Path(sys.argv[1]).resolve()
    unittest.main(argv=sys.argv[:1] + sys.argv[2:])
