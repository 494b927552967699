#!/usr/bin/python3
"""End-to-end test of the shape rules of single operators.

Usage: onnx_operators_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx. A product behind each
axis of each output shows its size: [1, 1] x [..., 1, size].
"""

import collections

import onnx
from onnx import TensorProto, helper, shape_inference

import command_case
from onnx_case import OnnxTest
from onnx_operator_cases import MICROSOFT, all_cases

DOMAINS = [MICROSOFT, "qonnx.custom_op.general", "finn.custom_op"]


def opset_imports(opset):
    return [helper.make_opsetid("", opset), *(helper.make_opsetid(domain, 1) for domain in DOMAINS)]


def inferred(case):
    """The shapes of a case's outputs by python3-onnx."""
    inputs, constants = case.inputs_and_constants("")
    outputs = [helper.make_tensor_value_info(f"o{i}", TensorProto.UNDEFINED, None) for i in range(case.outputs)]
    graph = helper.make_graph([case.node("")], "g", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=opset_imports(case.opset))
    shapes = []
    for output in shape_inference.infer_shapes(model, data_prop=True).graph.output:
        shape = output.type.tensor_type.shape
        shapes.append(tuple(d.dim_value if d.HasField("dim_value") else None for d in shape.dim))
    return shapes


def expected(case):
    shapes = case.want or inferred(case)
    assert all(None not in shape for shape in shapes), f"{case}: python3-onnx gives {shapes}"
    return shapes


class Operators(OnnxTest):
    def sizes(self, cases, opset):
        """The shapes that the command finds, by output."""
        nodes, inputs, constants = [], [], []
        for i, (case, shapes) in enumerate(cases):
            own_inputs, own_constants = case.inputs_and_constants(f"c{i}")
            nodes.append(case.node(f"c{i}"))
            inputs += own_inputs
            constants += own_constants
            for j, shape in enumerate(shapes):
                for axis in range(len(shape)):
                    tensor, name = f"c{i}o{j}", f"c{i}o{j}a{axis}"
                    order = [a for a in range(len(shape)) if a != axis] + [axis]
                    nodes += [helper.make_node("Transpose", [tensor], [f"{name}t"], perm=order),
                              helper.make_node("Unsqueeze", [f"{name}t"], [f"{name}u"], axes=[len(shape) - 1])
                              if opset < 13 else
                              helper.make_node("Unsqueeze", [f"{name}t", f"{name}x"], [f"{name}u"]),
                              helper.make_node("MatMul", ["one", f"{name}u"], [f"{name}m"], name=name)]
                    if opset >= 13:
                        constants.append(helper.make_tensor(f"{name}x", TensorProto.INT64, [1], [len(shape) - 1]))
        constants.append(helper.make_tensor("one", TensorProto.FLOAT, [1, 1], [1.0]))
        path = self.save(nodes, inputs, [], constants, opset=opset, opsets=opset_imports(opset)[1:])
        rows, _ = self.imported(path)
        found = collections.defaultdict(dict)
        for row in rows:
            if row["name"].count("a") == 1:
                tensor, axis = row["name"].split("a")
                found[tensor][int(axis)] = int(row["m"])
        return {tensor: tuple(sizes[axis] for axis in sorted(sizes)) for tensor, sizes in found.items()}

    def test_every_case(self):
        by_opset = collections.defaultdict(list)
        for case in all_cases():
            by_opset[case.opset].append((case, expected(case)))
        for opset, cases in by_opset.items():
            found = self.sizes(cases, opset)
            for i, (case, shapes) in enumerate(cases):
                for j, shape in enumerate(shapes):
                    with self.subTest(case=str(case), output=j):
                        self.assertEqual(found.get(f"c{i}o{j}", ()), tuple(shape))


if __name__ == "__main__":
    command_case.main(__doc__)
