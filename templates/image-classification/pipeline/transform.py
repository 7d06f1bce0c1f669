"""What a model sees of a picture: the one place where pixels become numbers.

For your own project: write your features here, or the resizing that your network needs. Training and
serving both import this file, and it is released beside the model, so that they cannot come to differ.
"""

from __future__ import annotations

import math

KEY = "part_id"
LABEL = "scratched"
SIZE = 20

# The part covers these pixels on every picture.
WITHIN = [
    (x, y)
    for y in range(SIZE)
    for x in range(SIZE)
    if (x - SIZE // 2) ** 2 + (y - SIZE // 2) ** 2 < 40
]

# How much darker than the part as a whole a pixel of a scratch is, at least.
DARK = 16

# What a picture can be looked at for.
FEATURES = ["brightness", "roughness", "darkest_spot", "dark_pixels"]


def known(names: list[str]) -> list[str]:
    """Returns the names of features, if all of them are some."""
    unknown = [name for name in names if name not in FEATURES]
    if unknown:
        raise SystemExit(f"there is no feature `{unknown[0]}`; known: {', '.join(FEATURES)}")
    return names


def features_of(image: list[list[int]]) -> dict[str, float]:
    """Returns all numbers that can be made of a picture."""
    if len(image) != SIZE or len(image[0]) != SIZE:
        raise ValueError(f"a picture has {SIZE} × {SIZE} pixels")
    values = [image[y][x] for x, y in WITHIN]
    mean = math.fsum(values) / len(values)
    variance = math.fsum((value - mean) ** 2 for value in values) / len(values)
    return {
        "brightness": round(mean, 6),
        "roughness": round(math.sqrt(variance), 6),
        "darkest_spot": round(mean - min(values), 6),
        "dark_pixels": float(len([value for value in values if value < mean - DARK])),
    }
