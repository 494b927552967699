#!/usr/bin/python3
"""End-to-end test of the `arrayflex` command: --tech, clocks, areas and `arrayflex tech`.

Usage: technology_test.py COMMAND [arguments of unittest]; needs Debian's numpy.
"""

import json
import math

import numpy

import command_case
from energy_test import ACCOUNTINGS, SMALL_ARRAY, SWITCHING, EnergyTest, close


class TechnologyOption(EnergyTest):
    def test_default_is_the_paper(self):
        report, named = self.run_small(), self.run_small("--tech", "paper")
        self.assertEqual(report, named)
        self.assertEqual(report["technology"]["name"], "paper")
        self.assertEqual(report["technology"]["clock_periods_from"], "technology")
        self.assertEqual(report["array"]["clock_period_ps"]["conventional"], 500)
        self.assertNotIn("notes", report)

    def test_default_at_another_width_says_whose_clocks_it_takes(self):
        report = self.run_small("--data-width", 8)
        self.assertEqual(report["array"]["clock_period_ps"]["conventional"], 500)
        self.assertTrue(any("32-bit" in note and "8-bit" in note for note in report["notes"]))
        self.assertNotIn("notes", self.run_small("--data-width", 8, "--tech", "asap7"))

    def test_clocks_are_the_technologys(self):
        for width in (8, 32):
            delays = self.shipped()["widths"][str(width)]["delays"]
            base, step = (sum(delays[name]["value"] * factor for name, factor in parts)
                          for parts in ((("ff", 1), ("mul", 1), ("add", 1)),
                                        (("csa", 1), ("mux", 2))))
            report = self.run_small("--tech", "asap7", "--data-width", width, "--modes", "1,2,3")
            periods = report["array"]["clock_period_ps"]
            self.assertTrue(close(periods["conventional"], base))
            for k in (1, 2, 3):
                self.assertTrue(close(periods[str(k)], base + k * step))
            for layer in report["layers"]:
                self.assertTrue(close(layer["time_ns"],
                                      layer["cycles"] * periods[str(layer["k"])] / 1000))

    def test_a_mode_beyond_the_given_ones_is_computed_for_k(self):
        report = self.run_small("--tech", "asap7", "--modes", "1,2", "--k", 3)
        self.assertIsNotNone(report["total"]["time_ns"])
        self.assertIn("energy", report["total"])

    def test_clocks_of_the_configuration_win(self):
        config = self.file("config.json",
                           '{"clock_period_ps": {"conventional": 900, "2": 1234}}')
        report = self.run_small("--config", config, "--tech", "asap7")
        plain = self.run_small("--tech", "asap7")
        periods, own = (r["array"]["clock_period_ps"] for r in (report, plain))
        self.assertEqual([periods["conventional"], periods["2"]], [900, 1234])
        self.assertEqual([periods["1"], periods["4"]], [own["1"], own["4"]])
        self.assertEqual(report["technology"]["clock_periods_from"], "configuration")
        self.assertEqual(plain["technology"]["clock_periods_from"], "technology")

    def test_auto_chooses_by_the_technologys_clocks(self):
        for periods, k in (({"1": 500, "2": 9000, "4": 9000}, 1),
                           ({"1": 500, "2": 500, "4": 9000}, 2),
                           ({"1": 500, "2": 500, "4": 500}, 4)):
            content = {**self.shipped(), "clock_period_ps": {"conventional": 500, **periods}}
            report = self.run_small("--tech", self.technology(content))
            self.assertEqual({layer["k"] for layer in report["layers"]}, {k})

    def test_area(self):
        area = self.run_small("--tech", "sky130hd")["area"]
        given = self.shipped("sky130hd")["widths"]["32"]
        totals = {}
        for design in ("arrayflex", "conventional"):
            for part in SWITCHING:
                self.assertEqual(area[design]["pe_um2"][part],
                                 given[design]["area"][part]["value"])
            totals[design] = sum(area[design]["pe_um2"].values())
            self.assertTrue(close(area[design]["pe_total_um2"], totals[design]))
            # 5 x 6 PEs, 5*4/2 skew registers of 32 bits and 6*5/2 de-skew registers of 64.
            skew = given[design]["area"]["register_bit"]["value"] * (10 * 32 + 15 * 64)
            self.assertTrue(close(area[design]["skew_registers_um2"], skew))
            self.assertTrue(close(area[design]["array_total_um2"], 30 * totals[design] + skew))
        self.assertTrue(math.isclose(area["pe_area_overhead"],
                                     totals["arrayflex"] / totals["conventional"] - 1,
                                     rel_tol=1e-9))

    def test_doubling_a_coefficient_doubles_its_share_and_nothing_else(self):
        before = self.run_small("--tech", self.technology(self.shipped()), "--k", 1)["total"]
        cases = [(("energy_per_toggle", "1", part, name), part, name)
                 for part, name in (("multiplier", "product"), ("muxes", "bypass_mux"),
                                    ("registers", "psum_reg"), ("compressor", "csa_sum"))]
        cases += [(("leakage", "pe"), "leakage", "leakage"),
                  (("clocked_bit", "psum_reg"), "clock", "clock")]
        for path, part, name in cases:
            with self.subTest(path=path):
                content = self.shipped()
                number = content["widths"]["32"]["arrayflex"]
                for key in path:
                    number = number[key]
                number["value"] *= 2
                after = self.run_small("--tech", self.technology(content), "--k", 1)["total"]
                self.assertEqual(after["conventional"], before["conventional"])
                for accounting in ACCOUNTINGS:
                    self.check_share(path, number["value"] / 2, before["energy"][accounting],
                                     after["energy"][accounting], before, accounting, part, name)

    def check_share(self, path, value, old, new, total, accounting, part, name):
        parts, classes = "by_component_pj", "by_class_pj"
        for kind, changed in ((parts, part), (classes, name)):
            for key in old[kind]:
                if key != changed:
                    self.assertEqual(new[kind][key], old[kind][key], (kind, key))
        share = new[parts][part] - old[parts][part]
        self.assertGreater(share, 0)
        self.assertTrue(math.isclose(new[classes][name] - old[classes][name], share, rel_tol=1e-9))
        if path[0] == "energy_per_toggle" and accounting == "exact":
            expected = value * total["activity"]["toggles"][name] / 1000
        elif path[0] == "clocked_bit" and accounting == "exact":
            expected = value * total["activity"]["clocked_bits"]["psum_reg"] / 1000
        elif path[0] == "leakage":
            expected = value * 30 * total["time_ns"] * 1e-6
        else:
            return
        self.assertTrue(math.isclose(share, expected, rel_tol=1e-9))

    def test_bad_names_and_files(self):
        self.fail_with_usage(["run", self.workload, "--tech", "tsmc1"], "--tech", "tsmc1", "asap7",
                             "paper", "sky130hd", "./tsmc1")
        self.fail_with_usage(["run", self.workload, "--tech", ""], "--tech", "''")
        missing = str(self.folder / "none.json")
        self.fail_with_usage(["run", self.workload, "--tech", missing], missing, "cannot be read")
        self.fail_with_usage(["run", self.workload, "--tech", self.file("x.json", "{")], "x.json",
                             "not valid JSON")
        content = self.shipped()
        content["widths"]["32"]["arrayflex"]["leakage"]["pe"]["value"] = -1
        self.fail_with_usage(["run", self.workload, "--tech", self.technology(content)],
                             "mine.json", "leakage: pe: value = -1")
        content = {**self.shipped(), "clock_period_ps": {"1": 500}, "clock_frequency_ghz": {"1": 2}}
        self.fail_with_usage(["run", self.workload, "--tech", self.technology(content)],
                             "clock_frequency_ghz", "either")

    def test_a_missing_width_is_an_error(self):
        content = self.shipped()
        for width in ("16", "32"):
            del content["widths"][width]
        path = self.technology(content)
        for engine in ("fast", "analytic"):
            self.fail_with_usage(["run", self.workload, *SMALL_ARRAY, "--tech", path, "--engine",
                                  engine], "--tech", "data_width_bits = 32", "8 bits")
        self.assertIn("energy", self.run_small("--tech", path, "--data-width", 8)["total"])

    def test_clocks_alone_are_no_technology(self):
        path = self.technology({"name": "x", "source": "y", "clock_period_ps": {"1": 500}})
        self.fail_with_usage(["run", self.workload, "--tech", path], "--tech", "clocks only")

    def test_an_energy_beyond_all_numbers_is_an_error(self):
        content = self.shipped()
        content["widths"]["32"]["arrayflex"]["leakage"]["pe"]["value"] = 1e308
        self.fail_with_usage(["run", self.workload, "--tech", self.technology(content)],
                             "layer conv", "energy-delay product")

    def test_gemm_takes_it_too(self):
        generator = numpy.random.default_rng(command_case.SEED)
        a, b = (self.npy(f"{name}.npy", generator.integers(-100, 100, shape).astype(numpy.int8))
                for name, shape in (("a", (5, 7)), ("b", (7, 4))))
        report = self.report("gemm", a, b, *SMALL_ARRAY, "--data-width", 8, "--tech", "sky130hd")
        self.assertEqual(report["technology"]["name"], "sky130hd")
        self.assertGreater(report["total"]["energy"]["exact"]["energy_pj"], 0)

    def test_help_states_the_rule(self):
        for command in ("run", "gemm"):
            text = self.succeed(command, "--help").stdout
            for word in ("--tech NAME|FILE", "--config", "[default: paper]"):
                self.assertIn(word, text)
            self.assertLessEqual(max(map(len, text.splitlines())), 100)


class TechCommand(EnergyTest):
    def test_list(self):
        lines = self.succeed("tech").stdout.splitlines()
        self.assertEqual([line.split()[0] for line in lines], ["asap7", "paper", "sky130hd"])
        self.assertIn("(default)", lines[1])

    def test_every_number_with_unit_and_source(self):
        for name in ("asap7", "paper", "sky130hd"):
            path = self.folder / "numbers.json"
            text = self.succeed("tech", name).stdout
            self.assertEqual(self.succeed("tech", name, "--json", path).stdout, "")
            numbers = json.loads(path.read_text(encoding="utf-8"))
            self.assertEqual(numbers["name"], name)
            self.assertGreater(len(numbers["numbers"]), 100)
            for row in numbers["numbers"]:
                self.assertEqual(set(row), {"item", "value", "unit", "source"})
                self.assertTrue(row["unit"] and row["source"])
                self.assertIn(row["item"], text)
                self.assertIn(row["source"], text)
            items = {row["item"]: row for row in numbers["numbers"]}
            leakage = items["32 bit / arrayflex / leakage / pe"]
            origin = self.shipped("asap7" if name == "paper" else name)
            self.assertEqual((leakage["value"], leakage["unit"]),
                             (origin["widths"]["32"]["arrayflex"]["leakage"]["pe"]["value"], "nW"))

    def test_file(self):
        content = {**self.shipped(), "name": "my own"}
        text = self.succeed("tech", self.technology(content)).stdout
        self.assertTrue(text.startswith("my own\n"))

    def test_errors(self):
        self.fail_with_usage(["tech", "none"], "none", "asap7", "sky130hd")
        self.fail_with_usage(["tech", self.file("x.json", "[]")], "x.json")
        self.fail_with_usage(["tech", "asap7", "more"], "more")
        self.fail_with_usage(["tech", "--json", self.folder / "new.json"], "--json")
        self.fail_with_usage(["tech", "asap7", "--json", self.folder / "no" / "x.json"], "--json")
        self.assertFalse((self.folder / "new.json").exists())


if __name__ == "__main__":
    command_case.main(__doc__)
