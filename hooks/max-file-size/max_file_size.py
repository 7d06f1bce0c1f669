"""Refuses changed files that are larger than a limit."""

import os

import mlv_hook


def size(number):
    for unit in ("B", "kB", "MB", "GB"):
        if number < 1000:
            break
        number /= 1000
    else:
        unit = "TB"
    return f"{number:.3g} {unit}"


def main():
    given = mlv_hook.parameters()
    limit, looked_at = given["max"], 0
    findings = mlv_hook.Findings()
    for path in mlv_hook.changed_files(given["exclude"]):
        looked_at += 1
        found = os.lstat(path).st_size
        if found > limit:
            findings.add(path, f"{size(found)}, and {size(limit)} is the limit")
    findings.end(
        passed=f"{mlv_hook.counted(looked_at, 'file')} within {size(limit)}",
        refused=f"{mlv_hook.counted(findings.count, 'file')} larger than {size(limit)}",
    )


main()
