#!/usr/bin/python3
"""End-to-end test of the `arrayflex` command with a memory model.

Usage: memory_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC.
"""

import csv
import resource

import numpy

import command_case

ENGINES = ("fast", "pin")
SMALL_ARRAY = command_case.SMALL_ARRAY
MEMORY_KEYS = ("stall_cycles", "dma_bytes", "dram_energy_pj", "bound_by")
DMA_PARTS = {"a", "b", "x_read", "x_written", "descriptors"}
REFERENCE_PS = 500
MODELS = ("ideal", "1000000:0", "64:0", "16:20", "4:10", "1:0", "0.01:0")


def without_memory(entry):
    """A layer or total as a run without memory reports it."""
    plain = {key: value for key, value in entry.items() if key not in MEMORY_KEYS}
    if "conventional" in plain:
        plain["conventional"] = without_memory(plain["conventional"])
    return plain


def designs(entry):
    return (entry, entry["conventional"])


class MemoryTest(command_case.CommandTest):
    def run_small(self, *arguments):
        return self.report("run", self.workload, *SMALL_ARRAY, *arguments)

    def gemm_workload(self, *shapes):
        lines = [f"g{i},gemm,{t},{n},{m}" for i, (t, n, m) in enumerate(shapes)]
        return self.file("gemms.csv", "name,type,t,n,m\n" + "\n".join(lines) + "\n")


class IdealMemory(MemoryTest):
    def test_equals_the_run_without_memory(self):
        for engine in ENGINES:
            for options in ([], ["--k", 4], ["--data-width", 8], ["--activity", "off"]):
                with self.subTest(engine=engine, options=options):
                    plain = self.run_small("--engine", engine, *options)
                    ideal = self.run_small("--engine", engine, "--memory", "ideal", *options)
                    self.assertEqual([without_memory(layer) for layer in ideal["layers"]],
                                     plain["layers"])
                    self.assertEqual(without_memory(ideal["total"]), plain["total"])
                    self.assertEqual(ideal.get("kernel"), plain.get("kernel"))
                    for entry in [*ideal["layers"], ideal["total"]]:
                        for design in designs(entry):
                            self.assertEqual(design["stall_cycles"], 0)

    def test_description(self):
        memory = self.run_small("--memory", "ideal")["memory"]
        self.assertEqual(memory["model"], "ideal")
        self.assertIsNone(memory["bytes_per_cycle"])
        self.assertNotIn("memory", self.run_small())


class LimitedMemory(MemoryTest):
    def test_description(self):
        memory = self.run_small("--memory", "6.5:20", "--dma-burst", 64, "--dma-outstanding",
                                3)["memory"]
        self.assertEqual(memory, {
            "model": "6.5:20", "bytes_per_cycle": 6.5, "latency_ns": 20,
            "reference_period_ps": REFERENCE_PS, "dma_burst_bytes": 64,
            "dma_outstanding_count": 3})

    def test_alignment_is_in_the_description(self):
        memory = self.run_small("--memory", "6.5:20", "--dma-alignment", "natural")["memory"]
        self.assertEqual(memory["dma_alignment"], "natural")
        self.assertEqual(self.run_small("--memory", "6.5:20"),
                         self.run_small("--memory", "6.5:20", "--dma-alignment", "any"))

    def test_alignment_changes_neither_results_nor_cycles(self):
        for alignment in ("natural", "whole"):
            with self.subTest(alignment=alignment):
                options = ("--memory", "4:10", "--dma-burst", 64)
                plain = self.run_small(*options)["layers"]
                aligned = self.run_small(*options, "--dma-alignment", alignment)["layers"]
                for layer, other in zip(plain, aligned):
                    for one, two in zip(designs(layer), designs(other)):
                        self.assertEqual(one["activity"], two["activity"])
                        self.assertEqual(one["cycles"], two["cycles"])
                        self.assertGreaterEqual(two["stall_cycles"], one["stall_cycles"])
                        # Only bursts that are rounded out move more.
                        moved = sum(two["dma_bytes"].values()) - sum(one["dma_bytes"].values())
                        self.assertEqual(moved > 0, alignment == "whole")

    def test_bursts_rounded_out_are_whole_ones(self):
        for layer in self.run_small("--memory", "4:10", "--dma-burst", 64, "--dma-alignment", "whole")["layers"]:
            for design in designs(layer):
                for part in ("a", "b", "x_written"):
                    self.assertEqual(design["dma_bytes"][part] % 64, 0, part)

    def test_only_stalls_and_time_depend_on_it(self):
        plain = self.run_small()["layers"]
        for layer, limited in zip(plain, self.run_small("--memory", "4:10")["layers"]):
            for one, other in zip(designs(layer), designs(limited)):
                self.assertEqual(one["activity"], other["activity"])
                self.assertEqual(one["cycles"], other["cycles"])
                self.assertGreater(other["stall_cycles"], 0)

    def test_time_includes_the_stalls(self):
        report = self.run_small("--memory", "4:10")
        periods = report["array"]["clock_period_ps"]
        for layer in report["layers"]:
            for design, mode in zip(designs(layer), (str(layer["k"]), "conventional")):
                self.assertAlmostEqual(
                    design["time_ns"],
                    (design["cycles"] + design["stall_cycles"]) * periods[mode] / 1000, places=6)

    def test_engines_agree(self):
        for model in ("16:20", "1:0", "1000000:35"):
            with self.subTest(model=model):
                reports = [self.run_small("--memory", model, "--engine", engine)
                           for engine in ENGINES]
                self.assertEqual(reports[0]["layers"], reports[1]["layers"])

    def test_engines_agree_where_tiles_overlap(self):
        for overlap, model in ((o, m) for o in ("load", "full") for m in ("ideal", "64:3", "16:20")):
            with self.subTest(overlap=overlap, model=model):
                options = ("--memory", model, "--overlap", overlap)
                layers = [self.run_small(*options, "--engine", engine)["layers"] for engine in ENGINES]
                self.assertEqual(layers[0], layers[1])
                plain = self.run_small("--overlap", overlap)["layers"]
                for layer, one in zip(layers[0], plain):
                    for late, design in zip(designs(layer), designs(one)):
                        if model == "ideal":
                            self.assertEqual((late["cycles"], late["stall_cycles"], late["activity"]),
                                             (design["cycles"], 0, design["activity"]))
                        else:
                            self.assertGreaterEqual(late["cycles"], design["cycles"])
                            self.assertGreater(late["stall_cycles"], 0)

    def test_stalls_fall_as_bandwidth_rises(self):
        workload = self.gemm_workload((40, 23, 17), (3, 30, 30), (100, 5, 6))
        for latency in (0, 50):
            previous = None
            for bandwidth in (0.1, 1, 3, 8, 20, 64, 500, 1000000):
                report = self.report("run", workload, *SMALL_ARRAY, "--memory",
                                     f"{bandwidth}:{latency}")
                stalls = [design["stall_cycles"] for layer in report["layers"]
                          for design in designs(layer)]
                if previous is not None:
                    for now, before in zip(stalls, previous):
                        self.assertLessEqual(now, before, (bandwidth, latency))
                    self.assertLess(sum(stalls), sum(previous))
                previous = stalls

    def test_low_bandwidth_is_all_that_counts(self):
        bandwidth = 0.01
        report = self.report("run", self.gemm_workload((40, 23, 17)), *SMALL_ARRAY, "--memory",
                             f"{bandwidth}:0")
        for design in designs(report["layers"][0]):
            moved = sum(design["dma_bytes"].values()) - design["dma_bytes"]["descriptors"]
            expected_ns = moved / bandwidth * REFERENCE_PS / 1000
            self.assertLess(abs(design["time_ns"] / expected_ns - 1), 0.02)

    def test_latency_counts_once_per_transaction_in_flight(self):
        # One row block, one column block: A and B of 6 * 8 elements of 4 bytes are gapless.
        workload = self.gemm_workload((8, 5, 6))
        latency = 1000
        times = {}
        for outstanding in (1, 4):
            report = self.report("run", workload, *SMALL_ARRAY, "--memory", f"1000000:{latency}",
                                 "--dma-burst", 32, "--dma-outstanding", outstanding)
            times[outstanding] = report["layers"][0]["conventional"]["time_ns"]
        # Bursts: A 160 bytes, B 120 bytes, X 384 bytes.
        bursts = (5, 4, 12)
        for outstanding, time_ns in times.items():
            waits = sum(-(-count // outstanding) for count in bursts)
            self.assertLess(abs(time_ns / (waits * latency) - 1), 0.02, outstanding)

    def test_mode_is_chosen_by_compute_cycles(self):
        plain, limited = self.run_small(), self.run_small("--memory", "1:10")
        self.assertEqual([layer["k"] for layer in plain["layers"]],
                         [layer["k"] for layer in limited["layers"]])
        self.assertTrue(any("compute cycles" in note for note in limited["notes"]))


class Traffic(MemoryTest):
    def check_bytes(self, report):
        array = report["array"]
        operand, accumulator = array["data_width_bits"] // 8, array["acc_width_bits"] // 8
        for layer in report["layers"]:
            t, n, m, repeat = (layer[key] for key in ("t", "n", "m", "repeat"))
            column_blocks = -(-m // array["cols"])
            expected = {
                "a": t * n * operand * column_blocks * repeat,  # again for each column block
                "b": n * m * operand * repeat,
                "x_read": 0,
                "x_written": t * m * accumulator * repeat,
                "descriptors": 128 * repeat,
            }
            for design in designs(layer):
                self.assertEqual(design["dma_bytes"], expected)
        for part in DMA_PARTS:
            for total, figures in zip(designs(report["total"]),
                                      zip(*(designs(layer) for layer in report["layers"]))):
                self.assertEqual(total["dma_bytes"][part],
                                 sum(entry["dma_bytes"][part] for entry in figures))

    def test_bytes_per_operand(self):
        for model in ("ideal", "8:5"):
            for width in command_case.model_tables.OPERAND_WIDTHS:
                for burst in (8, 4096):
                    with self.subTest(model=model, width=width, burst=burst):
                        self.check_bytes(self.run_small("--memory", model, "--data-width", width,
                                                        "--dma-burst", burst))

    def test_pin(self):
        self.check_bytes(self.run_small("--memory", "8:5", "--engine", "pin"))


class BoundBy(MemoryTest):
    def test_definition(self):
        seen = set()
        workload = self.gemm_workload((1, 40, 6), (300, 5, 6), (40, 23, 17), (2, 9, 7))
        for model in MODELS:
            report = self.report("run", workload, *SMALL_ARRAY, "--memory", model)
            rows = report["array"]["rows"]
            for entry in [*report["layers"], report["total"]]:
                load = rows * entry["tiles"]
                for design in designs(entry):
                    seen.add(self.check_bound(design, load))
        self.assertEqual(seen, {"compute", "load", "memory"})

    def test_definition_where_tiles_overlap(self):
        """Hidden loads are no load cycles: R for a product's first tile, and what P exceeds streaming by."""
        shapes = ((1, 40, 6), (300, 5, 6), (40, 23, 17), (2, 9, 7), (3, 90, 60))
        workload = self.gemm_workload(*shapes)
        seen = set()
        for overlap, model in ((o, m) for o in ("load", "full") for m in MODELS):
            report = self.report("run", workload, *SMALL_ARRAY, "--memory", model, "--overlap", overlap, "--k", 2)
            rows, cols = report["array"]["rows"], report["array"]["cols"]
            totals = [0, 0]
            for (t, _, _), entry in zip(shapes, report["layers"]):
                for which, (design, k) in enumerate(zip(designs(entry), (2, 1))):
                    stream = t if overlap == "full" else t - -rows // k - -cols // k - 2
                    load = rows + (entry["tiles"] - 1) * (max(rows, stream) - stream)
                    totals[which] += load
                    seen.add(self.check_bound(design, load))
            for design, load in zip(designs(report["total"]), totals):
                self.check_bound(design, load)
        self.assertEqual(seen, {"compute", "load", "memory"})

    def check_bound(self, design, load):
        candidates = [("compute", design["cycles"] - load), ("load", load), ("memory", design["stall_cycles"])]
        # max() takes the first of equals, as the definition does.
        self.assertEqual(design["bound_by"], max(candidates, key=lambda c: c[1])[0])
        return design["bound_by"]


class Outputs(MemoryTest):
    def test_csv_and_table(self):
        path = self.folder / "layers.csv"
        report = self.run_small("--memory", "4:10", "--csv", path)
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), len(report["layers"]))
        for row, layer in zip(rows, report["layers"]):
            for prefix, design in zip(("", "conventional_"), designs(layer)):
                self.assertEqual(int(row[prefix + "stall_cycles"]), design["stall_cycles"])
                self.assertEqual(row[prefix + "bound_by"], design["bound_by"])
                for part in DMA_PARTS:
                    self.assertEqual(int(row[f"{prefix}dma_{part}_bytes"]),
                                     design["dma_bytes"][part])
        text = self.succeed("run", self.workload, *SMALL_ARRAY, "--memory", "4:10").stdout
        for layer in [*report["layers"], report["total"]]:
            line = f"{layer['stall_cycles']}  {layer['bound_by']}"
            self.assertIn(line, text)
        self.assertNotIn("stalls", self.succeed("run", self.workload, *SMALL_ARRAY).stdout)

    def test_result_of_a_product(self):
        generator = numpy.random.default_rng(command_case.SEED)
        a = generator.integers(-(2**31), 2**31, (9, 17)).astype(numpy.int32)
        b = generator.integers(-(2**31), 2**31, (17, 14)).astype(numpy.int32)
        with numpy.errstate(over="ignore"):
            expected = a.astype(numpy.int64) @ b.astype(numpy.int64)
        for engine in ENGINES:
            for burst in (8, 64, 4096):
                path = self.folder / "x.npy"
                self.succeed("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                             "--engine", engine, "--memory", "4:10", "--dma-burst", burst,
                             "--result", path)
                numpy.testing.assert_array_equal(numpy.load(path), expected)

    def test_result_of_narrow_operands(self):
        generator = numpy.random.default_rng(command_case.SEED)
        a = generator.integers(-128, 128, (9, 17)).astype(numpy.int8)
        b = generator.integers(-128, 128, (17, 14)).astype(numpy.int8)
        path = self.folder / "x.npy"
        self.succeed("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                     "--data-width", 8, "--memory", "4:10", "--result", path)
        numpy.testing.assert_array_equal(numpy.load(path),
                                         a.astype(numpy.int32) @ b.astype(numpy.int32))


class Errors(MemoryTest):
    def test_bad_models(self):
        for model in ("", "fast", "64", "64:", ":100", "64:100:1", "0:0", "-1:0", "64:-1", "nan:0",
                      "inf:0", "64:inf", "1e7:0", "64:2e6", " 64:100", "64 :100", "0x40:1",
                      "64,5:1", "ideal:0", "IDEAL"):
            with self.subTest(model=model):
                self.fail_with_usage(["run", self.workload, *SMALL_ARRAY, f"--memory={model}"],
                                     "--memory", "BYTES_PER_CYCLE:LATENCY_NS")

    def test_bad_dma_options(self):
        for option, values in (("--dma-burst", ("0", "4", "100", "131072", "x")),
                               ("--dma-outstanding", ("0", "1025", "x"))):
            for value in values:
                with self.subTest(option=option, value=value):
                    self.fail_with_usage(["run", self.workload, *SMALL_ARRAY, "--memory", "ideal",
                                          option, value], option, value)

    def test_options_that_exclude_each_other(self):
        run = ["run", self.workload, *SMALL_ARRAY, "--memory", "4:10"]
        self.fail_with_usage([*run, "--engine", "cycle"], "--memory", "analytic, fast or pin")
        self.fail_with_usage([*run, "--sample-tiles", 20], "--sample-tiles")
        self.fail_with_usage([*run, "--pe-map", self.folder / "map.npy"], "--pe-map")

    def test_clocks_that_are_missing(self):
        run = ["run", self.workload, "--rows", 5, "--cols", 6, "--memory", "ideal", "--quiet"]
        self.fail_with_usage([*run, "--modes", 3, "--k", 3], "clock")
        self.fail_with_usage([*run, "--modes", "1,3", "--k", 3], "--k = 3", "clock")
        self.fail_with_usage([*run, "--modes", "1,2", "--k", 4], "--k = 4", "mode")

    def test_simulated_time_has_an_end(self):
        workload = self.gemm_workload((100000, 10000, 10000))
        self.fail_with_usage(["run", workload, "--memory", "0.001:0"], "simulated", "s")

    def test_a_job_that_fails_fails_the_run(self):
        def limit_memory():
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        small = self.command("run", self.workload, *SMALL_ARRAY, "--memory", "4:10",
                             preexec_fn=limit_memory)
        if small.returncode != 0:
            self.skipTest("this build does not run within 4 GiB of address space")
        workload = self.gemm_workload((2, 2, 2), (2**31 - 1, 1, 1))
        done = self.command("run", workload, *SMALL_ARRAY, "--memory", "4:10", "--quiet",
                            preexec_fn=limit_memory)
        self.assertEqual(done.returncode, 1, done.stderr)
        for word in ("g1", "error 33", "INTERNAL", "address 0x0"):
            self.assertIn(word, done.stderr)

    def test_ignored_options_are_named(self):
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--dma-burst", 64)
        self.assertIn("--dma-burst", done.stderr)
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--memory", "ideal", "--threads",
                            2)
        self.assertIn("--threads is ignored", done.stderr)


if __name__ == "__main__":
    command_case.main(__doc__)
