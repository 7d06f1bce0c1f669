"""Runs stages of a DVC pipeline in the sandbox, where there is no Git, and takes their metrics."""

import json
import os
import shutil
import subprocess

import mlv_hook


def dvc(*words, **more):
    print("$ dvc " + " ".join(words), flush=True)
    return subprocess.run(["dvc", *words], stdin=subprocess.DEVNULL, check=False, **more)


def must(*words):
    code = dvc(*words).returncode
    if code != 0:
        mlv_hook.refuse(f"`dvc {' '.join(words)}` ended with exit code {code}")


def prepare():
    """Makes the sandbox a DVC project of its own, and tells what to clear away afterwards."""
    if shutil.which("dvc") is None:
        mlv_hook.refuse("`dvc` is not installed, or not on the PATH of mlv")
    own = [".dvc/config.local", ".dvc/tmp", ".dvc/cache"]
    if not os.path.isdir(".dvc"):
        must("init", "--quiet", "--no-scm")
        own = [".dvc", ".dvcignore"]
    must("config", "--local", "core.no_scm", "true")
    must("config", "--local", "core.analytics", "false")
    return own


def clear(paths):
    """Removes what is DVC's own: mlv keeps what was made, and DVC need not."""
    for path in paths:
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)


def numbers(value, name=""):
    """Yields the numbers of a metrics file, by their names with dots."""
    if isinstance(value, bool):
        return
    if isinstance(value, (int, float)):
        yield name, value
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from numbers(below, f"{name}.{key}" if name else str(key))


def metrics():
    shown = dvc("metrics", "show", "--json", stdout=subprocess.PIPE)
    if shown.returncode != 0:
        return {}
    files = json.loads(shown.stdout).get("", {}).get("data", {})
    return dict(pair for file in files.values() for pair in numbers(file.get("data")))


def main():
    given = mlv_hook.parameters()
    own = prepare()
    if given["pull"]:
        must("pull", *given["stages"])
    must("repro", "--no-commit", *(["--force"] if given["force"] else []), *given["stages"])
    found = metrics()
    clear(own)
    if found:
        mlv_hook.metrics(found)
    told = [f"{name} {value:g}" for name, value in found.items()]
    mlv_hook.summary(", ".join(told[:4]) or "reproduced")


main()
