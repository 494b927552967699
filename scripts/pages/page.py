"""The generated page: Markdown text, tables (also as CSV) and pictures."""

import contextlib
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
    """Collects the files of the page; nothing is written before write().

    `name` is the page's file in the folder; data/ and pictures/ stand in `parts`, a folder below it
    ("NAME/") or the folder itself ("")."""

    def __init__(self, folder, name="README.md", parts=""):
        self.folder, self.name, self.parts = folder, name, parts
        self.lines = []
        self.files = {}  # path inside the folder: text or bytes

    def heading(self, level, text):
        self.lines += ["#" * level + " " + text, ""]

    def text(self, text):
        self.lines += [" ".join(text.split()), ""]

    def bullets(self, items):
        self.lines += ["- " + " ".join(item.split()) for item in items] + [""]

    @contextlib.contextmanager
    def folded(self, summary):
        """What is added inside stands folded away below the summary."""
        self.lines += [f"<details><summary>{summary}</summary>", ""]
        yield
        self.lines += ["</details>", ""]

    @staticmethod
    def checked(condition, text):
        """The text, which depends on the figures: the page is not written once it is wrong."""
        if not condition:
            command.fail(f"no longer true, the text needs another look: {' '.join(text.split())}")
        return text

    def claim(self, condition, text):
        self.text(self.checked(condition, text))

    def commands(self, runs):
        """The commands behind what stands above; none: the text says where they are."""
        runs = list(dict.fromkeys(command.text(run) for run in runs))
        if not runs:
            return
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
            cells = [column.text(value) for column, value in zip(columns, row, strict=True)]
            self.lines.append(markdown_row(cells))
        self.lines.append("")
        self.data(name, [column.name for column in columns], rows)
        self.commands(runs)

    def data(self, name, column_names, rows):
        """A table as CSV only."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(column_names)
        writer.writerows([csv_value(value) for value in row] for row in rows)
        path = f"{self.parts}data/{name}.csv"
        self.files[path] = out.getvalue()
        self.lines += [f"Data: [{name}.csv]({path}).", ""]

    def picture(self, name, caption, files):
        """A picture as style.render() gives it: {extension: bytes}."""
        for extension, content in files.items():
            self.files[f"{self.parts}pictures/{name}.{extension}"] = content
        self.lines += [f"![{caption}]({self.parts}pictures/{name}.svg)", "",
                       f"*{caption}* ([PNG]({self.parts}pictures/{name}.png))", ""]

    def markdown(self):
        return "\n".join(self.lines).rstrip("\n") + "\n"

    def contents(self):
        """{path: bytes} of everything."""
        files = {self.name: self.markdown(), **self.files}
        return {path: content.encode() if isinstance(content, str) else content
                for path, content in files.items()}

    def write(self):
        for path, content in self.contents().items():
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        for part in ("data", "pictures"):  # of tables and pictures that are no more
            for target in (self.folder / self.parts / part).glob("*"):
                if f"{self.parts}{part}/{target.name}" not in self.files:
                    target.unlink()
