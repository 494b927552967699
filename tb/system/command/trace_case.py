"""Common parts of the tests of waveforms, activity files and memory traces."""

import collections
import json
import pathlib
import re
import resource
import shutil
import signal
import subprocess
import sys

import numpy

import command_case
import saif_reader

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))
import vcd_reader  # noqa: E402, F401  (lies in another folder; for those who import this)

ROWS, COLS = 3, 4
CLOCKS = {"conventional": 500, "1": 555.55, "2": 588.2, "3": 650}
MUX_NETS = ("operand_mux", "sum_mux", "carry_mux")
OVERLAPS = ("none", "load", "full")  # in the order of the RTL's parameter


def net_class(path, name):
    """The report's net class of a net, None for those that it does not count."""
    base = name.split("[")[0]
    if path[1:2] != ("array",):
        return None
    if path[-1] in MUX_NETS:
        return "bypass_mux"
    if path[2].startswith("skew"):
        return "skew_reg" if base == "reg_" else None
    if path[2].startswith("deskew"):
        return "deskew_reg" if base == "reg_" else None
    if base in ("weight_bank0", "weight_bank1"):
        return "weight_reg"
    return None if base == "adder" else base


def toggles_by_class(saif):
    """Sums over the nets that a class of the report counts."""
    sums = collections.Counter()
    for path, name, attributes in saif.nets():
        if net_class(path, name):
            sums[net_class(path, name)] += attributes["TC"]
    return sums


class TraceTest(command_case.CommandTest):
    def setUp(self):
        super().setUp()
        self.array = self.array_of(8)

    def array_of(self, width, rows=ROWS, cols=COLS):
        parameters = {"rows": rows, "cols": cols, "modes": [1, 2, 3], "data_width_bits": width,
                      "acc_width_bits": command_case.model_tables.ACC_WIDTH[width], "clock_period_ps": CLOCKS}
        return ["--config", self.file(f"array_{width}.json", json.dumps(parameters))]

    def gemm_files(self, t, n, m):
        generator = numpy.random.default_rng(command_case.SEED)
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

    def saif(self, *arguments):
        path = self.folder / "activity.saif"
        report = self.report(*arguments, "--saif", path)
        return saif_reader.read_saif(path.read_text(encoding="ascii")), report

    @staticmethod
    def vcd_name(path, name):
        """SystemC's name and the bit for a net of the RTL."""
        base, *indices = re.findall(r"[^][]+", name)
        bit = int(indices[-1]) if indices else 0
        if path[1:2] != ("array",):
            if base in ("west", "north"):
                return f"arrayflex.{base}_{int(indices[0]) // 8}", bit % 8
            if base in ("psum_enable", "operand_enable", "bottom", "operand_boundary"):
                return f"arrayflex.{base}_{bit}", 0
            return f"arrayflex.{base}", bit
        place = re.fullmatch(r"(row|skew|deskew)\[(\d+)\]", path[2])
        if place.group(1) == "row":
            column = re.fullmatch(r"column\[(\d+)\]", path[3]).group(1)
            parts = [f"pe_{place.group(2)}_{column}", *path[5:], base]
        else:
            register = f"reg_{indices[0]}" if base == "reg_" else base
            parts = [f"{place.group(1)}_{place.group(2)}", register]
        return "arrayflex.array." + ".".join(parts), bit

    def check_names(self, overlap):
        """The nets of activity files are nets of the RTL, with the same widths."""
        rtl = ROOT / "model" / "rtl"
        yosys = shutil.which("yosys")
        if yosys is None or not rtl.is_dir():
            self.skipTest("yosys or the RTL is missing")
        for design, top in (("arrayflex", "array_system"), ("conventional", "conventional_system")):
            nets = self.rtl_nets(yosys, rtl, top, overlap)
            saif, _ = self.saif("run", self.workload, *self.array, "--engine", "pin", "--layers",
                                "fc*", "--saif-design", design, "--overlap", overlap)
            widths = collections.Counter()
            for path, name, _ in saif.nets():
                widths[".".join([*path, re.sub(r"\[\d+\]$", "", name)])] += 1
            self.assertGreater(len(widths), 60)
            for name, width in widths.items():
                self.assertEqual(nets.get(name), width, name)

    def rtl_nets(self, yosys, rtl, top, overlap):
        """Full name to width of all nets of the elaborated RTL."""
        path = self.folder / "rtl.json"
        parameters = {"ROWS": ROWS, "COLS": COLS, "DATA_WIDTH": 8, "ACC_WIDTH": 32,
                      "OVERLAP": OVERLAPS.index(overlap)}
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
