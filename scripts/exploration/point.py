"""One point of the design space, and the key under which its results are kept."""

import hashlib
from typing import NamedTuple, Optional, Tuple, Union

from .axes import IDEAL


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
    def needs_command(self):
        """Whether it runs as a process of the command `arrayflex`, which has SystemC: pin and cycle
        engines, and everything with a memory. The Python module runs the others."""
        return self.memory_bytes_per_cycle is not None or self.engine in ("pin", "cycle")

    @property
    def memory(self):
        """As the command's --memory has it; None without."""
        if self.memory_bytes_per_cycle is None:
            return None
        if self.memory_bytes_per_cycle == IDEAL:
            return IDEAL
        return f"{self.memory_bytes_per_cycle!r}:{self.memory_latency_ns!r}"


def point_key(point, identity):
    """Hash of the point and of all that its results depend on; `identity` stands for what is not in
    the point: model version, contents of files, settings of the whole space."""
    return hashlib.blake2b(f"{identity}|{tuple(point)!r}".encode(), digest_size=16).hexdigest()
