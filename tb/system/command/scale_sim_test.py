#!/usr/bin/python3
"""End-to-end test of what the command shares with SCALE-Sim.

Usage: scale_sim_test.py COMMAND [--pin] [arguments of unittest]; needs Debian's numpy. --pin also
tests what a build without SystemC does not have: memory models.
"""

import csv
import math
import re

import command_case

# As in the repository of SCALE-Sim v2, and the sections that v3 added.
VERSION_2 = """[general]
run_name = example_ws

[architecture_presets]
ArrayHeight:    32
ArrayWidth:     16
IfmapSramSzkB:    6144
FilterSramSzkB:   6144
OfmapSramSzkB:    2048
IfmapOffset:    0
FilterOffset:   10000000
OfmapOffset:    20000000
Dataflow : ws
Bandwidth : 10
MemoryBanks: 1

[run_presets]
InterfaceBandwidth: CALC
"""
VERSION_3 = VERSION_2 + """UseRamulatorTrace: False

[layout]
IfmapCustomLayout: False
IfmapSRAMBankBandwidth: 10

[sparsity]
SparsitySupport : false
SparseRep : ellpack_block
OptimizedMapping : false
"""
TOPOLOGY = """Layer name, IFMAP Height, IFMAP Width, Filter Height, Filter Width, Channels, Num Filter, Strides,
Conv1,16,16,3,3,3,20,1,
Conv2,14,15,3,3,20,40,2,
FC,1,1,1,1,100,10,1,
"""
# Of the topology above: out = ceil((H - F + S) / S).
GEMMS = ((14 * 14, 27, 20), (7 * 7, 180, 40), (1, 100, 10))
COMPUTE = ["LayerID", "Total Cycles (incl. prefetch)", "Total Cycles", "Stall Cycles",
           "Overall Util %", "Mapping Efficiency %", "Compute Util %", ""]
BANDWIDTH = ["LayerID", "Avg IFMAP SRAM BW", "Avg FILTER SRAM BW", "Avg OFMAP SRAM BW",
             "Avg IFMAP DRAM BW", "Avg FILTER DRAM BW", "Avg OFMAP DRAM BW", ""]


def scale_sim_total(rows, cols, gemm):
    """SCALE-Sim's weight-stationary total: index of the last cycle."""
    t, n, m = gemm
    return (2 * rows + cols + t - 2) * math.ceil(n / rows) * math.ceil(m / cols) - 1


class ScaleSimTest(command_case.CommandTest):
    def setUp(self):
        super().setUp()
        self.config = self.file("scale.cfg", VERSION_2)
        self.topology = self.file("net.csv", TOPOLOGY)
        self.out = self.folder / "out"

    def table(self, *names):
        """(header, rows) of a report."""
        with open(self.out.joinpath(*names), encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file, skipinitialspace=True))
        return rows[0], rows[1:]

    def run_reports(self, *arguments):
        return self.report("run", "-c", self.config, "-t", self.topology, "--report", "scalesim",
                           "--out", self.out, *arguments)


class Configuration(ScaleSimTest):
    def test_versions_and_spellings_give_the_same_report(self):
        texts = (VERSION_2, VERSION_3, VERSION_2.replace(":", " = "), VERSION_2.upper(),
                 VERSION_2.lower(), VERSION_2.replace("\n", "\r\n"))
        for text in texts:
            for name in ("scale.cfg", "scale.ini", "no_extension"):
                report = self.report("run", "-c", self.file(name, text), "-t", self.topology,
                                     "--engine", "analytic")
                self.assertEqual((report["array"]["rows"], report["array"]["cols"]), (32, 16))
                self.assertEqual(tuple((x["t"], x["n"], x["m"]) for x in report["layers"]), GEMMS)
                # What is ignored, and what of it changes SCALE-Sim's cycles: SRAMs, in version 3 banks.
                self.assertEqual(len(report["notes"]), 3 if text == VERSION_3 else 2)

    def test_ignored_keys_are_listed_in_warning_and_report(self):
        done = self.succeed("run", "-c", self.config, "-t", self.topology, "--engine", "analytic")
        ignored = ("run_name, IfmapSramSzkB, FilterSramSzkB, OfmapSramSzkB, IfmapOffset, "
                   "FilterOffset, OfmapOffset, Bandwidth, MemoryBanks, InterfaceBandwidth")
        self.assertIn("ignored, as they have no meaning here: " + ignored, done.stderr)
        report = self.report("run", "-c", self.config, "-t", self.topology, "--engine", "analytic")
        self.assertIn(ignored, report["notes"][0])
        user = self.file("user.cfg", VERSION_2.replace("CALC", "USER"))
        self.assertIn("--memory", self.succeed("run", "-c", user, "-t", self.topology, "--engine",
                                               "analytic").stderr)

    def test_other_dataflows_run_on_demand(self):
        path = self.file("os.cfg", VERSION_2.replace("Dataflow : ws", "Dataflow : os"))
        arguments = ("run", "-c", path, "-t", self.topology, "--engine", "analytic")
        self.fail_with_usage(arguments, "Dataflow = os", "--dataflow-override ws")
        report = self.report(*arguments, "--dataflow-override", "ws")
        self.assertEqual(tuple((x["t"], x["n"], x["m"]) for x in report["layers"]), GEMMS)
        self.assertTrue(any("Dataflow = os is overridden" in note for note in report["notes"]))
        self.fail_with_usage((*arguments, "--dataflow-override", "os"), "--dataflow-override", "ws")

    def test_a_clock_of_a_mode_that_is_not_offered(self):
        config = self.file("array.json", '{"modes": [1, 2], "clock_frequency_ghz": {"conventional": 2.0, "1": 1.8, '
                                         '"2": 1.7, "4": 1.4}}')
        self.fail_with_usage(("run", "-c", config, self.topology, "--engine", "analytic"),
                             "clock_frequency_ghz of mode 4", "1, 2")
        self.succeed("run", "-c", config, self.topology, "--engine", "analytic", "--k", 4)

    def test_other_options_win(self):
        report = self.report("run", "-c", self.config, self.topology, "--rows", 8, "--modes", "1,2",
                             "--engine", "analytic")
        self.assertEqual((report["array"]["rows"], report["array"]["cols"]), (8, 16))
        self.assertEqual(report["array"]["modes"], [1, 2])

    def test_json_stays_json(self):
        config = self.file("array.json", '{"rows": 5, "cols": 6, "modes": [1]}')
        report = self.report("run", "-c", config, "-t", self.topology, "--engine", "analytic")
        self.assertEqual((report["array"]["rows"], report.get("notes")), (5, None))
        config = self.file("array.txt", '{"rows": 5, "cols": 6, "modes": [1]}')
        self.assertEqual(self.report("run", "--config", config, "-t", self.topology, "--engine",
                                     "analytic")["array"]["cols"], 6)

    def test_topology_of_the_configuration(self):
        config = self.file("named.cfg",
                           VERSION_2 + f'[network_presets]\nTopologyCsvLoc: "{self.topology}"\n')
        report = self.report("run", "-c", config, "--engine", "analytic")
        self.assertEqual(len(report["layers"]), 3)
        self.assertEqual(self.report("run", "alexnet", "-c", config, "--engine",
                                     "analytic")["workload"], "alexnet")

    def test_errors(self):
        for dataflow in ("os", "is", "xs"):
            path = self.file("x.cfg", VERSION_2.replace("Dataflow : ws", f"Dataflow : {dataflow}"))
            self.fail_with_usage(["run", "-c", path, "-t", self.topology],
                                 f"Dataflow = {dataflow}", "allowed is ws")
        path = self.file("x.cfg", VERSION_2.replace("32", "none"))
        self.fail_with_usage(["run", "-c", path, "-t", self.topology], "x.cfg", "ArrayHeight = none")
        self.fail_with_usage(["run", "-c", self.file("x.cfg", "{}"), "-t", self.topology], "x.cfg:1")
        self.fail_with_usage(["run", "-c", self.file("x.cfg", ""), "-t", self.topology],
                             "x.cfg", "ArrayHeight is missing")
        self.fail_with_usage(["run", "-c", self.folder / "no.cfg", "-t", self.topology], "no.cfg")
        self.fail_with_usage(["run", "-c", self.config], "WORKLOAD", "-t")
        self.fail_with_usage(["run", "resnet34", "-t", self.topology], "-t", "resnet34")
        self.fail_with_usage(["run", "-t", self.folder / "no.csv"], "no.csv")


class Reports(ScaleSimTest):
    def test_total_is_one_more_than_the_index_of_the_last_cycle(self):
        self.run_reports("--engine", "analytic")
        header, rows = self.table("COMPUTE_REPORT.csv")
        self.assertEqual(header, COMPUTE)
        self.assertEqual([row[0] for row in rows], ["0", "1", "2"])
        for row, gemm in zip(rows, GEMMS):
            self.assertEqual(int(row[2]), scale_sim_total(32, 16, gemm) + 1)
            self.assertEqual((row[1], row[3], row[-1]), (row[2], "0", ""))

    def test_both_designs_follow_the_report(self):
        report = self.run_reports("--engine", "analytic")
        for folder, key in (((), "conventional"), (("arrayflex",), None)):
            _, compute = self.table(*folder, "COMPUTE_REPORT.csv")
            header, bandwidth = self.table(*folder, "BANDWIDTH_REPORT.csv")
            self.assertEqual(header, BANDWIDTH)
            for row, words, layer in zip(compute, bandwidth, report["layers"]):
                cycles = (layer[key] if key else layer)["cycles"]
                t, n, m = layer["t"], layer["n"], layer["m"]
                self.assertEqual(int(row[2]), cycles)
                self.assertAlmostEqual(float(row[4]), 100 * t * n * m / (cycles * 32 * 16), 9)
                self.assertAlmostEqual(float(row[5]),
                                       100 * n * m / (layer["tiles"] * 32 * 16), 9)
                self.assertEqual(row[6], row[4])
                reads = (t * n * math.ceil(m / 16), n * m, t * m * math.ceil(n / 32))
                for text, count in zip(words[1:4], reads):
                    self.assertAlmostEqual(float(text), count / cycles, 9)
                self.assertEqual(words[4:7], ["nan"] * 3)
        self.assertLess(sum(int(row[2]) for row in self.table("arrayflex", "COMPUTE_REPORT.csv")[1]),
                        sum(int(row[2]) for row in self.table("COMPUTE_REPORT.csv")[1]))

    def test_overlap_changes_cycles_and_nothing_else(self):
        """SCALE-Sim has no overlap: a warning and a note say so, columns mean what they mean without."""
        reports, tables = {}, {}
        for overlap in ("none", "load", "full"):
            reports[overlap] = self.run_reports("--engine", "analytic", "--overlap", overlap)
            tables[overlap] = [self.table(*folder, name) for folder in ((), ("arrayflex",))
                               for name in ("COMPUTE_REPORT.csv", "BANDWIDTH_REPORT.csv")]
        self.assertFalse([note for note in reports["none"]["notes"] if "overlap" in note])
        for overlap in ("load", "full"):
            words = f"SCALE-Sim overlaps no tiles.*cycles of overlap {overlap}"
            self.assertEqual(len([x for x in reports[overlap]["notes"] if re.search(words, x)]), 1)
            for i, key in ((0, "conventional"), (2, None)):
                (header, compute), (words_header, bandwidth) = tables[overlap][i:i + 2]
                self.assertEqual((header, words_header), (COMPUTE, BANDWIDTH))
                for row, words, base, base_words, layer, before in zip(
                        compute, bandwidth, tables["none"][i][1], tables["none"][i + 1][1],
                        reports[overlap]["layers"], reports["none"]["layers"]):
                    cycles = (layer[key] if key else layer)["cycles"]
                    cycles_before = (before[key] if key else before)["cycles"]
                    self.assertEqual((int(row[2]), int(base[2])), (cycles, cycles_before))
                    self.assertEqual((row[1], row[3], row[5]), (row[2], base[3], base[5]))
                    for text, text_before in ((row[4], base[4]), (row[6], base[6]),
                                              *zip(words[1:4], base_words[1:4])):
                        self.assertAlmostEqual(float(text) * cycles, float(text_before) * cycles_before, 6)
                if key:
                    self.assertLess(sum(int(row[2]) for row in compute),
                                    sum(int(row[2]) for row in tables["none"][i][1]))

    def test_overlap_is_warned_of(self):
        run = ["run", self.topology, "--engine", "analytic", "--report", "scalesim", "--out", self.out]
        config = self.file("array.json", '{"overlap": "load"}')
        for options, warned in (([], False), (["--overlap", "full"], True), (["--config", config], True),
                                (["--config", config, "--overlap", "none"], False)):
            done = self.succeed(*run, *options)
            self.assertEqual("SCALE-Sim overlaps no tiles" in done.stderr, warned, options)
        self.assertNotIn("SCALE-Sim", self.succeed("run", self.topology, "--engine", "analytic",
                                                   "--overlap", "full").stderr)

    def test_version_2_lacks_one_column(self):
        self.succeed("run", "-c", self.config, "-t", self.topology, "--report", "scalesim-v2", "--out",
                     self.out, "--engine", "analytic", "-q")
        header, rows = self.table("COMPUTE_REPORT.csv")
        self.assertEqual(header, COMPUTE[:1] + COMPUTE[2:])
        self.assertEqual({len(row) for row in rows}, {7})

    def test_stalls_and_dma_of_a_memory_model(self):
        if not command_case.HAS_PIN:
            self.skipTest("a build without SystemC")
        report = self.run_reports("--memory", "16:20")
        _, compute = self.table("COMPUTE_REPORT.csv")
        _, bandwidth = self.table("BANDWIDTH_REPORT.csv")
        for row, words, layer in zip(compute, bandwidth, report["layers"]):
            design = layer["conventional"]
            total = design["cycles"] + design["stall_cycles"]
            self.assertGreater(design["stall_cycles"], 0)
            self.assertEqual((int(row[2]), int(row[3])), (total, design["stall_cycles"]))
            for text, part, size in zip(words[4:7], ("a", "b", "x_written"), (4, 4, 8)):
                self.assertAlmostEqual(float(text), design["dma_bytes"][part] / size / total, 9)

    def test_errors(self):
        run = ["run", self.topology, "--engine", "analytic"]
        self.fail_with_usage([*run, "--report", "scalesim"], "--report", "--out")
        self.fail_with_usage([*run, "--report", "csv", "--out", self.out], "--report = csv",
                             "scalesim-v2")
        self.assertFalse(self.out.exists())
        (self.folder / "taken").mkdir()
        (self.folder / "taken" / "arrayflex").write_text("x", encoding="utf-8")
        self.fail_with_usage([*run, "--report", "scalesim", "--out", self.folder / "taken"],
                             "--report", "arrayflex")

    def test_help(self):
        text = self.succeed("run", "--help").stdout
        for word in ("-c,--config FILE", "-t,--topology FILE", "--report scalesim|scalesim-v2",
                     "arrayflex run -c scale.cfg -t topology.csv --report scalesim --out results"):
            self.assertIn(word, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


if __name__ == "__main__":
    command_case.main(__doc__)
