"""Pictures an architect wants: PE activity, energy per layer, array size and mode."""

import networks
import style
from networks import ACCOUNTINGS, COMPONENTS
from page import Column, count

SIZES = (32, 64, 128, 256)
KS = ("1", "2", "4", "auto")
MAP_LAYERS = ("layer1.0.conv1", "layer2.0.downsample", "layer4.0.conv2")


def heat_maps(page, run):
    page.heading(2, "Activity of each PE")
    page.text("""Toggles per PE and cycle of three layers of ResNet-34 on 128×128 PEs; sums enter at row
        0, operands at column 0.""")
    maps, rows, runs = {}, [], []
    for layer in MAP_LAYERS:
        arguments = networks.run("resnet34", 128, "--layers", layer)
        entry = run.report(arguments)["layers"][0]
        values = run.pe_map(arguments)
        runs.append([*arguments, "--pe-map", "pe_map.npy"])
        maps[layer] = (entry, values / entry["cycles"])
        rows.append([layer, entry["k"], entry["n"], entry["m"], int(values.min()), int(values.max()),
                     int(values.sum())])
    page.picture("pe_activity", "Toggles per PE and cycle, three layers of ResNet-34; "
                 "each has a scale of its own", _draw_maps(maps))
    page.table("pe_activity", [Column("layer_name", "layer"), Column("k_collapse_factor", "k"),
                               count("n_elements", "N"), count("m_columns", "M"),
                               count("least_toggles_per_pe", "least toggles of a PE"),
                               count("most_toggles_per_pe", "most"),
                               count("toggles", "all PEs")], rows, runs)
    page.text("""layer1.0.conv1 has M = 64: the right half of the array holds no weights, its multipliers
        stand still and only operands pass through; N = 576 fills four and a half row blocks, so the
        lower half works less. layer2.0.downsample has N = 64: only the upper half multiplies, the
        lower one passes sums on. layer4.0.conv2 runs at k = 4: the stripes are the
        row and column groups, whose last PEs hold the registers and adders in use.""")


def _draw_maps(maps):
    fig, axes = style.figure(columns=len(maps), width=12, height=3.5)
    for axis, (layer, (entry, values)) in zip(axes, maps.items()):
        image = axis.imshow(values, cmap="viridis", interpolation="nearest")
        fig.colorbar(image, ax=axis, label="toggles per cycle" if axis is axes[-1] else None)
        axis.set_title(f"{layer}, k = {entry['k']}")
        axis.set_xlabel("column")
        axis.grid(False)
        axis.set_xticks([0, 32, 64, 96, 127])
        axis.set_yticks([0, 32, 64, 96, 127])
    axes[0].set_ylabel("row")
    return style.render(fig)


def energy_stack(page, run):
    page.heading(2, "Energy per layer")
    arguments = networks.run("resnet34", 128)
    report = run.report(arguments)
    for accounting in ACCOUNTINGS:
        page.picture(f"energy_layers_{accounting}", f"Energy per layer, {accounting} accounting, "
                     "ResNet-34, 128×128 PEs; per layer left the conventional array, right ArrayFlex",
                     _draw_stack(report["layers"], accounting))
    rows = [[layer["name"], layer["k"],
             *(design["energy"][a]["energy_pj"] * 1e-6 for a in ACCOUNTINGS
               for design in (layer["conventional"], layer))] for layer in report["layers"]]
    columns = [Column("layer_name", "layer"), Column("k_collapse_factor", "k")]
    columns += [Column(f"{design}_energy_{a}_microjoule", f"{title}, {a}, µJ", "{:.2f}")
                for a in ACCOUNTINGS
                for design, title in (("conventional", "conventional"), ("arrayflex", "ArrayFlex"))]
    page.table("energy_layers", columns, rows, [arguments])


def _draw_stack(layers, accounting):
    fig, (axis,) = style.figure(width=12, height=4.6)
    for i, offset in enumerate((-0.21, 0.21)):
        entries = [(layer["conventional"], layer)[i]["energy"][accounting] for layer in layers]
        parts = {c: [entry["by_component_pj"][c] * 1e-6 for entry in entries] for c in COMPONENTS}
        style.stacked(axis, [p + offset for p in range(len(layers))], parts, style.COMPONENT, 0.38,
                      labels=i == 1, alpha=1.0 if i == 1 else 0.6)
    axis.set_xticks(range(len(layers)), [f"{l['name']} ({l['k']})" for l in layers], rotation=90,
                    fontsize=8)
    axis.set_xlim(-0.8, len(layers) - 0.2)
    axis.set_xlabel("layer (k)")
    axis.set_ylabel("energy (µJ)")
    axis.set_title(f"{accounting}; pale: conventional array")
    handles, labels = axis.get_legend_handles_labels()
    axis.legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return style.render(fig)


def array_sizes(page, run):
    page.heading(2, "Array size and mode")
    page.text("""ResNet-34 with all layers in one mode, and with the fastest mode per layer (auto),
        technology `paper`, operands of full range.""")
    rows, runs, reports = [], [], {}
    for size in SIZES:
        for k in KS:
            arguments = networks.run("resnet34", size, "--k", k)
            report = run.report(arguments)
            runs.append(arguments)
            reports[size, k] = report
            total = report["total"]
            rows.append([f"{size}×{size}", k, total["time_ns"] * 1e-3, networks.time_ratio(report)])
            for a in ACCOUNTINGS:
                rows[-1] += [total["energy"][a]["power_mw"] * 1e-3, networks.power_ratio(report, a),
                             networks.edp_gain(report, a)]
    columns = [Column("array_rows_cols", "array"), Column("k_collapse_factor", "k"),
               Column("time_us", "time, µs", "{:.1f}"), Column("time_ratio", "time ratio", "{:.3f}")]
    for a in ACCOUNTINGS:
        columns += [Column(f"power_{a}_watt", f"power, {a}, W", "{:.2f}"),
                    Column(f"power_ratio_{a}", f"power ratio, {a}", "{:.3f}"),
                    Column(f"edp_gain_{a}", f"EDP gain, {a}", "{:.2f}×")]
    page.picture("array_sizes", "Time, power and energy-delay product of ResNet-34 against array size "
                 "and mode", _draw_sizes(reports))
    page.table("array_sizes", columns, rows, runs)


def _draw_sizes(reports):
    fig, axes = style.figure(columns=3, width=12, height=4.2)
    colours = {"1": style.BLUE, "2": style.ORANGE, "4": style.GREEN, "auto": "#000000"}
    markers = {"1": "o", "2": "s", "4": "^", "auto": "D"}
    places = range(len(SIZES))
    for k in KS:
        chosen = [reports[size, k] for size in SIZES]
        look = {"color": colours[k], "marker": markers[k], "markersize": 5}
        axes[0].plot(places, [networks.time_ratio(r) for r in chosen], label=f"k = {k}", **look)
        for a, line in zip(ACCOUNTINGS, ("-", "--")):
            axes[1].plot(places, [networks.power_ratio(r, a) for r in chosen], line, **look)
            axes[2].plot(places, [1 / networks.edp_gain(r, a) for r in chosen], line, **look)
    for axis, title in zip(axes, ("execution time", "power", "energy-delay product")):
        axis.set_title(title)
        axis.set_xticks(places, [f"{size}×{size}" for size in SIZES])
        axis.set_xlabel("array")
        style.reference(axis, label=None)
    for line, a in (("-", "exact"), ("--", "busy")):
        axes[1].plot([], [], line, color=style.GREY, label=a)
    axes[0].set_ylabel("relative to the conventional array (= 1)")
    axes[0].legend()
    axes[1].legend()
    return style.render(fig)
