"""One point of the design space, and the key under which its results are kept."""

import hashlib
from typing import NamedTuple, Optional, Tuple, Union

from .axes import ENGINES, IDEAL


class Point(NamedTuple):
    """The values of the axes, in the order of axes.AXES."""

    rows: int
    cols: int
    data_width_bits: int
    modes: Optional[Tuple[int, ...]]  # None: the default modes that fit
    k: Optional[int]  # None: per layer the fastest
    technology: str
    workload: str
    engine: str
    memory_bytes_per_cycle: Union[None, str, float]  # None: no memory; "ideal"
    memory_latency_ns: Optional[float]  # None where there is no such memory
    sample_tiles: Optional[int]
    seed: Optional[int]  # None where nothing is random

    @property
    def has_operands(self):
        """Without, it is a point by formula: nothing is random."""
        return has_operands(self.engine)

    @property
    def simulates(self):
        """Whether it runs in SystemC, in a process of its own: the engines pin and cycle, and everything
        with a memory."""
        return self.memory_bytes_per_cycle is not None or ENGINES[self.engine]["systemc"]

    @property
    def memory(self):
        """As arrayflex.run() takes it; None without."""
        if self.memory_bytes_per_cycle is None:
            return None
        if self.memory_bytes_per_cycle == IDEAL:
            return IDEAL
        return f"{self.memory_bytes_per_cycle!r}:{self.memory_latency_ns!r}"


def has_operands(engine):
    """Whether the engine reads operands; without, nothing of a point is random."""
    return ENGINES[engine]["values"]


def point_key(point, identity):
    """Hash of the point and of all that its results depend on; `identity` stands for what is not in
    the point: model version, contents of files, settings of the whole space."""
    return hashlib.blake2b(f"{identity}|{tuple(point)!r}".encode(), digest_size=16).hexdigest()
