"""Static timing of the parts with OpenSTA, used for delays only."""

import re
from pathlib import Path

from .synthesis import ToolError, run_tool

# The period is short: a slack is a 32-bit number, and a large one would hide which path is longest.
HEAD = '''
read_liberty {liberty}
read_verilog {netlist}
link_design {top}
create_clock -name virtual -period 1
'''


def _run(work, name, script, liberty, netlist, top):
    path = Path(work) / f'{name}.tcl'
    path.write_text(HEAD.format(liberty=liberty, netlist=netlist, top=top) + script + '\nexit\n')
    output = run_tool(['sta', '-no_splash', '-exit', path.name], cwd=work)
    if 'Error' in output:
        raise ToolError(f'sta failed on {name}:\n{output[-1500:]}')
    return output


def _arrival(output, name):
    times = [float(t) for t in re.findall(r'([\d.]+)\s+data arrival time', output)]
    if not times:
        raise ToolError(f'sta found no path in {name}:\n{output[-1500:]}')
    return max(times)


def part_delay_ps(library, liberty_path, work, name, reference, static_inputs=()):
    """Worst delay from the data inputs to the outputs, in ps.

    Inputs are driven by the reference inverter, outputs loaded with its input. The inverter's own
    delay at that load is taken off again, so what a part costs its driver beyond it is the part's.
    """
    cell, pin = reference.name, reference.inputs[0]
    load = reference.input_cap(pin)
    lines = [f'set_driving_cell -lib_cell {cell} [all_inputs]', 'set_input_delay 0 -clock virtual [all_inputs]',
             'set_output_delay 0 -clock virtual [all_outputs]', f'set_load {load} [all_outputs]']
    lines += [f'set_false_path -from [get_ports {{{port}}}]' for port in static_inputs]
    lines += ['report_checks -path_delay max -digits 6']
    script = '\n'.join(lines)
    total = _arrival(_run(work, name, script, liberty_path, f'{name}.v', name), name)
    return total * library.time_ps - _driver_delay_ps(library, liberty_path, work, reference)


def _driver_delay_ps(library, liberty_path, work, reference):
    """Delay of the reference inverter into its own like, as a driving cell sees it."""
    pin, out = reference.inputs[0], reference.outputs[0]
    (Path(work) / 'driver.v').write_text(
        f'module driver(input a, output y);\n  {reference.name} u (.{pin}(a), .{out}(y));\nendmodule\n')
    load = reference.input_cap(pin)
    # A driving cell has an ideal edge at its input.
    script = '\n'.join(['set_input_transition 0 [all_inputs]', 'set_input_delay 0 -clock virtual [all_inputs]',
                        'set_output_delay 0 -clock virtual [all_outputs]', f'set_load {load} [all_outputs]',
                        'report_checks -path_delay max -digits 6'])
    return _arrival(_run(work, 'driver', script, liberty_path, 'driver.v', 'driver'), 'driver') * library.time_ps


def flip_flop_delay_ps(library, liberty_path, work, register_verilog, reference):
    """(clock to output, setup) of a register bit `register_bit`(clk, d, q)."""
    (Path(work) / 'register_bit.v').write_text(register_verilog)
    cell, pin = reference.name, reference.inputs[0]
    load = reference.input_cap(pin)
    common = [
        'create_clock -name clock -period 1 [get_ports clk]', f'set_load {load} [all_outputs]',
        f'set_driving_cell -lib_cell {cell} [all_inputs]', 'set_input_delay 0 -clock clock [get_ports d]',
        'set_output_delay 0 -clock clock [all_outputs]']
    out = _run(work, 'register_q', '\n'.join(common + ['report_checks -path_delay max -digits 6 -from [get_ports clk]', 'report_checks -path_delay max -digits 6 -to [get_ports q]']),
               liberty_path, 'register_bit.v', 'register_bit')
    clock_to_q = _arrival(out, 'register_bit')
    out = _run(work, 'register_d', '\n'.join(common + ['report_checks -path_delay max -digits 6 -from [get_ports d]']),
               liberty_path, 'register_bit.v', 'register_bit')
    setup = re.search(r'(-?[\d.]+)\s+-?[\d.]+\s+library setup time', out)
    if setup is None:
        raise ToolError(f'sta reports no setup time:\n{out[-1500:]}')
    return clock_to_q * library.time_ps, abs(float(setup.group(1))) * library.time_ps
