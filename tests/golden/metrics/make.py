"""Makes the cases of this directory: python3 make.py, with scikit-learn and fairlearn installed."""

import csv
import json

import fairlearn
import numpy as np
import scipy
import sklearn
from fairlearn.metrics import demographic_parity_difference, equalized_odds_difference
from scipy.stats import binomtest
from sklearn import metrics as m

random = np.random.default_rng(20260131)
cases = {}


def write(name, header, rows):
    with open(f"{name}.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def binary(name, truth, score, weight, group):
    said = (score >= 0.5).astype(int)
    rows = zip(truth, (repr(float(s)) for s in score), weight, group)
    write(name, ["y_true", "y_score", "weight", "group"], rows)
    for key, w in (("plain", None), ("weighted", weight)):
        cases.setdefault(name, {})[key] = {
            "auc": m.roc_auc_score(truth, score, sample_weight=w),
            "accuracy": m.accuracy_score(truth, said, sample_weight=w),
            "precision": m.precision_score(truth, said, sample_weight=w, zero_division=0),
            "recall": m.recall_score(truth, said, sample_weight=w),
            "f1": m.f1_score(truth, said, sample_weight=w),
            "log_loss": m.log_loss(truth, score, sample_weight=w),
            "brier": m.brier_score_loss(truth, score, sample_weight=w),
        }
    cases[name]["fairness"] = {
        "demographic_parity_difference": demographic_parity_difference(
            truth, said, sensitive_features=group
        ),
        "equalized_odds_difference": equalized_odds_difference(
            truth, said, sensitive_features=group
        ),
    }


def classes(name, truth, said, weight):
    write(name, ["y_true", "y_pred", "weight"], zip(truth, said, weight))
    for key, w in (("plain", None), ("weighted", weight)):
        more = {"sample_weight": w, "average": "macro", "zero_division": 0}
        cases.setdefault(name, {})[key] = {
            "accuracy": m.accuracy_score(truth, said, sample_weight=w),
            "precision": m.precision_score(truth, said, **more),
            "recall": m.recall_score(truth, said, **more),
            "f1": m.f1_score(truth, said, **more),
        }


def numbers(name, truth, said, weight):
    write(name, ["y_true", "y_pred", "weight"], zip(map(repr, map(float, truth)), map(repr, map(float, said)), weight))
    for key, w in (("plain", None), ("weighted", weight)):
        cases.setdefault(name, {})[key] = {
            "mae": m.mean_absolute_error(truth, said, sample_weight=w),
            "rmse": m.root_mean_squared_error(truth, said, sample_weight=w),
            "r2": m.r2_score(truth, said, sample_weight=w),
            "mape": m.mean_absolute_percentage_error(truth, said, sample_weight=w),
        }


n = 300
truth = random.integers(0, 2, n)
weight = random.integers(1, 5, n)
group = random.choice(["a", "b", "c"], n, p=[0.5, 0.4, 0.1])
score = np.clip(random.normal(0.35 + 0.3 * truth, 0.25), 0, 1)
binary("binary", truth, score, weight, group)
binary("binary_ties", truth, np.round(score, 1), weight, group)
extreme = np.where(random.random(n) < 0.2, np.round(score), score)
binary("binary_extreme", truth, extreme, weight, group)
alone = np.where(truth == 1, np.where(group == "c", "a", group), group)
binary("binary_group_without_positives", truth, score, weight, alone)
binary("binary_nothing_said", truth, score / 3, weight, group)

labels = np.array(["ant", "bee", "cat", "dog"])
kinds = labels[random.choice(4, n, p=[0.5, 0.3, 0.15, 0.05])]
said = np.where(random.random(n) < 0.6, kinds, labels[random.integers(0, 3, n)])
classes("classes", kinds, said, weight)

values = random.normal(10, 5, n)
numbers("numbers", values, values + random.normal(0, 2, n), weight)
numbers("numbers_zero", np.where(random.random(n) < 0.02, 0, values), values, weight)
numbers("numbers_constant", np.full(n, 3.0), values, weight)
numbers("numbers_perfect", np.full(n, 3.0), np.full(n, 3.0), weight)

cases["mcnemar"] = [
    {"worse": b, "better": c, "p": binomtest(b, b + c, 0.5).pvalue if b + c else 1.0}
    for b, c in [(0, 0), (1, 0), (0, 5), (5, 0), (3, 9), (40, 40), (130, 90), (5200, 5000)]
]
versions = {"scikit-learn": sklearn.__version__, "fairlearn": fairlearn.__version__}
versions |= {"numpy": np.__version__, "scipy": scipy.__version__}
with open("golden.json", "w") as file:
    json.dump({"made_with": versions, "cases": cases}, file, indent=1)
    file.write("\n")
