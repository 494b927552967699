#!/usr/bin/python3
"""End-to-end test of the memory traces of the `arrayflex` command.

Usage: memory_trace_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC.
"""

import csv
import itertools
import pathlib
import re
import resource
import shutil

import command_case
from trace_case import CLOCKS, COLS, ROWS, TraceTest

DRAMSYS_LINE = re.compile(r"([0-9]+):\t(read|write)\t0x([0-9a-f]+)")
RAMULATOR_LINE = re.compile(r"0x([0-9a-f]+) ([RW])")
RAMULATOR2_LINE = re.compile(r"(LD|ST) 0x([0-9a-f]+)")


class MemoryTraces(TraceTest):
    def traces(self, *arguments, workload=None, array=None):
        """The report, the rows of the table, and the accesses (cycle, is_write, address) by file."""
        folder = self.folder / "memory"
        shutil.rmtree(folder, ignore_errors=True)
        report = self.report("run", workload or self.workload, *(array or self.array),
                             "--memory-trace", folder, *arguments)
        with open(folder / "index.csv", newline="", encoding="utf-8") as file:
            index = list(csv.DictReader(file))
        self.assertEqual(self.files_below(folder),
                         sorted(["index.csv", *(row["file"] for row in index)]))
        return report, index, {row["file"]: self.accesses(folder / row["file"]) for row in index}

    def accesses(self, path):
        result = []
        for line in path.read_text(encoding="ascii").splitlines():
            if path.suffix == ".trace" and line[0] in "LS":
                kind, address = RAMULATOR2_LINE.fullmatch(line).groups()
                result.append((None, kind == "ST", int(address, 16)))
            elif path.suffix == ".trace":
                address, kind = RAMULATOR_LINE.fullmatch(line).groups()
                result.append((None, kind == "W", int(address, 16)))
            elif not line.startswith("#"):
                cycle, kind, address = DRAMSYS_LINE.fullmatch(line).groups()
                result.append((int(cycle), kind == "write", int(address, 16)))
        return result

    def check(self, report, index, accesses):
        self.assertEqual(len(index), 2 * len(report["layers"]))
        for row, (design, layer) in zip(index, itertools.product(("arrayflex", "conventional"),
                                                                 report["layers"])):
            figures = layer if design == "arrayflex" else layer["conventional"]
            dma = figures["dma_bytes"]
            self.assertEqual((row["design"], row["layer"]), (design, layer["name"]))
            self.assertEqual(int(row["written_bytes"]), dma["x_written"])
            self.assertEqual(int(row["read_bytes"]) + dma["x_written"], sum(dma.values()))
            lines = accesses[row["file"]]
            access_bytes = int(row["access_bytes"])
            writes = sum(is_write for _, is_write, _ in lines)
            self.assertEqual(int(row["write_accesses"]), writes)
            self.assertEqual(int(row["read_accesses"]), len(lines) - writes)
            self.assertGreaterEqual(writes * access_bytes, dma["x_written"])
            for _, _, address in lines:
                self.assertEqual(address % access_bytes, 0)
            cycles = [cycle for cycle, _, _ in lines if cycle is not None]
            self.assertEqual(cycles, sorted(cycles))
            if cycles:
                self.assertEqual(cycles[0], 0)

    def test_agree_with_the_report(self):
        for engine in ("fast", "pin"):
            for memory in ("ideal", "16:20", "1:0"):
                for width in (8, 32):
                    with self.subTest(engine=engine, memory=memory, width=width):
                        self.check(*self.traces("--engine", engine, "--memory", memory,
                                                array=self.array_of(width)))

    def test_byte_for_byte(self):
        """With accesses of one byte, and with rows that are multiples of the access."""
        for workload, array, access_bytes in (
                (self.workload, self.array, 1),
                (self.gemm_workload((8, 32, 16), (4, 16, 16)),
                 self.array_of(32, 16, 16), 64)):
            report, index, accesses = self.traces(
                "--memory", "8:5", "--memory-trace-bytes", access_bytes, workload=workload,
                array=array)
            self.check(report, index, accesses)
            for row in index:
                for kind, name in ((0, "read"), (1, "written")):
                    count = sum(1 for _, is_write, _ in accesses[row["file"]] if is_write == kind)
                    self.assertEqual(count * access_bytes, int(row[f"{name}_bytes"]), row["file"])

    def test_formats_hold_the_same(self):
        options = ["--memory", "16:20", "--memory-trace-bytes", 32, "--memory-trace-format"]
        _, _, dramsys = self.traces(*options, "dramsys")
        texts = set()
        for name in ("ramulator", "ramulator2"):
            _, _, other = self.traces(*options, name)
            self.assertEqual(list(map(pathlib.Path, dramsys)),
                             [pathlib.Path(file).with_suffix(".stl") for file in other])
            for one, another in zip(dramsys.values(), other.values()):
                self.assertEqual([entry[1:] for entry in one], [entry[1:] for entry in another])
                self.assertGreater(len(one), 10)
            texts.add((self.folder / "memory" / next(iter(other))).read_text()[:2])
        self.assertEqual(texts, {"0x", "LD"})

    def test_accesses_cover_the_operands(self):
        """One tile: descriptor, B and A are read, X is written, each of them whole."""
        workload = self.gemm_workload((5, ROWS, COLS))
        _, _, accesses = self.traces("--memory", "ideal", "--memory-trace-bytes", 1,
                                     workload=workload)
        lines = accesses["arrayflex/001_g0.stl"]
        sizes = {0x1000: 128, 0x2000: 5 * ROWS, 0x3000: ROWS * COLS, 0x4000: 5 * COLS * 4}
        for base, size in sizes.items():
            kinds = {is_write for _, is_write, address in lines if address >> 12 == base >> 12}
            addresses = [address for _, _, address in lines if address >> 12 == base >> 12]
            self.assertEqual(sorted(addresses), list(range(base, base + size)))
            self.assertEqual(kinds, {base == 0x4000})
        self.assertEqual(len(lines), sum(sizes.values()))

    def test_cycles_follow_the_memory(self):
        """A slow memory is asked later; a cycle is one of the conventional array's clock."""
        workload = self.gemm_workload((40, 23, 17))
        last = {}
        for memory in ("ideal", "4:0", "1:0"):
            report, index, accesses = self.traces("--memory", memory, workload=workload)
            self.assertEqual({float(row["cycle_ps"]) for row in index}, {CLOCKS["conventional"]})
            last[memory] = accesses["arrayflex/001_g0.stl"][-1][0]
        self.assertLess(last["ideal"], last["4:0"])
        self.assertLess(last["4:0"], last["1:0"])

    def test_cycle_is_that_of_the_request(self):
        """One transaction in flight, 50 ns each: requests are at least 100 cycles of 500 ps apart."""
        _, _, accesses = self.traces("--memory", "1000000:50", "--dma-outstanding", 1,
                                     "--dma-burst", 32, "--memory-trace-bytes", 32,
                                     workload=self.gemm_workload((40, ROWS, COLS)))
        for lines in accesses.values():
            cycles = [cycle for cycle, _, _ in lines]
            self.assertEqual(cycles[:5], [0, 100, 200, 300, 400])  # descriptor, then operands
            self.assertGreaterEqual(min(b - a for a, b in zip(cycles, cycles[1:])), 100)
            self.assertLess(cycles[-1], 110 * len(lines))

    def test_no_figure_depends_on_it(self):
        for memory in ("ideal", "16:20"):
            report, _, _ = self.traces("--memory", memory)
            self.assertEqual(report, self.report("run", self.workload, *self.array, "--memory",
                                                 memory))

    def test_memory_is_bounded(self):
        """A trace of many megabytes is not held."""
        workload = self.gemm_workload((20000, 64, 4))
        run = ["run", workload, *self.array, "--memory", "64:10", "--activity", "off", "--quiet"]
        peaks = []
        for options in ([], ["--memory-trace", self.folder / "big", "--memory-trace-bytes", 1]):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            self.succeed(*run, *options)
            peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before)
        size = sum((self.folder / "big" / name).stat().st_size
                   for name in self.files_below(self.folder / "big"))
        self.assertGreater(size, 60_000_000)
        self.assertLess(peaks[1], 10_000, "kilobytes more than without")

    def test_bad_input(self):
        folder = self.folder / "memory"
        run = ["run", self.workload, *self.array]
        trace = [*run, "--memory", "ideal", "--memory-trace", folder]
        self.fail_with_usage([*run, "--memory-trace", folder], "--memory-trace", "--memory 64:100")
        self.fail_with_usage([*trace, "--memory-trace-format", "csv"], "--memory-trace-format",
                             "csv", "ramulator2")
        for bytes_ in ("0", "3", "8192", "x", "-64"):
            self.fail_with_usage([*trace, f"--memory-trace-bytes={bytes_}"],
                                 "--memory-trace-bytes", bytes_)
        self.fail_with_usage([*run, "--memory-trace-format", "dramsys"], "--memory-trace-format",
                             "--memory-trace,")
        self.fail_with_usage([*run, "--memory-trace-bytes", 64], "--memory-trace-bytes",
                             "--memory-trace,")
        blocked = pathlib.Path(self.file("blocked", "")) / "memory"
        self.fail_with_usage([*run, "--memory", "ideal", "--memory-trace", blocked],
                             "--memory-trace", f"{blocked}:", "folder")
        self.assertFalse(folder.exists())
        (folder / "index.csv").mkdir(parents=True)  # where the table is to be
        self.fail_with_usage(trace, "--memory-trace", folder / "index.csv")
        self.assertEqual(self.files_below(folder), [])

    def test_full_disk_leaves_no_partial_file(self):
        folder = self.folder / "full"
        workload = self.gemm_workload((2, 3, 4), (60, 40, 40))
        done = self.limited("run", workload, *self.array, "--memory", "16:5", "--memory-trace",
                            folder, "--memory-trace-bytes", 1, "--quiet", file_bytes=50_000)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"cannot write .*002_g1\.stl: ")
        self.assertEqual(self.files_below(folder),
                         ["arrayflex/001_g0.stl", "conventional/001_g0.stl"])


if __name__ == "__main__":
    command_case.main(__doc__)
