#!/usr/bin/python3
"""End-to-end test of waveforms, activity files and maps of PEs where tiles overlap.

Usage: overlap_files_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC. Where yosys is there, names are compared with those of the RTL.
"""

import itertools
import math
import re

import numpy

import command_case
from trace_case import CLOCKS, COLS, ROWS, TraceTest, toggles_by_class, vcd_reader

IN_PES = command_case.model_tables.net_classes("full", in_pe=True)


class Timeline:
    """Times of a product without stalls, in cycles: tile i streams from start[i] on."""

    def __init__(self, overlap, k, t_count, tiles):
        self.overlap, self.k = overlap, k
        self.stream = t_count + math.ceil(ROWS / k) + math.ceil(COLS / k) - 2
        self.period = max(ROWS, self.stream if overlap == "load" else t_count)
        self.start = [ROWS + i * self.period for i in range(tiles)]
        self.load = [0, *self.start[:-1]]
        self.cycles = self.start[-1] + self.stream

    def delay(self, place):
        """Cycles by which a row's, or a column's, weights and selection come later."""
        return place // self.k if self.overlap == "full" else 0

    def bank(self, cycle, bank, r, c, weights):
        """What the definition says of a weight register; `weights` are the tiles'."""
        value = 0
        for i in range(bank, len(self.start), 2):
            clocked = cycle - (self.load[i] + self.delay(c) + r)
            if clocked > 0:
                value = weights[i][max(r, ROWS - clocked)][c]
        return value

    def selected(self, cycle, r, c):
        """The tile whose weights the multiplier has; None before the first."""
        there = [i for i, start in enumerate(self.start)
                 if cycle >= start + self.delay(r) + self.delay(c)]
        return there[-1] if there else None


class OverlapFiles(TraceTest):
    def product(self, t=5, n=2 * ROWS, m=2 * COLS):
        """Weights of the tiles of a product, and its files."""
        _, b, files = self.gemm_files(t, n, m)
        return [b[n0:n0 + ROWS, m0:m0 + COLS]
                for m0 in range(0, m, COLS) for n0 in range(0, n, ROWS)], files

    def test_nets_add_up_to_the_report(self):
        for overlap, design, options in itertools.product(
                ("load", "full"), ("arrayflex", "conventional"), ([], ["--k", 3])):
            with self.subTest(overlap=overlap, design=design, options=options):
                saif, report = self.saif("run", self.workload, *self.array, "--engine", "pin",
                                         "--overlap", overlap, "--saif-design", design, *options)
                total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
                expected = total["activity"]["toggles"]
                sums = toggles_by_class(saif)
                self.assertEqual({c: sums[c] for c in expected}, expected)
                self.assertGreater(min(expected["weight"], expected["weight_reg"]), 0)
                self.assertLess(abs(saif.duration - total["time_ns"] * 1e6), 1)
                banks = {name.split("[")[0] for _, name, _ in saif.nets() if name.startswith("weight")}
                self.assertEqual(banks, {"weight", "weight_bank0", "weight_bank1", "weight_enable",
                                         "weight_select"})

    def test_every_bit_agrees_with_the_waveform(self):
        _, files = self.product(5, 7, 6)
        for overlap, k in itertools.product(("load", "full"), (1, 2, 3)):
            saif, report = self.saif("gemm", *files, *self.array, "--engine", "pin", "--k", k, "--overlap",
                                     overlap, "--trace", self.folder / "w.vcd")
            waves = vcd_reader.read_vcd(self.folder / "w.vcd")
            end = round(report["layers"][0]["cycles"] * CLOCKS[str(k)] * 1000)
            self.assertEqual(saif.duration, end)
            compared = set()
            for path, name, attributes in saif.nets():
                if path[1:2] != ("array",):
                    continue
                source, bit = self.vcd_name(path, name)
                changes = [(time, value >> bit & 1) for time, value in waves.signals[source].changes]
                toggles = changes[0][1] + sum(
                    before[1] != after[1] for before, after in zip(changes, changes[1:]))
                ends = [min(time, end) for time, _ in changes[1:]] + [end]
                high = sum(stop - min(start, end)
                           for (start, value), stop in zip(changes, ends) if value)
                self.assertEqual((attributes["T1"], attributes["TC"]), (high, toggles),
                                 (overlap, k, path, name))
                compared.add(name.split("[")[0])
            self.assertLessEqual({"weight", "weight_bank0", "weight_bank1", "product"}, compared)

    def test_waveforms_show_both_banks(self):
        """Registers and weight mux of every PE in every cycle are what the definition says."""
        for overlap, k, t_count in itertools.product(("load", "full"), (1, 2, 3), (2, 5)):
            weights, files = self.product(t_count)
            time = Timeline(overlap, k, t_count, len(weights))
            path = self.folder / "w.vcd"
            report = self.report("gemm", *files, *self.array, "--engine", "pin", "--k", k, "--overlap",
                                 overlap, "--trace", path, "--trace-scope", "arrayflex.array")
            self.assertEqual(report["layers"][0]["cycles"], time.cycles)
            waves = vcd_reader.read_vcd(path)
            both = 0
            for r, c, cycle in itertools.product(range(ROWS), range(COLS), range(time.cycles)):
                instant = round((cycle + 0.5) * CLOCKS[str(k)] * 1000)
                tile = time.selected(cycle, r, c)
                expected = [time.bank(cycle, 0, r, c, weights), time.bank(cycle, 1, r, c, weights),
                            0 if tile is None else weights[tile][r][c]]
                got = [waves.signals[f"arrayflex.array.pe_{r}_{c}.{net}"].at(instant)
                       for net in ("weight_bank0", "weight_bank1", "weight")]
                self.assertEqual(got, [int(value) & 0xff for value in expected],
                                 (overlap, k, t_count, r, c, cycle))
                both += 0 not in got and got[0] != got[1]
            self.assertGreater(both, ROWS * COLS * time.cycles / 3)
            self.assertFalse([name for name in waves.signals if name.endswith("weight_reg")])

    def test_clock_and_enables(self):
        """Worked out by hand: 2x2 tiles in mode 2 of 3x4 PEs, T = 5, S = 7, P = 7 and 5."""
        _, files = self.product()
        for overlap, period, pauses in (("load", 7, 4), ("full", 5, 1)):
            saif, report = self.saif("gemm", *files, *self.array, "--engine", "pin", "--k", 2,
                                     "--overlap", overlap)
            cycles = 3 + 3 * period + 7
            self.assertEqual(report["layers"][0]["cycles"], cycles)
            # Cycles at 1, of those with a place in the duration: the last drain cycle has none.
            # With `full` the streams leave no gap, and rows of X none either; with both, loads do, but the
            # first two follow each other.
            expected = {
                "phase[0]": (4 * ROWS, 6), "phase[1]": (3 * period + 7, 2),
                "weight_enable": (4 * ROWS, 6), "pipeline_enable": (3 * period + 7, 2),
                "drain": (pauses - 1, 2 * pauses), "output_valid": (4 * 5 - 1, 2 * pauses),
                "weight_select": (2 * period, 4),
            }
            for r, c, bank in itertools.product(range(ROWS), range(COLS), (0, 1)):
                # Two of the tiles are in each bank; row r takes part in all but r load cycles.
                expected[f"bank_enable[{2 * (r * COLS + c) + bank}]"] = (2 * (ROWS - r), 4)
            found = {name: attributes for path, name, attributes in saif.nets()
                     if path[1:2] != ("array",)}
            for name, (high, toggles) in expected.items():
                self.assertLess(abs(found[name]["T1"] - high * CLOCKS["2"] * 1000), cycles, name)
                self.assertEqual(found[name]["TC"], toggles, (overlap, name))

    def test_names_are_those_of_the_rtl(self):
        for overlap in ("load", "full"):
            with self.subTest(overlap=overlap):
                self.check_names(overlap)

    def test_totals_with_a_memory(self):
        """The accelerator's array, whose tiles come late: counts and time as the report has them."""
        for overlap, engine, design in itertools.product(
                ("load", "full"), ("fast", "pin"), ("arrayflex", "conventional")):
            with self.subTest(overlap=overlap, engine=engine, design=design):
                saif, report = self.saif("run", self.workload, *self.array, "--engine", engine, "--overlap",
                                         overlap, "--memory", "4:20", "--saif-design", design)
                total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
                self.assertGreater(total["stall_cycles"], 0)
                self.assertLess(abs(saif.duration - total["time_ns"] * 1e6), 1)
                self.assertEqual({name: attributes["TC"] for _, name, attributes in saif.nets()},
                                 total["activity"]["toggles"])

    def test_totals_and_maps_of_every_engine(self):
        for overlap in ("load", "full"):
            found = set()
            for engine in ("fast", "cycle", "pin"):
                path = self.folder / "map.npy"
                saif, report = self.saif("run", self.workload, *self.array, "--engine", engine, "--overlap",
                                         overlap, "--saif-detail", "totals", "--pe-map", path)
                toggles = report["total"]["activity"]["toggles"]
                classes, pes = {}, numpy.zeros((ROWS, COLS), numpy.int64)
                for place, name, attributes in saif.nets():
                    if len(place) == 1:
                        classes[name] = attributes["TC"]
                        continue
                    r, c = re.findall(r"\[(\d)\]", "/".join(place))
                    pes[int(r), int(c)] = attributes["TC"]
                self.assertEqual(classes, toggles)
                self.assertEqual(int(pes.sum()), sum(toggles[name] for name in IN_PES))
                numpy.testing.assert_array_equal(pes, numpy.load(path))
                found.add((self.folder / "activity.saif").read_bytes())
            self.assertEqual(len(found), 1)
            self.assertGreater(toggles["weight"], 0)

    def test_maps_of_layers_add_up(self):
        for overlap, engine in itertools.product(("load", "full"), ("fast", "cycle", "pin")):
            out = self.folder / f"{overlap}_{engine}"
            report = self.report("run", self.workload, *self.array, "--engine", engine, "--overlap", overlap,
                                 "--out", out, "--pe-maps")
            maps = [numpy.load(out / "pe_maps" / f"layer_{i:03}.npy") for i in (1, 2, 3)]
            for layer, pe_map in zip(report["layers"], maps):
                toggles = layer["activity"]["toggles"]
                self.assertEqual(pe_map.sum(), sum(toggles[name] for name in IN_PES))
                self.assertGreater(pe_map.min(), 0)
            numpy.testing.assert_array_equal(sum(maps), numpy.load(out / "pe_map.npy"))


if __name__ == "__main__":
    command_case.main(__doc__)
