#!/usr/bin/env python3
"""Trains the model and writes it as one JSON file: weights, and all that is learned to prepare data.

For your own project: train what you like, and write beside the model whatever serving needs of what was
learned from data (means, vocabularies, encoders), so that one artifact is released.
"""

from __future__ import annotations

import random

from logistic import train
from params import read_params
from tables import answer, numbers_of, read_table, write_json
from transform import LABEL, names_of

SOURCE = "features/train.csv"
MODEL = "models/churn/model.json"


def main() -> None:
    params = read_params()
    names = names_of(params["features"])
    rows = read_table(SOURCE)
    labels = [int(row[LABEL]) for row in rows]
    if params["shuffle_labels"]:
        random.Random(0).shuffle(labels)
    table = [numbers_of(row, names) for row in rows]
    write_json(MODEL, train(table, names, labels, float(params["ridge"])))
    answer(f"{len(names)} features of {len(rows)} customers")


if __name__ == "__main__":
    main()
