#!/usr/bin/python3
"""End-to-end test of the analytic engine behind a memory: against the simulated accelerator, and with finite
buffers.

Usage: analytic_memory_test.py COMMAND [arguments of unittest]; needs a build with SystemC.
"""

import math
import random

import command_case

KEYS = ("cycles", "stall_cycles", "time_ns", "dma_bytes", "bound_by")
ARRAYS = 12
LAYERS_OF_AN_ARRAY = 30


def designs(entry):
    return (entry, entry["conventional"])


class AnalyticMemoryTest(command_case.CommandTest):
    def workload_of(self, layers):
        lines = [f"g{i},gemm,{t},{n},{m},{repeat}" for i, (t, n, m, repeat) in enumerate(layers)]
        return self.file("gemms.csv", "name,type,t,n,m,repeat\n" + "\n".join(lines) + "\n")

    def analytic(self, *arguments):
        return self.report("run", *arguments, "--engine", "analytic")


class AgainstTheAccelerator(AnalyticMemoryTest):
    def assert_equal(self, workload, *options):
        simulated = self.report("run", workload, *options, "--activity", "off")
        for layer, other in zip(self.analytic(workload, *options)["layers"], simulated["layers"]):
            for one, two in zip(designs(layer), designs(other)):
                self.assertEqual({key: one[key] for key in KEYS}, {key: two[key] for key in KEYS},
                                 (layer, options))

    def test_random_layers_arrays_and_memories(self):
        draw = random.Random(command_case.SEED)
        for i in range(ARRAYS):
            rows, cols = draw.randint(1, 20), draw.randint(1, 20)
            workload = self.workload_of(
                (draw.randint(1, 150), draw.randint(1, 70), draw.randint(1, 70), draw.choice((1, 1, 1, 2, 5)))
                for _ in range(LAYERS_OF_AN_ARRAY))
            bandwidth = 2 ** draw.uniform(-3, 8)
            latency = draw.choice((0, 1, draw.uniform(0, 300)))
            memory = "ideal" if i == 0 else f"{bandwidth:.3f}:{latency:.3f}"
            with self.subTest(array=(rows, cols), memory=memory):
                self.assert_equal(
                    workload, "--rows", rows, "--cols", cols, "--memory", memory, "--dma-burst",
                    2 ** draw.randint(3, 13), "--dma-outstanding", draw.choice((1, 2, 3, 8, 64)), "--data-width",
                    draw.choice((8, 16, 32)), "--dma-alignment", draw.choice(("any", "any", "natural", "whole")))

    # The paper's clocks have no whole femtoseconds: roundings go on from product to product.
    def test_many_products(self):
        workload = self.workload_of([(7, 9, 5, 300), (49, 9, 1, 128), (1, 64, 64, 33)])
        for memory in ("8:0", "64:100", "0.7:3.3"):
            self.assert_equal(workload, "--rows", 8, "--cols", 8, "--memory", memory)

    def test_finite_buffers(self):
        draw = random.Random(command_case.SEED + 1)
        for i in range(ARRAYS):
            rows, cols = draw.randint(1, 12), draw.randint(1, 12)
            workload = self.workload_of(
                (draw.randint(1, 90), draw.randint(1, 50), draw.randint(1, 50), draw.choice((1, 2)))
                for _ in range(LAYERS_OF_AN_ARRAY // 2))
            memory = draw.choice(("ideal", "4:0", "16:30", "2:100"))
            options = ("--operand-buffer", draw.randint(400, 6000), "--weight-buffer", draw.randint(1200, 6000),
                       "--accumulators", draw.randint(400, 8000), "--buffer-banks", draw.choice((1, 2, 2)),
                       "--mapping", draw.choice(("traffic", "time", "rows", "columns")))
            if draw.choice((True, False)):
                options += ("--buffer-port", draw.randint(1, 64))
            with self.subTest(array=(rows, cols), memory=memory, options=options):
                self.assert_equal(workload, "--rows", rows, "--cols", cols, "--memory", memory, *options)

    def test_overlapping_tiles(self):
        draw = random.Random(command_case.SEED + 2)
        for overlap in ("load", "full"):
            for memory in ("ideal", "4:0", "16:30", "2:100", "64:3"):
                rows, cols = draw.randint(1, 12), draw.randint(1, 12)
                workload = self.workload_of(
                    (draw.randint(1, 60), draw.randint(1, 50), draw.randint(1, 50), draw.choice((1, 3)))
                    for _ in range(LAYERS_OF_AN_ARRAY // 2))
                with self.subTest(array=(rows, cols), memory=memory, overlap=overlap):
                    self.assert_equal(workload, "--rows", rows, "--cols", cols, "--memory", memory, "--overlap", overlap)

    def test_gemm(self):
        a = self.npy("a.npy", command_case.numpy.ones((20, 30), dtype=command_case.numpy.int8))
        b = self.npy("b.npy", command_case.numpy.ones((30, 17), dtype=command_case.numpy.int8))
        reports = [self.report("gemm", a, b, "--rows", 8, "--cols", 8, "--memory", "4:50", "--engine", engine)
                   for engine in ("analytic", "fast")]
        for one, two in zip(designs(reports[0]["total"]), designs(reports[1]["total"])):
            self.assertEqual({key: one[key] for key in KEYS}, {key: two[key] for key in KEYS})


class FiniteBuffers(AnalyticMemoryTest):
    OPTIONS = ("--rows", 16, "--cols", 16, "--memory", "8:20")

    def run_with(self, shape, *options):
        return self.analytic(self.workload_of([(*shape, 2)]), *self.OPTIONS, *options)

    def test_description_and_figures(self):
        sizes = {"operand_buffer": 8192, "weight_buffer": 4096, "accumulators": 16384}
        options = [text for name, size in sizes.items() for text in ("--" + name.replace("_", "-"), size)]
        report = self.run_with((200, 70, 40), *options, "--buffer-port", 32)
        described = report["memory"]["buffers"]
        self.assertEqual({name: described[name + "_bytes"] for name in sizes}, sizes)
        self.assertEqual((described["banks"], described["port_bytes_per_cycle"], described["mapping"]),
                         (2, 32, "traffic"))
        layer = report["layers"][0]
        rows = layer["mapping"]["block_rows"]
        self.assertLessEqual(rows * 16 * 8 * 2, 16384)
        blocks = math.ceil(200 / rows)
        self.assertEqual(layer["tiles"], 2 * blocks * 5 * 3)
        kept = layer["mapping"]["kept"]
        self.assertEqual(layer["dma_bytes"]["a"], 2 * 4 * 200 * 70 * (1 if "a" in kept else 3))
        self.assertEqual(layer["dma_bytes"]["b"], 2 * 4 * 70 * 40 * (1 if "b" in kept else blocks))
        accesses = layer["buffer_accesses"]
        self.assertEqual(accesses["operand_buffer"]["writes"] * 4, layer["dma_bytes"]["a"])
        self.assertEqual(accesses["weight_buffer"]["reads"], 2 * 70 * 40 * blocks)
        self.assertEqual(accesses["accumulators"], {"writes": 2 * 200 * 40 * 5, "reads": 2 * 200 * 40 * 5,
                                                    "bytes": 2 * 200 * 40 * 5 * 2 * 8})
        # 1.25 pJ a byte of 8 KiB.
        self.assertAlmostEqual(layer["buffer_energy_pj"]["operand_buffer"],
                               accesses["operand_buffer"]["bytes"] * 1.25)
        self.assertEqual(report["total"]["buffer_accesses"], accesses)

    def test_ample_buffers_move_what_must_be_moved(self):
        ample = [text for name in ("--operand-buffer", "--weight-buffer", "--accumulators")
                 for text in (name, 1 << 30)]
        for shape in ((200, 70, 40), (5, 200, 300), (1, 1, 1)):
            t, n, m = shape
            # Of products that share a tile B holds zeros, which are moved, too.
            alone = (*ample, "--group-packing", "off")
            moved = self.run_with(shape, *alone)["layers"][0]["dma_bytes"]
            self.assertEqual((moved["a"], moved["b"], moved["x_written"]),
                             (2 * 4 * t * n, 2 * 4 * n * m, 2 * 8 * t * m))

    def test_time_is_least_with_mapping_time(self):
        draw = random.Random(command_case.SEED)
        for _ in range(8):
            shape = draw.randint(1, 400), draw.randint(1, 200), draw.randint(1, 200)
            sizes = ("--operand-buffer", draw.randint(3000, 20000), "--weight-buffer", draw.randint(3000, 20000),
                     "--accumulators", draw.randint(3000, 40000))
            times = {mapping: self.run_with(shape, *sizes, "--mapping", mapping)["total"]["time_ns"]
                     for mapping in ("traffic", "time", "rows", "columns")}
            self.assertEqual(times["time"], min(times.values()), (shape, sizes, times))

    def test_one_bank_and_a_narrow_port_take_longer(self):
        shape = (200, 70, 40)
        sizes = ("--operand-buffer", 20000, "--weight-buffer", 20000, "--accumulators", 40000)
        time_ns = self.run_with(shape, *sizes)["total"]["time_ns"]
        self.assertGreater(self.run_with(shape, *sizes, "--buffer-banks", 1)["total"]["time_ns"], time_ns)
        self.assertGreater(self.run_with(shape, *sizes, "--buffer-port", 1)["total"]["time_ns"], time_ns)

    # An ideal memory behind ports of one byte per cycle: every byte is a cycle.
    def test_port_alone(self):
        report = self.analytic(self.workload_of([(4, 3, 2, 1)]), "--rows", 4, "--cols", 4, "--memory", "ideal",
                               "--buffer-port", 1, "--k", 1)
        self.assertEqual(report["total"]["stall_cycles"], 4 * (4 * 3 + 3 * 2) + 8 * 4 * 2)

    def test_what_does_not_fit_is_refused(self):
        run = ["run", self.workload_of([(20, 30, 40, 1)]), *self.OPTIONS, "--engine", "analytic"]
        # Two pieces of 16 columns of a row of A; of 16 x 16 weights; of 16 sums.
        for option, need, name in (("--operand-buffer", 120, "operand buffer"),
                                   ("--weight-buffer", 1920, "weight buffer"),
                                   ("--accumulators", 256, "accumulators")):
            self.succeed(*run, option, need)
            self.fail_with_usage([*run, option, need - 1], name, f"needs {need} bytes or more")
        self.fail_with_usage([*run, "--operand-buffer", 0], "--operand-buffer")
        self.fail_with_usage([*run, "--buffer-banks", 3], "--buffer-banks")
        self.fail_with_usage([*run, "--mapping", "best"], "--mapping", "traffic, time, rows and columns")

    def test_who_has_finite_buffers(self):
        run = ["run", self.workload, *command_case.SMALL_ARRAY, "--operand-buffer", 5000]
        self.fail_with_usage([*run, "--memory", "8:20", "--overlap", "load"], "--overlap", "buffers")
        self.assertIn("ignored without --memory", self.succeed(*run, "--engine", "analytic").stderr)
        self.fail_with_usage(["run", self.workload, *command_case.SMALL_ARRAY, "--engine", "analytic", "--memory",
                              "8:20", "--memory-trace", self.folder / "traces"], "--memory-trace")


if __name__ == "__main__":
    command_case.main(__doc__)
