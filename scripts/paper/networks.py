"""Networks, arrays and operands of the evaluation, and what their reports say."""

import pathlib
import sys

import command

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from model_tables import COMPONENTS, net_classes  # noqa: E402,F401

NETWORKS = {"resnet34": "ResNet-34", "mobilenet_v1": "MobileNetV1", "convnext_t": "ConvNeXt-T"}
SIZES = (128, 256)
CASES = [(size, network) for size in SIZES for network in NETWORKS]
ACCOUNTINGS = ("exact", "busy")
# Operands of the tables: the command's default fills the 32 bits; quantised ones are 8-bit numbers
# in a 32-bit array. Half of the activations are zero in both.
FULL_RANGE = ()
QUANTISED = ("--magnitude-bits", 7)


def square(size):
    return ("--rows", size, "--cols", size)


def run(network, size, *options, tech="paper", operands=FULL_RANGE, depthwise=False):
    """Arguments of a run with exact activity."""
    return command.arguments(network, *square(size), *operands, *options, "--tech", tech,
                             depthwise=depthwise)


def analytic(network, size, *options, tech="paper", depthwise=False):
    """Arguments of a run without activity: cycles and time."""
    return command.arguments(network, *square(size), "--engine", "analytic", *options, "--tech",
                             tech, depthwise=depthwise)


def case_name(network, size):
    return f"{NETWORKS[network]}, {size}×{size}"


def saved(ratio):
    """Percent saved; negative: more than the conventional array."""
    return 100 * (1 - ratio)


def time_ratio(report):
    return report["total"]["time_ns"] / report["total"]["conventional"]["time_ns"]


def power_ratio(report, accounting):
    return report["total"]["ratios_to_conventional"][accounting]["power"]


def energy_ratio(report, accounting):
    return report["total"]["ratios_to_conventional"][accounting]["energy"]


def edp_gain(report, accounting):
    return 1 / report["total"]["ratios_to_conventional"][accounting]["energy_delay_product"]


def mode_shares(report):
    """{k: percent of ArrayFlex's time} for all modes of the array."""
    times = {k: 0.0 for k in report["array"]["modes"]}
    for layer in report["layers"]:
        times[layer["k"]] += layer["time_ns"]
    return {k: 100 * time / report["total"]["time_ns"] for k, time in times.items()}


def mean(values):
    values = list(values)
    return sum(values) / len(values)
