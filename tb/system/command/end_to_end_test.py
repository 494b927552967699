#!/usr/bin/python3
"""End-to-end test of the `arrayflex` command.

Usage: end_to_end_test.py COMMAND [--pin] [arguments of unittest]; needs Debian's numpy. --pin also tests the
pin-level engine, which a build without SystemC does not have.
"""

import csv
import json
import os
import pathlib
import resource
import subprocess

import numpy

import command_case
from command_case import NET_CLASSES, REGISTER_CLASSES, SEED, SMALL_ARRAY, CommandTest

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
        for name in ("csa_sum", "csa_carry", "bypass_mux"):
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
                                 ("*,!conv", [1, 2])):
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
        in_pes = NET_CLASSES - {"skew_reg", "deskew_reg"}
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
            "int64.npy": (good.astype(numpy.int64), "<i8"),
            "uint8.npy": (good.astype(numpy.uint8), "|u1"),
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


class Engine(CommandTest):
    def test_threads_change_nothing(self):
        text = [self.succeed("run", self.workload, *SMALL_ARRAY, *threads)
                for threads in ([], ["--threads", 1], ["--threads", 3], ["--threads", 1024])]
        self.assertEqual({done.stderr for done in text}, {""})
        self.assertEqual(len({done.stdout for done in text}), 1)
        reports = [self.report("run", self.workload, *SMALL_ARRAY, "--threads", threads)
                   for threads in (1, 2, 7)]
        self.assertEqual(reports[0], reports[1])
        self.assertEqual(reports[0], reports[2])

    def test_kernels_change_nothing_but_their_name(self):
        best = self.report("run", self.workload, *SMALL_ARRAY)
        self.assertEqual(best, self.report("run", self.workload, *SMALL_ARRAY, "--kernel", "auto"))
        scalar = self.report("run", self.workload, *SMALL_ARRAY, "--kernel", "scalar")
        self.assertEqual(scalar.pop("kernel"), "scalar")
        self.assertIn(best.pop("kernel"), self.succeed("--version").stdout)
        self.assertEqual(scalar, best)

    def test_memory_is_bounded_by_the_tile(self):
        def peak_kib(rows):
            path = self.file("long.csv", f"name,type,t,n,m\nlong,gemm,{rows},9,9\n")
            arguments = [command_case.COMMAND, "run", path, *SMALL_ARRAY, "--threads", "2", "--quiet"]
            process = subprocess.Popen([str(a) for a in arguments])
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertEqual(process.returncode, 0)
            return usage.ru_maxrss

        # A child's peak is never below what this process holds, about 35 MiB; A alone would take 69.
        self.assertLess(peak_kib(2_000_000) - peak_kib(200), 4096)

    def test_other_engines_have_no_kernel_and_ignore_threads(self):
        report = self.report("run", self.workload, *SMALL_ARRAY, "--engine", "analytic")
        self.assertNotIn("kernel", report)
        for option, value in (("--threads", 2), ("--kernel", "scalar"), ("--activity", "on")):
            done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "analytic", option,
                                value)
            self.assertRegex(done.stderr, rf"\Aarrayflex: warning: {option} [^\n]*analytic[^\n]*\n\Z")

    def check_without_activity(self, *arguments):
        with_activity = self.report("run", self.workload, *SMALL_ARRAY, *arguments)
        report = self.report("run", self.workload, *SMALL_ARRAY, "--activity", "off", *arguments)
        for whole in (report, with_activity):
            for entry in [*whole["layers"], whole["total"], whole]:
                self.assertEqual("activity" in entry["conventional"], whole is with_activity)
                entry.pop("ratios_to_conventional", None)
                for figures in (entry, entry["conventional"]):
                    for key in ("activity", "energy"):
                        figures.pop(key, None)
        self.assertEqual(report, with_activity)
        path = self.folder / "layers.csv"
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--activity", "off", *arguments,
                            "--csv", path)
        self.assertNotIn("toggles", done.stdout)
        self.assertIn("latency", done.stdout)
        self.assertNotIn("toggles", path.read_text(encoding="utf-8"))

    def test_activity_off(self):
        self.check_without_activity()

    def test_result_without_activity(self):
        generator = numpy.random.default_rng(SEED)
        a = generator.integers(-100, 100, (300, 9)).astype(numpy.int32)
        b = generator.integers(-100, 100, (9, 7)).astype(numpy.int32)
        path = self.folder / "x.npy"
        report = self.report("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                             "--activity", "off", "--result", path, "--threads", 2)
        numpy.testing.assert_array_equal(numpy.load(path), a.astype(numpy.int64) @ b)
        self.assertNotIn("activity", report["total"])


class Sampling(CommandTest):
    # 56 tiles in conv1 (4 instances), 3 in fc.
    WORKLOAD = "name,type,t,n,m,repeat\nconv1,gemm,20,33,11,4\nfc,gemm,3,12,4,1\n"
    HALF_WIDTH = "toggles_half_width"

    def sample(self, tiles, *arguments):
        path = self.file("sampled.csv", self.WORKLOAD)
        return self.report("run", path, *SMALL_ARRAY, *arguments,
                           *(["--sample-tiles", tiles] if tiles else []))

    def test_figures(self):
        exact = self.sample(None)
        sampled = self.sample(20, "--seed", 1)
        self.assertEqual(sampled, self.sample(20, "--threads", 3))
        other = self.sample(20, "--seed", 2)
        self.assertNotIn("notes", exact)
        self.assertIn("ESTIMATED", " ".join(sampled["notes"]))
        conv, fc = sampled["layers"]
        self.assertEqual([layer["tiles"] for layer in sampled["layers"]], [56, 3])
        for entry, truth in ((conv, exact["layers"][0]), (sampled["total"], exact["total"])):
            for part, whole in ((entry, truth), (entry["conventional"], truth["conventional"])):
                sampling = part["activity"]["sampling"]
                self.assertEqual(set(sampling), {
                    "tiles_sampled", "tiles_total", "confidence_level", self.HALF_WIDTH,
                    "total_toggles_half_width"})
                self.assertEqual(set(sampling[self.HALF_WIDTH]), NET_CLASSES)
                self.assertEqual(sampling["confidence_level"], 0.95)
                self.assertNotIn("sampling", whole["activity"])
                self.assertEqual(part["cycles"], whole["cycles"])
                for key in ("clocked_bits", "gated_bits"):
                    self.assertEqual(part["activity"][key], whole["activity"][key])
                toggles = whole["activity"]["toggles"]
                self.assertNotEqual(part["activity"]["toggles"], toggles)
                for name, half_width in sampling[self.HALF_WIDTH].items():
                    # Twice the half width is four standard errors.
                    error = abs(part["activity"]["toggles"][name] - toggles[name])
                    self.assertLessEqual(error, 2 * half_width, name)
        self.assertEqual([conv["activity"]["sampling"][key]
                          for key in ("tiles_sampled", "tiles_total")], [20, 56])
        self.assertNotEqual(conv["activity"]["toggles"], other["layers"][0]["activity"]["toggles"])
        # A layer with fewer tiles is run as a whole.
        self.assertEqual(fc["activity"].pop("sampling")["tiles_sampled"], 3)
        fc["conventional"]["activity"].pop("sampling")
        self.assertEqual(fc, exact["layers"][1])
        total = sampled["total"]["activity"]["sampling"]
        self.assertEqual([total[key] for key in ("tiles_sampled", "tiles_total")], [23, 59])
        self.assertEqual(total[self.HALF_WIDTH], conv["activity"]["sampling"][self.HALF_WIDTH])

    def test_exact_when_all_tiles_are_sampled(self):
        exact = self.sample(None)
        for tiles in (56, 57, 100000):
            report = self.sample(tiles)
            report.pop("notes")
            for entry in [*report["layers"], report["total"], report]:
                for part in (entry, entry["conventional"]):
                    if "activity" not in part:
                        continue
                    sampling = part["activity"].pop("sampling", None)
                    if sampling:
                        self.assertEqual(set(sampling[self.HALF_WIDTH].values()), {0.0})
                        self.assertEqual(sampling["tiles_sampled"], sampling["tiles_total"])
            self.assertEqual(report, exact)

    def test_text_says_that_it_is_an_estimate(self):
        path = self.file("sampled.csv", self.WORKLOAD)
        csv_path = self.folder / "layers.csv"
        text = self.succeed("run", path, *SMALL_ARRAY, "--sample-tiles", 20, "--csv",
                            csv_path).stdout
        report = self.sample(20)
        for part in (report["total"], report["conventional"]):
            toggles = sum(part["activity"]["toggles"].values())
            half_width = part["activity"]["sampling"]["total_toggles_half_width"]
            self.assertIn(f"{toggles:,} ± {half_width:,.0f}", text)
        self.assertIn("ESTIMATED from a random sample of 23 of 59 tiles (95 % confidence)", text)
        with open(csv_path, newline="", encoding="utf-8") as file:
            row = next(csv.DictReader(file))
        self.assertEqual(row["sampled_tiles_count"], "20")
        self.assertEqual(float(row["conventional_product_half_width_toggles"]),
                         report["layers"][0]["conventional"]["activity"]["sampling"][
                             self.HALF_WIDTH]["product"])
        exact = self.succeed("run", path, *SMALL_ARRAY, "--sample-tiles", 56).stdout
        self.assertNotIn("ESTIMATED", exact)
        self.assertNotIn("±", exact)

    def test_tensors(self):
        generator = numpy.random.default_rng(SEED)
        a = self.npy("a.npy", generator.integers(-100, 100, (30, 60)).astype(numpy.int32))
        b = self.npy("b.npy", generator.integers(-100, 100, (60, 60)).astype(numpy.int32))
        arguments = ["gemm", a, b, *SMALL_ARRAY, "--sample-tiles", 30]
        report = self.report(*arguments, "--seed", 7)
        self.assertEqual(report["seed"], 7)
        self.assertEqual(report["total"]["activity"]["sampling"]["tiles_total"], 12 * 10)
        self.assertNotEqual(report["total"], self.report(*arguments, "--seed", 8)["total"])
        out = self.folder / "x.npy"
        self.fail_with_usage([*arguments, "--result", out], "--sample-tiles", "--result")
        self.assertFalse(out.exists())


class PinEngine(CommandTest):
    def setUp(self):
        super().setUp()
        if not command_case.HAS_PIN:
            self.skipTest("a build without SystemC")

    def test_equals_the_fast_engine(self):
        for width in (8, 16, 32):
            reports = [self.report("run", self.workload, *SMALL_ARRAY, "--data-width", width,
                                   "--engine", engine) for engine in ("fast", "pin")]
            self.assertEqual([report.pop("engine") for report in reports], ["fast", "pin"])
            self.assertNotIn("kernel", reports[1])
            reports[0].pop("kernel")
            self.assertEqual(*reports)

    def test_cycle_gives_the_same_report(self):
        for width in (8, 16, 32):
            reports = [self.report("run", self.workload, *SMALL_ARRAY, "--data-width", width,
                                   "--engine", engine) for engine in ("pin", "cycle")]
            self.assertEqual([report.pop("engine") for report in reports], ["pin", "cycle"])
            reports[1].pop("kernel")
            self.assertEqual(*reports)

    def test_cycle_runs_every_kernel_and_says_which(self):
        version = self.succeed("--version").stdout
        kernels = version[version.index("can run ") + 8:].rstrip(")\n").split(", ")
        reports = [self.report("run", self.workload, *SMALL_ARRAY, "--engine", "cycle", *kernel)
                   for kernel in ([], *(["--kernel", name] for name in kernels))]
        self.assertEqual([report.pop("kernel") for report in reports], [kernels[0], *kernels])
        self.assertEqual(len({json.dumps(report) for report in reports}), 1)
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "cycle", "--kernel",
                            "scalar")
        self.assertEqual(done.stderr, "")
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--kernel",
                            "scalar")
        self.assertRegex(done.stderr, r"\Aarrayflex: warning: --kernel [^\n]*pin[^\n]*\n\Z")

    def test_cycle_gives_the_same_result_and_pe_map(self):
        generator = numpy.random.default_rng(SEED)
        a = self.npy("a.npy", generator.integers(-128, 128, (5, 7)).astype(numpy.int32))
        b = self.npy("b.npy", generator.integers(-128, 128, (7, 4)).astype(numpy.int32))
        for kind in ("--result", "--pe-map"):
            paths = [self.folder / f"{engine}{kind}.npy" for engine in ("pin", "cycle")]
            for engine, path in zip(("pin", "cycle"), paths):
                self.succeed("gemm", a, b, *SMALL_ARRAY, "--engine", engine, kind, path)
            numpy.testing.assert_array_equal(*map(numpy.load, paths))

    def test_cycle_has_no_accelerator(self):
        self.fail_with_usage(["run", self.workload, *SMALL_ARRAY, "--engine", "cycle", "--memory",
                              "ideal"], "--memory", "fast or pin")

    def test_output_is_the_commands_alone(self):
        done = self.succeed("run", self.workload, *SMALL_ARRAY, "--engine", "pin")
        self.assertEqual(done.stderr, "")
        self.assertNotIn("SystemC", done.stdout)
        self.assertEqual(done.stdout.replace("engine pin", "engine fast"),
                         self.succeed("run", self.workload, *SMALL_ARRAY).stdout)

    def test_activity_off(self):
        self.report("run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--activity", "off")
        Engine.check_without_activity(self, "--engine", "pin")

    def test_result_and_pe_map(self):
        generator = numpy.random.default_rng(SEED)
        a = generator.integers(-(2**31), 2**31, (5, 7)).astype(numpy.int32)
        b = generator.integers(-(2**31), 2**31, (7, 4)).astype(numpy.int32)
        paths = {engine: (self.folder / f"x_{engine}.npy", self.folder / f"map_{engine}.npy")
                 for engine in ("fast", "pin")}
        for engine, (result, pe_map) in paths.items():
            self.succeed("gemm", self.npy("a.npy", a), self.npy("b.npy", b), *SMALL_ARRAY,
                         "--engine", engine, "--result", result, "--pe-map", pe_map)
        with numpy.errstate(over="ignore"):
            expected = a.astype(numpy.int64) @ b.astype(numpy.int64)
        numpy.testing.assert_array_equal(numpy.load(paths["pin"][0]), expected)
        numpy.testing.assert_array_equal(numpy.load(paths["pin"][1]), numpy.load(paths["fast"][1]))

    def test_errors_end_the_simulation(self):
        # Nothing of the run is left hanging when an output fails after it.
        path = self.file("report.json", "old")
        done = self.command(
            "run", self.workload, *SMALL_ARRAY, "--engine", "pin", "--json", path, "--quiet",
            restore_signals=False,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100)))
        self.assertEqual(done.returncode, 1, done.stderr)
        self.fail_with_usage(["run", self.workload, "--modes", "3", "--engine", "pin"], "clock")


if __name__ == "__main__":
    command_case.main(__doc__)
