"""Random graphs as exporters write them: sizes taken from tensors, computed, and put back into Reshape and Slice."""

import numpy
from onnx import TensorProto, helper, numpy_helper


class Builder:
    """A chain of random operators on a tensor of known rank; its sizes are left to whoever infers them."""

    def __init__(self, generator):
        self.random = generator
        self.nodes, self.constants, self.products = [], [], []

    def name(self):
        return f"v{len(self.nodes)}_{len(self.constants)}"

    def add(self, op, inputs, **attributes):
        output = self.name()
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def constant(self, values, kind=numpy.int64):
        name = "c" + self.name()
        self.constants.append(numpy_helper.from_array(numpy.array(values, kind), name))
        return name

    def size(self, x, axis):
        """One size of x as a list of one: Shape, then Gather or Slice."""
        shape = self.add("Shape", [x])
        if self.random.random() < 0.5:
            return self.add("Gather", [shape, self.constant([axis])], axis=0)
        return self.add("Slice", [shape, self.constant([axis]), self.constant([axis + 1])])

    def product_of_sizes(self, x, axes):
        result = self.size(x, axes[0])
        for axis in axes[1:]:
            result = self.add("Mul", [result, self.size(x, axis)])
        if self.random.random() < 0.3:  # by way of floats, as tf2onnx
            real = self.add("Cast", [result], to=TensorProto.FLOAT)
            half = self.add("Mul", [real, self.constant([0.5], numpy.float32)])
            twice = self.add("Floor", [self.add("Mul", [half, self.constant([2.0], numpy.float32)])])
            result = self.add("Cast", [twice], to=TensorProto.INT64)
        return result

    # Each takes a tensor and its rank and gives the same of its result.

    def elementwise(self, x, rank):
        op = self.random.choice(["Relu", "Sigmoid", "Abs", "Softmax"])
        return self.add(op, [x]), rank

    def transpose(self, x, rank):
        order = list(range(rank))
        self.random.shuffle(order)
        return self.add("Transpose", [x], perm=order), rank

    def merge_axes(self, x, rank):
        if rank < 3:
            return x, rank
        sizes = [self.size(x, axis) for axis in range(rank - 2)]
        last = self.random.choice([self.product_of_sizes(x, [rank - 2, rank - 1]), self.constant([-1])])
        target = self.add("Concat", [*sizes, last], axis=0)
        if self.random.random() < 0.3:
            narrow = self.add("Cast", [target], to=TensorProto.INT32)
            target = self.add("Cast", [narrow], to=TensorProto.INT64)
        return self.add("Reshape", [x, target]), rank - 1

    def split_axis(self, x, rank):
        if rank > 4:
            return x, rank
        sizes = [self.size(x, axis) for axis in range(rank)]
        target = self.add("Concat", [*sizes[:-1], self.constant([1]), sizes[-1]], axis=0)
        return self.add("Reshape", [x, target]), rank + 1

    def slice(self, x, rank):
        axis = self.random.randrange(rank)
        start = self.add("Div", [self.size(x, axis), self.constant([2])])
        if self.random.random() < 0.3:
            start, end, step = self.constant([-1]), self.constant([-2**62]), self.constant([-1])
        else:
            end, step = self.constant([2**62]), self.constant([1])
        return self.add("Slice", [x, start, end, self.constant([axis]), step]), rank

    def concat(self, x, rank):
        return self.add("Concat", [x, self.add("Relu", [x])], axis=self.random.randrange(-rank, rank)), rank

    def pad(self, x, rank):
        amounts = [self.random.randrange(2) for _ in range(2 * rank)]
        return self.add("Pad", [x, self.constant(amounts)]), rank

    def expand(self, x, rank):
        """torch's expand(-1, ...): sizes of -1 are those of the tensor."""
        wanted = self.constant([-1] * rank)
        ones = self.add("ConstantOfShape", [self.add("Shape", [wanted])],
                        value=numpy_helper.from_array(numpy.array([1], numpy.int64)))
        negative = self.add("Mul", [ones, self.constant(-1)])
        is_open = self.add("Equal", [wanted, negative])
        return self.add("Expand", [x, self.add("Where", [is_open, ones, wanted])]), rank

    def reduce(self, x, rank):
        return self.add("ReduceMean", [x], axes=[self.random.randrange(rank)], keepdims=1), rank

    def matmul(self, x, rank):
        """x times itself turned over: [.., a, b] x [.., b, a]."""
        if rank < 2:
            return x, rank
        order = [*range(rank - 2), rank - 1, rank - 2]
        result = self.add("MatMul", [x, self.add("Transpose", [x], perm=order)])
        self.products.append(result)
        return result, rank

    STEPS = ("elementwise", "transpose", "merge_axes", "split_axis", "slice", "concat", "pad", "expand", "reduce",
             "matmul", "matmul")


def build(generator, steps=12):
    """(model, {input: shape}, [name of each product and its output])."""
    builder = Builder(generator)
    rank = generator.randint(2, 4)
    shape = [generator.randint(2, 5) for _ in range(rank)]
    x = "x"
    for _ in range(steps):
        x, rank = getattr(builder, generator.choice(Builder.STEPS))(x, rank)
    if rank < 2:
        x = builder.add("Unsqueeze", [x, builder.constant([0])])
        rank = 2
    builder.matmul(x, rank)
    outputs = [helper.make_empty_tensor_value_info(name) for name in builder.products]
    graph = helper.make_graph(builder.nodes, "random", [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
                              outputs, builder.constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 7
    return model, {"x": shape}, builder.products
