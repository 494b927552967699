#!/usr/bin/python3
"""Tests of workloads of the Python package arrayflex: ONNX models, layer tables, layers given in Python.

Usage: networks_test.py [arguments of unittest], with the package on PYTHONPATH. Exit status 77: numpy is
missing. Tests of ONNX are skipped without Debian's python3-onnx.
"""

import os
import pathlib
import signal
import sys
import tempfile
import threading
import unittest

try:
    import numpy
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(77)

import arrayflex

try:  # after the package: both use the onnx library, in whichever order they come
    import onnx
    from onnx import TensorProto, helper
except ImportError:
    onnx = None


def has_importer():
    try:
        arrayflex.Workload("missing.onnx")
    except arrayflex.InputError as error:
        return "no onnx library" not in str(error)
    return True


def message(call):
    """Of the InputError that it raises."""
    try:
        call()
    except arrayflex.InputError as error:
        return str(error)
    raise AssertionError("nothing was refused")


class Folder(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)


@unittest.skipIf(onnx is None or not has_importer(), "the onnx library is missing")
class OnnxModels(Folder):
    def model(self, name="net.onnx"):
        """A convolution and a product behind it, of a batch that has no size."""
        def info(tensor, shape):
            return helper.make_tensor_value_info(tensor, TensorProto.FLOAT, shape)

        nodes = [helper.make_node("Conv", ["x", "w"], ["c"], name="conv, one", strides=[2, 2]),
                 helper.make_node("Flatten", ["c"], ["f"]),
                 helper.make_node("Gemm", ["f", "v"], ["y"], name="fc", transB=1)]
        graph = helper.make_graph(nodes, "g", [info("x", ["batch", 3, 9, 9]), info("w", [8, 3, 3, 3]),
                                               info("v", [10, 128])], [info("y", ["batch", 10])])
        onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)]),
                  self.path(name))
        return self.path(name)

    LAYERS = [("conv, one", 16 * 5, 27, 8, 1), ("fc", 5, 128, 10, 1)]

    def test_a_model_is_a_workload(self):
        path = self.model()
        for dims in ({"batch": 5}, {"batch": numpy.int16(5)}, {"x[0]": 5}):
            workload = arrayflex.Workload(pathlib.Path(path), dims)
            self.assertEqual(workload.layers, self.LAYERS)
        self.assertEqual(workload.notes, ["skipped nodes: Flatten 1"])
        array = arrayflex.Array(8, 8, 8)
        given = arrayflex.run(arrayflex.Workload.from_layers(self.LAYERS), array=array)
        for model in (path, pathlib.Path(path)):
            report = arrayflex.run(model, array=array, dims={"batch": 5})
            self.assertEqual(report.layers, given.layers)
        self.assertEqual(arrayflex.run(path, array=array, dims={"batch": 5}, layers="fc").layers,
                         given.layers[1:])
        points = arrayflex.analytic_points(array, [4, 8], 8, workload)
        self.assertEqual(points.arrayflex.total_cycles[1], given.total["cycles"])

    def test_dimensions(self):
        path = self.model()
        text = message(lambda: arrayflex.run(path))
        self.assertIn("dynamic dimensions without a value: batch", text)
        self.assertIn("dims = {'batch': VALUE}", text)
        self.assertNotIn("--dim", text)
        text = message(lambda: arrayflex.run(path, dims={"batch": 1, "bath": 2}))
        self.assertIn("dims = bath: 2: the dynamic dimensions", text)
        for value in (0, -1, 2**31, 2**80, 1.5, "4", None, True):
            self.assertIn("dims: batch = ", message(lambda v=value: arrayflex.Workload(path, {"batch": v})))
        self.assertIn("dims", message(lambda: arrayflex.Workload(path, {3: 3})))
        self.assertIn("dims = [1]", message(lambda: arrayflex.Workload(path, [1])))
        workload = arrayflex.Workload(path, {"batch": 1})
        self.assertIn("loaded already", message(lambda: arrayflex.run(workload, dims={"batch": 1})))

    def test_damaged_files(self):
        whole = pathlib.Path(self.model()).read_bytes()
        damaged = pathlib.Path(self.path("damaged.onnx"))
        for content in (b"", b"hello", whole[:len(whole) // 2]):
            damaged.write_bytes(content)
            self.assertIn("damaged.onnx", message(lambda: arrayflex.Workload(damaged, {"batch": 1})))
        self.assertIn("no such file", message(lambda: arrayflex.Workload(self.path("missing.onnx"))))

    def test_many_threads_import_at_a_time(self):
        path, sizes = self.model(), []

        def load(batch):
            sizes.append(arrayflex.Workload(path, {"batch": batch}).layers[1][1])

        threads = [threading.Thread(target=load, args=(batch,)) for batch in range(1, 13)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(sizes), list(range(1, 13)))

    def test_ctrl_c_while_a_model_is_read(self):
        """The model comes out of a pipe that nobody ends: only the signal can end the import."""
        path = self.path("slow.onnx")
        os.mkfifo(path)
        keeper = os.open(path, os.O_RDWR)
        self.addCleanup(os.close, keeper)
        group = os.getpgrp()
        os.setpgid(0, 0)  # the terminal signals the whole group, and nobody else is to be hit
        self.addCleanup(os.setpgid, 0, group)
        timer = threading.Timer(0.5, os.killpg, (0, signal.SIGINT))
        timer.start()
        self.addCleanup(timer.cancel)
        with self.assertRaises(KeyboardInterrupt):
            arrayflex.Workload(path)


class Tables(Folder):
    def test_tables_of_both_kinds(self):
        for name, text, layers in (
                ("native.csv", 'name,type,t,n,m,repeat\n"a, b",gemm,2,3,4,5\n', [("a, b", 2, 3, 4, 5)]),
                ("topology.csv", "Layer, M, N, K,\nfc, 2, 4, 3,\n", [("fc", 2, 3, 4, 1)])):
            pathlib.Path(self.path(name)).write_text(text, encoding="utf-8")
            self.assertEqual(arrayflex.Workload(self.path(name)).layers, layers)
            self.assertEqual(arrayflex.run(pathlib.Path(self.path(name)), engine="analytic").layers[0]["t"],
                             2)
            self.assertIn("no ONNX model",
                          message(lambda n=name: arrayflex.Workload(self.path(n), {"batch": 1})))
        self.assertIn("no ONNX model", message(lambda: arrayflex.run("resnet34", dims={"batch": 1})))
        self.assertIn("dims", message(lambda: arrayflex.run([[1]], [[1]], dims={"batch": 1})))


class TechnologyTexts(unittest.TestCase):
    def test_a_text_is_as_good_as_a_file(self):
        tests = os.path.dirname(os.path.abspath(__file__))
        path = pathlib.Path(tests, "..", "..", "technologies", "asap7.json")
        technology = arrayflex.Technology.from_json(path.read_text(encoding="utf-8"))
        self.assertEqual(technology.numbers(), arrayflex.Technology("asap7").numbers())
        self.assertIn("here: ", message(lambda: arrayflex.Technology.from_json("{", "here")))


if __name__ == "__main__":
    unittest.main()
