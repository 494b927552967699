"""The answer, and what an architect does with it."""

import cases
from cases import KINDS, NETWORKS, OVERLAPS, SIZES
from page import Column, percent

DESIGNS = (("conventional array", "conventional"), ("ArrayFlex", "arrayflex"))


def saved(run, network, size, overlap, k="auto"):
    return cases.time_saved(run.report(cases.analytic(network, size, overlap, k)))


def kind_means(run, size):
    """{kind: {overlap: mean percent saved}}."""
    return {kind: {overlap: cases.mean(saved(run, n, size, overlap) for n in members)
                   for overlap in OVERLAPS} for kind, members in KINDS.items()}


def answer(page, run):
    resnet = {overlap: saved(run, "resnet34", 128, overlap) for overlap in OVERLAPS}
    page.claim(resnet["load"] > resnet["none"] > 0 > resnet["full"], f"""**It pays as long as the array fills
        and drains at every tile. It does not pay once tiles follow back to back.** ResNet-34 on 128×128 PEs
        with the paper's clocks: ArrayFlex saves {resnet["none"]:.1f} % of the conventional array's time
        without overlap and {resnet["load"]:.1f} % where the next weights load behind the stream. With tiles
        back to back it takes {-resnet["full"]:.1f} % longer. Both arrays have the same overlap in each
        comparison.""")
    page.text("""The reason is short. A collapsed pipeline fills and drains in fewer cycles, and its clock is
        slower. `none` loads, fills and drains at every tile. `load` hides the loading, so filling and
        draining are a larger share of what is left. `full` hides all three, and the slower clock
        remains.""")
    rows = [[kind, cases.array_of(size), *(means[o] for o in OVERLAPS)]
            for size in SIZES for kind, means in kind_means(run, size).items()]
    columns = [Column("kind", "mean of the"), Column("array_rows_cols", "array"),
               *(percent(f"time_saved_{o}_percent", f"time saved, {o}") for o in OVERLAPS)]
    page.table("kinds", columns, rows, [])
    page.text(f"""A negative number is a loss. Every layer runs at the fastest of k = 1, 2, 4 (`auto`); the clocks
        are the paper's (technology `paper`); depthwise layers are left out but where the text says
        otherwise. The means are over {len(KINDS["CNNs"])} CNNs, {len(KINDS["transformers"])} transformers and
        one LLM that decodes a token at a time. [architecture.md](architecture.md#overlapping-tiles) defines
        the overlaps. `scripts/when_it_pays.sh` writes this page with all its figures, and `--check` checks that
        it is current. The command behind each time is in [times.csv](when-it-pays/data/times.csv), that behind
        each energy in [energies.csv](when-it-pays/data/energies.csv). All of them run with `--group-packing off`, which the listings leave out: each group of a convolution and
        each head of an attention product has tiles of its own, as in the paper.""")


def _machine(run, kind, overlap, design):
    """Mean time relative to the conventional array without overlap."""
    ratios = []
    for network in KINDS[kind]:
        base = run.report(cases.analytic(network, 128, "none"))["total"]["conventional"]["time_ns"]
        total = run.report(cases.analytic(network, 128, overlap))["total"]
        ratios.append((total if design == "arrayflex" else total["conventional"])["time_ns"] / base)
    return cases.mean(ratios)


def _area(run, overlap, design):
    """Of the array, relative to the conventional array without overlap."""
    area = {o: run.report(cases.analytic("resnet34", 128, o))["area"] for o in ("none", overlap)}
    return area[overlap][design]["array_total_um2"] / area["none"]["conventional"]["array_total_um2"]


def machines(page, run):
    page.heading(2, "What to build")
    time = {(overlap, design): {kind: _machine(run, kind, overlap, design) for kind in KINDS}
            for overlap in OVERLAPS for _, design in DESIGNS}
    area = {key: _area(run, *key) for key in time}
    cnn = {key: value["CNNs"] for key, value in time.items()}
    second, collapse = cnn["load", "conventional"], cnn["none", "arrayflex"]
    page.claim(second < collapse and area["load", "conventional"] < area["none", "arrayflex"],
               f"""**First add the second weight register.** On CNNs it takes the conventional array to
        {100 * second:.0f} % of its time, and collapsing the pipeline takes it to {100 * collapse:.0f} %; the register
        is also smaller. **Then decide how tiles follow each other.**""")
    both = cnn["load", "arrayflex"]
    added = 100 * (area["load", "arrayflex"] / area["load", "conventional"] - 1)
    page.bullets([
        page.checked(min(cnn, key=cnn.get) == ("full", "conventional"), """Tiles can follow back to back: build the
            conventional array. It is the fastest of the six machines for every kind of network."""),
        page.checked(both == min(value for (o, _), value in cnn.items() if o != "full"), f"""The load can be
            hidden, but a tile must drain before the next one enters: build ArrayFlex, here it pays most. It
            takes CNNs to {100 * both:.0f} %, with {added:.0f} % more area than the conventional array with the
            same overlap."""),
        """There is one weight register and there will be no second: ArrayFlex pays for most networks. Look at
        your own T first."""])
    rows = [[f"{name}, {overlap}", *(100 * time[overlap, design][kind] for kind in KINDS),
             100 * area[overlap, design]] for overlap in OVERLAPS for name, design in DESIGNS]
    page.text("Time and area of the six machines, the conventional array without overlap = 100 %:")
    page.table("machines", [Column("machine", "128×128 PEs, auto"),
                            *(percent(f"time_{kind.replace(' ', '_').lower()}_percent", f"time, {kind}")
                              for kind in KINDS), percent("area_percent", "area")], rows, [])
    fastest = {kind: min(time, key=lambda key, kind=kind: time[key][kind]) for kind in KINDS}
    page.claim(set(fastest.values()) == {("full", "conventional")}, """The area is that of the array with
        technology `paper` (cells of ASAP7, before layout). What back-to-back tiles cost in control is not in it:
        the selects that travel with the stream and a feeder that delays the columns.""")


def all_times(page, run):
    """The data behind all times, with their commands."""
    rows = []
    for size in SIZES:
        for network in NETWORKS:
            for overlap in OVERLAPS:
                for k in cases.CHOICES:
                    arguments = cases.analytic(network, size, overlap, k)
                    total = run.report(arguments)["total"]
                    base = total["conventional"]
                    rows.append([network, cases.array_of(size), overlap, k, total["cycles"], base["cycles"],
                                 total["time_ns"] / 1e3, base["time_ns"] / 1e3,
                                 saved(run, network, size, overlap, k), cases.text(arguments)])
    page.data("times", ["network", "array_rows_cols", "overlap", "k", "latency_cycles",
                        "conventional_latency_cycles", "time_us", "conventional_time_us",
                        "time_saved_percent", "command"], rows)
