"""Looks of the pictures, and their files: the same bytes from the same figures."""

import io

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

# Okabe-Ito: told apart with any colour vision.
BLUE, ORANGE, GREEN, PINK = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, RED, YELLOW, GREY = "#56B4E9", "#D55E00", "#F0E442", "#777777"
LIGHT, DARK_GREY = "#C4CBD2", "#555555"
MODE = {1: BLUE, 2: ORANGE, 3: PINK, 4: GREEN}
ACCOUNTING = {"exact": BLUE, "busy": ORANGE}
COMPONENT = {"registers": SKY, "multiplier": BLUE, "adder": GREEN, "compressor": ORANGE,
             "muxes": RED, "clock": PINK, "leakage": GREY}

plt.rcParams.update({
    "font.family": "DejaVu Sans", "font.size": 10, "axes.titlesize": 11, "axes.titleweight": "bold",
    "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "axes.grid.axis": "y", "grid.color": "#E3E7EB", "legend.frameon": False,
    "figure.constrained_layout.use": True, "svg.hashsalt": "arrayflex", "savefig.dpi": 110,
    "figure.dpi": 110,
})


def figure(columns=1, rows=1, width=9.6, height=4.0, **options):
    """(figure, axes), the axes always as a flat list."""
    fig, axes = plt.subplots(rows, columns, figsize=(width, height), squeeze=False, **options)
    return fig, list(axes.flat)


def render(fig):
    """{"svg": bytes, "png": bytes}, without dates and versions."""
    files = {}
    for extension in ("svg", "png"):
        out = io.BytesIO()
        metadata = {"Date": None, "Creator": None} if extension == "svg" else {"Software": None}
        fig.savefig(out, format=extension, metadata=metadata)
        files[extension] = out.getvalue()
    plt.close(fig)
    return files


def grouped(axes, groups, series, colours, width=0.8):
    """Bars side by side: series is {label: one value per group}."""
    step = width / len(series)
    for i, (label, values) in enumerate(series.items()):
        positions = [g - width / 2 + (i + 0.5) * step for g in range(len(groups))]
        axes.bar(positions, values, step * 0.92, label=label, color=colours[i])
    axes.set_xticks(range(len(groups)), groups)


def stacked(axes, positions, parts, colours, width, labels=True, **options):
    """Stacked bars: parts is {label: one value per position}."""
    bottom = [0.0] * len(positions)
    for label, values in parts.items():
        axes.bar(positions, values, width, bottom=bottom, color=colours[label],
                 label=label if labels else None, **options)
        bottom = [b + v for b, v in zip(bottom, values)]
    return bottom


def reference(axes, value=1.0, label="conventional array", color="#333333"):
    axes.axhline(value, color=color, linewidth=1, linestyle="--", label=label)
