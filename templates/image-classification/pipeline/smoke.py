#!/usr/bin/env python3
"""The smoke test of a release: serving gives the scores that evaluation has seen.

For your own project: call your service the way its clients do. Where serving prepares pictures otherwise
than training did, the scores differ, and the release is not activated.
"""

from __future__ import annotations

import json

from serve import RELEASE, load, predict
from transform import KEY

TOLERANCE = 1e-6


def main() -> None:
    with open(RELEASE / "models/scratches/expected_predictions.json", encoding="utf-8") as file:
        examples = json.load(file)
    if not examples:
        raise SystemExit("no expected predictions to hold serving against")
    model = load()
    for example in examples:
        served, expected = predict(model, example["image"]), example["score"]
        if not abs(served - expected) <= TOLERANCE:
            raise SystemExit(f"{example[KEY]} is served {served:.9f}, and not {expected:.9f}")
    print(f"{len(examples)} predictions are served as expected")


if __name__ == "__main__":
    main()
