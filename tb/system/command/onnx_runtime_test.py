#!/usr/bin/python3
"""Compares shapes with ONNX Runtime, which runs the models: onnxruntime-web in Node.

Usage: onnx_runtime_test.py COMMAND [arguments of unittest]; needs Debian's numpy and onnx, node and npm. Ends with 77
(skipped) where node, npm or the package are missing; npm installs it into a temporary folder. ARRAYFLEX_ORT names a
folder that has it in node_modules already.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from onnx import TensorProto, helper

import command_case
import onnx_random_models
from onnx_case import OnnxTest
from onnx_operator_cases import all_cases
from onnx_operators_test import expected, opset_imports

PACKAGE = "onnxruntime-web@1.20.1"
SCRIPT = pathlib.Path(__file__).with_name("onnx_runtime.mjs")
RANDOM_MODELS = 60


def skip(reason):
    print(f"skipped: {reason}")
    sys.exit(77)


def install(folder):
    """The package in folder/node_modules."""
    ready = os.environ.get("ARRAYFLEX_ORT")
    if ready:
        (folder / "node_modules").symlink_to(pathlib.Path(ready) / "node_modules")
        return
    if not shutil.which("npm"):
        skip("npm is missing")
    done = subprocess.run(["npm", "install", "--no-audit", "--no-fund", PACKAGE], cwd=folder, capture_output=True,
                          text=True, timeout=300)
    if done.returncode != 0:
        skip(f"npm cannot install {PACKAGE}: {done.stderr.strip().splitlines()[-1:]}")


class Runtime(OnnxTest):
    package = None  # folder with node_modules, set by main

    def run_all(self, models):
        """What ONNX Runtime says of each of [(file, feeds)], in the order given."""
        (self.folder / "node_modules").symlink_to(self.package / "node_modules")
        listed = [{"file": file, "feeds": feeds} for file, feeds in models]
        (self.folder / "models.json").write_text(json.dumps(listed), encoding="utf-8")
        done = subprocess.run(["node", SCRIPT, self.folder], capture_output=True, text=True, timeout=600)
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        self.assertEqual(len(answers), len(models), done.stderr[-1000:])
        return answers

    def test_single_operators(self):
        cases = [case for case in all_cases() if case.runs]
        models = []
        for i, case in enumerate(cases):
            inputs, constants = case.inputs_and_constants("")
            outputs = [helper.make_empty_tensor_value_info(f"o{j}") for j in range(len(expected(case)))]
            graph = helper.make_graph([case.node("")], "g", inputs, outputs, constants)
            model = helper.make_model(graph, opset_imports=opset_imports(case.opset)[:2])
            model.ir_version = 8
            (self.folder / f"{i}.onnx").write_bytes(model.SerializeToString())
            models.append((f"{i}.onnx", {x.name: [d.dim_value for d in x.type.tensor_type.shape.dim] for x in inputs}))
        for case, answer in zip(cases, self.run_all(models)):
            with self.subTest(case=str(case)):
                self.assertNotIn("error", answer)
                self.assertEqual([tuple(answer["shapes"][f"o{j}"]) for j in range(len(expected(case)))],
                                 [tuple(shape) for shape in expected(case)])

    def test_random_models(self):
        """Graphs without any stated inner shape: each product's size is that of its output in ONNX Runtime."""
        generator = random.Random(command_case.SEED)
        models, products = [], []
        for i in range(RANDOM_MODELS):
            model, feeds, matmuls = onnx_random_models.build(generator)
            (self.folder / f"{i}.onnx").write_bytes(model.SerializeToString())
            models.append((f"{i}.onnx", feeds))
            products.append(matmuls)
        answers = self.run_all(models)
        self.assertLess(sum("error" in answer for answer in answers), RANDOM_MODELS // 5, answers)
        for (file, _), names, answer in zip(models, products, answers):
            if "error" in answer:
                continue
            with self.subTest(model=file):
                rows, _ = self.imported(self.folder / file)
                mine = {row["name"]: int(row["t"]) * int(row["m"]) * int(row["repeat"] or 1) for row in rows}
                sizes = {}
                for name in names:
                    sizes[name] = 1
                    for size in answer["shapes"][name]:
                        sizes[name] *= size
                self.assertEqual(mine, sizes)


def main():
    if not shutil.which("node"):
        skip("node is missing")
    with tempfile.TemporaryDirectory() as folder:
        Runtime.package = pathlib.Path(folder)
        install(Runtime.package)
        command_case.main(__doc__)


if __name__ == "__main__":
    main()
