"""Closed forms: the time of a long product per tile, and where it equals the conventional array's.

A product of n tiles takes R + (n-1)*P + S cycles (docs/architecture.md, overlapping tiles); of many tiles,
P each. S = T + G + H - 2 with G = ceil(R/k), H = ceil(C/k), and P = R + S, max(R, S) or max(R, T).
`periods` are those of a report: {"conventional", "1", "2", ...: ps}.
"""

import math


def stream_cycles(rows, cols, k, t):
    return t + math.ceil(rows / k) + math.ceil(cols / k) - 2


def cycles_per_tile(overlap, rows, cols, k, t):
    stream = stream_cycles(rows, cols, k, t)
    return {"none": rows + stream, "load": max(rows, stream), "full": max(rows, t)}[overlap]


def product_cycles(overlap, rows, cols, k, t, tiles):
    return (rows + (tiles - 1) * cycles_per_tile(overlap, rows, cols, k, t)
            + stream_cycles(rows, cols, k, t))


def saved(overlap, rows, cols, k, t, periods):
    """Percent of the conventional array's time that a tile of a long product saves in mode k."""
    own = cycles_per_tile(overlap, rows, cols, k, t) * periods[str(k)]
    return 100 * (1 - own / (cycles_per_tile(overlap, rows, cols, 1, t) * periods["conventional"]))


def break_even_t(overlap, rows, cols, k, periods):
    """T below which mode k is faster than the conventional array in a long product; None: at no T.

    P(k)*period(k) = P(1)*period(conventional), solved for T: with `none`, and with `load` where both
    arrays wait for the stream (S >= R). Below that T the conventional array needs relatively more, so
    the line parts the two."""
    slow, fast = periods[str(k)], periods["conventional"]
    if overlap == "full" or k == 1 or slow <= fast:
        return None
    load = rows if overlap == "none" else 0
    fixed = {mode: load + math.ceil(rows / mode) + math.ceil(cols / mode) - 2 for mode in (1, k)}
    t = (fixed[1] * fast - fixed[k] * slow) / (slow - fast)
    if overlap == "load" and stream_cycles(rows, cols, k, t) < rows:
        raise ValueError(f"break-even of load, {rows}x{cols}, k = {k}: the load bounds the tile, not the stream")
    return t if t > 0 else None


def break_even_tiles(rows, cols, k, t, periods):
    """Tiles of a product below which mode k pays with `full`: only its first fill and last drain are
    shorter; R + (n-1)*P + S(k) cycles against R + (n-1)*P + S(1), solved for n."""
    slow, fast = periods[str(k)], periods["conventional"]
    ends = {mode: rows + stream_cycles(rows, cols, mode, t) for mode in (1, k)}
    per_tile = cycles_per_tile("full", rows, cols, k, t)
    return 1 + (ends[1] * fast - ends[k] * slow) / (per_tile * (slow - fast))
