#!/usr/bin/env python3
"""Plays the cameras above a belt: writes pictures of turned parts, some of them scratched, and labels.

For your own project: put here whatever brings the pictures in, or delete it. The parts are made up from
their numbers: the same day gives the same pictures, on every machine.
"""

from __future__ import annotations

import argparse
import csv
import math
import random
import sys
from pathlib import Path
from typing import Callable

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "pipeline"))

import png  # noqa: E402

Draw = Callable[[], float]
SIZE = 20
COLUMNS = ["part_id", "file", "camera", "taken_on", "scratched"]
FLAWS = {"truncated": 3, "unlabelled": 4, "misnamed": 2}


def main() -> None:
    arguments = parse_arguments()
    images = ROOT / "data/images"
    images.mkdir(parents=True, exist_ok=True)
    rows = []
    for number in range(arguments.parts):
        part = f"P{arguments.day.replace('-', '')}-{number:04}"
        row, image = picture(part, arguments.day)
        png.write(str(ROOT / row["file"]), image)
        rows.append(row)
    if arguments.flaw:
        spoil(rows, arguments.flaw)
    write_labels(ROOT / f"data/labels/{arguments.day}.csv", rows)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--day", required=True, help="as in 2026-01-05")
    parser.add_argument("--parts", type=int, default=600, help="how many pictures (600)")
    parser.add_argument("--flaw", choices=list(FLAWS), help="what went wrong at the belt")
    arguments = parser.parse_args()
    if [len(part) for part in arguments.day.split("-") if part.isdigit()] != [4, 2, 2]:
        parser.error(f"{arguments.day} is no day as in 2026-01-05")
    if not 100 <= arguments.parts <= 9999:
        parser.error("100 to 9999 parts can be taken a day")
    return arguments


def picture(part: str, day: str) -> tuple[dict[str, str], png.Image]:
    draw = random.Random(f"part {part}").random
    camera = "left" if draw() < 0.5 else "right"
    scratched = draw() < 0.4
    image = turned_part(draw, 150 if camera == "left" else 175)
    for _ in range(int(3 * draw())):
        darken(image, 4 + 12 * draw(), 4 + 12 * draw(), 25 * draw())
    if scratched:
        scratch(draw, image)
    row = dict(zip(COLUMNS, [part, f"data/images/{part}.png", camera, day, str(int(scratched))]))
    return row, [[max(0, min(255, round(value))) for value in line] for line in image]


def turned_part(draw: Draw, light: float) -> list[list[float]]:
    """Draws a bright disc on a dark belt, with the noise of a cheap camera."""
    middle, radius = SIZE / 2 + draw() - 0.5, 7.5 + draw()
    return [
        [
            (light if math.hypot(x - middle, y - middle) < radius else 40) + 24 * (draw() - 0.5)
            for x in range(SIZE)
        ]
        for y in range(SIZE)
    ]


def scratch(draw: Draw, image: list[list[float]]) -> None:
    """Draws a dark line through the part, at any angle."""
    angle, length, depth = math.pi * draw(), 4 + 7 * draw(), 8 + 26 * draw()
    x, y = 7 + 6 * draw(), 7 + 6 * draw()
    for step in range(round(2 * length)):
        along = step / 2 - length / 2
        darken(image, x + along * math.cos(angle), y + along * math.sin(angle), depth / 2)


def darken(image: list[list[float]], x: float, y: float, depth: float) -> None:
    image[round(y) % SIZE][round(x) % SIZE] -= depth


def spoil(rows: list[dict[str, str]], flaw: str) -> None:
    """Spoils some parts, evenly spread over the day."""
    for place in range(FLAWS[flaw]):
        row = rows[place * len(rows) // FLAWS[flaw]]
        path = ROOT / row["file"]
        if flaw == "truncated":
            path.write_bytes(path.read_bytes()[:-40])
        elif flaw == "unlabelled":
            row["scratched"] = ""
        elif flaw == "misnamed":
            row["camera"] = "top"


def write_labels(path: Path, rows: list[dict[str, str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


if __name__ == "__main__":
    main()
