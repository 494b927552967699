#!/usr/bin/python3
"""Tests of whole sweeps: workers, schedulers, resuming, simulations. Usage: sweep_test.py --build DIR"""

import os
import re
import shutil
import socket

import harness

# Several engines, several batches, points that fail.
MIXED = """\
axes:
  workload: net.csv
  rows: [3, 4, 8]
  cols: [4, 5]
  data_width_bits: [8, 32]
  modes: [default, [1, 5]]
  technology: [paper, asap7]
  engine: [analytic, fast]
constraints: [rows != 8 or cols == 4]
"""


class Workers(harness.SweepTest):
    def csv_files(self, out):
        return self.read(out, "points.csv"), self.read(out, "layers.csv")

    def test_same_results_whatever_runs_them(self):
        """One worker, two workers, and a remote scheduler with two workers of its own."""
        self.file("space.yaml", MIXED)
        text = self.sweep("space.yaml", "one", "--csv", "--workers", "1", "--batch", "7", status=1)
        self.assertRegex(text, r"80 points: 0 had results, 80 run now, \d+ failed")
        self.sweep("space.yaml", "two", "--csv", "--workers", "2", status=1)
        with self.started(self.scheduler()) as scheduler:
            address = self.address_of(scheduler)
            with self.started(self.worker(address)), self.started(self.worker(address)):
                self.sweep("space.yaml", "remote", "--csv", "--scheduler", address, status=1)
        one = self.csv_files("one")
        self.assertEqual(self.csv_files("two"), one)
        self.assertEqual(self.csv_files("remote"), one)
        self.assertEqual(one[0].count("\n"), 81)
        self.assertEqual(self.count("one", "status = 'done'"), one[0].count(",done,"))
        self.assertEqual(one[1].count("\n"), 1 + 2 * self.count("one", "status = 'done'"))

    def test_nobody_listens(self):
        self.file("space.yaml", MIXED)
        error = self.sweep("space.yaml", "out", "--scheduler", "127.0.0.1:9", status=2)
        self.assertIn("127.0.0.1:9", error)


class Sites(harness.SweepTest):
    """The job scripts of docs/exploration.md, as they stand there, on this machine: srun and blaunch are
    made up, the port is a free one."""

    SRUN = """\
#!/bin/bash
while [[ $1 == --* ]]; do
  case $1 in --ntasks=*) tasks=${1#--ntasks=} ;; --overlap) ;; *) exit 99 ;; esac
  shift
done
for ((i = 0; i < tasks; ++i)); do "$@" & done
wait
"""
    BLAUNCH = '#!/bin/bash\n[[ $1 != -* ]] || exit 99\n"$@" &\n"$@" &\nwait\n'

    def setUp(self):
        super().setUp()
        if shutil.which("dask-scheduler") is None:
            self.skipTest("dask-scheduler is not installed")
        os.mkdir(self.path("bin"))
        self.file("bin/srun", self.SRUN, executable=True)
        self.file("bin/blaunch", self.BLAUNCH, executable=True)
        self.file("bin/hostname", "#!/bin/sh\necho 127.0.0.1\n", executable=True)
        os.mkdir(self.path("build"))
        os.symlink(harness.build_folder(), self.path("build/release"))
        os.symlink(harness.SCRIPTS, self.path("scripts"))
        self.file("SPACE.yaml", MIXED)

    def script(self, marker):
        page = os.path.join(harness.SCRIPTS, "..", "docs", "exploration.md")
        with open(page, encoding="utf-8") as file:
            blocks = re.findall(r"^```bash\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
        (script,) = [block for block in blocks if marker in block]
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.assertIn("8786", script)
        return script.replace("8786", str(port)).replace("--out DIR", "--out out --no-plot")

    def check(self, marker, variables):
        self.file("job.sh", self.script(marker))
        environment = {**os.environ, **variables, "TMPDIR": self.folder,
                       "PATH": f"{self.path('bin')}:{os.environ['PATH']}"}
        with self.started(["bash", "job.sh"], cwd=self.folder, environment=environment) as job:
            harness.wait_until(lambda: job.poll() is not None, "the job ends")
            os.killpg(job.pid, 9)
            output = job.communicate(timeout=harness.PATIENCE_S)[0]
        self.assertEqual(job.returncode, 1, output)  # some of the points fail
        self.assertIn("80 points: 0 had results, 80 run now", output)
        self.assertEqual(self.count("out"), 80)

    def test_slurm(self):
        self.check("#SBATCH", {"SLURM_NTASKS": "3"})

    def test_lsf(self):
        self.check("#BSUB", {})


class Resuming(harness.SweepTest):
    def test_what_is_there_does_not_run_again(self):
        space = "axes: {workload: net.csv, cols: 8, rows: {from: 1, to: %d, step: 1}}\n"
        self.file("space.yaml", space % 20)
        self.sweep("space.yaml", "out", "--workers", "1")
        before = self.query("out", "SELECT * FROM points ORDER BY point_id")
        self.assertEqual(len(before), 20)
        text = self.sweep("space.yaml", "out", "--workers", "1")
        self.assertIn("20 points: 20 had results, 0 run now, 0 failed", text)
        self.file("space.yaml", space % 30)  # a larger space takes what there is
        text = self.sweep("space.yaml", "out", "--workers", "1")
        self.assertIn("30 points: 20 had results, 10 run now, 0 failed", text)
        after = self.query("out", "SELECT * FROM points ORDER BY point_id")
        self.assertEqual(after[:20], before)
        self.assertEqual(len(after), 30)

    def test_failed_points(self):
        self.file("space.yaml", "axes: {workload: net.csv, cols: 8, rows: [2, 8], modes: [[1, 8]]}\n")
        self.sweep("space.yaml", "out", "--workers", "1", status=1)
        text = self.sweep("space.yaml", "out", "--workers", "1", status=1)
        self.assertIn("2 points: 2 had results, 0 run now, 1 failed", text)
        self.assertIn("failed, 1 points: InputError: modes = 8", text)
        text = self.sweep("space.yaml", "out", "--workers", "1", "--retry-failed", status=1)
        self.assertIn("2 points: 1 had results, 1 run now, 1 failed", text)

    def test_bad_usage(self):
        self.file("space.yaml", "axes: {workload: nosuch}\n")
        self.assertIn("nosuch", self.sweep("space.yaml", "out", status=2))
        self.assertIn("cannot be read", self.sweep("missing.yaml", "out", status=2))
        self.file("space.yaml", "axes: {workload: net.csv, rows: 4}\nconstraints: [rows > 4]\n")
        self.assertIn("no point", self.sweep("space.yaml", "out", status=2))


class Simulations(harness.SweepTest):
    """Points that simulate in a process of their own."""

    def setUp(self):
        super().setUp()
        harness.require_systemc(self)

    def test_memory_and_pin_level(self):
        self.file("space.yaml", """\
axes:
  workload: net.csv
  rows: [4, 6]
  cols: 4
  data_width_bits: 8
  modes: [[1, 2]]
  technology: asap7
  engine: [fast, pin, cycle]
  memory_bytes_per_cycle: [none, ideal, 2]
  memory_latency_ns: 15
constraints: [engine != 'cycle' or memory_bytes_per_cycle == none]
""")
        self.sweep("space.yaml", "out", "--csv")
        figures = ("latency_cycles, toggles_count, conventional_latency_cycles, conventional_toggles_count,"
                   " area_um2")
        for rows in (4, 6):
            equal = self.query("out", f"SELECT DISTINCT {figures} FROM points WHERE array_rows = ?", rows)
            self.assertEqual(len(equal), 1, "engines and memories agree in what they share")
            energies = self.query("out", "SELECT DISTINCT energy_pj FROM points WHERE array_rows = ? AND "
                                  "memory_bytes_per_cycle IN ('none', 'ideal')", rows)
            self.assertEqual(len(energies), 1)
            for condition, stalls in (("= 'none'", None), ("= 'ideal'", 0)):
                self.assertEqual(self.query(
                    "out", "SELECT DISTINCT stall_cycles FROM points WHERE array_rows = ? AND "
                    f"memory_bytes_per_cycle {condition}", rows), [(stalls,)])
            slow = self.query(
                "out", "SELECT stall_cycles, time_ns, energy_pj, memory_latency_ns FROM points WHERE "
                "array_rows = ? AND memory_bytes_per_cycle = '2'", rows)
            ideal = self.query("out", "SELECT time_ns FROM points WHERE array_rows = ? AND "
                               "memory_bytes_per_cycle = 'ideal'", rows)[0][0]
            self.assertEqual(len(slow), 2)
            for stalls, time_ns, energy, latency in slow:
                self.assertGreater(stalls, 0)
                self.assertGreater(time_ns, ideal)
                self.assertGreater(energy, energies[0][0])  # leakage of the stalls
                self.assertEqual(latency, 15)

    def test_what_is_refused_is_recorded(self):
        self.file("space.yaml", "axes: {workload: net.csv, rows: 4, cols: 4, sample_tiles: 5, "
                                "memory_bytes_per_cycle: [none, 4], engine: fast}\n")
        text = self.sweep("space.yaml", "out", "--workers", "1", status=1)
        self.assertIn("2 points: 0 had results, 2 run now, 1 failed", text)
        self.assertIn("sample_tiles skips tiles", text)


class Pictures(harness.SweepTest):
    def test_fronts_are_printed_and_drawn(self):
        self.file("space.yaml", """\
axes: {workload: [net.csv, alexnet], rows: [4, 8], cols: 8, engine: [analytic]}
pareto: {objectives: [time_ns, area_um2], per: [workload]}
""")
        argv = [a for a in self.argv("space.yaml", "out", "--workers", "1") if a != "--no-plot"]
        import subprocess

        text = subprocess.run(argv, env=self.environment(), capture_output=True, text=True, check=True,
                              timeout=harness.PATIENCE_S).stdout
        for workload in ("net.csv", "alexnet"):
            self.assertIn(f"Pareto front, workload = {workload}: 2 of 2 points", text)
            with open(os.path.join(self.path("out"), f"pareto_{workload}.png"), "rb") as file:
                self.assertEqual(file.read(4), b"\x89PNG")


if __name__ == "__main__":
    harness.main()
