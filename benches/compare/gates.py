#!/usr/bin/env python3
"""Measures the same predictions with `mlv gate` and with scikit-learn and fairlearn.

    benches/compare/gates.py [--mlv PATH] [--rows 200000]

Every metric that `mlv gate` computes, of two classes (with and without a score), of more classes and of numbers,
over all rows, by slices and as differences between groups. Prints the wall seconds of each, the greatest
difference, and every number that differs by more than 1e-9. Installs scikit-learn and fairlearn below `target/`.
Times include the reading of the file; that of mlv its start, that of the others not the import of their modules.
"""

import argparse
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

import peers

peers.run_with("scikit-learn", "fairlearn", "pandas")

import pandas  # noqa: E402
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference  # noqa: E402
from sklearn import metrics as sk  # noqa: E402

LIMIT = 1e-9
REGIONS = ["north", "south", "east", "west"]


def write(rows: int) -> None:
    """Writes predictions with ties, rare classes and scores at both ends."""
    rng = random.Random(5)
    two = open("two.csv", "w", encoding="utf-8")
    said = open("said.csv", "w", encoding="utf-8")
    many = open("many.csv", "w", encoding="utf-8")
    numbers = open("numbers.csv", "w", encoding="utf-8")
    two.write("id,y_true,y_score,region,group\n")
    said.write("id,y_true,y_pred\n")
    many.write("id,y_true,y_pred\n")
    numbers.write("id,y_true,y_pred\n")
    for row in range(rows):
        truth = rng.random() < 0.2
        # Two digits make ties, and now and then a score is 0 or 1.
        score = min(1.0, max(0.0, round(rng.gauss(0.62 if truth else 0.38, 0.2), 2)))
        region = rng.choice(REGIONS)
        group = rng.choice("abc")
        two.write(f"{row},{int(truth)},{score},{region},{group}\n")
        said.write(f"{row},{int(truth)},{int(score >= 0.5)}\n")
        kind = rng.choices(["cat", "dog", "owl", "yak"], [60, 30, 9, 1])[0]
        guess = kind if rng.random() < 0.8 else rng.choice(["cat", "dog", "owl"])
        many.write(f"{row},{kind},{guess}\n")
        value = round(rng.gauss(100, 30), 3)
        numbers.write(f"{row},{value},{round(value + rng.gauss(1, 5), 3)}\n")
    for file in (two, said, many, numbers):
        file.close()


def bounds(names: list) -> str:
    # Every value is within these bounds: what is measured is of interest, not the verdict.
    return "{" + ", ".join(f"{name}: {{min: -1e18}}" for name in names) + "}"


BOTH = ["accuracy", "precision", "recall", "f1"]
SCORED = ["auc", *BOTH, "log_loss", "brier"]
NUMBERS = ["mae", "rmse", "r2", "mape"]
GATES = {
    "two": f"predictions: two.csv\nmetrics: {bounds(SCORED)}\n"
    f"slices: {{by: region, metrics: {bounds(SCORED)}}}\n"
    "fairness: {by: group, equalized_odds_difference: {max: 1}, demographic_parity_difference: {max: 1}}\n",
    "said": f"predictions: said.csv\nmetrics: {bounds(BOTH)}\n",
    "many": f"predictions: many.csv\nmetrics: {bounds(BOTH)}\n",
    "numbers": f"predictions: numbers.csv\ntask: regression\nmetrics: {bounds(NUMBERS)}\n",
}


def by_mlv(mlv: str) -> dict:
    """Returns each number by gate, metric and slice."""
    found = {}
    for gate, text in GATES.items():
        with open(f"{gate}.yaml", "w", encoding="utf-8") as file:
            file.write(text)
        told = json.loads(subprocess.run([mlv, "gate", f"{gate}.yaml", "--json"], stdout=subprocess.PIPE).stdout)
        for rule in told["rules"]:
            if rule["metric"] is not None and rule["value"] is not None:
                found[gate, rule["metric"], rule["slice"]] = rule["value"]
    return found


def of_two(frame: pandas.DataFrame) -> dict:
    said = (frame.y_score >= 0.5).astype(int)
    return {
        "auc": sk.roc_auc_score(frame.y_true, frame.y_score),
        **of_classes(frame.y_true, said, "binary"),
        "log_loss": sk.log_loss(frame.y_true, frame.y_score),
        "brier": sk.brier_score_loss(frame.y_true, frame.y_score),
    }


def of_classes(truth, said, average: str) -> dict:
    return {
        "accuracy": sk.accuracy_score(truth, said),
        "precision": sk.precision_score(truth, said, average=average, zero_division=0),
        "recall": sk.recall_score(truth, said, average=average, zero_division=0),
        "f1": sk.f1_score(truth, said, average=average, zero_division=0),
    }


def by_others() -> dict:
    found = {}
    two = pandas.read_csv("two.csv")
    found |= {("two", name, None): value for name, value in of_two(two).items()}
    for region, part in two.groupby("region"):
        found |= {("two", name, f"region={region}"): value for name, value in of_two(part).items()}
    said = (two.y_score >= 0.5).astype(int)
    for name, of in [
        ("equalized_odds_difference", equalized_odds_difference),
        ("demographic_parity_difference", demographic_parity_difference),
    ]:
        found["two", name, "group"] = of(two.y_true, said, sensitive_features=two.group)
    for gate, average in [("said", "binary"), ("many", "macro")]:
        frame = pandas.read_csv(f"{gate}.csv")
        values = of_classes(frame.y_true, frame.y_pred, average)
        found |= {(gate, name, None): value for name, value in values.items()}
    frame = pandas.read_csv("numbers.csv")
    truth, said = frame.y_true, frame.y_pred
    found |= {
        ("numbers", "mae", None): sk.mean_absolute_error(truth, said),
        ("numbers", "rmse", None): sk.root_mean_squared_error(truth, said),
        ("numbers", "r2", None): sk.r2_score(truth, said),
        ("numbers", "mape", None): sk.mean_absolute_percentage_error(truth, said),
    }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--mlv", default="mlv")
    args = parser.parse_args()
    mlv = os.path.abspath(args.mlv) if os.sep in args.mlv else args.mlv
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        subprocess.run([mlv, "init", "-q"], check=True)
        write(args.rows)
        print(f"{args.rows} rows, {len(GATES)} files of predictions")
        start = time.monotonic()
        ours = by_mlv(mlv)
        print(f"  mlv gate                  {time.monotonic() - start:>8.2f} s")
        start = time.monotonic()
        theirs = by_others()
        print(f"  scikit-learn, fairlearn   {time.monotonic() - start:>8.2f} s")
        os.chdir("/")
    greatest, differing = 0.0, 0
    for name, value in theirs.items():
        gap = abs(ours.get(name, math.nan) - value)
        if not gap <= LIMIT:
            differing += 1
            print("  differs:", name, ours.get(name), value)
        else:
            greatest = max(greatest, gap)
    print(f"  {len(theirs)} numbers, greatest difference {greatest:.1e}, {differing} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
