"""Where the workers are: a local cluster, or a scheduler that runs already."""

import logging
import multiprocessing
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager, suppress
from multiprocessing import forkserver, resource_tracker

from .errors import SweepError, SweepStopped

# Dask's processes look at themselves up to a hundred times a second, for a dashboard that nobody looks
# at here; together that would take as much time as one point in twenty.
_LOCAL_SETTINGS = {
    "distributed.worker.multiprocessing-method": "forkserver",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.memory.monitor-interval": "500ms",
    "distributed.admin.tick.interval": "1s",
    "distributed.admin.tick.cycle": "10s",
    "distributed.admin.system-monitor.interval": "10s",
}
_PATIENCE_S = 10
_WATCH_S = 5  # how often to look whether there are workers


def processor_count():
    return len(os.sched_getaffinity(0))


def _start_fork_server():
    """The process that workers are forked from: it imports what they need once, and while the driver
    imports the same, so that workers are there within a fraction of a second, also later ones. Ctrl-C
    is for the driver alone."""
    multiprocessing.get_context("forkserver").set_forkserver_preload(
        ["exploration.worker_process"])
    # Passed on to multiprocessing's helper, which otherwise reports what it cleans up after Ctrl-C.
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    resource_tracker.ensure_running()  # before the mask, which it would lift
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})  # inherited
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def local_client(worker_count):
    """Worker processes on this machine, one thread each; restarted when they die, gone when the
    driver is."""
    # The folders that Python looks modules up in here are those it looks in there.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    _start_fork_server()
    import dask
    from distributed import Client, LocalCluster

    from .worker_process import quieten

    quieten()
    dask.config.set(_LOCAL_SETTINGS)
    cluster = LocalCluster(n_workers=worker_count, threads_per_worker=1, processes=True,
                           dashboard_address="127.0.0.1:0",  # a fixed port may be taken
                           silence_logs=logging.CRITICAL)
    client = Client(cluster)
    try:
        yield client
    except KeyboardInterrupt:
        raise  # nothing waits for the points that run: the workers end with this process
    except BaseException:
        _close(client, cluster, worker_count)
        raise
    _close(client, cluster, worker_count)


def _close(client, cluster, worker_count):
    with suppress(TimeoutError, OSError):  # Dask cannot end a worker quietly that only just starts
        client.wait_for_workers(worker_count, timeout=_PATIENCE_S)
    client.close()
    cluster.close()


@contextmanager
def remote_client(address, report):
    """Workers of a running scheduler. Says so where there are none, or none any more, and waits: they may
    yet come."""
    from distributed import Client

    from .worker_process import quieten

    quieten()
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SweepError(f"--scheduler {address}: cannot be reached: {error}") from None
    ended = threading.Event()
    # A thread, as the driver waits for results.
    watch = threading.Thread(target=_watch_workers, args=(client, address, report, ended), daemon=True)
    with client:
        watch.start()
        try:
            _wait_for_workers(client)
            yield client
        finally:
            ended.set()
            watch.join()


def _wait_for_workers(client):
    try:
        while not client.nthreads():
            time.sleep(0.2)
    except Exception:
        raise SweepStopped("the scheduler is gone") from None


def _watch_workers(client, address, report, ended):
    had_workers = True
    while not ended.is_set() and client.status == "running":
        try:
            has_workers = bool(client.nthreads())
        except Exception:  # the driver finds out by itself that the scheduler is gone
            return
        if had_workers and not has_workers:
            report(f"{address} has no workers; waiting for them")
        had_workers = has_workers
        ended.wait(_WATCH_S)


def slot_count(client):
    """Number of batches that run at a time."""
    return max(1, sum(client.nthreads().values()))
