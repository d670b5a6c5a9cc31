"""What moves a due time beyond the diagram: extensions, and pauses of the whole instance.

A move is JSON. An extension is ``{"by": "15日"}`` or ``{"to": ISO 8601}`` with ``at``, when it was granted; a pause is
``{"since": …, "until": …}``, ``until`` being None while it lasts. Both say ``why`` and ``who``. A timer's or a user
task's token keeps its extensions under ``moves``; the instance's root token keeps its pauses under ``pauses``. They are
applied after the base computation in the order in which they took effect, so that a new calendar moves the base only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any, Final

import sqlalchemy as sa

from engine.runtime.durations import is_duration, parse_duration
from engine.runtime.protocol import Due, Host

Move = dict[str, Any]
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Counts due times on the host's calendar.

    Attributes:
        host: counts working days, working hours and days.
        connection: of the command, for the host's calendar.
        zone: on whose calendar months are counted and moments are written.

    """

    host: Host
    connection: sa.Connection
    zone: tzinfo

    def due(self, value: Any, start: datetime) -> Due:
        """Return when ``value`` falls, counted from ``start``.

        ISO 8601 durations and moments with a zone are ours; everything else (working days, dates without a zone) is
        the host's. Raises ValueError with a Chinese sentence when it is no time.
        """
        if isinstance(value, str) and is_duration(value):
            return Due(parse_duration(value).after(start, self.zone))
        fixed = moment(value)
        if fixed is not None:
            return Due(fixed)
        due = self.host.due(self.connection, value, start)
        if due.at.tzinfo is None:
            raise ValueError(f"“{value}”没有时区")
        return Due(due.at.astimezone(UTC), due.explanation)

    def adjusted(self, value: Any, base: Due, start: datetime, moves: Iterable[Move]) -> Due:
        """Return ``base`` after all ``moves``, each with its line.

        Args:
            value: what the diagram gives, which says the clock's unit.
            base: the due time it works out to.
            start: since when the clock counts, UTC; a pause before it is none of its own.
            moves: extensions and pauses in any order; a pause that still lasts moves nothing yet.

        """
        due = base
        for move in in_order(moves):
            due = self.moved(value, due, start, move)
        return due

    def moved(self, value: Any, due: Due, start: datetime, move: Move) -> Due:
        """Return ``due`` after one more extension or pause. Raises ValueError when an extension is no time."""
        return self._held(value, due, start, move) if "since" in move else self._extended(due, move)

    def _extended(self, due: Due, move: Move) -> Due:
        lines: tuple[str, ...] = ()
        by = move.get("by")
        if by is None:
            at = max(due.at, _moment(move["to"]))
        elif is_duration(by):
            at = parse_duration(by).after(due.at, self.zone)
        else:
            found = self.host.extended(self.connection, due.at, by)
            at, lines = found.at.astimezone(UTC), found.explanation
        old, new, who, why = self._said(due.at), self._said(at), move["who"], move["why"]
        line = f"延期{by or ''}：由{old}延至{new}（批准：{who}；理由：{why}）"
        return Due(at, (*due.explanation, line, *lines))

    def _held(self, value: Any, due: Due, start: datetime, move: Move) -> Due:
        if move["until"] is None:
            return due
        since, until = max(_moment(move["since"]), start), _moment(move["until"])
        if until <= since or due.at <= since:
            return due  # it began later, or had fallen before
        lines: tuple[str, ...] = ()
        if _is_plain(value):
            at = due.at + (until - since)
        else:
            found = self.host.held(self.connection, value, due.at, since, until)
            at, lines = max(due.at, found.at.astimezone(UTC)), found.explanation
        begun, ended, old, new = (self._said(one) for one in (since, until, due.at, at))
        line = f"{begun}至{ended}暂停计时：由{old}顺延至{new}（批准：{move['who']}；理由：{move['why']}）"
        return Due(at, (*due.explanation, line, *lines))

    def _said(self, at: datetime) -> str:
        """Write a moment as people read it; the end of a day is 24:00 of that day."""
        there = at.astimezone(self.zone)
        if there.time() == time():
            there -= ONE_DAY
            return f"{there.year}年{there.month}月{there.day}日24:00"
        return f"{there.year}年{there.month}月{there.day}日{there:%H:%M}"


def in_order(moves: Iterable[Move]) -> list[Move]:
    """Return moves in the order they took effect: an extension when granted, a pause when it ended; open ones last."""
    return sorted(moves, key=lambda move: (move.get("at") or move.get("until") or "9", "since" in move))


def pauses(root: Any) -> Sequence[Move]:
    """Return the pauses that an instance's root token keeps."""
    kept: Sequence[Move] = root.internal_data.get("pauses", ())
    return kept


def paused_since(root: Any) -> datetime | None:
    """Return since when an instance's clocks stand still, UTC; None when they run."""
    kept = pauses(root)
    return _moment(kept[-1]["since"]) if kept and kept[-1]["until"] is None else None


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _is_plain(value: Any) -> bool:
    """Whether a value is the runtime's own: an ISO 8601 duration or a moment, which know plain time only."""
    return moment(value) is not None or (isinstance(value, str) and is_duration(value))


def moment(value: Any) -> datetime | None:
    """Return the moment a value names by itself, UTC; None when it names no zone or no moment."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)
