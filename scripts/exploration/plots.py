"""Pictures of Pareto fronts (matplotlib, no display)."""

import math
import os
import re

from .figures import OBJECTIVES

#: unit of a figure: ((largest value in it, unit to show, factor), ...)
_UNITS = {
    "ns": ((1e3, "ns", 1), (1e6, "µs", 1e-3), (1e10, "ms", 1e-6), (None, "s", 1e-9)),
    "pJ": ((1e3, "pJ", 1), (1e6, "nJ", 1e-3), (1e8, "µJ", 1e-6), (1e13, "mJ", 1e-9), (None, "J", 1e-12)),
    "um2": ((1e4, "µm²", 1), (None, "mm²", 1e-6)),
    "cycles": ((1e4, "cycles", 1), (None, "million cycles", 1e-6)),
    "pJ*ns": ((1e8, "pJ·ns", 1), (1e14, "nJ·µs", 1e-6), (None, "µJ·ms", 1e-12)),
    "mW": ((1e3, "mW", 1), (None, "W", 1e-3)),
}
_LONGEST_NAME = 150
_PALETTE = "viridis_r"


def plot_front(front, folder, taken):
    """Writes pareto_<group>.png and returns its path; None where there is nothing to draw. `taken`: the
    paths of other fronts, which the name avoids, and to which it is added."""
    pairs = _pairs(front.objectives)
    if not pairs or not len(front.values):
        return None
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(pairs), figsize=(6.4 * len(pairs), 4.8), squeeze=False,
                                   constrained_layout=True)
    for axis, (x, y, colour) in zip(axes[0], pairs):
        _draw(figure, axis, front, x, y, colour)
    figure.suptitle(front.title)
    path = _free_path(front, folder, taken)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
    return path


def _free_path(front, folder, taken):
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", "_".join(str(value) for value in front.group.values()))
    name = f"pareto_{name[:_LONGEST_NAME] or 'all'}"
    path, copy = os.path.join(folder, f"{name}.png"), 2
    while path in taken:
        path, copy = os.path.join(folder, f"{name}_{copy}.png"), copy + 1
    taken.add(path)
    return path


def _pairs(objectives):
    """Axes of the pictures, and the third objective, which is the colour."""
    if len(objectives) == 2:
        return [(objectives[0], objectives[1], None)]
    if len(objectives) < 2:
        return []
    first, second, third = objectives[:3]
    return [(first, second, third), (first, third, second)]


class _Quantity:
    """An objective of a front in a unit in which its numbers are short."""

    def __init__(self, front, name):
        values = front.values[:, front.objectives.index(name)]
        figure = OBJECTIVES[name]
        units = _UNITS.get(figure.unit, ((None, figure.unit, 1),))
        unit, factor = next((unit, factor) for largest, unit, factor in units
                            if largest is None or values.max() < largest)
        self.label = f"{figure.sweep.objective}, {unit}"
        self.points = (values * factor).tolist()
        self.front = [point[name] * factor for point in front.front]
        least, most = min(self.points), max(self.points)
        self.is_logarithmic = least > 0 and most > 10 * least
        self.decades = math.log10(most / least) if self.is_logarithmic else 0


def _set_up(axis, quantity, set_scale):
    """`axis`: the x or the y axis of a picture."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axis.set_label_text(quantity.label)
    if not quantity.is_logarithmic:
        return
    set_scale("log")
    if quantity.decades < 2.5:  # powers of ten alone would be one or two labels
        axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
        axis.set_minor_formatter(NullFormatter())


def _draw(figure, axis, front, x, y, colour):
    x, y = _Quantity(front, x), _Quantity(front, y)
    style = {"s": 14, "linewidths": 0}
    if colour is None:
        axis.scatter(x.points, y.points, color="0.7", label="points", **style)
    else:
        from matplotlib.colors import LogNorm

        third = _Quantity(front, colour)
        drawn = axis.scatter(x.points, y.points, c=third.points, cmap=_PALETTE,
                             norm=LogNorm() if third.is_logarithmic else None, **style)
        bar = figure.colorbar(drawn, ax=axis)
        _set_up(bar.ax.yaxis, third, lambda _: None)
    label = "Pareto front" if len(front.objectives) == 2 else "on the Pareto front of all objectives"
    axis.scatter(x.front, y.front, s=46, facecolors="none", edgecolors="tab:red", linewidths=1.1,
                 label=label)
    if len(front.objectives) == 2:
        axis.step(x.front, y.front, where="post", color="tab:red", linewidth=0.9)
    _set_up(axis.xaxis, x, axis.set_xscale)
    _set_up(axis.yaxis, y, axis.set_yscale)
    axis.grid(True, which="both", alpha=0.25)
    axis.legend(loc="best", fontsize="small")
