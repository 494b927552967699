#!/usr/bin/env bash
# Writes docs/when-it-pays.md, the study of overlapping tiles: when_it_pays.sh [--check [--full]].
# --check writes nothing and fails unless all that needs no activity is current; --full compares every file.
# Writing takes about 800 runs of the command, 13 minutes of processor time; --check takes seconds. Builds
# the command if needed; needs Debian's python3-matplotlib.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/scripts/build.sh" arrayflex_command
exec /usr/bin/python3 -B "$root/scripts/when_it_pays/when_it_pays.py" --command "$root/build/release/arrayflex" "$@"
