"""The section "Beside RTL" of docs/performance.md; used by performance.py.

Needs the programs of the target rtl_benchmarks. The fast engine is measured anew before and after
each of them, so that both see the same machine.
"""

import json
import os
import statistics
import subprocess

SIZE = 128
T = 196
CYCLES = 2 * SIZE + SIZE + T - 2  # of a tile at k = 1

# Program, what it simulates.
PROGRAMS = [
    ("loops", "ArrayFlex as one clocked block with loops, compiled with -O3"),
    ("loops_o1", "the same, compiled with -O1"),
    ("structural", "ArrayFlex, the reference design: PE instances, -O1"),
    ("structural_conventional", "conventional array, the reference design: PE instances, -O1"),
]

TEXT = """## Beside RTL

One tile of {size}×{size} PEs, 32-bit operands, T = {t}, k = 1 ({cycles} cycles), processor time of one thread: the
fast engine with every toggle counted against the verilated RTL ({version}) with none. The RTL's inputs are registered and
Verilator's `--output-split` is on, which made it faster; no waveforms, no coverage, no SystemC around it. Both
compute the same sums: the programs check theirs.

{table}
The ratios are those of the medians of {pairs}; the fast engine ran before and after each program. Its time is the
one for ArrayFlex, which is longer than the one for the conventional array. The loops are written for speed
alone (`model/rtl/fast`): plain adders instead of compressors, ring buffers instead of skew registers. What
can be synthesised, and is compared with the model register by register, is the reference design
([rtl.md](rtl.md)).

"""


def fast_seconds(program):
    """Seconds of the fast engine per tile; it measures for itself how often to repeat."""
    pattern = f"^fast/[^/]*/32bit/arrayflex/k:1/{SIZE}x{SIZE}/T:{T}/activity/threads:1"
    command = [program, f"--benchmark_filter={pattern}", "--benchmark_format=json",
               "--benchmark_min_time=0.1"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rows = json.loads(text)["benchmarks"]
    return SIZE * SIZE * T / max(row["MAC/s"] for row in rows)


def rtl_seconds(program, repetitions):
    result = json.loads(subprocess.run([program, "1", str(repetitions)], check=True,
                                       capture_output=True, text=True).stdout)
    if (result["rows"], result["cols"], result["t"]) != (SIZE, SIZE, T):
        raise SystemExit(f"{program} was built for another size: "
                         f"set ARRAYFLEX_RTL_BENCH_SIZE to {SIZE}")
    return result["seconds"]


def section(build, quick, table):
    """Returns the section; `table` makes Markdown of a header and rows."""
    fast = build / "tb/bench/fast_bench"
    programs = [(build / "tb/cosim/bench" / name / "rtl_bench", what) for name, what in PROGRAMS]
    if not any(os.access(program, os.X_OK) for program, _ in programs):
        return ("## Beside RTL\n\nNot measured: build the target rtl_benchmarks first "
                "(needs Verilator and make).\n\n")
    pairs = 1 if quick else 5
    fast_times, rows = [], []
    for program, what in programs:
        if not os.access(program, os.X_OK):
            rows.append([what, "not built", "", ""])
            continue
        before, rtl = [], []
        for _ in range(pairs):
            before.append(fast_seconds(fast))
            rtl.append(rtl_seconds(program, 1 if quick else 3))
            before.append(fast_seconds(fast))
        fast_times += before
        seconds = statistics.median(rtl)
        rows.append(row(what, seconds, f"{seconds / statistics.median(before):.1f}"))
    rows.insert(0, row("fast engine, every toggle counted", statistics.median(fast_times), "1"))
    version = subprocess.run(["verilator", "--version"], capture_output=True,
                             text=True).stdout.split()
    return TEXT.format(size=SIZE, t=T, cycles=CYCLES,
                       pairs="one run" if pairs == 1 else f"{pairs} runs",
                       version=" ".join(version[:2]),
                       table=table(["simulated", "ms per tile", "M PE-cycles/s",
                                    "the fast engine is faster by"], rows))


def row(what, seconds, ratio):
    return [what, f"{seconds * 1e3:.2f}", f"{CYCLES * SIZE * SIZE / seconds / 1e6:,.0f}", ratio]
