"""Hands batches to the workers and commits what comes back."""

import hashlib
import itertools
import sqlite3
import sys
from dataclasses import dataclass
from typing import Optional

from .batches import make_batches
from .cluster import slot_count
from .errors import SweepError, SweepStopped
from .evaluate import Batch, BatchResult, WrongVersion, answer
from .point import point_key
from .version import module_version

# Batches handed out per slot: enough that none waits for the driver.
_AHEAD = 3


@dataclass
class Options:
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
        """Raises SweepError where no point is left."""
        self._space = space
        self._database = database
        self._options = options
        self._failed = 0  # of the points run now
        self._suspects = []  # batches of one point
        self._layers_of = space.layers
        self._workload_ids = {name: _digest(name, layers) for name, layers in space.layers.items()}
        self._technology_ids = {name: _digest(text) for name, text in space.technologies.items()}
        points = space.points()
        if not points:
            raise SweepError("the constraints leave no point")
        self._version = module_version()
        self._entries = list(dict((point_key(point, self._identity(point)), point)
                                  for point in points).items())
        database.select_points(key for key, _ in self._entries)

    @property
    def point_count(self):
        return len(self._entries)

    def _identity(self, point):
        """The inputs of a result besides the point: the model, and the contents of its files."""
        # Nothing random, no operands: they are not what such a point depends on.
        operands = self._space.settings.operands if point.has_operands else ()
        return (f"{self._version}|{self._workload_ids[point.workload]}|"
                f"{self._technology_ids[point.technology]}|{operands}")

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
                self._run_while_connected(client, todo, progress)
        self._database.end_run()
        done = len(self._database.finished(with_failed=False))
        return Outcome(self.point_count, found, len(todo), self.point_count - done)

    def _progress(self, found):
        from tqdm import tqdm

        return tqdm(total=self.point_count, initial=found, unit="point", disable=self._options.quiet,
                    file=sys.stderr, dynamic_ncols=True, smoothing=0.05,
                    mininterval=0.2 if sys.stderr.isatty() else 10)

    def _make_batch(self, keys, points):
        space = self._space
        return Batch(keys, points, space.settings.operands,
                     {point.workload: space.layers[point.workload] for point in points},
                     {point.technology: space.technologies[point.technology] for point in points},
                     self._version, self._options.keep_layers)

    def _run_while_connected(self, client, todo, progress):
        from distributed import CancelledError
        from distributed.comm import CommClosedError

        try:
            self._run_on(client, todo, progress)
        except (SweepError, sqlite3.Error):
            raise
        except Exception as error:
            # Without its scheduler, a client fails in many ways.
            if isinstance(error, (CancelledError, CommClosedError)) or client.status != "running":
                raise SweepStopped("the scheduler is gone") from None
            raise

    def _run_on(self, client, todo, progress):
        from distributed import as_completed

        batches = make_batches(todo, self._layers_of, slot_count(client), self._make_batch,
                               self._options.max_batch_points, self._options.keep_layers)
        batch_of = {}
        completed = as_completed(loop=client.loop)

        def submit(some):
            for batch in some:
                future = client.submit(answer, batch, pure=False)
                batch_of[future.key] = batch
                completed.add(future)

        def ahead():
            return max(0, _AHEAD * slot_count(client) + 1 - len(batch_of))

        submit(itertools.islice(batches, ahead()))
        for future in completed:
            batch = batch_of.pop(future.key)
            result = self._result_of(future, batch, submit)
            future.release()
            submit(itertools.islice(batches, ahead()))  # before the commit: workers do not wait
            if result is not None:
                self._commit(result, progress)
        for batch in self._suspects:
            self._commit(self._run_suspect(client, batch), progress)

    def _run_suspect(self, client, batch):
        """A point whose workers died: nothing else runs now, so if they die again, it was the point."""
        from distributed import KilledWorker

        future = client.submit(answer, batch, pure=False)
        try:
            return self._complete(future.result(), batch)
        except KilledWorker:
            return BatchResult(batch.keys, batch.points, batch.version, [None],
                               ["KilledWorker: every worker that ran this point died, also when nothing "
                                "else ran"], [0.0])

    def _commit(self, result, progress):
        self._database.add(result, self._workload_ids)
        self._failed += sum(error is not None for error in result.errors)
        progress.set_postfix({"failed": self._failed} if self._failed else {}, refresh=False)
        progress.update(len(result.points))

    def _result_of(self, future, batch, submit):
        """The result of a batch; None where its points have been handed out again one by one, or are
        kept for later: Dask blames every task that a dying worker had, not just the one that ran."""
        from distributed import KilledWorker

        try:
            return self._complete(future.result(), batch)
        except KilledWorker:
            if len(batch.points) > 1:
                submit(self._make_batch([key], [point])
                       for key, point in zip(batch.keys, batch.points))
            else:
                self._suspects.append(batch)
            return None
        except WrongVersion as error:
            raise SweepStopped(str(error)) from None
        except ImportError as error:
            raise SweepStopped(f"a worker cannot import what it needs ({error}); its PYTHONPATH must "
                               "hold the folders of the Python module and of scripts/") from None

    @staticmethod
    def _complete(result, batch):
        result.keys, result.points = batch.keys, batch.points
        return result


def _digest(*parts):
    return hashlib.blake2b(repr(parts).encode(), digest_size=8).hexdigest()
