"""A strict reader of backward SAIF 2.0 files (IEEE 1801, annex on the Switching Activity Interchange
Format), written from the format's grammar:

    file      := '(' 'SAIFILE' version {header} instance {instance} ')'
    version   := '(' 'SAIFVERSION' '"2.0"' ')'
    header    := '(' 'DIRECTION' '"backward"' ')'           required
               | '(' 'DESIGN' [string] ')'
               | '(' ('DATE' | 'VENDOR' | 'PROGRAM_NAME' | 'VERSION') [string] ')'
               | '(' 'DIVIDER' ('/' | '.') ')'
               | '(' 'TIMESCALE' ('1' | '10' | '100') unit ')'   unit := s | ms | us | ns | ps | fs
               | '(' 'DURATION' number ')'                   required
    instance  := '(' 'INSTANCE' [string] name {nets} {instance} ')'
    nets      := '(' ('NET' | 'PORT') net {net} ')'
    net       := '(' name attribute {attribute} ')'
    attribute := '(' ('T0' | 'T1' | 'TX' | 'TZ' | 'TB' | 'TC' | 'TG' | 'IG' | 'IK') number ')'

Headers come at most once, in the order above. Names are identifiers in which a backslash makes any
character a part of the name. State- and path-dependent attributes are not read. Beyond the grammar, a
net has each attribute once, T0, T1 and TC among them, and its times add up to the duration; names are
unique.
"""

import re

HEADERS = ("DIRECTION", "DESIGN", "DATE", "VENDOR", "PROGRAM_NAME", "VERSION", "DIVIDER",
           "TIMESCALE", "DURATION")
TIMES = ("T0", "T1", "TX", "TZ", "TB")
ATTRIBUTES = (*TIMES, "TC", "TG", "IG", "IK")
TOKEN = re.compile(r"""
    (?P<blank>\s+)
  | (?P<comment>//[^\n]*|/\*.*?\*/)
  | (?P<open>\() | (?P<close>\))
  | (?P<string>"(?:[^"\\\n]|\\.)*")
  | (?P<number>[0-9]+(?:\.[0-9]+)?(?=[\s()]))
  | (?P<name>(?:[A-Za-z_]|\\[^\s])(?:[A-Za-z0-9_$]|\\[^\s])*(?=[\s()]))
  | (?P<divider>[/.])
""", re.VERBOSE | re.DOTALL)


class SaifError(Exception):
    """The text is no SAIF file; the message names line and reason."""


class Instance:
    def __init__(self, name):
        self.name = name
        self.nets = {}
        self.instances = {}

    def walk(self, path=()):
        """All nets below: (path of instances, name of the net, its attributes)."""
        path = (*path, self.name)
        for name, attributes in self.nets.items():
            yield path, name, attributes
        for instance in self.instances.values():
            yield from instance.walk(path)


class Saif:
    def __init__(self, header, tops):
        self.header = header
        self.tops = tops
        self.duration = header["DURATION"]

    def nets(self):
        for top in self.tops.values():
            yield from top.walk()


class _Parser:
    def __init__(self, text):
        self.text = text
        self.tokens = self._scan()
        self.kind, self.value, self.position = None, None, 0
        self._advance()

    def _scan(self):
        position = 0
        while position < len(self.text):
            match = TOKEN.match(self.text, position)
            if match is None:
                self.position = position
                self.fail(f"unexpected {self.text[position:position + 10]!r}")
            if match.lastgroup not in ("blank", "comment"):
                yield match.lastgroup, match.group(), position
            position = match.end()
        yield "end", "the end of the file", len(self.text)

    def _advance(self):
        self.kind, self.value, self.position = next(self.tokens)

    def fail(self, reason):
        line = self.text.count("\n", 0, self.position) + 1
        raise SaifError(f"line {line}: {reason}")

    def take(self, kind, value=None):
        if self.kind != kind or (value is not None and self.value != value):
            self.fail(f"expected {value or kind}, found {self.value!r}")
        taken = self.value
        self._advance()
        return taken

    def name(self):
        return re.sub(r"\\(.)", r"\1", self.take("name"))

    def string(self):
        return re.sub(r"\\(.)", r"\1", self.take("string")[1:-1])

    def number(self):
        text = self.take("number")
        return float(text) if "." in text else int(text)

    def file(self):
        self.take("open")
        self.take("name", "SAIFILE")
        self.take("open")
        self.take("name", "SAIFVERSION")
        self.take("string", '"2.0"')
        self.take("close")
        header = {}
        self.take("open")
        while self.value != "INSTANCE":
            self.header_entry(header)
            self.take("open")
        for required in ("DIRECTION", "DURATION"):
            if required not in header:
                self.fail(f"{required} is missing")
        tops = {}
        self.instance(tops, header["DURATION"])
        while self.kind == "open":
            self._advance()
            self.instance(tops, header["DURATION"])
        self.take("close")
        if self.kind != "end":
            self.fail(f"{self.value!r} behind the file's end")
        return Saif(header, tops)

    def header_entry(self, header):
        key = self.take("name")
        if key not in HEADERS:
            self.fail(f"unknown entry {key}")
        if any(HEADERS.index(other) >= HEADERS.index(key) for other in header):
            self.fail(f"{key} comes twice or too late")
        if key == "DIRECTION":
            header[key] = self.take("string", '"backward"')[1:-1]
        elif key == "DIVIDER":
            header[key] = self.take("divider")
        elif key == "TIMESCALE":
            header[key] = (self.number(), self.take("name"))
            if header[key][0] not in (1, 10, 100):
                self.fail("a timescale is 1, 10 or 100 units")
            if header[key][1] not in ("s", "ms", "us", "ns", "ps", "fs"):
                self.fail("unknown unit of time")
        elif key == "DURATION":
            header[key] = self.number()
        else:
            header[key] = self.string() if self.kind == "string" else ""
        self.take("close")

    def instance(self, siblings, duration):
        self.take("name", "INSTANCE")
        if self.kind == "string":
            self.string()
        instance = Instance(self.name())
        if instance.name in siblings:
            self.fail(f"a second instance {instance.name}")
        siblings[instance.name] = instance
        while self.kind == "open":
            self._advance()
            if self.value in ("NET", "PORT"):
                if instance.instances:
                    self.fail(f"{self.value} behind an instance")
                self._advance()
                self.net(instance, duration)
                while self.kind == "open":
                    self.net(instance, duration)
                self.take("close")
            else:
                self.instance(instance.instances, duration)
        self.take("close")

    def net(self, instance, duration):
        self.take("open")
        name = self.name()
        if name in instance.nets:
            self.fail(f"a second net {name}")
        attributes = {}
        while self.kind == "open":
            self._advance()
            key = self.take("name")
            if key not in ATTRIBUTES or key in attributes:
                self.fail(f"{key} twice, or no attribute")
            attributes[key] = self.number()
            self.take("close")
        for required in ("T0", "T1", "TC"):
            if required not in attributes:
                self.fail(f"net {name} without {required}")
        if sum(attributes.get(key, 0) for key in TIMES) != duration:
            self.fail(f"the times of net {name} do not add up to {duration}")
        self.take("close")
        instance.nets[name] = attributes


def read_saif(text):
    """A Saif; raises SaifError."""
    return _Parser(text).file()
