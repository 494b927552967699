#!/usr/bin/env bash
# Fails when clang-format would change a C or C++ file of the project; --fix changes them.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

mode=(--dry-run --Werror)
if [[ ${1:-} == --fix ]]; then
  mode=(-i)
elif (($# > 0)); then
  echo "check_format.sh: unknown argument $1; allowed is --fix" >&2
  exit 2
fi

# Tracked files and new ones that are not ignored, as far as they exist.
mapfile -d '' -t files < <(git ls-files -z --cached --others --exclude-standard -- '*.h' '*.cpp' '*.c' |
  while IFS= read -r -d '' file; do [[ -f $file ]] && printf '%s\0' "$file" || true; done)
if ((${#files[@]} == 0)); then
  echo "check_format.sh: no C++ files found" >&2
  exit 1
fi
clang-format "${mode[@]}" "${files[@]}"
echo "check_format.sh: ${#files[@]} files checked"
