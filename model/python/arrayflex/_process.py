"""Studies that simulate in SystemC: each in a process of its own, since SystemC runs once per process,
and a crash there must not take the caller along. The process is started afresh, never forked from this
one, which may have threads."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import Any, Dict

from . import _core


class EngineCrash(RuntimeError):
    """The process that a SystemC engine ran in ended without an answer."""


class FinishedReport:
    """The texts of a report that another process made."""

    def __init__(self, json_text: str, csv_text: str):
        self._json, self._csv = json_text, csv_text

    def to_json(self) -> str:
        return self._json

    def to_csv(self) -> str:
        return self._csv


_ERRORS = {"InputError": _core.InputError, "OverflowError": OverflowError, "MemoryError": MemoryError}


def run_apart(request: Dict[str, Any]) -> FinishedReport:
    """Runs the request (as _helper.py reads it). Raises what the study raises, and EngineCrash."""
    if not sys.executable:
        raise RuntimeError("sys.executable is not set: a SystemC engine needs an interpreter to start")
    helper = os.path.join(os.path.dirname(os.path.abspath(__file__)), "_helper.py")
    argv = [sys.executable, "-I", "-S", helper, _core.__file__, str(os.getpid())]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            output, _ = process.communicate(json.dumps(request).encode())
        except BaseException:  # Ctrl-C above all
            process.kill()
            process.wait()
            raise
    if process.returncode != 0 or not output:
        engine = request["settings"]["engine"]
        raise EngineCrash(f"the process of the {engine} engine {_end_of(process.returncode)}")
    answer = json.loads(output)
    if "error" in answer:
        raise _ERRORS.get(answer["error"], RuntimeError)(answer["message"])
    return FinishedReport(answer["json"], answer["csv"])


def _end_of(status: int) -> str:
    if status >= 0:
        return f"ended with exit status {status} and no answer"
    try:
        return f"was ended by {signal.Signals(-status).name}"
    except ValueError:
        return f"was ended by signal {-status}"
