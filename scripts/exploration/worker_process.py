"""Modules that a worker on this machine needs, imported once by the process that workers are forked from."""

import logging
import warnings

import arrayflex  # noqa: F401
import distributed  # noqa: F401

from . import evaluate  # noqa: F401

_CHATTY = ("distributed", "tornado", "asyncio")


def quieten():
    """Workers that come and go are normal in a sweep; what matters is said by the driver. Call it after
    distributed is imported, which gives its loggers their levels."""
    for name in [*_CHATTY, *logging.root.manager.loggerDict]:
        if name.split(".")[0] in _CHATTY:
            logging.getLogger(name).setLevel(logging.CRITICAL)
    # Of a batch of thousands of points, which no other worker needs.
    warnings.filterwarnings("ignore", message="Large object of size", category=UserWarning)


quieten()
