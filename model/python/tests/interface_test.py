#!/usr/bin/python3
"""The package's face: keywords against the table of options, types, documentation.

Usage: interface_test.py [arguments of unittest], with the package on PYTHONPATH. Exit status 77: numpy is
missing.
"""

import doctest
import inspect
import os
import re
import shutil
import subprocess
import sys
import tempfile
import typing
import unittest

try:
    import numpy  # noqa: F401
except ImportError:
    print("skipped: numpy is missing")
    sys.exit(77)

import arrayflex


class Options(unittest.TestCase):
    def parameters(self, function):
        return inspect.signature(function).parameters

    def test_signatures_have_the_defaults_of_the_table(self):
        overloads = typing.get_overloads(arrayflex.run) if hasattr(typing, "get_overloads") else []
        checked = 0
        for function, name in ((arrayflex.Array, "Array"), (arrayflex.Operands, "Operands"),
                               *((overload, "run") for overload in overloads)):
            parameters = self.parameters(function)
            for option in arrayflex.options():
                if option.callable == name and option.keyword in parameters:
                    with self.subTest(option.keyword):
                        self.assertEqual(parameters[option.keyword].default, option.keyword_default)
                        checked += 1
        self.assertGreaterEqual(checked, 11)

    def test_every_keyword_is_checked_against_its_bounds(self):
        calls = {"Array": arrayflex.Array, "run": lambda **given: arrayflex.run("alexnet", **given)}
        checked = 0
        for option in arrayflex.options():
            if option.callable not in calls or option.type != "integer":
                continue
            for value in (option.min - 1, option.max + 1):
                with self.subTest(option.keyword, value=value), self.assertRaisesRegex(
                        arrayflex.InputError,
                        f"^{option.keyword} = {value}: allowed are {option.min}..{option.max}$"):
                    calls[option.callable](**{option.keyword: value})
                checked += 1
        self.assertGreaterEqual(checked, 16)

    def test_unknown_keywords(self):
        for call, name in ((arrayflex.Array, "Array"),
                           (lambda **given: arrayflex.run("alexnet", **given), "run")):
            with self.assertRaisesRegex(TypeError, rf"^{name}\(\) got an unexpected keyword argument 'nosuch'"):
                call(nosuch=1)


class Typing(unittest.TestCase):
    def test_types(self):
        if shutil.which("mypy") is None:
            self.skipTest("mypy is missing")
        folder = os.path.dirname(arrayflex.__file__)
        self.assertTrue(os.path.exists(os.path.join(folder, "py.typed")))
        with tempfile.TemporaryDirectory() as cache:
            user = os.path.join(cache, "user.py")
            with open(user, "w", encoding="utf-8") as file:
                file.write("import arrayflex\n"
                           "cycles: int = arrayflex.run([[1]], [[1]]).cycles\n"
                           "text: str = arrayflex.run('resnet34').to_json()\n")
            done = subprocess.run(
                ["mypy", "--python-executable", sys.executable, "--cache-dir", cache, "--strict", folder,
                 user], capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_everything_public_is_documented(self):
        for name in arrayflex.__all__:
            if not name.startswith("_") and callable(getattr(arrayflex, name)):
                self.assertTrue(getattr(arrayflex, name).__doc__, name)

    def test_examples_of_the_documentation(self):
        failed, tried = doctest.testmod(arrayflex)
        self.assertEqual(failed, 0)
        self.assertGreater(tried, 0)
        page = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "..", "docs",
                            "exploration.md")
        with open(page, encoding="utf-8") as file:
            blocks = re.findall(r"^```python\n(.*?)^```$", file.read(), re.MULTILINE | re.DOTALL)
        self.assertTrue(blocks)
        for block in blocks:
            example = doctest.DocTestParser().get_doctest(block, {}, "exploration.md", page, 0)
            self.assertGreater(len(example.examples), 0)
            self.assertEqual(doctest.DocTestRunner().run(example).failed, 0)


if __name__ == "__main__":
    unittest.main()
