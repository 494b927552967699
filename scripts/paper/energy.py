"""Energy from the counters of a report: the model of docs/energy.md once more, for the sensitivity
table, which changes what is charged. paper.py holds it against the figures of report.json.
"""

import math

import technology
from networks import COMPONENTS, net_classes

ONCE_PER_TILE = net_classes(phase="load")


class Design:
    """One design's counters of one layer, in one accounting."""

    def __init__(self, report, layer, design, accounting):
        array = report["array"]
        entry = layer if design == "arrayflex" else layer["conventional"]
        self.name = design
        self.k = layer["k"] if design == "arrayflex" else 1
        self.rows, self.cols = array["rows"], array["cols"]
        self.data_bits, self.acc_bits = array["data_width_bits"], array["acc_width_bits"]
        self.time_ns = entry["time_ns"]
        activity = entry["activity"]
        self.toggles = dict(activity["toggles"])
        self.clocked = dict(activity["clocked_bits"])
        self.gated = dict(activity["gated_bits"])
        if accounting == "busy":
            self._always_busy(entry["cycles"], layer["tiles"], layer["t"])

    def _always_busy(self, cycles, tiles, t):
        for name in self.toggles:
            if name not in ONCE_PER_TILE:
                self.toggles[name] *= cycles / (tiles * t)
        stream = t + math.ceil(self.rows / self.k) + math.ceil(self.cols / self.k) - 2
        for name in self.clocked:
            if name in ONCE_PER_TILE:
                continue
            everything = self.clocked[name] + self.gated[name]
            self.clocked[name] *= cycles / ((stream + 1) * tiles)
            self.gated[name] = max(0.0, everything - self.clocked[name])

    def leakage_nw(self, numbers):
        skew = self.data_bits * (self.rows * (self.rows - 1) // 2)
        deskew = self.acc_bits * (self.cols * (self.cols - 1) // 2)
        return (numbers["leakage"]["pe"] * self.rows * self.cols
                + numbers["leakage"]["register_bit"] * (skew + deskew))

    def energy_pj(self, numbers):
        """{component: pJ} with the numbers of this design."""
        result = dict.fromkeys(COMPONENTS, 0.0)
        for part, classes in technology.toggle_energies(numbers, self.k).items():
            result[part] = sum(self.toggles[c] * fj for c, fj in classes.items()) * 1e-3
        clock = sum(self.clocked[r] * numbers["clocked_bit"][r]
                    + self.gated[r] * numbers["gated_bit"][r] for r in self.clocked)
        clock += sum(self.clocked.values()) * numbers["clock_tree"]
        result["clock"] = clock * 1e-3
        result["leakage"] = self.leakage_nw(numbers) * self.time_ns * 1e-6
        return result


def total(report, numbers, accounting, change=None):
    """{design: {component: pJ}} over all layers; change(design) may alter the counters first."""
    sums = {}
    for name in ("arrayflex", "conventional"):
        sums[name] = dict.fromkeys(COMPONENTS, 0.0)
        for layer in report["layers"]:
            design = Design(report, layer, name, accounting)
            if change:
                change(design)
            for part, energy in design.energy_pj(numbers[name]).items():
                sums[name][part] += energy
    return sums


def ratios(report, energies):
    """Energy, power and energy-delay product of ArrayFlex over the conventional array, and the gain
    in energy-delay product, its inverse."""
    energy = sum(energies["arrayflex"].values()) / sum(energies["conventional"].values())
    time = report["total"]["time_ns"] / report["total"]["conventional"]["time_ns"]
    return {"time": time, "energy": energy, "power": energy / time, "edp": energy * time,
            "edp_gain": 1 / (energy * time)}
