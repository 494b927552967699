#!/usr/bin/python3
"""Writes docs/paper: the paper's evaluation as tables and pictures, or checks that it is current.

Usage: paper.py --command ARRAYFLEX [--folder DIR] [--check [--full]]; scripts/paper.sh builds and runs it.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "pages"))

import generate  # noqa: E402
import section_breakdown
import section_latency
import section_networks
import section_operands
import section_pictures
import section_sensitivity
from page import Page

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PAPER = "C. Peltekis et al., *ArrayFlex: A Systolic Array Architecture with Configurable Transparent " \
    "Pipelining*, DATE 2023, [arXiv 2211.12600](https://arxiv.org/abs/2211.12600)"

# Sections that need no activity and so next to no time.
ANALYTIC = (section_latency.two_layers, section_latency.per_layer, section_networks.times)
SIMULATED = (section_networks.power, section_breakdown.write, section_sensitivity.write,
             section_operands.write, section_networks.own_clocks, section_networks.depthwise,
             section_pictures.array_sizes, section_pictures.energy_stack,
             section_pictures.heat_maps)


def introduction(page):
    page.heading(1, "The paper's evaluation, reproduced")
    page.text(f"""{PAPER} reports 11 % less latency on average than a conventional fixed-pipeline array,
        13 % to 23 % less power and an energy-delay product better by 1.4× to 1.8×. This page holds
        the model against that. `scripts/paper.sh` writes it, pictures and data included;
        `scripts/paper.sh --check` checks that the figures of time and cycles are current, and
        `--check --full` all of it. The commands below are `build/release/arrayflex`; figures are in
        the file that `--json FILE` adds. All of them run with `--group-packing off`, which the listings leave out: each group of a convolution and
        each head of an attention product has tiles of its own, as in the paper.""")


def make_page(folder, run, full):
    page = Page(folder)
    introduction(page)
    for section in (*ANALYTIC, *(SIMULATED if full else ())):
        section(page, run)
    return page


if __name__ == "__main__":
    generate.main(__doc__.splitlines()[0], "scripts/paper.sh", ROOT / "docs" / "paper", make_page)
