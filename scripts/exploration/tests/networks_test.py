#!/usr/bin/python3
"""Tests of sweeps over the user's own networks: ONNX models, SCALE-Sim topologies, layer tables.
Usage: networks_test.py --build DIR. Tests of ONNX are skipped without Debian's python3-onnx."""

import csv
import os
import pathlib
import sys

import harness

try:
    import onnx
    from onnx import TensorProto, helper
except ImportError:
    onnx = None


class Fixture(harness.SweepTest):
    def model(self, name, columns=6):
        """A product of a batch without a size, and a node that is none."""
        def info(tensor, shape):
            return helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape)

        nodes = [helper.make_node("MatMul", ["a", "b"], ["p"], name="product"),
                 helper.make_node("Relu", ["p"], ["y"])]
        graph = helper.make_graph(nodes, "g", [info("a", ["batch", 5]), info("b", [5, columns])],
                                  [info("y", ["batch", columns])])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]),
                  self.path(name))

    def space(self, text):
        from exploration.space import load_space

        return load_space(self.file("space.yaml", text))

    def refusal(self, text):
        from exploration.errors import SweepError

        with self.assertRaises(SweepError) as caught:
            self.space(text)
        return str(caught.exception)

    def layers(self, out):
        return self.query(out, "SELECT workload, layer_name, t_rows, n_elements, m_columns, repeat_count "
                               "FROM layer_results ORDER BY workload, layer_index")


def has_importer():
    sys.path.insert(0, os.path.join(harness.BUILD, "python"))
    import arrayflex

    try:
        arrayflex.Workload("missing.onnx")
    except arrayflex.InputError as error:
        return "no onnx library" not in str(error)
    return True


class OnnxModels(Fixture):
    def setUp(self):
        if onnx is None or not has_importer():
            self.skipTest("the onnx library is missing")
        super().setUp()
        os.mkdir(self.path("models"))
        self.model("models/net.onnx")

    SPACE = """\
axes:
  workload:
    - net.csv
    - file: models/net.onnx
      dims: {batch: [1, 4]}
  rows: 4
  cols: [4, 8]
  data_width_bits: 8
constraints: [workload != 'net.csv' or cols == 4]
"""

    def test_a_model_is_a_workload_of_a_sweep(self):
        self.file("space.yaml", self.SPACE)
        cwd = os.getcwd()
        os.chdir("/")  # paths are relative to the file
        self.addCleanup(os.chdir, cwd)
        text = self.sweep("space.yaml", "out", "--csv", "--workers", "1")
        self.assertIn("models/net.onnx: skipped nodes: Relu 1\n", text)
        self.assertEqual(text.count("Relu"), 1)
        self.assertIn("5 points: 0 had results, 5 run now, 0 failed", text)
        self.assertEqual(
            [row for row in self.layers("out") if row[0] != "net.csv"],
            [(f"models/net.onnx batch={t}", "product", t, 5, 6, 1) for t in (1, 1, 4, 4)])

    def test_a_model_that_changed_runs_again_and_only_that(self):
        self.file("space.yaml", self.SPACE)
        self.sweep("space.yaml", "out", "--workers", "1")
        self.assertIn("5 points: 5 had results, 0 run now",
                      self.sweep("space.yaml", "out", "--workers", "1"))
        self.model("models/net.onnx", columns=7)
        self.assertIn("5 points: 1 had results, 4 run now",
                      self.sweep("space.yaml", "out", "--workers", "1"))
        self.assertEqual({row[4] for row in self.layers("out") if row[0] != "net.csv"}, {6, 7})
        self.file("space.yaml", self.SPACE.replace("[1, 4]", "{from: 1, to: 4, factor: 2}"))
        self.assertIn("7 points: 5 had results, 2 run now",
                      self.sweep("space.yaml", "out", "--workers", "1"))

    def test_points_that_simulate(self):
        harness.require_systemc(self)
        self.file("space.yaml", "axes: {workload: {file: models/net.onnx, dims: {batch: 3}}, rows: 4, "
                                "cols: 4, data_width_bits: 8, engine: [fast, cycle], "
                                "memory_bytes_per_cycle: [none, ideal]}\n"
                                "constraints: [engine == 'fast' or memory_bytes_per_cycle == none]\n")
        self.sweep("space.yaml", "out", "--workers", "1")
        self.assertEqual(len(self.query("out", "SELECT DISTINCT latency_cycles, toggles_count, energy_pj "
                                               "FROM points WHERE status = 'done'")), 1)
        self.assertEqual(self.count("out"), 3)

    def test_refusals(self):
        axes = "axes: {workload: %s}"
        for workload, part in (
                ("models/net.onnx", "dims = {'batch': VALUE}"),
                ("{file: models/net.onnx}", "dims = {'batch': VALUE}"),
                ("{file: models/net.onnx, dims: {bath: 1}}", "the dynamic dimensions of"),
                ("{file: models/net.onnx, dims: {batch: 0}}", "workload.dims.batch = 0"),
                ("{file: models/net.onnx, dims: {batch: []}}", "at least one value"),
                ("{file: models/net.onnx, dims: {batch: x}}", "whole numbers 1..2147483647"),
                ("{file: models/net.onnx, dims: [batch]}", "{file: MODEL.onnx, dims"),
                ("{file: models/net.onnx, dims: {1: 1}}", "names are texts"),
                ("{file: models/net.onnx, batch: 1}", "{file: MODEL.onnx, dims"),
                ("{dims: {batch: 1}}", "{file: MODEL.onnx, dims"), ("{file: 3}", "workload.file = 3"),
                ("{file: net.csv, dims: {batch: 1}}", "no ONNX model"),
                ("{file: resnet34, dims: {batch: 1}}", "no ONNX model"),
                ("[{file: models/net.onnx, dims: {batch: 1}}, {file: models/net.onnx, dims: "
                 "{batch: [2, 1]}}]", "'models/net.onnx batch=1': is listed twice"),
                ("missing.onnx", "no such file"), ("[]", "at least one value"), ("3", "must be a text")):
            with self.subTest(workload=workload):
                self.assertIn(part, self.refusal(axes % workload))


class Tables(Fixture):
    # Characters that CSV files and tables have a meaning for.
    NAMES = ['a, b', 'a "quoted" one', "#4", " spaces ", "zwei\nZeilen", "größer", "'=1+1"]

    def test_names_survive_the_database_the_files_and_the_simulation(self):
        with open(self.path("names.csv"), "w", encoding="utf-8", newline="") as file:
            table = csv.writer(file, quoting=csv.QUOTE_ALL)
            table.writerows([("name", "type", "t", "n", "m")])
            table.writerows((name, "gemm", i + 1, 5, 6) for i, name in enumerate(self.NAMES))
        os.rename(self.path("names.csv"), self.path('n "1", x.csv'))
        harness.require_systemc(self)
        self.file("space.yaml", "axes: {workload: 'n \"1\", x.csv', rows: 4, cols: 4, data_width_bits: 8, "
                                "technology: asap7, engine: [fast, cycle]}\n")
        self.sweep("space.yaml", "out", "--csv", "--workers", "1")
        with open(os.path.join(self.path("out"), "layers.csv"), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual([(row["layer_name"], row["t_rows"]) for row in rows],
                         [(name, str(i + 1)) for i, name in enumerate(self.NAMES)] * 2)
        self.assertEqual({row["workload"] for row in rows}, {'n "1", x.csv'})
        energies = [row["energy_pj"] for row in rows if row["engine"] == "fast"]
        self.assertEqual([row["energy_pj"] for row in rows], energies * 2)

    def test_a_topology_of_scale_sim(self):
        self.file("topology.csv", "Layer, M, N, K, Sparsity,\nfc, 3, 5, 7, 2:4,\n")
        self.file("space.yaml", "axes: {workload: topology.csv, rows: 4, cols: 4}\nlayers: 'f*'\n")
        text = self.sweep("space.yaml", "out", "--workers", "1")
        self.assertEqual(self.layers("out"), [("topology.csv", "fc", 3, 7, 5, 1)])
        self.assertIn("all layers are dense", text)

    def test_files_that_change_while_the_sweep_runs_change_nothing(self):
        """Layers and technologies are read once, by the driver, and are what the key stands for."""
        from exploration.database import Database
        from exploration.driver import Options, Sweep
        from exploration.evaluate import run_batch

        shipped = pathlib.Path(harness.SCRIPTS, "..", "model", "technologies", "asap7.json")
        self.file("mine.json", shipped.read_text(encoding="utf-8"))
        space = self.space("axes: {workload: net.csv, technology: [asap7, mine.json], rows: 4, "
                           "cols: 4, data_width_bits: 8, engine: [fast, analytic]}")
        database = Database(self.path("out"))
        self.addCleanup(database.close)
        sweep = Sweep(space, database, Options(quiet=True))
        os.unlink(self.path("net.csv"))
        self.file("mine.json", "{}")
        entries = sweep.missing()
        result = run_batch(sweep._make_batch(*zip(*entries)))
        self.assertEqual(result.errors, [None] * 4)
        by_technology = {}
        for point, figures in zip(result.points, result.figures):
            by_technology.setdefault(point.technology, []).append(figures)
        self.assertEqual(by_technology["mine.json"], by_technology["asap7"])

    def test_a_technology_that_changed_runs_again(self):
        shipped = pathlib.Path(harness.SCRIPTS, "..", "model", "technologies", "asap7.json")
        text = shipped.read_text(encoding="utf-8")
        self.file("mine.json", text)
        self.file("space.yaml", "axes: {workload: net.csv, technology: [asap7, mine.json], rows: 4}\n")
        self.sweep("space.yaml", "out", "--workers", "1")
        self.file("mine.json", text + "\n")
        self.assertIn("2 points: 1 had results, 1 run now",
                      self.sweep("space.yaml", "out", "--workers", "1"))

    def test_refusals(self):
        self.file("bad.json", "{}")
        for axes, part in (("workload: net.csv, technology: nosuch", "asap7"),
                           ("workload: net.csv, technology: .", "Is a directory"),
                           ("workload: net.csv, technology: bad.json", "bad.json"),
                           ("workload: nosuch", "resnet34"), ("workload: .", "folder"),
                           ("workload: bad.json", "bad.json")):
            with self.subTest(axes=axes):
                self.assertIn(part, self.refusal(f"axes: {{{axes}}}"))


if __name__ == "__main__":
    harness.main()
