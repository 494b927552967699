#!/usr/bin/python3
"""Latency against memory bandwidth: plot_memory.py results.sqlite picture.png

An example of reading the results of scripts/sweep.py; for those of resnet18_memory.yaml.
"""

import sqlite3
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402


def main(database, picture):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    figure, axis = pyplot.subplots(figsize=(6.4, 4.4), constrained_layout=True)
    sizes = db.execute("SELECT DISTINCT array_rows, array_cols FROM points ORDER BY 1, 2").fetchall()
    for colour, (rows, cols) in zip(("tab:blue", "tab:orange", "tab:green", "tab:purple"), sizes):
        draw_size(db, axis, rows, cols, colour)
    axis.set(xscale="log", yscale="log", ylabel="latency, ms",
             xlabel="memory bandwidth, bytes per cycle of the conventional array's clock")
    axis.set_xticks([4, 16, 64, 256], ["4", "16", "64", "256"])
    axis.minorticks_off()
    axis.set_ylim(bottom=0.003)  # room for the legend
    axis.grid(True, which="both", alpha=0.25)
    axis.legend(fontsize="small", loc="lower left")
    figure.savefig(picture, dpi=110)


def draw_size(db, axis, rows, cols, colour):
    size = "array_rows = ? AND array_cols = ? AND status = 'done'"
    for latency_ns, line in ((0, "-"), (500, "--")):
        points = db.execute(
            "SELECT CAST(memory_bytes_per_cycle AS REAL), time_ns FROM points "
            f"WHERE {size} AND memory_latency_ns = ? ORDER BY 1", (rows, cols, latency_ns)).fetchall()
        axis.plot([p[0] for p in points], [p[1] * 1e-6 for p in points], line, color=colour,
                  marker="o", markersize=4, label=f"{rows}x{cols}, memory latency {latency_ns} ns")
    (ideal,) = db.execute(f"SELECT time_ns FROM points WHERE {size} AND "
                          "memory_bytes_per_cycle = 'ideal'", (rows, cols)).fetchone()
    axis.axhline(ideal * 1e-6, color=colour, linestyle=":", label=f"{rows}x{cols}, ideal memory")


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
