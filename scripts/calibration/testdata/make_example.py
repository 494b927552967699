#!/usr/bin/python3
"""Prints example.lib: a small made-up library, so that the calibration is tested without a real one.

Delays are linear in slew and load, energies constant; the numbers belong to no process.
"""

SLEWS, LOADS = (5, 50, 500), (1, 10, 100)
GATES = {  # name: (function, area, input capacitance in fF, drive resistance in ps/fF)
    'INVX1': ('!A', 1, 1, 4), 'INVX4': ('!A', 2, 4, 1), 'INVX8': ('!A', 4, 8, 0.5),
    'BUFX2': ('A', 2, 1, 2), 'BUFX4': ('A', 3, 1.5, 1), 'BUFX8': ('A', 5, 2, 0.5),
    'NAND2X1': ('!(A & B)', 1.5, 1.2, 5), 'NAND2X2': ('!(A & B)', 2, 2.4, 2.5),
    'NOR2X1': ('!(A | B)', 1.5, 1.4, 6), 'NOR2X2': ('!(A | B)', 2, 2.8, 3),
    'AND2X2': ('A & B', 2, 1.2, 2.5), 'OR2X2': ('A | B', 2, 1.4, 3),
    'XOR2X1': ('A ^ B', 3, 2, 5), 'XNOR2X1': ('!(A ^ B)', 3, 2, 5),
    'AOI21X1': ('!((A & B) | C)', 2, 1.4, 6), 'OAI21X1': ('!((A | B) & C)', 2, 1.4, 6),
}


def table(kind, template, value):
    rows = ', '.join('"' + ', '.join(f'{value(s, c):g}' for c in LOADS) + '"' for s in SLEWS)
    return (f'        {kind} ({template}) {{ index_1 ("{", ".join(map(str, SLEWS))}"); '
            f'index_2 ("{", ".join(map(str, LOADS))}"); values ({rows}); }}\n')


def timing(pin, resistance, sense, kind='combinational'):
    delay = lambda s, c: 8 + 0.15 * s + resistance * c
    slew = lambda s, c: 6 + 0.05 * s + 1.6 * resistance * c
    text = f'      timing () {{ related_pin : "{pin}"; timing_sense : {sense}; timing_type : {kind};\n'
    for edge in ('rise', 'fall'):
        text += table(f'cell_{edge}', 'delay', delay) + table(f'{edge}_transition', 'delay', slew)
    return text + '      }\n'


def power(pin, energy):
    text = f'      internal_power () {{ related_pin : "{pin}";\n'
    for edge in ('rise', 'fall'):
        text += table(f'{edge}_power', 'energy', lambda s, c: energy)
    return text + '      }\n'


def input_pin(name, capacitance, extra=''):
    return f'    pin ({name}) {{ direction : input; capacitance : {capacitance:g}; {extra}}}\n'


def gate(name, function, area, capacitance, resistance):
    pins = [p for p in 'ABC' if p in function]
    text = f'  cell ({name}) {{ area : {area}; cell_leakage_power : {2 * area};\n'
    text += ''.join(input_pin(p, capacitance) for p in pins)
    text += f'    pin (Y) {{ direction : output; function : "{function}"; max_capacitance : 200;\n'
    sense = 'non_unate' if '^' in function else ('negative_unate' if '!' in function else 'positive_unate')
    text += ''.join(timing(p, resistance, sense) + power(p, 0.2 * area) for p in pins)
    return text + '    }\n  }\n'


def flip_flop():
    passive = ('internal_power () { rise_power (passive) { index_1 ("5, 50, 500"); values ("0.6, 0.6, 0.6"); } '
               'fall_power (passive) { index_1 ("5, 50, 500"); values ("0.4, 0.4, 0.4"); } } ')
    setup = ('timing () { related_pin : "CK"; timing_type : setup_rising; '
             'rise_constraint (limit) { index_1 ("5, 500"); index_2 ("5, 500"); values ("12, 12", "12, 12"); } '
             'fall_constraint (limit) { index_1 ("5, 500"); index_2 ("5, 500"); values ("12, 12", "12, 12"); } } ')
    return ('  cell (DFFX1) { area : 6; cell_leakage_power : 12;\n'
            '    ff (IQ, IQN) { clocked_on : "CK"; next_state : "D"; }\n'
            + input_pin('CK', 1, 'clock : true; ' + passive) + input_pin('D', 1, setup)
            + '    pin (Q) { direction : output; function : "IQ"; max_capacitance : 200;\n'
            + timing('CK', 3, 'non_unate', 'rising_edge') + power('CK', 1.2) + '    }\n  }\n')


def clock_gate():
    return ('  cell (ICGX8) { area : 7; cell_leakage_power : 10; clock_gating_integrated_cell : latch_posedge;\n'
            '    statetable ("CK E", "M") { table : "L L : - : L, L H : - : H, H - : - : N"; }\n'
            '    pin (M) { direction : internal; internal_node : "M"; }\n'
            + input_pin('CK', 2, 'clock_gate_clock_pin : true; internal_power () { rise_power (passive) '
                        '{ index_1 ("5, 50, 500"); values ("0.8, 0.8, 0.8"); } fall_power (passive) '
                        '{ index_1 ("5, 50, 500"); values ("0.8, 0.8, 0.8"); } } ')
            + input_pin('E', 1, 'clock_gate_enable_pin : true; ')
            + '    pin (GCK) { direction : output; clock_gate_out_pin : true; state_function : "CK & M"; '
            'max_capacitance : 200;\n' + timing('CK', 0.5, 'positive_unate') + power('CK', 2) + '    }\n  }\n')


def main():
    print('library (example) {\n  delay_model : table_lookup; time_unit : "1ps"; voltage_unit : "1V";\n'
          '  current_unit : "1mA"; leakage_power_unit : "1nW"; pulling_resistance_unit : "1kohm";\n'
          '  capacitive_load_unit (1, ff); nom_voltage : 1; nom_temperature : 25; nom_process : 1;\n'
          '  input_threshold_pct_rise : 50; input_threshold_pct_fall : 50; output_threshold_pct_rise : 50;\n'
          '  output_threshold_pct_fall : 50; slew_lower_threshold_pct_rise : 10;\n'
          '  slew_lower_threshold_pct_fall : 10; slew_upper_threshold_pct_rise : 90;\n'
          '  slew_upper_threshold_pct_fall : 90; default_max_transition : 500;\n'
          '  lu_table_template (delay) { variable_1 : input_net_transition; '
          'variable_2 : total_output_net_capacitance; index_1 ("1, 2, 3"); index_2 ("1, 2, 3"); }\n'
          '  power_lut_template (energy) { variable_1 : input_transition_time; '
          'variable_2 : total_output_net_capacitance; index_1 ("1, 2, 3"); index_2 ("1, 2, 3"); }\n'
          '  power_lut_template (passive) { variable_1 : input_transition_time; index_1 ("1, 2, 3"); }\n'
          '  lu_table_template (limit) { variable_1 : related_pin_transition; '
          'variable_2 : constrained_pin_transition; index_1 ("1, 2"); index_2 ("1, 2"); }\n')
    for name, values in GATES.items():
        print(gate(name, *values), end='')
    print(flip_flop() + clock_gate() + '}')


if __name__ == '__main__':
    main()
