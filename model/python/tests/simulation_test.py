#!/usr/bin/python3
"""Tests of the engines that simulate in a process of their own, and of what they share with the others.

Usage: simulation_test.py [arguments of unittest], with the package on PYTHONPATH. Exit status 77: numpy is
missing, nothing was tested.
"""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest
import unittest.mock

try:
    import arrayflex
    from arrayflex import _process
except ImportError as error:
    if error.name != "numpy":
        raise
    print("skipped: numpy is missing")
    sys.exit(77)

LAYERS = [("a", 5, 9, 6, 1), ("b", 3, 2, 7, 3)]


def workload():
    return arrayflex.Workload.from_layers(LAYERS, "made up")


def array(**arguments):
    return arrayflex.Array(4, 5, **arguments)


class Engines(unittest.TestCase):
    def setUp(self):
        try:
            arrayflex.run(arrayflex.Workload.from_layers([("a", 1, 1, 1, 1)]), array=arrayflex.Array(1, 1),
                          engine="cycle")
        except arrayflex.InputError as error:  # a build without SystemC
            self.skipTest(str(error))

    def test_pin_and_cycle_equal_fast(self):
        fast = arrayflex.run(workload(), array=array(technology="asap7"), seed=3)
        for engine in ("pin", "cycle"):
            report = arrayflex.run(workload(), array=array(technology="asap7"), seed=3, engine=engine)
            self.assertEqual(report.to_dict()["engine"], engine)
            self.assertEqual(report.layers, fast.layers)
            self.assertEqual(report.total, fast.total)
            self.assertEqual(report.to_csv(), fast.to_csv())

    def test_a_memory_adds_stalls_and_traffic(self):
        fast = arrayflex.run(workload(), array=array())
        ideal = arrayflex.run(workload(), array=array(), memory="ideal")
        self.assertEqual(ideal.total["stall_cycles"], 0)
        slow = arrayflex.run(workload(), array=array(), memory="8:20", dma_burst_bytes=64,
                             dma_outstanding=2)
        self.assertGreater(slow.total["stall_cycles"], 0)
        self.assertEqual(slow.to_dict()["memory"]["dma_burst_bytes"], 64)
        self.assertEqual(slow.to_dict()["memory"]["dma_outstanding_count"], 2)
        for report in (ideal, slow):
            self.assertEqual(report.total["cycles"], fast.total["cycles"])
            self.assertEqual(report.total["activity"], fast.total["activity"])
            self.assertEqual(report.to_dict()["engine"], "fast")

    def test_settings_arrive(self):
        settings = {"k": 2, "seed": 11, "activity": False,
                    "operands": arrayflex.Operands(zero_share=0.25, magnitude_bits=5)}
        odd = array(data_width_bits=16, modes=[2, 3], clock_period_ps={"2": 900.5, "conventional": 700})
        fast = arrayflex.run(workload(), array=odd, **settings).to_dict()
        cycle = arrayflex.run(workload(), array=odd, engine="cycle", kernel="scalar", **settings).to_dict()
        self.assertEqual(cycle.pop("kernel"), "scalar")
        fast.pop("kernel")
        self.assertEqual((fast.pop("engine"), cycle.pop("engine")), ("fast", "cycle"))
        self.assertEqual(cycle, fast)

    def test_a_technology_of_text_goes_along(self):
        import json

        numbers = arrayflex.Technology("asap7")
        self.assertEqual(numbers._reference, ("name", "asap7"))
        path = os.path.join(os.path.dirname(__file__), "..", "..", "technologies", "asap7.json")
        with open(path, encoding="utf-8") as file:
            text = json.loads(file.read())
        text["name"] = "mine"
        mine = arrayflex.Technology.from_json(json.dumps(text), "mine.json")
        report = arrayflex.run(workload(), array=array(technology=mine), engine="cycle")
        self.assertEqual(report.to_dict()["technology"]["name"], "mine")
        self.assertEqual(report.total, arrayflex.run(workload(), array=array(technology=mine)).total)

    def test_notes_of_a_workload_stay(self):
        noted = workload()
        noted._core = arrayflex._core.Workload.from_layers("noted", LAYERS, ["skipped something"])
        for engine in ("fast", "cycle"):
            report = arrayflex.run(noted.select("a"), array=array(), engine=engine)
            self.assertIn("skipped something", report.to_dict()["notes"])

    def test_errors_arrive_as_what_they_are(self):
        for arguments, part in (
                ({"engine": "cycle", "memory": "ideal"}, "no such array"),
                ({"memory": "64"}, "memory = 64: allowed are ideal and"),
                ({"memory": "ideal", "sample_tiles": 5}, "sample_tiles skips tiles"),
                ({"memory": "8:20", "dma_burst_bytes": 3}, "burst_bytes = 3"),
                ({"memory": "8:20", "dma_outstanding": 0}, "dma_outstanding = 0"),
                ({"engine": "pin", "sample_tiles": 5}, "only the fast engine samples")):
            with self.subTest(arguments=arguments), self.assertRaises(arrayflex.InputError) as caught:
                arrayflex.run(workload(), array=array(), **arguments)
            self.assertIn(part, str(caught.exception))
        huge = arrayflex.Workload.from_layers([("huge", *3 * [2**31 - 1], 2**31 - 1)])
        with self.assertRaises(OverflowError) as caught:
            arrayflex.run(huge, array=arrayflex.Array(4, 4), engine="cycle", activity=False)
        self.assertIn("layer huge", str(caught.exception))

    def test_a_crash_is_an_exception_and_the_next_call_works(self):
        def crash(argv, **arguments):
            return popen([sys.executable, "-c", "import os; os.abort()"], **arguments)

        popen = subprocess.Popen
        with unittest.mock.patch.object(_process.subprocess, "Popen", crash):
            with self.assertRaises(arrayflex.EngineCrash) as caught:
                arrayflex.run(workload(), array=array(), engine="cycle")
        self.assertEqual(str(caught.exception), "the process of the cycle engine was ended by SIGABRT")
        self.assertEqual(len(arrayflex.run(workload(), array=array(), engine="cycle").layers), 2)

    def test_an_interrupt_ends_the_process_too(self):
        started = []

        def note(argv, **arguments):
            started.append(popen(argv, **arguments))
            return started[-1]

        popen = subprocess.Popen
        long = arrayflex.Workload.from_layers([("long", 2000000, 400, 400, 1)])
        timer = threading.Timer(1.0, lambda: os.kill(os.getpid(), signal.SIGINT))
        with unittest.mock.patch.object(_process.subprocess, "Popen", note):
            timer.start()
            begun = time.monotonic()
            with self.assertRaises(KeyboardInterrupt):
                arrayflex.run(long, array=arrayflex.Array(8, 8), engine="pin")
        self.assertLess(time.monotonic() - begun, 30)
        self.assertEqual(started[0].returncode, -signal.SIGKILL)

    def test_several_threads_at_a_time(self):
        totals = [None] * 3

        def run(i):
            totals[i] = arrayflex.run(workload(), array=array(), engine="cycle", seed=i).total

        threads = [threading.Thread(target=run, args=(i,)) for i in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for i, total in enumerate(totals):
            self.assertEqual(total, arrayflex.run(workload(), array=array(), seed=i).total)


class Table(unittest.TestCase):
    def test_capabilities(self):
        table = arrayflex.engines()
        self.assertEqual(list(table), ["analytic", "fast", "pin", "cycle"])
        self.assertEqual([name for name, row in table.items() if row["systemc"]], ["pin", "cycle"])
        self.assertEqual([name for name, row in table.items() if row["memory"]], ["analytic", "fast", "pin"])
        self.assertEqual([name for name, row in table.items() if row["accelerator"]], ["fast", "pin"])


class Filter(unittest.TestCase):
    def select(self, pattern):
        names = ("conv1", "fc", "a*b", "^x")
        network = arrayflex.Workload.from_layers([(name, 1, 1, 1, 1) for name in names])
        return [layer[0] for layer in network.select(pattern).layers]

    def test_both_marks_complement_a_bracket_as_on_the_command_line(self):
        self.assertEqual(self.select("[^c]*"), ["fc", "a*b", "^x"])
        self.assertEqual(self.select("[!c]*"), ["fc", "a*b", "^x"])
        self.assertEqual(self.select("[c^]*"), ["conv1", "^x"])

    def test_a_backslash_takes_a_character_for_itself(self):
        self.assertEqual(self.select("a\\*b"), ["a*b"])

    def test_name_description_and_notes_stay(self):
        network = arrayflex.Workload("resnet18")
        chosen = network.select("fc")
        self.assertEqual((chosen.name, chosen.description), (network.name, network.description))


if __name__ == "__main__":
    unittest.main()
