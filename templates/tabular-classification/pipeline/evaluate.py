#!/usr/bin/env python3
"""Lets the model score the customers that it has not seen, and measures how well it ranks them.

For your own project: write a prediction per row, with its id, the truth and the columns to slice by; the
gate computes its metrics from these and compares them with the champion's, row by row. Keep this file
`pinned` in mlv.yaml: a branch that changes how it is measured is measured the old way once more.
"""

from __future__ import annotations

import json

from logistic import score
from metrics import auc, log_loss
from tables import Row, answer, numbers_of, read_table, write_json, write_table
from transform import KEY, LABEL

MODEL = "models/churn/model.json"
EXPECTED = "models/churn/expected_predictions.json"
SLICES = ["region", "gender"]
EXAMPLES = 25


def main() -> None:
    with open(MODEL, encoding="utf-8") as file:
        model = json.load(file)
    customers = read_table("data/splits/test.csv")
    features = {row[KEY]: row for row in read_table("features/test.csv")}
    names = list(model["weights"])
    scores = [score(model, numbers_of(features[row[KEY]], names)) for row in customers]
    write_predictions(customers, scores)
    write_examples(customers[:EXAMPLES], scores)
    metrics = measure(customers, scores)
    write_json("metrics/eval.json", metrics)
    answer(f"auc {metrics['auc']:.4f}", auc=metrics["auc"], log_loss=metrics["log_loss"])


def write_predictions(customers: list[Row], scores: list[float]) -> None:
    rows = [
        {**customer, "y_true": customer[LABEL], "y_score": f"{value:.9f}"}
        for customer, value in zip(customers, scores)
    ]
    write_table("metrics/predictions.csv", [KEY, "y_true", "y_score", *SLICES], rows)


def write_examples(customers: list[Row], scores: list[float]) -> None:
    """Writes customers as they come in production with the scores that they must get there."""
    examples = [
        {"customer": {k: v for k, v in row.items() if k != LABEL}, "score": round(value, 9)}
        for row, value in zip(customers, scores)
    ]
    write_json(EXPECTED, examples)


def measure(customers: list[Row], scores: list[float]) -> dict:
    labels = [int(row[LABEL]) for row in customers]
    return {
        "rows": len(labels),
        "auc": auc(labels, scores),
        "log_loss": log_loss(labels, scores),
        "auc_by": {name: auc_by(name, customers, labels, scores) for name in SLICES},
    }


def auc_by(
    name: str, customers: list[Row], labels: list[int], scores: list[float]
) -> dict[str, float]:
    found = {}
    for value in sorted({row[name] for row in customers}):
        chosen = [at for at, row in enumerate(customers) if row[name] == value]
        found[value] = auc([labels[at] for at in chosen], [scores[at] for at in chosen])
    return found


if __name__ == "__main__":
    main()
