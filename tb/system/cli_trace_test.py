#!/usr/bin/python3
"""End-to-end test of waveforms, activity files and memory traces of the `arrayflex` command.

Usage: cli_trace_test.py COMMAND [arguments of unittest]; needs Debian's numpy and a build with
SystemC. Where yosys is there, names are compared with those of the RTL.
"""

import collections
import csv
import itertools
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys
import unittest

import numpy

import cli_test
import saif_reader

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
import vcd_reader  # noqa: E402  (lies in another folder)

SMALL_ARRAY = cli_test.SMALL_ARRAY
ROWS, COLS = 3, 4
CLOCKS = {"conventional": 500, "1": 555.55, "2": 588.2, "3": 650}
MUX_NETS = ("operand_mux", "sum_mux", "carry_mux")


class TraceTest(cli_test.CommandTest):
    def setUp(self):
        super().setUp()
        self.array = self.array_of(8)

    def array_of(self, width, rows=ROWS, cols=COLS):
        parameters = {"rows": rows, "cols": cols, "modes": [1, 2, 3], "data_width_bits": width,
                      "acc_width_bits": 32 if width == 8 else 64, "clock_period_ps": CLOCKS}
        return ["--config", self.file(f"array_{width}.json", json.dumps(parameters))]

    def gemm_files(self, t, n, m):
        generator = numpy.random.default_rng(cli_test.SEED)
        a = generator.integers(-128, 128, (t, n)).astype(numpy.int8)
        b = generator.integers(-128, 128, (n, m)).astype(numpy.int8)
        return a.astype(numpy.int64), b.astype(numpy.int64), [self.npy("a.npy", a),
                                                              self.npy("b.npy", b)]

    def gemm_workload(self, *shapes):
        lines = [f"g{i},gemm,{t},{n},{m}" for i, (t, n, m) in enumerate(shapes)]
        return self.file("gemms.csv", "name,type,t,n,m\n" + "\n".join(lines) + "\n")

    def limited(self, *arguments, file_bytes):
        """Runs the command where files cannot grow beyond a size, as on a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        return self.command(*arguments, preexec_fn=limit)

    def files_below(self, folder):
        return sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")
                      if path.is_file())


def signed(value, bits):
    return value - (1 << bits) if value >> (bits - 1) else value


class Waveforms(TraceTest):
    def trace(self, *arguments):
        path = self.folder / "waves.vcd"
        self.succeed("gemm", *self.files, *self.array, "--engine", "pin", "--trace", path,
                     *arguments, "--quiet")
        return vcd_reader.read_vcd(path)

    def time_of(self, cycle, period_ps):
        return round(cycle * period_ps * 1000)

    def test_registers_hold_what_the_dataflow_says(self):
        """Every psum_reg and weight_reg of one tile, in every mode and of the baseline."""
        t_count = 6
        a, b, self.files = self.gemm_files(t_count, ROWS, COLS)
        sums = numpy.cumsum(a[:, :, None] * b[None, :, :], axis=1)  # [t][r][c]
        for k in (1, 2, 3):
            waves = self.trace("--k", k)
            self.assertEqual(waves.timescale, (1, "fs"))
            period = CLOCKS[str(k)]
            checked = 0
            for t, r, c in itertools.product(range(t_count), range(ROWS), range(COLS)):
                if (r + 1) % k != 0 and r + 1 != ROWS:
                    continue
                cycle = ROWS + t + r // k + 1 + c // k
                psum = waves.signals[f"arrayflex.array.pe_{r}_{c}.psum_reg"]
                self.assertEqual(psum.width, 32)
                for time in (self.time_of(cycle, period), self.time_of(cycle + 1, period) - 1):
                    self.assertEqual(signed(psum.at(time), 32), sums[t, r, c], (k, t, r, c))
                checked += 1
            self.assertGreater(checked, t_count * COLS - 1)
            middle = self.time_of(ROWS + 0.5, period)
            for r, c in itertools.product(range(ROWS), range(COLS)):
                weight = waves.signals[f"arrayflex.array.pe_{r}_{c}.weight_reg"]
                self.assertEqual(signed(weight.at(middle), 8), b[r, c])

    def test_window_and_scope_take_parts_of_the_whole(self):
        _, _, self.files = self.gemm_files(5, 7, 6)
        whole = self.trace("--k", 2)
        part = self.trace("--k", 2, "--trace-window", "2.3528ns:8823ps", "--trace-scope",
                          "arrayflex.array.pe_?_1", "--trace-scope", "conventional.array.skew_2")
        expected = {name for name in whole.signals
                    if re.match(r"arrayflex\.array\.pe_\d_1\.|conventional\.array\.skew_2\.", name)}
        self.assertEqual(set(part.signals), expected)
        self.assertIn("arrayflex.array.pe_0_1.sum_mux.out", expected)
        begin, end = 2_352_800, 8_823_000  # edges of ArrayFlex's clock: 4 and 15 times 588.2 ps
        self.assertEqual((part.begin, part.end), (begin, end))
        changes = changes_at_end = 0
        for name, signal_part in part.signals.items():
            original = whole.signals[name]
            wanted = [(begin, original.at(begin))]
            wanted += [change for change in original.changes if begin < change[0] <= end]
            self.assertEqual(signal_part.changes, wanted, name)
            changes += len(wanted) - 1
            changes_at_end += wanted[-1][0] == end
        self.assertGreater(changes, 50)
        self.assertGreater(changes_at_end, 5)
        self.assertGreater(whole.end, end)

    def test_another_tool_reads_the_same(self):
        """GTKWave's converters: to its own format and back."""
        tools = [shutil.which(tool) for tool in ("vcd2fst", "fst2vcd")]
        if None in tools:
            self.skipTest("GTKWave's vcd2fst and fst2vcd are missing")
        _, _, self.files = self.gemm_files(5, 7, 6)
        waves = self.trace("--k", 2)
        converted, back = self.folder / "waves.fst", self.folder / "back.vcd"
        for command in ([tools[0], self.folder / "waves.vcd", converted],
                        [tools[1], converted, "-o", back]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)
        read = vcd_reader.read_vcd(back)
        self.assertEqual((read.timescale, read.end), (waves.timescale, waves.end))
        self.assertEqual(set(read.signals), set(waves.signals))
        for name, original in waves.signals.items():
            self.assertEqual(read.signals[name].width, original.width)
            # The converter repeats values that do not change.
            changes = [change for i, change in enumerate(read.signals[name].changes)
                       if i == 0 or change[1] != read.signals[name].changes[i - 1][1]]
            self.assertEqual(changes, original.changes, name)

    def test_picture(self):
        try:
            import matplotlib  # noqa: F401  (asked for, not used)
        except ImportError:
            self.skipTest("matplotlib is missing")
        _, _, self.files = self.gemm_files(4, 3, 3)
        self.trace("--k", 2, "--trace-scope", "arrayflex")
        script = str(ROOT / "scripts" / "waveform_picture.py")
        picture = self.folder / "picture.svg"

        def draw(*arguments):
            return subprocess.run([sys.executable, "-B", script, picture, *arguments], check=False,
                                  stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  encoding="utf-8")

        waves = f"a title={self.folder / 'waves.vcd'}"
        done = draw(waves, "--preset", "array")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("<svg", picture.read_text(encoding="utf-8"))
        for arguments, word in (((waves, "--signal", "x=nothing"), "nothing"), ((waves,), "--signal"),
                                ((f"t={self.folder / 'none'}", "--preset", "array"), "none"),
                                ((f"t={self.workload}", "--preset", "array"), "waveforms")):
            done = draw(*arguments)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(word, done.stderr)
            self.assertNotIn("Traceback", done.stderr)

    def test_open_window(self):
        _, _, self.files = self.gemm_files(5, 7, 6)
        part = self.trace("--k", 1, "--trace-window", "2ns:")
        self.assertEqual(part.begin, 2_000_000)
        self.assertEqual(part.end, self.trace("--k", 1).end)

    def test_no_figure_depends_on_it(self):
        run = ["run", self.workload, *self.array, "--engine", "pin"]
        self.assertEqual(self.report(*run, "--trace", self.folder / "w.vcd", "--saif",
                                     self.folder / "w.saif"), self.report(*run))

    def test_equal_runs_give_equal_files(self):
        _, _, self.files = self.gemm_files(4, 3, 4)
        contents = set()
        for _ in range(2):
            self.trace("--k", 1, "--saif", self.folder / "w.saif")
            contents.add(((self.folder / "waves.vcd").read_bytes(),
                          (self.folder / "w.saif").read_bytes()))
        self.assertEqual(len(contents), 1)

    def test_bad_input(self):
        path = self.folder / "w.vcd"
        run = ["run", self.workload, *self.array]
        pin = [*run, "--engine", "pin", "--trace", path]
        for engine in ("fast", "cycle", "analytic"):
            self.fail_with_usage([*run, "--engine", engine, "--trace", path], "--trace", engine,
                                 "--engine pin")
        self.fail_with_usage([*pin, "--memory", "ideal"], "--trace", "--memory")
        for window in ("5", "5:6", "5ns", ":5ns", "6ns:5ns", "5ns:6", "-1ns:5ns", "5 ns:6ns",
                       "nanns:5ns", "1e9s:", "5ns:6ns:7ns"):
            with self.subTest(window=window):
                self.fail_with_usage([*pin, f"--trace-window={window}"], "--trace-window",
                                     window)
        self.fail_with_usage([*pin, "--trace-window", "1s:"], "--trace-window", "1s:",
                             "simulation ends")
        for scope in ("nothing", "", "pe_0_0", "arrayflex.array.pe_9*"):
            with self.subTest(scope=scope):
                self.fail_with_usage([*pin, "--trace-scope", "arrayflex", "--trace-scope", scope],
                                     "--trace-scope", scope or "''", "arrayflex")
        self.fail_with_usage([*run, "--trace-scope", "a"], "--trace-scope", "--trace,")
        self.fail_with_usage([*run, "--trace-window", "1ns:"], "--trace-window", "--trace,")
        self.fail_with_usage([*pin, "--saif", path], "own")
        for bad in (self.folder / "missing" / "w.vcd", self.folder):
            self.fail_with_usage([*run, "--engine", "pin", "--trace", bad], "--trace", bad)
        self.assertFalse(path.exists())

    def test_full_disk_leaves_nothing_behind(self):
        folder = self.folder / "full"
        folder.mkdir()
        for option in ("--trace", "--saif"):
            done = self.limited("run", self.workload, *self.array, "--engine", "pin", option,
                                folder / "w", "--quiet", file_bytes=100_000)
            self.assertEqual(done.returncode, 1, done.stderr)
            self.assertIn(f"cannot write {folder / 'w'}", done.stderr)
            self.assertEqual(self.files_below(folder), [])


def net_class(path, name):
    """The report's net class of a net, None for those that it does not count."""
    base = name.split("[")[0]
    if path[-1] in MUX_NETS:
        return "bypass_mux"
    if path[2].startswith("skew"):
        return "skew_reg" if base == "reg_" else None
    if path[2].startswith("deskew"):
        return "deskew_reg" if base == "reg_" else None
    return None if base == "adder" else base


class Saif(TraceTest):
    def saif(self, *arguments):
        path = self.folder / "activity.saif"
        report = self.report(*arguments, "--saif", path)
        return saif_reader.read_saif(path.read_text(encoding="ascii")), report

    def check_duration(self, saif, report, design):
        self.assertEqual(saif.header["TIMESCALE"], (1, "fs"))
        total = report["total"] if design == "arrayflex" else report["total"]["conventional"]
        self.assertLess(abs(saif.duration - total["time_ns"] * 1e6), 1)
        periods = report["array"]["clock_period_ps"]
        cycles_fs = sum(
            layer["cycles"] * periods[str(layer["k"])] * 1000 if design == "arrayflex"
            else layer["conventional"]["cycles"] * periods["conventional"] * 1000
            for layer in report["layers"])
        self.assertLess(abs(saif.duration - cycles_fs), 1)

    def test_nets_agree_with_the_report(self):
        for design in ("arrayflex", "conventional"):
            for options in ([], ["--k", 3], ["--k", 1, "--layers", "conv"]):
                with self.subTest(design=design, options=options):
                    saif, report = self.saif("run", self.workload, *self.array, "--engine", "pin",
                                             "--saif-design", design, *options)
                    self.check_duration(saif, report, design)
                    figures = report["total"]
                    if design == "conventional":
                        figures = figures["conventional"]
                    sums = collections.Counter()
                    for path, name, attributes in saif.nets():
                        self.assertEqual(attributes.get("TX"), 0)
                        if net_class(path, name):
                            sums[net_class(path, name)] += attributes["TC"]
                    expected = figures["activity"]["toggles"]
                    self.assertEqual({c: sums[c] for c in expected}, expected)
                    self.assertGreater(expected["deskew_reg"], 0)

    def test_every_bit_agrees_with_the_waveform(self):
        """Times and toggles of one product, counted from the VCD file of the same run."""
        _, _, files = self.gemm_files(5, 7, 6)
        for k in (1, 2, 3):
            vcd_path = self.folder / "w.vcd"
            saif, report = self.saif("gemm", *files, *self.array, "--engine", "pin", "--k", k,
                                     "--trace", vcd_path)
            waves = vcd_reader.read_vcd(vcd_path)
            cycles = report["layers"][0]["cycles"]
            end = round(cycles * CLOCKS[str(k)] * 1000)
            self.assertEqual(saif.duration, end)
            compared = 0
            for path, name, attributes in saif.nets():
                source, bit = self.vcd_name(path, name)
                changes = [(time, value >> bit & 1)
                           for time, value in waves.signals[source].changes]
                toggles = sum(1 for before, after in zip(changes, changes[1:])
                              if before[1] != after[1])
                ends = [min(time, end) for time, _ in changes[1:]] + [end]
                high = sum(stop - min(start, end)
                           for (start, value), stop in zip(changes, ends) if value)
                self.assertEqual((attributes["T1"], attributes["TC"]), (high, toggles),
                                 (k, path, name))
                compared += toggles
            self.assertGreater(compared, 1000)

    @staticmethod
    def vcd_name(path, name):
        """SystemC's name and the bit for a net of the RTL."""
        base, *indices = re.findall(r"[^][]+", name)
        bit = int(indices[-1])
        place = re.fullmatch(r"(row|skew|deskew)\[(\d+)\]", path[2])
        if place.group(1) == "row":
            column = re.fullmatch(r"column\[(\d+)\]", path[3]).group(1)
            parts = [f"pe_{place.group(2)}_{column}", *path[5:], base]
        else:
            register = f"reg_{indices[0]}" if base == "reg_" else base
            parts = [f"{place.group(1)}_{place.group(2)}", register]
        return "arrayflex.array." + ".".join(parts), bit

    def test_names_are_those_of_the_rtl(self):
        rtl = ROOT / "tb" / "cosim" / "rtl"
        yosys = shutil.which("yosys")
        if yosys is None or not rtl.is_dir():
            self.skipTest("yosys or the RTL is missing")
        for design, top in (("arrayflex", "array_system"), ("conventional", "conventional_system")):
            nets = self.rtl_nets(yosys, rtl, top)
            saif, _ = self.saif("run", self.workload, *self.array, "--engine", "pin", "--layers",
                                "fc*", "--saif-design", design)
            widths = collections.Counter()
            for path, name, _ in saif.nets():
                widths[".".join([*path, re.sub(r"\[\d+\]$", "", name)])] += 1
            self.assertGreater(len(widths), 60)
            for name, width in widths.items():
                self.assertEqual(nets.get(name), width, name)

    def rtl_nets(self, yosys, rtl, top):
        """Full name to width of all nets of the elaborated RTL."""
        path = self.folder / "rtl.json"
        parameters = {"ROWS": ROWS, "COLS": COLS, "DATA_WIDTH": 8, "ACC_WIDTH": 32}
        sources = " ".join(str(file) for file in sorted(rtl.glob("*.sv")))
        script = (f"read_verilog -sv -defer {sources}; hierarchy -top {top} " +
                  " ".join(f"-chparam {key} {value}" for key, value in parameters.items()) +
                  f"; proc; write_json {path}")
        subprocess.run([yosys, "-q", "-p", script], check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.PIPE)
        modules = json.loads(path.read_text(encoding="utf-8"))["modules"]
        nets = {}

        def walk(module, prefix):
            for name, net in module["netnames"].items():
                nets[prefix + name] = len(net["bits"])
            for name, cell in module["cells"].items():
                if cell["type"] in modules:
                    walk(modules[cell["type"]], f"{prefix}{name}.")

        top_module = next(module for name, module in modules.items()
                          if int(module["attributes"].get("top", "0"), 2))
        walk(top_module, top + ".")
        return nets

    def test_totals_of_every_engine(self):
        results = {}
        for engine in ("fast", "cycle", "pin"):
            map_path = self.folder / "map.npy"
            saif, report = self.saif("run", self.workload, *self.array, "--engine", engine,
                                     "--saif-detail", "totals", "--pe-map", map_path)
            self.check_duration(saif, report, "arrayflex")
            classes, pes = {}, numpy.zeros((ROWS, COLS), numpy.int64)
            for path, name, attributes in saif.nets():
                self.assertEqual(attributes["TX"], saif.duration)
                if len(path) == 1:
                    classes[name] = attributes["TC"]
                    continue
                place = re.fullmatch(r"array_system/array/row\[(\d)\]/column\[(\d)\]/pe",
                                     "/".join(path))
                self.assertEqual(name, "toggles")
                pes[int(place.group(1)), int(place.group(2))] = attributes["TC"]
            self.assertEqual(classes, report["total"]["activity"]["toggles"])
            numpy.testing.assert_array_equal(pes, numpy.load(map_path))
            self.assertGreater(pes.min(), 0)
            results[engine] = (self.folder / "activity.saif").read_bytes()
        self.assertEqual(len(set(results.values())), 1)

    def test_totals_without_a_map_and_of_the_baseline(self):
        saif, report = self.saif("run", self.workload, *self.array)
        self.assertEqual(len(list(saif.nets())), 10 + ROWS * COLS)
        saif, report = self.saif("run", self.workload, *self.array, "--saif-design", "conventional")
        self.check_duration(saif, report, "conventional")
        self.assertEqual({name: attributes["TC"] for _, name, attributes in saif.nets()},
                         report["total"]["conventional"]["activity"]["toggles"])

    def test_bad_input(self):
        path = self.folder / "x.saif"
        run = ["run", self.workload, *self.array]
        saif = [*run, "--saif", path]
        self.fail_with_usage([*saif, "--engine", "analytic"], "--saif", "analytic")
        self.fail_with_usage([*saif, "--activity", "off"], "--saif", "--activity")
        self.fail_with_usage([*saif, "--sample-tiles", 5], "--saif", "--sample-tiles")
        self.fail_with_usage([*saif, "--memory", "ideal"], "--saif", "--memory")
        for engine in ("fast", "cycle"):
            self.fail_with_usage([*saif, "--engine", engine, "--saif-detail", "nets"],
                                 "--saif-detail", engine)
        self.fail_with_usage([*saif, "--saif-detail", "all"], "--saif-detail", "all", "totals")
        self.fail_with_usage([*saif, "--saif-design", "x"], "--saif-design", "x", "conventional")
        self.fail_with_usage([*run, "--saif-detail", "nets"], "--saif-detail", "--saif,")
        self.fail_with_usage([*run, "--saif-design", "arrayflex"], "--saif-design", "--saif,")
        self.fail_with_usage([*run, "--saif", self.folder / "no" / "x"], "--saif", "folder")
        self.assertFalse(path.exists())


class SaifReader(TraceTest):
    """The reader itself: it must refuse what is broken."""

    BREAKAGES = (
        (r"\A\(SAIFILE", "(SAIFFILE"),
        (r'"2\.0"', '"1.0"'),
        (r'\(SAIFVERSION "2\.0"\)\n', ""),
        (r'"backward"', '"forward"'),
        (r'\(DIRECTION "backward"\)\n', ""),
        (r"\(DIRECTION (.*)\n\(DESIGN (.*)\n", r"(DESIGN \2\n(DIRECTION \1\n"),
        (r"(\(VENDOR .*\n)", r"\1\1"),
        (r"\(VENDOR", "(VENDER"),
        (r"DIVIDER /", "DIVIDER -"),
        (r"TIMESCALE 1 fs", "TIMESCALE 3 fs"),
        (r"TIMESCALE 1 fs", "TIMESCALE 1 min"),
        (r"\(DURATION [0-9]*\)\n", ""),
        (r"\(DURATION ", "(DURATION 9"),
        (r"\(DURATION ([0-9]*)\)", r"(DURATION -\1)"),
        (r"\(INSTANCE array\n", "(INSTANCE\n"),
        (r"\(INSTANCE array\n", "(INSTANCES array\n"),
        (r"column\\\[0\\\]", "column[0]"),
        (r"column\\\[1\\\]", r"column\\[0\\]"),
        (r"operand\\\[0\\\]", "operand[0]"),
        (r"operand\\\[1\\\]", r"operand\\[0\\]"),
        (r"\(operand\\\[0\\\] .*\n", "()\n"),
        (r"\(T0 ([0-9]*)\)", r"(T0 1\1)"),
        (r" \(T0 [0-9]*\)", ""),
        (r" \(T1 [0-9]*\)", ""),
        (r" \(TC [0-9]*\)", ""),
        (r"(\(TC [0-9]*\))", r"\1 \1"),
        (r"\(TC ", "(TD "),
        (r"\(TC [0-9]*\)", "(TC many)"),
        (r"\(TC [0-9]*\)", "(TC)"),
        (r"\(IG 0\)\)", "(IG 0)"),
        (r"\(NET\n(?: *\(.*\n)+", "(NET\n"),
        (r"\)\n\Z", "\n"),
        (r"\)\n\Z", "))\n"),
        (r"\Z", "behind"),
    )

    def test_refuses_broken_files(self):
        path = self.folder / "activity.saif"
        self.succeed("run", self.workload, *self.array, "--engine", "pin", "--layers", "fc*",
                     "--k", 1, "--saif", path, "--quiet")
        text = path.read_text(encoding="ascii")
        self.assertGreater(len(list(saif_reader.read_saif(text).nets())), 1000)
        for pattern, replacement in self.BREAKAGES:
            with self.subTest(pattern=pattern, replacement=replacement):
                broken, count = re.subn(pattern, replacement, text, count=1)
                self.assertEqual(count, 1)
                self.assertNotEqual(broken, text)
                with self.assertRaisesRegex(saif_reader.SaifError, r"\Aline \d+: "):
                    saif_reader.read_saif(broken)

    def test_refuses_nets_behind_instances(self):
        net = "(NET (n (T0 1) (T1 0) (TC 0)))"
        head = '(SAIFILE (SAIFVERSION "2.0") (DIRECTION "backward") (DURATION 1) (INSTANCE t '
        saif_reader.read_saif(f"{head} {net} (INSTANCE i {net})))")
        with self.assertRaises(saif_reader.SaifError):
            saif_reader.read_saif(f"{head} (INSTANCE i {net}) {net}))")


DRAMSYS_LINE = re.compile(r"([0-9]+):\t(read|write)\t0x([0-9a-f]+)")
RAMULATOR_LINE = re.compile(r"0x([0-9a-f]+) ([RW])")


class MemoryTraces(TraceTest):
    def traces(self, *arguments, workload=None, array=None):
        """The report, the rows of the table, and the accesses (cycle, is_write, address) by file."""
        folder = self.folder / "memory"
        shutil.rmtree(folder, ignore_errors=True)
        report = self.report("run", workload or self.workload, *(array or self.array),
                             "--memory-trace", folder, *arguments)
        with open(folder / "index.csv", newline="", encoding="utf-8") as file:
            index = list(csv.DictReader(file))
        self.assertEqual(self.files_below(folder),
                         sorted(["index.csv", *(row["file"] for row in index)]))
        return report, index, {row["file"]: self.accesses(folder / row["file"]) for row in index}

    def accesses(self, path):
        result = []
        for line in path.read_text(encoding="ascii").splitlines():
            if path.suffix == ".trace":
                address, kind = RAMULATOR_LINE.fullmatch(line).groups()
                result.append((None, kind == "W", int(address, 16)))
            elif not line.startswith("#"):
                cycle, kind, address = DRAMSYS_LINE.fullmatch(line).groups()
                result.append((int(cycle), kind == "write", int(address, 16)))
        return result

    def check(self, report, index, accesses):
        self.assertEqual(len(index), 2 * len(report["layers"]))
        for row, (design, layer) in zip(index, itertools.product(("arrayflex", "conventional"),
                                                                 report["layers"])):
            figures = layer if design == "arrayflex" else layer["conventional"]
            dma = figures["dma_bytes"]
            self.assertEqual((row["design"], row["layer"]), (design, layer["name"]))
            self.assertEqual(int(row["written_bytes"]), dma["x_written"])
            self.assertEqual(int(row["read_bytes"]) + dma["x_written"], sum(dma.values()))
            lines = accesses[row["file"]]
            access_bytes = int(row["access_bytes"])
            writes = sum(is_write for _, is_write, _ in lines)
            self.assertEqual(int(row["write_accesses"]), writes)
            self.assertEqual(int(row["read_accesses"]), len(lines) - writes)
            self.assertGreaterEqual(writes * access_bytes, dma["x_written"])
            for _, _, address in lines:
                self.assertEqual(address % access_bytes, 0)
            cycles = [cycle for cycle, _, _ in lines if cycle is not None]
            self.assertEqual(cycles, sorted(cycles))
            if cycles:
                self.assertEqual(cycles[0], 0)

    def test_agree_with_the_report(self):
        for engine in ("fast", "pin"):
            for memory in ("ideal", "16:20", "1:0"):
                for width in (8, 32):
                    with self.subTest(engine=engine, memory=memory, width=width):
                        self.check(*self.traces("--engine", engine, "--memory", memory,
                                                array=self.array_of(width)))

    def test_byte_for_byte(self):
        """With accesses of one byte, and with rows that are multiples of the access."""
        for workload, array, access_bytes in (
                (self.workload, self.array, 1),
                (self.gemm_workload((8, 32, 16), (4, 16, 16)),
                 self.array_of(32, 16, 16), 64)):
            report, index, accesses = self.traces(
                "--memory", "8:5", "--memory-trace-bytes", access_bytes, workload=workload,
                array=array)
            self.check(report, index, accesses)
            for row in index:
                for kind, name in ((0, "read"), (1, "written")):
                    count = sum(1 for _, is_write, _ in accesses[row["file"]] if is_write == kind)
                    self.assertEqual(count * access_bytes, int(row[f"{name}_bytes"]), row["file"])

    def test_formats_hold_the_same(self):
        options = ["--memory", "16:20", "--memory-trace-bytes", 32, "--memory-trace-format"]
        _, _, dramsys = self.traces(*options, "dramsys")
        _, _, ramulator = self.traces(*options, "ramulator")
        self.assertEqual(list(map(pathlib.Path, dramsys)),
                         [pathlib.Path(name).with_suffix(".stl") for name in ramulator])
        for one, other in zip(dramsys.values(), ramulator.values()):
            self.assertEqual([entry[1:] for entry in one], [entry[1:] for entry in other])
            self.assertGreater(len(one), 10)

    def test_accesses_cover_the_operands(self):
        """One tile: descriptor, B and A are read, X is written, each of them whole."""
        workload = self.gemm_workload((5, ROWS, COLS))
        _, _, accesses = self.traces("--memory", "ideal", "--memory-trace-bytes", 1,
                                     workload=workload)
        lines = accesses["arrayflex/001_g0.stl"]
        sizes = {0x1000: 128, 0x2000: 5 * ROWS, 0x3000: ROWS * COLS, 0x4000: 5 * COLS * 4}
        for base, size in sizes.items():
            kinds = {is_write for _, is_write, address in lines if address >> 12 == base >> 12}
            addresses = [address for _, _, address in lines if address >> 12 == base >> 12]
            self.assertEqual(sorted(addresses), list(range(base, base + size)))
            self.assertEqual(kinds, {base == 0x4000})
        self.assertEqual(len(lines), sum(sizes.values()))

    def test_cycles_follow_the_memory(self):
        """A slow memory is asked later; a cycle is one of the conventional array's clock."""
        workload = self.gemm_workload((40, 23, 17))
        last = {}
        for memory in ("ideal", "4:0", "1:0"):
            report, index, accesses = self.traces("--memory", memory, workload=workload)
            self.assertEqual({float(row["cycle_ps"]) for row in index}, {CLOCKS["conventional"]})
            last[memory] = accesses["arrayflex/001_g0.stl"][-1][0]
        self.assertLess(last["ideal"], last["4:0"])
        self.assertLess(last["4:0"], last["1:0"])

    def test_cycle_is_that_of_the_request(self):
        """One transaction in flight, 50 ns each: requests are at least 100 cycles of 500 ps apart."""
        _, _, accesses = self.traces("--memory", "1000000:50", "--dma-outstanding", 1,
                                     "--dma-burst", 32, "--memory-trace-bytes", 32,
                                     workload=self.gemm_workload((40, ROWS, COLS)))
        for lines in accesses.values():
            cycles = [cycle for cycle, _, _ in lines]
            self.assertEqual(cycles[:5], [0, 100, 200, 300, 400])  # descriptor, then operands
            self.assertGreaterEqual(min(b - a for a, b in zip(cycles, cycles[1:])), 100)
            self.assertLess(cycles[-1], 110 * len(lines))

    def test_no_figure_depends_on_it(self):
        for memory in ("ideal", "16:20"):
            report, _, _ = self.traces("--memory", memory)
            self.assertEqual(report, self.report("run", self.workload, *self.array, "--memory",
                                                 memory))

    def test_memory_is_bounded(self):
        """A trace of many megabytes is not held."""
        workload = self.gemm_workload((20000, 64, 4))
        run = ["run", workload, *self.array, "--memory", "64:10", "--activity", "off", "--quiet"]
        peaks = []
        for options in ([], ["--memory-trace", self.folder / "big", "--memory-trace-bytes", 1]):
            before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
            self.succeed(*run, *options)
            peaks.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss - before)
        size = sum((self.folder / "big" / name).stat().st_size
                   for name in self.files_below(self.folder / "big"))
        self.assertGreater(size, 60_000_000)
        self.assertLess(peaks[1], 10_000, "kilobytes more than without")

    def test_bad_input(self):
        folder = self.folder / "memory"
        run = ["run", self.workload, *self.array]
        trace = [*run, "--memory", "ideal", "--memory-trace", folder]
        self.fail_with_usage([*run, "--memory-trace", folder], "--memory-trace", "--memory 64:100")
        self.fail_with_usage([*trace, "--memory-trace-format", "csv"], "--memory-trace-format",
                             "csv", "ramulator")
        for bytes_ in ("0", "3", "8192", "x", "-64"):
            self.fail_with_usage([*trace, f"--memory-trace-bytes={bytes_}"],
                                 "--memory-trace-bytes", bytes_)
        self.fail_with_usage([*run, "--memory-trace-format", "dramsys"], "--memory-trace-format",
                             "--memory-trace,")
        self.fail_with_usage([*run, "--memory-trace-bytes", 64], "--memory-trace-bytes",
                             "--memory-trace,")
        blocked = pathlib.Path(self.file("blocked", "")) / "memory"
        self.fail_with_usage([*run, "--memory", "ideal", "--memory-trace", blocked],
                             "--memory-trace", "folder")
        self.assertFalse(folder.exists())

    def test_full_disk_leaves_no_partial_file(self):
        folder = self.folder / "full"
        workload = self.gemm_workload((2, 3, 4), (60, 40, 40))
        done = self.limited("run", workload, *self.array, "--memory", "16:5", "--memory-trace",
                            folder, "--memory-trace-bytes", 1, "--quiet", file_bytes=50_000)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertRegex(done.stderr, r"cannot write .*002_g1\.stl: ")
        self.assertEqual(self.files_below(folder),
                         ["arrayflex/001_g0.stl", "conventional/001_g0.stl"])


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    cli_test.COMMAND = os.path.abspath(sys.argv.pop(1))
    print(f"seed of the random tensors: {cli_test.SEED}", file=sys.stderr)
    unittest.main()
