#!/usr/bin/env python3
"""Serves the released model: customers in, the probability that they leave out.

For your own project: import `load` and `predict` into your service. This file is released beside the
model; it may read nothing that is not released too. To try it, a customer is given as JSON:

    python3 pipeline/serve.py '{"age": 34, "plan": "basic", "support_calls": 3}'
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from logistic import score
from transform import features_of

RELEASE = Path(__file__).resolve().parent.parent


def load(release: Path = RELEASE) -> dict:
    with open(release / "models/churn/model.json", encoding="utf-8") as file:
        return json.load(file)


def predict(model: dict, customer: dict) -> float:
    """Returns how probably a customer leaves."""
    return score(model, features_of(customer))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: serve.py CUSTOMER, as JSON")
    print(f"{predict(load(), json.loads(sys.argv[1])):.6f}")
