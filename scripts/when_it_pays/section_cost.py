"""The cost of the second register, and what other technologies say."""

import cases
import energy
from cases import EXAMPLES, NETWORKS, OVERLAPS, TECHNOLOGIES
from energy import ACCOUNTINGS
from page import Column, percent
from section_energy import COLUMNS, cells

CALIBRATED = ("asap7", "sky130hd")
NETWORK = "resnet34"
SIZE = 128
DESIGNS = (("conventional", "conventional array"), ("arrayflex", "ArrayFlex"))


def _report(run, overlap, technology, network=NETWORK):
    return run.report(cases.simulated(network, SIZE, overlap, technology=technology))


def _pair(run, overlap, technology, network):
    """Both designs; the runs of `paper` are those of all modes, which are there already."""
    if technology == cases.DEFAULT_TECHNOLOGY:
        return energy.pair(run, network, SIZE, overlap, "auto")
    return energy.pair_of_report(_report(run, overlap, technology, network))


def second_register(page, run):
    page.heading(2, "The cost of the second register")
    area, clock = _area_added(run), _clock_added(run)
    rows = [_row(run, technology, design, name, overlap, area, clock) for technology in CALIBRATED
            for design, name in DESIGNS for overlap in ("load", "full")]
    base = {row[0]: row for row in rows if row[1] == DESIGNS[0][1] and row[2] == "load"}
    page.claim(all(row[3] < 10 and row[4] < 6 for row in rows), f"""It is cheap. `load` and `full` need a second
        weight register and a weight mux in every PE, of both arrays. That adds {base["asap7"][3]:.1f} % to the area
        of the conventional array and {base["asap7"][4]:.1f} % to its period with ASAP7, {base["sky130hd"][3]:.1f} % and
        {base["sky130hd"][4]:.1f} % with SKY130. The time it saves is several times that.""")
    page.text("""ResNet-34 on 128×128 PEs, `auto`, clocks of the technology; each row against the same array without
        overlap. The longer period is that of k = 1 for ArrayFlex. Overlapping ArrayFlex may choose other modes, which
        is in its figures.""")
    page.table("second_register", [
        Column("technology", "technology"), Column("design", "design"), Column("overlap", "overlap"),
        percent("area_added_percent", "area added"), percent("period_added_percent", "period added"),
        *(percent(f"energy_added_{a}_percent", f"energy added, {a}") for a in ACCOUNTINGS),
        percent("time_saved_percent", "time saved by overlap")], rows,
        [cases.simulated(NETWORK, SIZE, o, technology=t) for t in CALIBRATED for o in OVERLAPS])
    share = {t: _report(run, "load", t)["total"]["conventional"]["energy"]["exact"] for t in CALIBRATED}
    mux = max(100 * e["by_class_pj"]["weight"] / e["energy_pj"] for e in share.values())
    page.claim(mux < 0.1, """Energy falls: the array idles less, and busy charges idle cycles in full. What the
        weight mux and the multiplier spend when a new weight is selected is below 0.1 % of the exact energy. The
        paper's clocks are given, so the mux does not lengthen them.""")


def _area_added(run):
    """{(technology, design): percent}."""
    added = {}
    for technology in CALIBRATED:
        none, load = (_report(run, o, technology)["area"] for o in ("none", "load"))
        for design, _ in DESIGNS:
            added[technology, design] = 100 * (load[design]["array_total_um2"]
                                               / none[design]["array_total_um2"] - 1)
    return added


def _clock_added(run):
    """{(technology, design): percent}, at k = 1 for ArrayFlex."""
    added = {}
    for technology in CALIBRATED:
        none, load = (_report(run, o, technology)["array"]["clock_period_ps"] for o in ("none", "load"))
        for design, period in (("conventional", "conventional"), ("arrayflex", "1")):
            added[technology, design] = 100 * (load[period] / none[period] - 1)
    return added


def _row(run, technology, design, name, overlap, area, clock):
    now, then = (getattr(_pair(run, o, technology, NETWORK), design) for o in (overlap, "none"))
    return [technology, name, overlap, area[technology, design], clock[technology, design],
            *(100 * (now.energy_pj[a] / then.energy_pj[a] - 1) for a in ACCOUNTINGS),
            100 * (1 - now.time_ns / then.time_ns)]


def technologies(page, run):
    page.heading(2, "Other technologies")
    pairs = {(network, overlap, technology): _pair(run, overlap, technology, network)
             for network in EXAMPLES for overlap in OVERLAPS for technology in TECHNOLOGIES}
    saved = {key: pair.time_saved() for key, pair in pairs.items()}
    page.claim(all(saved[n, "load", t] > saved[n, "none", t] > 0 > saved[n, "full", t]
                   for n in EXAMPLES for t in TECHNOLOGIES), f"""The order is the same with all three: `load` pays
        most, `full` does not pay. With ASAP7's clocks ResNet-34 saves {saved[NETWORK, "none", "asap7"]:.1f} %,
        {saved[NETWORK, "load", "asap7"]:.1f} % and {saved[NETWORK, "full", "asap7"]:.1f} % (`none`, `load`, `full`), with
        SKY130's {saved[NETWORK, "none", "sky130hd"]:.1f} %, {saved[NETWORK, "load", "sky130hd"]:.1f} % and
        {saved[NETWORK, "full", "sky130hd"]:.1f} %.""")
    rows = [[NETWORKS[network], overlap, technology, *cells(pair)]
            for (network, overlap, technology), pair in pairs.items()]
    runs = [cases.simulated(n, SIZE, o, technology=t) for n in EXAMPLES for o in OVERLAPS for t in TECHNOLOGIES]
    page.table("technologies", [Column("network", "network, 128×128 PEs, auto"), Column("overlap", "overlap"),
                                Column("technology", "technology"), *COLUMNS], rows, runs)
