"""Common parts of the tests of scripts/sweep.py."""

import contextlib
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest

FOLDER = os.path.dirname(os.path.abspath(__file__))
SCRIPTS = os.path.dirname(os.path.dirname(FOLDER))
SWEEP = os.path.join(SCRIPTS, "sweep.py")
BUILD = None  # set by main()
PATIENCE_S = 120  # a test that waits longer for anything has failed

SMALL_NETWORK = "name,type,t,n,m,repeat\none,gemm,20,30,40,1\ntwo,gemm,7,64,5,3\n"


def build_folder():
    return BUILD


def require_systemc(test):
    """Skips the test where the build has no SystemC."""
    import arrayflex

    tiny = arrayflex.Workload.from_layers([("a", 1, 1, 1, 1)])
    try:
        arrayflex.run(tiny, array=arrayflex.Array(1, 1), engine="cycle")
    except arrayflex.InputError as error:
        test.skipTest(str(error))


def main():
    """unittest.main() after --build DIR."""
    global BUILD
    position = sys.argv.index("--build")
    BUILD = os.path.abspath(sys.argv[position + 1])
    del sys.argv[position:position + 2]
    sys.modules["harness"].BUILD = BUILD
    sys.path[:0] = [SCRIPTS, os.path.join(BUILD, "python")]
    unittest.main(module="__main__")


def wait_until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"not within {PATIENCE_S} s: {what}")
        time.sleep(0.02)


class SweepTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="arrayflex-sweep-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.file("net.csv", SMALL_NETWORK)

    def path(self, name):
        return os.path.join(self.folder, name)

    def file(self, name, text, executable=False):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        if executable:
            os.chmod(self.path(name), 0o755)
        return self.path(name)

    def altered_build(self, *changes):
        """A build folder for --build: the Python package with changes (file, text, its replacement)."""
        build = self.path("build")
        package = os.path.join(build, "python", "arrayflex")
        shutil.copytree(os.path.join(BUILD, "python", "arrayflex"), package)
        for name, old, new in changes:
            with open(os.path.join(package, name), encoding="utf-8") as file:
                text = file.read()
            self.assertIn(old, text)
            with open(os.path.join(package, name), "w", encoding="utf-8") as file:
                file.write(text.replace(old, new))
        return build

    def read(self, *names):
        with open(os.path.join(self.folder, *names), encoding="utf-8") as file:
            return file.read()

    def argv(self, space, out, *arguments):
        return [sys.executable, "-B", SWEEP, self.path(space), "--out", self.path(out), "--build",
                BUILD, "--no-plot", *arguments]

    def environment(self):
        paths = [SCRIPTS, os.path.join(BUILD, "python")]
        return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}

    def sweep(self, space, out, *arguments, status=0):
        """Runs it to its end; returns its output."""
        done = subprocess.run(self.argv(space, out, *arguments), capture_output=True, text=True,
                              env=self.environment(), timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, status, done.stdout + done.stderr)
        self.assertNotIn("Traceback", done.stderr)
        return done.stdout if status in (0, 1) else done.stderr

    @contextlib.contextmanager
    def started(self, argv, cwd=None, environment=None):
        """A process that is gone afterwards, with all that it started."""
        process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                   cwd=cwd, env=environment or self.environment(),
                                   start_new_session=True)
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, 9)
            process.communicate()

    def scheduler(self):
        """Command line of a Dask scheduler on a free port."""
        return [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
                "--no-dashboard"]

    def address_of(self, scheduler):
        """HOST:PORT of a scheduler that starts."""
        for line in scheduler.stdout:
            if "Scheduler at:" in line:
                return re.search(r"tcp://([0-9.:]+)", line).group(1)
        self.fail("the scheduler ended without saying its address")

    def worker(self, address):
        """Command line of a worker with one thread."""
        return [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "1",
                "--no-dashboard", "--local-directory", self.folder]

    def query(self, out, text, *values):
        """Rows of the database, also while a sweep writes to it; none where it is not there yet."""
        path = os.path.join(self.folder, out, "results.sqlite")
        if not os.path.exists(path):
            return []
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            try:
                return db.execute(text, values).fetchall()
            except sqlite3.OperationalError:  # before the tables are there
                return []

    def count(self, out, condition="1"):
        rows = self.query(out, f"SELECT count(*) FROM points WHERE {condition}")
        return rows[0][0] if rows else 0
