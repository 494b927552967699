#!/usr/bin/python3
"""Design exploration: runs every point of a design space; see docs/exploration.md and --help.

Needs Debian's python3-distributed, python3-yaml, python3-numpy, python3-matplotlib and python3-tqdm,
which belong to /usr/bin/python3.
"""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from exploration.cli import INTERRUPTED, main  # noqa: E402

if __name__ == "__main__":
    status = main()
    if status == INTERRUPTED:  # Dask's exit handlers would wait for the points that run
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)
