"""Common parts of the tests of the `arrayflex` command: the command, a small workload, and assertions."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy

COMMAND = ""
HAS_PIN = False
SEED = 20230417

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))
import model_tables  # noqa: E402

NET_CLASSES = set(model_tables.net_classes())
REGISTER_CLASSES = set(model_tables.register_classes())
SMALL_WORKLOAD = """# A small network for tests
name,type,in_h,in_w,in_channels,out_channels,kernel_h,kernel_w,pad_top,pad_bottom,pad_left,\
pad_right,groups,t,n,m
conv,conv,6,6,3,10,3,3,1,1,1,1,,,,
dw,conv,5,5,4,4,3,3,,,,,4,,,
"fc, last",gemm,,,,,,,,,,,,2,9,7
"""
SMALL_ARRAY = ["--rows", "5", "--cols", "6", "--modes", "1,2,4"]


def main(usage):
    """Runs the tests of the program: its first argument is the command under test, --pin says that this
    has the pin-level engine."""
    global COMMAND, HAS_PIN
    if len(sys.argv) < 2:
        sys.exit(usage)
    COMMAND = os.path.abspath(sys.argv.pop(1))
    if "--pin" in sys.argv:
        HAS_PIN = True
        sys.argv.remove("--pin")
    print(f"seed of all that is random here: {SEED}", file=sys.stderr)
    unittest.main()


class CommandTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.workload = self.file("small.csv", SMALL_WORKLOAD)

    def file(self, name, content):
        path = self.folder / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content, encoding="utf-8")
        return str(path)

    def npy(self, name, array):
        path = self.folder / name
        numpy.save(path, array)
        return str(path)

    def command(self, *arguments, **options):
        return subprocess.run(
            [COMMAND, *map(str, arguments)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, encoding="utf-8", timeout=300, check=False, **options)

    def succeed(self, *arguments):
        done = self.command(*arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def report(self, *arguments):
        path = self.folder / "report_under_test.json"
        self.succeed(*arguments, "--json", path, "--quiet")
        return json.loads(path.read_text(encoding="utf-8"))

    def fail_with_usage(self, arguments, *words):
        """Status 2, nothing on stdout, one line on stderr that holds the words."""
        done = self.command(*arguments)
        self.assertEqual(done.returncode, 2, (arguments, done.stderr))
        self.assertEqual(done.stdout, "")
        self.assertRegex(done.stderr, r"\Aarrayflex: error: [^\n]+\n\Z")
        for word in words:
            self.assertIn(str(word), done.stderr)
        return done
