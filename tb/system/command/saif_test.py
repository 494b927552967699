#!/usr/bin/python3
"""End-to-end test of the activity files of the `arrayflex` command.

Usage: saif_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC. Where yosys is there, names are compared with those of the RTL.
"""

import collections
import re

import numpy

import command_case
import saif_reader
from trace_case import CLOCKS, COLS, ROWS, TraceTest, toggles_by_class, vcd_reader

# Nets above the array, and their widths with 3x4 PEs of 8 bits.
CONTROL_WIDTHS = {
    "clk": 1, "mode": 6, "west": 3 * 8, "north": 4 * 8, "phase": 2, "phase_cycle": 32, "drain": 1,
    "output_valid": 1, "output_row": 32, "weight_enable": 1, "pipeline_enable": 1,
    "psum_enable": 3, "operand_enable": 4, "bottom": 3, "operand_boundary": 4, "skew_depth": 3 * 2,
    "deskew_depth": 4 * 2,
}
STATIC = ("mode", "bottom", "operand_boundary")  # without toggles: set in reset
# The clock's edges beyond the last cycle are in no SAIF file, the tables not in the waveforms;
# where no row is at the south edge, the RTL's row number is 0, the model's is the last.
NOT_IN_WAVEFORMS = ("clk", "output_row", "skew_depth", "deskew_depth")


class Saif(TraceTest):
    def check_duration(self, saif, report, design):
        self.assertEqual(saif.header["TIMESCALE"], (1, "fs"))
        total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
        self.assertLess(abs(saif.duration - total["time_ns"] * 1e6), 1)
        periods = report["array"]["clock_period_ps"]
        cycles_fs = sum(
            layer["cycles"] * periods[str(layer["k"])] * 1000 if design == "arrayflex"
            else layer["conventional"]["cycles"] * periods["conventional"] * 1000
            for layer in report["layers"])
        self.assertLess(abs(saif.duration - cycles_fs), 1)

    def test_nets_agree_with_the_report(self):
        for design in ("arrayflex", "conventional"):
            for options in ([], ["--k", 3], ["--k", 1, "--layers", "conv"]):
                with self.subTest(design=design, options=options):
                    saif, report = self.saif("run", self.workload, *self.array, "--engine", "pin",
                                             "--saif-design", design, *options)
                    self.check_duration(saif, report, design)
                    figures = report["total"]
                    if design == "conventional":
                        figures = figures["conventional"]
                    self.assertEqual({attributes.get("TX") for _, _, attributes in saif.nets()}, {0})
                    sums = toggles_by_class(saif)
                    expected = figures["activity"]["toggles"]
                    self.assertEqual({c: sums[c] for c in expected}, expected)
                    self.assertGreater(expected["deskew_reg"], 0)

    def test_every_bit_agrees_with_the_waveform(self):
        """Times and toggles of one product, counted from the VCD file of the same run."""
        _, _, files = self.gemm_files(5, 7, 6)
        for k in (1, 2, 3):
            vcd_path = self.folder / "w.vcd"
            saif, report = self.saif("gemm", *files, *self.array, "--engine", "pin", "--k", k,
                                     "--trace", vcd_path)
            waves = vcd_reader.read_vcd(vcd_path)
            cycles = report["layers"][0]["cycles"]
            end = round(cycles * CLOCKS[str(k)] * 1000)
            self.assertEqual(saif.duration, end)
            compared = 0
            above = collections.Counter()
            for path, name, attributes in saif.nets():
                if path[1:2] != ("array",):
                    base = name.split("[")[0]
                    above[base] += 1
                    if base in NOT_IN_WAVEFORMS:
                        continue
                source, bit = self.vcd_name(path, name)
                if source not in waves.signals:  # a constant for the last column
                    self.assertRegex(name, r"operand_(enable|boundary)\[3\]")
                    continue
                changes = [(time, value >> bit & 1)
                           for time, value in waves.signals[source].changes]
                toggles = sum(1 for before, after in zip(changes, changes[1:])
                              if before[1] != after[1])
                if name.split("[")[0] not in STATIC:
                    toggles += changes[0][1]  # from the reset state, in the first instant
                ends = [min(time, end) for time, _ in changes[1:]] + [end]
                high = sum(stop - min(start, end)
                           for (start, value), stop in zip(changes, ends) if value)
                self.assertEqual((attributes["T1"], attributes["TC"]), (high, toggles),
                                 (k, path, name))
                compared += toggles
            self.assertGreater(compared, 1000)
            self.assertEqual(above, CONTROL_WIDTHS)

    def test_clock_and_enables(self):
        """Worked out by hand: 2x2 tiles in mode 2 of 3x4 PEs, T = 5."""
        _, _, files = self.gemm_files(5, 6, 8)
        saif, report = self.saif("gemm", *files, *self.array, "--engine", "pin", "--k", 2)
        tiles, load, stream = 4, ROWS, 5 + 2 + 2 - 2
        self.assertEqual(report["layers"][0]["cycles"], tiles * (load + stream))
        found = {name: (attributes["T1"], attributes["TC"])
                 for path, name, attributes in saif.nets() if path[1:2] != ("array",)}
        period = CLOCKS["2"] * 1000
        # Cycles at 1, of those with a place in the duration: the last drain cycle has none.
        expected = {
            "weight_enable": (tiles * load, 2 * tiles),
            "pipeline_enable": (tiles * stream + tiles - 1, 2 * tiles),
            "drain": (tiles - 1, 2 * tiles), "output_valid": (tiles * 5 - 1, 2 * tiles),
            "phase[0]": (tiles * load, 2 * tiles), "phase[1]": (tiles * stream, 2 * tiles),
            "psum_enable[0]": (0, 0), "psum_enable[1]": (tiles * stream + tiles - 1, 2 * tiles),
            "psum_enable[2]": (tiles * stream + tiles - 1, 2 * tiles),
            "operand_enable[0]": (0, 0),
            "operand_enable[1]": (tiles * stream + tiles - 1, 2 * tiles),
            "operand_enable[2]": (0, 0), "operand_enable[3]": (0, 0),
        }
        whole = tiles * (load + stream)
        for number, bits in {"bottom": "110", "operand_boundary": "1010", "mode": "000010",
                             "skew_depth": "010000", "deskew_depth": "00000101"}.items():
            for bit, value in enumerate(reversed(bits)):
                expected[f"{number}[{bit}]"] = (whole * int(value), 0)
        for name, (cycles, toggles) in expected.items():
            self.assertEqual(found[name][1], toggles, name)
            self.assertLess(abs(found[name][0] - cycles * period), whole, name)
        self.assertEqual(found["clk"], (saif.duration // 2, 2 * whole))

    def test_memory_adds_its_stalls(self):
        run = ["run", self.workload, *self.array]
        for engine in ("fast", "pin"):
            for design in ("arrayflex", "conventional"):
                with self.subTest(engine=engine, design=design):
                    saif, report = self.saif(*run, "--engine", engine, "--memory", "4:20",
                                             "--saif-design", design)
                    total = report["total"]
                    if design == "conventional":
                        total = total["conventional"]
                    self.assertGreater(total["stall_cycles"], total["cycles"])
                    self.assertLess(abs(saif.duration - total["time_ns"] * 1e6), 1)
                    self.assertEqual({name: attributes["TC"] for _, name, attributes in saif.nets()},
                                     total["activity"]["toggles"])

    def test_names_are_those_of_the_rtl(self):
        self.check_names("none")

    def test_totals_of_every_engine(self):
        results = {}
        for engine in ("fast", "cycle", "pin"):
            map_path = self.folder / "map.npy"
            saif, report = self.saif("run", self.workload, *self.array, "--engine", engine,
                                     "--saif-detail", "totals", "--pe-map", map_path)
            self.check_duration(saif, report, "arrayflex")
            classes, pes = {}, numpy.zeros((ROWS, COLS), numpy.int64)
            for path, name, attributes in saif.nets():
                self.assertEqual(attributes["TX"], saif.duration)
                if len(path) == 1:
                    classes[name] = attributes["TC"]
                    continue
                place = re.fullmatch(r"array_system/array/row\[(\d)\]/column\[(\d)\]/pe",
                                     "/".join(path))
                self.assertEqual(name, "toggles")
                pes[int(place.group(1)), int(place.group(2))] = attributes["TC"]
            self.assertEqual(classes, report["total"]["activity"]["toggles"])
            numpy.testing.assert_array_equal(pes, numpy.load(map_path))
            self.assertGreater(pes.min(), 0)
            results[engine] = (self.folder / "activity.saif").read_bytes()
        self.assertEqual(len(set(results.values())), 1)

    def test_totals_without_a_map_and_of_the_conventional_array(self):
        saif, report = self.saif("run", self.workload, *self.array)
        self.assertEqual(len(list(saif.nets())), len(command_case.NET_CLASSES) + ROWS * COLS)
        saif, report = self.saif("run", self.workload, *self.array, "--saif-design", "conventional")
        self.check_duration(saif, report, "conventional")
        self.assertEqual({name: attributes["TC"] for _, name, attributes in saif.nets()},
                         report["total"]["conventional"]["activity"]["toggles"])

    def test_bad_input(self):
        path = self.folder / "x.saif"
        run = ["run", self.workload, *self.array]
        saif = [*run, "--saif", path]
        self.fail_with_usage([*saif, "--engine", "analytic"], "--saif", "analytic")
        self.fail_with_usage([*saif, "--activity", "off"], "--saif", "--activity")
        self.fail_with_usage([*saif, "--sample-tiles", 5], "--saif", "--sample-tiles")
        for engine in ("fast", "pin"):
            self.fail_with_usage([*saif, "--engine", engine, "--memory", "ideal", "--saif-detail",
                                  "nets"], "--saif-detail", "--memory", "totals")
        for engine in ("fast", "cycle"):
            self.fail_with_usage([*saif, "--engine", engine, "--saif-detail", "nets"],
                                 "--saif-detail", engine)
        self.fail_with_usage(["run", self.workload, "--rows", ROWS, "--cols", COLS, "--modes", "1,2", "--saif",
                              path, "--engine", "pin", "--k", 3, "--quiet"], "clock period of the mode k = 3", "none")
        self.fail_with_usage([*saif, "--saif-detail", "all"], "--saif-detail", "all", "totals")
        self.fail_with_usage([*saif, "--saif-design", "x"], "--saif-design", "x", "conventional")
        self.fail_with_usage([*run, "--saif-detail", "nets"], "--saif-detail", "--saif,")
        self.fail_with_usage([*run, "--saif-design", "arrayflex"], "--saif-design", "--saif,")
        self.fail_with_usage([*run, "--saif", self.folder / "no" / "x"], "--saif", "folder")
        self.assertFalse(path.exists())


class SaifReader(TraceTest):
    """The reader itself: it must refuse what is broken."""

    BREAKAGES = (
        (r"\A\(SAIFILE", "(SAIFFILE"),
        (r'"2\.0"', '"1.0"'),
        (r'\(SAIFVERSION "2\.0"\)\n', ""),
        (r'"backward"', '"forward"'),
        (r'\(DIRECTION "backward"\)\n', ""),
        (r"\(DIRECTION (.*)\n\(DESIGN (.*)\n", r"(DESIGN \2\n(DIRECTION \1\n"),
        (r"(\(VENDOR .*\n)", r"\1\1"),
        (r"\(VENDOR", "(VENDER"),
        (r"DIVIDER /", "DIVIDER -"),
        (r"TIMESCALE 1 fs", "TIMESCALE 3 fs"),
        (r"TIMESCALE 1 fs", "TIMESCALE 1 min"),
        (r"\(DURATION [0-9]*\)\n", ""),
        (r"\(DURATION ", "(DURATION 9"),
        (r"\(DURATION ([0-9]*)\)", r"(DURATION -\1)"),
        (r"\(INSTANCE array\n", "(INSTANCE\n"),
        (r"\(INSTANCE array\n", "(INSTANCES array\n"),
        (r"column\\\[0\\\]", "column[0]"),
        (r"column\\\[1\\\]", r"column\\[0\\]"),
        (r"operand\\\[0\\\]", "operand[0]"),
        (r"operand\\\[1\\\]", r"operand\\[0\\]"),
        (r"\(operand\\\[0\\\] .*\n", "()\n"),
        (r"\(T0 ([0-9]*)\)", r"(T0 1\1)"),
        (r" \(T0 [0-9]*\)", ""),
        (r" \(T1 [0-9]*\)", ""),
        (r" \(TC [0-9]*\)", ""),
        (r"(\(TC [0-9]*\))", r"\1 \1"),
        (r"\(TC ", "(TD "),
        (r"\(TC [0-9]*\)", "(TC many)"),
        (r"\(TC [0-9]*\)", "(TC)"),
        (r"\(IG 0\)\)", "(IG 0)"),
        (r"\(NET\n(?: *\(.*\n)+", "(NET\n"),
        (r"\)\n\Z", "\n"),
        (r"\)\n\Z", "))\n"),
        (r"\Z", "behind"),
    )

    def test_refuses_broken_files(self):
        path = self.folder / "activity.saif"
        self.succeed("run", self.workload, *self.array, "--engine", "pin", "--layers", "fc*",
                     "--k", 1, "--saif", path, "--quiet")
        text = path.read_text(encoding="ascii")
        self.assertGreater(len(list(saif_reader.read_saif(text).nets())), 1000)
        for pattern, replacement in self.BREAKAGES:
            with self.subTest(pattern=pattern, replacement=replacement):
                broken, count = re.subn(pattern, replacement, text, count=1)
                self.assertEqual(count, 1)
                self.assertNotEqual(broken, text)
                with self.assertRaisesRegex(saif_reader.SaifError, r"\Aline \d+: "):
                    saif_reader.read_saif(broken)

    def test_refuses_nets_behind_instances(self):
        net = "(NET (n (T0 1) (T1 0) (TC 0)))"
        head = '(SAIFILE (SAIFVERSION "2.0") (DIRECTION "backward") (DURATION 1) (INSTANCE t '
        saif_reader.read_saif(f"{head} {net} (INSTANCE i {net})))")
        with self.assertRaises(saif_reader.SaifError):
            saif_reader.read_saif(f"{head} (INSTANCE i {net}) {net}))")


if __name__ == "__main__":
    command_case.main(__doc__)
