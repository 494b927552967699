"""Where the workers are: a local cluster, or a scheduler that runs already."""

import logging
import os
import sys
from contextlib import contextmanager

from .errors import SweepError


def processor_count():
    return len(os.sched_getaffinity(0))


def _quieten():
    # Workers that come and go are normal here; what matters is said by the driver.
    for name in ("distributed", "distributed.nanny", "distributed.scheduler", "distributed.worker",
                 "tornado"):
        logging.getLogger(name).setLevel(logging.CRITICAL)


@contextmanager
def local_client(worker_count):
    """Worker processes on this machine, one thread each; restarted when they die, gone when the
    driver is."""
    import dask
    from distributed import Client, LocalCluster

    _quieten()
    # What Python looks modules up in here is what it looks them up in there.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)
    # Every worker would look at its own stack a hundred times a second; nobody asks.
    dask.config.set({"distributed.worker.profile.enabled": False})
    with LocalCluster(n_workers=worker_count, threads_per_worker=1, processes=True,
                      dashboard_address="127.0.0.1:0",  # a fixed port may be taken
                      silence_logs=logging.CRITICAL) as cluster:
        with Client(cluster) as client:
            yield client


@contextmanager
def remote_client(address, report):
    """Workers of a running scheduler; waits for the first one."""
    from distributed import Client

    _quieten()
    try:
        client = Client(address, timeout="20s", set_as_default=False)
    except (OSError, TimeoutError, ValueError) as error:
        raise SweepError(f"--scheduler {address}: cannot be reached: {error}") from None
    with client:
        waiting = False
        while not client.scheduler_info()["workers"]:
            if not waiting:
                report(f"{address} has no workers yet; waiting for the first one")
                waiting = True
            try:
                client.wait_for_workers(1, timeout=10)
            except TimeoutError:
                pass
        yield client


def slot_count(client):
    """How many batches run at a time."""
    return max(1, sum(client.nthreads().values()))
