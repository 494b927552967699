"""The command line of a program that writes a page of docs, or checks that it is current."""

import argparse
import pathlib
import sys

import command


def compare(folder, files):
    """What differs between {path: bytes} and the folder."""
    wrong = []
    for path, content in files.items():
        target = folder / path
        if not target.is_file():
            wrong.append(f"{path} is missing")
        elif target.read_bytes() != content:
            wrong.append(f"{path} differs")
    return wrong


def check_part(folder, page):
    """Differences of a page of some of the sections: its lines and its tables must be there."""
    lines = set((folder / page.name).read_text(encoding="utf-8").splitlines())
    wrong = [f"{page.name} lacks the line {line}" for line in page.lines if line not in lines]
    return wrong + compare(folder, {path: content for path, content in page.contents().items()
                                    if path.startswith(f"{page.parts}data/")})


def main(description, script, folder, make_page):
    """make_page(folder, run, full) gives the page: all of it, or only what needs no activity."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--command", required=True, help="the arrayflex command")
    parser.add_argument("--folder", type=pathlib.Path, default=folder)
    parser.add_argument("--check", action="store_true",
                        help="write nothing; fail unless all that needs no activity is current")
    parser.add_argument("--full", action="store_true", help="with --check: all files, byte by byte")
    options = parser.parse_args()
    if options.full and not options.check:
        parser.error("--full goes with --check")
    name = pathlib.Path(sys.argv[0]).name
    page = make_page(options.folder, command.Command(options.command),
                     options.full or not options.check)
    if not options.check:
        page.write()
        print(f"{name}: wrote {options.folder / page.name}")
        return
    if not (options.folder / page.name).is_file():
        command.fail(f"{options.folder / page.name} is missing: run {script}")
    wrong = (compare(options.folder, page.contents()) if options.full
             else check_part(options.folder, page))
    if wrong:
        command.fail(f"not current, run {script}: " + "; ".join(wrong))
    print(f"{name}: {options.folder / page.name} is current")
