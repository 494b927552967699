"""Cuts points into batches: large enough that handing them out costs little, small enough that all
workers are busy to the end and little is lost when one dies."""

from .evaluate import Batch

# Points by formula per batch, at most: with the figures of their layers, and without.
MAX_ANALYTIC = 2000
MAX_ANALYTIC_ALONE = 20000
# Multiply slots of the array that a batch of exact points may come to: a fraction of a second.
_MAX_SLOTS = 2e9
_MAX_EXACT = 64


def make_batches(points, layers_of, worker_count, make_batch, max_points=None, keep_layers=True):
    """Yields Batch objects. points: (key, point) pairs; layers_of: {workload: layers}; make_batch(keys,
    points) fills in the rest; max_points: at most so many points in a batch."""
    def is_alone(point):
        return point.has_operands or point.simulates or point.has_memory

    exact = [entry for entry in points if is_alone(entry[1])]
    analytic = [entry for entry in points if not is_alone(entry[1])]
    yield from _exact_batches(_in_turn(exact, layers_of, worker_count), layers_of, make_batch,
                              max_points or _MAX_EXACT)
    # Neighbours in the database's index come together: it grows at its end, batch by batch.
    analytic.sort(key=lambda entry: entry[0])
    most = MAX_ANALYTIC if keep_layers else MAX_ANALYTIC_ALONE
    size = max(1, min(most, -(-len(analytic) // (4 * worker_count)), max_points or most))
    for start in range(0, len(analytic), size):
        yield _batch(analytic[start:start + size], make_batch)


def _in_turn(entries, layers_of, worker_count):
    """In the order of the keys, which is none: so the time to go is right from early on. Only of the
    last ones the cheapest come last, so that all workers end at about the same time."""
    entries = sorted(entries, key=lambda entry: entry[0])
    last = max(4 * worker_count, len(entries) // 20)
    tail = sorted(entries[-last:], reverse=True,
                  key=lambda entry: _multiply_slots(entry[1], layers_of[entry[1].workload]))
    return entries[:-last] + tail


def _batch(entries, make_batch) -> Batch:
    return make_batch([key for key, _ in entries], [point for _, point in entries])


def _exact_batches(entries, layers_of, make_batch, max_points):
    pending, slots = [], 0.0
    for entry in entries:
        point = entry[1]
        if point.simulates:  # a process of its own anyway
            yield _batch([entry], make_batch)
            continue
        pending.append(entry)
        if point.has_operands:
            slots += _multiply_slots(point, layers_of[point.workload])
        if slots >= _MAX_SLOTS or len(pending) >= max_points:
            yield _batch(pending, make_batch)
            pending, slots = [], 0.0
    if pending:
        yield _batch(pending, make_batch)


def _multiply_slots(point, layers):
    """T times the processing elements of all tiles: what the fast engine's time goes with."""
    slots = 0
    for _, t, n, m, repeat in layers:
        tiles = -(-n // point.rows) * -(-m // point.cols) * repeat
        if point.sample_tiles is not None:
            tiles = min(tiles, point.sample_tiles)
        slots += t * tiles * point.rows * point.cols
    return slots
