"""What it means for CNNs, transformers and LLM decode."""

import break_even as closed
import cases
import command
from cases import OVERLAPS, SIZES
from page import Column, percent
from section_answer import kind_means, saved

SIZE = 128
OPERAND_BYTES = 4


def write(page, run):
    page.heading(2, "What it means")
    means = kind_means(run, SIZE)
    cnns(page, run, means["CNNs"])
    transformers(page, run, means["transformers"])
    decode(page, run)
    depthwise(page, run)


def _of(means):
    return ", ".join(f"{means[o]:.1f} % with `{o}`" for o in OVERLAPS)


def cnns(page, run, means):
    page.heading(3, "CNNs")
    layers = run.report(cases.analytic("resnet34", SIZE, "load"))["layers"]
    first, last = layers[0], layers[-2]
    page.claim(means["load"] > means["none"] > 0 > means["full"] and first["time_saved"] < 0 < last["time_saved"],
               f"""Time saved on 128×128 PEs, mean: {_of(means)}. T shrinks from layer to layer, so the last stages
        gain and the first ones lose: with `load` ResNet-34 takes {-100 * first["time_saved"]:.1f} % longer in
        {first["name"]} (T = {first["t"]:,}) and saves {100 * last["time_saved"]:.1f} % in {last["name"]}
        (T = {last["t"]:,}). Larger images and batches raise T and take the gain away.""")


def transformers(page, run, means):
    page.heading(3, "Transformers")
    line = {o: closed.break_even_t(o, SIZE, SIZE, 2, cases.periods(run, SIZE, o)) for o in ("none", "load")}
    bert = {o: saved(run, "bert_base", SIZE, o) for o in OVERLAPS}
    prefill = {o: saved(run, "llm_7b_prefill_512", SIZE, o) for o in OVERLAPS}
    page.claim(bert["load"] > 20 > bert["none"] > 5 and abs(prefill["none"]) < 3 and abs(prefill["load"]) < 3
               and line["none"] < 512 < line["load"],
               f"""Time saved on 128×128 PEs, mean: {_of(means)}. T is the number of tokens. BERT's 128 gain
        {bert["none"]:.1f} % (`none`) and {bert["load"]:.1f} % (`load`). A prompt of 512 tokens changes next to nothing,
        {prefill["none"]:.1f} % and {prefill["load"]:.1f} %: it lies at the break-even of k = 2, T = {line["none"]:.0f} and
        {line["load"]:.0f}. Longer prompts lose. Larger arrays move the break-even up with R + C, and the gain with
        it.""")


def decode(page, run):
    page.heading(3, "LLM decode")
    by = {o: saved(run, "llm_7b_decode_1", SIZE, o) for o in OVERLAPS}
    periods = cases.periods(run, SIZE, "load")
    stream = {k: closed.stream_cycles(SIZE, SIZE, k, 1) for k in (1, 2)}
    gb_per_s = SIZE * OPERAND_BYTES / periods["2"] * 1e3
    page.claim(by["load"] > by["none"] > 20 > 0 > by["full"] and stream[2] < SIZE < stream[1],
               f"""One token streams a single row per tile. With `load` the conventional array waits
        {stream[1]} cycles for it to pass; ArrayFlex at k = 2 needs {stream[2]} and waits for the {SIZE} cycles of
        the next load alone. It saves {by["load"]:.1f} %, the most of all ({by["none"]:.1f} % with `none`). With `full`
        both arrays wait for the load, and ArrayFlex takes {-by["full"]:.1f} % longer.""")
    line = {k: closed.break_even_t("load", SIZE, SIZE, k, periods) for k in (2, 4)}
    page.text(f"""Mind the memory: the array takes a row of weights every cycle while it loads, {gb_per_s:.0f} GB/s at
        k = 2 with 32-bit operands. A memory that is slower than that sets the pace of both arrays, and no pipeline
        helps. Batches do: with B sequences T is B, so the gain of `load` stays up to large batches (break-even
        T = {line[2]:.0f} at k = 2, {line[4]:.0f} at k = 4).""")


def depthwise(page, run):
    page.heading(3, "Depthwise layers")
    rows, runs = [], []
    for network in command.DEPTHWISE:
        for flag in (False, True):
            arguments = [cases.analytic(network, SIZE, o, depthwise=flag) for o in OVERLAPS]
            runs += arguments
            reports = [run.report(a) for a in arguments]
            rows.append([cases.NETWORKS[network], "with" if flag else "without",
                         reports[0]["total"]["conventional"]["time_ns"] / 1e3,
                         *map(cases.time_saved, reports)])
    spread = max(abs(row[3] - row[5]) for row in rows[1::2])
    page.claim(spread < 3 and all(min(row[3:]) > 0 for row in rows[1::2]), f"""A depthwise layer is one product of a single
        tile per channel, and a single tile costs the same with every overlap. So whole networks with these layers
        gain a little with all three, even with `full`. They also take many times as long: run them
        elsewhere.""")
    page.table("depthwise", [Column("network", "network, 128×128 PEs, auto"),
                             Column("depthwise_layers", "depthwise layers"),
                             Column("conventional_time_none_us", "conventional, none, µs", "{:.0f}"),
                             *(percent(f"time_saved_{o}_percent", f"time saved, {o}") for o in OVERLAPS)],
               rows, runs)


def limits(page):
    page.heading(2, "Limits")
    page.bullets([
        """Tiles overlap within a product. Between two products, and so between layers and attention heads, the array
        empties. A machine that overlaps these as well lies closer to the long products of the picture.""",
        """The array alone: memory, accumulators, control and wires are not in the figures. Where the memory is the
        bottleneck, the pipeline does not matter.""",
        """The paper's clocks are given and do not hold the weight mux; those of ASAP7 and SKY130 do.""",
        """Operands are random, the command's default: 32 bits of full range, half of the activations zero.
        [energy.md](energy.md#limits) lists the limits of the energies."""])
