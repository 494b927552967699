#!/usr/bin/python3
"""End-to-end test of ONNX models as workloads: networks, dimensions, damaged files.

Usage: onnx_models_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx. Models are
built here with onnx.helper.
"""

import random

import numpy
import onnx
from onnx import TensorProto, helper

import command_case
from onnx_case import OPSET, FLOAT, INT8, OnnxTest, value


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

    def test_subgraphs_functions_and_other_domains(self):
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
        # Both branches of If hold the same product: it is counted once.
        self.assertEqual([row["name"] for row in rows], ["outer", "branch", "u"])
        self.assertIn("skipped nodes: Add 1, ConvTranspose 1, If 1\n", text)
        self.assertRegex(text, r"inside subgraphs [^\n]*: Relu 1\n")
        self.assertRegex(text, r"NOT COUNTED[^\n]*: ConvTranspose\n")

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
        self.fail_import(path, ["Add \"sum\"", "[4, 5] and [3, 6] do not fit each other", "--dim"])

    def test_newer_models_use_the_shapes_they_state(self):
        nodes = [helper.make_node("SomethingNew", ["a"], ["s"]),
                 helper.make_node("MatMul", ["s", "b"], ["y"], name="m")]
        arguments = (nodes, [value("a", ["n", 5]), value("b", [5, 6])], ["y"])
        path = self.save(*arguments, opset=99, value_info=[value("s", ["n", 5])])
        self.assertEqual(self.gemms(path, "--dim", "n=3"), [(3, 5, 6, 1)])
        self.assertIn("operator set 99) is newer", self.imported(path, "--dim", "n=3")[1])
        path = self.save(*arguments, opset=99)
        self.fail_import(path, ["\"s\" is not known", "SomethingNew", "value_info"], "--dim", "n=3")


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
        path = self.save([helper.make_node("Relu", ["a"], ["y"])], [value("a", [4, 5])], ["y"])
        self.fail_import(path, ["no node", "Conv", "Relu 1"])

    def test_what_the_checker_rejects_is_a_note(self):
        inputs = [value("a", [4, 5]), value("b", [5, 6])]
        nodes = [helper.make_node("Mystery", ["a"], ["m"]), helper.make_node("MatMul", ["m", "b"], ["y"])]
        path = self.save(nodes, inputs, ["y"], value_info=[value("m", [4, 5])])
        self.assertEqual(self.gemms(path), [(4, 5, 6, 1)])
        self.assertRegex(self.imported(path)[1], "checker objects: No Op registered for Mystery")
        self.fail_import(self.save([helper.make_node("MatMull", ["a", "b"], ["y"])], inputs, ["y"]),
                         ["no node of the graph", "MatMull 1"])
        self.fail_import(self.save([helper.make_node("MatMul", ["a", "c"], ["y"])], inputs, ["y"]),
                         ["\"c\" is not known; nothing in the file gives it"])
        self.fail_import(self.save([helper.make_node("MatMul", ["a"], ["y"])], inputs, ["y"]),
                         ["input 1 is missing"])

    def test_external_data(self):
        weights = helper.make_tensor("b", FLOAT, [5, 6], numpy.zeros(30, "f4").tobytes(), raw=True)
        node = helper.make_node("MatMul", ["a", "b"], ["y"])
        path = self.save([node], [value("a", [4, 5])], ["y"], [weights])
        model = onnx.load(str(path))
        onnx.save(model, str(path), save_as_external_data=True, location="weights.bin",
                  size_threshold=0)
        self.assertEqual(self.gemms(path), [(4, 5, 6, 1)])
        (self.folder / "weights.bin").unlink()
        self.assertEqual(self.gemms(path), [(4, 5, 6, 1)])
        self.assertIn("the weights in weights.bin are missing, which changes nothing",
                      self.imported(path)[1])

    def test_windows_in_subgraphs_are_checked(self):
        x, w = value("x", [1, 1, 4, 4]), value("w", [1, 1, 2, 2])
        branches = [helper.make_graph(
            [helper.make_node("Conv", ["x", "w"], [name], strides=[0, 0])], name, [],
            [value(name, ["a", "b", "c", "d"])]) for name in ("yes", "no")]
        nodes = [helper.make_node("If", ["c"], ["z"], then_branch=branches[0],
                                  else_branch=branches[1]),
                 helper.make_node("Conv", ["x", "w"], ["y"])]
        path = self.save(nodes, [x, w, value("c", [], TensorProto.BOOL)],
                         [value("y", [1, 1, 3, 3]), value("z", ["a", "b", "c", "d"])])
        self.fail_import(path, ["Conv \"yes\"", "strides = [0, 0]"])

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
