#!/usr/bin/env bash
# Installs what is missing, builds, and runs all tests: test.sh [further arguments of ctest].
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/scripts/setup.sh"
"$root/scripts/build.sh"
cd "$root"
exec ctest --preset release --parallel 2 --no-tests=error "$@"
