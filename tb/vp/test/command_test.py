"""The arrayflex-vp command: exit statuses, messages, report. usage: command_test.py COMMAND FIRMWARE_DIR"""

import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND, FIRMWARE = sys.argv[1], pathlib.Path(sys.argv[2])


def run(*options):
    return subprocess.run([COMMAND, *map(str, options)], capture_output=True, text=True, timeout=100)


def run_firmware(name, *options):
    return run("--firmware", FIRMWARE / f"{name}.elf", "--rows", 8, "--cols", 8, *options)


class ExitStatus(unittest.TestCase):
    def test_is_the_firmwares_exit_code(self):
        for code, status in ((0, 0), (7, 7), (255, 255), (256, 255), (0xFFFFFFFF, 255)):
            result = run_firmware("exit_code", "--argument", code, "--quiet")
            self.assertEqual((result.returncode, result.stderr), (status, ""))

    def test_of_faults_is_125(self):
        for fault, text in ((0, "load of 8 byte(s) at address 0x50000008 from pc 0x80000200"),
                            (3, "illegal instruction 0xffffffff at pc 0x80000230"),
                            (2, "instruction fetch from pc 0x50000000")):
            result = run_firmware("faults", "--argument", fault)
            self.assertEqual(result.returncode, 125)
            self.assertIn(text, result.stderr)

    def test_of_wfi_without_end_is_125(self):
        result = run_firmware("deadlock")
        self.assertEqual(result.returncode, 125)
        self.assertIn("waiting for an interrupt that cannot come", result.stderr)

    def test_of_an_endless_firmware_is_124(self):
        result = run_firmware("faults", "--argument", 11, "--max-time", "2ms")
        self.assertEqual(result.returncode, 124)
        self.assertIn("pc 0x800002b0", result.stderr)


class Output(unittest.TestCase):
    def test_terminal_is_stdout_and_report_is_stderr(self):
        result = run_firmware("hello", "--accelerator", "8x4", "--accelerator", "16x16:pin")
        self.assertEqual((result.returncode, result.stdout), (0, "hello, world\n"))
        for text in ("million per second", "of simulated time", "accelerator 0 (8x4, fast): 0 jobs, 0 cycles",
                     "accelerator 1 (16x16, pin)"):
            self.assertIn(text, result.stderr)

    def test_quantum_does_not_change_it(self):
        outputs = {run_firmware("hello", "--quantum", quantum).stdout for quantum in ("0ns", "13ns", "1ms")}
        self.assertEqual(outputs, {"hello, world\n"})

    def test_help_and_version(self):
        for option, text in (("--help", "--firmware"), ("--version", "arrayflex-vp 0.")):
            result = run(option)
            self.assertEqual(result.returncode, 0)
            self.assertIn(text, result.stdout)


class BadInput(unittest.TestCase):
    def check(self, result, *texts):
        self.assertEqual(result.returncode, 2, result.stderr)
        self.assertEqual(len(result.stderr.splitlines()), 1, result.stderr)
        for text in texts:
            self.assertIn(text, result.stderr)

    def test_options(self):
        self.check(run(), "--firmware")
        for option, value in (("--engine", "slow"), ("--quantum", "10"), ("--quantum", "-1ns"), ("--quantum", "nan ns"),
                              ("--max-time", "0s"), ("--max-time", "1e30s"), ("--cpu-mhz", "0"), ("--ram", "1T"),
                              ("--ram", "8G"), ("--accelerator", "8"), ("--accelerator", "8x"),
                              ("--accelerator", "8x8:slow"), ("--accelerator", "8x8x8"), ("--accelerators", "0"),
                              ("--accelerators", "32")):
            self.check(run_firmware("hello", option, value), option, value)
        self.check(run_firmware("hello", "--accelerator", "0x8"), "rows")
        self.check(run_firmware("hello", "--ram", "1000"), "RAM size", "1000")
        self.check(run_firmware("hello", "--data-width", "9"), "9")
        self.check(run("--firmware", FIRMWARE / "hello.elf", "--nonsense"), "--nonsense")

    def test_firmware_files(self):
        self.check(run_firmware("no_such_file"), "no_such_file", "No such file")
        self.check(run_firmware("rv32"), "32-bit")
        self.check(run("--firmware", COMMAND), "RISC-V")
        self.check(run_firmware("low_address"), "0x70000000", "RAM is 67108864 bytes at 0x80000000")
        self.check(run_firmware("hello", "--ram", "64G"), "--ram")
        with tempfile.NamedTemporaryFile(suffix=".elf") as file:
            file.write(b"#!/bin/sh\n")
            file.flush()
            self.check(run("--firmware", file.name), "not an ELF file")


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
