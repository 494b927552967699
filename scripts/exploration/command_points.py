"""Points that need SystemC: each one a run of the command `arrayflex`."""

import csv
import json
import os
import shutil
import signal
import subprocess
import tempfile


class CommandFailed(Exception):
    """The command refused the point or did not finish."""


def run_command(command, point, layers, array, operands):
    """The report (dictionary) of `arrayflex run` for the point, its workload's layers given as (name, t,
    n, m, repeat) tuples. Raises CommandFailed, and OSError where there is no room for its files."""
    with tempfile.TemporaryDirectory(prefix="arrayflex-sweep-") as folder:
        config = os.path.join(folder, "array.json")
        with open(config, "w", encoding="utf-8") as file:
            json.dump(_array_parameters(array), file)
        workload = os.path.join(folder, "layers.csv")
        _write_table(workload, layers)
        report = os.path.join(folder, "report.json")
        argv = [command, "run", workload, "--config", config, "--json", report, "--quiet",
                *_options(point, operands)]
        try:
            _run(argv)
        except CommandFailed as error:  # the same text for the same error, wherever the folder is
            raise CommandFailed(str(error).replace(folder + os.sep, "")) from None
        try:
            with open(report, encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            raise CommandFailed(f"{command}: wrote no report; is it the command arrayflex?") from None


def _write_table(path, layers):
    with open(path, "w", encoding="utf-8", newline="") as file:
        # Texts in quotes: a name may begin with #, as a comment does.
        table = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC, lineterminator="\n")
        table.writerow(("name", "type", "t", "n", "m", "repeat"))
        table.writerows((name, "gemm", *sizes) for name, *sizes in layers)


def _array_parameters(array):
    return {"rows": array.rows, "cols": array.cols, "data_width_bits": array.data_width_bits,
            "acc_width_bits": array.acc_width_bits, "modes": array.modes,
            "clock_period_ps": array.clock_period_ps}


def _options(point, operands):
    options = ["--engine", point.engine]
    if point.engine == "fast" and point.memory is None:
        options += ["--threads", "1"]
    for name, value in (("--memory", point.memory), ("--k", point.k), ("--seed", point.seed),
                        ("--sample-tiles", point.sample_tiles)):
        if value is not None:
            options += [name, str(value)]
    for name, value in operands:
        options += [f"--{name.replace('_', '-')}", str(value)]
    return options


def _run(argv):
    # A worker that is killed takes its simulation with it.
    setpriv = shutil.which("setpriv")
    prefix = [setpriv, "--pdeathsig", "KILL"] if setpriv else []
    done = subprocess.run(prefix + argv, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    if done.returncode == 0:
        return
    if done.returncode < 0:
        raise CommandFailed(f"{argv[0]}: ended by {signal.Signals(-done.returncode).name}")
    lines = done.stderr.strip().splitlines()
    raise CommandFailed(lines[-1] if lines else f"{argv[0]}: exit status {done.returncode}")
