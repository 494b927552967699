#!/usr/bin/env bash
# Installs what is missing, builds, and runs the main job: run.sh [arguments of arrayflex instead].
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

"$root/scripts/setup.sh"
"$root/scripts/build.sh" arrayflex_command
if (($# == 0)); then
  set -- run resnet34
fi
exec "$root/build/release/arrayflex" "$@"
