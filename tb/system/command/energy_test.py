#!/usr/bin/python3
"""End-to-end test of the `arrayflex` command: energy and power in its reports.

Usage: energy_test.py COMMAND [--pin] [arguments of unittest]; needs Debian's numpy. --pin also
tests what a build without SystemC does not have: the engines pin and cycle, and memory models.
"""

import csv
import json
import math
import pathlib
import re

import numpy

import command_case

SMALL_ARRAY = command_case.SMALL_ARRAY
ACCOUNTINGS = ("exact", "busy")
SWITCHING = command_case.model_tables.SWITCHING_PARTS
COMPONENTS = list(command_case.model_tables.COMPONENTS)
SHIPPED = pathlib.Path(__file__).resolve().parents[3] / "model" / "technologies"


def designs(entry):
    return (entry, entry["conventional"])


def entries(report):
    return [*report["layers"], report["total"]]


def close(value, expected):
    return math.isclose(value, expected, rel_tol=1e-12)


class EnergyTest(command_case.CommandTest):
    def run_small(self, *arguments):
        array = SMALL_ARRAY[:4] if "--modes" in arguments else SMALL_ARRAY
        return self.report("run", self.workload, *array, *arguments)

    def shipped(self, name="asap7"):
        return json.loads((SHIPPED / f"{name}.json").read_text(encoding="utf-8"))

    def technology(self, content, name="mine.json"):
        return self.file(name, json.dumps(content))

    def assert_no_energy(self, report):
        text = json.dumps([report["layers"], report["total"], report["conventional"]])
        for key in ("energy", "power", "ratios_to_conventional"):
            self.assertNotIn(key, text)


class Report(EnergyTest):
    def test_components_of_the_text_add_up_to_the_last_bit(self):
        for width in command_case.model_tables.OPERAND_WIDTHS:
            for technology in ("paper", "asap7", "sky130hd"):
                report = self.run_small("--tech", technology, "--data-width", width)
                for entry in entries(report):
                    for design in designs(entry):
                        for accounting in ACCOUNTINGS:
                            energy = design["energy"][accounting]
                            self.assertEqual(list(energy["by_component_pj"]), COMPONENTS)
                            total = 0.0
                            for part in energy["by_component_pj"].values():
                                total += part
                            self.assertEqual(total, energy["energy_pj"])
                            self.assertTrue(close(sum(energy["by_class_pj"].values()), total))
                            self.assertEqual(set(energy["by_class_pj"]),
                                             command_case.NET_CLASSES | {"clock", "leakage"})

    def test_power_delay_and_ratios_follow_from_energy_and_time(self):
        for entry in entries(self.run_small()):
            for accounting in ACCOUNTINGS:
                for design in designs(entry):
                    energy = design["energy"][accounting]
                    self.assertTrue(close(energy["power_mw"],
                                          energy["energy_pj"] / design["time_ns"]))
                    self.assertTrue(close(energy["energy_delay_product_pj_ns"],
                                          energy["energy_pj"] * design["time_ns"]))
                own, base = (design["energy"][accounting] for design in designs(entry))
                for ratio, key in (("energy", "energy_pj"), ("power", "power_mw"),
                                   ("energy_delay_product", "energy_delay_product_pj_ns")):
                    self.assertTrue(close(
                        entry["ratios_to_conventional"][accounting][ratio], own[key] / base[key]))

    def test_energy_adds_up_over_layers(self):
        report = self.run_small()
        self.assertGreater(len({layer["k"] for layer in report["layers"]}), 1)
        for index in (0, 1):
            total = designs(report["total"])[index]
            layers = [designs(layer)[index] for layer in report["layers"]]
            self.assertTrue(close(total["time_ns"], sum(layer["time_ns"] for layer in layers)))
            for accounting in ACCOUNTINGS:
                self.assertTrue(close(
                    total["energy"][accounting]["energy_pj"],
                    sum(layer["energy"][accounting]["energy_pj"] for layer in layers)))
                for part, value in total["energy"][accounting]["by_component_pj"].items():
                    self.assertTrue(math.isclose(
                        value, sum(layer["energy"][accounting]["by_component_pj"][part]
                                   for layer in layers), rel_tol=1e-12, abs_tol=1e-12))
        self.assertEqual(report["conventional"], report["total"]["conventional"])

    def test_conventional_array_has_no_compressors_and_muxes(self):
        total = self.run_small()["total"]
        for accounting in ACCOUNTINGS:
            own, base = (design["energy"][accounting]["by_component_pj"]
                         for design in designs(total))
            for part in ("compressor", "muxes"):
                self.assertGreater(own[part], 0)
                self.assertEqual(base[part], 0)

    def test_busy_charges_switching_like_a_full_array(self):
        for layer in self.run_small("--k", 1)["layers"]:
            for design in designs(layer):
                exact, busy = (design["energy"][a]["by_class_pj"] for a in ACCOUNTINGS)
                factor = design["cycles"] / (layer["tiles"] * layer["t"])
                self.assertGreater(factor, 1)
                once_per_tile = command_case.model_tables.net_classes(phase="load")
                for name in command_case.NET_CLASSES:
                    scale = 1 if name in once_per_tile else factor
                    self.assertTrue(math.isclose(busy[name], exact[name] * scale, rel_tol=1e-12),
                                    name)
                self.assertEqual(busy["leakage"], exact["leakage"])

    def test_zero_operands_cost_clock_and_leakage_alone(self):
        zero = [self.npy(f"{name}.npy", numpy.zeros(shape, numpy.int32))
                for name, shape in (("a", (9, 12)), ("b", (12, 7)))]
        report = self.report("gemm", *zero, *SMALL_ARRAY)
        for design in designs(report["total"]):
            self.assertEqual(sum(design["activity"]["toggles"].values()), 0)
            for accounting in ACCOUNTINGS:
                energy = design["energy"][accounting]
                parts = energy["by_component_pj"]
                self.assertEqual({parts[name] for name in SWITCHING}, {0.0})
                self.assertGreater(parts["clock"], 0)
                self.assertGreater(parts["leakage"], 0)
                self.assertEqual(energy["energy_pj"], parts["clock"] + parts["leakage"])

    def test_csv_says_what_the_json_says(self):
        path = self.folder / "layers.csv"
        report = self.run_small("--csv", path)
        with open(path, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        for row, layer in zip(rows, report["layers"]):
            for accounting in ACCOUNTINGS:
                for prefix, design in zip(("", "conventional_"), designs(layer)):
                    energy = design["energy"][accounting]
                    self.assertEqual(float(row[f"{prefix}{accounting}_energy_pj"]),
                                     energy["energy_pj"])
                    self.assertEqual(float(row[f"{prefix}{accounting}_edp_pj_ns"]),
                                     energy["energy_delay_product_pj_ns"])
                    self.assertEqual(float(row[f"{prefix}{accounting}_muxes_energy_pj"]),
                                     energy["by_component_pj"]["muxes"])
                self.assertEqual(float(row[f"{accounting}_power_to_conventional_ratio"]),
                                 layer["ratios_to_conventional"][accounting]["power"])

    def test_table_and_summary(self):
        text = self.succeed("run", self.workload, *SMALL_ARRAY).stdout
        report = self.run_small()
        for entry, name in zip(entries(report), ("conv ", "dw ", "fc, last", "total")):
            line = next(line for line in text.splitlines() if line.startswith(name))
            ratios = [entry["ratios_to_conventional"][a][key]
                      for key in ("power", "energy_delay_product") for a in ACCOUNTINGS]
            self.assertEqual(line.split()[-4:], [f"{ratio:.3f}" for ratio in ratios])
        self.check_absolute_figures(text, report)
        self.check_classes(text, report)
        area = report["area"]
        pe = [f"{area[d]['pe_total_um2']:.4g} um2" for d in ("arrayflex", "conventional")]
        self.assertIn(f"\narea      PE {pe[0]}, baseline {pe[1]}: "
                      f"{100 * area['pe_area_overhead']:+.1f} %; array ", text)
        for word, key in (("energy", "energy"), ("power", "power"),
                          ("EDP", "energy_delay_product")):
            line = next(line for line in text.splitlines() if line.startswith(word + "  "))
            for accounting in ACCOUNTINGS:
                ratio = report["total"]["ratios_to_conventional"][accounting][key]
                self.assertRegex(line, rf"{accounting} [^;]+: ratio {ratio:.3f}")
        self.assertIn("technology paper", text)

    UNITS = {"pJ": 1, "nJ": 1e3, "uJ": 1e6, "mJ": 1e9, "uW": 1e-3, "mW": 1, "W": 1e3, "pJ*ns": 1,
             "nJ*ns": 1e3, "nJ*us": 1e6, "uJ*us": 1e9}

    def check_figure(self, text, unit, value):
        self.assertTrue(math.isclose(float(text) * self.UNITS[unit], value, rel_tol=6e-4), value)

    def check_absolute_figures(self, text, report):
        """The second table: energy, power and energy-delay product, exact and busy."""
        lines = text[text.index("energy exact  energy busy"):].splitlines()
        units = re.findall(r"\[([^]]+)\]", lines[1])
        keys = [(key, a) for key in ("energy_pj", "power_mw", "energy_delay_product_pj_ns")
                for a in ACCOUNTINGS]
        for entry, line in zip(entries(report), lines[2:]):
            self.assertTrue(line.startswith(entry.get("name", "total")))
            for (key, accounting), unit, cell in zip(keys, units, line.split()[-6:], strict=True):
                self.check_figure(cell, unit, entry["energy"][accounting][key])

    def check_classes(self, text, report):
        """The third: energy of all layers by class, both designs in both accountings."""
        lines = text[text.index("energy by "):].splitlines()
        unit = re.search(r"\[([^]]+)\]", lines[1]).group(1)
        columns = [design["energy"][a]["by_class_pj"] for design in designs(report["total"])
                   for a in ACCOUNTINGS]
        for name, line in zip(columns[0], lines[2:2 + len(columns[0])], strict=True):
            self.assertEqual(line.split()[0], name)
            for column, cell in zip(columns, line.split()[1:], strict=True):
                self.check_figure(cell, unit, column[name])

    def test_without_activity_or_clock_there_is_no_energy(self):
        for arguments in (["--engine", "analytic"], ["--activity", "off"], ["--k", "3"]):
            with self.subTest(arguments=arguments):
                report = self.run_small(*arguments)
                if arguments[0] == "--k":
                    self.assertIsNone(report["total"]["time_ns"])
                    for layer in report["layers"]:
                        self.assertNotIn("energy", layer)
                        self.assertNotIn("ratios_to_conventional", layer)
                        self.assertIn("energy", layer["conventional"])
                else:
                    self.assert_no_energy(report)
                self.assertIn("area", report)
                text = self.succeed("run", self.workload, *SMALL_ARRAY, *arguments).stdout
                self.assertNotIn("EDP", text)

    def test_samples_are_marked(self):
        workload = self.file("sampled.csv", "name,type,t,n,m\nconv,gemm,12,37,40\n")
        arguments = ["run", workload, *SMALL_ARRAY]
        exact = self.report(*arguments)
        sampled = self.report(*arguments, "--sample-tiles", 20)
        for whole, part in zip(designs(exact["total"]), designs(sampled["total"])):
            for accounting in ACCOUNTINGS:
                self.assertNotIn("sampling", whole["energy"][accounting])
                sampling = part["energy"][accounting]["sampling"]
                self.assertEqual(sampling["confidence_level"], 0.95)
                error = abs(part["energy"][accounting]["energy_pj"]
                            - whole["energy"][accounting]["energy_pj"])
                self.assertGreater(error, 0)
                self.assertLessEqual(error, 2 * sampling["energy_half_width_pj"])
        self.assertIn("energies are ESTIMATED", " ".join(sampled["notes"]))
        text = self.succeed(*arguments, "--sample-tiles", 20).stdout
        line = next(line for line in text.splitlines() if line.startswith("energy  "))
        self.assertEqual(line.count("±"), 4)


class Engines(EnergyTest):
    def energy_text(self, engine, width):
        """The report's numbers as they are written."""
        path = self.folder / "energy.json"
        self.succeed("run", self.workload, *SMALL_ARRAY, "--data-width", width, "--tech", "asap7",
                     "--engine", engine, "--json", path, "--quiet")
        report = json.loads(path.read_text(encoding="utf-8"), parse_float=str)
        return [[design["energy"] for design in designs(entry)]
                + [entry["ratios_to_conventional"]] for entry in entries(report)]

    def test_every_engine_gives_the_same_energy(self):
        if not command_case.HAS_PIN:
            self.skipTest("a build without SystemC")
        for width in command_case.model_tables.OPERAND_WIDTHS:
            fast = self.energy_text("fast", width)
            self.assertIsInstance(fast[0][0]["exact"]["energy_pj"], str)
            for engine in ("pin", "cycle"):
                self.assertEqual(self.energy_text(engine, width), fast, (engine, width))


class Memory(EnergyTest):
    def setUp(self):
        super().setUp()
        if not command_case.HAS_PIN:
            self.skipTest("a build without SystemC")

    def test_stalls_cost_leakage_alone(self):
        plain, stalled = self.run_small(), self.run_small("--memory", "4:10")
        for before, after in zip(entries(plain), entries(stalled)):
            for one, other in zip(designs(before), designs(after)):
                self.assertGreater(other["stall_cycles"], 0)
                for accounting in ACCOUNTINGS:
                    old, new = (d["energy"][accounting]["by_component_pj"] for d in (one, other))
                    for part in COMPONENTS[:-1]:
                        self.assertEqual(new[part], old[part])
                    self.assertTrue(math.isclose(new["leakage"] / old["leakage"],
                                                 other["time_ns"] / one["time_ns"], rel_tol=1e-9))

    def test_dram_stands_apart(self):
        report = self.run_small("--memory", "ideal", "--tech", "asap7")
        per_byte = report["technology"]["dram_pj_per_byte"]
        self.assertEqual(per_byte["value"], self.shipped()["memory"]["dram"]["value"])
        self.assertTrue(per_byte["source"])
        for entry, plain in zip(entries(report), entries(self.run_small("--tech", "asap7"))):
            for design, without in zip(designs(entry), designs(plain)):
                self.assertTrue(close(design["dram_energy_pj"],
                                      sum(design["dma_bytes"].values()) * per_byte["value"]))
                self.assertEqual(design["energy"], without["energy"])
                self.assertNotIn("dram_energy_pj", without)
        text = self.succeed("run", self.workload, *SMALL_ARRAY, "--memory", "ideal").stdout
        self.assertRegex(text, r"\nDRAM +[^\n]+not part of the array's energy")

    def test_no_dram_number_no_dram_energy(self):
        content = self.shipped()
        del content["memory"]
        path = self.technology(content)
        report = self.run_small("--memory", "ideal", "--tech", path)
        self.assertNotIn("dram", json.dumps(report))
        text = self.succeed("run", self.workload, *SMALL_ARRAY, "--memory", "ideal", "--tech",
                            path).stdout
        self.assertNotIn("DRAM", text)


if __name__ == "__main__":
    command_case.main(__doc__)
