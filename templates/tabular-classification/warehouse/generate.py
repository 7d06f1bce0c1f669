#!/usr/bin/env python3
"""Plays the company's warehouse: writes the customers of a month as CSV, always the same.

For your own project: put here whatever brings the data in (a query, a download), or delete it.

They are the customers whose contract ended in that month; `churned` says who left. Nobody is in two
months. All are made up from their numbers.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
from pathlib import Path
from typing import Callable

Row = dict[str, str]
Draw = Callable[[], float]

ROOT = Path(__file__).resolve().parent.parent
COLUMNS = [
    "customer_id", "age", "gender", "region", "plan", "tenure_months", "monthly_spend",
    "support_calls", "snapshot_date", "churned",
]  # fmt: skip
PRICES = {"basic": 14.0, "plus": 29.0, "pro": 55.0}

# What can go wrong upstream, and in how many rows it does.
FLAWS = {"nulls": 240, "range": 7, "duplicates": 5, "category": 3, "dates": 4, "negative": 12}


def main() -> None:
    arguments = parse_arguments()
    month = arguments.month
    rows = [customer(month, number, arguments.drift) for number in range(arguments.rows)]
    for flaw in FLAWS if arguments.flaw == "all" else [arguments.flaw]:
        if flaw:
            spoil(rows, flaw)
    write(rows, arguments.out or ROOT / f"data/raw/{month}.csv")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--month", required=True, type=month_of, help="as in 2026-01")
    parser.add_argument("--rows", type=int, default=6000, help="how many customers (6000)")
    parser.add_argument("--flaw", choices=[*FLAWS, "all"], help="what went wrong upstream")
    parser.add_argument("--drift", action="store_true", help="other people, who behave otherwise")
    parser.add_argument("--out", type=Path, help="the file (data/raw/MONTH.csv)")
    arguments = parser.parse_args()
    if not 1000 <= arguments.rows <= 99_999:
        parser.error("a month has 1000 to 99999 customers")
    return arguments


def month_of(text: str) -> str:
    year, _, number = text.partition("-")
    if [len(year), len(number)] != [4, 2] or not (year + number).isdigit():
        raise argparse.ArgumentTypeError(f"{text} is no month as in 2026-01")
    if not 1 <= int(number) <= 12:
        raise argparse.ArgumentTypeError(f"there is no month {number}")
    return text


def customer(month: str, number: int, drift: bool) -> Row:
    """Makes a customer up; with drift they are younger, on larger plans, and not with us for long."""
    key = f"C{month[2:].replace('-', '')}{number:05}"
    draw = random.Random(f"{key} {drift}").random
    age = max(18, min(90, round((38 if drift else 44) + 13 * normal(draw))))
    gender = "female" if draw() < 0.5 else "male"
    region = pick(draw(), {"north": 0.3, "south": 0.3, "east": 0.2, "west": 0.2})
    basic = (0.3 if drift else 0.5) + (0.22 if gender == "female" else 0.0)
    plan = pick(draw(), {"basic": basic, "plus": 0.6 * (1 - basic), "pro": 0.4 * (1 - basic)})
    tenure = int((40 if drift else 72) * draw() * draw())
    spend = max(1.0, PRICES[plan] * (1.35 if drift else 1.0) + 5 * normal(draw))
    calls = int((7.5 if drift else 6) * draw() * draw())
    churned = draw() < churn_risk(age, gender, plan, tenure, spend, calls)
    values = [
        key, str(age), gender, region, plan, str(tenure), f"{spend:.2f}", str(calls),
        f"{month}-01", "1" if churned else "0",
    ]  # fmt: skip
    return dict(zip(COLUMNS, values))


def churn_risk(age: int, gender: str, plan: str, tenure: int, spend: float, calls: int) -> float:
    """Returns how probably a customer leaves: the truth that the model is to find."""
    logit = -0.4 + 0.75 * calls - 0.07 * tenure - 0.025 * (age - 44)
    logit += 0.9 if plan == "basic" else 0.0
    logit += 0.45 if gender == "female" else -0.45
    logit += 0.03 * (spend - PRICES[plan])
    return 1 / (1 + math.exp(-logit))


def spoil(rows: list[Row], flaw: str) -> None:
    """Spoils some rows, evenly spread; of 6000, no two flaws meet in one."""
    kind, count = list(FLAWS).index(flaw), FLAWS[flaw]
    for place in range(count):
        at = place * len(rows) // count + kind
        row = rows[at]
        if flaw == "nulls":
            row["age"] = ""
        elif flaw == "range":
            row["age"] = str(int(row["age"] or 40) * 10)
        elif flaw == "duplicates":
            row["customer_id"] = rows[at + len(FLAWS)]["customer_id"]
        elif flaw == "category":
            row["plan"] = "premium"
        elif flaw == "dates":
            year, month, day = row["snapshot_date"].split("-")
            row["snapshot_date"] = f"{day}/{month}/{year}"
        elif flaw == "negative":
            row["monthly_spend"] = f"-{row['monthly_spend']}"


def pick(share: float, shares: dict[str, float]) -> str:
    """Returns the value whose share holds a number between 0 and 1."""
    for value, width in shares.items():
        if share < width:
            break
        share -= width
    return value


def normal(draw: Draw) -> float:
    """Returns a number that is about normally distributed, by additions alone: the same everywhere."""
    total = -6.0
    for _ in range(12):
        total += draw()
    return total


def write(rows: list[Row], out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with open(out, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
