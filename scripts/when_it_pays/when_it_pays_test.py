#!/usr/bin/python3
"""Checks docs/when-it-pays.md and the code that writes it.

Usage: when_it_pays_test.py COMMAND [arguments of unittest]. Ends with status 77 where matplotlib is missing.
All that needs no activity is compared with what the command gives now; energies for two small networks, those
of all others by `scripts/when_it_pays.sh --check --full`.
"""

import csv
import math
import pathlib
import shutil
import sys
import tempfile
import unittest

try:
    import matplotlib  # noqa: F401
except ImportError:
    print("skipped: /usr/bin/python3 has no matplotlib (python3-matplotlib)")
    sys.exit(77)

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "pages"))

import break_even as closed  # noqa: E402
import cases  # noqa: E402
import command  # noqa: E402
import energy  # noqa: E402
import generate  # noqa: E402
import page  # noqa: E402
import section_energy  # noqa: E402
import when_it_pays  # noqa: E402

RUN = None
DOCS = when_it_pays.ROOT / "docs"
PAGE, PARTS = DOCS / "when-it-pays.md", DOCS / "when-it-pays"
# Tiles of a product that counts as long.
MANY = 100_000
SMALL_NETWORKS = ("mobilenet_v2", "llm_7b_decode_1")


def layers(shapes, size, overlap, k, *options):
    """Layers of a report: shapes is [(T, N)], M fills the array."""
    with tempfile.TemporaryDirectory() as folder:
        table = pathlib.Path(folder) / "lines.csv"
        rows = [f"gemm,l{i},{t},{n},{size}" for i, (t, n) in enumerate(shapes)]
        table.write_text("type,name,t,n,m\n" + "\n".join(rows) + "\n", encoding="utf-8")
        return RUN.report(["run", str(table), "--rows", str(size), "--cols", str(size), "--overlap", overlap,
                           "--k", str(k), *options])["layers"]


class Current(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.page = when_it_pays.make_page(DOCS, RUN, False)

    def test_all_that_needs_no_activity(self):
        self.assertEqual(generate.check_part(DOCS, self.page), [])

    def test_differences_are_seen(self):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            shutil.copytree(PARTS, folder / PARTS.name)
            text = PAGE.read_text(encoding="utf-8")
            self.assertIn("saves 9.5 %", text)
            (folder / PAGE.name).write_text(text.replace("saves 9.5 %", "saves 9.6 %"), encoding="utf-8")
            table = folder / PARTS.name / "data" / "break_even.csv"
            table.write_text(table.read_text(encoding="utf-8").replace("471.", "472."), encoding="utf-8")
            wrong = generate.check_part(folder, self.page)
        self.assertEqual(len(wrong), 2, wrong)
        self.assertIn("lacks the line **It pays", wrong[0])
        self.assertEqual(wrong[1], "when-it-pays/data/break_even.csv differs")

    def test_readme_says_the_same(self):
        saved = {o: cases.time_saved(RUN.report(cases.analytic("resnet34", 128, o))) for o in cases.OVERLAPS}
        readme = " ".join((when_it_pays.ROOT / "README.md").read_text(encoding="utf-8").split())
        self.assertIn(f"ResNet-34 at 128×128 saves {saved['none']:.1f} % of its time", readme)
        self.assertIn(f"saves {saved['load']:.1f} % where", readme)
        self.assertIn(f"loses {-saved['full']:.1f} % where", readme)
        self.assertIn("(docs/when-it-pays/pictures/time_saved.svg)", readme)

    def test_links_and_pictures(self):
        text = PAGE.read_text(encoding="utf-8")
        files = [path.relative_to(DOCS).as_posix() for path in PARTS.glob("*/*")]
        self.assertGreater(len(files), 10)
        for path in files:
            self.assertIn(f"({path})", text, "no link to this file")
            if path.endswith(".svg"):
                self.assertNotIn("<dc:date>", (DOCS / path).read_text(encoding="utf-8"))


class BreakEven(unittest.TestCase):
    """Each line of the tables: on one side ArrayFlex is faster, on the other it is not."""

    def assert_parts(self, shapes, *case):
        below, above = layers(shapes, *case, "--engine", "analytic")
        self.assertGreater(below["time_saved"], 0, case)
        self.assertLess(above["time_saved"], 0, case)

    def lines(self, size, technology):
        options = () if technology == cases.DEFAULT_TECHNOLOGY else ("--tech", technology)
        for k in cases.MODES:
            for overlap in ("none", "load"):
                periods = cases.periods(RUN, size, overlap, technology)
                at = closed.break_even_t(overlap, size, size, k, periods)
                if at is None:
                    self.assertEqual(k, 1)
                    continue
                shapes = [(math.floor(at), MANY * size), (math.ceil(at), MANY * size)]
                self.assert_parts(shapes, size, overlap, k, *options)
            for t in (1, size):
                periods = cases.periods(RUN, size, "full", technology)
                tiles = math.floor(closed.break_even_tiles(size, size, k, t, periods))
                if tiles < 1:
                    self.assertEqual(k, 1)
                    continue
                self.assert_parts([(t, tiles * size), (t, (tiles + 1) * size)], size, "full", k, *options)

    def test_all_sizes(self):
        for size in cases.SIZES:
            self.lines(size, cases.DEFAULT_TECHNOLOGY)

    def test_all_technologies(self):
        for technology in cases.TECHNOLOGIES:
            self.lines(128, technology)

    def test_one_mode_at_full_saves_at_no_t_in_a_long_product(self):
        shapes = [(t, MANY * 128) for t in (1, 16, 128, 129, 4096)]
        for k in cases.MODES:
            for layer in layers(shapes, 128, "full", k, "--engine", "analytic"):
                self.assertLess(layer["time_saved"], 0)

    def test_curves_are_long_products(self):
        shapes = [(t, MANY * 128) for t in (1, 49, 66, 196, 784, 12544)]
        for overlap in cases.OVERLAPS:
            periods = cases.periods(RUN, 128, overlap)
            for k in cases.MODES:
                for layer in layers(shapes, 128, overlap, k, "--engine", "analytic"):
                    self.assertAlmostEqual(closed.saved(overlap, 128, 128, k, layer["t"], periods),
                                           100 * layer["time_saved"], delta=0.01)

    def test_cycles_are_those_of_the_simulation(self):
        size, tiles = 8, 5
        shapes = [(t, tiles * size) for t in (1, 7, 8, 9, 28)]
        for overlap in cases.OVERLAPS:
            for k in cases.MODES:
                for layer in layers(shapes, size, overlap, k, "--engine", "cycle"):
                    self.assertEqual(layer["cycles"],
                                     closed.product_cycles(overlap, size, size, k, layer["t"], tiles))


class Energy(unittest.TestCase):
    def test_small_networks(self):
        lines = PAGE.read_text(encoding="utf-8").splitlines()
        for size in cases.SIZES:
            for network in SMALL_NETWORKS:
                row = section_energy.network_row(RUN, network, size)
                cells = [c.text(v) for c, v in zip(section_energy.NETWORK_COLUMNS, row, strict=True)]
                self.assertIn(page.markdown_row(cells), lines)

    def test_all_modes_of_small_networks(self):
        with open(PARTS / "data" / "energies.csv", encoding="utf-8") as file:
            committed = {tuple(row[:4]): row for row in csv.reader(file)}
        for size in cases.SIZES:
            for network in SMALL_NETWORKS:
                for overlap in cases.OVERLAPS:
                    for k in cases.CHOICES:
                        row = list(map(page.csv_value, section_energy.data_row(RUN, network, size, overlap, k)))
                        self.assertEqual(row, committed[tuple(row[:4])])

    def test_auto_is_what_the_command_gives(self):
        pair = energy.pair(RUN, "mobilenet_v2", 64, "load", "auto")
        total = RUN.report(cases.simulated("mobilenet_v2", 64, "load"))["total"]
        self.assertEqual(pair.arrayflex.cycles, total["cycles"])
        for accounting in energy.ACCOUNTINGS:
            expected = total["ratios_to_conventional"][accounting]
            self.assertAlmostEqual(pair.energy_ratio(accounting), expected["energy"], places=12)
            self.assertAlmostEqual(1 / pair.edp_gain(accounting), expected["energy_delay_product"], places=12)

    def test_intervals_of_estimates(self):
        run = [*cases.simulated("llm_7b_decode_1", 64, "full", 2), "--sample-tiles", "4"]
        report = RUN.report(run)
        pair = energy.pair_of_report(report)
        for accounting in energy.ACCOUNTINGS:
            own = report["total"]["energy"][accounting]
            self.assertAlmostEqual(pair.arrayflex.half_width(accounting),
                                   own["sampling"]["energy_half_width_pj"] / own["energy_pj"], places=12)
        self.assertGreater(pair.half_width("exact"), 0)


if __name__ == "__main__":
    RUN = command.Command(sys.argv[1])
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
