#!/usr/bin/python3
"""Texts of the `arrayflex` command: help, tables, bad usage, failed runs.

Usage: usage_test.py COMMAND [arguments of unittest]; needs Debian's numpy.
"""

import json
import os
import pathlib
import pty
import resource
import select
import shutil
import stat
import subprocess
import unittest

import numpy

import command_case
from command_case import SMALL_ARRAY, SMALL_WORKLOAD, CommandTest



class BadUsage(CommandTest):
    def run_fails(self, *arguments, words):
        self.fail_with_usage(["run", self.workload, *arguments], *words)

    def test_options(self):
        cases = [
            (["--rows", "0"], ["--rows", "= 0", "1 to 4096"]),
            (["--rows", "-1"], ["--rows", "-1", "1 to 4096"]),
            (["--cols", "4097"], ["--cols", "4097", "1 to 4096"]),
            (["--cols", "99999999999999999999"], ["--cols", "1 to 4096"]),
            (["--rows", "8x"], ["--rows", "8x", "1 to 4096"]),
            (["--rows", ""], ["--rows"]),
            (["--rows"], ["--rows"]),
            (["--k", "0"], ["--k", "= 0", "1..128"]),
            (["--k", "129"], ["--k", "129", "1..128"]),
            (["--k", "fast"], ["--k", "fast", "auto"]),
            (["--rows", "4", "--k", "5"], ["--k", "5", "1..4"]),
            (["--modes", "0"], ["--modes", "= 0"]),
            (["--modes", "1,,2"], ["--modes"]),
            (["--modes", "1,1"], ["modes", "once"]),
            (["--modes", ""], ["--modes"]),
            (["--rows", "4", "--modes", "1,5"], ["modes", "5", "1..4"]),
            (["--modes", "3"], ["clock"]),
            (["--data-width", "8", "--acc-width", "64"], ["8/64", "32/64, 16/64 and 8/32"]),
            (["--data-width", "12"], ["12/64", "32/64, 16/64 and 8/32"]),
            (["--engine", "magic"], ["--engine", "magic", "analytic, fast"]),
            (["--layers", "none"], ["--layers", "none", "conv"]),
            (["--layers", "!*"], ["--layers", "!*"]),
            (["--layers", "conv,,dw"], ["--layers"]),
            (["--seed", "-1"], ["--seed", "-1"]),
            (["--seed", "-0"], ["--seed", "= -0"]),
            (["--seed", "9223372036854775808"], ["--seed", "9223372036854775807"]),
            (["--zero-share", "1.5"], ["--zero-share", "1.5", "0 to 1"]),
            (["--zero-share", "nan"], ["--zero-share", "nan"]),
            (["--weight-spread", "0"], ["--weight-spread"]),
            (["--magnitude-bits", "8", "--data-width", "8"], ["magnitude_bits", "8"]),
            (["--no-such-option"], ["--no-such-option"]),
            (["extra"], ["extra"]),
            (["--engine", "analytic", "--pe-map", "map.npy"], ["--pe-map"]),
            (["--threads", "0"], ["--threads", "= 0", "1 to 1024"]),
            (["--threads", "1025"], ["--threads", "1025", "1 to 1024"]),
            (["--activity", "none"], ["--activity", "none", "on and off"]),
            (["--activity", "off", "--pe-map", "map.npy"], ["--activity", "--pe-map"]),
            (["--kernel", "MMX"], ["--kernel", "MMX", "auto", "scalar"]),
            (["--sample-tiles", "1"], ["--sample-tiles", "= 1", "2 to 100000"]),
            (["--sample-tiles", "100001"], ["--sample-tiles", "100001", "2 to 100000"]),
            (["--sample-tiles", "9", "--activity", "off"], ["--sample-tiles", "--activity off"]),
            (["--sample-tiles", "9", "--pe-map", "map.npy"], ["--sample-tiles", "--pe-map"]),
            (["--sample-tiles", "9", "--engine", "analytic"], ["--sample-tiles", "fast engine"]),
            (["--sample-tiles", "9", "--engine", "pin"], ["--sample-tiles", "fast engine"]),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                self.run_fails(*arguments, words=words)

    def test_largest_values_are_accepted(self):
        report = self.report("run", self.workload, "--engine", "analytic", "--rows", 4096,
                             "--cols", 4096, "--seed", 2**63 - 1)
        self.assertEqual(report["seed"], 2**63 - 1)

    def test_commands(self):
        self.fail_with_usage(["fly"], "fly")
        self.fail_with_usage(["run"], "workload")
        self.fail_with_usage(["--quiet"], "--quiet")
        alone = self.command()
        self.assertEqual(alone.returncode, 2)
        self.assertIn("Usage", alone.stderr)
        self.assertEqual(alone.stdout, "")

    def test_workloads(self):
        self.fail_with_usage(["run", "resnet35"], "resnet35", "resnet34")
        self.fail_with_usage(["run", self.folder / "none.csv"], "none.csv")
        self.fail_with_usage(["run", self.folder], str(self.folder))
        bad = SMALL_WORKLOAD.replace("10,3,3", "ten,3,3")
        self.fail_with_usage(["run", self.file("bad.csv", bad)], "bad.csv:3:", "ten")
        self.fail_with_usage(["run", self.file("empty.csv", "")], "empty.csv")

    def test_overflow(self):
        rows = ["name,type,t,n,m,repeat", "x,gemm,2147483647,2147483647,2147483647,2147483647"]
        path = self.file("huge.csv", "\n".join(rows) + "\n")
        self.fail_with_usage(["run", path, "--engine", "analytic"], "layer x", "2^63-1")

    def test_config_files(self):
        cases = {
            '{"rowz": 4}': "rowz",
            '{"rows": "four"}': "rows",
            '{"rows": 0}': "rows",
            '{"rows": 4': "config.json",
            '{"modes": []}': "modes",
            '{"clock_frequency_ghz": {"1": -1}}': "1",
            "[]": "config.json",
        }
        for text, word in cases.items():
            with self.subTest(text=text):
                self.run_fails("--config", self.file("config.json", text), words=[word])
        self.run_fails("--config", self.folder / "none.json", words=["none.json"])

    def test_outputs_are_checked_before_the_run(self):
        ordinary = self.file("ordinary", "text")
        inside = f"{ordinary}/x"
        cases = [
            (["--json", self.folder / "no" / "x.json"], ["--json", "no/x.json"]),
            (["--json", self.folder], ["--json", "regular file"]),
            (["--csv", "/dev/null"], ["--csv", "regular file"]),
            (["--json", ""], ["--json"]),
            (["--out", inside], ["--out", inside]),
            (["--out", ordinary], ["--out", ordinary]),
            (["--pe-map", inside], ["--pe-map", inside]),
            (["--json", self.folder / "x", "--csv", self.folder / "." / "x"], ["own"]),
            (["--out", self.folder, "--json", self.folder / "report.json"], ["own"]),
        ]
        for arguments, words in cases:
            with self.subTest(arguments=arguments):
                # A run of this size would outlast the test.
                self.fail_with_usage(["run", "llm_7b_prefill_512", *arguments], *words)
        self.assertEqual(sorted(os.listdir(self.folder)), ["ordinary", "small.csv"])

    def test_inputs_are_not_overwritten(self):
        technologies = pathlib.Path(__file__).resolve().parents[3] / "model" / "technologies"
        shutil.copy(technologies / "asap7.json", self.folder / "own.json")
        config = self.file("array.json", '{"rows": 4, "cols": 4}')
        os.link(self.workload, self.folder / "linked.csv")
        a = self.npy("a.npy", numpy.array([[1, 2]], numpy.int8))
        b = self.npy("b.npy", numpy.array([[3], [4]], numpy.int8))
        run = ["run", self.workload]
        cases = [
            ([*run, "--csv", self.workload], "small.csv"),
            ([*run, "--csv", self.folder / "linked.csv"], "linked.csv"),
            ([*run, "--config", config, "--json", config], "array.json"),
            ([*run, "--tech", self.folder / "own.json", "--json", self.folder / "own.json"],
             "own.json"),
            (["gemm", a, b, "--result", a], "a.npy"),
            (["gemm", a, b, "--saif", b], "b.npy"),
        ]
        contents = {path: path.read_bytes() for path in self.folder.iterdir()}
        for arguments, name in cases:
            with self.subTest(arguments=arguments):
                self.fail_with_usage(arguments, name, "input")
        self.assertEqual(contents, {path: path.read_bytes() for path in self.folder.iterdir()})

    @unittest.skipIf(os.geteuid() == 0, "root may write anywhere")
    def test_folder_without_permission(self):
        self.folder.chmod(0o500)
        self.addCleanup(self.folder.chmod, 0o700)
        self.run_fails("--json", self.folder / "x.json", words=["--json"])


class FailedRuns(CommandTest):
    def test_full_standard_output(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([command_case.COMMAND, "workloads"], stdout=full, stderr=subprocess.PIPE,
                                  encoding="utf-8", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, r"\Aarrayflex: error: [^\n]*standard output\n\Z")

    def test_a_file_that_cannot_be_completed_is_not_begun(self):
        path = self.file("report.json", "the old report")
        done = self.command(
            "run", self.workload, *SMALL_ARRAY, "--json", path, "--quiet", restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"\Aarrayflex: error: cannot write [^\n]*report.json[^\n]*\n\Z")
        self.assertEqual(pathlib.Path(path).read_text(encoding="utf-8"), "the old report")
        self.assertEqual(sorted(os.listdir(self.folder)), ["report.json", "small.csv"])

    def test_replacing_keeps_links_and_permissions(self):
        target = pathlib.Path(self.file("real.json", "old"))
        target.chmod(0o640)
        link = self.folder / "link.json"
        link.symlink_to(target)
        self.succeed("run", self.workload, *SMALL_ARRAY, "--json", link)
        self.assertTrue(link.is_symlink())
        self.assertEqual(json.loads(target.read_text(encoding="utf-8"))["engine"], "fast")
        self.assertEqual(stat.S_IMODE(target.stat().st_mode), 0o640)


class Text(CommandTest):
    def test_table(self):
        done = self.succeed("run", self.workload, *SMALL_ARRAY)
        self.assertEqual(done.stderr, "")
        self.assertNotIn("\x1b", done.stdout)
        lines = done.stdout.splitlines()
        for word in ("layer", "T×N×M", "k", "tiles", "cycles", "[%]"):
            self.assertIn(word, done.stdout)
        self.assertLessEqual(max(map(len, lines)), 120)
        first = done.stdout.split("\n\n")[1].splitlines()  # tables of energy follow
        table = [line for line in first if line.startswith(("conv ", "dw ", "fc, last", "total"))]
        self.assertEqual(len(table), 4)
        self.assertEqual(len({len(line) for line in table}), 1)
        self.assertIn("4*(9×9×1)", done.stdout)
        toggles = self.report("run", self.workload, *SMALL_ARRAY)
        for part in (toggles["total"], toggles["conventional"]):
            self.assertIn(f"{sum(part['activity']['toggles'].values()):,}", done.stdout)

    def test_tables_of_all_shipped_workloads_fit(self):
        for line in self.succeed("workloads").stdout.splitlines():
            text = self.succeed("run", line.split()[0], "--engine", "analytic").stdout
            self.assertLessEqual(max(map(len, text.splitlines())), 120, line)

    def test_unknown_time_is_a_dash(self):
        done = self.succeed("run", self.workload, "--rows", 4, "--cols", 4, "--k", 3)
        self.assertIn("k = 3", done.stderr)
        for line in done.stdout.splitlines():
            if line.startswith(("conv ", "total")):
                self.assertIn(" - ", line)

    def test_quiet_and_verbose(self):
        quiet = self.succeed("run", self.workload, *SMALL_ARRAY, "--quiet")
        self.assertEqual(quiet.stdout + quiet.stderr, "")
        verbose = self.succeed("run", self.workload, *SMALL_ARRAY, "-v")
        self.assertIn("layer dw", verbose.stderr)

    def test_notes_are_warnings(self):
        path = self.file("sparse.csv", "Layer Name,M,N,K,Sparsity\nx,2,3,4,1:2\n")
        done = self.succeed("run", path, *SMALL_ARRAY)
        self.assertRegex(done.stderr, r"arrayflex: warning: .*[Ss]pars")

    def test_help_version_and_list(self):
        version = self.succeed("--version").stdout
        self.assertRegex(version, r"\Aarrayflex \d+\.\d+\.\d+\nfast engine: [^\n]+\n\Z")
        self.assertIn("fast engine: " + self.report("run", self.workload)["kernel"], version)
        self.assertIn("scalar", version)
        for arguments in (["--help"], ["run", "--help"], ["gemm", "--help"]):
            text = self.succeed(*arguments).stdout
            self.assertIn("Examples:", text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)
        names = [line.split()[0] for line in self.succeed("workloads").stdout.splitlines()]
        self.assertLessEqual({"resnet34", "mobilenet_v1", "convnext_t"}, set(names))

    def test_progress_bar_on_a_terminal_only(self):
        # Far more than a second of work; killed once the bar has shown up.
        arguments = [command_case.COMMAND, "run", "llm_7b_prefill_512"]
        controller, terminal = pty.openpty()
        with subprocess.Popen(arguments, stdout=subprocess.DEVNULL, stderr=terminal) as process:
            os.close(terminal)
            try:
                self.assertTrue(select.select([controller], [], [], 120)[0], "no progress bar")
                text = os.read(controller, 200)
            finally:
                process.kill()
                os.close(controller)
        self.assertIn(b"%", text)
        self.assertIn(b"\x1b", text)


if __name__ == "__main__":
    command_case.main(__doc__)
