#!/usr/bin/env bash
# clang-tidy over the project's sources: lint.sh [regular expression of paths]. Needs a configured
# build/release (scripts/build.sh), whose compile database and generated files it uses.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

if [[ ! -f build/release/compile_commands.json ]]; then
  echo "lint.sh: build/release/compile_commands.json is missing: run scripts/build.sh first" >&2
  exit 1
fi
paths=${1:-"^$PWD/(model|workloads|tb/run|tb/vp)/"}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
if ! run-clang-tidy -quiet -j 2 -p build/release "$paths" >"$log" 2>&1; then
  grep -Ev '^(clang-tidy|Enabled checks|[0-9]+ warnings? generated|Suppressed|Use -header-filter)' "$log" >&2 || true
  echo "lint.sh: clang-tidy found something" >&2
  exit 1
fi
checked=$(grep -c '^clang-tidy' "$log" || true)
if ((checked == 0)); then
  echo "lint.sh: no source file matches $paths" >&2
  exit 1
fi
echo "lint.sh: $checked files checked"
