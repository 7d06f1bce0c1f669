#!/usr/bin/env python3
"""Holds one csv file against the same expectations with mlv and with Great Expectations on pandas.

    benches/compare/checks.py [--rows 1000000]

Prints the wall seconds of each, and every count, mean or verdict in which they differ. Needs mlv on the PATH
and a Python with great_expectations and pandas. Times include the reading of the file; that of mlv its start,
that of Great Expectations not the import of its modules.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time

import great_expectations as gx
import pandas

SUITE = r"""
dataset: c.csv
checks:
- columns: {match: exact, names: [id, age, plan, spend, day, mail]}
- row_count: {min: 1}
- unique: [id]
columns:
  id: {not_null: true}
  age: {not_null: true, range: {min: 18, max: 100}, mean: {min: 50, max: 60}}
  plan: {in_set: [basic, plus, pro]}
  spend: {range: {min: 0}, median: {min: 40, max: 60}, stdev: {min: 20, max: 40}, sum: {min: 100}}
  day: {date_format: "%Y-%m-%d"}
  mail: {regex: '^[^@]+@[^@]+\.[a-z]+$', length: {min: 3, max: 20}}
"""


def write(rows: int) -> None:
    rng = random.Random(3)
    with open("c.csv", "w", encoding="utf-8") as file:
        file.write("id,age,plan,spend,day,mail\n")
        for i in range(rows):
            name = i if rng.random() > 0.003 else 7
            age = "" if rng.random() < 0.02 else rng.randint(10, 105)
            plan = "gold" if rng.random() < 0.003 else rng.choice(["basic", "plus", "pro"])
            day = f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}" if rng.random() > 0.005 else "soon"
            mail = "x" if rng.random() < 0.02 else f"u{i}@ex.org"
            file.write(f"{name},{age},{plan},{round(rng.gauss(50, 30), 2)},{day},{mail}\n")


def by_mlv() -> dict:
    with open("suite.yaml", "w", encoding="utf-8") as file:
        file.write(SUITE)
    subprocess.run(["mlv", "init", "-q"], check=True)
    told = subprocess.run(["mlv", "check", "suite.yaml", "--json"], stdout=subprocess.PIPE).stdout
    return {(it["check"], it["column"]): it for it in json.loads(told)["checks"]}


def by_great_expectations() -> dict:
    e = gx.expectations
    columns = ["id", "age", "plan", "spend", "day", "mail"]
    expected = {
        ("columns", None): e.ExpectTableColumnsToMatchOrderedList(column_list=columns),
        ("row_count", None): e.ExpectTableRowCountToBeBetween(min_value=1),
        ("unique", None): e.ExpectColumnValuesToBeUnique(column="id"),
        ("not_null", "id"): e.ExpectColumnValuesToNotBeNull(column="id"),
        ("not_null", "age"): e.ExpectColumnValuesToNotBeNull(column="age"),
        ("range", "age"): e.ExpectColumnValuesToBeBetween(column="age", min_value=18, max_value=100),
        ("mean", "age"): e.ExpectColumnMeanToBeBetween(column="age", min_value=50, max_value=60),
        ("in_set", "plan"): e.ExpectColumnValuesToBeInSet(column="plan", value_set=["basic", "plus", "pro"]),
        ("range", "spend"): e.ExpectColumnValuesToBeBetween(column="spend", min_value=0),
        ("median", "spend"): e.ExpectColumnMedianToBeBetween(column="spend", min_value=40, max_value=60),
        ("stdev", "spend"): e.ExpectColumnStdevToBeBetween(column="spend", min_value=20, max_value=40),
        ("sum", "spend"): e.ExpectColumnSumToBeBetween(column="spend", min_value=100),
        ("date_format", "day"): e.ExpectColumnValuesToMatchStrftimeFormat(column="day", strftime_format="%Y-%m-%d"),
        ("regex", "mail"): e.ExpectColumnValuesToMatchRegex(column="mail", regex=r"^[^@]+@[^@]+\.[a-z]+$"),
        ("length", "mail"): e.ExpectColumnValueLengthsToBeBetween(column="mail", min_value=3, max_value=20),
    }
    context = gx.get_context(mode="ephemeral")
    asset = context.data_sources.add_pandas("p").add_dataframe_asset("a")
    batch = asset.add_batch_definition_whole_dataframe("b").get_batch({"dataframe": pandas.read_csv("c.csv")})
    return {name: batch.validate(expectation) for name, expectation in expected.items()}


def same(ours: dict, theirs) -> bool:
    """Tells whether both count or measure the same, and judge it alike."""
    result = theirs.result
    if theirs.success != (ours["status"] == "pass"):
        return False
    if "unexpected_count" in result:
        return result["unexpected_count"] == ours["unexpected"]
    if isinstance(result["observed_value"], list):
        return result["observed_value"] == ours["observed"]
    return abs(result["observed_value"] - ours["observed"]) <= 1e-9 * abs(ours["observed"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    rows = parser.parse_args().rows
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        write(rows)
        print(f"{rows} rows, {os.path.getsize('c.csv') / 1e6:.0f} MB")
        start = time.monotonic()
        ours = by_mlv()
        print(f"  mlv                 {time.monotonic() - start:>8.2f} s")
        start = time.monotonic()
        theirs = by_great_expectations()
        print(f"  Great Expectations  {time.monotonic() - start:>8.2f} s")
        differing = [name for name in theirs if not same(ours[name], theirs[name])]
        for name in differing:
            print("  differs:", name, ours[name], theirs[name].result)
        os.chdir("/")
    print(f"  {len(theirs)} expectations, {len(differing)} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
