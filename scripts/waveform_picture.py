#!/usr/bin/python3
"""Draws selected signals of VCD files as a picture, one panel per file.

Example, the picture of docs/waveforms.md:

    scripts/waveform_picture.py docs/images/waveforms.png 'k = 1=k1.vcd' 'k = 2=k2.vcd' \\
        --preset array

Needs Debian's python3-matplotlib. The suffix of the picture chooses its format (.png, .svg, ...).
"""

import argparse
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the choice of the backend)

import vcd_reader

UNITS_NS = {"s": 1e9, "ms": 1e6, "us": 1e3, "ns": 1.0, "ps": 1e-3, "fs": 1e-6}
PHASES = {0: "idle", 1: "load", 2: "stream"}
# Clock, operands along the top row, partial sums down the first column.
ARRAY_PRESET = [
    "clk=arrayflex.clk",
    "phase=arrayflex.phase",
    "operand of PE (0,0)=arrayflex.array.pe_0_0.operand",
    "operand of PE (0,1)=arrayflex.array.pe_0_1.operand",
    "operand of PE (0,2)=arrayflex.array.pe_0_2.operand",
    "psum_reg of PE (0,0)=arrayflex.array.pe_0_0.psum_reg",
    "psum_reg of PE (1,0)=arrayflex.array.pe_1_0.psum_reg",
    "psum_reg of PE (2,0)=arrayflex.array.pe_2_0.psum_reg",
]
ROW, AMPLITUDE = 1.0, 0.32
LINE, ZERO, FILL = "#1f4e79", "#9aa7b4", "#dbe8f5"


def split_pair(text):
    """"label=name" in two; the label may hold '=' itself."""
    label, separator, name = text.rpartition("=")
    if not separator or not label or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not LABEL=NAME")
    return label, name


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("picture", help="file to write")
    parser.add_argument("files", nargs="+", type=split_pair, metavar="TITLE=FILE.vcd")
    parser.add_argument("--signal", action="append", type=split_pair, default=[],
                        metavar="LABEL=NAME", help="full name in the file; may be repeated")
    parser.add_argument("--preset", choices=["array"], help="signals of a small array")
    parser.add_argument("--until", type=float, metavar="NS", help="last time to draw")
    arguments = parser.parse_args()
    if arguments.preset:
        arguments.signal = [split_pair(pair) for pair in ARRAY_PRESET] + arguments.signal
    if not arguments.signal:
        parser.error("no signals: give --signal or --preset")
    return arguments


def segments(signal, begin, end):
    """(start, stop, value) without gaps."""
    times = [max(time, begin) for time, _ in signal.changes] + [end]
    for (_, value), start, stop in zip(signal.changes, times, times[1:]):
        if start < min(stop, end):
            yield start, min(stop, end), value


def text_of(signal, label, value):
    if label == "phase":
        return PHASES.get(value, str(value))
    if signal.width < 64 and value >> (signal.width - 1):
        value -= 1 << signal.width
    return str(value)


def draw_bit(axes, y, parts):
    points = [(x, y + AMPLITUDE * (2 * value - 1)) for start, stop, value in parts
              for x in (start, stop)]
    axes.plot(*zip(*points), color=LINE, linewidth=1.1)


def draw_vector(axes, y, parts, texts, slope):
    for (start, stop, value), text in zip(parts, texts):
        if value == 0 and text == "0":
            axes.plot([start + slope / 2, stop - slope / 2], [y, y], color=ZERO, linewidth=1.1)
            continue
        low, high = y - AMPLITUDE, y + AMPLITUDE
        slant = min(slope, (stop - start) / 2)
        axes.fill([start, start + slant, stop - slant, stop, stop - slant, start + slant],
                  [y, high, high, y, low, low], facecolor=FILL, edgecolor=LINE, linewidth=0.9)
        axes.text((start + stop) / 2, y, text, ha="center", va="center", fontsize=8)


def draw_panel(axes, title, vcd, signals, until):
    scale = vcd.timescale[0] * UNITS_NS[vcd.timescale[1]]
    begin, end = vcd.begin * scale, vcd.end * scale if until is None else until
    labels = []
    for row, (label, name) in enumerate(signals):
        if name not in vcd.signals:
            sys.exit(f"{title}: there is no signal {name}")
        signal = vcd.signals[name]
        parts = [(start * scale, stop * scale, value)
                 for start, stop, value in segments(signal, vcd.begin, end / scale)]
        y = -ROW * row
        if signal.width == 1:
            draw_bit(axes, y, parts)
        else:
            draw_vector(axes, y, parts, [text_of(signal, label, value) for *_, value in parts],
                        (end - begin) * 0.004)
        labels.append(label)
    clock = next((vcd.signals[name] for label, name in signals if label == "clk"), None)
    if clock:
        for start, _, value in segments(clock, vcd.begin, end / scale):
            if value:
                axes.axvline(start * scale, color="#e3e6ea", linewidth=0.7, zorder=0)
    axes.set_yticks([-ROW * row for row in range(len(labels))], labels)
    axes.set_xlim(begin, end)
    axes.set_ylim(-ROW * (len(labels) - 1) - 0.6, 0.6)
    axes.set_title(title, fontsize=10, loc="left")
    axes.tick_params(axis="y", length=0, labelsize=8.5)
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right", "left"]].set_visible(False)


def main():
    arguments = parse_arguments()
    try:
        waves = [(title, vcd_reader.read_vcd(path)) for title, path in arguments.files]
    except (OSError, vcd_reader.VcdError) as error:
        sys.exit(f"cannot read the waveforms: {error}")
    until = arguments.until
    if until is None:  # one scale for all panels
        until = max(vcd.end * vcd.timescale[0] * UNITS_NS[vcd.timescale[1]] for _, vcd in waves)
    height = 0.5 + len(waves) * (0.75 + 0.3 * len(arguments.signal))
    figure, panels = pyplot.subplots(len(waves), 1, figsize=(10, height), squeeze=False)
    for axes, (title, vcd) in zip(panels[:, 0], waves):
        draw_panel(axes, title, vcd, arguments.signal, until)
    panels[-1, 0].set_xlabel("time in ns", fontsize=9)
    figure.tight_layout()
    # No date and no version in the file: equal waves give equal pictures.
    metadata = {"Date": None} if arguments.picture.endswith(".svg") else {"Software": None}
    figure.savefig(arguments.picture, dpi=130, metadata=metadata)


if __name__ == "__main__":
    main()
