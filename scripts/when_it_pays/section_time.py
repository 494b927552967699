"""The picture against T, the break-even lines, and all networks."""

import break_even as closed
import cases
import section_answer
import style
from cases import CHOICES, MODES, NETWORKS, OVERLAPS, SIZES, TECHNOLOGIES
from page import Column, percent

TITLE = {"none": "none: load, fill and drain at every tile", "load": "load: loading is hidden",
         "full": "full: tiles back to back"}
PICTURE_SIZE = 128
LARGEST_T = 20000


def picture(page, run):
    page.heading(2, "Time saved against T")
    page.text("""T decides. It is the number of rows of A that stream through a tile: the output pixels of a
        convolution, the tokens of a transformer, 1 for one decoded token. The smaller it is, the larger is the share
        of filling and draining. Above the line of k = 1 in `full` lie the layers of few tiles.""")
    page.picture("time_saved", "Time saved against T for each overlap, 128×128 PEs, the paper's clocks. Curves: "
                 "products of many tiles, in closed form. Dashed: where a mode breaks even. Dots: the layers of "
                 "ResNet-34", _draw(run))


def _draw(run):
    ts = sorted({round(1.04 ** i) for i in range(300) if 1.04 ** i < LARGEST_T})
    fig, axes = style.figure(columns=3, width=11, height=4.0, sharey=True)
    for axis, overlap in zip(axes, OVERLAPS):
        periods = cases.periods(run, PICTURE_SIZE, overlap)
        for k in MODES:
            axis.plot(ts, [closed.saved(overlap, PICTURE_SIZE, PICTURE_SIZE, k, t, periods) for t in ts],
                      color=style.MODE[k], linewidth=2, label=f"k = {k}")
            _mark(axis, k, closed.break_even_t(overlap, PICTURE_SIZE, PICTURE_SIZE, k, periods))
        layers = run.report(cases.analytic("resnet34", PICTURE_SIZE, overlap))["layers"]
        axis.plot([layer["t"] for layer in layers], [100 * layer["time_saved"] for layer in layers], "o",
                  color="black", markersize=4, label="ResNet-34's layers, fastest k")
        axis.axhline(0, color="black", linewidth=1)
        axis.set_xscale("log")
        axis.xaxis.set_major_formatter("{x:,.0f}")
        axis.set_xlim(1, LARGEST_T)
        axis.set_ylim(-50, 50)
        axis.set_title(TITLE[overlap], fontsize=10)
        axis.set_xlabel("T (rows of A per tile)")
    axes[0].set_ylabel("time saved against the\nconventional array (%)")
    axes[0].text(1.3, 41, "ArrayFlex is faster", va="top", color=style.DARK_GREY)
    axes[0].text(1.3, -47, "ArrayFlex is slower", va="bottom", color=style.DARK_GREY)
    axes[2].text(1.3, -30, "no break-even in a long product", va="center", color=style.DARK_GREY)
    axes[2].plot([], [], "--", color="black", linewidth=1.2, label="break-even")
    axes[2].legend(loc="upper left")
    return style.render(fig)


def _mark(axis, k, at):
    """The break-even line of a mode, named above the curves."""
    if at is None:
        return
    axis.axvline(at, color=style.MODE[k], linestyle="--", linewidth=1.2)
    left = k == max(MODES)
    axis.annotate(f"T = {at:.0f}", (at, 48), fontsize=9, color="black", va="top",
                  ha="right" if left else "left", xytext=(-3 if left else 3, 0),
                  textcoords="offset points")


def _lines(size, overlap_periods):
    """Cells of the break-even tables: {k: [none, load, full at T = 1, full at T = R]}."""
    cells = {}
    for k in MODES:
        by_t = [closed.break_even_t(o, size, size, k, overlap_periods[o]) for o in ("none", "load")]
        tiles = [closed.break_even_tiles(size, size, k, t, overlap_periods["full"]) for t in (1, size)]
        cells[k] = by_t + [n if n > 1 else None for n in tiles]
    return cells


LINE_COLUMNS = [Column("none_break_even_rows", "none: pays below T =", "{:.0f}"),
                Column("load_break_even_rows", "load: pays below T =", "{:.0f}"),
                Column("full_break_even_tiles_t_1", "full, T = 1: pays below … tiles", "{:.1f}"),
                Column("full_break_even_tiles_t_rows", "full, T = R: pays below … tiles", "{:.1f}")]


def break_even(page, run):
    page.heading(2, "Break-even in closed form")
    page.text("""Hidden loads raise the threshold of T. Back to back there is none in a long product. This holds for any
        array: put in R, C and your clock periods, T₀ of the conventional array and T_k of mode k.""")
    page.bullets([
        """`none`: T < ((2R + C − 2)·T₀ − (R + ⌈R/k⌉ + ⌈C/k⌉ − 2)·T_k) / (T_k − T₀)""",
        """`load`: T < ((R + C − 2)·T₀ − (⌈R/k⌉ + ⌈C/k⌉ − 2)·T_k) / (T_k − T₀), where both arrays wait for the
        stream at that T (S ≥ R), as they do in all rows below""",
        """`full`: at no T in a long product. A short one pays below
        n = 1 + ((R + S(1))·T₀ − (R + S(k))·T_k) / (max(R, T)·(T_k − T₀)) tiles"""])
    page.text("""They follow from the time of a product of n tiles, R + (n−1)·P + S cycles with
        S = T + ⌈R/k⌉ + ⌈C/k⌉ − 2 and P = R + S (`none`), max(R, S) (`load`) or max(R, T) (`full`). In a long product a
        tile costs P, so mode k pays where P(k)·T_k < P(1)·T₀; `full` has the same P in every mode. The test
        `when_it_pays_is_current` holds each line of the tables against the command, on both sides of it. “–”: at no T,
        for no number of tiles. k = 1 never pays: it has the conventional array's cycles and a slower
        clock.""")
    rows = []
    for size in SIZES:
        periods = {o: cases.periods(run, size, o) for o in OVERLAPS}
        rows += [[cases.array_of(size), k, *cells] for k, cells in _lines(size, periods).items()]
    page.table("break_even", [Column("array_rows_cols", "array"), Column("k_collapse_factor", "k"),
                              *LINE_COLUMNS], rows, [])
    _technologies(page, run)


def _technologies(page, run):
    rows, lines = [], {}
    for technology in TECHNOLOGIES:
        periods = {o: cases.periods(run, 128, o, technology) for o in OVERLAPS}
        lines[technology] = _lines(128, periods)
        rows += [[technology, k, periods["none"][str(k)] / periods["none"]["conventional"],
                  periods["load"][str(k)] / periods["load"]["conventional"], *cells]
                 for k, cells in lines[technology].items()]
    page.claim(lines["asap7"][4][0] < lines["paper"][4][0] < lines["sky130hd"][4][0], f"""The clocks move the
        lines. On 128×128 PEs k = 4 pays below T = {lines["asap7"][4][0]:.0f} without overlap with ASAP7's clocks, below
        {lines["paper"][4][0]:.0f} with the paper's and below {lines["sky130hd"][4][0]:.0f} with SKY130's. ASAP7 has no mux cell,
        so collapsing costs it most ([energy.md](energy.md#results)). The weight mux lengthens all computed
        periods, the conventional array's as well, so the ratios fall a little with overlap:""")
    page.table("break_even_technologies", [
        Column("technology", "technology"), Column("k_collapse_factor", "k"),
        Column("period_ratio_none", "T_k/T₀, none", "{:.3f}"),
        Column("period_ratio_overlap", "T_k/T₀, load and full", "{:.3f}"), *LINE_COLUMNS], rows,
        [cases.analytic("resnet34", 128, o, technology=t) for t in TECHNOLOGIES for o in OVERLAPS])


def networks(page, run):
    page.heading(2, "Time of all networks")
    page.text("""Time saved against the conventional array with the same overlap, `auto`:""")
    rows = [[cases.name_of(n), *(section_answer.saved(run, n, size, o) for o in OVERLAPS for size in SIZES)]
            for n in NETWORKS]
    columns = [Column("network", "network"),
               *(percent(f"{o}_{size}_time_saved_percent", f"{o}, {cases.array_of(size)}")
                 for o in OVERLAPS for size in SIZES)]
    page.table("time_saved", columns, rows, [])
    _exceptions(page, run)
    with page.folded("The same for each k"):
        for size in SIZES:
            page.heading(3, f"{cases.array_of(size)} PEs, each k")
            page.table(f"time_saved_{size}", [
                Column("network", "network"),
                *(percent(f"{o}_k_{k}_time_saved_percent", f"{o}, {k if k == 'auto' else f'k = {k}'}")
                  for o in OVERLAPS for k in CHOICES)],
                [[cases.name_of(n), *(section_answer.saved(run, n, size, o, k) for o in OVERLAPS
                                      for k in CHOICES)] for n in NETWORKS], [])
    page.text("Cycles and microseconds of both arrays, and the command of each of these figures:")
    section_answer.all_times(page, run)


def _exceptions(page, run):
    wins = [(cases.name_of(n), cases.array_of(size), section_answer.saved(run, n, size, "full"))
            for n in NETWORKS for size in SIZES if section_answer.saved(run, n, size, "full") > 0]
    losses = [(cases.name_of(n), cases.array_of(size), o)
              for o in ("none", "load") for n in NETWORKS for size in SIZES
              if section_answer.saved(run, n, size, o) < 0]
    page.claim(len(wins) == 1 and wins[0][:2] == ("BERT-base, 128 tokens", "256×256"), f"""With `full` a single case of
        {len(NETWORKS) * len(SIZES)} gains, {wins[0][0]} on {wins[0][1]} PEs, {wins[0][2]:.1f} %: its attention products are
        one tile each, and one tile costs the same with every overlap.""")
    page.claim({name for name, _, _ in losses} == {NETWORKS["llm_7b_prefill_512"]}, f"""With `none` and `load`
        {NETWORKS["llm_7b_prefill_512"]} tokens is the only one to lose, in {len(losses)} of its {2 * len(SIZES)} cases: T = 512
        lies beyond the break-even of the smaller arrays.""")
