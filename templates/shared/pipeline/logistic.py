"""Logistic regression, with the preparation of its data in the model: what is missing, means, scales.

For your own project: replace it with a library's, and keep the preparation in the model; training and
serving then cannot come to differ. It gives the same model on every Python from 3.9 on, for which floats
are added with `math.fsum` (`sum` adds otherwise since 3.12).
"""

from __future__ import annotations

import math
from typing import Mapping, Optional, Sequence

Matrix = list[list[float]]
Features = Mapping[str, Optional[float]]


def train(rows: Sequence[Features], names: list[str], labels: list[int], ridge: float) -> dict:
    """Returns a model as a value that JSON can hold."""
    preprocessing = {name: learn_scale([row[name] for row in rows]) for name in names}
    table = [[scaled(row[name], preprocessing[name]) for name in names] for row in rows]
    bias, *weights = fit(table, labels, ridge)
    return {
        "kind": "logistic regression",
        "preprocessing": preprocessing,
        "weights": dict(zip(names, weights)),
        "bias": bias,
    }


def score(model: dict, features: Features) -> float:
    """Returns the probability that a model gives to these features."""
    logit = [model["bias"]]
    for name, weight in model["weights"].items():
        logit.append(weight * scaled(features[name], model["preprocessing"][name]))
    return sigmoid(math.fsum(logit))


def learn_scale(values: list[Optional[float]]) -> dict[str, float]:
    """Returns mean and deviation of a column, and what stands in for a missing value: the median."""
    known = sorted(value for value in values if value is not None)
    mean = math.fsum(known) / len(known)
    variance = math.fsum((value - mean) ** 2 for value in known) / len(known)
    deviation = math.sqrt(variance) or 1.0
    scale = {"missing": known[len(known) // 2], "mean": mean, "deviation": deviation}
    return {name: round(value, 10) for name, value in scale.items()}


def scaled(value: Optional[float], scale: dict[str, float]) -> float:
    known = scale["missing"] if value is None else value
    return (known - scale["mean"]) / scale["deviation"]


def fit(rows: Matrix, labels: list[int], ridge: float, steps: int = 25) -> list[float]:
    """Returns the bias and a weight per column; `ridge` holds the weights down, not the bias."""
    table = [[1.0, *row] for row in rows]
    columns = [list(column) for column in zip(*table)]
    weights = [0.0] * len(columns)
    for _ in range(steps):
        shift = solve(*newton(table, columns, labels, weights, ridge))
        weights = [weight + change for weight, change in zip(weights, shift)]
        if max(abs(change) for change in shift) < 1e-9:
            break
    return [round(weight, 10) for weight in weights]


def newton(
    table: Matrix, columns: Matrix, labels: list[int], weights: list[float], ridge: float
) -> tuple[Matrix, list[float]]:
    """Returns the curvature and the slope of the likelihood at these weights."""
    scores = [sigmoid(math.fsum(w * x for w, x in zip(weights, row))) for row in table]
    errors = [label - score for label, score in zip(labels, scores)]
    curves = [score * (1 - score) for score in scores]
    slope = [dot(errors, column) for column in columns]
    curvature = []
    for column in columns:
        weighted = [curve * value for curve, value in zip(curves, column)]
        curvature.append([dot(weighted, other) for other in columns])
    for at in range(1, len(columns)):
        slope[at] -= ridge * weights[at]
        curvature[at][at] += ridge
    return curvature, slope


def solve(matrix: Matrix, right: list[float]) -> list[float]:
    """Solves a system of linear equations by elimination."""
    size = len(right)
    rows = [[*row, value] for row, value in zip(matrix, right)]
    for at in range(size):
        best = max(range(at, size), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        if abs(rows[at][at]) < 1e-12:
            raise SystemExit("two features say the same: leave one out in params.yaml")
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for other in range(size):
            if other != at:
                factor = rows[other][at]
                rows[other] = [a - factor * b for a, b in zip(rows[other], rows[at])]
    return [row[size] for row in rows]


def dot(left: Sequence[float], right: Sequence[float]) -> float:
    return math.fsum(a * b for a, b in zip(left, right))


def sigmoid(value: float) -> float:
    return 1 / (1 + math.exp(-max(-500.0, min(500.0, value))))
