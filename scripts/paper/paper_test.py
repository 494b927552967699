#!/usr/bin/python3
"""Checks docs/paper and the code that writes it.

Usage: paper_test.py COMMAND [arguments of unittest]. Ends with status 77 where matplotlib is missing. The
tables of cycles and time are compared with what the command gives now; those of energy, which take
minutes, by `scripts/paper.sh --check --full`, and here for MobileNetV1.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import matplotlib  # noqa: F401
except ImportError:
    print("skipped: /usr/bin/python3 has no matplotlib (python3-matplotlib)")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "pages"))

import command  # noqa: E402
import energy
import networks
import page
import section_networks
import style
import technology

COMMAND = ""
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / "docs" / "paper"


def check(folder):
    return subprocess.run(
        ["/usr/bin/python3", "-B", ROOT / "scripts" / "paper" / "paper.py", "--command", COMMAND,
         "--folder", folder, "--check"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8", check=False)


class Current(unittest.TestCase):
    def test_cycles_and_time(self):
        done = check(FOLDER)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_check_sees_differences(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name) / "paper"
            shutil.copytree(FOLDER, folder)
            target = folder / "data" / "layers_against_k.csv"
            target.write_text(target.read_text(encoding="utf-8").replace("16488", "16489"),
                              encoding="utf-8")
            text = (folder / "README.md").read_text(encoding="utf-8")
            self.assertIn("| 404.7 |", text)
            (folder / "README.md").write_text(text.replace("| 404.7 |", "| 404.8 |"),
                                              encoding="utf-8")
            done = check(folder)
        self.assertEqual(done.returncode, 1)
        self.assertIn("data/layers_against_k.csv differs", done.stderr)
        self.assertIn("README.md lacks the line | ResNet-34 | 128×128 |", done.stderr)

    def test_energy_of_one_network(self):
        run = command.Command(COMMAND)
        lines = (FOLDER / "README.md").read_text(encoding="utf-8").splitlines()
        columns = section_networks.CASE_COLUMNS + section_networks.FIGURE_COLUMNS
        for size in networks.SIZES:
            for operands in (networks.FULL_RANGE, networks.QUANTISED):
                report = run.report(networks.run("mobilenet_v1", size, operands=operands))
                row = ["MobileNetV1", f"{size}×{size}", *section_networks.figures(report)]
                cells = [column.text(value) for column, value in zip(columns, row, strict=True)]
                self.assertIn(page.markdown_row(cells), lines)

    def test_links_and_pictures(self):
        text = (FOLDER / "README.md").read_text(encoding="utf-8")
        files = [path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*")]
        self.assertGreater(len(files), 10)
        for path in files:
            self.assertIn(f"({path})", text, "no link to this file")
            if path.endswith(".svg"):
                self.assertNotIn("<dc:date>", (FOLDER / path).read_text(encoding="utf-8"))


class EnergyModel(unittest.TestCase):
    """energy.py against the command, with a layer and a mode of each kind."""

    def test_equals_report(self):
        run = command.Command(COMMAND)
        for tech in ("paper", "asap7", "sky130hd"):
            report = run.report(command.arguments(
                "resnet34", "--rows", 20, "--cols", 24, "--layers", "layer4.0.downsample,fc",
                "--tech", tech))
            numbers = technology.load(tech)
            for accounting in networks.ACCOUNTINGS:
                sums = energy.total(report, numbers, accounting)
                for design, entry in (("arrayflex", report["total"]),
                                      ("conventional", report["total"]["conventional"])):
                    for part, value in entry["energy"][accounting]["by_component_pj"].items():
                        self.assertAlmostEqual(sums[design][part], value, delta=1e-9 * value + 1e-9,
                                               msg=(tech, accounting, design, part))


class Files(unittest.TestCase):
    def test_pictures_are_reproducible(self):
        def draw():
            fig, (axis,) = style.figure()
            style.grouped(axis, ["a", "b"], {"x": [1, 2], "y": [3, 4]}, [style.BLUE, style.GREEN])
            return style.render(fig)
        self.assertEqual(draw(), draw())

    def test_page(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "data").mkdir()
            (folder / "data" / "old.csv").write_text("of a table that is no more")
            result = page.Page(folder)
            result.table("t", [page.Column("name", "name"), page.percent("part_percent", "part")],
                         [["a, b", 12.34567], ["none", None]], [["run", "x y"]])
            result.write()
            self.assertEqual((folder / "data" / "t.csv").read_text(),
                             'name,part_percent\n"a, b",12.3457\nnone,\n')
            text = (folder / "README.md").read_text()
            self.assertIn("| a, b | 12.3 % |\n| none | – |", text)
            self.assertIn("Command: `arrayflex run 'x y'`", text)
            self.assertEqual([p.name for p in (folder / "data").iterdir()], ["t.csv"])
        with self.assertRaises(SystemExit):
            result.claim(False, "wrong")


if __name__ == "__main__":
    COMMAND = sys.argv[1]
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
