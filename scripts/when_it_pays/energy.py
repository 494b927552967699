"""Time, energy and energy-delay product of both designs, for each mode and the fastest one per layer."""

import cases

ACCOUNTINGS = ("exact", "busy")


class Figures:
    """One design on one network: time, and energy with its interval by accounting."""

    def __init__(self):
        self.cycles = 0
        self.time_ns = 0.0
        self.energy_pj = dict.fromkeys(ACCOUNTINGS, 0.0)
        self.squared_half_width = dict.fromkeys(ACCOUNTINGS, 0.0)

    def add(self, entry):
        """A layer of a report, or its `conventional`."""
        self.cycles += entry["cycles"]
        self.time_ns += entry["time_ns"]
        for accounting in ACCOUNTINGS:
            energy = entry["energy"][accounting]
            self.energy_pj[accounting] += energy["energy_pj"]
            half = energy.get("sampling", {}).get("energy_half_width_pj", 0.0)
            self.squared_half_width[accounting] += half * half

    def half_width(self, accounting):
        """Half of the 95 % interval of the energy, as a share of it; layers are sampled one by one."""
        return self.squared_half_width[accounting] ** 0.5 / self.energy_pj[accounting]

    def edp(self, accounting):
        return self.energy_pj[accounting] * self.time_ns


class Pair:
    """Both designs."""

    def __init__(self, layers):
        self.arrayflex, self.conventional = Figures(), Figures()
        for layer in layers:
            self.arrayflex.add(layer)
            self.conventional.add(layer["conventional"])

    def time_saved(self):
        return 100 * (1 - self.arrayflex.time_ns / self.conventional.time_ns)

    def energy_ratio(self, accounting):
        return self.arrayflex.energy_pj[accounting] / self.conventional.energy_pj[accounting]

    def edp_gain(self, accounting):
        return self.conventional.edp(accounting) / self.arrayflex.edp(accounting)

    def half_width(self, accounting):
        """Of the ratio, as a share of it; both designs off in opposite directions."""
        return self.arrayflex.half_width(accounting) + self.conventional.half_width(accounting)


def runs(network, size, overlap, k):
    """The runs behind pair(): those of all modes for auto."""
    return [cases.simulated(network, size, overlap, mode)
            for mode in (cases.MODES if k == "auto" else (k,))]


def pair(run, network, size, overlap, k):
    """Both designs with the technology `paper`. auto takes each layer from the run of its fastest mode,
    which gives what the command gives for --k auto and spares that run."""
    reports = [run.report(arguments) for arguments in runs(network, size, overlap, k)]
    return Pair(min(same_layer, key=lambda layer: layer["time_ns"])
                for same_layer in zip(*(report["layers"] for report in reports)))


def pair_of_report(report):
    return Pair(report["layers"])
