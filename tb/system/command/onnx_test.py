#!/usr/bin/python3
"""End-to-end test of ONNX models as workloads.

Usage: onnx_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx. Models are
built here with onnx.helper; what they must become is computed here, too: output sizes of
convolutions by counting the places where the kernel fits, matrix products by numpy.matmul.
"""

import csv
import importlib
import itertools
import random

import numpy
import onnx
import onnx.backend.test.case.node
from onnx import TensorProto, helper

import command_case

OPSET = 13
FLOAT, UINT8, INT8 = TensorProto.FLOAT, TensorProto.UINT8, TensorProto.INT8
IMPORTED = {"Conv", "ConvInteger", "QLinearConv", "Gemm", "MatMul", "MatMulInteger", "QLinearMatMul"}


def value(name, shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def places(size, kernel, stride=1, dilation=1, before=0, after=0):
    """How often a kernel fits into a padded axis: counted, not calculated."""
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


class Convolutions(OnnxTest):
    def conv_gemms(self, cases):
        """Of one model with a Conv for each case (x, w, attributes)."""
        nodes, inputs, outputs = [], [], []
        for i, (x, w, attributes) in enumerate(cases):
            nodes.append(helper.make_node("Conv", [f"x{i}", f"w{i}"], [f"y{i}"], **attributes))
            inputs += [value(f"x{i}", x), value(f"w{i}", w)]
            outputs.append(value(f"y{i}", [f"y{i}_{axis}" for axis in range(len(x))]))
        return self.gemms(self.save(nodes, inputs, outputs))

    def check(self, cases):
        for case, gemm in zip(cases, self.conv_gemms(cases)):
            x, w, attributes = case
            counted = {key: value for key, value in attributes.items()
                       if key not in ("kernel_shape", "auto_pad")}
            self.assertEqual(gemm, self.expected(x, w, **counted), case)

    def expected(self, x, w, pads=None, strides=None, dilations=None, group=1):
        axes = len(x) - 2
        pads, strides, dilations = (pads or [0] * 2 * axes, strides or [1] * axes,
                                    dilations or [1] * axes)
        outputs = [places(x[2 + i], w[2 + i], strides[i], dilations[i], pads[i], pads[axes + i])
                   for i in range(axes)]
        return (x[0] * int(numpy.prod(outputs)), int(numpy.prod(w[1:])), w[0] // group, group)

    def test_attributes_in_one_two_three_and_four_dimensions(self):
        generator = random.Random(command_case.SEED)
        cases = []
        for axes in (1, 2, 3, 4):
            for _ in range(12):
                group = generator.choice([1, 1, 2, 3])
                x = [generator.randint(1, 3), group * generator.randint(1, 3),
                     *(generator.randint(7, 11) for _ in range(axes))]
                w = [group * generator.randint(1, 4), x[1] // group,
                     *(generator.randint(1, 3) for _ in range(axes))]
                cases.append((x, w, {"strides": [generator.randint(1, 3) for _ in range(axes)],
                                     "dilations": [generator.randint(1, 3) for _ in range(axes)],
                                     "pads": [generator.randint(0, 2) for _ in range(2 * axes)],
                                     "group": group, "kernel_shape": w[2:]}))
        self.check(cases)

    def test_each_attribute_alone(self):
        x, w = [2, 4, 9, 12], [6, 4, 3, 2]
        self.check([(x, w, {}), (x, w, {"strides": [2, 3]}), (x, w, {"dilations": [3, 2]}),
                    (x, w, {"pads": [1, 0, 2, 3]}), (x, w, {"kernel_shape": [3, 2]}),
                    (x, w, {"auto_pad": "NOTSET"}), (x, w, {"auto_pad": "VALID"}),
                    (x, [6, 2, 3, 2], {"group": 2}), (x, [8, 1, 3, 2], {"group": 4})])

    def test_auto_pad(self):
        cases, expected = [], []
        for size, kernel, stride in itertools.product((6, 7, 11), (1, 2, 3, 5), (1, 2, 3)):
            x, w, strides = [1, 2, size, 9], [3, 2, kernel, 2], [stride, 2]
            for mode in ("SAME_UPPER", "SAME_LOWER"):
                cases.append((x, w, {"auto_pad": mode, "strides": strides}))
                expected.append((-(-size // stride) * 5, 4 * kernel, 3, 1))  # rounded up, 9 / 2 too
            cases.append((x, w, {"auto_pad": "VALID", "strides": strides}))
            expected.append(self.expected(x, w, strides=strides))
        cases.append(([1, 1, 8, 8], [1, 1, 3, 3], {"auto_pad": "SAME_UPPER", "dilations": [2, 3]}))
        expected.append((64, 9, 1, 1))
        self.assertEqual(self.conv_gemms(cases), expected)

    def test_where_auto_pad_puts_an_odd_zero(self):
        for mode, pads in (("SAME_UPPER", ("0", "1")), ("SAME_LOWER", ("1", "0"))):
            path = self.save([helper.make_node("Conv", ["x", "w"], ["y"], auto_pad=mode)],
                             [value("x", [1, 1, 8, 8]), value("w", [1, 1, 2, 4])],
                             [value("y", ["a", "b", "c", "d"])])
            row = self.imported(path)[0][0]
            self.assertEqual((row["pad_top"], row["pad_bottom"]), pads)
            self.assertEqual((row["pad_left"], row["pad_right"]),
                             ("1", "2") if mode == "SAME_UPPER" else ("2", "1"))

    def test_two_dimensional_ones_keep_every_parameter(self):
        node = helper.make_node("Conv", ["x", "w"], ["y"], name="c", strides=[2, 3],
                                dilations=[1, 2], pads=[1, 2, 3, 4], group=2)
        path = self.save([node], [value("x", [5, 4, 20, 30]), value("w", [6, 2, 3, 5])],
                         [value("y", ["a", "b", "c", "d"])])
        row = {key: text for key, text in self.imported(path)[0][0].items() if text}
        self.assertEqual(row, {
            "name": "c", "type": "conv", "batch": "5", "in_h": "20", "in_w": "30",
            "in_channels": "4", "out_channels": "6", "kernel_h": "3", "kernel_w": "5",
            "stride_h": "2", "stride_w": "3", "dilation_h": "1", "dilation_w": "2",
            "pad_top": "1", "pad_left": "2", "pad_bottom": "3", "pad_right": "4", "groups": "2"})

    def test_errors(self):
        def attempt(words, x=(1, 4, 8, 8), w=(4, 4, 3, 3), **attributes):
            node = helper.make_node("Conv", ["x", "w"], ["y"], name="c", **attributes)
            self.fail_import(self.save([node], [value("x", x), value("w", w)],
                                       [value("y", ["a", "b", "c", "d"][:len(w)])]), words)
        attempt(["strides = [0, 1]"], strides=[0, 1])
        attempt(["dilations = [1, -2]"], dilations=[1, -2])
        attempt(["Conv \"c\"", "pads = [0, -1, 0, 0]"], pads=[0, -1, 0, 0])
        attempt(["Conv \"c\"", "strides = [2]", "2 numbers"], strides=[2])
        attempt(["Conv \"c\"", "group = 3"], group=3)
        attempt(["Conv \"c\"", "group = 0"], group=0)
        attempt(["Conv \"c\"", "group = 1"], w=(4, 3, 3, 3))
        attempt(["Conv \"c\"", "kernel_shape"], kernel_shape=[5, 5])
        attempt(["Conv \"c\"", "auto_pad = \"SAME\"", "SAME_UPPER"], auto_pad="SAME")
        attempt(["Conv \"c\"", "pads", "auto_pad"], auto_pad="SAME_UPPER", pads=[1, 1, 1, 1])
        attempt(["Conv \"c\"", "kernel_h"], w=(4, 4, 9, 3))
        attempt(["Conv \"c\"", "number of axes"], w=(4, 4, 3))
        attempt(["Conv \"c\"", "allowed sizes"], x=(0, 4, 8, 8))
        attempt(["Conv \"c\"", "3000000000"], x=(1, 4, 3000000000, 8))


class Products(OnnxTest):
    def test_gemm_and_its_transpositions(self):
        for trans_a, trans_b in itertools.product((0, 1), (0, 1)):
            a, b = (5, 7), (7, 3)
            shapes = (a[::-1] if trans_a else a), (b[::-1] if trans_b else b)
            node = helper.make_node("Gemm", ["a", "b", "c"], ["y"], transA=trans_a, transB=trans_b,
                                    alpha=0.5, beta=2.0)
            path = self.save([node], [value("a", shapes[0]), value("b", shapes[1]),
                                      value("c", [3])], ["y"])
            self.assertEqual(self.gemms(path), [(5, 7, 3, 1)])

    # Operands, then (t, n, m, repeat).
    MATMULS = (
        ((4, 5), (5, 6), (4, 5, 6, 1)),
        ((5,), (5, 6), (1, 5, 6, 1)),
        ((4, 5), (5,), (4, 5, 1, 1)),
        ((5,), (5,), (1, 5, 1, 1)),
        ((2, 3, 4, 5), (2, 3, 5, 6), (4, 5, 6, 6)),
        ((2, 3, 4, 5), (5, 6), (24, 5, 6, 1)),        # all of A through one B
        ((2, 3, 4, 5), (1, 1, 5, 6), (24, 5, 6, 1)),
        ((2, 3, 4, 5), (5,), (24, 5, 1, 1)),
        ((4, 5), (2, 3, 5, 6), (4, 5, 6, 6)),
        ((5,), (2, 3, 5, 6), (1, 5, 6, 6)),
        ((2, 1, 4, 5), (1, 3, 5, 6), (8, 5, 6, 3)),
        ((7, 1, 3, 4, 5), (2, 1, 5, 6), (84, 5, 6, 2)),
    )

    def test_matmul_broadcasts_as_numpy_does(self):
        for a, b, gemm in self.MATMULS:
            with self.subTest(a=a, b=b):
                product = numpy.matmul(numpy.zeros(a), numpy.zeros(b))
                self.assertEqual(product.size, gemm[0] * gemm[2] * gemm[3])
                path = self.save([helper.make_node("MatMul", ["a", "b"], ["y"])],
                                 [value("a", a), value("b", b)],
                                 [value("y", product.shape)])
                self.assertEqual(self.gemms(path), [gemm])

    def test_quantised_products(self):
        for a, b, gemm in self.MATMULS:
            shape = numpy.matmul(numpy.zeros(a), numpy.zeros(b)).shape
            inputs = [value("a", a, UINT8), value("b", b, INT8)]
            path = self.save([helper.make_node("MatMulInteger", ["a", "b"], ["y"])], inputs,
                             [value("y", shape, TensorProto.INT32)])
            self.assertEqual(self.gemms(path), [gemm])
            names, scales = self.scales()
            node = helper.make_node("QLinearMatMul", ["a", *names[:2], "b", *names[2:6]], ["y"])
            path = self.save([node], [*inputs, *scales], [value("y", shape, UINT8)])
            self.assertEqual(self.gemms(path), [gemm])

    def scales(self):
        kinds = [FLOAT, UINT8, FLOAT, INT8, FLOAT, UINT8]
        names = ["a_scale", "a_zero", "b_scale", "b_zero", "y_scale", "y_zero"]
        return names, [value(name, [], kind) for name, kind in zip(names, kinds)]

    def test_quantised_convolutions(self):
        attributes = {"strides": [2, 1], "pads": [1, 0, 1, 2], "dilations": [1, 2], "group": 2}
        x, w = [3, 4, 9, 8], [6, 2, 3, 3]
        t = 3 * places(9, 3, 2, 1, 1, 1) * places(8, 3, 1, 2, 0, 2)
        inputs, output = [value("x", x, UINT8), value("w", w, INT8)], ["a", "b", "c", "d"]
        path = self.save([helper.make_node("ConvInteger", ["x", "w"], ["y"], **attributes)], inputs,
                         [value("y", output, TensorProto.INT32)])
        self.assertEqual(self.gemms(path), [(t, 18, 3, 2)])
        names, scales = self.scales()
        node = helper.make_node("QLinearConv", ["x", *names[:2], "w", *names[2:]], ["y"],
                                **attributes)
        path = self.save([node], [*inputs, *scales], [value("y", output, UINT8)])
        self.assertEqual(self.gemms(path), [(t, 18, 3, 2)])

    def test_errors(self):
        def attempt(node, a, b, words):
            output = value("y", ["any"] * max(2, len(a)))
            self.fail_import(self.save([node], [value("a", a), value("b", b)], [output]), words)
        matmul = helper.make_node("MatMul", ["a", "b"], ["y"], name="m")
        attempt(matmul, (4, 5), (6, 7), ["MatMul \"m\"", "[4, 5]", "[6, 7]", "inner"])
        attempt(matmul, (2, 4, 5), (3, 5, 7), ["MatMul \"m\"", "outer"])
        attempt(matmul, (), (5, 7), ["MatMul \"m\"", "scalar"])
        attempt(matmul, (0, 5), (5, 7), ["MatMul \"m\"", "T"])
        attempt(matmul, (65536, 65536, 5), (5, 7), ["MatMul \"m\"", "65536 x 65536"])
        gemm = helper.make_node("Gemm", ["a", "b"], ["y"], name="g")
        attempt(gemm, (4, 5), (6, 7), ["Gemm \"g\"", "inner"])
        attempt(gemm, (2, 4, 5), (5, 7), ["Gemm \"g\"", "matrices"])


class OnnxOwnCases(OnnxTest):
    def test_outputs_of_the_onnx_project_s_node_tests(self):
        """The shapes of outputs that ONNX publishes for its operators, computed with numpy."""
        for operator in IMPORTED:  # the others need an older numpy
            importlib.import_module(f"onnx.backend.test.case.node.{operator.lower()}")
        checked = set()
        for case in onnx.backend.test.case.node._NodeTestCases:
            if [node.op_type for node in case.model.graph.node][0] not in IMPORTED:
                continue
            path = self.folder / "case.onnx"
            path.write_bytes(case.model.SerializeToString())
            with self.subTest(case=case.name):
                [(t, _, m, repeat)] = self.gemms(path)
                self.assertEqual(t * m * repeat, case.data_sets[0][1][0].size)
                checked.add(case.model.graph.node[0].op_type)
        self.assertEqual(checked, IMPORTED)


def resnet34(test, batch):
    """ResNet-34 as torchvision has it, weights as inputs, which keeps the file small."""
    nodes, inputs = [], [value("input", [batch, 3, 224, 224])]

    def conv(x, channels, out, kernel, stride, name, relu=True):
        inputs.append(value(f"{name}.weight", [out, channels, kernel, kernel]))
        for part in ("scale", "bias", "mean", "var"):
            inputs.append(value(f"{name}.{part}", [out]))
        nodes.append(helper.make_node("Conv", [x, f"{name}.weight"], [f"{name}.raw"], name=name,
                                      strides=[stride] * 2, pads=[kernel // 2] * 4))
        nodes.append(helper.make_node(
            "BatchNormalization", [f"{name}.raw", f"{name}.scale", f"{name}.bias", f"{name}.mean",
                                   f"{name}.var"], [f"{name}.norm"]))
        if not relu:
            return f"{name}.norm"
        nodes.append(helper.make_node("Relu", [f"{name}.norm"], [f"{name}.out"]))
        return f"{name}.out"

    x = conv("input", 3, 64, 7, 2, "conv1")
    nodes.append(helper.make_node("MaxPool", [x], ["pooled"], kernel_shape=[3, 3], strides=[2, 2],
                                  pads=[1] * 4))
    x, channels = "pooled", 64
    for layer, (out, blocks) in enumerate(((64, 3), (128, 4), (256, 6), (512, 3)), start=1):
        for block in range(blocks):
            name, stride = f"layer{layer}.{block}", 2 if layer > 1 and block == 0 else 1
            y = conv(x, channels, out, 3, stride, f"{name}.conv1")
            y = conv(y, out, out, 3, 1, f"{name}.conv2", relu=False)
            if channels != out:
                x = conv(x, channels, out, 1, stride, f"{name}.downsample", relu=False)
            nodes.append(helper.make_node("Add", [y, x], [f"{name}.sum"]))
            nodes.append(helper.make_node("Relu", [f"{name}.sum"], [f"{name}.end"]))
            x, channels = f"{name}.end", out
    nodes.append(helper.make_node("GlobalAveragePool", [x], ["average"]))
    nodes.append(helper.make_node("Flatten", ["average"], ["flat"]))
    inputs += [value("fc.weight", [1000, 512]), value("fc.bias", [1000])]
    nodes.append(helper.make_node("Gemm", ["flat", "fc.weight", "fc.bias"], ["output"], name="fc",
                                  transB=1))
    return test.save(nodes, inputs, ["output"], name="resnet34.onnx")


class Networks(OnnxTest):
    def test_resnet34_is_the_shipped_table(self):
        path = resnet34(self, "batch")
        shipped = self.report("run", "resnet34", "--engine", "analytic")["layers"]
        mine = self.report("run", path, "--dim", "batch=1", "--engine", "analytic")["layers"]
        key = lambda layer: tuple(layer[name] for name in ("t", "n", "m", "repeat"))
        self.assertEqual(len(mine), 37)
        self.assertEqual(sorted(map(key, mine)), sorted(map(key, shipped)))
        self.assertEqual(self.gemms(path, "--dim", "batch=1"), [key(layer) for layer in mine])
        self.assertEqual(self.gemms(path, "--dim", "batch=8")[0][0], 8 * shipped[0]["t"])

    def test_skipped_nodes_are_counted(self):
        rows, text = self.imported(resnet34(self, 1))
        self.assertEqual(len(rows), 37)
        self.assertIn("37 layers, 3663761408 multiply-accumulates", text)
        self.assertIn("skipped nodes: Add 16, BatchNormalization 36, Flatten 1, "
                      "GlobalAveragePool 1, MaxPool 1, Relu 33\n", text)
        notes = self.report("run", resnet34(self, 1), "--engine", "analytic")["notes"]
        self.assertTrue(any("Relu 33" in note for note in notes), notes)

    def test_quantised_network(self):
        """DynamicQuantizeLinear, ConvInteger, Cast, MatMulInteger behind a computed Reshape."""
        nodes = [
            helper.make_node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]),
            helper.make_node("ConvInteger", ["q", "w", "z"], ["c"], name="conv", pads=[1, 1, 1, 1]),
            helper.make_node("Cast", ["c"], ["f"], to=FLOAT),
            helper.make_node("Shape", ["f"], ["shape"]),
            helper.make_node("Gather", ["shape", "zero"], ["batch"], axis=0),
            helper.make_node("Concat", ["batch", "rest"], ["flat_shape"], axis=0),
            helper.make_node("Reshape", ["f", "flat_shape"], ["flat"]),
            helper.make_node("DynamicQuantizeLinear", ["flat"], ["q2", "s2", "z2"]),
            helper.make_node("MatMulInteger", ["q2", "w2", "z2"], ["y"], name="fc"),
        ]
        initializers = [helper.make_tensor("w", INT8, [4, 3, 3, 3], [1] * 108),
                        helper.make_tensor("w2", INT8, [144, 10], [1] * 1440),
                        helper.make_tensor("zero", TensorProto.INT64, [1], [0]),
                        helper.make_tensor("rest", TensorProto.INT64, [1], [-1])]
        path = self.save(nodes, [value("x", ["N", 3, 6, 6])],
                         [value("y", ["N", 10], TensorProto.INT32)], initializers)
        self.assertEqual(self.gemms(path, "--dim", "N=2"), [(72, 27, 4, 1), (2, 144, 10, 1)])

    def test_computed_shapes(self):
        """A view as PyTorch writes it: sizes taken from a tensor, multiplied, put together."""
        def constant(name, numbers, scalar=False):
            tensor = helper.make_tensor(name, TensorProto.INT64, [] if scalar else [len(numbers)],
                                        numbers)
            return helper.make_node("Constant", [], [name], value=tensor)
        nodes = [
            constant("zero", [0], scalar=True), constant("axis", [0]), constant("two", [2]),
            constant("four", [4]), constant("last", [-1]), constant("heads", [3]),
            helper.make_node("Shape", ["x"], ["sizes"]),
            helper.make_node("Gather", ["sizes", "zero"], ["n"], axis=0),
            helper.make_node("Unsqueeze", ["n", "axis"], ["batch"]),
            helper.make_node("Slice", ["sizes", "two", "four"], ["inner"]),
            helper.make_node("Gather", ["inner", "zero"], ["rows"], axis=0),
            helper.make_node("Unsqueeze", ["rows", "axis"], ["rows1"]),
            helper.make_node("Mul", ["rows1", "two"], ["doubled"]),
            helper.make_node("Div", ["doubled", "two"], ["halved"]),
            helper.make_node("Concat", ["batch", "heads", "halved", "last"], ["target"], axis=0),
            helper.make_node("Reshape", ["x", "target"], ["v"]),
            helper.make_node("MatMul", ["v", "w"], ["u"], name="first"),
            helper.make_node("Shape", ["u"], ["sizes_u"]),
            helper.make_node("Gather", ["sizes_u", "axis"], ["batch_u"], axis=0),
            helper.make_node("Concat", ["batch_u", "last"], ["target_u"], axis=0),
            helper.make_node("Reshape", ["u", "target_u"], ["flat"]),
            helper.make_node("MatMul", ["flat", "w2"], ["y"], name="second")]
        path = self.save(nodes, [value("x", ["N", 3, 4, 5]), value("w", [5, 6]),
                                 value("w2", [72, 7])], [value("y", ["N", 7])])
        self.assertEqual(self.gemms(path, "--dim", "N=2"), [(24, 5, 6, 1), (2, 72, 7, 1)])

    def test_subgraphs_functions_and_other_domains_are_skipped_with_a_note(self):
        body = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["branch"]),
                                  helper.make_node("Relu", ["branch"], ["branch_out"])], "then", [],
                                 [value("branch_out", [4, 6])])
        other = helper.make_graph([helper.make_node("MatMul", ["a", "b"], ["other_out"])], "else",
                                  [], [value("other_out", [4, 6])])
        function = helper.make_function(
            "mine", "Twice", ["p"], ["r"],
            [helper.make_node("Add", ["p", "p"], ["r"])], [helper.make_opsetid("", OPSET)])
        nodes = [helper.make_node("MatMul", ["a", "b"], ["y"], name="outer"),
                 helper.make_node("If", ["c"], ["z"], then_branch=body, else_branch=other),
                 helper.make_node("ConvTranspose", ["i", "k"], ["t"]),
                 helper.make_node("Twice", ["y"], ["twice"], domain="mine"),
                 helper.make_node("FusedMatMul", ["a", "b"], ["u"], domain="com.microsoft")]
        path = self.save(
            nodes, [value("a", [4, 5]), value("b", [5, 6]), value("c", [], TensorProto.BOOL),
                    value("i", [1, 2, 5, 5]), value("k", [2, 3, 2, 2])],
            [value("z", [4, 6]), value("t", [1, 3, 6, 6]), value("twice", [4, 6])],
            opsets=[helper.make_opsetid("mine", 1), helper.make_opsetid("com.microsoft", 1)],
            functions=[function])
        rows, text = self.imported(path)
        self.assertEqual([row["name"] for row in rows], ["outer"])
        self.assertIn("skipped nodes: ConvTranspose 1, If 1, com.microsoft.FusedMatMul 1, "
                      "mine.Twice 1\n", text)
        self.assertRegex(text, r"inside subgraphs [^\n]*: Add 1, MatMul 2, Relu 1\n")
        self.assertRegex(text, r"NOT COUNTED[^\n]*: ConvTranspose, MatMul, com.microsoft.FusedMat")

    def test_names_survive_and_are_unique(self):
        names = ["same", "same", "", 'a "quoted", name', "#4"]
        nodes = [helper.make_node("MatMul", ["a", "b"], [f"y{i}"], name=name)
                 for i, name in enumerate(names)]
        path = self.save(nodes, [value("a", [4, 5]), value("b", [5, 6])],
                         [value(f"y{i}", [4, 6]) for i in range(len(names))])
        rows, _ = self.imported(path)
        self.assertEqual([row["name"] for row in rows],
                         ["same", "same#2", "y2", 'a "quoted", name', "#4"])
        self.assertEqual(len(self.gemms(path)), 5)


class Dimensions(OnnxTest):
    def model(self, a, b=(5, 6)):
        return self.save([helper.make_node("MatMul", ["a", "b"], ["y"])],
                         [value("a", a), value("b", b)],
                         [value("y", [f"y{i}" for i in range(len(a))])])

    def test_values_by_name_and_by_place(self):
        self.assertEqual(self.gemms(self.model(["n", "k=5"]), "--dim", "n=4", "--dim", "k=5=5"),
                         [(4, 5, 6, 1)])
        self.assertEqual(self.gemms(self.model(["s", "s"], ["s", 6]), "--dim", "s=7"),
                         [(7, 7, 6, 1)])
        self.assertEqual(self.gemms(self.model([None, 5]), "--dim", "a[0]=9"), [(9, 5, 6, 1)])
        self.assertEqual(self.gemms(self.model([-1, 5]), "--dim", "a[0]=9"), [(9, 5, 6, 1)])
        # The place wins over the name.
        self.assertEqual(self.gemms(self.model(["s", 5, 5], ["s", 5, 6]), "--dim", "s=1", "--dim",
                                    "a[0]=3"), [(15, 5, 6, 1)])

    def test_missing_and_wrong_values(self):
        path = self.model(["batch", None])
        self.fail_import(path, ["batch, a[1]", "--dim 'batch=VALUE'", "--dim 'a[1]=VALUE'"])
        self.fail_import(path, ["a[1]"], "--dim", "batch=1")
        self.fail_import(path, ["--dim", "bacth=1", "a[0]", "batch"], "--dim", "bacth=1")
        self.fail_import(path, ["inner"], "--dim", "batch=1", "--dim", "a[1]=4")
        for text in ("batch", "=1", "batch=", "batch=0", "batch=-1", "batch=x", "batch=1.5", ""):
            self.fail_import(path, ["--dim"], "--dim", text)
        self.fail_import(path, ["--dim", "already"], "--dim", "batch=1", "--dim", "batch=2")
        self.fail_import(self.model([4, 5]), ["no dynamic dimension"], "--dim", "batch=1")
        self.fail_with_usage(["run", "resnet34", "--dim", "batch=1"], "--dim", "no ONNX model")

    def test_shapes_that_depend_on_data(self):
        nodes = [helper.make_node("NonZero", ["a"], ["n"]),
                 helper.make_node("Cast", ["n"], ["f"], to=FLOAT),
                 helper.make_node("Transpose", ["f"], ["g"], perm=[1, 0]),
                 helper.make_node("MatMul", ["g", "b"], ["y"], name="m")]
        path = self.save(nodes, [value("a", [4, 5]), value("b", [2, 6])], ["y"])
        self.fail_import(path, ["MatMul \"m\"", "dimension 0 of \"g\"", "data"])

    def test_shapes_that_do_not_fit(self):
        nodes = [helper.make_node("Add", ["a", "b"], ["s"], name="sum"),
                 helper.make_node("MatMul", ["s", "b"], ["y"], name="m")]
        path = self.save(nodes, [value("a", [4, 5]), value("b", [3, 6])], ["y"])
        self.fail_import(path, ["MatMul \"m\"", "\"s\" is not known", "ncompatible dimensions"])

    def test_newer_models_use_the_shapes_they_state(self):
        nodes = [helper.make_node("SomethingNew", ["a"], ["s"]),
                 helper.make_node("MatMul", ["s", "b"], ["y"], name="m")]
        arguments = (nodes, [value("a", ["n", 5]), value("b", [5, 6])], ["y"])
        path = self.save(*arguments, opset=99, value_info=[value("s", ["n", 5])])
        self.assertEqual(self.gemms(path, "--dim", "n=3"), [(3, 5, 6, 1)])
        self.assertIn("operator set 99) is newer", self.imported(path, "--dim", "n=3")[1])
        path = self.save(*arguments, opset=99)
        self.fail_import(path, ["\"s\" is not known", "does not state"], "--dim", "n=3")


class Damage(OnnxTest):
    def test_files_that_are_no_models(self):
        for name, content in (("empty.onnx", b""), ("text.onnx", "hello, world\n"),
                              ("zeros.onnx", bytes(1000)), ("png.onnx", b"\x89PNG\r\n\x1a\n")):
            self.fail_import(self.file(name, content), [name, "no ONNX model"])
        self.fail_import(self.folder / "missing.onnx", ["missing.onnx", "no such file"])
        (self.folder / "folder.onnx").mkdir()
        self.fail_import(self.folder / "folder.onnx", ["folder.onnx", "folder"])
        self.fail_with_usage(["import", self.workload, "-o", self.folder / "x.csv"], "no ONNX model")

    def test_a_file_beyond_the_format_s_limit(self):
        path = self.folder / "huge.onnx"
        with open(path, "wb") as file:
            file.truncate(2**31 + 1)  # takes no room on the disk
        self.fail_import(path, ["huge.onnx", "2 GiB", "external data"])

    def test_models_without_a_product(self):
        function = helper.make_function("mine", "Product", ["p", "q"], ["r"], [
            helper.make_node("MatMul", ["p", "q"], ["r"])], [helper.make_opsetid("", OPSET)])
        path = self.save([helper.make_node("Product", ["a", "b"], ["y"], domain="mine")],
                         [value("a", [4, 5]), value("b", [5, 6])], ["y"], functions=[function],
                         opsets=[helper.make_opsetid("mine", 1)])
        self.fail_import(path, ["no node", "there are mine.Product 1; inside", "functions: MatMul 1"])
        path = self.save([helper.make_node("Relu", ["a"], ["y"])], [value("a", [4, 5])], ["y"])
        self.fail_import(path, ["no node", "Conv", "Relu 1"])

    def test_what_the_checker_rejects(self):
        inputs = [value("a", [4, 5]), value("b", [5, 6])]
        self.fail_import(self.save([helper.make_node("MatMull", ["a", "b"], ["y"])], inputs, ["y"]),
                         ["not valid", "MatMull"])
        self.fail_import(self.save([helper.make_node("MatMul", ["a", "c"], ["y"])], inputs, ["y"]),
                         ["not valid"])
        self.fail_import(self.save([helper.make_node("MatMul", ["a"], ["y"])], inputs, ["y"]),
                         ["not valid"])

    def test_external_data(self):
        weights = helper.make_tensor("b", FLOAT, [5, 6], numpy.zeros(30, "f4").tobytes(), raw=True)
        node = helper.make_node("MatMul", ["a", "b"], ["y"])
        path = self.save([node], [value("a", [4, 5])], ["y"], [weights])
        model = onnx.load(str(path))
        onnx.save(model, str(path), save_as_external_data=True, location="weights.bin",
                  size_threshold=0)
        self.assertEqual(self.gemms(path), [(4, 5, 6, 1)])
        (self.folder / "weights.bin").unlink()
        self.fail_import(path, ["weights.bin"])

    def test_a_crash_of_the_library_is_an_error(self):
        """A stride of 0 in a subgraph divides by zero within shape inference."""
        x, w = value("x", [1, 1, 4, 4]), value("w", [1, 1, 2, 2])
        branches = [helper.make_graph(
            [helper.make_node("Conv", ["x", "w"], [name], strides=[0, 0])], name, [],
            [value(name, ["a", "b", "c", "d"])]) for name in ("yes", "no")]
        nodes = [helper.make_node("If", ["c"], ["z"], then_branch=branches[0],
                                  else_branch=branches[1]),
                 helper.make_node("Conv", ["x", "w"], ["y"])]
        path = self.save(nodes, [x, w, value("c", [], TensorProto.BOOL)],
                         [value("y", [1, 1, 3, 3]), value("z", ["a", "b", "c", "d"])])
        self.fail_import(path, ["the onnx library crashed", "model.onnx"])

    def fuzzed(self, content, what):
        path = self.folder / "fuzzed.onnx"
        path.write_bytes(content)
        done = self.command("import", path, "-o", self.folder / "fuzzed.csv", "--dim", "N=2")
        self.assertIn(done.returncode, (0, 2), (what, done.stderr))
        if done.returncode == 2:
            self.assertRegex(done.stderr, r"\Aarrayflex: error: [^\n]+\n\Z", what)
        return done.returncode

    def fuzz_model(self):
        nodes = [helper.make_node("Conv", ["x", "w"], ["c"], strides=[2, 2], pads=[1, 1, 1, 1]),
                 helper.make_node("MaxPool", ["c"], ["p"], kernel_shape=[2, 2], strides=[2, 2]),
                 helper.make_node("Reshape", ["p", "shape"], ["flat"]),
                 helper.make_node("Gemm", ["flat", "v"], ["y"], transB=1)]
        initializers = [helper.make_tensor("w", FLOAT, [2, 3, 3, 3], [0.5] * 54),
                        helper.make_tensor("shape", TensorProto.INT64, [2], [0, -1]),
                        helper.make_tensor("v", FLOAT, [4, 8], [0.5] * 32)]
        return self.save(nodes, [value("x", ["N", 3, 8, 8])], [value("y", ["N", 4])],
                         initializers).read_bytes()

    def test_truncated_files(self):
        content = self.fuzz_model()
        codes = {self.fuzzed(content[:length], length)
                 for length in range(0, len(content), max(1, len(content) // 100))}
        self.assertEqual(self.fuzzed(content, "whole"), 0)
        self.assertIn(2, codes)

    def test_flipped_bits(self):
        content = self.fuzz_model()
        generator = random.Random(command_case.SEED)
        codes = []
        for _ in range(150):
            position, bit = generator.randrange(len(content)), generator.randrange(8)
            damaged = bytearray(content)
            damaged[position] ^= 1 << bit
            codes.append(self.fuzzed(bytes(damaged), (position, bit)))
        self.assertEqual(set(codes), {0, 2})


class Usage(OnnxTest):
    def test_output(self):
        path = resnet34(self, 1)
        self.fail_with_usage(["import", path], "output")
        self.fail_with_usage(["import", path, "-o", self.folder / "no" / "x.csv"], "-o")
        self.fail_with_usage(["import", path, "-o", path], "resnet34.onnx")
        self.assertGreater(path.stat().st_size, 1000)

    def test_help(self):
        text = self.succeed("import", "--help").stdout
        for word in ("--dim NAME=VALUE", "arrayflex import model.onnx -o net.csv"):
            self.assertIn(word, text)
        self.assertLessEqual(max(map(len, text.splitlines())), 100)


if __name__ == "__main__":
    command_case.main(__doc__)
