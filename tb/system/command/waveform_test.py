#!/usr/bin/python3
"""End-to-end test of the waveforms of the `arrayflex` command.

Usage: waveform_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC.
"""

import itertools
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

import numpy

import command_case
from trace_case import CLOCKS, COLS, ROOT, ROWS, TraceTest, vcd_reader


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


class Waveforms(TraceTest):
    def trace(self, *arguments):
        path = self.folder / "waves.vcd"
        self.succeed("gemm", *self.files, *self.array, "--engine", "pin", "--trace", path,
                     *arguments, "--quiet")
        return vcd_reader.read_vcd(path)

    def time_of(self, cycle, period_ps):
        return round(cycle * period_ps * 1000)

    def test_registers_hold_what_the_dataflow_says(self):
        """Every psum_reg and weight_reg of one tile, in every mode and of the conventional array."""
        t_count = 6
        a, b, self.files = self.gemm_files(t_count, ROWS, COLS)
        sums = numpy.cumsum(a[:, :, None] * b[None, :, :], axis=1)  # [t][r][c]
        for k in (1, 2, 3):
            waves = self.trace("--k", k)
            self.assertEqual(waves.timescale, (1, "fs"))
            period = CLOCKS[str(k)]
            checked = 0
            for t, r, c in itertools.product(range(t_count), range(ROWS), range(COLS)):
                if (r + 1) % k != 0 and r + 1 != ROWS:
                    continue
                cycle = ROWS + t + r // k + 1 + c // k
                psum = waves.signals[f"arrayflex.array.pe_{r}_{c}.psum_reg"]
                self.assertEqual(psum.width, 32)
                for time in (self.time_of(cycle, period), self.time_of(cycle + 1, period) - 1):
                    self.assertEqual(signed(psum.at(time), 32), sums[t, r, c], (k, t, r, c))
                checked += 1
            self.assertGreater(checked, t_count * COLS - 1)
            middle = self.time_of(ROWS + 0.5, period)
            for r, c in itertools.product(range(ROWS), range(COLS)):
                weight = waves.signals[f"arrayflex.array.pe_{r}_{c}.weight_reg"]
                self.assertEqual(signed(weight.at(middle), 8), b[r, c])

    def test_window_and_scope_take_parts_of_the_whole(self):
        _, _, self.files = self.gemm_files(5, 7, 6)
        whole = self.trace("--k", 2)
        part = self.trace("--k", 2, "--trace-window", "2.3528ns:8823ps", "--trace-scope",
                          "arrayflex.array.pe_?_1", "--trace-scope", "conventional.array.skew_2")
        expected = {name for name in whole.signals
                    if re.match(r"arrayflex\.array\.pe_\d_1\.|conventional\.array\.skew_2\.", name)}
        self.assertEqual(set(part.signals), expected)
        self.assertIn("arrayflex.array.pe_0_1.sum_mux.out", expected)
        begin, end = 2_352_800, 8_823_000  # edges of ArrayFlex's clock: 4 and 15 times 588.2 ps
        self.assertEqual((part.begin, part.end), (begin, end))
        changes = changes_at_end = 0
        for name, signal_part in part.signals.items():
            original = whole.signals[name]
            wanted = [(begin, original.at(begin))]
            wanted += [change for change in original.changes if begin < change[0] <= end]
            self.assertEqual(signal_part.changes, wanted, name)
            changes += len(wanted) - 1
            changes_at_end += wanted[-1][0] == end
        self.assertGreater(changes, 50)
        self.assertGreater(changes_at_end, 5)
        self.assertGreater(whole.end, end)

    def test_another_tool_reads_the_same(self):
        """GTKWave's converters: to its own format and back."""
        tools = [shutil.which(tool) for tool in ("vcd2fst", "fst2vcd")]
        if None in tools:
            self.skipTest("GTKWave's vcd2fst and fst2vcd are missing")
        _, _, self.files = self.gemm_files(5, 7, 6)
        waves = self.trace("--k", 2)
        converted, back = self.folder / "waves.fst", self.folder / "back.vcd"
        for command in ([tools[0], self.folder / "waves.vcd", converted],
                        [tools[1], converted, "-o", back]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        read = vcd_reader.read_vcd(back)
        self.assertEqual((read.timescale, read.end), (waves.timescale, waves.end))
        self.assertEqual(set(read.signals), set(waves.signals))
        for name, original in waves.signals.items():
            self.assertEqual(read.signals[name].width, original.width)
            # The converter repeats values that do not change.
            changes = [change for i, change in enumerate(read.signals[name].changes)
                       if i == 0 or change[1] != read.signals[name].changes[i - 1][1]]
            self.assertEqual(changes, original.changes, name)

    def test_picture(self):
        try:
            import matplotlib  # noqa: F401  (asked for, not used)
        except ImportError:
            self.skipTest("matplotlib is missing")
        _, _, self.files = self.gemm_files(4, 3, 3)
        self.trace("--k", 2, "--trace-scope", "arrayflex")
        script = str(ROOT / "scripts" / "waveform_picture.py")
        picture = self.folder / "picture.svg"

        def draw(*arguments):
            return subprocess.run([sys.executable, "-B", script, picture, *arguments], check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  encoding="utf-8")

        waves = f"a title={self.folder / 'waves.vcd'}"
        done = draw(waves, "--preset", "array")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<svg", picture.read_text(encoding="utf-8"))
        for arguments, word in (((waves, "--signal", "x=nothing"), "nothing"), ((waves,), "--signal"),
                                ((f"t={self.folder / 'none'}", "--preset", "array"), "none"),
                                ((f"t={self.workload}", "--preset", "array"), "waveforms")):
            done = draw(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_open_window(self):
        _, _, self.files = self.gemm_files(5, 7, 6)
        part = self.trace("--k", 1, "--trace-window", "2ns:")
        self.assertEqual(part.begin, 2_000_000)
        self.assertEqual(part.end, self.trace("--k", 1).end)

    def test_stalls_stretch_the_waveform_and_change_no_value(self):
        """Behind the accelerator the array goes through the same values, with pauses."""
        # Where products of one array follow each other, the next one's reset hides the last cycle.
        run = ["run", self.workload, *self.array, "--layers", "!dw", "--engine", "pin", "--trace"]
        waves = {}
        for name, options in (("alone", []), ("memory", ["--memory", "4:20"])):
            path = self.folder / f"{name}.vcd"
            report = self.report(*run, path, *options)
            waves[name] = vcd_reader.read_vcd(path)
        alone, memory = waves["alone"], waves["memory"]
        self.assertEqual(len(memory.signals), len(alone.signals))
        compared = 0
        for name, signal_alone in alone.signals.items():
            if name == "run.layer":
                continue
            design, rest = name.split(".", 1)
            if not rest.startswith("array."):
                continue  # the controller also has idle cycles
            values = [value for _, value in memory.signals[f"{design}.array.{rest}"].changes]
            wanted = [value for _, value in signal_alone.changes]
            self.assertEqual(values[:len(wanted)], wanted, name)
            self.assertIn(values[len(wanted):], ([], [0]), name)  # the end of the last drain cycle
            compared += len(values)
        self.assertGreater(compared, 10_000)
        # At the end both arrays have stalled as long as the report says.
        times = [figures["time_ns"] * 1e6 for figures in
                 (report["total"], report["total"]["conventional"])]
        self.assertGreater(report["total"]["stall_cycles"], report["total"]["cycles"])
        self.assertGreaterEqual(memory.end, sum(times) - 1)
        self.assertLess(alone.end, sum(times) / 2)

    def test_layers_are_numbered(self):
        """Each layer begins when both arrays are done with those before it."""
        path = self.folder / "w.vcd"
        report = self.report("run", self.workload, *self.array, "--engine", "pin", "--trace", path)
        changes = vcd_reader.read_vcd(path).signals["run.layer"].changes
        self.assertEqual([number for _, number in changes], [1, 2, 3])
        begin = 0
        for (time, _), layer in zip(changes, report["layers"]):
            # A product waits for the drain cycle of the one before it.
            self.assertLess(abs(time - begin), layer["repeat"] * 2 * 650e3 + 1)
            begin = time + 1e6 * (layer["time_ns"] + layer["conventional"]["time_ns"])

    def test_a_killed_run_leaves_nothing_behind(self):
        folder = self.folder / "killed"
        folder.mkdir()
        try:
            os.close(os.open(folder, os.O_TMPFILE | os.O_WRONLY))
        except OSError:
            self.skipTest("the file system has no files without names")
        workload = self.gemm_workload((1_000_000, 3, 4))
        for option, engine in (("--trace", ["--engine", "pin"]),
                               ("--memory-trace", ["--memory", "4:20"])):
            run = subprocess.Popen([command_case.COMMAND, "run", workload, *self.array, *engine, option,
                                    folder / "w", "--quiet"])
            try:
                while not self.writes_below(run.pid, folder) and run.poll() is None:
                    time.sleep(0.01)
                self.assertIsNone(run.poll(), "the run was over too soon")
            finally:
                run.send_signal(signal.SIGKILL)
                run.wait()
            self.assertEqual(self.files_below(folder), [])

    @staticmethod
    def writes_below(pid, folder):
        """Whether the process has written to an open file in the folder."""
        for link in pathlib.Path(f"/proc/{pid}/fd").iterdir():
            try:
                if os.readlink(link).startswith(f"{folder}/") and link.stat().st_size > 0:
                    return True
            except FileNotFoundError:
                pass
        return False

    def test_no_figure_depends_on_it(self):
        run = ["run", self.workload, *self.array, "--engine", "pin"]
        self.assertEqual(self.report(*run, "--trace", self.folder / "w.vcd", "--saif",
                                     self.folder / "w.saif"), self.report(*run))

    def test_equal_runs_give_equal_files(self):
        _, _, self.files = self.gemm_files(4, 3, 4)
        contents = set()
        for _ in range(2):
            self.trace("--k", 1, "--saif", self.folder / "w.saif")
            contents.add(((self.folder / "waves.vcd").read_bytes(),
                          (self.folder / "w.saif").read_bytes()))
        self.assertEqual(len(contents), 1)

    def test_bad_input(self):
        path = self.folder / "w.vcd"
        run = ["run", self.workload, *self.array]
        pin = [*run, "--engine", "pin", "--trace", path]
        for engine in ("fast", "cycle", "analytic"):
            self.fail_with_usage([*run, "--engine", engine, "--trace", path], "--trace", engine,
                                 "--engine pin")
        for window in ("5", "5:6", "5ns", ":5ns", "6ns:5ns", "5ns:6", "-1ns:5ns", "5 ns:6ns",
                       "nanns:5ns", "1e9s:", "5ns:6ns:7ns"):
            with self.subTest(window=window):
                self.fail_with_usage([*pin, f"--trace-window={window}"], "--trace-window",
                                     window)
        self.fail_with_usage([*pin, "--trace-window", "1s:"], "--trace-window", "1s:",
                             "simulation ends")
        for scope in ("nothing", "", "pe_0_0", "arrayflex.array.pe_9*"):
            with self.subTest(scope=scope):
                self.fail_with_usage([*pin, "--trace-scope", "arrayflex", "--trace-scope", scope],
                                     "--trace-scope", scope or "''", "arrayflex")
        self.fail_with_usage([*run, "--trace-scope", "a"], "--trace-scope", "--trace,")
        self.fail_with_usage([*run, "--trace-window", "1ns:"], "--trace-window", "--trace,")
        self.fail_with_usage([*pin, "--saif", path], "own")
        for bad in (self.folder / "missing" / "w.vcd", self.folder):
            self.fail_with_usage([*run, "--engine", "pin", "--trace", bad], "--trace", bad)
        self.assertFalse(path.exists())

    def test_full_disk_leaves_nothing_behind(self):
        folder = self.folder / "full"
        folder.mkdir()
        for option in ("--trace", "--saif"):
            done = self.limited("run", self.workload, *self.array, "--engine", "pin", option,
                                folder / "w", "--quiet", file_bytes=100_000)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"cannot write {folder / 'w'}", done.stderr)
            self.assertEqual(self.files_below(folder), [])


if __name__ == "__main__":
    command_case.main(__doc__)
