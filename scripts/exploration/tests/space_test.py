#!/usr/bin/python3
"""Tests of design spaces: axes, constraints, points and their keys. Usage: space_test.py --build DIR"""

import unittest.mock

import harness


def space(test, text):
    from exploration.space import load_space

    return load_space(test.file("space.yaml", text))


class Axes(harness.SweepTest):
    def points(self, axes, tail=""):
        lines = "".join(f"  {name}: {value}\n" for name, value in axes.items())
        return space(self, f"axes:\n{lines}{tail}").points()

    def test_lists_ranges_and_single_values(self):
        points = self.points({"workload": "resnet34", "rows": "{from: 16, to: 30, step: 7}",
                              "cols": "{from: 8, to: 70, factor: 2}", "k": "[auto, 2]"})
        self.assertEqual([(p.rows, p.cols, p.k) for p in points],
                         [(r, c, k) for r in (16, 23, 30) for c in (8, 16, 32, 64) for k in (None, 2)])
        self.assertEqual({(p.engine, p.technology, p.data_width_bits, p.modes) for p in points},
                         {("analytic", "paper", 32, None)})

    def test_mode_sets(self):
        points = self.points({"workload": "resnet34", "modes": "[default, [4, 1], [2]]"})
        self.assertEqual([p.modes for p in points], [None, (1, 4), (2,)])

    def test_axes_are_those_of_the_table(self):
        import arrayflex
        from exploration.axes import AXES

        rows = [axis for option in arrayflex.options() for axis in option.axes]
        self.assertEqual({axis.name: axis.default for axis in rows},
                         {name: default for name, (default, _) in AXES.items()})

    def test_a_switch_may_be_written_as_yaml_reads_it(self):
        for text in ("[on, off]", "['on', 'off']", "[true, false]"):
            points = self.points({"workload": "resnet34", "group_packing": text})
            self.assertEqual([p.group_packing for p in points], ["on", "off"])

    def test_the_objective_matters_where_k_is_chosen_only(self):
        points = self.points({"workload": "resnet34", "engine": "fast", "k": "[auto, 2]", "objective": "[edp, time]"})
        self.assertEqual([(p.k, p.objective) for p in points], [(None, "edp"), (None, "time"), (2, "time")])

    def test_bursts_and_overlap(self):
        axes = {"workload": "resnet34", "engine": "fast", "overlap": "[none, full]",
                "memory_bytes_per_cycle": "[none, 4]", "dma_burst_bytes": "[64, 4096]"}
        points = self.points(axes)
        self.assertEqual([(p.overlap, p.dma_burst_bytes, p.dma_outstanding) for p in points],
                         [("none", None, None), ("full", None, None), ("none", 64, 64),
                          ("none", 4096, 64), ("full", 64, 64), ("full", 4096, 64)])

    def test_alignment_matters_behind_a_memory_only(self):
        axes = {"workload": "resnet34", "engine": "fast", "memory_bytes_per_cycle": "[none, 4]",
                "dma_alignment": "[any, natural]"}
        self.assertEqual([(p.memory_bytes_per_cycle, p.dma_alignment) for p in self.points(axes)],
                         [(None, None), (4, "any"), (4, "natural")])

    def test_axes_that_do_not_matter_are_not_multiplied(self):
        points = self.points({"workload": "resnet34", "engine": "[analytic, fast]", "seed": "[1, 2]",
                              "memory_bytes_per_cycle": "[none, ideal, 4]",
                              "memory_latency_ns": "[0, 10]"},
                             "constraints: [engine == 'fast' or memory_bytes_per_cycle == none]\n")
        self.assertEqual(
            [(p.engine, p.memory, p.seed) for p in points],
            [("analytic", None, None)] + [("fast", m, s) for m, s in
                                          ((None, 1), (None, 2), ("ideal", 1), ("ideal", 2),
                                           ("4.0:0.0", 1), ("4.0:0.0", 2), ("4.0:10.0", 1),
                                           ("4.0:10.0", 2))])

    def test_a_million_combinations(self):
        points = self.points({"workload": "resnet34", "rows": "{from: 1, to: 1000, step: 1}",
                              "cols": "{from: 1, to: 1000, step: 1}"},
                             "constraints: [rows == cols]\n")
        self.assertEqual(len(points), 1000)

    def test_the_examples_of_the_documentation(self):
        import os

        from exploration.space import load_space

        folder = os.path.join(harness.SCRIPTS, "exploration", "examples")
        counts = {"resnet34_sizes": 10000, "resnet34_energy": 200, "resnet18_memory": 18}
        for name, count in counts.items():
            with self.subTest(example=name):
                points = load_space(os.path.join(folder, f"{name}.yaml")).points()
                self.assertEqual(len(points), count)

    def test_refusals(self):
        from exploration.errors import SweepError

        good = "axes: {workload: resnet34}\n"
        cases = [
            ("[", "is no YAML"), ("3", "must be a mapping"), (good + "axis: 1", "unknown key"),
            ("axes: {workload: resnet34, row: 1}", "unknown key; allowed are rows"),
            ("axes: {rows: 1}", "workload"), ("axes: {workload: nosuch}", "nosuch"),
            ("axes: {workload: resnet34, technology: nosuch}", "nosuch"),
            ("axes: {workload: resnet34, rows: 0}", "rows = 0: allowed are whole numbers 1..4096"),
            ("axes: {workload: resnet34, rows: [8, x]}", "rows = 'x'"),
            ("axes: {workload: resnet34, rows: true}", "rows = True"),
            ("axes: {workload: resnet34, rows: [8, 8]}", "listed twice"),
            ("axes: {workload: resnet34, rows: []}", "at least one value"),
            ("axes: {workload: resnet34, rows: {from: 1, to: 5}}", "a range is"),
            ("axes: {workload: resnet34, rows: {from: 5, to: 1, step: 1}}", "must not exceed"),
            ("axes: {workload: resnet34, rows: {from: 1, to: 5, step: 0}}", "positive"),
            ("axes: {workload: resnet34, rows: {from: 1, to: 1000000, step: 1}}", "at most 100000"),
            ("axes: {workload: resnet34, cols: {from: 1, to: 9, factor: 1}}", "factor"),
            ("axes: {workload: resnet34, rows: {from: 8, to: 9, step: 0.5}}", "rows = 8.0"),
            ("axes: {workload: resnet34, modes: [1, 2, 4]}", "[[1, 2, 4]]"),
            ("axes: {workload: resnet34, modes: [[1, 1]]}", "once"),
            ("axes: {workload: resnet34, data_width_bits: 12}", "8, 16, 32"),
            ("axes: {workload: resnet34, engine: slow}", "analytic, fast, pin, cycle"),
            ("axes: {workload: resnet34, memory_bytes_per_cycle: 0}", "none, ideal, or"),
            ("axes: {workload: resnet34, sample_tiles: 1}", "2..100000"),
            ("axes: {workload: resnet34, dma_burst_bytes: 48}", "powers of two 8..65536"),
            ("axes: {workload: resnet34, overlap: some}", "none, load, full"),
            ("axes: {workload: resnet34, rows: 8, rows: 16}", "the key rows is given twice"),
            (good + "axes: {workload: resnet18}\n", "the key axes is given twice"),
            ("axes: {workload: resnet34, [8]: 3}", "is no YAML"),
            (good + "constraints: rows > 1", "must be a list"),
            (good + "constraints: [rows > ]", "no expression"),
            (good + "layers: 'zz*'", "zz*"), (good + "operands: {bits: 3}", "unknown key"),
            (good + "operands: {zero_share: 2}", "0..1"),
            (good + "pareto: {objectives: [speed]}", "time_ns"),
            (good + "pareto: {per: [colour]}", "rows"),
        ]
        for text, part in cases:
            with self.subTest(text=text):
                with self.assertRaises(SweepError) as caught:
                    space(self, text)
                self.assertIn(part, str(caught.exception))
        large = ("axes: {workload: resnet34, rows: {from: 1, to: 4096, step: 1}, "
                 "cols: {from: 1, to: 4096, step: 1}, engine: fast, seed: {from: 1, to: %d, step: 1}}")
        for seeds, part in ((100, "1677721600 combinations"), (1, "16777216 points")):
            with self.assertRaises(SweepError) as caught:
                space(self, large % seeds).points()
            self.assertIn(part, str(caught.exception))


class Constraints(harness.SweepTest):
    NAMES = {"rows", "cols", "modes", "workload"}
    VALUES = {"rows": 8, "cols": 16, "modes": (1, 2, 4), "workload": "resnet34"}

    def expression(self, text):
        from exploration.expression import Expression

        return Expression(text, self.NAMES)

    def test_values(self):
        for text, expected in (
                ("rows < cols", True), ("rows * 2 == cols", True), ("4 <= rows < 8", False),
                ("not rows > 3", False), ("rows > 100 or cols // 3 == 5", True),
                ("rows > 1 and cols % 3 == 0", False), ("max(modes) <= min(rows, cols)", True),
                ("len(modes) == 3 and 4 in modes", True), ("8 not in modes", True),
                ("workload in ['vgg16', 'resnet34']", True), ("abs(rows - cols) / 4 == 2", True),
                ("-rows < 0", True), ("sum([rows, cols]) == 24", True), ("modes == default", False)):
            with self.subTest(text=text):
                self.assertIs(self.expression(text).holds(self.VALUES), expected)

    def test_nothing_else_is_allowed(self):
        from exploration.errors import SpaceError

        for text in ("__import__('os').system('true')", "rows.__class__", "(lambda: 1)()", "modes[0]",
                     "[x for x in modes]", "rows ** 9", "open('x')", "f'{rows}'", "rows if cols else 1",
                     "max(*modes)", "max(modes, key=abs)", "(rows := 1)", "b'1'", "rows; cols", "x" * 2000,
                     "nosuch > 1", "rows << 40", "~rows", "", 3):
            with self.subTest(text=text), self.assertRaises(SpaceError):
                self.expression(text)

    def test_no_value(self):
        from exploration.errors import SpaceError
        from exploration.expression import Expression

        for text in ("rows / 0 > 1", "workload > 3", "workload * 1000000000 == 1", "max(rows) > 1",
                     "[1] * 1000000000 == 1"):
            with self.subTest(text=text):
                with self.assertRaises(SpaceError) as caught:
                    self.expression(text).holds(self.VALUES)
                self.assertIn("has no value", str(caught.exception))
        with self.assertRaises(SpaceError) as caught:
            Expression("modes == default and k < 3", {"k", "modes"}).holds({"k": None, "modes": None})
        self.assertIn("k = auto, modes = default: auto, default and none are no numbers",
                      str(caught.exception))


class Keys(harness.SweepTest):
    def keys(self, text):
        from exploration.database import Database
        from exploration.driver import Options, Sweep

        database = Database(self.path("keys"))
        try:
            sweep = Sweep(space(self, text), database, Options())
            return {key for key, _ in sweep.missing()}
        finally:
            database.close()

    def test_a_key_stands_for_all_that_the_results_depend_on(self):
        base = "axes: {workload: net.csv, rows: 8, engine: fast%s}\n%s"
        first = self.keys(base % ("", ""))
        self.assertEqual(len(first), 1)
        self.assertEqual(self.keys(base % ("", "name: other")), first)
        self.assertEqual(self.keys(base % (", cols: [128, 64]", "")) & first, first)
        for axes, tail in ((", seed: 2", ""), (", k: 1", ""), (", technology: asap7", ""),
                           (", modes: [[1, 2, 4]]", ""), ("", "layers: one"),
                           ("", "operands: {zero_share: 0.25}")):
            with self.subTest(axes=axes, tail=tail):
                self.assertFalse(self.keys(base % (axes, tail)) & first)
        self.file("net.csv", harness.SMALL_NETWORK.replace("64", "65"))
        self.assertFalse(self.keys(base % ("", "")) & first)
        self.file("net.csv", harness.SMALL_NETWORK)
        self.assertEqual(self.keys(base % ("", "")), first)

    def test_another_model_is_another_version(self):
        from exploration import driver

        text = "axes: {workload: net.csv, rows: 8, engine: [analytic, cycle]}"
        first = self.keys(text)
        self.assertEqual(self.keys(text), first)
        with unittest.mock.patch.object(driver, "module_version", lambda: "another"):
            self.assertFalse(self.keys(text) & first)

    def test_the_module_is_part_of_the_version(self):
        import os
        import shutil
        import subprocess
        import sys

        package = self.path("python")
        shutil.copytree(os.path.join(harness.build_folder(), "python"), package)

        def module_version():
            script = "from exploration.version import module_version; print(module_version())"
            environment = {"PYTHONPATH": f"{harness.SCRIPTS}:{package}"}
            return subprocess.run([sys.executable, "-B", "-c", script], env=environment, check=True,
                                  capture_output=True, text=True).stdout

        first = module_version()
        self.assertEqual(module_version(), first)
        with open(os.path.join(package, "arrayflex", "_run.py"), "a", encoding="utf-8") as file:
            file.write("\n")
        self.assertNotEqual(module_version(), first)


if __name__ == "__main__":
    harness.main()
