"""Reads value change dumps (VCD, IEEE 1364) of two-valued signals."""

import bisect


class VcdError(Exception):
    """The text is no such file; the message names line and reason."""


class Signal:
    """One variable: `changes` is a list of (time, value as an integer), times rising."""

    def __init__(self, name, width):
        self.name = name
        self.width = width
        self.changes = []

    def at(self, time):
        """The value that holds at a time; None before the first."""
        index = bisect.bisect_right(self.changes, (time, float("inf")))
        return self.changes[index - 1][1] if index else None


class Vcd:
    """`signals` by full name, scopes joined by dots; `timescale` as (number, unit); `begin` and `end`
    are the first and last time in the file."""

    def __init__(self):
        self.signals = {}
        self.timescale = None
        self.begin = None
        self.end = None


def _read_header(words, vcd):
    by_id, scopes = {}, []
    for line, word in words:
        if word == "$enddefinitions":
            if next(words)[1] != "$end":
                raise VcdError(f"line {line}: $enddefinitions without $end")
            if scopes:
                raise VcdError(f"line {line}: a scope is still open")
            return by_id
        section = []
        for _, part in words:
            if part == "$end":
                break
            section.append(part)
        else:
            raise VcdError(f"line {line}: {word} without $end")
        if word == "$timescale":
            text = "".join(section)
            number = text.rstrip("smunpf")
            vcd.timescale = (int(number), text[len(number):])
        elif word == "$scope":
            scopes.append(section[1])
        elif word == "$upscope":
            scopes.pop()
        elif word == "$var":
            width, identifier, name = int(section[1]), section[2], section[3]
            signal = Signal(".".join([*scopes, name]), width)
            if section[4:] not in ([], [f"[{width - 1}:0]"]):
                raise VcdError(f"line {line}: the range of {signal.name} is not its width")
            if signal.name in vcd.signals:
                raise VcdError(f"line {line}: a second {signal.name}")
            vcd.signals[signal.name] = signal
            by_id.setdefault(identifier, []).append(signal)
        elif word not in ("$date", "$version", "$comment"):
            raise VcdError(f"line {line}: unknown section {word}")
    raise VcdError("no $enddefinitions")


def _read_changes(words, vcd, by_id):
    for line, word in words:
        if word.startswith("#"):
            time = int(word[1:])
            if vcd.begin is None:
                vcd.begin = time
            elif time < vcd.end:
                raise VcdError(f"line {line}: time falls")
            vcd.end = time
            continue
        if word in ("$dumpvars", "$end"):
            continue
        if word[0] in "01":
            digits, identifier = word[0], word[1:]
        elif word[0] == "b":
            digits, identifier = word[1:], next(words)[1]
        else:
            raise VcdError(f"line {line}: unexpected {word}")
        if identifier not in by_id or vcd.end is None:
            raise VcdError(f"line {line}: a value of nothing, or without a time")
        for signal in by_id[identifier]:
            if len(digits) > signal.width:
                raise VcdError(f"line {line}: {digits} is wider than {signal.name}")
            signal.changes.append((vcd.end, int(digits, 2)))


def read_vcd(path):
    """A Vcd; raises VcdError and OSError."""
    vcd = Vcd()
    with open(path, encoding="ascii") as file:
        words = ((number, word) for number, line in enumerate(file, 1) for word in line.split())
        by_id = _read_header(words, vcd)
        _read_changes(words, vcd, by_id)
    return vcd
