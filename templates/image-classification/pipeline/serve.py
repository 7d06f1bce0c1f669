#!/usr/bin/env python3
"""Serves the released model: a picture in, the probability that the part is scratched out.

For your own project: import `load` and `predict` into your service. This file is released beside the
model; it may read nothing that is not released too. To try it:

    python3 pipeline/serve.py data/images/PART.png
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import png
from logistic import score
from transform import features_of

RELEASE = Path(__file__).resolve().parent.parent


def load(release: Path = RELEASE) -> dict:
    with open(release / "models/scratches/model.json", encoding="utf-8") as file:
        return json.load(file)


def predict(model: dict, image: png.Image) -> float:
    """Returns how probably the part on a picture is scratched."""
    return score(model, features_of(image))


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: serve.py PICTURE, a PNG file")
    print(f"{predict(load(), png.read(sys.argv[1])):.6f}")
