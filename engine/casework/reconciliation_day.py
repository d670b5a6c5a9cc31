"""A channel's day: what it is made of, and whether it adds up.

*received = in the library + not imported + handled apart + explained*. Handled apart is what was refused for secrecy,
together with what the viewer may not know of: a sum that left those out would show a gap and give the matter away.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, Literal

from rules.bureau_calendar import Calendar
from rules.running_numbers import Hole, Number, length_of, run_of

Standing = Literal["balanced", "late", "gap", "unreported", "rest", "open", "before"]
"""``rest``: nothing came and nobody had to say so; ``open``: the day is not over; ``before``: not checked yet then."""


@dataclass(frozen=True, slots=True)
class Report:
    """What the channel's receiver says: how many, from which number to which."""

    count: int
    first_number: str | None
    last_number: str | None
    entered_by: str
    entered_at: datetime


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why numbers are missing or the sum does not add up; rejected ones count no more."""

    id: int
    first_number: str | None
    last_number: str | None
    pieces: int | None
    reason: str
    explained_by: str
    explained_at: datetime
    rejected_by: str | None
    rejected_at: datetime | None
    rejection: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A record of a file that did not become a matter, and why; those refused for secrecy are not listed."""

    batch_id: int
    line: int
    channel_number: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A matter the viewer may know of, and how long it took from the channel to the platform in working time."""

    matter_id: int
    number: str
    title: str
    channel_number: str | None
    received_at: datetime
    imported_at: datetime
    took: timedelta
    late: bool


@dataclass(slots=True)
class ChannelDay:
    """A channel's day. ``received`` is None when nobody said, ``again`` how many records its files held once more."""

    channel_id: int
    day: date
    report: Report | None = None
    received: int | None = None
    arrivals: list[Arrival] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    apart: int = 0
    explained: int = 0
    explanations: list[Explanation] = field(default_factory=list)
    holes: tuple[Hole, ...] = ()
    twice: tuple[str, ...] = ()
    again: int = 0
    standing: Standing = "rest"

    @property
    def accounted(self) -> int:
        """How many records the platform has an answer for, before explanations."""
        return len(self.arrivals) + len(self.refused) + self.apart

    @property
    def difference(self) -> int:
        """What is missing of what was received and not explained; below 0 the platform has more than was received."""
        return 0 if self.received is None else self.received - self.accounted - self.explained

    @property
    def missing(self) -> int:
        """How many numbers are missing."""
        return sum(hole.count for hole in self.holes)

    @property
    def late(self) -> list[Arrival]:
        """The matters that were imported later than the channel allows."""
        return [one for one in self.arrivals if one.late]


@dataclass(frozen=True, slots=True)
class Speed:
    """How long messages took to the platform, in working time: of how many, the median, the worst, how many late."""

    count: int
    median: timedelta | None
    worst: timedelta | None
    late: int


@dataclass(frozen=True, slots=True)
class ChannelMonth:
    """A channel with its days, in order."""

    channel: Any
    days: tuple[ChannelDay, ...]

    @property
    def speed(self) -> Speed:
        """How fast its messages came, those the viewer may know of."""
        return speed_of(one for day in self.days for one in day.arrivals)


def speed_of(arrivals: Iterable[Arrival]) -> Speed:
    """Return how long these messages took to the platform."""
    known = list(arrivals)
    took = [one.took.total_seconds() for one in known]
    middle, worst = (timedelta(seconds=median(took)), timedelta(seconds=max(took))) if took else (None, None)
    return Speed(len(known), middle, worst, sum(one.late for one in known))


def has_to_report(channel: Any, day: date, days: Calendar) -> bool:
    """Say whether the channel's receiver has to say how many messages came on ``day``."""
    return channel.reports_on == "every_day" or days.is_working(day)


def run_explained(given: Explanation, day: date) -> tuple[Number, Number] | None:
    """Return the numbers an explanation is for; None when it is for none, or was rejected."""
    if given.rejected_at is not None or given.first_number is None or given.last_number is None:
        return None
    return run_of(given.first_number, given.last_number, day)


def received_of(one: ChannelDay, filed: int | None) -> int | None:
    """Return what the channel received: as its receiver says, else as its files say; None when neither does."""
    if one.report is not None:
        return one.report.count
    return None if filed is None else one.accounted + filed


def count_explained(one: ChannelDay) -> None:
    """Count what is explained; numbers fill the difference only as far as there is one."""
    valid = [given for given in one.explanations if given.rejected_at is None]
    one.explained = sum(given.pieces or 0 for given in valid)
    numbers = sum(length_of(run) for run in (run_explained(given, one.day) for given in valid) if run)
    one.explained += min(numbers, max(one.difference, 0))


def standing_of(one: ChannelDay, channel: Any, today: date, days: Calendar) -> Standing:
    """Say how a day of ``channel`` stands when it is ``today``."""
    if one.day >= today:
        return "open"
    if one.day < channel.reconciled_since:
        return "before"
    if one.difference or one.holes or one.twice:
        return "gap"
    if one.received is None:
        return "unreported" if one.accounted or has_to_report(channel, one.day, days) else "rest"
    return "late" if one.late else "balanced"
