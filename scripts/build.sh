#!/usr/bin/env bash
# Configures and builds the release preset into build/release; further arguments are targets.
# Silent unless something fails. Two jobs at most: the build stays within 2 cores and 4 GiB.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT

quietly() {
  if ! "$@" >"$log" 2>&1; then
    cat "$log" >&2
    echo "build.sh: failed: $*" >&2
    exit 1
  fi
}

if [[ ! -f build/release/build.ninja && ! -f build/release/Makefile ]]; then
  echo "build.sh: building the release preset, which takes a few minutes the first time" >&2
  generator=()
  if command -v ninja >/dev/null; then
    generator=(-G Ninja)
  fi
  quietly cmake --preset release "${generator[@]}"
fi
targets=()
if (($# > 0)); then
  targets=(--target "$@")
fi
quietly cmake --build --preset release --parallel 2 "${targets[@]}"
