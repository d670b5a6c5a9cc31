"""How much of a battery runs: its short form every time, all of it with MINYI_FULL=1 (`make test-full`)."""

import os

FULL = bool(os.environ.get("MINYI_FULL"))


def examples(full: int, short: int) -> int:
    """Return how many random examples a test tries."""
    return full if FULL else short
