#!/usr/bin/env bash
# Installs a build and uses it as other projects would: run_consumers.sh BUILD_DIR WORK_DIR.
# Needs: cmake, a C++ compiler, pkg-config; with SystemC also the program in docs/integration.md.
set -euo pipefail
if (($# != 2)); then
  echo "usage: run_consumers.sh BUILD_DIR WORK_DIR" >&2
  exit 2
fi
source_dir=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build_dir=$1
work_dir=$2
rm -rf "$work_dir"
mkdir -p "$work_dir"

step() { echo "== $*"; }

# A C++ block of the page, as it stands there.
extract_program() { # number of the block, file to write
  awk -v wanted="$1" '/^```cpp$/ { inside = ++block == wanted; next } /^```$/ { inside = 0 } inside' \
    "$source_dir/docs/integration.md" >"$2"
  local lines
  lines=$(wc -l <"$2")
  if ((lines < 20 || lines >= 80)); then
    echo "docs/integration.md: C++ block $1 has $lines lines; a complete program of under 80 is wanted" >&2
    exit 1
  fi
}
program=$work_dir/integration_example.cpp
extract_program 1 "$program"
study_program=$work_dir/study_example.cpp
extract_program 2 "$study_program"

step "install"
cmake --install "$build_dir" --prefix "$work_dir/prefix" >"$work_dir/install.log"

build_and_run() { # name, programs, cmake arguments
  local name=$1 programs=$2
  shift 2
  step "$name"
  cmake -S "$source_dir/tb/consumer/${name%%:*}" -B "$work_dir/${name/:/-}" \
    -DCMAKE_BUILD_TYPE=Release -DSYSTEMC_PROGRAM="$program" -DSTUDY_PROGRAM="$study_program" "$@" >"$work_dir/${name/:/-}.log" 2>&1 &&
    cmake --build "$work_dir/${name/:/-}" --parallel 2 >>"$work_dir/${name/:/-}.log" 2>&1 ||
    { cat "$work_dir/${name/:/-}.log"; exit 1; }
  local p
  for p in $programs; do
    "$work_dir/${name/:/-}/$p"
  done
}

prefix=(-DCMAKE_PREFIX_PATH="$work_dir/prefix")
from_source=(-DARRAYFLEX_SOURCE_DIR="$source_dir")
if command -v ccache >/dev/null; then
  from_source+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
fi
no_systemc=(-DCMAKE_DISABLE_FIND_PACKAGE_PkgConfig=ON -DCMAKE_DISABLE_FIND_PACKAGE_SystemCLanguage=ON)

build_and_run find_package "core_consumer systemc_consumer study_consumer" "${prefix[@]}"
# A machine without SystemC still gets the core, from the same installation and from source.
build_and_run find_package:no-systemc core_consumer "${prefix[@]}" "${no_systemc[@]}"
[[ ! -e $work_dir/find_package-no-systemc/systemc_consumer ]]
[[ ! -e $work_dir/find_package-no-systemc/study_consumer ]]
build_and_run add_subdirectory "core_consumer systemc_consumer study_consumer" "${from_source[@]}"
build_and_run add_subdirectory:no-systemc "core_consumer study_consumer" "${no_systemc[@]}" "${from_source[@]}"
[[ ! -e $work_dir/add_subdirectory-no-systemc/systemc_consumer ]]

step "a C++20 project is told at configure time why it cannot link"
if cmake -S "$source_dir/tb/consumer/find_package" -B "$work_dir/cxx20" "${prefix[@]}" \
  -DSYSTEMC_PROGRAM="$program" -DCMAKE_CXX_STANDARD=20 >"$work_dir/cxx20.log" 2>&1; then
  echo "CMAKE_CXX_STANDARD=20 was accepted" >&2
  exit 1
fi
tr -s ' \n' ' ' <"$work_dir/cxx20.log" | grep -q "CMAKE_CXX_STANDARD is 20, but the SystemC library was built as C++17"

step "pkg-config"
PKG_CONFIG_PATH=$(dirname "$(find "$work_dir/prefix" -name arrayflex-core.pc)")
export PKG_CONFIG_PATH
for pair in core:"$source_dir/tb/consumer/core_consumer.cpp" systemc:"$program"; do
  library=${pair%%:*}
  # shellcheck disable=SC2046
  c++ -std=c++17 "${pair#*:}" $(pkg-config --cflags --libs "arrayflex-$library") \
    -o "$work_dir/pkg_config_$library"
  "$work_dir/pkg_config_$library"
done
step "all consumers work"
