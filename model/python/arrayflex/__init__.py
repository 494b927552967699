"""ArrayFlex: a reference model of a systolic array with configurable transparent pipelining.

Symbols: X = A B with A of T x N (streamed through the array), B of N x M (stationary weights) and X of
T x M; k is the collapse factor; R and C are the array's rows and columns.

>>> import arrayflex, numpy
>>> a = numpy.ones((4, 16), numpy.int8)
>>> b = numpy.ones((16, 3), numpy.int8)
>>> result = arrayflex.run(a, b, array=arrayflex.Array(16, 16, data_width_bits=8))
>>> result.x[0]
array([16, 16, 16], dtype=int32)

Functions: run() models one product on given operands or a whole network, latency() and best_k() are the
closed form, analytic_points() the closed form of many arrays and layers in one call, figures() the
table of what a report says. Classes: Array, Technology, Workload.

Errors: InputError (a ValueError) for anything that cannot be used, its message naming the item, its
value and what is allowed; OverflowError when an exact count leaves 0..2^63-1. The computing functions
release the interpreter lock; operand arrays must not be written to meanwhile.
"""

from __future__ import annotations

from ._array import Array, Technology, Workload, technologies, workloads
from ._closed_form import AnalyticPoints, DesignPoints, analytic_points, best_k, latency
from ._core import InputError, __version__, available_kernels
from ._figures import Figure, SweepColumn, figures
from ._options import Axis, Option, options
from ._process import EngineCrash
from ._run import Activity, Energy, GemmResult, Operands, Report, energy, engines, run

__all__ = [
    "Activity", "AnalyticPoints", "Array", "Axis", "DesignPoints", "Energy", "EngineCrash", "Figure",
    "GemmResult", "InputError", "Operands", "Option", "Report", "SweepColumn", "Technology", "Workload",
    "__version__", "analytic_points", "available_kernels", "best_k", "energy", "engines", "figures",
    "latency", "options", "run", "technologies", "workloads",
]
