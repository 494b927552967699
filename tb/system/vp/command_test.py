"""The arrayflex-vp command: exit statuses, messages, report. usage: command_test.py COMMAND FIRMWARE_DIR RISCV_GCC"""

import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import unittest

COMMAND, FIRMWARE, RISCV_GCC = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
ROOT = pathlib.Path(__file__).resolve().parents[3]


def run(*options):
    return subprocess.run([COMMAND, *map(str, options)], capture_output=True, text=True, timeout=100)


def run_firmware(name, *options):
    size = () if "--accelerator" in options else ("--rows", 8, "--cols", 8)
    return run("--firmware", FIRMWARE / f"{name}.elf", *size, *options)


def start(*options, **streams):
    # The program that runs the tests may ignore signals; a child inherits that.
    return subprocess.Popen([COMMAND, *map(str, options)], text=True, **streams,
                            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))


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


    def test_of_the_hosts_time_limit_is_124(self):
        result = run_firmware("faults", "--argument", 11, "--max-host-time", "200ms", "--max-time", "1000s")
        self.assertEqual(result.returncode, 124)
        self.assertIn("--max-host-time", result.stderr)
        self.assertIn("pc 0x800002b0", result.stderr)

    def test_of_a_signal_names_the_pc(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            # Prints a line and then loops: the signal comes when it runs.
            process = start("--firmware", FIRMWARE / "prompt.elf", "--rows", 8, "--cols", 8, "--argument", 1,
                            "--max-time", "1000s", stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(process.stdout.readline(), "hello\n")
            process.send_signal(number)
            _, stderr = process.communicate(timeout=100)
            self.assertEqual(process.returncode, 128 + number)
            self.assertRegex(stderr, "error: interrupted at .*, pc 0x8")

    def test_of_trapped_faults_is_the_firmwares(self):
        self.assertEqual(run_firmware("trapped_faults").returncode, 125)
        self.assertEqual(run_firmware("trapped_faults", "--on-fault", "trap").returncode, 0)
        result = run_firmware("trapped_faults", "--on-fault", "trap", "--argument", 1)
        self.assertEqual(result.returncode, 125)
        self.assertIn("exceptions without end", result.stderr)


class Output(unittest.TestCase):
    def test_that_cannot_be_written_is_an_error(self):
        for options in (("--help",), ("--firmware", FIRMWARE / "hello.elf", "--quiet")):
            with open("/dev/full", "w", encoding="ascii") as full:
                process = start(*options, stdout=full, stderr=subprocess.PIPE)
            _, stderr = process.communicate(timeout=100)
            self.assertEqual(process.returncode, 1, options)
            self.assertIn("cannot write to the standard output", stderr)

    def test_closed_stderr_changes_nothing(self):
        process = subprocess.run(["/bin/sh", "-c", '"$0" --firmware "$1" 2>&-', COMMAND, FIRMWARE / "hello.elf"],
                                 stdout=subprocess.PIPE, text=True, timeout=100)
        self.assertEqual((process.returncode, process.stdout), (0, "hello, world\n"))

    def test_prompt_on_a_terminal_is_seen_at_once(self):
        ours, theirs = os.openpty()
        process = start("--firmware", FIRMWARE / "prompt.elf", "--max-time", "1000s", "--quiet",
                        stdout=theirs, stderr=subprocess.DEVNULL)
        os.close(theirs)
        text = b""
        while len(text) < len("hello"):  # blocks for good if the rest of the line is waited for
            text += os.read(ours, 100)
        process.terminate()
        process.wait(timeout=100)
        os.close(ours)
        self.assertEqual(text, b"hello")

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


class Documentation(unittest.TestCase):
    def test_own_firmware(self):
        """The program and the compiler's command of the documentation."""
        text = (ROOT / "docs" / "virtual-platform.md").read_text(encoding="utf-8")
        program = re.search(r"```c\n(.*?)```", text, flags=re.S).group(1)
        options = re.search(r"^riscv64-unknown-elf-gcc ((?:.*\\\n)*.*)", text, flags=re.M).group(1)
        with tempfile.TemporaryDirectory() as folder:
            source, elf = pathlib.Path(folder) / "hello.c", pathlib.Path(folder) / "hello.elf"
            source.write_text(program, encoding="utf-8")
            for level in ("-O2", "-O0"):
                places = {"hello.c": source, "hello.elf": elf, "-O2": level}
                words = [places.get(word, word) for word in options.replace("\\\n", " ").split()]
                subprocess.run([RISCV_GCC, *words], cwd=ROOT, check=True)
                result = run("--firmware", elf, "--quiet")
                self.assertEqual((result.returncode, result.stdout, result.stderr), (0, "hello\n", ""))


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
                              ("--accelerators", "32"), ("--on-fault", "ignore"), ("--max-host-time", "0s"),
                              ("--overlap", "some"),
                              ("--argument", "-1"), ("--argument", "-0"), ("--argument", "x"), ("--argument", "1x"),
                              ("--argument", "18446744073709551616")):
            self.check(run_firmware("hello", option, value), option, value)
        self.check(run_firmware("hello", "--accelerator", "0x8"), "rows")
        self.check(run_firmware("hello", "--ram", "1000"), "RAM size", "1000")
        self.check(run_firmware("hello", "--data-width", "9"), "9")
        self.check(run("--firmware", FIRMWARE / "hello.elf", "--nonsense"), "--nonsense")
        self.check(run("--firmware", FIRMWARE / "hello.elf", "--accelerator", "8x8", "--rows", 8), "--rows")

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
