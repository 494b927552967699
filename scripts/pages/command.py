"""Runs the `arrayflex` command and keeps its reports."""

import json
import pathlib
import shlex
import subprocess
import sys
import tempfile

import numpy

# Depthwise layers, left out unless a table says otherwise.
DEPTHWISE = {"mobilenet_v1": "!*.dw", "mobilenet_v2": "!*.dw", "convnext_t": "!*.dw"}

# Of every run, left out of the commands that a page lists: its introduction says so. As in the paper, each group
# of a convolution has tiles of its own.
PACKING = ("--group-packing", "off")


def fail(message):
    """Ends the program that writes the page."""
    sys.exit(f"{pathlib.Path(sys.argv[0]).name}: {message}")


def arguments(workload, *options, depthwise=False):
    """Arguments of `arrayflex run`; without the depthwise layers unless asked for."""
    chosen = ["run", workload, *map(str, options)]
    if not depthwise and workload in DEPTHWISE:
        chosen += ["--layers", DEPTHWISE[workload]]
    return chosen


def text(run):
    """The command as one types it."""
    return shlex.join(["arrayflex", *run])


class Command:
    """The command; each run is done once."""

    def __init__(self, path):
        self.path = pathlib.Path(path)
        self.reports = {}
        if not self.path.is_file():
            fail(f"{self.path} is missing: build the target arrayflex_command first")

    def _call(self, arguments_):
        done = subprocess.run([self.path, *arguments_, *PACKING], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding="utf-8", check=False)
        if done.returncode != 0:
            fail(f"{text(arguments_)} failed: {done.stderr.strip()}")

    def report(self, run):
        """The report.json of a run."""
        key = tuple(run)
        if key not in self.reports:
            with tempfile.TemporaryDirectory() as folder:
                path = pathlib.Path(folder) / "report.json"
                self._call([*run, "--quiet", "--json", path])
                self.reports[key] = json.loads(path.read_text(encoding="utf-8"))
        return self.reports[key]

    def pe_map(self, run):
        """ArrayFlex's toggles per PE."""
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "pe_map.npy"
            self._call([*run, "--quiet", "--pe-map", path])
            return numpy.load(path)
