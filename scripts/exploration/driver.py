"""Hands batches to the workers and commits what comes back."""

import hashlib
import itertools
import sys
from dataclasses import dataclass
from typing import Optional

from .batches import make_batches
from .cluster import slot_count
from .errors import SweepError
from .evaluate import Batch, BatchResult, WrongVersion, run_batch
from .point import point_key
from .version import command_version, module_version

# Batches handed out per slot: enough that none waits for the driver.
_AHEAD = 3


@dataclass
class Options:
    command: Optional[str] = None  # path of `arrayflex`
    keep_layers: bool = True
    max_batch_points: Optional[int] = None
    retry_failed: bool = False
    quiet: bool = False


@dataclass
class Outcome:
    points: int
    found: int  # finished before this run
    run: int
    failed: int  # of all points


class Sweep:
    """One space, one database."""

    def __init__(self, space, database, options):
        """Raises SweepError where the command is needed and missing."""
        self._space = space
        self._database = database
        self._options = options
        self._paths = {value: path for value, (path, _) in space.files.items()}
        points = space.points()
        if not points:
            raise SweepError("the constraints leave no point")
        self._versions = self._model_versions(points)
        self._entries = list(dict((point_key(point, self._identity(point)), point)
                                  for point in points).items())
        self._layers_of = self._read_layers()
        self._workload_ids = {
            name: hashlib.blake2b(repr((name, layers)).encode(), digest_size=8).hexdigest()
            for name, layers in self._layers_of.items()
        }
        database.select_points(key for key, _ in self._entries)

    @property
    def point_count(self):
        return len(self._entries)

    def _model_versions(self, points):
        versions = {False: module_version()}
        if any(point.needs_command for point in points):
            command = self._options.command
            if command is None:
                raise SweepError("points with a memory, and the engines pin and cycle, need the command "
                                 "arrayflex; build it, or name it by --command")
            try:
                versions[True] = command_version(command)
            except OSError as error:
                raise SweepError(f"--command {command}: {error}") from None
        return versions

    def _identity(self, point):
        files = [self._space.files.get(name, (None, "shipped"))[1]
                 for name in (point.workload, point.technology)]
        settings = self._space.settings
        # Nothing random, no operands: they are not what such a point depends on.
        operands = () if point.engine == "analytic" else settings.operands
        return f"{self._versions[point.needs_command]}|{files}|{settings.layers}|{operands}"

    def _read_layers(self):
        import arrayflex

        layers = {}
        for name in self._space.axes["workload"]:
            workload = arrayflex.Workload(self._paths.get(name, name))
            if self._space.settings.layers:
                workload = workload.select(self._space.settings.layers)
            layers[name] = workload.layers
        return layers

    def missing(self):
        """(key, point) of what has to run."""
        finished = self._database.finished(with_failed=not self._options.retry_failed)
        return [entry for entry in self._entries if entry[0] not in finished]

    def run(self, make_client):
        """Runs what is missing; make_client is called, and gives a context manager, only if there is
        any. Raises SweepError; what was committed until then stays."""
        todo = self.missing()
        if self._options.retry_failed:
            self._database.forget([key for key, _ in todo])
        found = self.point_count - len(todo)
        self._database.begin_run(self._space.name, self.point_count, found)
        if todo:
            for name, layers in self._layers_of.items():
                self._database.add_workload(self._workload_ids[name], layers)
            with make_client() as client, self._progress(found) as progress:
                self._run_on(client, todo, progress)
        self._database.end_run()
        done = len(self._database.finished(with_failed=False))
        return Outcome(self.point_count, found, len(todo), self.point_count - done)

    def _progress(self, found):
        from tqdm import tqdm

        return tqdm(total=self.point_count, initial=found, unit="point", disable=self._options.quiet,
                    file=sys.stderr, dynamic_ncols=True, smoothing=0.05,
                    mininterval=0.2 if sys.stderr.isatty() else 10)

    def _make_batch(self, keys, points):
        by_command = points[0].needs_command
        return Batch(keys, points, self._space.settings, self._paths, self._versions[by_command],
                     self._options.command if by_command else None, self._options.keep_layers)

    def _run_on(self, client, todo, progress):
        from distributed import as_completed

        batches = make_batches(todo, self._layers_of, slot_count(client), self._make_batch,
                               self._options.max_batch_points, self._options.keep_layers)
        batch_of = {}
        completed = as_completed(loop=client.loop)

        def submit(some):
            for batch in some:
                future = client.submit(run_batch, batch, pure=False)
                batch_of[future.key] = batch
                completed.add(future)

        def ahead():
            return max(0, _AHEAD * slot_count(client) + 1 - len(batch_of))

        failed = 0
        submit(itertools.islice(batches, ahead()))
        for future in completed:
            batch = batch_of.pop(future.key)
            result = self._result_of(future, batch, submit)
            future.release()
            submit(itertools.islice(batches, ahead()))  # before the commit: workers do not wait
            if result is not None:
                self._database.add(result, self._workload_ids)
                failed += sum(error is not None for error in result.errors)
                progress.set_postfix({"failed": failed} if failed else {}, refresh=False)
                progress.update(len(result.points))

    def _result_of(self, future, batch, submit):
        """The result of a batch; None where its points have been handed out again one by one."""
        from distributed import CancelledError, KilledWorker

        try:
            return future.result()
        except KilledWorker as error:
            # One of the points kills whatever runs it; the others must not suffer for it.
            if len(batch.points) > 1:
                submit(self._make_batch([key], [point])
                       for key, point in zip(batch.keys, batch.points))
                return None
            return BatchResult(batch.keys, batch.points, batch.version, [None],
                               [f"KilledWorker: every worker that ran this point died "
                                f"({_deaths(error)} times)"], [0.0])
        except CancelledError:
            raise SweepError("the scheduler is gone; the same command goes on where it stopped") from None
        except WrongVersion as error:
            raise SweepError(str(error)) from None
        except ImportError as error:
            raise SweepError(f"a worker cannot import what it needs ({error}); its PYTHONPATH must hold "
                             "the folders of the Python module and of scripts/") from None


def _deaths(_error):
    import dask

    return dask.config.get("distributed.scheduler.allowed-failures") + 1
