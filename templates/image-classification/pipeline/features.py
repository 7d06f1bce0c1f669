#!/usr/bin/env python3
"""Makes the features of all labelled pictures, those to learn from and those to judge with apart.

For your own project: the features themselves are in `transform.py`; here they are made in bulk.
"""

from __future__ import annotations

from pathlib import Path

import png
from params import read_params
from sides import is_test
from tables import Row, answer, read_table, write_table
from transform import FEATURES, KEY, LABEL, features_of

LABELS = "data/labels"


def main() -> None:
    percent = float(read_params()["test_percent"])
    parts = [row for path in sorted(Path(LABELS).glob("*.csv")) for row in read_table(str(path))]
    sides: dict[str, list[Row]] = {"train": [], "test": []}
    for part in parts:
        values = features_of(png.read(part["file"]))
        row = {**part, **{name: str(value) for name, value in values.items()}}
        sides["test" if is_test(part[KEY], percent) else "train"].append(row)
    for side, rows in sides.items():
        write_table(f"features/{side}.csv", [KEY, "file", "camera", *FEATURES, LABEL], rows)
    answer(f"{len(sides['train'])} to learn from, {len(sides['test'])} to judge with")


if __name__ == "__main__":
    main()
