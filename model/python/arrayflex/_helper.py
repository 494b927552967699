"""One study in a process of its own, for _process.py: its request comes as JSON on the standard input,
its answer goes as JSON to the standard output. Runs as a script, without the package and its imports.

Usage: _helper.py FILE-OF-THE-EXTENSION-MODULE PARENT-PID
"""

import importlib.util
import json
import os
import signal
import sys
from typing import Any, Dict, List


def _load(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("arrayflex._core", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _technology(core: Any, reference: List[str]) -> Any:
    kind, *arguments = reference
    return core.Technology(*arguments) if kind == "name" else core.Technology.from_json(*arguments)


def _answer(core: Any, request: Dict[str, Any]) -> Dict[str, str]:
    technology = _technology(core, request["technology"])
    array = core.Array(technology=technology, **request["array"])
    workload = core.Workload.from_layers(**request["workload"])
    report = core.run_workload(array, workload, **request["settings"])
    return {"json": report.to_json(), "csv": report.to_csv()}


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends this process
    core = _load(sys.argv[1])
    core.end_with_parent(int(sys.argv[2]))
    answer_to = os.dup(1)
    os.dup2(2, 1)  # whatever is printed meanwhile is no answer
    request = json.load(sys.stdin)
    try:
        answer = _answer(core, request)
    except Exception as error:
        answer = {"error": type(error).__name__, "message": str(error)}
    with os.fdopen(answer_to, "w", encoding="utf-8") as file:
        json.dump(answer, file)


if __name__ == "__main__":
    main()
