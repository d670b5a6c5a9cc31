"""Time as a command: fire what is due, and, where a bureau's past is played, move its clock."""

from datetime import timedelta

from sqlalchemy import Engine

from engine.database import clock
from engine.runtime import Runtime

MOST_AT_ONCE = 100_000


def fire_all(runtime: Runtime, *, worker: str, most: int = MOST_AT_ONCE) -> int:
    """Fire every timer that is due, each in a transaction of its own; return how many fired."""
    fired = 0
    while fired < most:
        count = runtime.fire_due(worker=worker)
        if not count:
            break
        fired += count
    return fired


def set_clock(engine: Engine, shift: timedelta) -> None:
    """Set how far the bureau's clock stands from the real one; zero is real time. For demonstrations and tests."""
    with engine.begin() as connection:
        clock.shift(connection, shift)
