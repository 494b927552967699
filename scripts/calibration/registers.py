"""One register bit: flip-flop (with an inverter where the library's inverts), clock gate and energies."""

from dataclasses import dataclass


@dataclass
class RegisterBit:
    flip_flop: object
    inverter: object  # None where the flip-flop's output is true
    clock_pin: str
    data_pin: str

    def area(self):
        return self.flip_flop.area + (self.inverter.area if self.inverter else 0.0)

    def leakage(self):
        return self.flip_flop.leakage() + (self.inverter.leakage() if self.inverter else 0.0)

    def verilog(self):
        out = self.flip_flop.outputs[0]
        lines = ['module register_bit(input clk, input d, output q);']
        target = 'q'
        if self.inverter:
            target = 'inverted'
            lines += ['  wire inverted;', f'  {self.inverter.name} inv (.{self.inverter.inputs[0]}(inverted), '
                      f'.{self.inverter.outputs[0]}(q));']
        lines += [f'  {self.flip_flop.name} ff (.{self.clock_pin}(clk), .{self.data_pin}(d), .{out}({target}));',
                  'endmodule', '']
        return '\n'.join(lines)

    def toggle_energy_fj(self, library, slew, load):
        """Energy of one change of the stored bit: data pin, flip-flop, inverter, driven net."""
        half_v2 = 0.5 * library.voltage ** 2
        flip_flop = self.flip_flop
        energy = flip_flop.internal_energy(self.data_pin, slew, 0)
        out = flip_flop.outputs[0]
        if not self.inverter:
            return (energy + flip_flop.internal_energy(out, slew, load) + half_v2 * load) * library.energy_fj
        middle = self.inverter.input_cap(self.inverter.inputs[0])
        energy += flip_flop.internal_energy(out, slew, middle) + half_v2 * middle
        energy += self.inverter.internal_energy(self.inverter.outputs[0], slew, load) + half_v2 * load
        return energy * library.energy_fj

    def clock_energy_fj(self, library, slew):
        """Energy of one clock cycle at the flip-flop without a change of data."""
        pin = self.flip_flop.input_cap(self.clock_pin)
        internal = 2 * self.flip_flop.internal_energy(self.clock_pin, slew, 0)
        return (internal + pin * library.voltage ** 2) * library.energy_fj


def register_bit(library, inverter):
    """The library's smallest flip-flop as a register bit; `inverter` restores an inverted output."""
    cell = library.flip_flop()
    flip_flop = cell.group.of('ff')[0]
    function = cell.pins[cell.outputs[0]].attributes['function'].strip('()" ')
    stores_inverse = '!' in flip_flop.attributes['next_state']
    shows_inverse = function == flip_flop.args[1] or function == '!' + flip_flop.args[0]
    clock = flip_flop.attributes['clocked_on'].strip('()" ')
    data = next(p for p in cell.inputs if p != clock)
    return RegisterBit(cell, inverter if stores_inverse != shows_inverse else None, clock, data)


@dataclass
class ClockGate:
    """The clock-gating cell of one register word."""

    cell: object
    width: int

    def energies_fj(self, library, slew, load):
        """(per clocked bit-cycle, per gated bit-cycle): the cell's share of one bit."""
        cell = self.cell
        out = cell.outputs[0]
        clock = next(p for p in cell.inputs
                     if cell.pins[p].attributes.get('clock_gate_clock_pin') == 'true')
        pin = cell.input_cap(clock) * library.voltage ** 2
        idle = 2 * cell.internal_energy(clock, slew, 0)
        active = 2 * cell.internal_energy(out, slew, load)
        if active <= 0:  # some libraries put the energy of both into the clock pin
            active = idle
        scale = library.energy_fj / self.width
        return (active + pin) * scale, (idle + pin) * scale
