"""Common parts of the tests of waveforms, activity files and memory traces."""

import json
import pathlib
import resource
import signal
import sys

import numpy

import command_case

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "scripts"))
import vcd_reader  # noqa: E402, F401  (lies in another folder; for those who import this)

ROWS, COLS = 3, 4
CLOCKS = {"conventional": 500, "1": 555.55, "2": 588.2, "3": 650}


class TraceTest(command_case.CommandTest):
    def setUp(self):
        super().setUp()
        self.array = self.array_of(8)

    def array_of(self, width, rows=ROWS, cols=COLS):
        parameters = {"rows": rows, "cols": cols, "modes": [1, 2, 3], "data_width_bits": width,
                      "acc_width_bits": command_case.model_tables.ACC_WIDTH[width], "clock_period_ps": CLOCKS}
        return ["--config", self.file(f"array_{width}.json", json.dumps(parameters))]

    def gemm_files(self, t, n, m):
        generator = numpy.random.default_rng(command_case.SEED)
        a = generator.integers(-128, 128, (t, n)).astype(numpy.int8)
        b = generator.integers(-128, 128, (n, m)).astype(numpy.int8)
        return a.astype(numpy.int64), b.astype(numpy.int64), [self.npy("a.npy", a),
                                                              self.npy("b.npy", b)]

    def gemm_workload(self, *shapes):
        lines = [f"g{i},gemm,{t},{n},{m}" for i, (t, n, m) in enumerate(shapes)]
        return self.file("gemms.csv", "name,type,t,n,m\n" + "\n".join(lines) + "\n")

    def limited(self, *arguments, file_bytes):
        """Runs the command where files cannot grow beyond a size, as on a full disk."""
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))
        return self.command(*arguments, preexec_fn=limit)

    def files_below(self, folder):
        return sorted(str(path.relative_to(folder)) for path in pathlib.Path(folder).rglob("*")
                      if path.is_file())
