"""Tables as the other steps read and write them: CSV files with a header.

For your own project: this is the place to read Parquet, or with pandas, instead.
"""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import Iterable, Optional

Row = dict[str, str]


def read_table(path: str) -> list[Row]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def numbers_of(row: Row, names: list[str]) -> dict[str, Optional[float]]:
    """Returns columns of a row as numbers; None stands for an empty cell."""
    return {name: float(row[name]) if row[name] else None for name in names}


def write_table(path: str, columns: list[str], rows: Iterable[Row]) -> None:
    make_directory_of(path)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, columns, lineterminator="\n", extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)


def write_json(path: str, value: object) -> None:
    make_directory_of(path)
    with open(path, "w", encoding="utf-8") as file:
        file.write(json.dumps(value, indent=2, sort_keys=True) + "\n")


def make_directory_of(path: str) -> None:
    Path(path).parent.mkdir(parents=True, exist_ok=True)


def answer(summary: str, **metrics: float) -> None:
    """Says how a step ended: on the screen, and to mlv, which shows it beside the hook."""
    print(summary)
    if "MLV_OUTPUT" in os.environ:
        with open(os.environ["MLV_OUTPUT"], "a", encoding="utf-8") as answers:
            if metrics:
                answers.write(json.dumps({"metric": metrics}) + "\n")
            answers.write(json.dumps({"summary": summary}) + "\n")
