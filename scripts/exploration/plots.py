"""Pictures of Pareto fronts (matplotlib, no display)."""

import os
import re

LABELS = {
    "time_ns": ("latency, ms", 1e-6), "energy_pj": ("energy, mJ", 1e-9),
    "area_um2": ("cell area, mm²", 1e-6), "latency_cycles": ("latency, million cycles", 1e-6),
    "edp_pj_ns": ("energy-delay product, µJ·ms", 1e-12), "power_mw": ("power, W", 1e-3),
}
_PALETTE = "viridis_r"


def plot_front(front, folder):
    """Writes pareto_<group>.png and returns its path; None where there is nothing to draw."""
    pairs = _pairs(front.objectives)
    if not pairs or not front.points:
        return None
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(pairs), figsize=(6.4 * len(pairs), 4.8), squeeze=False,
                                   constrained_layout=True)
    for axis, (x, y, colour) in zip(axes[0], pairs):
        _draw(figure, axis, front, x, y, colour)
    figure.suptitle(front.title)
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(str(value) for value in front.group.values()))
    path = os.path.join(folder, f"pareto_{name or 'all'}.png")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def _pairs(objectives):
    """What to draw against what, and which third objective is the colour."""
    if len(objectives) == 2:
        return [(objectives[0], objectives[1], None)]
    if len(objectives) < 2:
        return []
    first, second, third = objectives[:3]
    return [(first, second, third), (first, third, second)]


def _values(points, name):
    return [point[name] * LABELS[name][1] for point in points]


def _draw(figure, axis, front, x, y, colour):
    style = {"s": 14, "linewidths": 0}
    if colour is None:
        axis.scatter(_values(front.points, x), _values(front.points, y), color="0.7", label="points", **style)
    else:
        from matplotlib.colors import LogNorm

        values = _values(front.points, colour)
        norm = LogNorm() if min(values) > 0 and max(values) > 10 * min(values) else None
        drawn = axis.scatter(_values(front.points, x), _values(front.points, y), c=values,
                             cmap=_PALETTE, norm=norm, **style)
        figure.colorbar(drawn, ax=axis, label=LABELS[colour][0])
    label = "Pareto front" if len(front.objectives) == 2 else "on the Pareto front of all three"
    axis.scatter(_values(front.front, x), _values(front.front, y), s=46, facecolors="none",
                 edgecolors="tab:red", linewidths=1.1, label=label)
    if len(front.objectives) == 2:
        axis.step(_values(front.front, x), _values(front.front, y), where="post", color="tab:red",
                  linewidth=0.9)
    for name, values, set_scale in ((x, _values(front.points, x), axis.set_xscale),
                                    (y, _values(front.points, y), axis.set_yscale)):
        if min(values) > 0 and max(values) > 10 * min(values):
            set_scale("log")
    axis.set_xlabel(LABELS[x][0])
    axis.set_ylabel(LABELS[y][0])
    axis.grid(True, which="both", alpha=0.25)
    axis.legend(loc="best", fontsize="small")
