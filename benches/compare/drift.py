#!/usr/bin/env python3
"""Compares two csv files column by column with `mlv drift` and with Evidently 0.7 on pandas.

    benches/compare/drift.py [--mlv PATH] [--rows 200000]

Compares the default method of each column, and every method that both have, on a small reference, which is
tested, and on one of --rows rows, of which distances are measured. Prints the wall seconds of each, the greatest
difference of the scores by method, and every score or verdict in which they differ: a distance by more than
1e-9 of it, a p-value by more than 1e-9. Installs Evidently below `target/`. Times include the reading of
the files; that of mlv its start, that of Evidently not the import of its modules.
"""

import argparse
import collections
import json
import math
import os
import random
import subprocess
import sys
import tempfile
import time

import peers

peers.run_with("evidently==0.7.23", "pandas<3")

import pandas  # noqa: E402
from evidently import Report  # noqa: E402
from evidently.metrics import ValueDrift  # noqa: E402

# By mlv's names; `nannyml_js` and `chisquare_contingency` are in no list of Evidently's.
METHODS = ["ks", "wasserstein", "jensenshannon", "psi", "kl_div", "hellinger", "ed", "chisquare", "z"]
LIMIT = 1e-9
TESTS = {"ks", "chisquare", "z"}
# Evidently's energy distance looks at every pair of rows.
MOST_PAIRED = 20_000

COLUMNS = ["age", "spend", "visits", "gap", "plan", "region", "member", "rating"]


def write(path: str, rows: int, seed: int, shift: float) -> None:
    rng = random.Random(seed)
    plans = ["basic"] * 5 + ["plus"] * 3 + ["pro"] * (2 if shift == 0 else 4)
    with open(path, "w", encoding="utf-8") as file:
        file.write(",".join(COLUMNS) + "\n")
        for _ in range(rows):
            cells = [
                int(rng.gauss(45 + 3 * shift, 12)),
                round(rng.expovariate(1 / (50 + 8 * shift)), 2),
                rng.randint(0, 40),
                "" if rng.random() < 0.1 else round(rng.gauss(0, 1), 4),
                rng.choice(plans),
                rng.choice(["north", "south"]),
                int(rng.random() < 0.3 + 0.1 * shift),
                rng.randint(1, 5),
            ]
            file.write(",".join(map(str, cells)) + "\n")


def by_mlv(mlv: str, reference: str, new: str, *flags: str) -> dict:
    command = [mlv, "drift", new, "--reference", reference, "--min-rows", "1", "--json", *flags]
    told = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return {column["column"]: column for column in json.loads(told)["columns"]}


def by_evidently(reference: str, new: str, asked: list) -> list:
    """Returns the score of each column and method that is asked for, and whether it is drift."""
    metrics = [ValueDrift(column=column, **({"method": method} if method else {})) for column, method in asked]
    ran = Report(metrics, include_tests=True).run(pandas.read_csv(new), pandas.read_csv(reference)).dict()
    scores = [float(metric["value"]) for metric in ran["metrics"]]
    drifts = [test["status"] != "SUCCESS" for test in ran["tests"]]
    assert len(scores) == len(drifts) == len(asked), (len(scores), len(drifts), len(asked))
    return list(zip(scores, drifts))


def apart(method: str, ours: float, theirs: float) -> float:
    """Returns how far two scores are apart: of distances as a share, of p-values as they are."""
    if method in TESTS:
        return abs(ours - theirs)
    return 0.0 if ours == theirs else abs(ours - theirs) / max(abs(ours), abs(theirs), 1e-12)


def compare(mlv: str, reference: str, new: str, rows: int) -> int:
    print(f"{rows} rows of reference, {os.path.getsize(reference) / 1e6:.1f} MB")
    start = time.monotonic()
    usual = by_mlv(mlv, reference, new)
    print(f"  mlv drift   {time.monotonic() - start:>8.2f} s")
    start = time.monotonic()
    by_evidently(reference, new, [(column, None) for column in COLUMNS])
    print(f"  Evidently   {time.monotonic() - start:>8.2f} s")
    every = by_mlv(mlv, reference, new, "--all")
    asked = [(column, None) for column in COLUMNS]
    for column in COLUMNS:
        known = every[column]["distances"]
        asked += [(column, method) for method in METHODS if method in known and (method != "ed" or rows <= MOST_PAIRED)]
    # A forced method is judged by its own threshold.
    forced = {method: by_mlv(mlv, reference, new, "--method", method) for _, method in asked if method}
    found = collections.defaultdict(lambda: [0, 0.0])
    differing = 0
    for (column, method), (score, drift) in zip(asked, by_evidently(reference, new, asked)):
        ours = (forced[method] if method else usual)[column]
        name = method or f"default ({ours['method']})"
        gap = apart(ours["method"], ours["score"], score)
        found[name][0] += 1
        found[name][1] = max(found[name][1], gap)
        if math.isnan(score) or gap > LIMIT or ours["drift"] != drift:
            differing += 1
            print(f"  differs: {column} by {name}: mlv {ours['score']} {ours['drift']}, Evidently {score} {drift}")
    for name, (count, gap) in found.items():
        print(f"  {name:<28} {count} columns, greatest difference {gap:.1e}")
    return differing


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--mlv", default="mlv")
    args = parser.parse_args()
    mlv = os.path.abspath(args.mlv) if os.sep in args.mlv else args.mlv
    differing = 0
    with tempfile.TemporaryDirectory() as directory:
        os.chdir(directory)
        subprocess.run([mlv, "init", "-q"], check=True)
        for rows, shift in [(800, 0), (800, 1), (args.rows, 0), (args.rows, 1)]:
            write("reference.csv", rows, 1, 0)
            write("new.csv", rows * 3 // 4, 2, shift)
            differing += compare(mlv, "reference.csv", "new.csv", rows)
        os.chdir("/")
    print(f"{differing} differ")
    sys.exit(1 if differing else 0)


if __name__ == "__main__":
    main()
