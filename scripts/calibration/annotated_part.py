"""A mapped part with loads, slews, delays and energies of every cell, written as timed Verilog."""

import re

IDENTIFIER = re.compile(r'[A-Za-z_]\w*')


class AnnotatedPart:
    """Combinational netlist of single-output cells."""

    def __init__(self, name, module, library):
        self.name = name
        self.library = library
        self.ports = module['ports']
        self.gates = []
        for instance in module['cells'].values():
            cell = library.cell(instance['type'])
            pins = {p: bits[0] for p, bits in instance['connections'].items()}
            self.gates.append((cell, pins))
        self._sort()
        self.pin_cap = {}
        for cell, pins in self.gates:
            for pin in cell.inputs:
                self.pin_cap[pins[pin]] = self.pin_cap.get(pins[pin], 0.0) + cell.input_cap(pin)

    def _sort(self):
        driver = {pins[cell.outputs[0]]: i for i, (cell, pins) in enumerate(self.gates)}
        order, state = [], {}
        for root in range(len(self.gates)):
            stack = [root]
            while stack:
                i = stack[-1]
                if state.get(i) == 2:
                    stack.pop()
                    continue
                cell, pins = self.gates[i]
                waiting = [driver[pins[p]] for p in cell.inputs
                           if pins[p] in driver and state.get(driver[pins[p]]) != 2]
                if waiting and state.get(i) != 1:
                    state[i] = 1
                    stack.extend(waiting)
                else:
                    state[i] = 2
                    order.append(i)
                    stack.pop()
        self.gates = [self.gates[i] for i in order]

    def area(self):
        return sum(cell.area for cell, _ in self.gates)

    def leakage_nw(self):
        return sum(cell.leakage() for cell, _ in self.gates) * self.library.leakage_nw

    def input_caps(self, port):
        """Load per bit that a port puts on its driver, in library units."""
        return [self.pin_cap.get(bit, 0.0) for bit in self.ports[port]['bits']]

    def annotate(self, output_loads, input_slew):
        """output_loads: per output port, the load of each bit."""
        load = dict(self.pin_cap)
        for port, loads in output_loads.items():
            bits = self.ports[port]['bits']
            if len(bits) != len(loads):
                raise ValueError(f'{self.name}.{port}: {len(bits)} bits, {len(loads)} loads')
            for bit, extra in zip(bits, loads):
                load[bit] = load.get(bit, 0.0) + extra
        slew = {}
        half_v2 = 0.5 * self.library.voltage ** 2
        self.annotations = []
        for cell, pins in self.gates:
            out = cell.outputs[0]
            net = pins[out]
            arriving = [slew.get(pins[p], input_slew) for p in cell.inputs]
            mean_slew = sum(arriving) / len(arriving)
            driven = load.get(net, 0.0)
            rise, fall, rise_slew, fall_slew = cell.timing(out, mean_slew, driven)
            slew[net] = 0.5 * (rise_slew + fall_slew)
            energy = cell.internal_energy(out, mean_slew, driven) + half_v2 * driven
            scale = self.library.time_ps
            self.annotations.append((max(rise * scale, 0.01), max(fall * scale, 0.01),
                                     energy * self.library.energy_fj))

    def energies_fj(self):
        """Energy per toggle of each cell's output, in the order of dump()."""
        return [a[2] for a in self.annotations]

    def verilog(self):
        """Timed module: `energy` adds up every toggle, dump() writes the settled nets."""
        names = {'0': "1'b0", '1': "1'b1", 'x': "1'b0"}
        ports = []
        for port, info in self.ports.items():
            ports.append(f"{info['direction']} [{len(info['bits']) - 1}:0] {port}")
            if info['direction'] == 'input':
                for i, bit in enumerate(info['bits']):
                    names[bit] = f'{port}[{i}]'
        lines = [f'module {self.name}({", ".join(ports)});', '  real energy = 0;']
        nets = []
        for i, (cell, pins) in enumerate(self.gates):
            names[pins[cell.outputs[0]]] = f'n{i}'
            nets.append(f'n{i}')
        lines.append(f'  wire {", ".join(nets)};')
        for i, ((cell, pins), (rise, fall, energy)) in enumerate(zip(self.gates, self.annotations)):
            function = cell.pins[cell.outputs[0]].attributes['function']
            function = function.replace('*', '&').replace('+', '|').replace('!', '~')
            expression = IDENTIFIER.sub(lambda m, pins=pins: names[pins[m.group()]], function)
            lines.append(f'  assign #({rise:.2f},{fall:.2f}) n{i} = {expression};')
            lines.append(f'  always @(n{i}) energy = energy + {energy:.6g};')
        for port, info in self.ports.items():
            if info['direction'] == 'output':
                lines += [f'  assign {port}[{i}] = {names[bit]};' for i, bit in enumerate(info['bits'])]
        lines.append(f'  task dump; $write(" %b", {{{", ".join(nets)}}}); endtask')
        return '\n'.join(lines + ['endmodule', ''])
