#!/usr/bin/python3
"""End-to-end test of the `arrayflex` command: the paper's figures, the files of a report, products.

Usage: end_to_end_test.py COMMAND [arguments of unittest]; needs Debian's numpy.
"""

import csv
import json
import os
import pathlib
import resource

import numpy

import command_case
from command_case import NET_CLASSES, REGISTER_CLASSES, SEED, SMALL_ARRAY, CommandTest, model_tables

DEPTHWISE = {"mobilenet_v1": "!*.dw", "convnext_t": "!*dw*"}

# Conventional cycles and latency saved in %, with the published clocks, by array size and network
# (depthwise layers left out).
PAPER = {
    (128, "resnet34"): (809350, "9.5"),
    (128, "mobilenet_v1"): (156636, "10.2"),
    (128, "convnext_t"): (964538, "11.4"),
    (256, "resnet34"): (414142, "11.7"),
    (256, "mobilenet_v1"): (90520, "8.4"),
    (256, "convnext_t"): (495204, "15.2"),
}
# Cycles of two layers of ResNet-34 on a 132x132 array for k = 1, 2, 3, 4, by (T, N, M).
PAPER_132 = {
    (196, 2304, 256): (21240, 16488, 14904, 14112),
    (49, 2304, 512): (31896, 22392, 19224, 17640),
}

ACTIVITY_KEYS = {"toggles", "clocked_bits", "gated_bits"}
LAYER_KEYS = {
    "name", "t", "n", "m", "repeat", "k", "tiles", "cycles", "time_ns", "utilization", "macs",
    "conventional",
}


class PaperFigures(CommandTest):
    def test_networks(self):
        for (size, network), (cycles, saved) in PAPER.items():
            with self.subTest(size=size, network=network):
                arguments = ["run", network, "--engine", "analytic", "--rows", size, "--cols", size]
                if network in DEPTHWISE:
                    arguments += ["--layers", DEPTHWISE[network]]
                total = self.report(*arguments)["total"]
                self.assertEqual(total["conventional"]["cycles"], cycles)
                self.assertEqual(f"{100 * total['time_saved']:.1f}", saved)
                text = self.succeed(*arguments).stdout
                self.assertIn(f": {saved} % saved", text)
                self.assertIn(f"{cycles:,} cycles", text)

    def test_132_by_132(self):
        arguments = ["run", "resnet34", "--engine", "analytic", "--rows", 132, "--cols", 132]
        for k in (1, 2, 3, 4):
            report = self.report(*arguments, "--modes", "1,2,3,4", "--k", k)
            found = {(layer["t"], layer["n"], layer["m"]): layer for layer in report["layers"]}
            for shape, cycles in PAPER_132.items():
                self.assertEqual(found[shape]["cycles"], cycles[k - 1])
                self.assertEqual(found[shape]["k"], k)
                self.assertEqual(found[shape]["conventional"]["cycles"], cycles[0])
                self.assertEqual(found[shape]["time_ns"] is None, k == 3)
        report = self.report(*arguments)
        found = {(layer["t"], layer["n"], layer["m"]): layer["k"] for layer in report["layers"]}
        self.assertEqual([found[shape] for shape in PAPER_132], [2, 4])


class ReportFiles(CommandTest):
    def check_figures(self, entry, macs, array, exact):
        self.assertAlmostEqual(
            entry["utilization"], macs / (entry["cycles"] * array["rows"] * array["cols"]),
            places=12)
        self.assertEqual("activity" in entry, exact)
        if exact:
            self.assertEqual(set(entry["activity"]), ACTIVITY_KEYS)
            self.assertEqual(set(entry["activity"]["toggles"]), NET_CLASSES)
            self.assertEqual(set(entry["activity"]["clocked_bits"]), REGISTER_CLASSES)
            self.assertEqual(set(entry["activity"]["gated_bits"]), REGISTER_CLASSES)

    def check_sums(self, total, parts):
        for key in ("cycles", "time_ns"):
            self.assertAlmostEqual(total[key], sum(part[key] for part in parts), places=6)
        if "activity" not in total:
            return
        for kind, counts in total["activity"].items():
            for name, count in counts.items():
                self.assertEqual(count, sum(part["activity"][kind][name] for part in parts))
                self.assertGreaterEqual(count, 0)
        self.assertGreater(sum(total["activity"]["toggles"].values()), 0)

    def check_report(self, report, exact):
        array = report["array"]
        self.assertLessEqual({"rows", "cols", "data_width_bits", "acc_width_bits", "modes"},
                             set(array))
        for layer in report["layers"]:
            self.assertLessEqual(LAYER_KEYS, set(layer))
            self.assertEqual(layer["macs"], layer["t"] * layer["n"] * layer["m"] * layer["repeat"])
            tiles = -(-layer["n"] // array["rows"]) * -(-layer["m"] // array["cols"])
            self.assertEqual(layer["tiles"], tiles * layer["repeat"])
            groups = -(-array["rows"] // layer["k"]) + -(-array["cols"] // layer["k"])
            latency = array["rows"] + groups + layer["t"] - 2
            self.assertEqual(layer["cycles"], latency * layer["tiles"])
            self.check_figures(layer, layer["macs"], array, exact)
            self.check_figures(layer["conventional"], layer["macs"], array, exact)
        total = report["total"]
        for key in ("macs", "tiles"):
            self.assertEqual(total[key], sum(layer[key] for layer in report["layers"]))
        self.check_figures(total, total["macs"], array, exact)
        self.check_sums(total, report["layers"])
        self.check_sums(report["conventional"], [l["conventional"] for l in report["layers"]])
        self.assertEqual(report["conventional"], total["conventional"])

    def test_keys_and_identities(self):
        for engine in ("analytic", "fast"):
            report = self.report("run", self.workload, *SMALL_ARRAY, "--engine", engine,
                                 "--seed", SEED)
            self.assertEqual(report["engine"], engine)
            self.assertEqual(report["seed"], SEED)
            self.assertEqual(report["k"], "auto")
            self.assertEqual(report["array"]["rows"], 5)
            self.assertEqual(report["array"]["cols"], 6)
            self.assertEqual(report["array"]["modes"], [1, 2, 4])
            self.assertEqual([layer["repeat"] for layer in report["layers"]], [1, 4, 1])
            self.check_report(report, engine == "fast")

    def test_conventional_has_no_compressors(self):
        report = self.report("run", self.workload, *SMALL_ARRAY)
        toggles = report["total"]["activity"]["toggles"]
        baseline = report["conventional"]["activity"]["toggles"]
        for name in model_tables.net_classes(in_conventional=False):
            self.assertGreater(toggles[name], 0)
            self.assertEqual(baseline[name], 0)

    def test_out_folder(self):
        out = self.folder / "new" / "results"
        self.succeed("run", self.workload, *SMALL_ARRAY, "--out", out)
        self.assertEqual(sorted(os.listdir(out)), ["layers.csv", "report.json"])
        report = json.loads((out / "report.json").read_text(encoding="utf-8"))
        with open(out / "layers.csv", newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([row["layer_name"] for row in rows], ["conv", "dw", "fc, last"])
        for row, layer in zip(rows, report["layers"]):
            self.assertEqual(int(row["latency_cycles"]), layer["cycles"])
            self.assertEqual(float(row["time_ns"]), layer["time_ns"])
            self.assertEqual(int(row["conventional_latency_cycles"]),
                             layer["conventional"]["cycles"])
            self.assertFalse([name for name in row if "half_width" in name])
            for name in NET_CLASSES:
                self.assertEqual(int(row[f"{name}_toggles"]), layer["activity"]["toggles"][name])

    def test_seed_decides_the_operands(self):
        first = self.report("run", self.workload, *SMALL_ARRAY, "--seed", SEED)
        self.assertEqual(first, self.report("run", self.workload, *SMALL_ARRAY, "--seed", SEED))
        other = self.report("run", self.workload, *SMALL_ARRAY, "--seed", SEED + 1)
        self.assertNotEqual(first["total"]["activity"]["toggles"],
                            other["total"]["activity"]["toggles"])
        self.assertEqual(first["total"]["cycles"], other["total"]["cycles"])

    def test_subset_equals_the_layers_of_the_full_run(self):
        full = self.report("run", self.workload, *SMALL_ARRAY)["layers"]
        for pattern, indices in (("dw", [1]), ("?onv,fc*", [0, 2]), ("!dw", [0, 2]),
                                 ("*,!conv", [1, 2]), ("[!c]*", [1, 2]), ("[^c]*", [1, 2])):
            with self.subTest(pattern=pattern):
                part = self.report("run", self.workload, *SMALL_ARRAY, "--layers", pattern)
                self.assertEqual(part["layers"], [full[i] for i in indices])

    def test_mode_switches_leave_no_trace(self):
        chosen = self.report("run", self.workload, *SMALL_ARRAY)["layers"]
        for layer in chosen:
            alone = self.report("run", self.workload, *SMALL_ARRAY, "--k", layer["k"], "--layers",
                                layer["name"].replace(",", "?"))
            self.assertEqual(alone["layers"], [layer])

    def test_zero_share(self):
        def product_toggles(share):
            report = self.report("run", self.workload, *SMALL_ARRAY, "--zero-share", share)
            self.assertEqual(report["operand_recipe"]["activation_zero_share"], share)
            return report["total"]["activity"]["toggles"]["product"]

        self.assertEqual(product_toggles(1), 0)
        self.assertGreater(product_toggles(0), 0)

    def test_pe_map_adds_up(self):
        path = self.folder / "map.npy"
        report = self.report("run", self.workload, *SMALL_ARRAY, "--pe-map", path)
        pe_map = numpy.load(path)
        self.assertEqual(pe_map.shape, (5, 6))
        self.assertEqual(pe_map.dtype, numpy.int64)
        toggles = report["total"]["activity"]["toggles"]
        in_pes = model_tables.net_classes(in_pe=True)
        self.assertEqual(int(pe_map.sum()), sum(toggles[name] for name in in_pes))

    def test_config_file_and_options_that_override_it(self):
        config = self.file("config.json", json.dumps({
            "rows": 7, "cols": 9, "data_width_bits": 16, "acc_width_bits": 64, "modes": [1, 3],
            "clock_period_ps": {"conventional": 400, "1": 500, "3": 550}}))
        report = self.report("run", self.workload, "--config", config, "--rows", 3, "--k", 3)
        array = report["array"]
        self.assertEqual([array[key] for key in ("rows", "cols", "data_width_bits", "modes")],
                         [3, 9, 16, [1, 3]])
        self.assertAlmostEqual(report["total"]["time_ns"], report["total"]["cycles"] * 0.55)
        self.assertAlmostEqual(report["conventional"]["time_ns"],
                               report["conventional"]["cycles"] * 0.4)

    def test_defaults_follow_the_given_size_and_width(self):
        array = self.report("run", self.workload, "--rows", 2, "--cols", 3, "--data-width", 8)[
            "array"]
        self.assertEqual([array[key] for key in ("modes", "acc_width_bits")], [[1, 2], 32])


class Gemm(CommandTest):
    WIDTHS = {8: (numpy.int8, numpy.int32), 16: (numpy.int16, numpy.int64),
              32: (numpy.int32, numpy.int64)}

    def tensors(self, t, n, m, dtype, generator, limit=None):
        info = numpy.iinfo(dtype)
        low, high = (info.min, info.max + 1) if limit is None else (-limit, limit)
        return (generator.integers(low, high, (t, n)).astype(dtype),
                generator.integers(low, high, (n, m)).astype(dtype))

    def check_product(self, a, b, width, *arguments, rows=4):
        """Full-range operands make the sums wrap around; so do NumPy's."""
        wide = self.WIDTHS[width][1]
        path = self.folder / "x.npy"
        report = self.report("gemm", self.npy("a.npy", a), self.npy("b.npy", b), "--result", path,
                             "--data-width", width, "--rows", rows, "--cols", 3, *arguments)
        result = numpy.load(path)
        self.assertEqual(result.dtype, wide)
        with numpy.errstate(over="ignore"):
            expected = a.astype(wide) @ b.astype(wide)
        numpy.testing.assert_array_equal(result, expected)
        self.assertIsNone(report["seed"])
        layer = report["layers"][0]
        self.assertEqual((layer["t"], layer["n"], layer["m"]),
                         (a.shape[0], a.shape[1], b.shape[1]))
        return report

    def test_every_type_width_and_mode(self):
        generator = numpy.random.default_rng(SEED)
        for width, (own, _) in self.WIDTHS.items():
            for dtype in (numpy.int8, numpy.int16, numpy.int32):
                limit = None if dtype == own else 100
                for k in (1, 2, 3):
                    with self.subTest(width=width, dtype=dtype, k=k):
                        a, b = self.tensors(5, 11, 7, dtype, generator, limit)
                        self.check_product(a, b, width, "--k", k)

    def test_wrap_around_of_the_extremes(self):
        for width, (dtype, wide) in self.WIDTHS.items():
            low = numpy.iinfo(dtype).min
            # Enough terms for 8 and 32 bits; 16-bit operands would need 2^33 of them.
            n = 2 ** (32 - 14) if width == 8 else 6
            a = numpy.full((1, n), low, dtype)
            b = numpy.full((n, 1), low, dtype)
            self.check_product(a, b, width, "--k", 1, rows=64)
            if width != 16:
                self.assertGreater(n * int(low) ** 2, numpy.iinfo(wide).max)

    def test_fortran_order_and_mixed_types(self):
        generator = numpy.random.default_rng(SEED)
        a, b = self.tensors(6, 5, 4, numpy.int16, generator)
        for left, right in ((numpy.asfortranarray(a), b), (a, numpy.asfortranarray(b)),
                            (a.astype(numpy.int32), b)):
            self.check_product(left, right, 16, "--k", 2)

    def test_one_by_one(self):
        self.check_product(numpy.array([[-3]], numpy.int8), numpy.array([[5]], numpy.int8), 8,
                           "--k", 1)

    def test_engines_agree_on_cycles(self):
        generator = numpy.random.default_rng(SEED)
        a, b = self.tensors(6, 9, 8, numpy.int32, generator)
        exact = self.check_product(a, b, 32, "--k", 2)
        closed_form = self.report("gemm", self.folder / "a.npy", self.folder / "b.npy", "--rows", 4,
                                  "--cols", 3, "--k", 2, "--engine", "analytic")
        self.assertEqual(exact["total"]["cycles"], closed_form["total"]["cycles"])
        self.assertNotIn("activity", closed_form["total"])

    def test_bad_tensors(self):
        good = numpy.ones((4, 3), numpy.int32)
        b = self.npy("good_b.npy", numpy.ones((3, 2), numpy.int32))
        data = pathlib.Path(self.npy("good.npy", good)).read_bytes()

        def header(text):
            return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()

        huge = ("{'descr': '<i4', 'fortran_order': False, 'shape': "
                "(2147483647, 2147483647), }\n")
        bad = {
            "truncated.npy": (data[:-1], "175 bytes"),
            "longer.npy": (data + b"x", "177 bytes"),
            "header_only.npy": (data[:40], "truncated"),
            "magic.npy": (b"PK" + data[2:], "must start with"),
            "empty.npy": (b"", "must start with"),
            "version.npy": (data[:6] + b"\x09" + data[7:], "version 9.0"),
            "huge.npy": (header(huge), "needs exactly"),
            "larger.npy": (header(huge.replace("2147483647", "99999999999999999999")), "shape"),
            "negative.npy": (header(huge.replace("(2147", "(-2147")), "shape"),
            "no_dict.npy": (header("hello\n"), "malformed header"),
            "no_header.npy": (header(""), "header of 0 bytes"),
            "spaces.npy": (header("   \n"), "malformed header"),
            "no_tuple.npy": (header(huge.replace("(", "").replace(")", "")), "malformed header"),
        }
        paths = [(self.file(name, content), word) for name, (content, word) in bad.items()]
        typed = {
            "float64.npy": (good.astype(numpy.float64), "<f8"),
            "int64.npy": (good.astype(numpy.int64) + 2**40, "value 109951"),
            "uint64.npy": (good.astype(numpy.uint64) + numpy.uint64(2**63), "value 92233720368547758"),
            "big_endian.npy": (good.astype(">i4"), ">i4"),
            "vector.npy": (good[0], "1 dimension"),
            "cube.npy": (good.reshape(2, 2, 3), "3 dimension"),
            "no_rows.npy": (good[:0], "0 x 3"),
            "scalar.npy": (numpy.int32(3), "0 dimension"),
        }
        paths += [(self.npy(name, array), word) for name, (array, word) in typed.items()]
        paths += [("/nonexistent/a.npy", "must be a readable"), (str(self.folder), "must be a")]
        memory = (resource.RLIMIT_AS, (2**30, 2**30))
        # A build with the address sanitizer cannot even start within a limit.
        can_limit = self.command(
            "--version", preexec_fn=lambda: resource.setrlimit(*memory)).returncode == 0
        for path, word in paths:
            with self.subTest(path=path):
                self.fail_with_usage(["gemm", path, b], path, word)
                if not can_limit:
                    continue
                limited = self.command("gemm", path, b,
                                       preexec_fn=lambda: resource.setrlimit(*memory))
                self.assertEqual(limited.returncode, 2, limited.stderr)

    def test_other_integer_types_whose_values_fit(self):
        good = numpy.arange(12, dtype=numpy.int32).reshape(4, 3)
        b = self.npy("b.npy", numpy.ones((3, 2), numpy.int32))
        expected = self.report("gemm", self.npy("a.npy", good), b)
        for kind in (numpy.uint8, numpy.uint16, numpy.uint32, numpy.int64, numpy.uint64):
            report = self.report("gemm", self.npy("other.npy", good.astype(kind)), b)
            self.assertEqual(report["layers"], expected["layers"], kind)
        self.fail_with_usage(["gemm", self.npy("u8.npy", numpy.full((1, 3), 200, numpy.uint8)), b, "--data-width", 8],
                             "value 200 at row 0, column 0", "-128..127")

    def test_shapes_and_values_that_do_not_fit(self):
        a = self.npy("a.npy", numpy.ones((4, 3), numpy.int32))
        b = self.npy("b.npy", numpy.ones((4, 3), numpy.int32))
        self.fail_with_usage(["gemm", a, b], b, "4 x 3", "must have 3 rows")
        wide = self.npy("wide.npy", numpy.array([[0, 127, -128], [0, 128, 0]], numpy.int32))
        self.fail_with_usage(["gemm", wide, a.replace("a.npy", "b3.npy"), "--data-width", 8], wide,
                             "value 128 at row 1, column 1", "-128..127")
        self.fail_with_usage(["gemm", a], "B is required")

    def test_result_needs_an_engine_that_computes(self):
        a = self.npy("a.npy", numpy.ones((1, 1), numpy.int32))
        out = self.folder / "x.npy"
        self.fail_with_usage(["gemm", a, a, "--engine", "analytic", "--result", out], "--result")
        self.assertFalse(out.exists())


if __name__ == "__main__":
    command_case.main(__doc__)
