"""Waiting with a deadline: the one place of these tests where time passes."""

import threading
from collections.abc import Callable
from time import monotonic
from typing import TypeVar

Found = TypeVar("Found")

_never = threading.Event()


def pause(seconds: float) -> None:
    """Let the other processes go on for a moment."""
    _never.wait(seconds)


def eventually(what: str, look: Callable[[], Found], *, within: float = 60, every: float = 0.03) -> Found:
    """Return what `look` finds as soon as it finds something; fail naming `what` when it does not in time."""
    deadline = monotonic() + within
    while not (found := look()):
        assert monotonic() < deadline, f"{what}: not within {within} s"
        pause(every)
    return found
