#!/usr/bin/env python3
"""Trains the model, and writes it as one JSON file.

For your own project: train what you like; write beside the model whatever serving needs of what was
learned from data, so that one artifact is released.
"""

from __future__ import annotations

from logistic import train
from params import read_params
from tables import answer, numbers_of, read_table, write_json
from transform import LABEL, known


def main() -> None:
    params = read_params()
    names = known(params["features"])
    rows = read_table("features/train.csv")
    labels = [int(row[LABEL]) for row in rows]
    table = [numbers_of(row, names) for row in rows]
    write_json("models/scratches/model.json", train(table, names, labels, float(params["ridge"])))
    answer(f"{len(names)} features of {len(rows)} pictures")


if __name__ == "__main__":
    main()
