"""The figures of a point and of its layers: names, order, and how a report is read into them."""

import math

#: Columns of the table `points` after the axes. Both designs; None where a figure is not known.
POINT_FIGURES = (
    "tiles_count", "macs_count",
    "latency_cycles", "stall_cycles", "time_ns", "utilization_ratio", "toggles_count",
    "toggles_half_width_count", "energy_pj", "power_mw", "edp_pj_ns", "area_um2",
    "conventional_latency_cycles", "conventional_stall_cycles", "conventional_time_ns",
    "conventional_toggles_count", "conventional_toggles_half_width_count", "conventional_energy_pj",
    "conventional_power_mw", "conventional_edp_pj_ns", "conventional_area_um2",
)
#: Columns of the table `layers` after point and layer.
LAYER_FIGURES = (
    "k_collapse_factor", "tiles_count",
    "latency_cycles", "stall_cycles", "time_ns", "toggles_count", "energy_pj",
    "conventional_latency_cycles", "conventional_stall_cycles", "conventional_time_ns",
    "conventional_toggles_count", "conventional_energy_pj",
)


def utilization(macs, cycles, rows, cols):
    return macs / (cycles * rows * cols) if cycles else 0.0


def known(value):
    """None for NaN, with which arrays say that a figure is not known."""
    return None if value is None or math.isnan(value) else value


def spent(energy_pj, time_ns):
    """Power and energy-delay product; None where one of the two is not known."""
    if energy_pj is None or time_ns is None:
        return {"power_mw": None, "edp_pj_ns": None}
    return {"power_mw": energy_pj / time_ns if time_ns else None, "edp_pj_ns": energy_pj * time_ns}


def area_um2(array, design):
    """None where the technology has no numbers for the operand width."""
    import arrayflex

    try:
        return array.area_um2(design)["array_total_um2"]
    except arrayflex.InputError:
        return None


def figures_of_report(report, array):
    """(figures of the point, list of figures per layer), as tuples, of a Report.to_dict(). Energies are those of the array's technology."""
    layers = [_layer_figures(layer, array) for layer in report["layers"]]
    total, conventional = report["total"], report["total"]["conventional"]
    own = _design_total(total, layers, "")
    other = {f"conventional_{name}": value
             for name, value in _design_total(conventional, layers, "conventional_").items()}
    point = {
        "tiles_count": total["tiles"], "macs_count": total["macs"],
        "utilization_ratio": utilization(total["macs"], total["cycles"], array.rows, array.cols),
        "area_um2": area_um2(array, "arrayflex"),
        "conventional_area_um2": area_um2(array, "conventional"), **own, **other,
    }
    return (tuple(point[name] for name in POINT_FIGURES),
            [tuple(layer[name] for name in LAYER_FIGURES) for layer in layers])


def _design_total(total, layers, prefix):
    energies = [layer[f"{prefix}energy_pj"] for layer in layers]
    energy = None if None in energies else sum(energies)
    activity = total.get("activity")
    sampling = activity.get("sampling") if activity else None
    return {
        "latency_cycles": total["cycles"], "stall_cycles": total.get("stall_cycles"),
        "time_ns": total["time_ns"],
        "toggles_count": sum(activity["toggles"].values()) if activity else None,
        "toggles_half_width_count": sampling["total_toggles_half_width"] if sampling else None,
        "energy_pj": energy, **spent(energy, total["time_ns"]),
    }


def _layer_figures(layer, array):
    figures = {"k_collapse_factor": layer["k"], "tiles_count": layer["tiles"]}
    for prefix, design, entry in (("", "arrayflex", layer),
                                  ("conventional_", "conventional", layer["conventional"])):
        activity = entry.get("activity")
        figures.update({
            f"{prefix}latency_cycles": entry["cycles"],
            f"{prefix}stall_cycles": entry.get("stall_cycles"),
            f"{prefix}time_ns": entry["time_ns"],
            f"{prefix}toggles_count": sum(activity["toggles"].values()) if activity else None,
            f"{prefix}energy_pj": _energy_pj(activity, entry["time_ns"], array, layer["k"], design),
        })
    return figures


def _energy_pj(activity, time_ns, array, k, design):
    if activity is None or time_ns is None:
        return None
    import arrayflex

    try:
        return arrayflex.energy(activity, time_ns, array, k=k, design=design).total_pj
    except arrayflex.InputError:  # no numbers for the operand width
        return None
