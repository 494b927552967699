#!/usr/bin/python3
"""Tests of the Python package arrayflex.

Usage: arrayflex_test.py [--command ARRAYFLEX] [arguments of unittest], with the package on PYTHONPATH.
Exit status 77: numpy is missing.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
import unittest

try:
    import numpy
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(77)

import arrayflex

COMMAND = None
SEED = int(os.environ.get("ARRAYFLEX_TEST_SEED", "20230417"))


def product(a, b, acc_width_bits):
    """X = A B modulo 2^acc_width_bits, in Python's unbounded integers."""
    sums = numpy.asarray(a).astype(object) @ numpy.asarray(b).astype(object)
    half = 1 << (acc_width_bits - 1)
    return ((sums + half) % (2 * half) - half).tolist()


def refused(test, error, *parts):
    """A context in which `error` must be raised, its message holding all parts."""
    class Context:
        def __enter__(self):
            return self

        def __exit__(self, kind, value, trace):
            test.assertIs(kind, error, f"{kind}: {value}")
            for part in parts:
                test.assertIn(part, str(value))
            return True
    return Context()


class Products(unittest.TestCase):
    def setUp(self):
        print(f"ARRAYFLEX_TEST_SEED={SEED}")
        self.random = numpy.random.default_rng(SEED)

    def operands(self, shape, bits):
        return self.random.integers(-(1 << (bits - 1)), 1 << (bits - 1), shape)

    def test_result_equals_the_plain_product(self):
        for bits, acc, kind in ((8, 32, numpy.int32), (16, 64, numpy.int64), (32, 64, numpy.int64)):
            for t, n, m in ((1, 1, 1), (5, 9, 3), (17, 4, 12), (6, 23, 11)):
                with self.subTest(bits=bits, shape=(t, n, m)):
                    a, b = self.operands((t, n), bits), self.operands((n, m), bits)
                    for design in ("arrayflex", "conventional"):
                        result = arrayflex.run(a, b, array=arrayflex.Array(4, 6, bits), design=design)
                        self.assertEqual(result.x.dtype, kind)
                        self.assertEqual(result.x.tolist(), product(a, b, acc))

    def test_sums_wrap(self):
        a = numpy.full((1, 3), -(2**31), numpy.int32)
        result = arrayflex.run(a, a.T, array=arrayflex.Array(4, 4))
        self.assertEqual(result.x.tolist(), [[-(2**62)]])
        self.assertEqual(product(a, a.T, 64), [[-(2**62)]])

    def test_every_integer_type_and_stride(self):
        a, b = self.random.integers(0, 128, (7, 10)), self.random.integers(0, 128, (10, 5))
        array = arrayflex.Array(4, 4, 8)
        plain = arrayflex.run(a, b, array=array)
        self.assertEqual(plain.x.tolist(), product(a, b, 32))
        for kind in "int8 int16 int32 int64 uint8 uint16 uint32 uint64".split():
            wide = numpy.zeros((14, 30), kind)
            wide[::2, ::3] = a
            packed = numpy.zeros(a.size * a.itemsize + 1, numpy.uint8)[1:].view()
            unaligned = numpy.frombuffer(packed.data, numpy.dtype(kind), a.size).reshape(a.shape)
            unaligned.setflags(write=True)
            unaligned[:] = a
            reverse = numpy.ascontiguousarray(a[::-1, ::-1].astype(kind))[::-1, ::-1]
            views = {"dense": a.astype(kind), "fortran": numpy.asfortranarray(a.astype(kind)),
                     "strided": wide[::2, ::3], "reversed": reverse, "unaligned": unaligned}
            for name, view in views.items():
                with self.subTest(kind=kind, view=name):
                    result = arrayflex.run(view, b.astype(kind), array=array)
                    self.assertEqual(result.x.tolist(), plain.x.tolist())
                    self.assertEqual(result.activity, plain.activity)

    def test_operands_are_read_in_place(self):
        # Strides of 0: all elements are one byte of memory.
        a = numpy.broadcast_to(numpy.int8(3), (2**20, 3))
        result = arrayflex.run(a, numpy.ones((3, 1), numpy.int8), array=arrayflex.Array(4, 4, 8),
                               activity=False)
        self.assertTrue((result.x == 9).all())
        rows = numpy.broadcast_to(numpy.arange(-8, 8, dtype=numpy.int8), (300, 16))
        result = arrayflex.run(rows, numpy.eye(16, dtype=numpy.int8), array=arrayflex.Array(4, 4, 8))
        self.assertEqual(result.x.tolist(), rows.tolist())

    def test_figures_agree_with_each_other(self):
        a, b = self.operands((9, 13), 8), self.operands((13, 7), 8)
        array = arrayflex.Array(5, 4, 8, modes=[1, 2, 3], technology="asap7")
        for k in (1, 2, 3):
            result = arrayflex.run(a, b, array=array, k=k, threads=2)
            self.assertEqual(result.k, k)
            self.assertEqual(result.cycles, arrayflex.latency(9, 13, 7, rows=5, cols=4, k=k))
            self.assertEqual(result.tiles, 3 * 2)
            self.assertEqual(result.time_ns, result.cycles * array.clock_period_ps[str(k)] * 1e-3)
            self.assertEqual(result.energy, arrayflex.energy(result.activity, result.time_ns, array, k=k))
            self.assertEqual(result.power_mw, result.energy.total_pj / result.time_ns)
            parts = [v for name, v in vars(result.energy).items() if name != "total_pj"]
            self.assertEqual(sum(parts), result.energy.total_pj)
        chosen = arrayflex.run(a, b, array=array)
        self.assertEqual(chosen.k, arrayflex.best_k(array, 9, 13, 7))
        self.assertIsNone(arrayflex.run(a, b, array=array, activity=False).activity)

    def test_unknown_clock_means_unknown_time_and_energy(self):
        result = arrayflex.run([[1]], [[1]], array=arrayflex.Array(4, 4, modes=[1, 3]), k=3)
        self.assertIsNone(result.time_ns)
        self.assertIsNone(result.energy)
        self.assertIsNone(result.power_mw)


class Refusals(unittest.TestCase):
    def test_operands(self):
        good = numpy.ones((3, 3), numpy.int8)
        array = arrayflex.Array(4, 4, 8)
        cases = [
            (good * 1.0, good, ("a: dtype = float64", "integers")),
            (good, good > 0, ("b: dtype = bool", "integers")),
            (good[0], good, ("a: shape = (3,)", "two dimensions")),
            (good, numpy.ones((2, 2, 2), int), ("b: shape = (2, 2, 2)", "not 3")),
            (good[:0], good, ("a: shape = (0, 3)", "neither may be 0")),
            (good, good[:2], ("b: shape = (2, 3)", "3 rows")),
            (numpy.ma.array(good, mask=good > 0), good, ("a: is a masked array", "filled")),
            (good.astype(">i4"), good, ("a: dtype = >i4", "byte order")),
            (good, numpy.array([[1, 2, 3], [4, 5, 128], [0, 0, 0]]), ("b[1, 2] = 128", "-128..127")),
            (numpy.array([[-129, 0, 0]]), good, ("a[0, 0] = -129", "-128..127")),
            (numpy.array([[2**63]], numpy.uint64), [[1]], (f"a[0, 0] = {2**63}", "-128..127")),
        ]
        for a, b, parts in cases:
            with self.subTest(parts=parts), refused(self, arrayflex.InputError, *parts):
                arrayflex.run(a, b, array=array)

    def test_input_error_is_a_value_error(self):
        self.assertTrue(issubclass(arrayflex.InputError, ValueError))
        with self.assertRaises(ValueError):
            arrayflex.Array(0)

    def test_arrays(self):
        for arguments, parts in (
                ({"rows": 0}, ("rows = 0", "1..4096")), ({"cols": 5000}, ("cols = 5000", "1..4096")),
                ({"rows": 2**40}, (f"rows = {2**40}", "1..4096")), ({"cols": 8.0}, ("cols = 8.0",)),
                ({"rows": "8"}, ("rows = '8'", "whole number")), ({"modes": "12"}, ("modes = '1'",)),
                ({"acc_width_bits": -1}, ("acc_width_bits = -1",)),
                ({"data_width_bits": 12}, ("12/64", "32/64, 16/64 and 8/32")),
                ({"modes": [1, 1]}, ("modes = 1", "once")), ({"modes": []}, ("modes = []",)),
                ({"modes": [200]}, ("modes = 200", "1..128")),
                ({"technology": "nosuch"}, ("nosuch", "asap7")),
                ({"clock_period_ps": {"fast": 1.0}}, ("clock_period_ps = fast", "conventional")),
                ({"clock_period_ps": {"1": -1.0}}, ("-1 ps", "1e-3..1e9"))):
            with self.subTest(arguments=arguments), refused(self, arrayflex.InputError, *parts):
                arrayflex.Array(**arguments)

    def test_arguments_of_run(self):
        one = [[1]]
        for call, parts in (
                (lambda: arrayflex.run(one, one, k=0), ("k = 0",)),
                (lambda: arrayflex.run(one, one, k="2"), ("k = '2'", "whole number")),
                (lambda: arrayflex.run(one, one, k=2**40), (f"k = {2**40}",)),
                (lambda: arrayflex.run(one, one, threads=2**40), ("threads", "1..1024")),
                (lambda: arrayflex.run("resnet34", seed=-1), ("seed = -1", f"0..{2**63 - 1}")),
                (lambda: arrayflex.run("resnet34", sample_tiles=2.5), ("sample_tiles = 2.5",)),
                (lambda: arrayflex.run(one, one, k=129), ("k = 129", "1..128")),
                (lambda: arrayflex.run(one, one, design="other"), ("design = other", "conventional")),
                (lambda: arrayflex.run(one, one, threads=0), ("threads = 0",)),
                (lambda: arrayflex.run(one, one, kernel="none"), ("kernel", "none")),
                (lambda: arrayflex.run(one, one, engine="fast"), ("engine = fast", "operands a and b")),
                (lambda: arrayflex.run(one), ("without b",)),
                (lambda: arrayflex.run("nosuch"), ("nosuch", "resnet34")),
                (lambda: arrayflex.run("resnet34", engine="rtl"), ("engine = rtl", "fast, pin and cycle")),
                (lambda: arrayflex.run("resnet34", design="arrayflex"), ("design", "a workload")),
                (lambda: arrayflex.run("resnet34", layers="zz*"), ("zz*", "conv1")),
                (lambda: arrayflex.run("resnet34", sample_tiles=1), ("1", "2..")),
                (lambda: arrayflex.energy({}, 1.0, arrayflex.Array()), ("toggles.operand is missing",))):
            with self.subTest(parts=parts), refused(self, arrayflex.InputError, *parts):
                call()

    def test_overflow(self):
        with refused(self, OverflowError, "2^63-1"):
            arrayflex.latency(2**31 - 1, 2**31 - 1, 2**31 - 1, rows=1, cols=1)
        huge = arrayflex.Workload.from_layers([("big", 2**31 - 1, 2**31 - 1, 2**31 - 1, 1)])
        with refused(self, OverflowError, "layer big", "2^63-1"):
            arrayflex.run(huge, array=arrayflex.Array(1, 1), engine="analytic")


class ClosedForm(unittest.TestCase):
    def test_formula(self):
        numbers = random.Random(SEED)
        for _ in range(300):
            rows, cols = numbers.randint(1, 50), numbers.randint(1, 50)
            k = numbers.randint(1, min(rows, cols))
            t, n, m, repeat = (numbers.randint(1, 300) for _ in range(4))
            tile = rows + -(-rows // k) + -(-cols // k) + t - 2
            alone = tile * -(-n // rows) * -(-m // cols)
            self.assertEqual(arrayflex.latency(t, n, m, rows=rows, cols=cols, k=k, repeat=repeat,
                                               group_packing=False), alone * repeat)
            together = max([1] + [p for p in range(1, repeat + 1) if p * n <= rows and p * m <= cols])
            self.assertEqual(arrayflex.latency(t, n, m, rows=rows, cols=cols, k=k, repeat=repeat),
                             alone * -(-repeat // together))

    def test_groups_share_tiles_unless_told_otherwise(self):
        network = arrayflex.Workload.from_layers([("a", 7, 2, 1, 8), ("b", 5, 8, 6, 1)])
        array = arrayflex.Array(6, 5)
        for given, tiles in (({}, 3), ({"group_packing": True}, 3), ({"group_packing": "on"}, 3),
                             ({"group_packing": False}, 8), ({"group_packing": "off"}, 8)):
            report = arrayflex.run(network, array=array, engine="analytic", **given)
            self.assertEqual(report.layers[0]["tiles"], tiles, given)
            self.assertEqual(report.layers[0].get("groups_per_tile"), 3 if tiles == 3 else None)
            self.assertNotIn("groups_per_tile", report.layers[1])
            points = arrayflex.analytic_points(array, [6], [5], network, group_packing=tiles == 3)
            self.assertEqual(points.tiles[0].tolist(), [layer["tiles"] for layer in report.layers])
            self.assertEqual(points.arrayflex.cycles[0].tolist(),
                             [layer["cycles"] for layer in report.layers])
        with self.assertRaisesRegex(arrayflex.InputError, "group_packing = maybe: allowed are on and off"):
            arrayflex.run(network, array=array, engine="analytic", group_packing="maybe")

    def test_overlap(self):
        stream, tiles = 3 + 2 + 2 - 2, 6
        for overlap, period in (("none", 2 + stream), ("load", stream), ("full", 3)):
            self.assertEqual(arrayflex.latency(3, 4, 6, rows=2, cols=2, repeat=5, overlap=overlap),
                             (2 + (tiles - 1) * period + stream) * 5)
        with self.assertRaisesRegex(arrayflex.InputError, "overlap = both: .*none, load, full"):
            arrayflex.latency(3, 4, 6, overlap="both")

    def test_arrays_broadcast(self):
        t = numpy.array([[1], [2], [3]], numpy.int16)
        k = [1, 2, 4, 8]
        cycles = arrayflex.latency(t, 64, 32, rows=16, cols=8, k=k)
        self.assertEqual((cycles.shape, cycles.dtype), ((3, 4), numpy.int64))
        for i, j in numpy.ndindex(3, 4):
            self.assertEqual(cycles[i, j], arrayflex.latency(i + 1, 64, 32, rows=16, cols=8, k=k[j]))
        self.assertEqual(arrayflex.latency([], [], []).shape, (0,))
        self.assertIs(type(arrayflex.latency(1, 1, 1)), int)

    def test_refusals(self):
        for arguments, part in (({"t": 0}, "0"), ({"t": 1.5}, "t: dtype = float64"),
                                ({"k": 9}, "k = 9"), ({"rows": 5000}, "rows = 5000"),
                                ({"t": [1, 2], "n": [1, 2, 3]}, "t (2,), n (3,)")):
            values = {"t": 1, "n": 1, "m": 1, "rows": 8, "cols": 8, **arguments}
            with self.subTest(arguments=arguments), refused(self, arrayflex.InputError, part):
                arrayflex.latency(**values)

    def test_the_papers_layers(self):
        cycles = arrayflex.latency(196, 2304, 256, rows=132, cols=132, k=[1, 2, 3, 4])
        self.assertEqual(cycles.tolist(), [21240, 16488, 14904, 14112])
        array = arrayflex.Array(132, 132)
        self.assertEqual(arrayflex.best_k(array, [196, 49], 2304, [256, 512]).tolist(), [2, 4])

    def test_points_equal_reports(self):
        sizes = numpy.array([3, 16, 100, 256])
        points = arrayflex.analytic_points(arrayflex.Array(technology="asap7"), sizes, sizes[::-1],
                                           "mobilenet_v1")
        self.assertEqual(points.errors, [])
        for i, (rows, cols) in enumerate(zip(sizes.tolist(), sizes[::-1].tolist())):
            array = arrayflex.Array(rows, cols, technology="asap7")
            report = arrayflex.run("mobilenet_v1", array=array, engine="analytic")
            for design, figures, total in (
                    ("arrayflex", points.arrayflex, report.total),
                    ("conventional", points.conventional, report.total["conventional"])):
                self.assertEqual(figures.total_cycles[i], total["cycles"])
                self.assertEqual(figures.total_time_ns[i], total["time_ns"])
                self.assertEqual(figures.area_um2[i], array.area_um2(design)["array_total_um2"])
            self.assertEqual(points.total_tiles[i], report.total["tiles"])
            self.assertEqual(points.k[i].tolist(), [layer["k"] for layer in report.layers])
            self.assertEqual(points.tiles[i].tolist(), [layer["tiles"] for layer in report.layers])
            self.assertEqual(points.arrayflex.cycles[i].tolist(),
                             [layer["cycles"] for layer in report.layers])
            self.assertEqual(points.conventional.time_ns[i].tolist(),
                             [layer["conventional"]["time_ns"] for layer in report.layers])
        sums = arrayflex.analytic_points(arrayflex.Array(technology="asap7"), sizes, sizes[::-1],
                                         "mobilenet_v1", layers=False)
        self.assertIsNone(sums.k)
        self.assertEqual(sums.arrayflex.total_time_ns.tolist(),
                         points.arrayflex.total_time_ns.tolist())

    def test_a_bad_point_stops_no_other(self):
        array = arrayflex.Array(8, 8, modes=[1, 8])
        points = arrayflex.analytic_points(array, [8, 4, 0, 16], 8, "resnet18")
        self.assertEqual([(point, kind) for point, kind, _ in points.errors],
                         [(1, "InputError"), (2, "InputError")])
        self.assertIn("modes = 8", points.errors[0][2])
        self.assertIn("rows = 0", points.errors[1][2])
        for i in (1, 2):
            for counts in (points.k, points.tiles, points.arrayflex.cycles, points.conventional.cycles):
                self.assertFalse(counts[i].any())
            self.assertEqual([points.total_tiles[i], points.arrayflex.total_cycles[i]], [0, 0])
            for design in (points.arrayflex, points.conventional):
                self.assertTrue(numpy.isnan(design.time_ns[i]).all())
                self.assertTrue(numpy.isnan([design.total_time_ns[i], design.area_um2[i]]).all())
        for i, rows in ((0, 8), (3, 16)):
            report = arrayflex.run("resnet18", array=arrayflex.Array(rows, 8, modes=[1, 8]),
                                   engine="analytic")
            self.assertEqual(points.arrayflex.total_cycles[i], report.total["cycles"])


class Networks(unittest.TestCase):
    def test_paper(self):
        report = arrayflex.run("resnet34", engine="analytic")
        self.assertEqual(report.total["conventional"]["cycles"], 809350)
        self.assertAlmostEqual(report.total["time_saved"], 0.095, places=3)
        self.assertNotIn("activity", report.total)

    @unittest.skipUnless("--command" in sys.argv, "no command given")
    def test_report_equals_the_commands(self):
        cases = [("fast", {"sample_tiles": 3, "seed": 7}, ["--sample-tiles", "3", "--seed", "7"]),
                 ("fast", {"k": 2, "operands": arrayflex.Operands(magnitude_bits=5)},
                  ["--k", "2", "--magnitude-bits", "5"]),
                 ("analytic", {}, [])]
        for engine, options, arguments in cases:
            with self.subTest(engine=engine), tempfile.TemporaryDirectory() as folder:
                path = os.path.join(folder, "report.json")
                subprocess.run([COMMAND, "run", "mobilenet_v1", "--layers", "*dw*,!*1*", "--rows", "16",
                                "--cols", "24", "--data-width", "8", "--engine", engine, "--json", path,
                                "--quiet", *arguments], check=True)
                with open(path, encoding="utf-8") as file:
                    expected = json.load(file)
                report = arrayflex.run("mobilenet_v1", array=arrayflex.Array(16, 24, 8), engine=engine,
                                       layers="*dw*,!*1*", **options).to_dict()
                self.assertTrue(expected["layers"])
                self.assert_holds(report, expected, "report")

    def assert_holds(self, mine, expected, path):
        """Everything the command reports; the package adds energies."""
        if isinstance(expected, dict):
            for key, value in expected.items():
                self.assertIn(key, mine, path)
                self.assert_holds(mine[key], value, f"{path}.{key}")
        elif isinstance(expected, list):
            self.assertEqual(len(mine), len(expected), path)
            for i, value in enumerate(expected):
                self.assert_holds(mine[i], value, f"{path}[{i}]")
        else:
            self.assertEqual(mine, expected, path)

    def test_energy_of_the_report(self):
        array = arrayflex.Array(8, 8, 8, technology="asap7")
        workload = arrayflex.Workload.from_layers([("x", 9, 20, 10, 2), ("y", 3, 8, 8, 1)])
        report = arrayflex.run(workload, array=array)
        for layer in report.layers:
            for design, entry in (("arrayflex", layer), ("conventional", layer["conventional"])):
                expected = arrayflex.energy(entry["activity"], entry["time_ns"], array, k=layer["k"],
                                            design=design)
                self.assertEqual(entry["energy"]["exact"]["energy_pj"], expected.total_pj)
                self.assertGreater(expected.total_pj, 0)

    def test_figures_are_those_of_the_report(self):
        array = arrayflex.Array(8, 8, 8, technology="asap7", overlap="load")
        report = arrayflex.run(arrayflex.Workload.from_layers([("x", 9, 20, 10, 2)]), array=array)
        document = report.to_dict()
        places = {"run": document, "layer": document["layers"][0], "entry": report.total,
                  "design": report.total["conventional"], "comparison": report.total,
                  "total": report.total}
        header = report.to_csv().splitlines()[0].split(",")
        for figure in arrayflex.figures():
            if figure.when not in ("always", "kernel", "technology", "area", "activity", "energy", "ratios",
                                   "overlap"):
                continue
            value = places[figure.scope]
            for key in figure.key.split("."):
                self.assertIn(key, value, figure)
                value = value[key]
            if figure.csv_column:
                self.assertIn(figure.csv_column, header)
        units = {figure.key: figure.unit for figure in arrayflex.figures()}
        self.assertEqual(units["energy.exact.power_mw"], "mW")

    def test_layers_given_in_python(self):
        for layers, part in (([], "at least one layer"), ([("a", 1, 1, 1, 1)] * 2, "unique"),
                             ([("", 1, 1, 1, 1)], "empty"), ([("a", 0, 1, 1, 1)], "a")):
            with self.subTest(layers=layers), refused(self, arrayflex.InputError, part):
                arrayflex.Workload.from_layers(layers)
        network = arrayflex.Workload("resnet18")
        again = arrayflex.Workload.from_layers(network.layers)
        self.assertEqual(arrayflex.run(again, engine="analytic").layers,
                         arrayflex.run("resnet18", engine="analytic").layers)
        self.assertEqual(len(network.select("conv1,layer1.*,!*.conv2")), 3)


class Technologies(unittest.TestCase):
    def test_numbers_have_sources(self):
        self.assertIn("asap7", arrayflex.technologies())
        technology = arrayflex.Technology("asap7")
        numbers = technology.numbers()
        self.assertTrue(numbers)
        for number in numbers:
            self.assertTrue(number.source, number.item)
            self.assertTrue(number.unit, number.item)
        periods = technology.clock_period_ps(32, [1, 3])
        self.assertEqual(set(periods), {"conventional", "1", "3"})
        self.assertLess(periods["conventional"], periods["1"])

    def test_clocks_where_tiles_overlap(self):
        """The weight mux is in every period that is computed, and in none that is given."""
        technology = arrayflex.Technology("asap7")
        alone = technology.clock_period_ps(16, [1, 2, 3], overlap="none")
        self.assertEqual(alone, technology.clock_period_ps(16, [1, 2, 3]))
        mux = {number.item: number.value for number in technology.numbers()}["16 bit / delays / mux"]
        self.assertGreater(mux, 0)
        for overlap in ("load", "full"):
            periods = technology.clock_period_ps(16, [1, 2, 3], overlap=overlap)
            self.assertEqual(set(periods), set(alone))
            for mode, period in periods.items():
                self.assertAlmostEqual(period, alone[mode] + mux, 9)
            array = arrayflex.Array(8, 8, 16, technology="asap7", modes=[1, 2, 3], overlap=overlap)
            self.assertEqual(array.clock_period_ps, periods)
        paper = arrayflex.Technology("paper")
        self.assertEqual(paper.clock_period_ps(32, [1, 2], "full"), paper.clock_period_ps(32, [1, 2]))
        with self.assertRaisesRegex(arrayflex.InputError, "overlap = both: .*none, load, full"):
            technology.clock_period_ps(16, [1], overlap="both")

    def test_area_adds_up(self):
        area = arrayflex.Array(6, 5, 16, technology="sky130hd").area_um2()
        parts = sum(v for name, v in area.items() if name.startswith("pe_") and name != "pe_total_um2")
        self.assertAlmostEqual(area["pe_total_um2"], parts, places=9)
        self.assertAlmostEqual(area["array_total_um2"],
                               30 * area["pe_total_um2"] + area["skew_registers_um2"], places=3)

    def test_given_clocks_win(self):
        array = arrayflex.Array(8, 8, clock_period_ps={"1": 100.0, "conventional": 90.0})
        self.assertEqual(array.clock_period_ps, {"1": 100.0, "conventional": 90.0})
        self.assertEqual(arrayflex.best_k(array, 5, 5, 5), 1)


class Threads(unittest.TestCase):
    def test_the_interpreter_lock_is_released(self):
        """Another thread goes on while the model runs: it ends the wait of this one's product."""
        a = numpy.ones((2000, 256), numpy.int32)
        b = numpy.ones((256, 256), numpy.int32)
        ticks, running = [], threading.Event()

        def model():
            running.set()
            arrayflex.run(a, b, array=arrayflex.Array(64, 64))
            ticks.append("done")

        thread = threading.Thread(target=model)
        thread.start()
        running.wait()
        while "done" not in ticks:
            ticks.append("tick")
            time.sleep(0.001)
        thread.join()
        # Held, the lock would let this thread in at the start and at the end only.
        self.assertGreater(ticks.index("done"), 5)


if __name__ == "__main__":
    if "--command" in sys.argv:
        position = sys.argv.index("--command")
        COMMAND = sys.argv[position + 1]
    arguments = [sys.argv[0]] + ([] if COMMAND is None else sys.argv[position + 2:])
    unittest.main(argv=arguments if COMMAND else sys.argv)
