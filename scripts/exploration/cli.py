"""The command line of scripts/sweep.py."""

import argparse
import os
import sqlite3
import sys

from .errors import SweepError, SweepStopped

_EPILOG = """\
SPACE.yaml (docs/exploration.md has all keys):
  axes:
    workload: [resnet34]
    rows: {from: 16, to: 256, step: 16}
    cols: {from: 16, to: 256, step: 16}
    engine: analytic
  constraints:
    - rows <= 2 * cols

Interrupted or killed, the same command goes on where it stopped. Exit status: 0 every point has its
results, 1 some points failed (their errors are in the database), 2 bad usage or bad input, 3 the sweep
had to stop, 130 interrupted.
"""


INTERRUPTED = 130


def _positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be 1 or more")
    return value


def make_parser():
    parser = argparse.ArgumentParser(
        prog="sweep.py", description="Runs every point of a design space through the model.",
        epilog=_EPILOG, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("space", metavar="SPACE.yaml")
    parser.add_argument("--out", required=True, metavar="DIR",
                        help="results.sqlite and pictures; resumed when it exists")
    parser.add_argument("--csv", action="store_true", help="also write points.csv and layers.csv")
    parser.add_argument("--workers", type=_positive, metavar="N",
                        help="processes on this machine [default: one per processor]")
    parser.add_argument("--scheduler", metavar="HOST:PORT",
                        help="use the workers of this Dask scheduler instead")
    parser.add_argument("--batch", type=_positive, metavar="N", help="at most N points at a time per worker")
    parser.add_argument("--no-layers", action="store_true", help="keep no figures of layers, only of points")
    parser.add_argument("--retry-failed", action="store_true", help="run points again that failed")
    parser.add_argument("--no-plot", action="store_true", help="draw no pictures")
    parser.add_argument("--count", action="store_true", help="say how many points there are, and stop")
    parser.add_argument("--build", metavar="DIR", help="build folder with python/ [default: build/release]")
    parser.add_argument("-q", "--quiet", action="store_true", help="no progress bar, no tables")
    return parser


def _find_module(build):
    """Puts the build's Python module on the path, unless one is there already."""
    folder = os.path.join(build, "python")
    if os.path.isdir(os.path.join(folder, "arrayflex")):
        sys.path.insert(0, folder)
    try:
        import arrayflex  # noqa: F401
    except ImportError as error:
        raise SweepError(f"the Python module arrayflex is not found ({error}): build it "
                         "(scripts/build.sh), name its build by --build, or set PYTHONPATH; Debian's "
                         "packages need /usr/bin/python3") from None


def _client_maker(arguments, say):
    from .cluster import local_client, processor_count, remote_client

    if arguments.scheduler:
        return lambda: remote_client(arguments.scheduler, say)
    return lambda: local_client(arguments.workers or processor_count())


def _run(arguments):
    def say(text):
        if not arguments.quiet:
            print(text, flush=True)

    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    build = arguments.build or os.path.join(root, "build", "release")
    _find_module(build)
    from .database import Database
    from .driver import Options, Sweep
    from .space import load_space

    space = load_space(arguments.space)
    for note in space.notes:
        say(note)
    if arguments.count:
        print(len(space.points()))
        return 0
    database = Database(arguments.out)
    try:
        options = Options(not arguments.no_layers, arguments.batch, arguments.retry_failed, arguments.quiet)
        sweep = Sweep(space, database, options)
        outcome = sweep.run(_client_maker(arguments, say))
        say(f"{outcome.points} points: {outcome.found} had results, {outcome.run} run now, "
            f"{outcome.failed} failed")
        _report(arguments, space, database, say)
    finally:
        database.close()
    return 1 if outcome.failed else 0


def _report(arguments, space, database, say):
    from .export import export_csv
    from .pareto import format_front, fronts
    from .plots import plot_front

    pictures = set()
    for front in fronts(database, space.objectives, space.per):
        say("\n" + format_front(front, space.varying()))
        if not arguments.no_plot:
            path = plot_front(front, arguments.out, pictures)
            if path:
                say(f"  {path}")
    for error, count in _errors(database):
        say(f"\nfailed, {count} points: {error}")
    if arguments.csv:
        for path in export_csv(database, arguments.out):
            say(path)
    say(database.path)


def _errors(database, limit=10):
    counts = {}
    for (error,) in database.rows(["error"], "status = 'failed'"):
        counts[error] = counts.get(error, 0) + 1
    return sorted(counts.items(), key=lambda entry: -entry[1])[:limit]


def main(argv=None):
    arguments = make_parser().parse_args(argv)
    try:
        return _run(arguments)
    except SweepError as error:
        print(f"sweep.py: {error}", file=sys.stderr)
        return 3 if isinstance(error, SweepStopped) else 2
    except BrokenPipeError:  # the reader of the tables had enough: the results are committed
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
        return 0
    except (OSError, sqlite3.Error) as error:  # a full disk, a database that something else locks
        print(f"sweep.py: {SweepStopped(f'--out {arguments.out}: {error}')}", file=sys.stderr)
        return 3
    except KeyboardInterrupt:
        print("sweep.py: interrupted; the same command goes on where it stopped", file=sys.stderr)
        return INTERRUPTED
