#!/usr/bin/python3
"""Time and energy against the size of all buffers: plot_buffers.py results.sqlite picture.png

An example of reading the results of scripts/sweep.py; for those of buffers.yaml. Of all ways to divide so many
bytes, the one with the least time, or the least energy, is drawn.
"""

import sqlite3
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402

TOTAL = "operand_buffer_bytes + weight_buffer_bytes + accumulators_bytes"
COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:purple")


def main(database, picture):
    db = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    figure, axes = pyplot.subplots(1, 2, figsize=(9.6, 4.4), constrained_layout=True)
    networks = [name for name, in db.execute("SELECT DISTINCT workload FROM points ORDER BY 1")]
    bandwidths = [name for name, in db.execute("SELECT DISTINCT memory_bytes_per_cycle FROM points ORDER BY 1")]
    for colour, network in zip(COLOURS, networks):
        for bandwidth, line in zip(bandwidths, (":", "--", "-")):
            where = (network, bandwidth)
            label = f"{network}, {float(bandwidth):g} B/cycle"
            draw(axes[0], least(db, "time_ns", where), 1e-6, line, colour, label)
        draw(axes[1], least(db, "dram_energy_pj + buffer_energy_pj", where), 1e-9, "-", colour, network)
    for axis, title in zip(axes, ("time, ms", "energy of DRAM and buffers, mJ")):
        axis.set(xscale="log", yscale="log", ylabel=title, xlabel="all buffers, MiB")
        axis.grid(True, which="both", alpha=0.25)
        axis.legend(fontsize="xx-small", ncol=3 if axis is axes[0] else 1, loc="upper right")
    axes[0].set_ylim(top=80)  # room for the legend
    figure.savefig(picture, dpi=110)


def least(db, figure, where):
    """The least of a figure with at most so many bytes of buffers."""
    rows = db.execute(f"SELECT {TOTAL} AS total, MIN({figure}) FROM points WHERE status = 'done' AND workload = ? "
                      "AND memory_bytes_per_cycle = ? GROUP BY total ORDER BY total", where).fetchall()
    best, points = None, []
    for total, value in rows:
        best = value if best is None else min(best, value)
        points.append((total, best))
    return points


def draw(axis, points, scale, line, colour, label):
    axis.plot([total / 2**20 for total, _ in points], [value * scale for _, value in points], line, color=colour,
              label=label)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
