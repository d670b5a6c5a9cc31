"""When the occurrences of a repeating interval fall, and which of them has passed."""

from datetime import datetime, timedelta
from typing import Final

from engine.runtime.adjustments import Arithmetic
from engine.runtime.durations import Duration, Repeat, is_duration, parse_duration
from engine.runtime.protocol import Due

MAX_PERIODS: Final = 10_000  # periods the host counts one by one after a long time without a worker
SHORTEST_PERIOD: Final = timedelta(seconds=1)


def occurrence_of(arithmetic: Arithmetic, repeat: Repeat, start: datetime, occurrence: int) -> Due:
    """Return when the occurrence numbered ``occurrence`` (from 1) of a cycle that began at ``start`` falls.

    Raises ValueError with a Chinese sentence when the cycle's texts are no times.
    """
    count = occurrence if not repeat.first else occurrence - 1
    begin = arithmetic.due(repeat.first, start).at if repeat.first else start
    if count == 0:
        return Due(begin)
    if is_duration(repeat.period):
        return Due(
            period_of(repeat).times(count).after(begin, arithmetic.zone),
            (f"第 {occurrence} 次，每次相隔 {repeat.period}",),
        )
    due = arithmetic.due(repeat.period, begin)
    for _ in range(count - 1):
        due = arithmetic.due(repeat.period, due.at)
    return due


def period_of(repeat: Repeat) -> Duration:
    """Return a cycle's ISO 8601 period. Raises ValueError when it is none, or shorter than a second."""
    period = parse_duration(repeat.period)
    if not period.months and period.exact < SHORTEST_PERIOD:
        raise ValueError(f"“{repeat.period}”太短")
    return period


def first_after(
    arithmetic: Arithmetic, repeat: Repeat, start: datetime, known: tuple[int, datetime], now: datetime
) -> tuple[int, datetime, datetime | None]:
    """Return the first occurrence after ``now``: its number, when it falls, and when the one before it fell.

    ``known`` is an occurrence, number and time, from which to go on counting; where it lies after ``now`` it is the
    answer, and none came before it. Raises ValueError when periods of the host are too short to be counted.
    """
    number, at = known
    before: datetime | None = None
    exact = is_duration(repeat.period) and not (period := period_of(repeat)).months
    if exact and at <= now:
        skipped = int((now - at) / period.exact)
        number, at = number + skipped, occurrence_of(arithmetic, repeat, start, number + skipped).at
    for _ in range(MAX_PERIODS):
        if at > now:
            return number, at, before
        number, before = number + 1, at
        counted = is_duration(repeat.period)
        at = (occurrence_of(arithmetic, repeat, start, number) if counted else arithmetic.due(repeat.period, at)).at
    raise ValueError(f"“{repeat.period}”太短，无法补上错过的周期")
