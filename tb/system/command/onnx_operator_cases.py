"""Operators and the shapes of their outputs: what onnx_operators_test.py and onnx_runtime_test.py compare.

Where a case gives no shapes, those of python3-onnx's inference are expected; it knows operator sets up to 17.
"""

from dataclasses import dataclass, field

import numpy
from onnx import TensorProto, helper, numpy_helper

MICROSOFT = "com.microsoft"


@dataclass
class Case:
    op: str
    inputs: list  # a tuple is the shape of a float input, an array a constant, None is left out
    attributes: dict = field(default_factory=dict)
    want: list = None  # a shape for each output that is looked at
    opset: int = 13
    outputs: int = 1
    domain: str = ""
    runs: bool = True  # in onnxruntime-web

    def __str__(self):
        return f"{self.op} {[getattr(x, 'shape', x) for x in self.inputs]} {self.attributes} set {self.opset}"

    def node(self, prefix):
        names = ["" if x is None else f"{prefix}i{i}" for i, x in enumerate(self.inputs)]
        outputs = [f"{prefix}o{i}" for i in range(self.outputs)]
        return helper.make_node(self.op, names, outputs, name=prefix, domain=self.domain, **self.attributes)

    def inputs_and_constants(self, prefix):
        inputs, constants = [], []
        for i, x in enumerate(self.inputs):
            if isinstance(x, tuple):
                inputs.append(helper.make_tensor_value_info(f"{prefix}i{i}", TensorProto.FLOAT, x))
            elif x is not None:
                constants.append(numpy_helper.from_array(numpy.asarray(x), f"{prefix}i{i}"))
        return inputs, constants


def ints(*numbers):
    return numpy.array(numbers, numpy.int64)


def floats(*numbers):
    return numpy.array(numbers, numpy.float32)


def bytes_of(*shape):
    return numpy.zeros(shape, numpy.uint8)


SCALE, ZERO = numpy.float32(0.5), numpy.uint8(0)
Q = [SCALE, ZERO]


def elementwise():
    x = (2, 3, 4)
    for op in ("Abs", "Cos", "Exp", "Floor", "Identity", "LogSoftmax", "Neg", "Relu", "Sigmoid", "Softmax", "Sqrt",
               "Tanh", "HardSwish", "Round", "Not"):
        yield Case(op, [numpy.zeros(x, bool) if op == "Not" else x], opset=14)
    yield Case("Clip", [x, numpy.float32(0), numpy.float32(1)])
    yield Case("PRelu", [x, (4,)])
    yield Case("Cast", [x], {"to": TensorProto.INT32})
    yield Case("CumSum", [x, numpy.int64(1)])
    yield Case("Dropout", [x], want=[x, x], outputs=2)
    yield Case("LayerNormalization", [x, (4,), (4,)], {"axis": -1}, [x, (2, 3, 1), (2, 3, 1)], opset=17, outputs=3)
    yield Case("LayerNormalization", [x, (4,), (4,)], {"axis": -1}, [x], opset=11, runs=False)
    yield Case("BatchNormalization", [x, (3,), (3,), (3,), (3,)], opset=13)
    yield Case("InstanceNormalization", [x, (3,), (3,)])
    yield Case("GroupNormalization", [(2, 4, 5), (2,), (2,)], {"num_groups": 2}, [(2, 4, 5)], opset=18)
    yield Case("Mish", [x], want=[x], opset=18)
    yield Case("Gelu", [x], want=[x], opset=20)
    for a, b in (((2, 3), (3,)), ((4, 1, 3), (5, 1)), ((), (2, 2)), ((1,), (7,)), ((2, 1), (1, 3))):
        for op in ("Add", "Mul", "Div", "Pow", "Max"):
            yield Case(op, [a, b])
    yield Case("Where", [numpy.ones((3, 1), bool), (4,), (2, 1, 1)])
    yield Case("Sum", [(2, 1), (3,), (4, 1, 1)])
    yield Case("Add", [(2, 3, 4), (3,)], {"axis": 1, "broadcast": 1}, [(2, 3, 4)], opset=6, runs=False)


def windows():
    x = (2, 4, 13, 10)
    for pads, stride, dilation, rounds_up in (([0] * 4, 1, 1, 0), ([1, 0, 2, 1], 2, 1, 0), ([1, 1, 1, 1], 3, 1, 1),
                                              ([0, 0, 1, 1], 2, 2, 1), ([1, 1, 0, 0], 3, 2, 0)):
        attributes = {"kernel_shape": [3, 2], "pads": pads, "strides": [stride, 2], "ceil_mode": rounds_up}
        yield Case("MaxPool", [x], {**attributes, "dilations": [dilation, 1]})
        if dilation == 1:
            yield Case("AveragePool", [x], attributes)
        yield Case("LpPool", [x], {k: v for k, v in attributes.items() if k != "ceil_mode"})
    # The last window begins in the padding behind the input.
    yield Case("MaxPool", [(1, 1, 5)], {"kernel_shape": [2], "strides": [3], "pads": [0, 1], "ceil_mode": 1},
               [(1, 1, 3)])
    for mode in ("SAME_UPPER", "SAME_LOWER", "VALID"):
        yield Case("AveragePool", [x], {"kernel_shape": [3, 2], "strides": [2, 3], "auto_pad": mode})
        yield Case("Conv", [x, (5, 4, 3, 2)], {"strides": [2, 3], "auto_pad": mode})
    yield Case("MaxPool", [(1, 2, 9)], {"kernel_shape": [2], "strides": [2]}, outputs=2)
    yield Case("GlobalAveragePool", [x])
    yield Case("GlobalMaxPool", [(2, 4, 5)])
    yield Case("Conv", [x, (6, 2, 3, 3)], {"group": 2, "pads": [1, 2, 3, 0], "strides": [2, 1], "dilations": [1, 2]})
    yield Case("ConvTranspose", [x, (4, 3, 3, 2)], {"strides": [2, 3], "pads": [1, 0, 0, 1], "output_padding": [1, 2]})
    yield Case("ConvTranspose", [x, (4, 3, 3, 2)], {"group": 2, "dilations": [2, 1]})
    yield Case("ConvTranspose", [x, (4, 3, 3, 2)], {"strides": [2, 2], "output_shape": [26, 20]})
    yield Case("ConvTranspose", [x, (4, 3, 3, 3)], {"strides": [2, 2], "auto_pad": "SAME_UPPER"})
    yield Case("MaxRoiPool", [(1, 3, 8, 8), numpy.float32([[0, 0, 0, 4, 4]] * 2)], {"pooled_shape": [2, 3]})
    yield Case("RoiAlign", [(1, 3, 8, 8), numpy.float32([[0, 0, 4, 4]] * 5), ints(0, 0, 0, 0, 0)],
               {"output_height": 2, "output_width": 3})


def rearranging():
    x = (2, 3, 4)
    for target in (ints(6, 4), ints(-1), ints(0, -1), ints(3, 0, -1, 1), ints(4, -1, 2)):
        yield Case("Reshape", [(2, 3, 4) if target[0] != 3 else (3, 2, 4), target])
    yield Case("Reshape", [x], {"shape": [4, -1]}, [(4, 6)], opset=1, runs=False)
    yield Case("Transpose", [x])
    yield Case("Transpose", [x], {"perm": [2, 0, 1]})
    for axis in (0, 1, 2, -1, 3):
        yield Case("Flatten", [x], {"axis": axis})
    yield Case("Squeeze", [(1, 3, 1, 4)])
    yield Case("Squeeze", [(1, 3, 1, 4), ints(-2)])
    yield Case("Squeeze", [(1, 3, 1, 4)], {"axes": [0]}, opset=11)
    yield Case("Unsqueeze", [x, ints(0, -1)])
    yield Case("Unsqueeze", [x], {"axes": [1, 3]}, opset=11)
    yield Case("DepthToSpace", [(1, 12, 4, 5)], {"blocksize": 2})
    yield Case("SpaceToDepth", [(1, 3, 4, 6)], {"blocksize": 2})
    yield Case("Concat", [(2, 3), (2, 5), (2, 1)], {"axis": -1})
    yield Case("Split", [(2, 7), ints(3, 4)], {"axis": 1}, outputs=2)
    yield Case("Split", [(6, 2)], {"axis": 0}, outputs=3)
    yield Case("Split", [(7, 2)], {"axis": 0, "num_outputs": 3}, [(3, 2), (3, 2), (1, 2)], opset=18, outputs=3)
    yield Case("Split", [(2, 7)], {"axis": 1, "split": [2, 5]}, opset=11, outputs=2)


def selecting():
    x = (5, 6, 7)
    for numbers in (([1], [4], [0], [1]), ([-3], [2**63 - 1], [1], [2]), ([5, 6], [0, -8], [0, 2], [-2, -1]),
                    ([-1], [-2**63 + 1], [2], [-1]), ([0, 1], [3, -1], [-1, -2], [1, 2]), ([2], [1000], [2], [3])):
        yield Case("Slice", [x, *(ints(*n) for n in numbers)])
    yield Case("Slice", [x], {"starts": [1, -2], "ends": [3, 100], "axes": [0, 2]}, [(2, 6, 2)], opset=9)
    yield Case("Gather", [x, ints(1, 2)], {"axis": 1})
    yield Case("Gather", [x, numpy.int64(1)])
    yield Case("Gather", [x, numpy.zeros((2, 3), numpy.int64)], {"axis": -1})
    yield Case("GatherElements", [x, numpy.zeros((5, 2, 7), numpy.int64)], {"axis": 1})
    yield Case("GatherND", [x, numpy.zeros((3, 4, 2), numpy.int64)])
    yield Case("GatherND", [x, numpy.zeros((5, 2, 1), numpy.int64)], {"batch_dims": 1})
    yield Case("Expand", [(3, 1), ints(2, 1, 6)])
    yield Case("Expand", [(3, 4), ints(1, 1)])
    yield Case("Tile", [(2, 3), ints(2, 5)])
    yield Case("Pad", [(2, 3), ints(1, 0, 2, -1)])
    yield Case("Pad", [(2, 3), ints(1, 2), None, ints(1)], want=[(2, 6)], opset=18)
    yield Case("Pad", [(2, 3)], {"pads": [1, 0, 2, 1]}, opset=10)
    yield Case("OneHot", [ints(1, 2, 0), numpy.int64(5), floats(0, 1)], want=[(3, 5)])
    yield Case("OneHot", [ints(1, 2, 0), numpy.int64(5), floats(0, 1)], {"axis": 0}, [(5, 3)])
    yield Case("TopK", [x, ints(2)], {"axis": 1}, outputs=2)
    yield Case("TopK", [x], {"axis": -1, "k": 3}, opset=9, outputs=2)
    yield Case("ScatterND", [x, ints(0).reshape(1, 1), (1, 6, 7)])
    yield Case("ScatterElements", [x, numpy.zeros((1, 1, 1), numpy.int64), (1, 1, 1)])
    yield Case("NonZero", [numpy.float32([[1, 0, 2], [0, 0, 3]])], want=[(2, 3)])
    yield Case("Trilu", [x], opset=14)


def reductions():
    x = (2, 3, 4)
    for op in ("ReduceMean", "ReduceMax", "ReduceL2", "ReduceProd", "ReduceLogSumExp"):
        yield Case(op, [x], {"axes": [1, -1]})
        yield Case(op, [x], {"axes": [0], "keepdims": 0})
        yield Case(op, [x])
        yield Case(op, [x, ints(-2)], want=[(2, 1, 4)], opset=18)
    yield Case("ReduceSum", [x, ints(0, 2)], {"keepdims": 0})
    yield Case("ReduceSum", [x], {"noop_with_empty_axes": 1}, runs=False)
    yield Case("ArgMax", [x], {"axis": 1})
    yield Case("ArgMin", [x], {"axis": -1, "keepdims": 0})


def resizing():
    x = (1, 2, 5, 7)
    yield Case("Resize", [x, None, floats(1, 1, 2.5, 0.5)], want=[(1, 2, 12, 3)])
    yield Case("Resize", [x, None, None, ints(1, 2, 9, 3)])
    yield Case("Resize", [x, floats(1, 1, 2, 1.5)], want=[(1, 2, 10, 10)], opset=10)
    yield Case("Resize", [x, None, floats(3, 2)], {"axes": [2, 3]}, [(1, 2, 15, 14)], opset=18)
    yield Case("Resize", [x, None, None, ints(10, 10)],
               {"axes": [2, 3], "keep_aspect_ratio_policy": "not_larger"}, [(1, 2, 7, 10)], opset=18)
    yield Case("Resize", [x, None, None, ints(10, 10)],
               {"axes": [2, 3], "keep_aspect_ratio_policy": "not_smaller"}, [(1, 2, 10, 14)], opset=18)
    yield Case("Resize", [x, floats(0, 0, 0.25, 0, 1, 1, 0.75, 1), floats(1, 1, 4, 1)],
               {"coordinate_transformation_mode": "tf_crop_and_resize"}, [(1, 2, 20, 7)])
    yield Case("Upsample", [x, floats(1, 1, 2, 3)], opset=9)
    yield Case("Upsample", [x], {"scales": [1.0, 1.0, 2.0, 1.5]}, [(1, 2, 10, 10)], opset=7)
    yield Case("GridSample", [x, (1, 3, 4, 2)], want=[(1, 2, 3, 4)], opset=16)
    yield Case("CenterCropPad", [x, ints(3, 9)], {"axes": [2, 3]}, [(1, 2, 3, 9)], opset=18)
    yield Case("Col2Im", [(1, 12, 6), ints(3, 4), ints(2, 2)], want=[(1, 3, 3, 4)], opset=18)


def sources():
    yield Case("Constant", [], {"value_floats": [1.0, 2.0, 3.0]}, [(3,)])
    yield Case("ConstantOfShape", [ints(2, 5)])
    yield Case("Range", [numpy.int64(2), numpy.int64(11), numpy.int64(3)], want=[(3,)])
    yield Case("Range", [numpy.float32(5), numpy.float32(0), numpy.float32(-2)], want=[(3,)])
    yield Case("Shape", [(2, 3, 4, 5)], {"start": 1, "end": -1}, [(2,)], opset=15)
    yield Case("EyeLike", [(3, 4)], {"dtype": 1})
    yield Case("RandomNormal", [], {"shape": [2, 6]})
    yield Case("DynamicQuantizeLinear", [(2, 3)], want=[(2, 3), (), ()], outputs=3)


def products():
    for a, b in (((4, 5), (5, 6)), ((5,), (5, 6)), ((4, 5), (5,)), ((2, 1, 4, 5), (3, 5, 6))):
        yield Case("MatMul", [a, b])
    yield Case("Gemm", [(5, 4), (6, 5)], {"transA": 1, "transB": 1})
    yield Case("Einsum", [(2, 3, 4), (4, 5)], {"equation": "bij,jk->bik"}, [(2, 3, 5)])
    yield Case("Einsum", [(2, 8, 3, 4), (2, 8, 5, 4)], {"equation": "bhid,bhjd->bhij"}, [(2, 8, 3, 5)])
    yield Case("Einsum", [(2, 3, 4), (2, 4, 5)], {"equation": "...ij,...jk"}, [(2, 3, 5)])
    yield Case("Einsum", [(2, 2, 3, 4), (2, 2, 4, 5)], {"equation": "...ij, ...jk -> ...ik"}, [(2, 2, 3, 5)])
    yield Case("Einsum", [(2, 3)], {"equation": "ij->ji"}, [(3, 2)])
    yield Case("LSTM", [(7, 2, 3), (1, 20, 3), (1, 20, 5)], {"hidden_size": 5}, outputs=3)
    yield Case("GRU", [(7, 2, 3), (2, 15, 3), (2, 15, 5)], {"hidden_size": 5, "direction": "bidirectional"}, outputs=2)


def quantised():
    x, w = bytes_of(1, 3, 8, 8), bytes_of(4, 3, 3, 3)
    yield Case("QuantizeLinear", [(2, 3), *Q])
    yield Case("DequantizeLinear", [bytes_of(2, 3), *Q])
    yield Case("QLinearConv", [x, *Q, w, *Q, *Q], {"pads": [1, 1, 0, 0]})
    yield Case("QLinearMatMul", [bytes_of(2, 3), *Q, bytes_of(3, 4), *Q, *Q])
    own = {"domain": MICROSOFT}
    yield Case("QLinearAdd", [bytes_of(2, 1, 4), *Q, bytes_of(3, 1), *Q, *Q], want=[(2, 3, 4)], **own)
    yield Case("QLinearMul", [bytes_of(2, 3), *Q, bytes_of(3), *Q, *Q], want=[(2, 3)], **own)
    yield Case("QLinearSigmoid", [bytes_of(2, 3), *Q, *Q], want=[(2, 3)], **own)
    yield Case("QLinearLeakyRelu", [bytes_of(2, 3), *Q, *Q], {"alpha": 0.1}, [(2, 3)], **own)
    yield Case("QLinearConcat", [*Q, bytes_of(2, 3), *Q, bytes_of(2, 4), *Q], {"axis": 1}, [(2, 7)], **own)
    yield Case("QLinearAveragePool", [x, *Q, *Q], {"kernel_shape": [2, 2], "strides": [2, 2]}, [(1, 3, 4, 4)], **own)
    yield Case("QLinearGlobalAveragePool", [x, *Q, *Q], {"channels_last": 0}, [(1, 3, 1, 1)], **own)
    yield Case("QLinearGlobalAveragePool", [bytes_of(1, 8, 8, 3), *Q, *Q], {"channels_last": 1}, [(1, 1, 1, 3)], **own)
    yield Case("QLinearSoftmax", [bytes_of(2, 3), *Q, *Q], {"axis": -1, "opset": 13}, [(2, 3)], **own)
    yield Case("QLinearWhere", [numpy.ones((2, 1), bool), bytes_of(3), *Q, bytes_of(2, 3), *Q, *Q], want=[(2, 3)], **own)
    yield Case("Quant", [(2, 3), SCALE, numpy.float32(0), numpy.float32(8)], want=[(2, 3)], domain="qonnx.custom_op.general",
               runs=False)
    yield Case("MultiThreshold", [(1, 2, 4, 4), (2, 15)], want=[(1, 2, 4, 4)], domain="finn.custom_op", runs=False)


def microsoft():
    x, own = (2, 3, 8), {"domain": MICROSOFT}
    for op in ("Gelu", "FastGelu", "QuickGelu"):
        yield Case(op, [x], want=[x], **own)
    yield Case("BiasGelu", [x, (8,)], want=[x], **own)
    yield Case("SkipLayerNormalization", [x, x, (8,), (8,)], want=[x], **own)
    yield Case("SkipSimplifiedLayerNormalization", [x, x, (8,)], want=[x], **own)
    yield Case("FusedMatMul", [(2, 4, 3), (4, 5)], {"transA": 1}, [(2, 3, 5)], **own)
    yield Case("FusedConv", [(1, 2, 6, 6), (3, 2, 3, 3)], {"activation": "Relu"}, [(1, 3, 4, 4)], **own)
    yield Case("FusedGemm", [(4, 5), (6, 5)], {"transB": 1, "activation": "Relu"}, [(4, 6)], **own)
    yield Case("MatMulNBits", [(2, 3, 32), bytes_of(6, 1, 16), numpy.ones(6, numpy.float32)],
               {"K": 32, "N": 6, "bits": 4, "block_size": 32}, [(2, 3, 6)], **own)
    yield Case("MatMulIntegerToFloat", [bytes_of(2, 3), bytes_of(3, 4), SCALE, SCALE], want=[(2, 4)], **own)
    yield Case("DynamicQuantizeMatMul", [(2, 3), bytes_of(3, 4), SCALE], want=[(2, 4)], **own)
    yield Case("Attention", [x, (8, 24), (24,)], {"num_heads": 2}, [x], **own)
    yield Case("Attention", [x, (8, 20), (20,)], {"num_heads": 2, "qkv_hidden_sizes": [8, 8, 4]}, [(2, 3, 4)], **own)
    yield Case("MultiHeadAttention", [x, (2, 5, 8), (2, 5, 8)], {"num_heads": 2}, [x], **own)
    yield Case("EmbedLayerNormalization",
               [numpy.zeros((2, 3), numpy.int32), None, (10, 8), (7, 8), None, (8,), (8,)],
               want=[(2, 3, 8), (2,)], outputs=2, **own)


def all_cases():
    for family in (elementwise, windows, rearranging, selecting, reductions, resizing, sources, products, quantised,
                   microsoft):
        yield from family()
