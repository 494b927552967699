"""The generated page: Markdown text, tables (also as CSV) and pictures."""

import csv
import io

import command


class Column:
    """One column: name in the CSV (with unit), title in the page, and format of a value."""

    def __init__(self, name, title, form="{}"):
        self.name, self.title, self.form = name, title, form

    def text(self, value):
        return "–" if value is None else self.form.format(value)


def percent(name, title):
    return Column(name, title, "{:.1f} %")


def ratio(name, title):
    return Column(name, title, "{:.3f}")


def gain(name, title):
    return Column(name, title, "{:.2f}×")


def count(name, title):
    return Column(name, title, "{:,}")


def markdown_row(cells):
    return "| " + " | ".join(cells) + " |"


def csv_value(value):
    if value is None:
        return ""
    # Six digits: what the last bits of a double are is the platform's business.
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Page:
    """Collects the files of the page; nothing is written before write()."""

    def __init__(self, folder):
        self.folder = folder
        self.lines = []
        self.files = {}  # path inside the folder: text or bytes
        self.rows = []  # every row of every table as it stands in the page

    def heading(self, level, text):
        self.lines += ["#" * level + " " + text, ""]

    def text(self, text):
        self.lines += [" ".join(text.split()), ""]

    def bullets(self, items):
        self.lines += ["- " + " ".join(item.split()) for item in items] + [""]

    def claim(self, condition, text):
        """A sentence that depends on the figures: the page is not written once it is wrong."""
        if not condition:
            raise SystemExit(f"paper.py: no longer true, the text needs another look: {text}")
        self.text(text)

    def commands(self, runs):
        """The commands behind what stands above."""
        runs = list(dict.fromkeys(command.text(run) for run in runs))
        if len(runs) == 1:
            self.lines += [f"Command: `{runs[0]}`", ""]
            return
        self.lines += [f"<details><summary>The {len(runs)} commands</summary>", "", "```sh",
                       *runs, "```", "", "</details>", ""]

    def table(self, name, columns, rows, runs):
        """A table, its CSV and the commands that made it."""
        self.lines.append(markdown_row([column.title for column in columns]))
        self.lines.append(markdown_row(["---"] + ["---:"] * (len(columns) - 1)))
        for row in rows:
            line = markdown_row([c.text(value) for c, value in zip(columns, row, strict=True)])
            self.lines.append(line)
            self.rows.append(line)
        self.lines.append("")
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name for column in columns])
        writer.writerows([csv_value(value) for value in row] for row in rows)
        self.files[f"data/{name}.csv"] = out.getvalue()
        self.lines += [f"Data: [{name}.csv](data/{name}.csv).", ""]
        self.commands(runs)

    def picture(self, name, caption, files):
        """A picture as style.render() gives it: {extension: bytes}."""
        for extension, content in files.items():
            self.files[f"pictures/{name}.{extension}"] = content
        self.lines += [f"![{caption}](pictures/{name}.svg)", "",
                       f"*{caption}* ([PNG](pictures/{name}.png))", ""]

    def markdown(self):
        return "\n".join(self.lines).rstrip("\n") + "\n"

    def contents(self):
        """{path: bytes} of everything."""
        files = {"README.md": self.markdown(), **self.files}
        return {path: content.encode() if isinstance(content, str) else content
                for path, content in files.items()}

    def write(self):
        for path, content in self.contents().items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for part in ("data", "pictures"):  # of tables and pictures that are no more
            for target in (self.folder / part).glob("*"):
                if f"{part}/{target.name}" not in self.files:
                    target.unlink()
