#!/usr/bin/python3
"""The engines as options of the `arrayflex` command: agreement, threads and kernels, sampled activity.

Usage: engines_test.py COMMAND [--pin] [arguments of unittest]; needs Debian's numpy. --pin also tests the
pin-level engine, which a build without SystemC does not have.
"""

import csv
import json
import os
import resource
import subprocess

import numpy

import command_case
from command_case import NET_CLASSES, SEED, SMALL_ARRAY, CommandTest, model_tables


class Engine(CommandTest):
    def test_threads_change_nothing(self):
        text = [self.succeed("run", self.workload, *SMALL_ARRAY, *threads)
                for threads in ([], ["--threads", 1], ["--threads", 3], ["--threads", 1024])]
        self.assertEqual({done.stderr for done in text}, {""})
        self.assertEqual(len({done.stdout for done in text}), 1)
        reports = [self.report("run", self.workload, *SMALL_ARRAY, "--threads", threads)
                   for threads in (1, 2, 7)]
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])

    def test_kernels_change_nothing_but_their_name(self):
        best = self.report("run", self.workload, *SMALL_ARRAY)
        self.assertEqual(best, self.report("run", self.workload, *SMALL_ARRAY, "--kernel", "auto"))
        scalar = self.report("run", self.workload, *SMALL_ARRAY, "--kernel", "scalar")
        self.assertEqual(scalar.pop("kernel"), "scalar")
        self.assertIn(best.pop("kernel"), self.succeed("--version").stdout)
        self.assertEqual(scalar, best)

    def test_memory_is_bounded_by_the_tile(self):
        def peak_kib(rows):
            path = self.file("long.csv", f"name,type,t,n,m\nlong,gemm,{rows},9,9\n")
            arguments = [command_case.COMMAND, "run", path, *SMALL_ARRAY, "--threads", "2", "--quiet"]
            process = subprocess.Popen([str(a) for a in arguments])
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            return usage.ru_maxrss

        # A child's peak is never below what this process holds, about 35 MiB; A alone would take 69.
        self.assertLess(peak_kib(2_000_000) - peak_kib(200), 4096)

    def test_other_engines_have_no_kernel_and_ignore_threads(self):
        report = self.report("run", self.workload, *SMALL_ARRAY, "--engine", "analytic")
        self.assertNotIn("kernel", report)
        for option, value in (("--threads", 2), ("--kernel", "scalar"), ("--activity", "on")):
            done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "analytic", option,
                                value)
            self.assertRegex(done.stderr, rf"\Aarrayflex: warning: {option} [^\n]*analytic[^\n]*\n\Z")

    def check_without_activity(self, *arguments):
        with_activity = self.report("run", self.workload, *SMALL_ARRAY, *arguments)
        report = self.report("run", self.workload, *SMALL_ARRAY, "--activity", "off", *arguments)
        for whole in (report, with_activity):
            for entry in [*whole["layers"], whole["total"], whole]:
                self.assertEqual("activity" in entry["conventional"], whole is with_activity)
                entry.pop("ratios_to_conventional", None)
                for figures in (entry, entry["conventional"]):
                    for key in ("activity", "energy"):
                        figures.pop(key, None)
        self.assertEqual(report, with_activity)
        path = self.folder / "layers.csv"
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--activity", "off", *arguments,
                            "--csv", path)
        self.assertNotIn("toggles", done.stdout)
        self.assertIn("latency", done.stdout)
        self.assertNotIn("toggles", path.read_text(encoding="utf-8"))

    def test_activity_off(self):
        self.check_without_activity()

    def test_result_without_activity(self):
        generator = numpy.random.default_rng(SEED)
        a = generator.integers(-100, 100, (300, 9)).astype(numpy.int32)
        b = generator.integers(-100, 100, (9, 7)).astype(numpy.int32)
        path = self.folder / "x.npy"
        report = self.report("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                             "--activity", "off", "--result", path, "--threads", 2)
        numpy.testing.assert_array_equal(numpy.load(path), a.astype(numpy.int64) @ b)
        self.assertNotIn("activity", report["total"])


class Sampling(CommandTest):
    # 56 tiles in conv1 (4 instances), 3 in fc.
    WORKLOAD = "name,type,t,n,m,repeat\nconv1,gemm,20,33,11,4\nfc,gemm,3,12,4,1\n"
    HALF_WIDTH = "toggles_half_width"

    def sample(self, tiles, *arguments):
        path = self.file("sampled.csv", self.WORKLOAD)
        return self.report("run", path, *SMALL_ARRAY, *arguments,
                           *(["--sample-tiles", tiles] if tiles else []))

    def test_figures(self):
        exact = self.sample(None)
        sampled = self.sample(20, "--seed", 1)
        self.assertEqual(sampled, self.sample(20, "--threads", 3))
        other = self.sample(20, "--seed", 2)
        self.assertNotIn("notes", exact)
        self.assertIn("ESTIMATED", " ".join(sampled["notes"]))
        conv, fc = sampled["layers"]
        self.assertEqual([layer["tiles"] for layer in sampled["layers"]], [56, 3])
        for entry, truth in ((conv, exact["layers"][0]), (sampled["total"], exact["total"])):
            for part, whole in ((entry, truth), (entry["conventional"], truth["conventional"])):
                sampling = part["activity"]["sampling"]
                self.assertEqual(set(sampling), {
                    "tiles_sampled", "tiles_total", "confidence_level", self.HALF_WIDTH,
                    "total_toggles_half_width"})
                self.assertEqual(set(sampling[self.HALF_WIDTH]), NET_CLASSES)
                self.assertEqual(sampling["confidence_level"], 0.95)
                self.assertNotIn("sampling", whole["activity"])
                self.assertEqual(part["cycles"], whole["cycles"])
                for key in ("clocked_bits", "gated_bits"):
                    self.assertEqual(part["activity"][key], whole["activity"][key])
                toggles = whole["activity"]["toggles"]
                self.assertNotEqual(part["activity"]["toggles"], toggles)
                for name, half_width in sampling[self.HALF_WIDTH].items():
                    # Twice the half width is four standard errors.
                    error = abs(part["activity"]["toggles"][name] - toggles[name])
                    self.assertLessEqual(error, 2 * half_width, name)
        self.assertEqual([conv["activity"]["sampling"][key]
                          for key in ("tiles_sampled", "tiles_total")], [20, 56])
        self.assertNotEqual(conv["activity"]["toggles"], other["layers"][0]["activity"]["toggles"])
        # A layer with fewer tiles is run as a whole.
        self.assertEqual(fc["activity"].pop("sampling")["tiles_sampled"], 3)
        fc["conventional"]["activity"].pop("sampling")
        self.assertEqual(fc, exact["layers"][1])
        total = sampled["total"]["activity"]["sampling"]
        self.assertEqual([total[key] for key in ("tiles_sampled", "tiles_total")], [23, 59])
        self.assertEqual(total[self.HALF_WIDTH], conv["activity"]["sampling"][self.HALF_WIDTH])

    def test_exact_when_all_tiles_are_sampled(self):
        exact = self.sample(None)
        for tiles in (56, 57, 100000):
            report = self.sample(tiles)
            report.pop("notes")
            for entry in [*report["layers"], report["total"], report]:
                for part in (entry, entry["conventional"]):
                    if "activity" not in part:
                        continue
                    sampling = part["activity"].pop("sampling", None)
                    if sampling:
                        self.assertEqual(set(sampling[self.HALF_WIDTH].values()), {0.0})
                        self.assertEqual(sampling["tiles_sampled"], sampling["tiles_total"])
            self.assertEqual(report, exact)

    def test_text_says_that_it_is_an_estimate(self):
        path = self.file("sampled.csv", self.WORKLOAD)
        csv_path = self.folder / "layers.csv"
        text = self.succeed("run", path, *SMALL_ARRAY, "--sample-tiles", 20, "--csv",
                            csv_path).stdout
        report = self.sample(20)
        for part in (report["total"], report["conventional"]):
            toggles = sum(part["activity"]["toggles"].values())
            half_width = part["activity"]["sampling"]["total_toggles_half_width"]
            self.assertIn(f"{toggles:,} ± {half_width:,.0f}", text)
        self.assertIn("ESTIMATED from a random sample of 23 of 59 tiles (95 % confidence)", text)
        with open(csv_path, newline="", encoding="utf-8") as file:
            row = next(csv.DictReader(file))
        self.assertEqual(row["sampled_tiles_count"], "20")
        self.assertEqual(float(row["conventional_product_half_width_toggles"]),
                         report["layers"][0]["conventional"]["activity"]["sampling"][
                             self.HALF_WIDTH]["product"])
        exact = self.succeed("run", path, *SMALL_ARRAY, "--sample-tiles", 56).stdout
        self.assertNotIn("ESTIMATED", exact)
        self.assertNotIn("±", exact)

    def test_tensors(self):
        generator = numpy.random.default_rng(SEED)
        a = self.npy("a.npy", generator.integers(-100, 100, (30, 60)).astype(numpy.int32))
        b = self.npy("b.npy", generator.integers(-100, 100, (60, 60)).astype(numpy.int32))
        arguments = ["gemm", a, b, *SMALL_ARRAY, "--sample-tiles", 30]
        report = self.report(*arguments, "--seed", 7)
        self.assertEqual(report["seed"], 7)
        self.assertEqual(report["total"]["activity"]["sampling"]["tiles_total"], 12 * 10)
        self.assertNotEqual(report["total"], self.report(*arguments, "--seed", 8)["total"])
        out = self.folder / "x.npy"
        self.fail_with_usage([*arguments, "--result", out], "--sample-tiles", "--result")
        self.assertFalse(out.exists())


class PinEngine(CommandTest):
    def setUp(self):
        super().setUp()
        if not command_case.HAS_PIN:
            self.skipTest("a build without SystemC")

    def test_equals_the_fast_engine(self):
        for width in model_tables.OPERAND_WIDTHS:
            reports = [self.report("run", self.workload, *SMALL_ARRAY, "--data-width", width,
                                   "--engine", engine) for engine in ("fast", "pin")]
            self.assertEqual([report.pop("engine") for report in reports], ["fast", "pin"])
            self.assertNotIn("kernel", reports[1])
            reports[0].pop("kernel")
            self.assertEqual(*reports)

    def test_cycle_gives_the_same_report(self):
        for width in model_tables.OPERAND_WIDTHS:
            reports = [self.report("run", self.workload, *SMALL_ARRAY, "--data-width", width,
                                   "--engine", engine) for engine in ("pin", "cycle")]
            self.assertEqual([report.pop("engine") for report in reports], ["pin", "cycle"])
            reports[1].pop("kernel")
            self.assertEqual(*reports)

    def test_cycle_runs_every_kernel_and_says_which(self):
        version = self.succeed("--version").stdout
        kernels = version[version.index("can run ") + 8:].rstrip(")\n").split(", ")
        reports = [self.report("run", self.workload, *SMALL_ARRAY, "--engine", "cycle", *kernel)
                   for kernel in ([], *(["--kernel", name] for name in kernels))]
        self.assertEqual([report.pop("kernel") for report in reports], [kernels[0], *kernels])
        self.assertEqual(len({json.dumps(report) for report in reports}), 1)
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "cycle", "--kernel",
                            "scalar")
        self.assertEqual(done.stderr, "")
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--kernel",
                            "scalar")
        self.assertRegex(done.stderr, r"\Aarrayflex: warning: --kernel [^\n]*pin[^\n]*\n\Z")

    def test_cycle_gives_the_same_result_and_pe_map(self):
        generator = numpy.random.default_rng(SEED)
        a = self.npy("a.npy", generator.integers(-128, 128, (5, 7)).astype(numpy.int32))
        b = self.npy("b.npy", generator.integers(-128, 128, (7, 4)).astype(numpy.int32))
        for kind in ("--result", "--pe-map"):
            paths = [self.folder / f"{engine}{kind}.npy" for engine in ("pin", "cycle")]
            for engine, path in zip(("pin", "cycle"), paths):
                self.succeed("gemm", a, b, *SMALL_ARRAY, "--engine", engine, kind, path)
            numpy.testing.assert_array_equal(*map(numpy.load, paths))

    def test_cycle_has_no_accelerator(self):
        self.fail_with_usage(["run", self.workload, *SMALL_ARRAY, "--engine", "cycle", "--memory",
                              "ideal"], "--memory", "fast or pin")

    def test_output_is_the_commands_alone(self):
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "pin")
        self.assertEqual(done.stderr, "")
        self.assertNotIn("SystemC", done.stdout)
        self.assertEqual(done.stdout.replace("engine pin", "engine fast"),
                         self.succeed("run", self.workload, *SMALL_ARRAY).stdout)

    def test_activity_off(self):
        self.report("run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--activity", "off")
        Engine.check_without_activity(self, "--engine", "pin")

    def test_result_and_pe_map(self):
        generator = numpy.random.default_rng(SEED)
        a = generator.integers(-(2**31), 2**31, (5, 7)).astype(numpy.int32)
        b = generator.integers(-(2**31), 2**31, (7, 4)).astype(numpy.int32)
        paths = {engine: (self.folder / f"x_{engine}.npy", self.folder / f"map_{engine}.npy")
                 for engine in ("fast", "pin")}
        for engine, (result, pe_map) in paths.items():
            self.succeed("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                         "--engine", engine, "--result", result, "--pe-map", pe_map)
        with numpy.errstate(over="ignore"):
            expected = a.astype(numpy.int64) @ b.astype(numpy.int64)
        numpy.testing.assert_array_equal(numpy.load(paths["pin"][0]), expected)
        numpy.testing.assert_array_equal(numpy.load(paths["pin"][1]), numpy.load(paths["fast"][1]))

    def test_errors_end_the_simulation(self):
        # Nothing of the run is left hanging when an output fails after it.
        path = self.file("report.json", "old")
        done = self.command(
            "run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--json", path, "--quiet",
            restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.fail_with_usage(["run", self.workload, "--modes", "3", "--engine", "pin"], "clock")


if __name__ == "__main__":
    command_case.main(__doc__)
