#!/usr/bin/python3
"""Sweeps whose driver or workers are killed. Usage: kill_test.py --build DIR"""

import os
import signal

import psutil

import harness

# Points of some hundredths of a second each: long enough to be killed amid them.
NETWORK = "name,type,t,n,m\none,gemm,600,256,256\ntwo,gemm,60,300,200\n"
SPACE = """\
axes:
  workload: net.csv
  rows: {from: 16, to: 30, step: 2}
  cols: [16, 24, 32]
  technology: asap7
  engine: fast
  seed: [1, 2]
"""
POINTS = 48


def workers_of(process):
    """The worker processes of a driver: children of its fork server, with the same command line."""
    try:
        return [worker for server in psutil.Process(process.pid).children() if is_fork_server(server)
                for worker in server.children()]
    except psutil.NoSuchProcess:
        return []


def is_fork_server(process):
    return "multiprocessing.forkserver" in " ".join(process.cmdline())


class Kills(harness.SweepTest):
    def setUp(self):
        super().setUp()
        self.file("net.csv", NETWORK)
        self.file("space.yaml", SPACE)
        self.arguments = ("--csv", "--workers", "2", "--batch", "1", "--no-plot")

    def results(self, out):
        return self.read(out, "points.csv"), self.read(out, "layers.csv")

    def committed(self, out):
        return self.query(out, "SELECT * FROM points ORDER BY point_id")

    def kill_drivers(self, out, at_counts):
        """Runs the sweep again and again, its driver killed when so many points are committed; checks
        that nothing that was committed is lost or changes. Returns what was committed at last."""
        before = []
        for count in at_counts:
            with self.started(self.argv("space.yaml", out, *self.arguments)) as driver:
                harness.wait_until(lambda: self.count(out) >= count or driver.poll() is not None,
                                   f"{count} points")
                self.assertIsNone(driver.poll(), "the sweep ended before it was killed")
                workers = workers_of(driver)
                self.assertTrue(workers)
                driver.send_signal(signal.SIGKILL)  # the driver alone, not its process group
                driver.wait()
                harness.wait_until(lambda: not any(alive(worker) for worker in workers),
                                   "workers are gone when their driver is")
            after = self.committed(out)
            self.assertGreaterEqual(len(after), count)
            self.assertLess(len(after), POINTS)
            self.assertEqual(after[:len(before)], before)
            before = after
        return before

    def test_killed_drivers_and_workers(self):
        self.sweep("space.yaml", "whole", *self.arguments)
        expected = self.results("whole")
        self.assertEqual(self.count("whole"), POINTS)

        with self.subTest("driver"):
            before = self.kill_drivers("driver", [3, 14])
            text = self.sweep("space.yaml", "driver", *self.arguments)
            self.assertIn(f"{POINTS} points: {len(before)} had results, {POINTS - len(before)} run now, "
                          "0 failed", text)
            self.assertEqual(self.committed("driver")[:len(before)], before)
            self.assertEqual(self.results("driver"), expected)
            # Every point was committed by one run only.
            self.assertEqual(self.query("driver", "SELECT sum(points_run_count) FROM runs"), [(POINTS,)])

        with self.subTest("worker"):
            self.kill_workers("worker", [3, 10])
            self.assertEqual(self.results("worker"), expected)
            self.assertEqual(self.count("worker", "status = 'failed'"), 0)

    def test_a_killed_scheduler(self):
        """The sweep ends, says why, and is finished by the same command with other workers."""
        with self.started(self.scheduler()) as scheduler:
            address = self.address_of(scheduler)
            arguments = self.argv("space.yaml", "out", "--batch", "1", "--no-plot", "--scheduler", address)
            with self.started(self.worker(address)), self.started(arguments) as driver:
                harness.wait_until(lambda: self.count("out") >= 3 or driver.poll() is not None,
                                   "3 points")
                self.assertIsNone(driver.poll(), "the sweep ended before its scheduler was killed")
                scheduler.kill()
                output, _ = driver.communicate(timeout=harness.PATIENCE_S)
        self.assertEqual(driver.returncode, 3, output)
        self.assertIn("sweep.py: the scheduler is gone; what is committed stays", output)
        self.assertNotIn("Traceback", output)
        before = self.committed("out")
        self.assertGreaterEqual(len(before), 3)
        text = self.sweep("space.yaml", "out", *self.arguments)
        self.assertIn(f"{POINTS} points: {len(before)} had results, {POINTS - len(before)} run now", text)
        self.assertEqual(self.committed("out")[:len(before)], before)
        self.assertEqual(self.query("out", "SELECT sum(points_run_count) FROM runs"), [(POINTS,)])

    def test_ctrl_c(self):
        """At any moment: during the start and amid the points. The terminal signals the whole group."""
        for committed in (None, 3):
            with self.subTest(committed=committed), \
                    self.started(self.argv("space.yaml", "out", *self.arguments)) as driver:
                if committed is None:
                    harness.wait_until(lambda: psutil.Process(driver.pid).children(), "it starts workers")
                else:
                    harness.wait_until(lambda: self.count("out") >= committed, f"{committed} points")
                group = [psutil.Process(driver.pid), *psutil.Process(driver.pid).children(recursive=True)]
                os.killpg(driver.pid, signal.SIGINT)
                output, _ = driver.communicate(timeout=harness.PATIENCE_S)
                self.assertEqual(driver.returncode, 130, output)
                self.assertRegex(output, r"sweep.py: interrupted; the same command goes on[^\n]*\n\Z")
                self.assertNotIn("Traceback", output)
                harness.wait_until(lambda: not any(alive(process) for process in group), "all are gone")
        before = self.committed("out")
        self.assertGreaterEqual(len(before), 3)
        self.sweep("space.yaml", "out", *self.arguments)
        self.assertEqual(self.committed("out")[:len(before)], before)
        self.assertEqual(self.query("out", "SELECT sum(points_run_count) FROM runs"), [(POINTS,)])

    def kill_workers(self, out, at_counts):
        with self.started(self.argv("space.yaml", out, *self.arguments)) as driver:
            for count in at_counts:
                harness.wait_until(lambda: self.count(out) >= count and workers_of(driver)
                                   or driver.poll() is not None, f"{count} points")
                self.assertIsNone(driver.poll(), "the sweep ended before its worker was killed")
                workers_of(driver)[0].kill()
            output, _ = driver.communicate(timeout=harness.PATIENCE_S)
            self.assertEqual(driver.returncode, 0, output)


ANSWER = "def _answer(core: Any, request: Dict[str, Any]) -> Dict[str, str]:\n"


class Poison(harness.SweepTest):
    def setUp(self):
        super().setUp()
        harness.require_systemc(self)

    def test_a_point_that_kills_its_workers_harms_no_other(self):
        """The worker dies at rows = 5, the point is refused at rows = 6, and elsewhere the process of the
        simulation crashes."""
        run = "    helper = os.path.join("
        build = self.altered_build(
            ("_helper.py", ANSWER, ANSWER + "    os.kill(os.getpid(), signal.SIGSEGV)\n"),
            ("_process.py", run, f"""\
    if request["array"]["rows"] == 5:
        os.kill(os.getpid(), signal.SIGKILL)
    if request["array"]["rows"] == 6:
        raise _core.InputError("refused: rows = 6")
{run}"""))
        self.file("space.yaml", "axes: {workload: net.csv, rows: [4, 5, 6, 7], cols: 4, "
                                "engine: [analytic, cycle]}\n")
        self.sweep("space.yaml", "out", "--workers", "2", "--build", build, status=1)
        rows = dict(self.query("out", "SELECT array_rows, error FROM points WHERE engine = 'cycle'"))
        self.assertEqual(set(rows), {4, 5, 6, 7})
        self.assertIn("KilledWorker", rows[5])
        self.assertEqual(rows[6], "InputError: refused: rows = 6")
        for row in (4, 7):
            self.assertEqual(rows[row],
                             "EngineCrash: the process of the cycle engine was ended by SIGSEGV")
        self.assertEqual(self.count("out", "engine = 'analytic' AND status = 'done'"), 4)

    def test_a_killed_worker_takes_its_simulation_with_it(self):
        build = self.altered_build(("_helper.py", ANSWER, f"""\
{ANSWER}    import time
    with open({self.path('pid')!r}, "w") as file:
        file.write(str(os.getpid()))
    time.sleep(1000)
"""))
        self.file("space.yaml", "axes: {workload: net.csv, rows: 4, cols: 4, engine: cycle}\n")
        with self.started(self.argv("space.yaml", "out", "--workers", "1", "--build", build)) as driver:
            harness.wait_until(lambda: os.path.exists(self.path("pid")) and self.read("pid"), "it runs")
            simulation = psutil.Process(int(self.read("pid")))
            driver.send_signal(signal.SIGKILL)
            driver.wait()
            harness.wait_until(lambda: not alive(simulation), "the simulation is gone")


def alive(process):
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


if __name__ == "__main__":
    harness.main()
