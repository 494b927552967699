#!/usr/bin/env bash
# Installs the Debian 12 packages that building and testing need. Does nothing when all are there.
set -euo pipefail

packages=(
  # compiler and build
  build-essential cmake ninja-build ccache pkg-config git
  # libraries
  libsystemc-dev libspdlog-dev libfmt-dev libcli11-dev nlohmann-json3-dev libhwy-dev
  libtbb-dev
  # calibration of technology files
  yosys opensta iverilog
  # lock-step with RTL, virtual platform and its firmware
  verilator gtkwave libunicorn-dev libelf-dev gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf
  # Python module, design exploration, ONNX, pictures
  python3-dev pybind11-dev python3-distributed python3-yaml python3-tqdm python3-psutil python3-matplotlib python3-sklearn mypy sqlite3
  libonnx-dev libinih-dev libyaml-cpp-dev libprotobuf-dev protobuf-compiler python3-onnx libjs-chart.js chromium
  # tests and checks
  libgtest-dev libgmock-dev libbenchmark-dev clang-format clang-tidy python3 python3-numpy
)

fail() {
  echo "setup.sh: $*" >&2
  exit 1
}

missing_packages() {
  local package
  for package in "${packages[@]}"; do
    if [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null || true) != installed ]]; then
      echo "$package"
    fi
  done
}

command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
  fail "this is no Debian system; install the equivalents of: ${packages[*]}"

mapfile -t missing < <(missing_packages)
if ((${#missing[@]} == 0)); then
  exit 0
fi

as_root=()
if ((EUID != 0)); then
  command -v sudo >/dev/null || fail "run as root, or install sudo, to install: ${missing[*]}"
  as_root=(sudo)
fi
echo "setup.sh: installing ${missing[*]}" >&2
"${as_root[@]}" apt-get update --quiet=2
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install --yes --quiet=2 --no-install-recommends "${missing[@]}"

mapfile -t missing < <(missing_packages)
((${#missing[@]} == 0)) || fail "not installed: ${missing[*]}"
