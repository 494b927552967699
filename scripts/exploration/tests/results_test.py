#!/usr/bin/python3
"""Tests of figures, database, fronts and batches, without workers. Usage: results_test.py --build DIR"""

import random
import sqlite3

import harness


class Fixture(harness.SweepTest):
    AXES = "workload: net.csv, rows: [4, 8], cols: 8, data_width_bits: 8, technology: asap7"

    def setUp(self):
        super().setUp()
        from exploration.database import Database

        self.database = Database(self.path("out"))
        self.addCleanup(self.database.close)

    def sweep(self, text, **options):
        from exploration.driver import Options, Sweep
        from exploration.space import load_space

        space = load_space(self.file("space.yaml", text))
        return Sweep(space, self.database, Options(quiet=True, **options))

    def run_here(self, sweep, commit=True):
        """Runs all missing points in this process; returns the results."""
        from exploration.batches import make_batches
        from exploration.evaluate import run_batch

        self.database.begin_run("test", 0, 0)
        results = []
        for batch in make_batches(sweep.missing(), sweep._layers_of, 1, sweep._make_batch):
            results.append(run_batch(batch))
            if commit:
                self.commit(sweep, results[-1])
        return results

    def commit(self, sweep, result):
        for name, layers in sweep._layers_of.items():
            self.database.add_workload(sweep._workload_ids[name], layers)
        self.database.add(result, sweep._workload_ids)

    def points(self, sweep, *columns, condition="1"):
        return list(self.database.rows(columns, condition))


class Figures(Fixture):
    def test_figures_are_the_models(self):
        import arrayflex

        sweep = self.sweep(f"axes: {{{self.AXES}, engine: [analytic, fast]}}")
        self.run_here(sweep)
        for rows in (4, 8):
            array = arrayflex.Array(rows, 8, 8, technology="asap7")
            report = arrayflex.run(self.path("net.csv"), array=array)
            total, other = report.total, report.total["conventional"]
            energy = sum(layer["energy"]["exact"]["energy_pj"] for layer in report.layers)
            for engine in ("analytic", "fast"):
                (row,) = self.points(
                    sweep, "latency_cycles", "time_ns", "area_um2", "conventional_time_ns",
                    "conventional_area_um2", "tiles_count", "macs_count", "utilization_ratio",
                    "energy_pj", "edp_pj_ns", "power_mw", "toggles_count",
                    condition=f"array_rows = {rows} AND engine = '{engine}'")
                self.assertEqual(row[:8], (
                    total["cycles"], total["time_ns"], array.area_um2()["array_total_um2"],
                    other["time_ns"], array.area_um2("conventional")["array_total_um2"],
                    total["tiles"], total["macs"], total["utilization"]))
                if engine == "analytic":  # no activity: nothing is made up
                    self.assertEqual(row[8:], (None,) * 4)
                else:
                    self.assertEqual(row[8:], (energy, energy * total["time_ns"],
                                               energy / total["time_ns"],
                                               sum(total["activity"]["toggles"].values())))
            layers = [row for row in self.database.layer_rows(
                ["layer_name", "t_rows", "repeat_count", "k_collapse_factor", "latency_cycles",
                 "time_ns", "energy_pj", "array_rows", "engine"]) if row[-2:] == (rows, "fast")]
            self.assertEqual([row[:-2] for row in layers], [
                (layer["name"], layer["t"], layer["repeat"], layer["k"], layer["cycles"],
                 layer["time_ns"], layer["energy"]["exact"]["energy_pj"]) for layer in report.layers])

    def test_both_ways_to_a_formula_agree(self):
        """Through the call for many points, and through a report."""
        from exploration.evaluate import _array, _report
        from exploration.figures import POINT_FIGURES, figures_of_report

        sweep = self.sweep("axes: {workload: [net.csv, mobilenet_v1], rows: [3, 16], cols: [5, 64], "
                           "modes: [default, [1, 3]], k: [auto, 3], group_packing: [on, off]}")
        for result in self.run_here(sweep, commit=False):
            for point, figures in zip(result.points, result.figures):
                batch = sweep._make_batch(["key"], [point])
                array = _array(batch, point, point.rows, point.cols)
                expected, _ = figures_of_report(_report(batch, point, array))
                self.assertEqual(dict(zip(POINT_FIGURES, figures)),
                                 dict(zip(POINT_FIGURES, expected)), point)

    def test_an_estimate_says_how_sure_it_is(self):
        self.file("net.csv", "name,type,t,n,m\none,gemm,9,64,64\n")
        sweep = self.sweep(f"axes: {{{self.AXES}, engine: fast, sample_tiles: [none, 4]}}")
        self.run_here(sweep)
        exact = self.points(sweep, "toggles_half_width_count", "latency_cycles",
                            condition="sample_tiles_count IS NULL")
        sampled = self.points(sweep, "toggles_half_width_count", "latency_cycles",
                              condition="sample_tiles_count = 4")
        self.assertEqual([row[0] for row in exact], [None, None])
        self.assertTrue(all(row[0] > 0 for row in sampled))
        self.assertEqual([row[1] for row in exact], [row[1] for row in sampled])

    def test_a_point_that_fails_is_recorded(self):
        sweep = self.sweep("axes: {workload: net.csv, rows: [2, 8], cols: 8, modes: [[1, 8]], "
                           "engine: [analytic, fast]}")
        self.run_here(sweep)
        self.assertEqual(
            self.points(sweep, "array_rows", "engine", "status", "latency_cycles IS NULL"),
            [(2, "analytic", "failed", 1), (2, "fast", "failed", 1), (8, "analytic", "done", 0),
             (8, "fast", "done", 0)])
        for (error,) in self.points(sweep, "error", condition="status = 'failed'"):
            self.assertIn("InputError: modes = 8", error)
        self.assertEqual(sweep.missing(), [])

    def test_the_objective_chooses_k(self):
        sweep = self.sweep("axes: {workload: net.csv, rows: 8, cols: 8, engine: [analytic, fast], "
                           "objective: [time, edp], technology: asap7}")
        self.run_here(sweep)
        self.assertEqual(self.points(sweep, "engine", "objective", "status"),
                         [("analytic", "edp", "failed"), ("analytic", "time", "done"),
                          ("fast", "edp", "done"), ("fast", "time", "done")])
        ((error,),) = self.points(sweep, "error", condition="status = 'failed'")
        self.assertIn("objective = edp: the analytic engine counts no activity", error)

    def test_overflow_is_an_error_of_the_point(self):
        self.file("net.csv", "name,type,t,n,m\nbig,gemm,2147483647,2147483647,2147483647\n")
        sweep = self.sweep("axes: {workload: net.csv, rows: 1, cols: 1}")
        self.run_here(sweep)
        ((error,),) = self.points(sweep, "error")
        self.assertIn("OverflowError: layer big", error)


class Store(Fixture):
    def test_no_point_is_committed_twice(self):
        sweep = self.sweep(f"axes: {{{self.AXES}, engine: fast}}")
        (result,) = self.run_here(sweep, commit=False)
        self.commit(sweep, result)
        with self.assertRaises(sqlite3.IntegrityError):
            self.commit(sweep, result)
        self.assertEqual(len(self.points(sweep, "point_id")), 2)
        self.assertEqual(len(list(self.database.layer_rows(["layer_index"]))), 4)

    def test_a_batch_is_committed_as_a_whole_or_not_at_all(self):
        sweep = self.sweep(f"axes: {{{self.AXES}, engine: fast}}")
        (result,) = self.run_here(sweep, commit=False)
        broken = result.layers[0].columns[0]
        result.layers[0].columns[0] = [object()] * len(broken)
        with self.assertRaises(sqlite3.Error):
            self.commit(sweep, result)
        self.assertEqual(self.points(sweep, "point_id"), [])
        self.assertEqual(len(sweep.missing()), 2)

    def test_one_driver_at_a_time(self):
        from exploration.database import Database
        from exploration.errors import SweepError

        with self.assertRaises(SweepError) as caught:
            Database(self.path("out"))
        self.assertIn("another sweep", str(caught.exception))

    def test_another_schema_is_refused(self):
        from exploration.database import Database
        from exploration.errors import SweepError

        Database(self.path("old")).close()
        with sqlite3.connect(self.path("old/results.sqlite")) as db:
            db.execute("PRAGMA user_version = 99")
        with self.assertRaises(SweepError) as caught:
            Database(self.path("old"))
        self.assertIn("schema 99", str(caught.exception))

    def test_figures_of_another_model_are_refused(self):
        from exploration.database import Database
        from exploration.errors import SweepError

        for table, change in (("points", "ADD COLUMN made_up_count NUMERIC"),
                              ("layers", "DROP COLUMN conventional_energy_pj")):
            Database(self.path(table)).close()
            with sqlite3.connect(self.path(f"{table}/results.sqlite")) as db:
                db.execute("DROP VIEW layer_results")
                db.execute(f"ALTER TABLE {table} {change}")
            with self.assertRaises(SweepError) as caught:
                Database(self.path(table))
            self.assertIn(f"its table {table} is of another version", str(caught.exception))
            self.assertIn(change.split()[2], str(caught.exception))

    def test_a_file_that_is_no_database(self):
        import os

        from exploration.database import Database
        from exploration.errors import SweepError

        os.mkdir(self.path("bad"))
        self.file("bad/results.sqlite", "this is no database, but longer than its header " * 9)
        with self.assertRaises(SweepError):
            Database(self.path("bad"))


class Fronts(harness.SweepTest):
    def test_against_the_definition(self):
        import numpy

        from exploration.pareto import non_dominated

        numbers = random.Random(5)
        for _ in range(200):
            size, objectives = numbers.randint(1, 40), numbers.randint(1, 3)
            rows = [[numbers.randint(0, 6) for _ in range(objectives)] for _ in range(size)]
            expected = [not any(all(b <= a for a, b in zip(row, other)) and other != row
                                for other in rows) for row in rows]
            self.assertEqual(non_dominated(numpy.array(rows, float)).tolist(), expected)

    def test_the_order_in_the_database_does_not_matter(self):
        from exploration.pareto import AXIS_COLUMNS, fronts

        class Results:
            def __init__(self, rows):
                self.rows = rows  # {point_id: (workload, time_ns, area_um2)}

            def finished_figures(self, _columns):
                return [(point_id, *row) for point_id, row in self.rows.items()]

            def points_of(self, ids, columns):
                figures = len(columns) - len(AXIS_COLUMNS)
                return [(*[i] * len(AXIS_COLUMNS), *self.rows[i][-figures:]) for i in sorted(ids)]

        rows = {i: ("net", (i * 7 % 5) + 1.0, (i * 3 % 4) + 1.0) for i in range(12)}
        ahead, = fronts(Results(rows), ("time_ns", "area_um2"), ("workload",))
        back, = fronts(Results(dict(reversed(rows.items()))), ("time_ns", "area_um2"), ("workload",))
        self.assertEqual(ahead.values.tolist(), sorted(list(row[1:]) for row in rows.values()))
        self.assertEqual(ahead.values.tolist(), back.values.tolist())
        self.assertEqual(ahead.front, back.front)


class Batches(harness.SweepTest):
    def test_every_point_is_in_one_batch(self):
        from exploration.batches import make_batches
        from exploration.point import Point

        layers = {"w": [("a", 10, 10, 10, 1)], "big": [("a", 10**6, 10**4, 10**4, 1)]}
        entries = []
        for i in range(5000):
            workload = "big" if i % 7 == 0 else "w"
            memory = "ideal" if i % 500 == 1 else None
            engine = ("analytic", "fast", "cycle")[i % 3] if memory is None else "fast"
            entries.append((f"{i * 7919 % 5000:05}", Point(8, 8, 8, None, None, "paper", workload, engine,
                                                         memory, None, None, 1)))
        for largest in (None, 3):
            batches = list(make_batches(entries, layers, 2, lambda keys, points: (keys, points), largest))
            self.assertEqual(sorted(key for keys, _ in batches for key in keys),
                             sorted(key for key, _ in entries))
            for _, points in batches:
                self.assertEqual(len({point.simulates for point in points}), 1)
                if points[0].simulates:
                    self.assertEqual(len(points), 1)
                self.assertLessEqual(len(points), largest or 2000)
                self.assertLessEqual(sum(p.workload == "big" and p.engine == "fast" for p in points), 1)


if __name__ == "__main__":
    harness.main()
