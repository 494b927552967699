"""Energy and energy-delay product of all networks, arrays, overlaps and modes."""

import cases
import energy
import style
from cases import CHOICES, KINDS, NETWORKS, OVERLAPS, SIZES
from energy import ACCOUNTINGS
from page import Column, gain, percent, ratio

# Not those of the modes.
COLOUR = {"none": style.GREY, "load": style.SKY, "full": style.RED}


def write(page, run):
    page.heading(2, "Energy and energy-delay product")
    gains = {(kind, o, a): cases.mean(_pair(run, n, 128, o).edp_gain(a) for n in members)
             for kind, members in KINDS.items() for o in OVERLAPS for a in ACCOUNTINGS}
    energies = {(size, a): [_pair(run, n, size, "full").energy_ratio(a) for n in NETWORKS]
                for size in SIZES for a in ACCOUNTINGS}
    _answer(page, run, gains, energies)
    page.picture("edp_gain", "EDP gain of ArrayFlex over the conventional array with the same overlap, "
                 "128×128 PEs, auto. Above 1 ArrayFlex is better", _draw(run))
    _how(page, run)
    _by_kind(page, run)
    for size in SIZES:
        if size == 128:
            _tables(page, run, size)
            continue
        with page.folded(f"The same on {cases.array_of(size)} PEs"):
            _tables(page, run, size)
    page.text("Energies and energy-delay products of both arrays in each mode, and the commands:")
    _all(page, run)


def _pair(run, network, size, overlap, k="auto"):
    return energy.pair(run, network, size, overlap, k)


def _answer(page, run, gains, energies):
    full = [gains[kind, "full", a] for kind in KINDS for a in ACCOUNTINGS]
    cnn = {(o, a): gains["CNNs", o, a] for o in OVERLAPS for a in ACCOUNTINGS}
    page.claim(max(full) < 1 and cnn["load", "busy"] > cnn["none", "busy"] > 1 and cnn["load", "exact"] > 1,
               f"""**Energy-delay product follows time.** On 128×128 PEs the CNNs gain, on average,
        {cnn["none", "exact"]:.2f}× (*exact*) and {cnn["none", "busy"]:.2f}× (*busy*) without overlap,
        {cnn["load", "exact"]:.2f}× and {cnn["load", "busy"]:.2f}× with `load`. With `full` ArrayFlex loses:
        {cnn["full", "exact"]:.2f}× and {cnn["full", "busy"]:.2f}×.""")
    others = {o: [_pair(run, n, 128, o).edp_gain("exact") for n in KINDS["CNNs"] if n != "alexnet"]
              for o in ("none", "load")}
    page.claim(min(others["none"]) > 1 and max(others["load"]) < 1.3, f"""AlexNet, most of whose weights are in fully
        connected layers, pulls these means up. The other CNNs gain little under *exact*, {min(others["none"]):.2f}× to
        {max(others["none"]):.2f}× without overlap and {min(others["load"]):.2f}× to {max(others["load"]):.2f}× with `load`.""")
    worse = {o: sum(_pair(run, n, 64, o).edp_gain("exact") < 1 for n in NETWORKS) for o in ("none", "load")}
    page.claim(worse["none"] > len(NETWORKS) / 2, f"""Small arrays fill and drain fast, and gain less. On 64×64 PEs
        {worse["none"]} of {len(NETWORKS)} networks lose without overlap and {worse["load"]} with `load` (*exact*).""")
    decode = gains["LLM decode", "load", "exact"]
    page.claim(decode == max(gains.values()), f"""LLM decode gains most, {decode:.1f}× with `load` (*exact*): its array
        idles most, and a collapsed one clocks fewer registers for fewer cycles meanwhile.""")
    at_128 = energies[128, "exact"]
    everywhere = [ratio for (_, a), ratios in energies.items() if a == "exact" for ratio in ratios]
    page.claim(min(at_128 + energies[128, "busy"]) > 1 and min(everywhere) > 0.97, f"""Energy alone does not save the
        case of `full`. ArrayFlex needs {100 * (min(at_128) - 1):.0f} % to {100 * (max(at_128) - 1):.0f} % more on 128×128
        PEs (*exact*); over all arrays the best case is {100 * (min(everywhere) - 1):+.0f} %. The multiplications are the
        same; compressors and bypass muxes come on top.""")


def _how(page, run):
    width = max(_pair(run, n, size, o).half_width(a) for n in cases.SAMPLED for size in SIZES
                for o in OVERLAPS for a in ACCOUNTINGS)
    sampled = " and ".join(f'"{NETWORKS[n]}"' for n in cases.SAMPLED)
    page.text(f"""*exact* charges what switches. *busy* charges every cycle like a cycle of the full array
        ([energy.md](energy.md#two-accountings)). Ratios are ArrayFlex over the conventional array with the same
        overlap, technology `paper`: the paper's clocks, the energies of ASAP7. EDP gain is the inverse ratio of the
        energy-delay products. All CNNs and LLM decode are counted exactly, every tile. **The toggles of {sampled}
        are estimates** from about {cases.SAMPLE_TILES} random tiles of each layer (`--sample-tiles`); the 95 %
        intervals of their energy ratios and EDP gains are at most ±{100 * width:.2f} %. `auto` takes each layer from
        the run of its fastest mode; `--k auto` gives the same.""")


COLUMNS = [percent("time_saved_percent", "time saved"),
           *(ratio(f"energy_ratio_{a}", f"energy ratio, {a}") for a in ACCOUNTINGS),
           *(gain(f"edp_gain_{a}", f"EDP gain, {a}") for a in ACCOUNTINGS)]


def cells(pair):
    """The values of COLUMNS."""
    return [pair.time_saved(), *(pair.energy_ratio(a) for a in ACCOUNTINGS),
            *(pair.edp_gain(a) for a in ACCOUNTINGS)]


def _by_kind(page, run):
    page.text("Means by kind of network and mode, 128×128 PEs:")
    rows = []
    for kind, members in KINDS.items():
        for o in OVERLAPS:
            for k in CHOICES:
                values = zip(*(cells(_pair(run, n, 128, o, k)) for n in members))
                rows.append([kind, o, k, *map(cases.mean, values)])
    page.table("modes_by_kind", [Column("kind", "mean of the"), Column("overlap", "overlap"), Column("k", "k"),
                                 *COLUMNS], rows, [])


def network_row(run, network, size):
    """Of the table of a size: energy ratios and EDP gains."""
    pairs = [_pair(run, network, size, o) for o in OVERLAPS]
    return [cases.name_of(network), *(p.energy_ratio(a) for p in pairs for a in ACCOUNTINGS),
            *(p.edp_gain(a) for p in pairs for a in ACCOUNTINGS)]


NETWORK_COLUMNS = [Column("network", "network"),
                   *(ratio(f"{o}_energy_ratio_{a}", f"{o}: energy, {a}") for o in OVERLAPS for a in ACCOUNTINGS),
                   *(gain(f"{o}_edp_gain_{a}", f"{o}: EDP gain, {a}") for o in OVERLAPS for a in ACCOUNTINGS)]


def _tables(page, run, size):
    page.text(f"Each network on {cases.array_of(size)} PEs, `auto`: energy ratio and EDP gain.")
    page.table(f"energy_{size}", NETWORK_COLUMNS, [network_row(run, n, size) for n in NETWORKS], [])


DATA_COLUMNS = ["network", "array_rows_cols", "overlap", "k", "time_us", "conventional_time_us",
                *(f"{design}energy_{a}_microjoule" for a in ACCOUNTINGS for design in ("", "conventional_")),
                *(f"{design}edp_{a}_microjoule_us" for a in ACCOUNTINGS for design in ("", "conventional_")),
                *(f"ratio_half_width_{a}_percent" for a in ACCOUNTINGS), "command"]


def data_row(run, network, size, overlap, k):
    """The values of DATA_COLUMNS."""
    pair = _pair(run, network, size, overlap, k)
    designs = (pair.arrayflex, pair.conventional)
    return [network, cases.array_of(size), overlap, k, *(d.time_ns / 1e3 for d in designs),
            *(d.energy_pj[a] / 1e6 for a in ACCOUNTINGS for d in designs),
            *(d.edp(a) / 1e9 for a in ACCOUNTINGS for d in designs),
            *(100 * pair.half_width(a) for a in ACCOUNTINGS),
            cases.text(cases.simulated(network, size, overlap, k))]


def _all(page, run):
    rows = [data_row(run, network, size, overlap, k) for size in SIZES for network in NETWORKS
            for overlap in OVERLAPS for k in CHOICES]
    page.data("energies", DATA_COLUMNS, rows)


def _draw(run):
    fig, axes = style.figure(rows=2, width=10.5, height=6.4, sharex=True)
    for axis, accounting in zip(axes, ACCOUNTINGS):
        series = {o: [_pair(run, n, 128, o).edp_gain(accounting) for n in NETWORKS] for o in OVERLAPS}
        style.grouped(axis, list(NETWORKS.values()), series, list(COLOUR.values()))
        style.reference(axis, label=None)
        axis.set_title(accounting)
        axis.set_ylabel("EDP gain over the\nconventional array")
        axis.set_xlim(-0.6, len(NETWORKS) - 0.4)
    axes[1].set_xticks(range(len(NETWORKS)), [name.replace(", ", ",\n") for name in NETWORKS.values()], rotation=45,
                       ha="right", rotation_mode="anchor")
    axes[0].legend(title="overlap", ncols=3, loc="upper left")
    return style.render(fig)
