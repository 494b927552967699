#!/usr/bin/python3
"""End-to-end test of ONNX models as workloads.

Usage: onnx_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx. Models are
built here with onnx.helper; what they must become is computed here, too: output sizes of
convolutions by counting the places where the kernel fits, matrix products by numpy.matmul.
"""

import importlib
import itertools
import random

import numpy
import onnx
import onnx.backend.test.case.node
from onnx import TensorProto, helper

import command_case
from onnx_case import FLOAT, UINT8, INT8, IMPORTED, OnnxTest, places, value


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


if __name__ == "__main__":
    command_case.main(__doc__)
