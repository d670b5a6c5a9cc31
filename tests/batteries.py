"""How much of a battery runs: its short form every time, all of it with MINYI_FULL=1 (`make test-full`)."""

import os
from collections.abc import Sequence
from typing import TypeVar

FULL = bool(os.environ.get("MINYI_FULL"))

Thing = TypeVar("Thing")


def examples(full: int, short: int) -> int:
    """Return how many random examples a test tries."""
    return full if FULL else short


def share(things: Sequence[Thing], seat: int, of: int, *, full: bool = FULL) -> list[Thing]:
    """Return every ``of``-th thing, beginning at the seat's: ``of`` seats in a row see all of them together.

    In the full form every seat sees everything.
    """
    found = list(things) if full else list(things[seat % of :: of])
    assert found, "a battery of nothing proves nothing"
    return found
