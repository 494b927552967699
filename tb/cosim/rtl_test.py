#!/usr/bin/python3
"""Checks of the RTL itself: lint-clean in Verilator, synthesisable in yosys.

Usage: rtl_test.py FOLDER VERILATOR YOSYS [unittest arguments]; YOSYS may be empty.
"""

import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

RTL = pathlib.Path()
VERILATOR = ""
YOSYS = ""


class Lint(unittest.TestCase):
    def lint(self, top, file, **parameters):
        settings = [f"-G{name}={value}" for name, value in parameters.items()]
        command = [VERILATOR, "--lint-only", "-Wall", "--top-module", top, *settings, "-y", RTL,
                   RTL / file]
        return subprocess.run(command, capture_output=True, text=True)

    def test_every_design_is_clean_at_every_shape(self):
        designs = [(top, top + ".sv", {"OVERLAP": overlap})
                   for top in ("array_system", "conventional_system") for overlap in (0, 1, 2)]
        designs.append(("array_system_loops", "fast/array_system_loops.sv", {}))
        for top, file, overlap in designs:
            for rows, cols in [(1, 1), (1, 5), (6, 1), (2, 2), (5, 3), (8, 8)]:
                with self.subTest(top=top, rows=rows, cols=cols, **overlap):
                    result = self.lint(top, file, ROWS=rows, COLS=cols, **overlap)
                    self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_widths_and_modes(self):
        for parameters in ({"DATA_WIDTH": 8, "ACC_WIDTH": 32, "MODES": "64'h2"},
                           {"DATA_WIDTH": 16, "COUNT_WIDTH": 8, "MODES": "64'h1e"},
                           {"DATA_WIDTH": 16, "COUNT_WIDTH": 8, "OVERLAP": 2},
                           {"ROWS": 9, "COLS": 64, "MODES": "64'hfffffffffffffffe"},
                           {"ROWS": 9, "COLS": 64, "MODES": "64'hfffffffffffffffe", "OVERLAP": 2}):
            with self.subTest(**parameters):
                result = self.lint("array_system", "array_system.sv", **parameters)
                self.assertEqual((result.returncode, result.stderr), (0, ""))

    def test_nothing_is_waived(self):
        """Only the form for simulation speed switches warnings off."""
        waiving = [file.name for file in RTL.rglob("*.sv") if "lint_off" in file.read_text()]
        self.assertEqual(waiving, ["array_system_loops.sv"])


class Icarus(unittest.TestCase):
    """A second reader of the language."""

    def test_takes_every_design_without_a_warning(self):
        icarus = shutil.which("iverilog")
        if icarus is None:
            self.skipTest("iverilog is missing")
        for top in ("array_system", "conventional_system"):
            for rows, cols, overlap in [(1, 1, 0), (5, 3, 0), (5, 3, 1), (1, 1, 2), (5, 3, 2)]:
                with self.subTest(top=top, rows=rows, cols=cols, overlap=overlap):
                    command = [icarus, "-g2012", "-Wall", "-t", "null", "-s", top,
                               f"-P{top}.ROWS={rows}", f"-P{top}.COLS={cols}",
                               f"-P{top}.OVERLAP={overlap}", *sorted(RTL.glob("*.sv"))]
                    result = subprocess.run(command, capture_output=True, text=True)
                    self.assertEqual((result.returncode, result.stdout, result.stderr),
                                     (0, "", ""))


class Synthesis(unittest.TestCase):
    def setUp(self):
        if not YOSYS:
            self.skipTest("yosys is missing")

    def synthesise(self, top, parameters):
        """Returns {cell type: count} of the flattened netlist."""
        settings = " ".join(f"-set {name} {value}" for name, value in parameters.items())
        files = " ".join(str(file) for file in sorted(RTL.glob("*.sv")))
        with tempfile.TemporaryDirectory() as folder:
            stat = pathlib.Path(folder) / "stat.txt"
            script = (f"read_verilog -sv {files}; chparam {settings} {top}; "
                      f"synth -noabc -flatten -top {top}; check -assert; tee -o {stat} stat")
            result = subprocess.run([YOSYS, "-q", "-p", script], capture_output=True, text=True)
            self.assertEqual(result.returncode, 0, result.stderr)
            self.assertNotRegex(result.stdout + result.stderr, r"(?m)^Latch inferred")
            cells = re.findall(r"(?m)^\s+(\$_\w+)\s+(\d+)$", stat.read_text())
        return {name: int(count) for name, count in cells}

    def check(self, top, parameters, register_bits):
        with self.subTest(top=top, **parameters):
            cells = self.synthesise(top, parameters)
            self.assertFalse([name for name in cells if "LATCH" in name])
            self.assertEqual(sum(n for name, n in cells.items() if "DFF" in name), register_bits)

    def test_processing_elements(self):
        """Operand, weight and psum register, and no other memory."""
        for top, data, acc in [("pe", 8, 32), ("pe", 16, 64), ("pe", 32, 64),
                               ("conventional_pe", 8, 32), ("conventional_pe", 16, 64)]:
            self.check(top, {"DATA_WIDTH": data, "ACC_WIDTH": acc}, 2 * data + acc)

    def test_processing_elements_with_two_weight_registers(self):
        """One weight register more; with full overlap, the bit that selects one of them, too."""
        for top in ("pe", "conventional_pe"):
            for overlap in (1, 2):
                self.check(top, {"DATA_WIDTH": 8, "ACC_WIDTH": 32, "OVERLAP": overlap},
                           3 * 8 + 32 + (overlap == 2))

    def test_skew_buffer(self):
        self.check("skew_buffer", {"WIDTH": 16, "LENGTH": 5, "DEPTH_WIDTH": 3}, 16 * 5)

    ROWS, COLS, DATA, ACC, COUNT = 2, 3, 8, 32, 16

    def array_bits(self, weight_registers):
        """Without an operand register in the last column."""
        bits = self.ROWS * self.COLS * (weight_registers * self.DATA + self.ACC)
        bits += self.ROWS * (self.COLS - 1) * self.DATA
        bits += self.ROWS * (self.ROWS - 1) // 2 * self.DATA
        bits += self.COLS * (self.COLS - 1) // 2 * self.ACC
        # Nothing comes from north of row 0: the upper bits of its psum_reg are copies of the
        # product's sign, and synthesis leaves one register of them.
        return bits - self.COLS * (self.ACC - 2 * self.DATA)

    def check_whole(self, overlap, arrayflex_bits, conventional_bits):
        parameters = {"ROWS": self.ROWS, "COLS": self.COLS, "DATA_WIDTH": self.DATA,
                      "ACC_WIDTH": self.ACC, "COUNT_WIDTH": self.COUNT, "OVERLAP": overlap}
        self.check("conventional_system", parameters, conventional_bits)
        self.check("array_system", {**parameters, "MODES": "64'h6"}, arrayflex_bits)

    def test_whole_arrays(self):
        bits = self.array_bits(1)
        bits += 2 + 3 * self.COUNT + 1  # the controller's state
        self.check_whole(0, bits, bits)

    # The controller's state with overlap: load and its row, bank, whether a tile waits to stream;
    # stream and drain, three counters, the select.
    STATE = 1 + 1 + 1 + 1 + 2 + 3 * COUNT + 1

    def test_whole_arrays_whose_loads_overlap(self):
        bits = self.array_bits(2) + self.STATE
        self.check_whole(1, bits, bits)

    def test_whole_arrays_whose_tiles_overlap_in_full(self):
        bits = self.array_bits(2) + self.STATE
        bits += 2 * (self.ROWS + self.COLS - 1)  # rows of X on their way, and which are the last
        bits += (self.COLS - 1) * 3              # the columns' loads, as in the state
        # The select on its way to rows and columns. In the conventional array it is the same along
        # each diagonal, and synthesis leaves one register of them.
        on_its_way = self.ROWS * (self.ROWS - 1) // 2 + self.ROWS * (self.COLS - 1)
        self.check_whole(2, bits + on_its_way, bits + self.ROWS + self.COLS - 2)


if __name__ == "__main__":
    RTL, VERILATOR, YOSYS = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    unittest.main(argv=sys.argv[:1] + sys.argv[4:])
