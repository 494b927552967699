#!/usr/bin/python3
"""Writes docs/paper: the paper's evaluation as tables and pictures, or checks that it is current.

Usage: paper.py --command ARRAYFLEX [--folder DIR] [--check [--full]]; scripts/paper.sh builds and runs it.
"""

import argparse
import pathlib
import sys

import command
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
        the file that `--json FILE` adds.""")


def full_page(folder, run):
    page = Page(folder)
    introduction(page)
    for section in (*ANALYTIC, *SIMULATED):
        section(page, run)
    return page


def check_analytic(folder, run):
    """Differences between the analytic sections and the files in the folder."""
    page = Page(folder)
    for section in ANALYTIC:
        section(page, run)
    text = (folder / "README.md").read_text(encoding="utf-8")
    lines = set(text.splitlines())
    wrong = [f"README.md lacks the row {row}" for row in page.rows if row not in lines]
    return wrong + compare(folder, {path: content for path, content in page.contents().items()
                                    if path.startswith("data/")})


def compare(folder, files):
    wrong = []
    for path, content in files.items():
        target = folder / path
        if not target.is_file():
            wrong.append(f"{path} is missing")
        elif target.read_bytes() != content:
            wrong.append(f"{path} differs")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--command", required=True, help="the arrayflex command")
    parser.add_argument("--folder", type=pathlib.Path, default=ROOT / "docs" / "paper")
    parser.add_argument("--check", action="store_true",
                        help="write nothing; fail unless the analytic tables are current")
    parser.add_argument("--full", action="store_true", help="with --check: all files, byte by byte")
    options = parser.parse_args()
    if options.full and not options.check:
        parser.error("--full goes with --check")
    run = command.Command(options.command)
    if not options.check:
        full_page(options.folder, run).write()
        print(f"paper.py: wrote {options.folder}")
        return
    if not (options.folder / "README.md").is_file():
        sys.exit(f"paper.py: {options.folder}/README.md is missing: run scripts/paper.sh")
    wrong = (compare(options.folder, full_page(options.folder, run).contents()) if options.full
             else check_analytic(options.folder, run))
    if wrong:
        sys.exit("paper.py: not current, run scripts/paper.sh: " + "; ".join(wrong))
    print(f"paper.py: {options.folder} is current")


if __name__ == "__main__":
    main()
