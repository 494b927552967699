#!/usr/bin/python3
"""Test of the firmware on the virtual platform.

Usage: firmware_test.py COMMAND FIRMWARE_FOLDER [arguments of unittest]; needs Debian's numpy.
COMMAND is arrayflex-vp, FIRMWARE_FOLDER holds the built ELFs.
"""

import functools
import hashlib
import json
import pathlib
import re
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "scripts"))

import digits_reference as reference

COMMAND = ""
FOLDER = pathlib.Path()

DOCUMENT = pathlib.Path(__file__).resolve().parents[3] / "docs" / "virtual-platform.md"

K_BY_ACCELERATOR = 255
MODES = (1, 2, 4)
PERIODS_NS = {1: 1 / 1.8, 2: 1 / 1.7, 4: 1 / 1.4}
REQUIRED_ACCURACY_PERCENT = 97
TIMEOUT_S = 300
SMALL = ["--rows", "16", "--cols", "16"]
PIN = [*SMALL, "--engine", "pin"]


def options(k=0, images=0, logits=True, split=False, masked=False, polling=False, batch=0):
    """The argument of digits.elf, see digits.h."""
    number = (k | images << 8 | logits << 24 | split << 25 | masked << 26 | polling << 27
              | batch << 32)
    return ["--argument", str(number)]


def run(firmware, *arguments):
    return subprocess.run([COMMAND, "--firmware", FOLDER / f"{firmware}.elf", *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=TIMEOUT_S)


@functools.lru_cache(maxsize=None)
def expected_lines():
    """The lines that digits.elf must print about all held-out images, by numpy."""
    images, labels = reference.read_images()
    logits = reference.infer(reference.read_network(), images)
    return [reference.logit_line(i, label, row)
            for i, (label, row) in enumerate(zip(labels, logits))], logits


def layers_of(output):
    """Rows of the table of layers: (layer, unit, T, N, M, k, tiles, cycles)."""
    rows = re.findall(r"^(conv1|conv2|fc) +(\d+) +(\d+) +(\d+) +(\d+) +(\d+|\?) +(\d+) +(\d+) ",
                      output, flags=re.M)
    return [(row[0], *(int(v) if v != "?" else None for v in row[1:])) for row in rows]


def tile_cycles(rows, cols, k, t):
    return rows + -(-rows // k) + -(-cols // k) + t - 2


def fastest_k(rows, cols, t):
    return min(MODES, key=lambda k: (tile_cycles(rows, cols, k, t) * PERIODS_NS[k], k))


class FirmwareTest(unittest.TestCase):
    def succeed(self, firmware, *arguments):
        result = run(firmware, *arguments)
        self.assertEqual(result.returncode, 0, result.stdout[-2000:] + result.stderr[-2000:])
        return result.stdout

    def check_logits(self, output, count=None):
        """Every logit of the first `count` images, and the checksum of them all."""
        lines, logits = expected_lines()
        count = len(lines) if count is None else count
        printed = [line for line in output.splitlines() if line.startswith("image ")]
        self.assertEqual(len(printed), count)
        for line, expected in zip(printed, lines):
            self.assertEqual(line, expected)
        self.assertIn(f"logits crc {reference.checksum(logits[:count]):08x}\n", output)


class SelfTest(FirmwareTest):
    def check(self, *arguments):
        output = self.succeed("selftest", *arguments)
        self.assertIn("selftest passed\n", output)
        self.assertNotIn("FAILED", output)
        checks = [int(n) for n in re.findall(r": (\d+) checks, 0 failed", output)]
        self.assertTrue(checks and min(checks) > 500, output)
        return checks

    def test_fast_engine(self):
        self.check(*SMALL)

    def test_pin_engine(self):
        self.check("--rows", "8", "--cols", "8", "--engine", "pin")

    def test_wide_operands(self):
        self.check("--rows", "5", "--cols", "12", "--data-width", "32")
        self.check("--rows", "12", "--cols", "4", "--data-width", "16")

    def test_one_pe(self):
        self.check("--rows", "1", "--cols", "1")

    def test_several_accelerators(self):
        self.assertEqual(len(self.check("--accelerator", "16x16", "--accelerator", "8x12")), 2)

    def test_memory_latency(self):
        self.check(*SMALL, "--ram-latency", "50ns")

    def test_overlap(self):
        for overlap in ("load", "full"):
            for more in ((), ("--engine", "pin"), ("--ram-latency", "50ns")):
                options = ("--rows", "8", "--cols", "5", "--overlap", overlap, *more)
                self.check(*options)
                self.assertIn(f", overlap {overlap}\n", self.succeed("selftest", *options).splitlines(True)[0])


class GemmBenchmark(FirmwareTest):
    def check(self, rows, cols, *arguments):
        size = ["--rows", str(rows), "--cols", str(cols)]
        output = self.succeed("gemm_benchmark", *size, *arguments)
        self.assertIn("gemm_benchmark passed\n", output)
        table = re.findall(r"^ *(\d+) +(\d+) +(\d+) +(\d+)([* ]) +(\d+) ", output, flags=re.M)
        self.assertTrue(table)
        for *numbers, star, cycles in table:
            t, n, m, k = (int(v) for v in numbers)
            tiles = -(-n // rows) * -(-m // cols)
            self.assertEqual(int(cycles), tiles * tile_cycles(rows, cols, k, t))
            self.assertEqual(star == "*", k == fastest_k(rows, cols, t), (t, k))
        return output

    def test_fast_engine(self):
        self.assertEqual(self.check(16, 16).count("*"), 8)  # 7 shapes and the legend

    def test_uneven_array(self):
        self.check(9, 21)

    def test_wide_operands(self):
        self.check(16, 16, "--data-width", "32")

    def test_pin_engine(self):
        fast = self.check(9, 7, "--argument", "70000")
        self.assertEqual(self.check(9, 7, "--argument", "70000", "--engine", "pin"), fast)


class Digits(FirmwareTest):
    def test_default_run(self):
        """Without options: all images, accuracy, k by the closed form, an interrupt per job."""
        output = self.succeed("digits")
        _, logits = expected_lines()
        labels = reference.read_images()[1]
        right, total, percent = re.search(r"accuracy (\d+) of (\d+), ([\d.]+) %", output).groups()
        self.assertEqual(int(right), int((logits.argmax(axis=1) == labels).sum()))
        self.assertEqual(int(total), len(labels))
        self.assertGreaterEqual(float(percent), REQUIRED_ACCURACY_PERCENT)
        self.assertIn("interrupts 3,", output)
        self.assertEqual([(row[0], row[5]) for row in layers_of(output)],
                         [("conv1", 1), ("conv2", 1), ("fc", 2)])
        self.assertEqual(len(re.findall(r"^[a-z_]+( +[1-9]\d*){3}$", output, flags=re.M)), 10)

    def test_documented_run(self):
        """The run shown in the documentation is this one, but for the time of the host."""
        text = DOCUMENT.read_text(encoding="utf-8")
        shown = re.search(r"^\$ \./arrayflex-vp --firmware \S*digits\.elf\n(.*?)^```", text,
                          flags=re.M | re.S).group(1)
        result = run("digits")
        host_time = re.compile(r" in [\d.]+ s of host time .*")
        self.assertEqual(host_time.sub("", shown), host_time.sub("", result.stdout + result.stderr))

    def check_engines(self, k):
        """All images on both engines: logits, cycles, k and toggles agree."""
        outputs = [self.succeed("digits", *engine, *options(k=k)) for engine in (SMALL, PIN)]
        for output in outputs:
            self.check_logits(output)
        self.assertEqual(outputs[0], outputs[1])
        return outputs[0]

    def test_k_1(self):
        self.assertEqual({row[5] for row in layers_of(self.check_engines(1))}, {1})

    def test_k_2(self):
        self.assertEqual({row[5] for row in layers_of(self.check_engines(2))}, {2})

    def test_k_4(self):
        self.assertEqual({row[5] for row in layers_of(self.check_engines(4))}, {4})

    def test_k_auto(self):
        self.check_engines(0)

    def test_k_auto_image_by_image(self):
        """With one image per job other modes are fastest; so says the closed form in Python."""
        count = 40
        for engine in (SMALL, PIN):
            output = self.succeed("digits", *engine, *options(images=count, batch=1))
            self.check_logits(output, count)
            chosen = {row[0]: row[5] for row in layers_of(output)}
            conv_k, fc_k = fastest_k(16, 16, 64), fastest_k(16, 16, 1)
            self.assertEqual((conv_k, fc_k), (2, 4))
            self.assertEqual(chosen, {"conv1": conv_k, "conv2": conv_k, "fc": fc_k})

    def test_k_by_accelerator(self):
        """The accelerator's own choice takes the cycles of the driver's."""
        own = self.succeed("digits", *SMALL, *options(k=K_BY_ACCELERATOR, batch=7, images=50))
        driver = self.succeed("digits", *SMALL, *options(batch=7, images=50))
        self.check_logits(own, 50)
        self.assertEqual([row[7] for row in layers_of(own)], [row[7] for row in layers_of(driver)])

    def test_batches(self):
        self.check_logits(self.succeed("digits", *SMALL, *options(batch=100)))

    def test_uneven_array(self):
        self.check_logits(self.succeed("digits", "--rows", "13", "--cols", "7", *options()))

    def test_memory_latency(self):
        output = self.succeed("digits", *SMALL, "--ram-latency", "20ns", *options())
        self.check_logits(output)

    def check_split(self, *accelerators):
        arguments = [a for size in accelerators for a in ("--accelerator", size)]
        output = self.succeed("digits", *arguments, *options(split=True))
        self.check_logits(output)
        units = [(row[1], row[4]) for row in layers_of(output) if row[0] == "conv2"]
        self.assertEqual([unit for unit, _ in units], [0, 1])
        self.assertEqual(sum(columns for _, columns in units), reference.CONV2_CHANNELS)
        self.assertIn("interrupts 4,", output)
        return output

    def test_split_over_two_accelerators(self):
        self.check_split("16x16", "8x12")
        self.check_split("12x5", "128x128")

    def test_split_over_two_engines(self):
        self.assertEqual(self.check_split("16x16", "8x12:pin"), self.check_split("16x16", "8x12"))

    def test_split_needs_two_accelerators(self):
        result = run("digits", *options(split=True))
        self.assertEqual(result.returncode, 1)
        self.assertIn("accelerator 1: NOT_FOUND", result.stdout)

    def test_masked_interrupt(self):
        """The results arrive by the interrupt: without it the firmware gives up."""
        for engine in (SMALL, PIN):
            result = run("digits", *engine, *options(masked=True, images=5))
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn("conv1 on accelerator 0, waiting for its interrupt: TIMEOUT",
                          result.stdout)
            self.assertNotIn("accuracy", result.stdout)

    def test_polling(self):
        output = self.succeed("digits", *SMALL, *options(polling=True, masked=True))
        self.check_logits(output)
        self.assertIn("interrupts 0,", output)

    def test_quantum(self):
        """The quantum changes nothing that firmware can see."""
        for engine, count in ((SMALL, 30), (PIN, 5)):
            outputs = {self.succeed("digits", *engine, "--quantum", quantum, *options(images=count))
                       for quantum in ("0ns", "1ns", "100ns", "10us", "1ms")}
            self.assertEqual(len(outputs), 1)
            self.check_logits(outputs.pop(), count)

    def test_wrong_options(self):
        _, logits = expected_lines()
        result = run("digits", *options(images=len(logits) + 1))
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"{len(logits) + 1} images asked for, there are {len(logits)}", result.stdout)
        result = run("digits", *options(k=3))
        self.assertEqual(result.returncode, 1)
        self.assertIn("JOB_FAILED, COLLAPSE_FACTOR", result.stdout)
        result = run("digits", "--data-width", "16")
        self.assertEqual(result.returncode, 1)
        self.assertIn("the network needs 8 and 32", result.stdout)

    def test_data_is_what_was_trained(self):
        manifest = json.loads((reference.DATA / "manifest.json").read_text())
        for name, digest in manifest["sha256"].items():
            content = (reference.DATA / name).read_bytes()
            self.assertEqual(hashlib.sha256(content).hexdigest(), digest, name)


if __name__ == "__main__":
    COMMAND, FOLDER = sys.argv[1], pathlib.Path(sys.argv[2])
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
