"""Verilog of the processing element's parts, described at gate level where synthesis must not choose.

The multiplier is a signed radix-4 Booth multiplier with a Dadda tree and a Sklansky adder; the carry-propagate adder is
Sklansky as well. yosys 0.23 has no Booth pass, and generic `*` and `+` would be worse than either.
The streamed operand is recoded: it is 0 while weights are loaded, so all partial products stay 0 then.
"""


class Netlist:
    """Collects wires and assignments of one flat module."""

    def __init__(self):
        self.lines = []
        self.count = 0

    def net(self, expression):
        name = f'net_{self.count}'
        self.count += 1
        self.lines.append(f'  wire {name} = {expression};')
        return name

    def module(self, name, ports, outputs):
        text = [f'module {name}({", ".join(ports)});']
        text += self.lines
        text += [f'  assign {target} = {source};' for target, source in outputs]
        return '\n'.join(text + ['endmodule', ''])


def sklansky(netlist, generate, propagate):
    """Group generate of bits 0..i for each i."""
    g, p = list(generate), list(propagate)
    span = 1
    while span < len(g):
        for i in range(len(g)):
            if i & span:
                j = (i // span) * span - 1
                g[i] = netlist.net(f'{g[i]} | ({p[i]} & {g[j]})')
                p[i] = netlist.net(f'{p[i]} & {p[j]}')
        span *= 2
    return g


def add_vectors(netlist, x, y, enable=None):
    """Sum bits of two lists of nets (entries may be None for 0), modulo 2^len."""
    gate = f' & {enable}' if enable else ''
    half, generate = [], []
    for a, b in zip(x, y):
        present = [net for net in (a, b) if net is not None]
        if len(present) == 2:
            half.append(netlist.net(f'({a} ^ {b}){gate}'))
            generate.append(netlist.net(f'{a} & {b}{gate}'))
        else:
            half.append(netlist.net(f'{present[0]}{gate}' if present else "1'b0"))
            generate.append("1'b0")
    carry = sklansky(netlist, generate[:-1], half[:-1])
    return [half[0]] + [netlist.net(f'{half[i]} ^ {carry[i - 1]}') for i in range(1, len(half))]


def booth_rows(netlist, width):
    """Columns of partial-product bits of w times a, which is recoded."""
    columns = [[] for _ in range(2 * width)]
    constant = 0
    for row in range(width // 2):
        low = f'a[{2 * row - 1}]' if row else "1'b0"
        mid, high = f'a[{2 * row}]', f'a[{2 * row + 1}]'
        one = netlist.net(f'{mid} ^ {low}')
        two = netlist.net(f'({high} & ~{mid} & ~{low}) | (~{high} & {mid} & {low})')
        negative = netlist.net(f'{high} & ~({mid} & {low})')
        for bit in range(width + 1):
            single = f'w[{min(bit, width - 1)}]'
            double = f'w[{bit - 1}]' if bit else "1'b0"
            product = f'((({one} & {single}) | ({two} & {double})) ^ {negative})'
            column = 2 * row + bit
            if column < 2 * width:
                # The sign bit is inverted; its constant is added below.
                columns[column].append(netlist.net(('~' if bit == width else '') + product))
        constant -= 1 << (2 * row + width)
        columns[2 * row].append(negative)
    for column in range(2 * width):
        if (constant >> column) & 1:
            columns[column].append("1'b1")
    return columns


def dadda(netlist, columns):
    """Reduces columns to at most two bits each."""
    heights = [2]
    while heights[-1] < max(len(c) for c in columns):
        heights.append(heights[-1] * 3 // 2)
    for target in reversed(heights):
        for i, column in enumerate(columns):
            while len(column) > target:
                x, y = column.pop(0), column.pop(0)
                if len(column) + 1 == target:
                    total, carry = f'{x} ^ {y}', f'{x} & {y}'
                else:
                    z = column.pop(0)
                    total = f'{x} ^ {y} ^ {z}'
                    carry = f'({x} & {y}) | ({x} & {z}) | ({y} & {z})'
                column.append(netlist.net(total))
                if i + 1 < len(columns):
                    columns[i + 1].append(netlist.net(carry))
    return columns


SIGN_BITS_PER_BUFFER = 8


def multiplier(name, width, acc_width, buffer):
    """p = a * w, sign-extended to the accumulator's width by buffers of the library."""
    netlist = Netlist()
    columns = dadda(netlist, booth_rows(netlist, width))
    x = [c[0] if c else None for c in columns]
    y = [c[1] if len(c) > 1 else None for c in columns]
    total = add_vectors(netlist, x, y)
    sign, extension = total[-1], acc_width - 2 * width
    for first in range(0, extension, SIGN_BITS_PER_BUFFER):
        net = f'sign_{first}'
        netlist.lines.append(f'  wire {net};\n  {buffer.name} buffer_{first} (.{buffer.inputs[0]}({sign}), '
                             f'.{buffer.outputs[0]}({net}));')
        total += [net] * min(SIGN_BITS_PER_BUFFER, extension - first)
    ports = [f'input [{width - 1}:0] a', f'input [{width - 1}:0] w', f'output [{acc_width - 1}:0] p']
    return netlist.module(name, ports, [(f'p[{i}]', net) for i, net in enumerate(total)])


def adder(name, width, isolated):
    """s = x + y; with isolation the first level also holds both at 0 unless en."""
    netlist = Netlist()
    x = [f'x[{i}]' for i in range(width)]
    y = [f'y[{i}]' for i in range(width)]
    total = add_vectors(netlist, x, y, 'en' if isolated else None)
    ports = [f'input [{width - 1}:0] x', f'input [{width - 1}:0] y', f'output [{width - 1}:0] s']
    if isolated:
        ports.append('input en')
    return netlist.module(name, ports, [(f's[{i}]', net) for i, net in enumerate(total)])


def compressor(name, width):
    """3:2 compressor; c is carried one bit up by its user, whose top carry is dropped."""
    bits = f'[{width - 1}:0]'
    carries = f'[{width - 2}:0]'
    return (f'module {name}(input {bits} x, input {bits} y, input {bits} z, output {bits} s, '
            f'output {carries} c);\n  assign s = x ^ y ^ z;\n'
            f'  assign c = (x{carries} & y{carries}) | (x{carries} & z{carries}) | (y{carries} & z{carries});\n'
            'endmodule\n')


def mux(name, width):
    bits = f'[{width - 1}:0]'
    return (f'module {name}(input {bits} x, input {bits} y, input sel, output {bits} s);\n'
            f'  assign s = sel ? y : x;\nendmodule\n')


def gate_off(name, width):
    """Carry mux: its other input is 0."""
    bits = f'[{width - 1}:0]'
    return (f'module {name}(input {bits} x, input sel, output {bits} s);\n'
            f'  assign s = x & {{{width}{{~sel}}}};\nendmodule\n')


def pe_parts(width, acc_width, buffer):
    """Verilog of all parts by their name."""
    return {
        'multiplier': multiplier('multiplier', width, acc_width, buffer),
        'adder': adder('adder', acc_width, False),
        'isolated_adder': adder('isolated_adder', acc_width, True),
        'compressor': compressor('compressor', acc_width),
        'operand_mux': mux('operand_mux', width),
        'sum_mux': mux('sum_mux', acc_width),
        'carry_mux': gate_off('carry_mux', acc_width - 1),
    }
