#!/usr/bin/env bash
# Writes docs/paper, the paper's evaluation as tables and pictures: paper.sh [--check [--full]].
# --check writes nothing and fails unless the tables of cycles and time are current; --full
# compares every file. Writing takes about 170 runs of the command, 3.5 minutes of processor time; --check takes
# seconds. Builds the command if needed; needs Debian's python3-matplotlib.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/scripts/build.sh" arrayflex_command
exec /usr/bin/python3 -B "$root/scripts/paper/paper.py" --command "$root/build/release/arrayflex" "$@"
