"""Where the energy goes in both accountings."""

import networks
import style
from networks import ACCOUNTINGS, COMPONENTS
from page import Column

NETWORK = "resnet34"
SIZES = (128, 256)


def _figures(report, design, accounting):
    total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
    return total["energy"][accounting]


def write(page, run):
    page.heading(2, "Why the accountings differ")
    page.text("""Power by component, ResNet-34, technology `paper`, operands of full range; the last row of
        each block is the ratio of the two designs.""")
    rows, runs = [], []
    for size in SIZES:
        arguments = networks.run(NETWORK, size)
        runs.append(arguments)
        report = run.report(arguments)
        for accounting in ACCOUNTINGS:
            powers = {}
            for design in ("conventional", "arrayflex"):
                time = (report["total"] if design == "arrayflex"
                        else report["total"]["conventional"])["time_ns"]
                figures = _figures(report, design, accounting)
                powers[design] = [figures["by_component_pj"][c] / time / 1000 for c in COMPONENTS]
                powers[design].append(figures["power_mw"] / 1000)
            for design, values in powers.items():
                rows.append([f"{size}×{size}", accounting, f"{design}, W", *values])
            rows.append([f"{size}×{size}", accounting, "ratio",
                         *(a / b if b else None
                           for a, b in zip(powers["arrayflex"], powers["conventional"]))])
    columns = [Column("array_rows_cols", "array"), Column("accounting", "accounting"),
               Column("design", "design")]
    columns += [Column(f"{c}_watt_or_ratio", c, "{:.3f}") for c in (*COMPONENTS, "total")]
    page.picture("breakdown", "Energy of ResNet-34 by component, relative to the conventional array in "
                 "the same accounting", _draw(run))
    page.table("breakdown", columns, rows, runs)
    _explain(page, run)


def _explain(page, run):
    report = run.report(networks.run(NETWORK, 256))
    ratio = {}
    for accounting in ACCOUNTINGS:
        own = _figures(report, "arrayflex", accounting)["by_component_pj"]
        base = _figures(report, "conventional", accounting)["by_component_pj"]
        ratio[accounting] = {c: own[c] / base[c] for c in COMPONENTS if base[c]}
    exact, busy = ratio["exact"], ratio["busy"]
    page.claim(exact["multiplier"] > 0.98 and busy["multiplier"] < 0.8 and exact["clock"] < 0.5,
               f"""At 256×256, exact: the multipliers of ArrayFlex spend {exact["multiplier"]:.2f}
        times the conventional array's energy, for they multiply the same numbers (the two designs
        were calibrated apart); compressors and
        muxes come on top; the clock falls to {exact["clock"]:.2f}, since gated psum and operand
        registers and shorter fill and drain phases save clock cycles. Busy: every cycle
        multiplies, so fewer cycles are fewer multiplications: {busy["multiplier"]:.2f}. Energy then
        falls with the cycles and power with the clock frequency, in all components that both designs
        have but leakage; compressors and muxes take back a part of it. That is the
        saving the paper reports, and the breakdown shows that most of it is multiplications that
        an idle array does not do.""")


def _draw(run):
    fig, axes = style.figure(columns=2, width=10.5, height=4.2, sharey=True)
    for axis, size in zip(axes, SIZES):
        report = run.report(networks.run(NETWORK, size))
        places, names, parts = [], [], {c: [] for c in COMPONENTS}
        for i, accounting in enumerate(ACCOUNTINGS):
            base = _figures(report, "conventional", accounting)["energy_pj"]
            for j, design in enumerate(("conventional", "arrayflex")):
                places.append(2.4 * i + j)
                names.append({"conventional": "conventional", "arrayflex": "ArrayFlex"}[design])
                figures = _figures(report, design, accounting)["by_component_pj"]
                for c in COMPONENTS:
                    parts[c].append(figures[c] / base)
            axis.text(2.4 * i + 0.5, 1.225, accounting, ha="center", fontweight="bold")
        tops = style.stacked(axis, places, parts, style.COMPONENT, 0.75)
        for place, top in zip(places, tops):
            axis.text(place, top + 0.01, f"{top:.2f}", ha="center", fontsize=9)
        axis.set_xticks(places, names, fontsize=9)
        axis.set_title(f"{size}×{size}")
        axis.set_ylim(0, 1.3)
    axes[0].set_ylabel("energy, conventional array = 1")
    handles, labels = axes[1].get_legend_handles_labels()
    axes[1].legend(handles[::-1], labels[::-1], loc="center left", bbox_to_anchor=(1.0, 0.5))
    return style.render(fig)
