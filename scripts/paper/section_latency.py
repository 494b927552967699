"""Cycles and time: two layers against k, and one network layer by layer."""

import command
import networks
import style
from page import Column, count, percent

# The paper's figures: (T, N, M) and cycles at k = 1..4 on 132x132.
PAPER_LAYERS = {
    "layer3.2.conv1": (20, (196, 2304, 256), (21240, 16488, 14904, 14112)),
    "layer4.0.conv1": (28, (49, 2304, 512), (31896, 22392, 19224, 17640)),
}


def _layer_runs(layer):
    return {k: command.arguments("resnet34", *networks.square(132), "--modes", "1,2,3,4", "--layers",
                                 layer, "--k", k, "--engine", "analytic") for k in (1, 2, 3, 4)}


def two_layers(page, run):
    page.heading(2, "Execution time against k")
    page.text("""ResNet-34, layers 20 and 28 (counted without the down-sampling convolutions:
        layer3.2.conv1 and layer4.0.conv1), on 132×132 PEs, a size that k = 1..4 divides. For k = 3
        the paper gives cycles but no clock, so there is no time.""")
    rows, runs, series = [], [], {}
    for layer, (number, shape, paper) in PAPER_LAYERS.items():
        series[number] = {}
        for k, arguments in _layer_runs(layer).items():
            runs.append(arguments)
            entry = run.report(arguments)["layers"][0]
            if (entry["t"], entry["n"], entry["m"]) != shape:
                raise SystemExit(f"paper.py: {layer} is not the paper's layer {number}")
            time = entry["time_ns"] and entry["time_ns"] / 1000
            base = entry["conventional"]["time_ns"] / 1000
            series[number][k] = (time, base)
            rows.append([number, k, entry["cycles"], paper[k - 1], entry["cycles"] - paper[k - 1],
                         time, base, time and networks.saved(time / base)])
    columns = [Column("layer_number", "layer"), Column("k_collapse_factor", "k"),
               count("latency_cycles", "cycles"), count("paper_latency_cycles", "paper"),
               count("difference_cycles", "difference"), Column("time_us", "time, µs", "{:.2f}"),
               Column("conventional_time_us", "conventional, µs", "{:.2f}"),
               percent("time_saved_percent", "time saved")]
    page.table("layers_against_k", columns, rows, runs)
    best = {number: min((time, k) for k, (time, _) in times.items() if time)[1]
            for number, times in series.items()}
    page.claim(best == {20: 2, 28: 4} and all(row[4] == 0 for row in rows), """All cycles are the
        paper's. Among the modes with a published clock layer 20 is fastest at k = 2 and layer 28 at
        k = 4, as in the paper.""")
    page.picture("layers_against_k", "Execution time of ResNet-34's layers 20 and 28, 132×132 PEs",
                 _draw_two_layers(series))


def _draw_two_layers(series):
    fig, axes = style.figure(columns=2, height=3.4, sharey=True)
    for axis, (number, times) in zip(axes, series.items()):
        axis.bar([str(k) for k in times], [time or 0 for time, _ in times.values()], 0.6,
                 color=[style.MODE[k] for k in times])
        for place, (k, (time, _)) in enumerate(times.items()):
            if time:
                axis.text(place, time / 2, f"{time:.1f}", ha="center", va="center",
                          color="black" if k == 2 else "white", fontweight="bold")
            else:
                axis.text(place, 0.4, "no clock\npublished", ha="center", fontsize=9,
                          color=style.GREY)
        base = times[1][1]
        style.reference(axis, base, f"conventional array: {base:.1f} µs")
        axis.set_title(f"layer {number}")
        axis.set_xlabel("collapse factor k")
        axis.set_ylim(0, 22)
        axis.legend(loc="upper right")
    axes[0].set_ylabel("execution time (µs)")
    return style.render(fig)


def per_layer(page, run):
    page.heading(2, "Time and k of each layer")
    arguments = networks.analytic("convnext_t", 128)
    report = run.report(arguments)
    page.text("ConvNeXt-T on 128×128 PEs without its depthwise layers; k is the fastest of 1, 2, 4.")
    rows = [[layer["name"], layer["t"], layer["n"], layer["m"], layer["k"], layer["cycles"],
             layer["time_ns"] / 1000, layer["conventional"]["time_ns"] / 1000,
             100 * layer["time_saved"]] for layer in report["layers"]]
    columns = [Column("layer_name", "layer"), count("t_rows", "T"), count("n_elements", "N"),
               count("m_columns", "M"), Column("k_collapse_factor", "k"),
               count("latency_cycles", "cycles"), Column("time_us", "time, µs", "{:.2f}"),
               Column("conventional_time_us", "conventional, µs", "{:.2f}"),
               percent("time_saved_percent", "time saved")]
    page.picture("convnext_layers", "Execution time per layer and chosen k, ConvNeXt-T, 128×128 PEs",
                 _draw_layers(report["layers"]))
    page.table("convnext_layers", columns, rows, [arguments])
    shallow, deep = report["layers"][1]["k"], report["layers"][-1]["k"]
    page.claim(shallow == 1 and deep == 4, """The first stages stream many rows (large T): k = 1 is the
        least loss, 11 % by its slower clock. Towards the end T is small, filling and draining
        dominate, and k = 4 saves 21 % and more.""")


def _draw_layers(layers):
    fig, (axis,) = style.figure(width=11, height=4.4)
    places = range(len(layers))
    axis.bar([p - 0.2 for p in places], [l["conventional"]["time_ns"] / 1000 for l in layers], 0.4,
             color=style.LIGHT, label="conventional")
    for k in sorted({layer["k"] for layer in layers}):
        chosen = [(p, l) for p, l in zip(places, layers) if l["k"] == k]
        axis.bar([p + 0.2 for p, _ in chosen], [l["time_ns"] / 1000 for _, l in chosen], 0.4,
                 color=style.MODE[k], label=f"ArrayFlex, k = {k}")
    axis.set_xticks(list(places), [l["name"].replace("features.", "") for l in layers], rotation=90,
                    fontsize=8)
    axis.set_xlim(-0.8, len(layers) - 0.2)
    axis.set_xlabel("layer (features.*)")
    axis.set_ylabel("execution time (µs)")
    axis.legend(ncols=4, loc="upper center", bbox_to_anchor=(0.5, 1.12))
    return style.render(fig)
