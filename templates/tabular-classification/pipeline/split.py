#!/usr/bin/env python3
"""Splits the customers into those to learn from and those to judge with.

For your own project: choose as the key what must not be on both sides: a customer, a patient, a machine.
"""

from __future__ import annotations

from glob import glob

from params import read_params
from sides import is_test
from tables import answer, read_table, write_table
from transform import KEY

SOURCE = "data/raw/*.csv"
TRAIN = "data/splits/train.csv"
TEST = "data/splits/test.csv"


def main() -> None:
    rows = [row for path in sorted(glob(SOURCE)) for row in read_table(path)]
    if not rows:
        raise SystemExit(f"there are no customers in {SOURCE}")
    percent = float(read_params()["test_percent"])
    train = [row for row in rows if not is_test(row[KEY], percent)]
    test = [row for row in rows if is_test(row[KEY], percent)]
    write_table(TRAIN, list(rows[0]), train)
    write_table(TEST, list(rows[0]), test)
    answer(f"{len(train)} to learn from, {len(test)} to judge with")


if __name__ == "__main__":
    main()
