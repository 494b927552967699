"""Maps a part to a library with yosys and abc."""

import json
import subprocess
from pathlib import Path

# abc's default script (&nf) ruins prefix adders; this one keeps their shape.
ABC_SCRIPT = '+strash;ifraig;scorr;dch,-f;map,-B,0.9;topo;buffer,-c;upsize;dnsize;stime,-p'


class ToolError(Exception):
    """A tool failed; the message holds the end of its output."""


def run_tool(command, cwd=None):
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        tail = '\n'.join((done.stdout + done.stderr).splitlines()[-15:])
        raise ToolError(f'{command[0]} failed:\n{tail}')
    return done.stdout


def synthesise(verilog, name, liberty_path, work, driver, load_ff):
    """Returns the mapped netlist as yosys' JSON module; writes work/name.v for static timing."""
    work = Path(work)
    (work / f'{name}_source.v').write_text(verilog)
    constraint = work / f'{name}.constr'
    constraint.write_text(f'set_driving_cell {driver}\nset_load {load_ff} [all_outputs]\n')
    # -noabc: the generic abc run inside `synth` of yosys 0.23 miscompiles the Booth multiplier; the gate
    # simulation checks every result, so that a wrong netlist cannot pass.
    script = '; '.join([
        f'read_liberty -lib -ignore_miss_func {liberty_path}', f'read_verilog {name}_source.v', f'synth -noabc -flatten -top {name}', 'opt -full',
        f'abc -liberty {liberty_path} -constr {constraint.name} -script {ABC_SCRIPT}', 'splitnets',
        'opt_clean -purge', f'write_verilog -noattr -noexpr {name}.v', f'write_json {name}.json'])
    run_tool(['yosys', '-q', '-p', script], cwd=work)
    module = json.loads((work / f'{name}.json').read_text())['modules'][name]
    unmapped = sorted({c['type'] for c in module['cells'].values() if c['type'].startswith('$')})
    if unmapped:
        raise ToolError(f'{name}: cells not mapped to the library: {", ".join(unmapped)}')
    return module
