"""One point of the design space, and the key under which its results are kept."""

import collections
import hashlib

from .axes import AXES, ENGINES, IDEAL


class Point(collections.namedtuple("Point", AXES, defaults=[default for default, _ in AXES.values()])):
    """The values of the axes, in the order of axes.AXES. None stands for the words auto, default and
    none, and for an axis that does not matter for the point: the latency of no memory, the seed where
    nothing is random."""

    __slots__ = ()

    @property
    def has_operands(self):
        """Without, it is a point by formula: nothing is random."""
        return has_operands(self.engine)

    @property
    def simulates(self):
        """Whether it runs in SystemC, in a process of its own: the engines pin and cycle, and those that
        stand in the accelerator before a memory."""
        engine = ENGINES[self.engine]
        return engine["systemc"] or (self.has_memory and engine["accelerator"])

    @property
    def has_memory(self):
        """Whether there is a memory, simulated or calculated."""
        return self.memory_bytes_per_cycle is not None

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
