"""Operand sets for calibration: seeded, from full range to realistically quantised ones."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class OperandSet:
    """Distribution of activations and weights of one layer."""

    name: str
    shape: str  # uniform, normal or laplace
    activation_bits: int  # magnitude: values reach about 2^(bits-1)
    weight_bits: int
    sparsity: float  # share of activations that are 0
    rectified: bool  # activations are not negative, as after a ReLU
    held_out: bool  # not used by the fit


def operand_sets(width):
    """Sets for the fit and held-out ones that differ in shape, magnitude and sparsity."""
    half = max(4, width // 2)
    sets = [
        OperandSet('uniform full range', 'uniform', width, width, 0.0, False, False),
        OperandSet('normal full range', 'normal', width, width, 0.0, False, False),
        OperandSet('normal, rectified, half zeros', 'normal', width, width, 0.5, True, False),
        OperandSet('normal, half width', 'normal', half, half, 0.0, False, False),
        OperandSet('normal, half width, rectified, half zeros', 'normal', half, half, 0.5, True, False),
        OperandSet('laplace full range, most zeros', 'laplace', width, width, 0.8, True, False),
        OperandSet('laplace full range, half zeros', 'laplace', width, width, 0.5, True, True),
        OperandSet('uniform, rectified', 'uniform', width, width, 0.0, True, True),
        OperandSet('laplace, 3/4 width, 30 % zeros', 'laplace', 3 * width // 4, 3 * width // 4, 0.3, False, True),
        OperandSet('normal, small weights, half zeros', 'normal', width, half, 0.5, True, True),
    ]
    if width > 8:
        sets += [
            OperandSet('8-bit normal', 'normal', 8, 8, 0.0, False, False),
            OperandSet('8-bit normal, rectified, half zeros', 'normal', 8, 8, 0.5, True, False),
            OperandSet('8-bit laplace, rectified, 40 % zeros', 'laplace', 8, 8, 0.4, True, True),
        ]
    return sets


def draw(rng, shape, bits, count):
    """Signed integers within `bits` bits."""
    top = 2.0 ** (bits - 1)
    if shape == 'uniform':
        values = rng.uniform(-top, top, count)
    elif shape == 'normal':
        values = rng.normal(0, top / 3, count)
    else:
        values = rng.laplace(0, top / 5, count)
    return np.clip(np.round(values), -top, top - 1).astype(np.int64)


def activations(rng, operand_set, count):
    values = draw(rng, operand_set.shape, operand_set.activation_bits, count)
    if operand_set.rectified:
        values = np.where(values < 0, -1 - values, values)
    return np.where(rng.random(count) < operand_set.sparsity, 0, values)


def weights(rng, operand_set, count):
    return draw(rng, operand_set.shape, operand_set.weight_bits, count)
