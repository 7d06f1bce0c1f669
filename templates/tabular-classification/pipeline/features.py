#!/usr/bin/env python3
"""Makes the features of both sides of the split.

For your own project: the features themselves are in `transform.py`; here they are made in bulk.
"""

from __future__ import annotations

from tables import Row, answer, read_table, write_table
from transform import FEATURES, KEY, LABEL, features_of

SIDES = {
    "data/splits/train.csv": "features/train.csv",
    "data/splits/test.csv": "features/test.csv",
}


def main() -> None:
    names = [name for names in FEATURES.values() for name in names]
    rows = 0
    for source, target in SIDES.items():
        table = [row_of(customer) for customer in read_table(source)]
        write_table(target, [KEY, *names, LABEL], table)
        rows += len(table)
    answer(f"{len(names)} features of {rows} customers")


def row_of(customer: Row) -> Row:
    values = features_of(customer).items()
    features = {name: "" if value is None else str(value) for name, value in values}
    return {KEY: customer[KEY], **features, LABEL: customer[LABEL]}


if __name__ == "__main__":
    main()
