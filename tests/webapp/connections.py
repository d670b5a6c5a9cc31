"""How many connections of a pool are out at once: whoever waits for a second while holding one may wait for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa


@dataclass
class Held:
    """How many connections are out, and how many were at most."""

    now: int = 0
    most: int = 0

    def out(self, *_: Any) -> None:
        self.now += 1
        self.most = max(self.most, self.now)

    def back(self, *_: Any) -> None:
        self.now -= 1


@contextmanager
def most_held(engine: sa.Engine) -> Iterator[Held]:
    """Count while the block runs; in one thread only."""
    held = Held()
    sa.event.listen(engine, "checkout", held.out)
    sa.event.listen(engine, "checkin", held.back)
    try:
        yield held
    finally:
        sa.event.remove(engine, "checkout", held.out)
        sa.event.remove(engine, "checkin", held.back)
