"""Non-negative least squares, and the error on operands that were not fitted."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np


ITERATIONS = 20


def non_negative_fit(features, energy):
    """Coefficients >= 0 of least squares on errors relative to the prediction (few features).

    Weighting by the prediction instead of the measured energy leaves no bias towards low values; errors
    of large and of small operands count alike. Blocks that hardly switch do not decide.
    """
    floor = 0.05 * np.mean(energy)
    predicted = np.asarray(energy, dtype=float)
    coefficients = np.zeros(features.shape[1])
    for _ in range(ITERATIONS):
        weight = 1.0 / np.maximum(predicted, floor)
        coefficients = _non_negative_least_squares(features * weight[:, None], energy * weight)
        predicted = features @ coefficients
    return coefficients


def _non_negative_least_squares(x, y):
    best, best_error = np.zeros(x.shape[1]), np.inf
    for size in range(1, x.shape[1] + 1):
        for chosen in combinations(range(x.shape[1]), size):
            solution = np.linalg.lstsq(x[:, chosen], y, rcond=None)[0]
            error = np.sum((x[:, chosen] @ solution - y) ** 2)
            if np.all(solution >= 0) and error < best_error:
                best, best_error = np.zeros(x.shape[1]), error
                best[list(chosen)] = solution
    return best


@dataclass
class Fit:
    """coefficients per feature, and relative errors of the energy summed over an operand set."""

    coefficients: list
    fitted_error: float  # mean absolute over the sets used by the fit
    held_out_error: float  # mean absolute over the others
    worst_held_out: tuple  # (set, signed error)
    errors: dict  # signed, of every set


def fit_by_set(names, blocks, features, energy, held_out):
    """Rows are cycles; names gives the operand set of each, blocks its block of constant weights.

    Fits block means of the sets that are not held out; errors are those of whole sets.
    """
    names, blocks = np.array(names), np.array(blocks)
    used_blocks = [b for b in np.unique(blocks) if names[blocks == b][0] not in held_out]
    x = np.array([features[blocks == b].mean(axis=0) for b in used_blocks])
    y = np.array([energy[blocks == b].mean() for b in used_blocks])
    coefficients = non_negative_fit(x, y)
    errors = {s: float(features[names == s].sum(axis=0) @ coefficients / energy[names == s].sum() - 1)
              for s in dict.fromkeys(names.tolist())}
    outside = {s: e for s, e in errors.items() if s in held_out}
    inside = [abs(e) for s, e in errors.items() if s not in held_out]
    worst = max(outside, key=lambda s: abs(outside[s]))
    return Fit([float(c) for c in coefficients], float(np.mean(inside)),
               float(np.mean([abs(e) for e in outside.values()])), (worst, outside[worst]), errors)


def set_errors(names, predicted, energy):
    """Signed relative error of the energy summed over each operand set."""
    names = np.array(names)
    return {s: float(predicted[names == s].sum() / energy[names == s].sum() - 1)
            for s in dict.fromkeys(names.tolist())}
