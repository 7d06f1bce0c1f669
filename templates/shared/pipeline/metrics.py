"""How well scores rank and how well they are calibrated.

These are for your eyes and for `mlv metrics`; what the gate decides on it computes itself, from the
predictions.
"""

from __future__ import annotations

import math
from itertools import groupby


def auc(labels: list[int], scores: list[float]) -> float:
    """Returns how often a positive row is ranked above a negative one; a tie counts half."""
    above, negatives = 0.0, 0
    for _, group in groupby(sorted(zip(scores, labels)), key=lambda pair: pair[0]):
        tied = [label for _, label in group]
        positive, negative = sum(tied), len(tied) - sum(tied)
        above += positive * (negatives + negative / 2)
        negatives += negative
    pairs = negatives * (len(labels) - negatives)
    if not pairs:
        raise SystemExit("there is one class only: nothing can be ranked")
    return round(above / pairs, 6)


def log_loss(labels: list[int], scores: list[float]) -> float:
    losses = [-math.log(max(s if y else 1 - s, 1e-15)) for y, s in zip(labels, scores)]
    return round(math.fsum(losses) / len(losses), 6)
