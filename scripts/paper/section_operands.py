"""Power against the statistics of the operands."""

import networks
import style
from page import Column, gain, percent

MAGNITUDE_BITS = (2, 3, 5, 7, 11, 15, 23, 31)
ZERO_SHARES = (0.0, 0.25, 0.5, 0.75, 0.9)
SPREADS = (0.02, 0.05, 0.1, 0.25, 0.5)
NETWORK, SIZE = "resnet34", 128


def _run(bits, zeros, *more):
    return networks.run(NETWORK, SIZE, "--magnitude-bits", bits, "--zero-share", zeros, *more)


def write(page, run):
    page.heading(2, "Power against operand magnitude and sparsity")
    page.text("""ResNet-34, 128×128, technology `paper`. Magnitude: bits of the largest absolute value,
        so 7 is 8-bit data in the 32-bit array; sparsity: share of zeros among the activations.""")
    grid = {(bits, zeros): run.report(_run(bits, zeros)) for zeros in ZERO_SHARES
            for bits in MAGNITUDE_BITS}
    page.picture("operands", "Power of ArrayFlex relative to the conventional array, ResNet-34, "
                 "128×128 PEs", _draw(grid))
    rows = [[bits, zeros, *(networks.power_ratio(report, a) for a in networks.ACCOUNTINGS),
             *(networks.edp_gain(report, a) for a in networks.ACCOUNTINGS),
             *(_share(report, a, "conventional", "multiplier") for a in networks.ACCOUNTINGS),
             *(_share(report, a, "conventional", "clock") for a in networks.ACCOUNTINGS)]
            for (bits, zeros), report in grid.items()]
    columns = [Column("magnitude_bits", "magnitude bits"),
               Column("activation_zero_share", "zero share", "{:.2f}"),
               Column("power_ratio_exact", "power ratio, exact", "{:.3f}"),
               Column("power_ratio_busy", "power ratio, busy", "{:.3f}"),
               gain("edp_gain_exact", "EDP gain, exact"), gain("edp_gain_busy", "EDP gain, busy"),
               percent("conventional_multiplier_share_exact_percent", "multiplier, exact"),
               percent("conventional_multiplier_share_busy_percent", "multiplier, busy"),
               percent("conventional_clock_share_exact_percent", "clock, exact"),
               percent("conventional_clock_share_busy_percent", "clock, busy")]
    page.text("Multiplier and clock: their share of the conventional array's energy.")
    page.table("operands", columns, rows, [_run(bits, zeros) for bits, zeros in grid])
    _spread_table(page, run)
    _conclusion(page, grid)


def _spread_table(page, run):
    page.text("""The spread of the values, at full magnitude with half of the activations zero: standard
        deviation of activations and weights as a share of full scale.""")
    runs = {spread: _run(31, 0.5, "--activation-spread", spread, "--weight-spread", spread)
            for spread in SPREADS}
    rows = [[spread, *(networks.power_ratio(run.report(arguments), a)
                       for a in networks.ACCOUNTINGS)] for spread, arguments in runs.items()]
    page.table("operand_spread", [Column("spread_share_of_full_scale", "spread", "{:.2f}"),
                                  Column("power_ratio_exact", "power ratio, exact", "{:.3f}"),
                                  Column("power_ratio_busy", "power ratio, busy", "{:.3f}")],
               rows, runs.values())


def _share(report, accounting, design, component):
    total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
    energy = total["energy"][accounting]
    return 100 * energy["by_component_pj"][component] / energy["energy_pj"]


def _conclusion(page, grid):
    wide = [report for (bits, _), report in grid.items() if bits >= 7]
    narrow = [report for (bits, _), report in grid.items() if bits < 7]
    span = {}
    for name, reports in (("wide", wide), ("narrow", narrow)):
        for accounting in networks.ACCOUNTINGS:
            ratios = [networks.power_ratio(report, accounting) for report in reports]
            span[name, accounting] = (min(ratios), max(ratios))
    below = [key for key, report in grid.items() if networks.power_ratio(report, "exact") < 1]
    low, high = span["wide", "exact"]
    still = _share(grid[2, 0.0], "exact", "conventional", "clock")
    busy_low, busy_high = span["wide", "busy"]
    page.claim(low > 1.1 and below == [(2, 0.0)] and still > 70 and busy_low < 0.95 < 1.1 < busy_high,
               f"""Smaller magnitudes take work from the multiplier, the same in both designs, and give
        weight to the clock, where ArrayFlex saves. At 128×128 that is not enough for a saving with exact
        activity: the ratio is {low:.2f} to {high:.2f} from 7 bits on, for signed sums keep
        running through compressors and muxes at 64 bits. Only at 2 bits without zeros it falls below 1
        ({span["narrow", "exact"][0]:.2f}), a corner case: nearly all activations are 1 there, hardly a
        net toggles, and the clock takes {still:.0f} % of the conventional array's energy. Under busy
        accounting ({busy_low:.2f} to {busy_high:.2f} from 7 bits on) sparsity works against
        ArrayFlex: the multiplier rests, compressors, muxes and adders do not. At 256×256, where
        the clock has a larger share, the exact ratio of 8-bit data comes close to 1 (sensitivity
        table). Mind the calibration here: for 8-bit, rectified data it overestimates compressor
        and muxes at k = 4 by more than half ([energy.md](../energy.md), fit errors), so the true
        ratios of the small magnitudes are lower than these.""")


def _draw(grid):
    fig, axes = style.figure(columns=2, width=10.5, height=4.2, sharey=True)
    shades = ("#081D58", "#225EA8", "#1D91C0", "#41B6C4", "#A1C9A0")
    markers = "osD^v"
    for axis, accounting in zip(axes, networks.ACCOUNTINGS):
        for zeros, colour, marker in zip(ZERO_SHARES, shades, markers):
            values = [networks.power_ratio(grid[bits, zeros], accounting)
                      for bits in MAGNITUDE_BITS]
            axis.plot(MAGNITUDE_BITS, values, color=colour, marker=marker, markersize=5,
                      label=f"{100 * zeros:.0f} %")
        style.reference(axis, label=None)
        axis.axhspan(0.77, 0.87, color="#009E73", alpha=0.2, linewidth=0, label="paper")
        axis.set_xticks(MAGNITUDE_BITS)
        axis.set_title(accounting)
        axis.set_xlabel("magnitude (bits)")
    axes[0].set_ylabel("power, ArrayFlex / conventional")
    axes[1].legend(title="zero activations", loc="center left", bbox_to_anchor=(1.0, 0.5))
    return style.render(fig)
