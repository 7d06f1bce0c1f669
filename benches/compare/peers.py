"""Peers that a comparison needs, in an environment of their own below `target/`."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run_with(*packages: str) -> None:
    """Goes on in a Python that has these packages, which are installed from PyPI where they are missing."""
    home = os.path.join(ROOT, "target", "compare-peers", "-".join(re.split("[=<]", name)[0] for name in packages))
    python = os.path.join(home, "bin", "python3")
    if os.path.realpath(sys.prefix) == os.path.realpath(home):
        return
    whole = os.path.join(home, "installed")
    if not os.path.exists(whole):
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *packages], check=True)
        with open(whole, "w", encoding="utf-8") as file:
            file.write("\n".join(packages) + "\n")
    os.execv(python, [python, *sys.argv])
