"""Refuses notebooks that were not cleaned before they were committed."""

import json

import mlv_hook


def cells_of(notebook):
    """Returns the cells, also of notebooks of format 3, which keep them in worksheets."""
    sheets = notebook.get("worksheets") or [notebook]
    return [cell for sheet in sheets for cell in sheet.get("cells", [])]


def what_remains(cell):
    if cell.get("outputs"):
        yield mlv_hook.counted(len(cell["outputs"]), "output")
    count = cell.get("execution_count", cell.get("prompt_number"))
    if count is not None:
        yield f"execution count {count}"


def look_at(path, findings):
    try:
        with open(path, encoding="utf-8") as file:
            cells = cells_of(json.load(file))
        remains = [(i, list(what_remains(c))) for i, c in enumerate(cells, 1) if c.get("cell_type") == "code"]
    except (ValueError, AttributeError, TypeError, RecursionError) as error:
        return findings.add(path, f"is no notebook: {error}")
    for number, rest in remains:
        if rest:
            findings.add(path, f"cell {number} has {' and '.join(rest)}")


def main():
    given = mlv_hook.parameters()
    findings, looked_at = mlv_hook.Findings(), 0
    for path in mlv_hook.changed_files(given["exclude"]):
        if path.endswith(b".ipynb"):
            looked_at += 1
            look_at(path, findings)
    findings.end(
        passed=f"{mlv_hook.counted(looked_at, 'notebook')} clean",
        refused=f"{mlv_hook.counted(len(findings.paths), 'notebook')} not clean: clear all outputs, then add again",
    )


main()
