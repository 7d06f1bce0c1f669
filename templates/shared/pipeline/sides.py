"""Which rows a model learns from, and which ones judge it.

The side hangs on the hash of the key alone: it stays the same when rows come, go or move, and nobody
whom a model has learned from in one month judges it in the next.
"""

from __future__ import annotations

import hashlib


def is_test(key: str, percent: float) -> bool:
    """Tells whether the row with this key is among the few that judge."""
    digest = hashlib.sha256(key.encode()).digest()
    return int.from_bytes(digest[:4], "big") < percent / 100 * 2**32
