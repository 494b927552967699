#!/usr/bin/python3
"""Writes docs/when-it-pays.md: when transparent pipelining pays, by overlap of tiles, or checks it.

Usage: when_it_pays.py --command ARRAYFLEX [--folder DIR] [--check [--full]]; scripts/when_it_pays.sh builds
and runs it.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "pages"))

import generate  # noqa: E402
import section_answer
import section_cost
import section_energy
import section_meaning
import section_time
from page import Page

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent


def make_page(folder, run, full):
    """All of the page, or without what needs activity."""
    page = Page(folder, "when-it-pays.md", "when-it-pays/")
    page.heading(1, "When does transparent pipelining pay?")
    section_answer.answer(page, run)
    section_time.picture(page, run)
    section_answer.machines(page, run)
    section_meaning.write(page, run)
    section_time.break_even(page, run)
    section_time.networks(page, run)
    if full:
        section_energy.write(page, run)
        section_cost.second_register(page, run)
        section_cost.technologies(page, run)
    section_meaning.limits(page)
    return page


if __name__ == "__main__":
    generate.main(__doc__.splitlines()[0], "scripts/when_it_pays.sh", ROOT / "docs", make_page)
