"""Random firmware on the virtual platform: every run ends in time, with a status and at most one line of error.

usage: random_firmware.py COMMAND FIRMWARE_DIR [--count N] [--seed N] [--jobs N] [--keep DIR]
"""

import argparse
import concurrent.futures
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

RAM = 0x80000000
DEVICES = (0x100000, 0x2000000, 0xC000000, 0x10000000, 0x40000000, 0x40000200, 0x50000000, RAM, RAM + (1 << 20) - 2)
CSRS = (0x300, 0x301, 0x304, 0x305, 0x340, 0x341, 0x342, 0x343, 0x344, 0x3A0, 0x3B0, 0x3BF, 0xB00, 0xC00, 0xC01, 0x7C0)
# Ended by itself, by the limits, by a fault. 1 and 2 are for the caller's mistakes: an ELF that is none.
ALLOWED = set(range(256)) - {134, 135, 136, 139}
SECONDS = 20  # --max-host-time is 2 s, then 3 s of grace; the rest is the machine's


def elf(code, entry=RAM):
    """A program of one segment that may be read, written and executed."""
    offset = 0x1000
    header = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHIQQQIHHHHHH", 2, 243, 1, entry, 64, 0, 1, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<IIQQQQQQ", 1, 7, offset, RAM, RAM, len(code), len(code), 0x1000)
    return (header + segment).ljust(offset, b"\0") + code


def lui_addi(register, value):
    """Loads 32 bits; words for `lui` and `addi`."""
    low = value & 0xFFF
    high = ((value + 0x800) >> 12) & 0xFFFFF
    return [high << 12 | register << 7 | 0x37, low << 20 | register << 15 | register << 7 | 0x1B]


def random_words(rng):
    return rng.randbytes(rng.randrange(2, 4096))


def sparse_words(rng):
    """Zeros and common instructions, few of them random: gets further than random words."""
    common = (0, 0x13, 0x6F, 0x10500073, 0x30200073, 0x73, 0x100073, 0x100F, 0x1, 0x9002, 0xA001)
    words = [rng.choice(common) if rng.random() < 0.8 else rng.getrandbits(32) for _ in range(rng.randrange(1, 200))]
    return b"".join(struct.pack("<I", word) for word in words)


def jump_to_anywhere(rng):
    target = rng.choice(DEVICES) + rng.choice((0, 1, 2, 4, 0xFFE, 0x1000, rng.randrange(1 << 20)))
    words = lui_addi(5, target & 0xFFFFFFFF) + [5 << 15 | rng.choice((0, 1)) << 7 | 0x67]
    return b"".join(struct.pack("<I", word) for word in words) + rng.randbytes(rng.randrange(64))


def self_modifying(rng):
    """Stores a random word just ahead of itself, now and then with fence.i."""
    words = []
    for _ in range(rng.randrange(1, 30)):
        words += [0x00000297]  # auipc t0, 0
        words += lui_addi(6, rng.choice((0, 0x13, 0x10500073, 0x30200073, 0xFFFFFFFF, rng.getrandbits(32))))
        distance = rng.randrange(0, 40, 2)
        words += [(distance >> 5) << 25 | 6 << 20 | 5 << 15 | 2 << 12 | (distance & 31) << 7 | 0x23]
        if rng.random() < 0.3:
            words += [0x100F]
    words += [0x6F | rng.choice((0, 0xFF9FF000))]
    return b"".join(struct.pack("<I", word) for word in words)


def csr_writes(rng):
    words = []
    for _ in range(rng.randrange(1, 60)):
        csr = rng.choice(CSRS) if rng.random() < 0.9 else rng.randrange(4096)
        if rng.random() < 0.5:
            words += lui_addi(5, rng.choice((0, 8, 0x888, 0xFFFFFFFF, RAM, RAM + 1, rng.getrandbits(32))) & 0xFFFFFFFF)
        words += [csr << 20 | 5 << 15 | rng.choice((1, 2, 3, 5, 6, 7)) << 12 | rng.choice((0, 6)) << 7 | 0x73]
        if rng.random() < 0.2:
            words += [rng.choice((0x10500073, 0x30200073, 0x73, 0x100073, 0))]
    return b"".join(struct.pack("<I", word) for word in words)


def device_accesses(rng):
    words = []
    for _ in range(rng.randrange(1, 40)):
        words += lui_addi(5, (rng.choice(DEVICES) + rng.randrange(0, 0x300, rng.choice((1, 4, 8)))) & 0xFFFFFFFF)
        words += lui_addi(6, rng.choice((0, 1, RAM, RAM + 0x100, 0xFFFFFFFF, rng.getrandbits(32))))
        size = rng.randrange(4)
        words += [6 << 20 | 5 << 15 | size << 12 | 0x23 if rng.random() < 0.6 else 5 << 15 | size << 12 | 7 << 7 | 3]
    words += [rng.choice((0x6F, 0x10500073, 0))]
    return b"".join(struct.pack("<I", word) for word in words)


def mutated(rng, programs):
    data = bytearray(rng.choice(programs))
    for _ in range(rng.choice((1, 2, 5, 50))):
        data[rng.randrange(len(data) if rng.random() < 0.5 else min(len(data), 200))] = rng.getrandbits(8)
    return bytes(data[:rng.randrange(1, len(data))]) if rng.random() < 0.1 else bytes(data)


KINDS = (random_words, sparse_words, jump_to_anywhere, self_modifying, csr_writes, device_accesses)


def make(seed, programs):
    """The firmware of a seed and what kind it is."""
    rng = random.Random(seed)
    if rng.random() < 0.2:
        return mutated(rng, programs), "mutated"
    kind = rng.choice(KINDS)
    entry = RAM if rng.random() < 0.95 else RAM + rng.randrange(64)
    return elf(kind(rng), entry), kind.__name__


def problem_of(command, path, seed):
    """One line on what is wrong with the run of a firmware; None if nothing is."""
    policy = "trap" if seed % 2 else "stop"
    arguments = [command, "--firmware", path, "--rows", "4", "--cols", "4", "--ram", "1M", "--quiet", "--max-time", "200us",
                 "--max-host-time", "2s", "--on-fault", policy]
    try:
        result = subprocess.run(arguments, capture_output=True, timeout=SECONDS, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        return "hangs"
    if result.returncode not in ALLOWED:
        return f"ends with status {result.returncode}: {result.stderr[-200:]!r}"
    if result.stderr.count(b"\n") > 1:
        return f"several lines of error: {result.stderr[-400:]!r}"
    if b"did not answer" in result.stderr:
        return f"only the watchdog ended it: {result.stderr!r}"
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("firmware", type=pathlib.Path)
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, help="of the first firmware; random unless given")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--keep", type=pathlib.Path, help="where firmware with a problem is kept")
    arguments = parser.parse_args()
    first = arguments.seed if arguments.seed is not None else random.SystemRandom().randrange(1 << 32)
    programs = [path.read_bytes() for path in sorted(arguments.firmware.rglob("*.elf"))]
    if not programs:
        parser.error(f"no *.elf below {arguments.firmware}")
    print(f"{arguments.count} firmwares from --seed {first}")
    problems, kinds = [], {}
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:

        def run(seed):
            data, kind = make(seed, programs)
            path = pathlib.Path(folder) / f"{seed}.elf"
            path.write_bytes(data)
            problem = problem_of(arguments.command, path, seed)
            if problem and arguments.keep:
                arguments.keep.mkdir(parents=True, exist_ok=True)
                (arguments.keep / path.name).write_bytes(data)
            path.unlink()
            return seed, kind, problem

        for seed, kind, problem in pool.map(run, range(first, first + arguments.count)):
            kinds[kind] = kinds.get(kind, 0) + 1
            if problem:
                problems.append(f"--seed {seed} ({kind}): {problem}")
                print(problems[-1], flush=True)
    print(", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())))
    print(f"{len(problems)} of {arguments.count} have a problem")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
