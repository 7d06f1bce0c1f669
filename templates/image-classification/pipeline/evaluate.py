#!/usr/bin/env python3
"""Lets the model score the pictures that it has not seen, and measures how well it ranks them.

For your own project: write a prediction per picture, with its id, the truth and the columns to slice by;
the gate computes its metrics from these. Keep this file `pinned` in mlv.yaml: a branch that changes how
it is measured is measured the old way once more.
"""

from __future__ import annotations

import json

import png
from logistic import score
from metrics import auc, log_loss
from tables import answer, numbers_of, read_table, write_json, write_table
from transform import KEY, LABEL

EXAMPLES = 10


def main() -> None:
    with open("models/scratches/model.json", encoding="utf-8") as file:
        model = json.load(file)
    parts = read_table("features/test.csv")
    scores = [score(model, numbers_of(part, list(model["weights"]))) for part in parts]
    rows = [
        {**part, "y_true": part[LABEL], "y_score": f"{value:.9f}"}
        for part, value in zip(parts, scores)
    ]
    write_table("metrics/predictions.csv", [KEY, "y_true", "y_score", "camera"], rows)
    examples = [
        {KEY: part[KEY], "image": png.read(part["file"]), "score": round(value, 9)}
        for part, value in list(zip(parts, scores))[:EXAMPLES]
    ]
    write_json("models/scratches/expected_predictions.json", examples)
    labels = [int(part[LABEL]) for part in parts]
    found = {"auc": auc(labels, scores), "log_loss": log_loss(labels, scores)}
    write_json("metrics/eval.json", {"pictures": len(parts), **found})
    answer(f"auc {found['auc']:.4f}", **found)


if __name__ == "__main__":
    main()
