#!/usr/bin/python3
"""End-to-end test of ONNX models as exporters write them: computed sizes, bodies, functions, contradictions.

Usage: onnx_exporters_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx. What is expected was
worked out by hand from the operators' definitions.
"""

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

import command_case
from onnx_case import FLOAT, UINT8, OnnxTest, value

node = helper.make_node
INT32, INT64, BOOL = TensorProto.INT32, TensorProto.INT64, TensorProto.BOOL
MICROSOFT = [helper.make_opsetid("com.microsoft", 1)]


def constant(name, values, kind=numpy.int64):
    return numpy_helper.from_array(numpy.array(values, kind), name)


def weights(name, *shape):
    return numpy_helper.from_array(numpy.zeros(shape, numpy.float32), name)


def any_rank(name):
    return helper.make_empty_tensor_value_info(name)


class ShapeArithmetic(OnnxTest):
    """A Reshape, Expand, Slice or Pad whose numbers come from nodes."""

    def test_cast_to_int32_as_paddle_and_tensorflow_do(self):
        nodes = [node("Shape", ["x"], ["s64"]), node("Cast", ["s64"], ["s"], to=INT32),
                 node("Slice", ["s", "start", "end"], ["b"]), node("Concat", ["b", "rest"], ["t"], axis=0),
                 node("Cast", ["t"], ["t64"], to=INT64), node("Reshape", ["x", "t64"], ["r"]),
                 node("MatMul", ["r", "w"], ["y"])]
        path = self.save(nodes, [value("x", ["n", 8, 4])], [any_rank("y")],
                         [constant("start", [0]), constant("end", [1]), constant("rest", [32], numpy.int32),
                          weights("w", 32, 10)])
        self.assertEqual(self.gemms(path, "--dim", "n=3"), [(3, 32, 10, 1)])

    def test_by_way_of_floats(self):
        nodes = [node("Shape", ["x"], ["s"], start=-2, end=-1), node("Cast", ["s"], ["f"], to=FLOAT),
                 node("Mul", ["f", "scale"], ["g"]), node("Floor", ["g"], ["h"]), node("Cast", ["h"], ["i"], to=INT64),
                 node("Slice", ["x", "zero", "i", "axis"], ["part"]), node("MatMul", ["part", "w"], ["y"])]
        path = self.save(nodes, [value("x", [2, "n", 4])], [any_rank("y")],
                         [constant("scale", [0.7], numpy.float32), constant("zero", [0]), constant("axis", [1]),
                          weights("w", 4, 3)], opset=15)
        self.assertEqual(self.gemms(path, "--dim", "n=10"), [(14, 4, 3, 1)])  # 10 * 0.7f is 6.9999..., or 7 as a float

    def test_expand_with_minus_one_as_torch_does(self):
        nodes = [node("Shape", ["wanted"], ["rank"]),
                 node("ConstantOfShape", ["rank"], ["ones"], value=constant("", [1])),
                 node("Mul", ["ones", "negative"], ["opens"]), node("Equal", ["wanted", "opens"], ["is_open"]),
                 node("Where", ["is_open", "ones", "wanted"], ["sizes"]), node("Expand", ["cls", "sizes"], ["e"]),
                 node("Concat", ["e", "x"], ["tokens"], axis=1), node("MatMul", ["tokens", "w"], ["y"])]
        path = self.save(nodes, [value("x", [1, 9, 8])], [any_rank("y")],
                         [constant("wanted", [1, -1, -1]), constant("negative", -1), weights("cls", 1, 1, 8),
                          weights("w", 8, 4)])
        self.assertEqual(self.gemms(path), [(10, 8, 4, 1)])

    def test_pads_turned_over_as_torch_does(self):
        """torch gives pads from the last axis on, in pairs: to [-1, 2], reversed, transposed, flattened."""
        nodes = [node("ConstantOfShape", ["missing"], ["zeros"], value=constant("", [0])),
                 node("Concat", ["pads", "zeros"], ["all"], axis=0), node("Reshape", ["all", "pairs"], ["table"]),
                 node("Slice", ["table", "last", "first", "axis", "back"], ["turned"]),
                 node("Transpose", ["turned"], ["columns"], perm=[1, 0]), node("Reshape", ["columns", "flat"], ["list"]),
                 node("Cast", ["list"], ["final"], to=INT64), node("Pad", ["x", "final"], ["padded"]),
                 node("Conv", ["padded", "w"], ["y"])]
        path = self.save(nodes, [value("x", [1, 2, 5, 6])], [any_rank("y")],
                         [constant("pads", [1, 2, 3, 4]), constant("missing", [4]), constant("pairs", [-1, 2]),
                          constant("last", [-1]), constant("first", [-2**63 + 1]), constant("axis", [0]),
                          constant("back", [-1]), constant("flat", [-1]), weights("w", 3, 2, 1, 1)])
        self.assertEqual(self.gemms(path), [((5 + 7) * (6 + 3), 2, 3, 1)])

    def test_other_arithmetic(self):
        """Min, Max, Mod, Pow, ReduceProd, Range, Gather and Split on sizes."""
        nodes = [node("Shape", ["x"], ["s"]), node("Split", ["s"], ["a", "b"], axis=0),     # 6, 8
                 node("Min", ["a", "b"], ["low"]), node("Max", ["a", "b"], ["high"]),       # 6, 8
                 node("Mod", ["high", "low"], ["rest"]), node("Pow", ["rest", "rest"], ["p"]),  # 2, 4
                 node("ReduceProd", ["s"], ["all"], keepdims=1), node("Div", ["all", "p"], ["q"]),  # 48, 12
                 node("Concat", ["p", "q"], ["t"], axis=0), node("Reshape", ["x", "t"], ["r"]),
                 node("MatMul", ["r", "w"], ["y"])]
        path = self.save(nodes, [value("x", [6, 8])], [any_rank("y")], [weights("w", 12, 5)])
        self.assertEqual(self.gemms(path), [(4, 12, 5, 1)])

    def test_a_message_tells_where_the_unknown_comes_from(self):
        nodes = [node("Reshape", ["x", "target"], ["r"], name="view"), node("MatMul", ["r", "w"], ["y"], name="m")]
        path = self.save(nodes, [value("x", [4, 6]), value("target", [2], INT64), value("w", [6, 5])], [any_rank("y")])
        self.fail_import(path, ["MatMul \"m\"", "the values of input \"target\", which are data"])

    def test_what_is_not_needed_is_not_asked_for(self):
        nodes = [node("MatMul", ["x", "w"], ["y"]), node("Relu", ["other"], ["z"])]
        path = self.save(nodes, [value("x", [4, 6]), value("w", [6, 5]), value("other", ["n", 2])],
                         [any_rank("y"), any_rank("z")])
        self.assertEqual(self.gemms(path), [(4, 6, 5, 1)])


class Writers(OnnxTest):
    """Old, new and sloppy writers."""

    def test_new_operator_sets_without_stated_shapes(self):
        nodes = [node("Conv", ["x", "w"], ["c"], pads=[1, 1, 1, 1]), node("Relu", ["c"], ["r"]),
                 node("Conv", ["r", "v"], ["y"])]
        for opset in (18, 21, 99):
            path = self.save(nodes, [value("x", [1, 3, 8, 8])], [value("y", [1, 4, 6, 6])],
                             [weights("w", 8, 3, 3, 3), weights("v", 4, 8, 3, 3)], opset=opset)
            self.assertEqual(self.gemms(path), [(64, 27, 8, 1), (36, 72, 4, 1)])

    def test_additions_between_quantised_convolutions(self):
        scales = ["s", "z"]
        nodes = [node("QLinearConv", ["x", *scales, "w", *scales, *scales], ["m"]),
                 node("QLinearAdd", ["m", *scales, "m", *scales, *scales], ["n"], domain="com.microsoft"),
                 node("QLinearConv", ["n", *scales, "v", *scales, *scales], ["y"])]
        path = self.save(nodes, [value("x", [1, 3, 8, 8], UINT8)], [any_rank("y")],
                         [constant("w", numpy.zeros((8, 3, 3, 3)), numpy.uint8), constant("z", 0, numpy.uint8),
                          constant("v", numpy.zeros((8, 8, 3, 3)), numpy.uint8), constant("s", 1, numpy.float32)],
                         opsets=MICROSOFT)
        self.assertEqual(self.gemms(path), [(36, 27, 8, 1), (16, 72, 8, 1)])

    def test_custom_operators(self):
        nodes = [node("Quant", ["w", "s", "z", "b"], ["q"], domain="qonnx.custom_op.general", narrow=1, signed=1),
                 node("Unknown", ["x"], ["n"], domain="somebody.else"), node("RequantShift", ["n", "s", "z"], ["r"]),
                 node("MatMul", ["r", "q"], ["y"])]
        path = self.save(nodes, [value("x", [3, 16])], [any_rank("y")],
                         [weights("w", 16, 4), weights("s"), weights("z"), weights("b")],
                         value_info=[value("n", [3, 16])])
        self.assertEqual(self.gemms(path), [(3, 16, 4, 1)])

    def test_initializers_that_are_no_inputs_and_graphs_without_names(self):
        path = self.save([node("MatMul", ["x", "w"], ["y"])], [value("x", [1, 16])], [any_rank("y")],
                         [weights("w", 16, 4)], opset=7)
        model = onnx.load(str(path))
        model.ir_version = 3
        model.graph.ClearField("name")
        path.write_bytes(model.SerializeToString())
        self.assertEqual(self.gemms(path), [(1, 16, 4, 1)])

    def test_nodes_in_any_order(self):
        nodes = [node("MatMul", ["r", "w"], ["y"]), node("Relu", ["q"], ["r"]), node("Relu", ["x"], ["q"])]
        inputs = [value("x", [1, 16]), value("w", [16, 4])]
        self.assertEqual(self.gemms(self.save(nodes, inputs, [any_rank("y")])), [(1, 16, 4, 1)])
        circle = [node("Relu", ["b"], ["a"]), node("Relu", ["a"], ["b"]), node("MatMul", ["b", "w"], ["y"])]
        self.fail_import(self.save(circle, inputs, [any_rank("y")]), ["cycle"])

    def test_sizes_of_0_and_minus_1_can_be_set(self):
        for size in (0, -1):
            path = self.save([node("MatMul", ["x", "w"], ["y"])], [value("x", [size, 16]), value("w", [16, 4])],
                             [any_rank("y")])
            self.assertEqual(self.gemms(path, "--dim", "x[0]=5"), [(5, 16, 4, 1)])
            self.fail_import(path, ["MatMul" if size == 0 else "--dim 'x[0]=VALUE'"])


class Contradictions(OnnxTest):
    """Silently wrong before."""

    def test_a_batch_baked_into_a_reshape(self):
        nodes = [node("Reshape", ["x", "heads"], ["h"], name="view"),
                 node("Transpose", ["h"], ["q"], perm=[0, 2, 1, 3]), node("Transpose", ["h"], ["k"], perm=[0, 2, 3, 1]),
                 node("MatMul", ["q", "k"], ["y"], name="scores")]
        path = self.save(nodes, [value("x", ["batch", 16, 64])], [any_rank("y")], [constant("heads", [1, 16, 4, 16])])
        self.assertEqual(self.gemms(path, "--dim", "batch=1"), [(16, 16, 16, 4)])
        self.fail_import(path, ["Reshape \"view\"", "[8, 16, 64]", "[1, 16, 4, 16]", "--dim"], "--dim", "batch=8")

    def test_a_stated_shape_that_is_not_what_follows(self):
        nodes = [node("Conv", ["x", "w"], ["c"], name="first", pads=[1, 1, 1, 1]), node("Conv", ["c", "v"], ["y"])]
        for opset in (13, 18, 21):
            path = self.save(nodes, [value("x", [1, 3, 12, 12])], [any_rank("y")],
                             [weights("w", 8, 3, 3, 3), weights("v", 4, 8, 1, 1)], opset=opset,
                             value_info=[value("c", [1, 8, 6, 6])])
            self.fail_import(path, ["Conv \"first\"", "[1, 8, 6, 6]", "[1, 8, 12, 12]", "remove the stated shape"])

    def test_a_stated_output_of_another_rank(self):
        path = self.save([node("MatMul", ["x", "w"], ["y"], name="m")], [value("x", [2, 3, 4]), value("w", [4, 5])],
                         [value("y", [6, 5])])
        self.fail_import(path, ["MatMul \"m\"", "[6, 5]", "[2, 3, 5]"])

    def test_shapes_that_do_not_fit_each_other(self):
        for nodes, words in (
                ([node("Concat", ["x", "w"], ["y"], axis=1, name="n")], ["Concat \"n\"", "[2, 3]", "[3, 4]"]),
                ([node("Squeeze", ["x"], ["y"], axes=[0], name="n")], ["Squeeze \"n\"", "[2, 3]"]),
                ([node("Split", ["x"], ["y"], axis=1, split=[5], name="n")], ["Split \"n\"", "[5]", "3"]),
                ([node("Mul", ["x", "w"], ["y"], name="n")], ["Mul \"n\"", "[2, 3]", "[3, 4]"])):
            path = self.save([*nodes, node("MatMul", ["x", "w"], ["z"])], [value("x", [2, 3]), value("w", [3, 4])],
                             [any_rank("y"), any_rank("z")], opset=11)
            self.fail_import(path, words)


class Bodies(OnnxTest):
    def branches(self, *shapes):
        return [helper.make_graph([node("MatMul", ["x", f"w{i}"], [f"b{i}"], name=f"branch{i}")], f"g{i}", [],
                                  [any_rank(f"b{i}")], [weights(f"w{i}", *shape)]) for i, shape in enumerate(shapes)]

    def model_with_if(self, shapes, condition=None):
        yes, no = self.branches(*shapes)
        inputs = [value("x", [2, 6])] + ([] if condition is not None else [value("c", [], BOOL)])
        return self.save([node("If", ["c"], ["r"], then_branch=yes, else_branch=no, name="choice"),
                          node("MatMul", ["r", "v"], ["y"], name="after")], inputs, [any_rank("y")],
                         [weights("v", 5, 3)] + ([constant("c", condition, bool)] if condition is not None else []))

    def test_if(self):
        self.assertEqual(self.gemms(self.model_with_if([(6, 5), (6, 5)])), [(2, 6, 5, 1), (2, 5, 3, 1)])
        self.assertEqual(self.gemms(self.model_with_if([(6, 5), (6, 7)], True)), [(2, 6, 5, 1), (2, 5, 3, 1)])
        self.fail_import(self.model_with_if([(6, 5), (6, 7)]), ["MatMul \"after\"", "which branch If \"choice\" takes"])
        self.fail_import(self.model_with_if([(6, 5), (6, 7)], False), ["MatMul \"after\"", "[2, 7]"])

    def loop(self, body_nodes, trips, condition="stays", state="s"):
        body = helper.make_graph(
            [*body_nodes, node("Identity", ["going" if condition == "stays" else "flag"], ["goes_on"])], "body",
            [value("turn", [], INT64), value("going", [], BOOL), any_rank("s")],
            [value("goes_on", [], BOOL), any_rank("t"), any_rank("scanned")])
        inputs = [value("x", [2, 6]), value("w", [6, 6]), value("flag", [], BOOL), value("n", [], INT64)]
        constants = [constant("trips", trips), constant("yes", True, bool)] if trips is not None else [
            constant("yes", True, bool)]
        return self.save([node("Loop", ["n" if trips is None else "trips", "yes", "x"], ["last", "all"], body=body,
                               name="turns"),
                          node("MatMul", ["all", "w"], ["y"], name="after")], inputs, [any_rank("y")], constants)

    STEADY = [node("MatMul", ["s", "w"], ["t"], name="step"), node("Relu", ["t"], ["scanned"])]

    def test_loop_with_a_constant_trip_count(self):
        path = self.loop(self.STEADY, 7)
        self.assertEqual(self.gemms(path), [(2, 6, 6, 7), (14, 6, 6, 1)])
        self.assertNotIn("NOT COUNTED", self.imported(path)[1])

    def test_convolution_in_a_loop_keeps_its_columns(self):
        body = helper.make_graph(
            [node("Conv", ["s", "w"], ["t"], name="step", pads=[1, 1, 1, 1]), node("Identity", ["c"], ["d"])], "body",
            [value("i", [], INT64), value("c", [], BOOL), any_rank("s")], [value("d", [], BOOL), any_rank("t")])
        path = self.save([node("Loop", ["trips", "", "x"], ["y"], body=body)],
                         [value("x", [1, 4, 8, 8]), value("w", [4, 4, 3, 3])], [any_rank("y")], [constant("trips", 5)])
        self.assertEqual(self.gemms(path), [(64, 36, 4, 5)])
        self.assertEqual([row["repeat"] for row in self.imported(path)[0]], ["5"])

    def test_loop_whose_state_grows(self):
        """Rows 2, 4, 8: each turn is a product of its own."""
        growing = [node("Concat", ["s", "s"], ["t"], axis=0), node("MatMul", ["s", "w"], ["scanned"], name="step")]
        path = self.loop(growing, 3)
        rows, _ = self.imported(path)
        self.assertEqual([(row["name"], row["t"]) for row in rows[:3]], [("step", "2"), ("step#2", "4"), ("step#3", "8")])

    def test_loop_that_the_data_end(self):
        for path in (self.loop(self.STEADY, None), self.loop(self.STEADY, 7, condition="data")):
            self.fail_import(path, ["MatMul \"after\"", "how often Loop \"turns\" runs"])

    def test_scan(self):
        body = helper.make_graph([node("MatMul", ["s", "w"], ["t"], name="step"), node("Add", ["t", "part"], ["u"]),
                                  node("Relu", ["u"], ["out"])], "body", [any_rank("s"), any_rank("part")],
                                 [any_rank("u"), any_rank("out")])
        path = self.save([node("Scan", ["x", "parts"], ["last", "all"], body=body, num_scan_inputs=1),
                          node("MatMul", ["all", "w"], ["y"])],
                         [value("x", [2, 6]), value("w", [6, 6]), value("parts", [9, 2, 6])], [any_rank("y")])
        self.assertEqual(self.gemms(path), [(2, 6, 6, 9), (18, 6, 6, 1)])

    def test_functions_count_once_per_call(self):
        inner = helper.make_function("mine", "Inner", ["p", "q"], ["r"], [node("MatMul", ["p", "q"], ["r"], name="mm")],
                                     [helper.make_opsetid("", 13)])
        flat = node("Flatten", ["p"], ["f"])
        axis = flat.attribute.add()
        axis.name, axis.ref_attr_name, axis.type = "axis", "where", onnx.AttributeProto.INT
        outer = helper.make_function("mine", "Outer", ["p", "q"], ["r"],
                                     [flat, node("Inner", ["f", "q"], ["r"], domain="mine", name="in")],
                                     [helper.make_opsetid("", 13), helper.make_opsetid("mine", 1)], ["where"])
        path = self.save([node("Outer", ["x", "w"], ["a"], domain="mine", name="one", where=2),
                          node("Outer", ["x", "v"], ["b"], domain="mine", name="two", where=1)],
                         [value("x", [2, 3, 4]), value("w", [4, 5]), value("v", [12, 7])],
                         [any_rank("a"), any_rank("b")], functions=[inner, outer],
                         opsets=[helper.make_opsetid("mine", 1)])
        self.assertEqual(self.gemms(path), [(6, 4, 5, 1), (2, 12, 7, 1)])
        self.assertEqual([row["name"] for row in self.imported(path)[0]], ["one/in/mm", "two/in/mm"])


class Counting(OnnxTest):
    def test_products_that_are_not_counted_are_named(self):
        for op, domain in (("MoE", "com.microsoft"), ("QMoE", "com.microsoft"), ("DynamicQuantizeLSTM", "com.microsoft"),
                           ("BeamSearch", "com.microsoft"), ("CDist", "com.microsoft"), ("ConvTranspose", "")):
            path = self.save([node("MatMul", ["a", "b"], ["y"]), node(op, ["a", "b"], ["z"], domain=domain)],
                             [value("a", [4, 5]), value("b", [5, 6])], [any_rank("y")], opsets=MICROSOFT)
            self.assertRegex(self.imported(path)[1], rf"NOT COUNTED[^\n]*: {domain}\.?{op}\n")

    def test_products_of_microsoft(self):
        def one(op, inputs, **attributes):
            names = [f"i{i}" for i in range(len(inputs))]
            path = self.save([node(op, names, ["y"], domain="com.microsoft", name="n", **attributes)],
                             [value(name, shape) for name, shape in zip(names, inputs)], [any_rank("y")],
                             opsets=MICROSOFT)
            rows, text = self.imported(path)
            self.assertNotIn("NOT COUNTED", text)
            return [(row["name"], *(int(row[key]) for key in ("t", "n", "m", "repeat"))) for row in rows]

        self.assertEqual(one("MatMulNBits", [(2, 3, 32), (6, 1, 16), (6,)], K=32, N=6, bits=4, block_size=32),
                         [("n", 6, 32, 6, 1)])
        self.assertEqual(one("FusedMatMul", [(2, 4, 3), (2, 5, 4)], transA=1, transB=1), [("n", 3, 4, 5, 2)])
        self.assertEqual(one("FusedGemm", [(4, 5), (6, 5)], transB=1), [("n", 4, 5, 6, 1)])
        self.assertEqual(one("Attention", [(2, 7, 8), (8, 24), (24,)], num_heads=4),
                         [("n/qkv", 14, 8, 24, 1), ("n/scores", 7, 2, 7, 8), ("n/context", 7, 7, 2, 8)])
        self.assertEqual(one("MultiHeadAttention", [(2, 3, 8), (2, 5, 8), (2, 5, 12)], num_heads=2),
                         [("n/scores", 3, 4, 5, 4), ("n/context", 3, 5, 6, 4)])

    def test_einsum(self):
        def one(equation, *shapes):
            names = [f"i{i}" for i in range(len(shapes))]
            path = self.save([node("Einsum", names, ["y"], equation=equation)],
                             [value(name, shape) for name, shape in zip(names, shapes)], [any_rank("y")])
            return self.gemms(path)
        self.assertEqual(one("bhid,bhjd->bhij", (2, 8, 3, 4), (2, 8, 5, 4)), [(3, 4, 5, 16)])
        self.assertEqual(one("bij,jk", (2, 3, 4), (4, 5)), [(6, 4, 5, 1)])


if __name__ == "__main__":
    command_case.main(__doc__)
