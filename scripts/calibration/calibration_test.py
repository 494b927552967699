#!/usr/bin/python3
"""Tests of scripts/calibrate with a small made-up library; a real one may be given as arguments.

calibration_test.py [LIBERTY...]: exits with 77 (skipped) where a tool is missing.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
CALIBRATE = HERE.parent / 'calibrate'
EXAMPLE = HERE / 'testdata' / 'example.lib'
LIBERTY = [str(EXAMPLE)]
from model_tables import SWITCHING_PARTS  # noqa: E402

PARTS = set(SWITCHING_PARTS)


def run(*arguments):
    return subprocess.run([sys.executable, str(CALIBRATE), *map(str, arguments)], capture_output=True, text=True,
                          check=False)


class LibertyTest(unittest.TestCase):
    def setUp(self):
        from calibration.liberty import Library
        self.library = Library([EXAMPLE])

    def test_tables_are_interpolated(self):
        # The library's delay is 8 + 0.15*slew + R*load, also beyond the table.
        cell = self.library.cell('NAND2X1')
        for slew, load in ((5, 1), (20, 3), (300, 50), (50, 150)):
            rise, fall, rise_slew, _ = cell.timing('Y', slew, load)
            self.assertAlmostEqual(rise, 8 + 0.15 * slew + 5 * load, places=6)
            self.assertAlmostEqual(fall, rise)
            self.assertAlmostEqual(rise_slew, 6 + 0.05 * slew + 8 * load, places=6)

    def test_register_and_clock_gate_energy_by_hand(self):
        from calibration.registers import ClockGate, register_bit
        register = register_bit(self.library, self.library.inverters()[0])
        self.assertIsNone(register.inverter)
        # Two clock edges of 0.5 fJ and 1 fF charged once at 1 V; a toggle 1.2 fJ and half of 4 fF.
        self.assertAlmostEqual(register.clock_energy_fj(self.library, 50), 2 * 0.5 + 1)
        self.assertAlmostEqual(register.toggle_energy_fj(self.library, 50, 4), 1.2 + 0.5 * 4)
        on, off = ClockGate(self.library.clock_gate(8), 8).energies_fj(self.library, 50, 8)
        self.assertAlmostEqual(on, (2 * 2 + 2) / 8)
        self.assertAlmostEqual(off, (2 * 0.8 + 2) / 8)

    def test_rails_of_one_table_are_not_counted_twice(self):
        from calibration.liberty import Cell, parse_group
        text = ('cell (X) { pin (Y) { direction : output; %s } }' % ' '.join(
            'internal_power () { related_pin : A; related_pg_pin : %s; rise_power (scalar) { values ("%s"); } '
            'fall_power (scalar) { values ("%s"); } }' % rail for rail in (('VDD', 3, 1), ('VSS', 1, 3))))
        self.assertAlmostEqual(Cell('X', parse_group(text), 1.0).internal_energy('Y', 1, 1), 2.0)

    def test_merge_keeps_cells_of_all_files(self):
        from calibration.liberty import Library
        text = EXAMPLE.read_text()
        first = text.index('  cell (')
        second = text.index('  cell (DFFX1)')
        with tempfile.TemporaryDirectory() as folder:
            paths = [Path(folder) / 'a.lib', Path(folder) / 'b.lib']
            paths[0].write_text(text[:second] + '}\n')
            paths[1].write_text(text[:first] + text[second:])
            self.assertEqual(set(Library(paths).names()), set(self.library.names()))


class FittingTest(unittest.TestCase):
    def test_finds_coefficients_and_clamps_at_zero(self):
        import numpy as np
        from calibration.fitting import non_negative_fit
        rng = np.random.default_rng(1)
        x = rng.uniform(1, 10, (50, 3))
        np.testing.assert_allclose(non_negative_fit(x, x @ [2.0, 0.5, 1.0]), [2.0, 0.5, 1.0], rtol=1e-9)
        fitted = non_negative_fit(x, x @ [2.0, -0.5, 1.0])
        self.assertTrue((fitted >= 0).all())
        self.assertEqual(fitted[1], 0)

    def test_error_is_that_of_held_out_sets(self):
        import numpy as np
        from calibration.fitting import fit_by_set
        names = ['a'] * 4 + ['b'] * 4
        features = np.ones((8, 1))
        energy = np.array([2.0] * 4 + [4.0] * 4)
        fit = fit_by_set(names, [0] * 4 + [1] * 4, features, energy, {'b'})
        self.assertAlmostEqual(fit.coefficients[0], 2.0)
        self.assertAlmostEqual(fit.fitted_error, 0.0)
        self.assertAlmostEqual(fit.held_out_error, 0.5)
        self.assertEqual(fit.worst_held_out, ('b', -0.5))


class CalibrateTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = Path(cls.folder.name) / 'quick.json'
        cls.done = run('--liberty', *LIBERTY, '--out', cls.out, '--quick')

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_runs(self):
        self.assertEqual(self.done.returncode, 0, self.done.stderr)

    def test_every_number_has_unit_and_source(self):
        content = json.loads(self.out.read_text())
        numbers = []

        def visit(node):
            if isinstance(node, dict) and 'value' in node:
                numbers.append(node)
            elif isinstance(node, dict):
                for child in node.values():
                    visit(child)
        visit(content['widths'])
        self.assertGreater(len(numbers), 80)
        for number in numbers:
            self.assertGreaterEqual(number['value'], 0)
            self.assertTrue(number['unit'])
            self.assertIn(number['source'], content['sources'])

    def test_parts_cost_what_they_must(self):
        width = json.loads(self.out.read_text())['widths']['8']
        self.assertTrue(all(width['delays'][d]['value'] > 0 for d in ('ff', 'mul', 'add', 'csa', 'mux')))
        self.assertGreater(width['delays']['mul']['value'], width['delays']['csa']['value'])
        self.assertEqual(set(width['arrayflex']['energy_per_toggle']['1']), PARTS)
        self.assertEqual(set(width['conventional']['energy_per_toggle']['1']), PARTS - {'compressor', 'muxes'})
        self.assertEqual(width['conventional']['area']['muxes']['value'], 0)
        for register in ('operand_reg', 'psum_reg'):
            self.assertLess(width['arrayflex']['gated_bit'][register]['value'],
                            width['arrayflex']['clocked_bit'][register]['value'])

    def test_second_weight_register(self):
        width = json.loads(self.out.read_text())['widths']['8']
        for design in ('arrayflex', 'conventional'):
            overlap, base = width[design]['overlap'], width[design]
            energy = overlap['energy_per_toggle']
            # A change of the weights costs the multiplier what it does without overlap.
            self.assertEqual(energy['multiplier']['weight'],
                             base['energy_per_toggle']['1']['multiplier']['weight_reg'])
            self.assertGreater(energy['muxes']['weight']['value'], energy['muxes']['weight_reg']['value'])
            self.assertGreater(energy['registers']['weight_reg']['value'], 0)
            # Eight bits and a clock gate: more than the bits, less than the PE's three words.
            self.assertGreater(overlap['area']['registers']['value'], 8 * base['area']['register_bit']['value'])
            self.assertLess(overlap['area']['registers']['value'], base['area']['registers']['value'] / 2)
            self.assertGreater(overlap['area']['muxes']['value'], 0)
            self.assertGreater(overlap['leakage']['pe']['value'], 8 * base['leakage']['register_bit']['value'])
        self.assertLess(width['arrayflex']['overlap']['area']['muxes']['value'],
                        width['arrayflex']['area']['muxes']['value'])

    def test_same_seed_same_numbers(self):
        again = Path(self.folder.name) / 'again.json'
        self.assertEqual(run('--liberty', *LIBERTY, '--out', again, '--quick', '--name', 'quick').returncode, 0)
        self.assertEqual(json.loads(again.read_text()), json.loads(self.out.read_text()))

    def test_errors_name_the_item(self):
        missing = run('--liberty', 'no_such.lib', '--out', 'x.json')
        self.assertEqual(missing.returncode, 2)
        self.assertIn('no_such.lib', missing.stderr)
        widths = run('--liberty', EXAMPLE, '--out', 'x.json', '--widths', '8,12')
        self.assertEqual(widths.returncode, 2)
        self.assertIn('--widths', widths.stderr)
        seed = run('--liberty', EXAMPLE, '--out', 'x.json', '--seed', '-1')
        self.assertEqual(seed.returncode, 2)
        self.assertIn('--seed = -1', seed.stderr)
        for path in (self.folder.name, Path(self.folder.name) / 'none' / 'x.json'):
            out = run('--liberty', EXAMPLE, '--out', path)
            self.assertEqual(out.returncode, 2)
            self.assertIn(f'--out: {path} cannot be written', out.stderr)
        work = run('--liberty', EXAMPLE, '--out', Path(self.folder.name) / 'x.json', '--work', EXAMPLE)
        self.assertEqual(work.returncode, 1)
        self.assertNotIn('Traceback', work.stderr)
        empty = Path(self.folder.name) / 'empty.lib'
        empty.write_text('library (x) {}\n')
        done = run('--liberty', empty, '--out', 'x.json')
        self.assertEqual(done.returncode, 1)
        self.assertIn('no cells', done.stderr)


def main():
    missing = [tool for tool in ('yosys', 'sta', 'iverilog', 'vvp') if shutil.which(tool) is None]
    try:
        import numpy  # noqa: F401
    except ImportError:
        missing.append('numpy of this Python')
    if missing:
        print(f'calibration_test: skipped: {", ".join(missing)} missing (Debian: yosys opensta iverilog python3-numpy)')
        sys.exit(77)
    if len(sys.argv) > 1:
        LIBERTY[:] = sys.argv[1:]
    unittest.main(argv=sys.argv[:1], verbosity=2)


if __name__ == '__main__':
    main()
