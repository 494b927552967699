"""Common parts of the tests of ONNX models: models built with onnx.helper, and what the command makes of them."""

import csv

from onnx import TensorProto, helper

import command_case

OPSET = 13
FLOAT, UINT8, INT8 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT8
IMPORTED = {"Conv", "ConvInteger", "QLinearConv", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul"}


def value(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def places(size, kernel, stride=1, dilation=1, before=0, after=0):
    """Number of times a kernel fits into a padded axis: counted, not calculated."""
    reach = (kernel - 1) * dilation
    return len([p for p in range(-before, size + after, stride) if p + reach < size + after])


class OnnxTest(command_case.CommandTest):
    def save(self, nodes, inputs, outputs, initializers=(), name="model.onnx", **options):
        """Saves a model; outputs are names (of rank 4, any size) or value infos."""
        opset = options.pop("opset", OPSET)
        extra = options.pop("opsets", [])
        functions = options.pop("functions", [])
        outputs = [value(o, ["any_a", "any_b"]) if isinstance(o, str) else o for o in outputs]
        graph = helper.make_graph(nodes, "graph", inputs, outputs, list(initializers), **options)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset), *extra],
                                  functions=functions, producer_name="test")
        path = self.folder / name
        path.write_bytes(model.SerializeToString())
        return path

    def imported(self, path, *arguments):
        """The table as dictionaries, and what the command printed."""
        table = self.folder / "imported.csv"
        done = self.succeed("import", path, "-o", table, *arguments)
        lines = table.read_text(encoding="utf-8").splitlines()
        rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
        return rows, done.stdout

    def gemms(self, path, *arguments):
        """(t, n, m, repeat) of each layer; run and import must agree."""
        direct = self.report("run", path, *arguments, "--engine", "analytic")["layers"]
        self.imported(path, *arguments)
        table = self.report("run", self.folder / "imported.csv", "--engine", "analytic")["layers"]
        self.assertEqual(direct, table)
        return [(layer["t"], layer["n"], layer["m"], layer["repeat"]) for layer in direct]

    def fail_import(self, path, words, *arguments):
        self.fail_with_usage(["import", path, "-o", self.folder / "no.csv", *arguments], *words)
        self.fail_with_usage(["run", path, "--engine", "analytic", *arguments], *words)
        self.assertFalse((self.folder / "no.csv").exists())
