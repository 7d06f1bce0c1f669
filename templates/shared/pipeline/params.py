"""Reads `params.yaml`: a line per parameter, as `name: value` or `name: [value, value]`.

This is as much of YAML as this project needs; with more, take a library. `mlv params diff` and
`mlv log` understand the file in any case.
"""

from __future__ import annotations

from typing import Union

Value = Union[bool, int, float, str, list[str]]


def read_params(path: str = "params.yaml") -> dict[str, Value]:
    params: dict[str, Value] = {}
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            line = line.split("#")[0].strip()
            name, colon, text = line.partition(":")
            if line and not colon:
                raise SystemExit(f"{path}:{number}: `{line}` is not `name: value`")
            if line:
                params[name.strip()] = value_of(text.strip())
    return params


def value_of(text: str) -> Value:
    if text.startswith("[") and text.endswith("]"):
        return [item.strip() for item in text[1:-1].split(",") if item.strip()]
    if text in ("true", "false"):
        return text == "true"
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
