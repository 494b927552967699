#!/usr/bin/python3
"""Measures the speed of the engines and writes docs/performance.md.

Usage: scripts/performance.py [--build DIR] [--output FILE] [--quick]

Everything is measured in one run of this script, so that the ratios hold although machines are
noisy. Needs the benchmark programs: cmake --build --preset release --target benchmarks, and for the
section "Beside RTL" (with Verilator; it takes minutes to build) --target rtl_benchmarks.
"""

import argparse
import datetime
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tempfile
import time

import performance_rtl

ROOT = pathlib.Path(__file__).resolve().parent.parent


def run_benchmark(program, quick, pattern="."):
    """Returns {name: {counter: value}} with the medians of the repetitions."""
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder) / "result.json"
        repetitions = 1 if quick else 3
        command = [program, f"--benchmark_filter={pattern}", f"--benchmark_out={out}",
                   f"--benchmark_repetitions={repetitions}", "--benchmark_out_format=json",
                   f"--benchmark_min_time={0.02 if quick else 0.1}",
                   "--benchmark_enable_random_interleaving=true"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        rows = json.loads(out.read_text())["benchmarks"]
    results = {}
    for row in rows:
        if repetitions > 1 and row.get("aggregate_name") != "median":
            continue
        results[row["run_name"].replace("/real_time", "")] = row
    return results


def run_command(command):
    """Returns (wall seconds, peak resident MiB) of a whole process."""
    start = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"performance.py: {' '.join(map(str, command))} failed")
    return time.monotonic() - start, usage.ru_maxrss / 1024


def processor():
    text = pathlib.Path("/proc/cpuinfo").read_text()
    match = re.search(r"^model name\s*:\s*(.*)$", text, re.MULTILINE)
    return match.group(1) if match else platform.machine()


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "| " + " | ".join("---" for _ in header) + " |"]
    lines += ["| " + " | ".join(str(cell) for cell in row) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def giga(row):
    return f"{row['MAC/s'] / 1e9:.2f}"


def name(kernel, bits, design, k, side, t, mode, threads):
    return f"fast/{kernel}/{bits}bit/{design}/k:{k}/{side}x{side}/T:{t}/{mode}/threads:{threads}"


def kernel_table(fast, kernels):
    rows = []
    for kernel in kernels:
        for bits in (32, 16, 8):
            get = lambda design, k, mode: fast[name(kernel, bits, design, k, 128, 1024, mode, 1)]
            rows.append([kernel, bits] + [giga(get("arrayflex", k, "activity")) for k in (1, 2, 4)]
                        + [giga(get("conventional", 1, "activity")),
                           giga(get("arrayflex", 1, "results_only"))])
    return table(["instructions", "operand bits", "k = 1", "k = 2", "k = 4", "conventional",
                  "results only"], rows)


def shape_table(fast, kernel):
    rows = []
    base = fast[name(kernel, 32, "arrayflex", 1, 128, 1024, "activity", 1)]["MAC/s"]
    shapes = [(64, 1024), (128, 1024), (256, 1024), (512, 1024), (128, 16), (128, 49), (128, 196),
              (128, 50000)]
    for side, t in shapes:
        row = fast[name(kernel, 32, "arrayflex", 1, side, t, "activity", 1)]
        rows.append([f"{side}×{side}", f"{t:,}", giga(row), f"{row['MAC/s'] / base:.2f}"])
    return table(["array", "T", "GMAC/s", "against 128×128, T = 1,024"], rows)


def ratio_table(fast, pin, kernel):
    get = lambda k, mode, which: fast[name(which, 32, "arrayflex", k, 128, 1024, mode, 1)]["MAC/s"]
    exact = get(1, "activity", kernel)
    one, two = (fast[name(kernel, 32, "arrayflex", 1, 128, 4096, "activity", n)]["MAC/s"]
                for n in (1, 2))
    # A product of 128 x 128 with T = 196 takes 578 cycles of 16,384 PEs.
    pe_cycles = fast[name(kernel, 32, "arrayflex", 1, 128, 196, "activity", 1)]["MAC/s"] * 578 / 196
    rows = [["fast against fast in scalar instructions, both with activity",
             f"{exact / get(1, 'activity', 'scalar'):.1f}"],
            ["results only against exact activity", f"{get(1, 'results_only', kernel) / exact:.1f}"],
            ["2 threads against 1", f"{two / one:.2f}"]]
    for row_name, text in (("pin/arrayflex/128x128/k:1/activity", "pin level"),
                           ("cycle/arrayflex/128x128/k:1/activity", "cycle level")):
        if row_name in pin:
            rows.append([f"fast against {text}, 128×128, T = 196, both with activity",
                         f"{pe_cycles / pin[row_name]['PE-cycles/s']:.0f}"])
    return table(["ratio", "factor"], rows)


def pin_table(pin):
    def order(key):
        engine, design, array, mode, recorded = key.split("/")
        return engine != "pin", design, int(array.split("x")[0]), mode, recorded

    rows = [key.split("/") + [f"{pin[key]['PE-cycles/s'] / 1e6:.0f}"]
            for key in sorted(pin, key=order)]
    return table(["engine", "design", "array", "mode", "recorded", "M PE-cycles/s"], rows)


def network_table(command, quick):
    rows = []
    for arguments in (["run", "resnet34", "--engine", "analytic"],
                      ["run", "resnet34", "--threads", "1"], ["run", "resnet34"],
                      ["run", "mobilenet_v1", "--group-packing", "off"],
                      ["run", "convnext_t", "--group-packing", "off"]):
        runs = [run_command([command, *arguments]) for _ in range(1 if quick else 3)]
        seconds = sorted(r[0] for r in runs)[len(runs) // 2]
        rows.append([f"`arrayflex {' '.join(arguments)}`", f"{seconds:.2f}",
                     f"{max(r[1] for r in runs):.0f}"])
    return table(["command", "seconds", "peak memory [MiB]"], rows)


PAGE = """# Performance

Written by `scripts/performance.py` after `cmake --build --preset release --target benchmarks`; the
figures below come from one run of it.

- Processor: {processor}, {cores} cores
- Date: {date}
- Compiler flags: the release preset; instruction sets are chosen at run time, here {kernel}
- Figures are medians of {repetitions}; rates are per core unless threads are named

## Fast engine

GMAC/s with every activity class counted, 128×128, T = 1,024, one thread; the last column computes results
without counting.

{kernels}
The cost per MAC does not depend on the shape, except that a tile's fixed costs (loading weights, filling
vectors) show when T is very short:

{shapes}
## Whole networks

Both arrays, exact activity of every layer, synthetic operands generated on the way:

{networks}
## Cycle by cycle

Arrays stepped clock edge by clock edge, T = 196:

{pins}
{rtl}## Ratios

{ratios}
The closed form evaluates {layers:.1f} million layers per second (best k of three modes and both designs'
cycles); synthetic operands take {synthetic:.1f} ns per element.
"""


def require_usable(options):
    """Checks of what would otherwise fail after minutes of measuring."""
    for program in ("arrayflex", "tb/bench/fast_bench", "tb/bench/pin_bench"):
        if not os.access(options.build / program, os.X_OK) or (options.build / program).is_dir():
            sys.exit(f"performance.py: {options.build / program} is missing: build the command and "
                     "the target benchmarks first")
    target = options.output if options.output.exists() else options.output.parent
    if options.output.is_dir() or not os.access(target, os.W_OK):
        sys.exit(f"performance.py: --output {options.output} cannot be written")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build/release")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs/performance.md")
    parser.add_argument("--quick", action="store_true", help="few repetitions, rough figures")
    options = parser.parse_args()
    require_usable(options)

    fast = run_benchmark(options.build / "tb/bench/fast_bench", options.quick)
    pin = run_benchmark(options.build / "tb/bench/pin_bench", options.quick)
    speed = lambda kernel: fast[name(kernel, 32, "arrayflex", 1, 128, 1024, "activity", 1)]["MAC/s"]
    kernels = sorted({key.split("/")[1] for key in fast if key.startswith("fast/")}, key=speed,
                     reverse=True)
    # The benchmark varies shapes and threads for the instruction set that the engine would choose.
    best = next(key.split("/")[1] for key in fast if "/64x64/" in key)
    page = PAGE.format(
        processor=processor(), cores=os.cpu_count(), date=datetime.date.today().isoformat(),
        kernel=best, repetitions="one run" if options.quick else "three runs",
        kernels=kernel_table(fast, kernels), shapes=shape_table(fast, best),
        networks=network_table(options.build / "arrayflex", options.quick), pins=pin_table(pin),
        ratios=ratio_table(fast, pin, best),
        rtl=performance_rtl.section(options.build, options.quick, table),
        layers=fast["analytic/resnet_layer"]["layers/s"] / 1e6,
        synthetic=1e9 / fast["synthetic/activations"]["elements/s"])
    options.output.write_text(page)
    print(f"wrote {options.output}")


if __name__ == "__main__":
    main()
