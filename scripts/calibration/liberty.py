"""Reads Liberty files: groups, tables and a pruned merge that yosys, abc and OpenSTA accept."""

import re
from dataclasses import dataclass, field

import numpy as np

TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}();:,]|[^\s{}();:,"]+')
CELL = re.compile(r'^\s*cell\s*\(\s*"?([^\s")]+)"?\s*\)\s*\{', re.M)
# Cells that are not for random logic: delay lines, clock trees, probes, level shifters, power gating.
SPECIAL_CELLS = r'lpflow|dly|probe|clk(?!p)|macro|decap|bleeder|CKINV|^HB\d|TIE|conb|DC_|bufinv|bufbuf'


class LibertyError(Exception):
    """A Liberty file cannot be used; the message names file and reason."""


@dataclass
class Group:
    """name (args) { attributes; groups }"""

    kind: str
    args: list
    attributes: dict = field(default_factory=dict)
    groups: list = field(default_factory=list)

    def of(self, *kinds):
        return [g for g in self.groups if g.kind in kinds]

    def number(self, key, default=0.0):
        return float(self.attributes.get(key, default))


def _unquote(token):
    return token[1:-1] if token.startswith('"') else token


def parse_group(text):
    """The first group in text."""
    tokens = TOKEN.findall(text.replace('\\\n', ' '))
    group, _ = _parse(tokens, 0)
    return group


def _arguments(tokens, position):
    args = []
    while tokens[position] != ')':
        if tokens[position] != ',':
            args.append(_unquote(tokens[position]))
        position += 1
    return args, position + 1


def _parse(tokens, position):
    kind = tokens[position]
    args, position = _arguments(tokens, position + 2)
    group = Group(kind, args)
    position += 1
    while tokens[position] != '}':
        name, following = tokens[position], tokens[position + 1]
        if following == ':':
            position += 2
            value = []
            while tokens[position] not in (';', '}'):
                value.append(_unquote(tokens[position]))
                position += 1
            group.attributes[name] = ' '.join(value)
        elif following == '(':
            args, after = _arguments(tokens, position + 2)
            if after < len(tokens) and tokens[after] == '{':
                child, position = _parse(tokens, position)
                group.groups.append(child)
                continue
            group.attributes[name] = args
            position = after
        else:
            position += 1
            continue
        if tokens[position] == ';':
            position += 1
    return group, position + 1


def _end_of_group(text, start):
    depth = 0
    for match in re.compile(r'[{}]').finditer(text, start):
        depth += 1 if match.group() == '{' else -1
        if depth == 0:
            return match.end()
    raise LibertyError('unbalanced braces')


def _remove_groups(text, kind):
    """Drops groups of one kind that stand directly in the library head."""
    pattern = re.compile(r'^\s*%s\s*\([^)]*\)\s*\{' % kind, re.M)
    while True:
        match = pattern.search(text)
        if match is None:
            return text
        text = text[: match.start()] + text[_end_of_group(text, match.start()):]


class Table:
    """NLDM table: index 1 is the input slew, index 2 the output load, in library units."""

    def __init__(self, group):
        floats = [[float(x) for x in re.split(r'[\s,]+', row.strip(' ,\t\n')) if x]
                  for row in group.attributes['values']]
        self.values = np.array([x for row in floats for x in row])
        self.axes = []
        for key in ('index_1', 'index_2'):
            if key in group.attributes:
                self.axes.append(
                    np.array([float(x) for x in re.split(r'[\s,]+', group.attributes[key][0].strip()) if x]))
        if self.axes:
            self.values = self.values.reshape([len(axis) for axis in self.axes])

    def at(self, slew, load):
        if not self.axes:
            return float(self.values[0])
        if len(self.axes) == 1:
            return float(np.interp(slew, self.axes[0], self.values))
        # Bilinear, linearly extrapolated as timing tools do.
        fractions = []
        for axis, x in zip(self.axes, (slew, load)):
            i = int(np.clip(np.searchsorted(axis, x) - 1, 0, len(axis) - 2))
            fractions.append((i, (x - axis[i]) / (axis[i + 1] - axis[i])))
        (i, u), (j, v) = fractions
        t = self.values
        return float((1 - u) * ((1 - v) * t[i, j] + v * t[i, j + 1])
                     + u * ((1 - v) * t[i + 1, j] + v * t[i + 1, j + 1]))


class Cell:
    """One cell, parsed on demand."""

    def __init__(self, name, group, voltage):
        self.name = name
        self.group = group
        self.area = group.number('area')
        self.pins = {g.args[0]: g for g in group.of('pin')}
        self.inputs = [n for n, p in self.pins.items() if p.attributes.get('direction') == 'input']
        self.outputs = [n for n, p in self.pins.items() if p.attributes.get('direction') == 'output']
        self.voltage = voltage
        self._tables = {}

    def input_cap(self, pin):
        return self.pins[pin].number('capacitance')

    def leakage(self):
        """In library units: the unconditional value, else the mean of all conditions."""
        if 'cell_leakage_power' in self.group.attributes:
            return self.group.number('cell_leakage_power')
        entries = self.group.of('leakage_power')
        per_rail = {}
        for entry in entries:
            rail = entry.attributes.get('related_pg_pin', '')
            per_rail.setdefault(rail, ([], []))['when' in entry.attributes].append(entry.number('value'))
        return sum(np.mean(plain or conditional) for plain, conditional in per_rail.values())

    def _means(self, pin, group_kind, kinds):
        """Tables of all arcs of a pin, by edge and rail."""
        key = (pin, group_kind)
        if key not in self._tables:
            found = {kind: {} for kind in kinds}
            for arc in self.pins[pin].of(group_kind):
                if arc.attributes.get('timing_type', 'combinational') not in (
                        'combinational', 'rising_edge', 'combinational_rise', 'combinational_fall'):
                    continue
                rail = arc.attributes.get('related_pg_pin', '')
                for table in arc.groups:
                    if table.kind in found:
                        found[table.kind].setdefault(rail, []).append(Table(table))
            self._tables[key] = found
        return self._tables[key]

    def timing(self, pin, slew, load):
        """(rise delay, fall delay, rise slew, fall slew) of an output, the mean over its arcs."""
        kinds = ('cell_rise', 'cell_fall', 'rise_transition', 'fall_transition')
        means = self._means(pin, 'timing', kinds)
        return tuple(
            float(np.mean([t.at(slew, load) for tables in means[k].values() for t in tables])) for k in kinds)

    def internal_energy(self, pin, slew, load):
        """Mean of rise and fall internal energy of a pin in library units (capacitance x V^2).

        Where a library gives a table per rail, both hold the same charge, once measured at the
        supply and once at the ground: their mean is taken, the sum would count it twice.
        """
        means = self._means(pin, 'internal_power', ('rise_power', 'fall_power'))
        edges = []
        for by_rail in means.values():
            rails = [np.mean([t.at(slew, load) for t in tables]) for tables in by_rail.values()]
            edges.append(np.mean(rails) if rails else 0.0)
        return float(np.mean(edges))


class Library:
    """A merged, pruned library: text for the tools, cells for energies."""

    def __init__(self, paths):
        if not paths:
            raise LibertyError('no Liberty file given')
        heads, self._cell_text = [], {}
        for path in paths:
            text = self._read(path)
            matches = list(CELL.finditer(text))
            if not matches:
                raise LibertyError(f'{path}: no cells found')
            heads.append(text[: matches[0].start()])
            for match in matches:
                body = text[match.start(): _end_of_group(text, match.start())]
                if self._is_useful(match.group(1), body):
                    self._cell_text.setdefault(match.group(1), body)
        self._merge_heads(heads)
        self._cells = {}

    @staticmethod
    def _read(path):
        import gzip
        opener = gzip.open if str(path).endswith('.gz') else open
        with opener(path, 'rt', errors='replace') as file:
            text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
        # Some libraries leave out the semicolon at the end of a line.
        return re.sub(r'^([ \t]*\w+[ \t]*:[ \t]*[^;{}"\s][^;{}"\n]*?)[ \t]*$', r'\1;', text, flags=re.M)

    @staticmethod
    def _is_useful(name, body):
        if re.search(SPECIAL_CELLS, name) or 'test_cell' in body or 'three_state' in body:
            return False
        if 'clock_gating_integrated_cell' in body:
            return True
        outputs = len(re.findall(r'direction\s*:\s*"?output', body))
        if outputs != 1:
            return False
        if re.search(r'^\s*ff\s*\(', body, re.M):
            return not re.search(r'\b(clear|preset|clocked_on_also)\s*:', body) and bool(
                re.search(r'next_state\s*:\s*"?!?D"?', body)) and not re.search(
                r'clocked_on\s*:\s*"?!', body)
        if re.search(r'^\s*(latch|statetable)\s*\(', body, re.M):
            return False
        return bool(re.search(r'\bfunction\s*:', body))

    def _merge_heads(self, heads):
        head = heads[0]
        templates = []
        known = set()
        for text in heads:
            for match in re.finditer(
                    r'^\s*((?:lu_table|power_lut)_template)\s*\(\s*"?([^\s")]+)"?\s*\)\s*\{', text, re.M):
                if match.group(2) not in known:
                    known.add(match.group(2))
                    templates.append(text[match.start(): _end_of_group(text, match.start())])
        for kind in ('lu_table_template', 'power_lut_template', 'wire_load', 'normalized_driver_waveform',
                     'wire_load_selection', 'ocv_sigma_templates?'):
            head = _remove_groups(head, kind)
        # No wires before layout: all tools see the same loads.
        head = re.sub(r'^\s*default_wire_load\w*\s*:[^;]*;', '', head, flags=re.M)
        self._head = head + '\n'.join(templates) + '\n'
        # The head ends inside the library group.
        parsed = parse_group(head + '}')
        self.name = parsed.args[0]
        conditions = parsed.of('operating_conditions')
        self.voltage = parsed.number('nom_voltage')
        self.temperature = parsed.number('nom_temperature')
        self.corner = (conditions[0].args[0] + ', ' if conditions else '') + (
            f'{self.voltage:g} V, {self.temperature:g} C')
        amount, unit = parsed.attributes['capacitive_load_unit']
        self.cap_ff = float(amount) * {'ff': 1.0, 'pf': 1000.0}[unit.lower()]
        self.time_ps = self._scaled(parsed.attributes['time_unit'], {'ps': 1.0, 'ns': 1000.0})
        self.leakage_nw = self._scaled(
            parsed.attributes['leakage_power_unit'], {'pW': 1e-3, 'nW': 1.0, 'uW': 1e3, 'mW': 1e6})
        self.energy_fj = self.cap_ff  # internal power tables: capacitance unit x V^2

    @staticmethod
    def _scaled(text, units):
        match = re.match(r'([\d.]+)\s*(\w+)', text)
        return float(match.group(1)) * units[match.group(2)]

    def text(self):
        return self._head + '\n'.join(self._cell_text.values()) + '\n}\n'

    def cell(self, name):
        if name not in self._cells:
            self._cells[name] = Cell(name, parse_group(self._cell_text[name]), self.voltage)
        return self._cells[name]

    def names(self):
        return list(self._cell_text)

    def is_clock_gate(self, name):
        return 'clock_gating_integrated_cell' in self._cell_text[name]

    def is_flip_flop(self, name):
        return bool(re.search(r'^\s*ff\s*\(', self._cell_text[name], re.M))

    def _smallest(self, names, what):
        if not names:
            raise LibertyError(f'library {self.name}: no {what} found')
        return min((self.cell(n) for n in names), key=lambda c: (c.area, c.name))

    def _with_function(self, pattern):
        return [n for n, body in self._cell_text.items()
                if not self.is_clock_gate(n) and not self.is_flip_flop(n)
                and re.search(r'\bfunction\s*:\s*"?\s*%s\s*"?\s*;' % pattern, body)]

    def inverters(self):
        """Inverters, the smallest first."""
        cells = [self.cell(n) for n in self._with_function(r'\(?!\s*\(?\w+\)?\)?')]
        return sorted((c for c in cells if len(c.inputs) == 1),
                      key=lambda c: (c.input_cap(c.inputs[0]), c.name))

    def buffers(self):
        cells = [self.cell(n) for n in self._with_function(r'\(?\w+\)?')]
        return sorted((c for c in cells if len(c.inputs) == 1), key=lambda c: (c.area, c.name))

    def flip_flop(self):
        return self._smallest([n for n in self.names() if self.is_flip_flop(n)], 'rising-edge flip-flop')

    def clock_gate(self, load):
        """The smallest clock-gating cell that may drive a load."""
        gates = [self.cell(n) for n in self.names() if self.is_clock_gate(n)]
        able = [g.name for g in gates if g.pins[g.outputs[0]].number('max_capacitance', 1e9) >= load]
        return self._smallest(able, 'clock-gating cell for this load')
