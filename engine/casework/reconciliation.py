"""Does a channel's day add up? What the channel says it received, beside what became of it on the platform."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, select, text, true

from engine.casework.calendar_store import calendar
from engine.casework.models import Channel, Matter
from engine.casework.permissions import Person, visible
from engine.casework.queries.imports import may_see
from engine.casework.reconciliation_day import (
    Arrival,
    ChannelDay,
    ChannelMonth,
    Explanation,
    Refused,
    Report,
    count_explained,
    received_of,
    run_explained,
    standing_of,
)
from engine.database import clock
from rules.bureau_calendar import BUREAU_ZONE, Calendar, bureau_date
from rules.limits import Limit, parse_limit
from rules.running_numbers import run_of, survey
from rules.working_time import deadline, elapsed_working_time

LOOK_BACK = timedelta(days=62)
"""So far back numbers are read, to know what a day's first number follows."""

# A row that was mended and imported since is no refused record any more; one file imported twice counts once.
ROWS = text(
    """
select b.channel_id, coalesce(r.received_on, (b.started_at at time zone 'Asia/Shanghai')::date) as day,
       r.outcome, r.secret, r.matter_id, r.channel_number, r.reason, r.batch_id, r.line,
       coalesce(r.matter_id::text, r.channel_number, b.file_hash || ':' || r.line) as record
from import_row r join import_batch b on b.id = r.batch_id
where b.channel_id = any(:channels)
  and (r.received_on between :since and :until or (r.received_on is null
    and (b.started_at at time zone 'Asia/Shanghai')::date between :since and :until))
  and not (r.outcome = 'error' and r.matter_id is null and r.channel_number is not null and exists (
    select from matter m where m.channel_id = b.channel_id and m.channel_number = r.channel_number))
order by r.id
"""
)
UNFINISHED = text(
    """
select b.channel_id, (b.started_at at time zone 'Asia/Shanghai')::date as day,
       sum(b.rows - (select count(*) from import_row r where r.batch_id = b.id))::int as left_over
from import_batch b where b.channel_id = any(:channels) and b.status <> 'finished' group by 1, 2
"""
)
REPORTS = text(
    """
select distinct on (r.channel_id, r.day) r.channel_id, r.day, r.count as pieces, r.first_number, r.last_number,
       r.entered_at, o.name as entered_by
from channel_report r join officer o on o.id = r.entered_by
where r.channel_id = any(:channels) and r.day between :since and :until
order by r.channel_id, r.day, r.id desc
"""
)
EXPLANATIONS = text(
    """
select e.id, e.channel_id, e.day, e.first_number, e.last_number, e.pieces, e.reason, e.explained_at, e.rejected_at,
       e.rejection, o.name as explained_by, j.name as rejected_by
from channel_explanation e join officer o on o.id = e.explained_by left join officer j on j.id = e.rejected_by
where e.channel_id = any(:channels) and e.day between :since and :until
order by e.id
"""
)


def channels_of(connection: Connection, officer: Person) -> list[Any]:
    """Return the channels whose days the officer sees: inspectors all, receivers those of their unit."""
    return _channels(connection, may_see(officer))


def reckon(connection: Connection, officer: Person, since: date, until: date, code: str = "") -> list[ChannelMonth]:
    """Return the officer's channels (or the one with ``code``), their days from ``since`` to ``until`` inclusive."""
    narrowed = Channel.code == code if code else true()
    return _reckon(connection, _channels(connection, may_see(officer) & narrowed), visible(officer), since, until)


def reckon_for_all(connection: Connection, since: date, until: date) -> list[ChannelMonth]:
    """Return every channel's days as nobody in particular sees them: for the alarm, which says no number of matters."""
    return _reckon(connection, _channels(connection, true()), true(), since, until)


def _channels(connection: Connection, condition: ColumnElement[bool]) -> list[Any]:
    statement = (
        select(
            Channel.id,
            Channel.code,
            Channel.name,
            Channel.receiving_unit_id,
            Channel.number_label,
            Channel.import_within,
            Channel.reports_on,
            Channel.reconciled_since,
        )
        .where(Channel.active, condition)
        .order_by(Channel.position, Channel.id)
    )
    return list(connection.execute(statement))


def _reckon(
    connection: Connection, channels: Collection[Any], seen: ColumnElement[bool], since: date, until: date
) -> list[ChannelMonth]:
    if not channels:
        return []
    days, today = calendar(connection), bureau_date(clock.now(connection))
    asked = {"channels": [channel.id for channel in channels], "since": since - LOOK_BACK, "until": until}
    span = _span(since - LOOK_BACK, until)
    table = {(channel.id, day): ChannelDay(channel.id, day) for channel in channels for day in span}
    limits = {channel.id: parse_limit(channel.import_within) for channel in channels}
    known: dict[int, list[tuple[str, date]]] = defaultdict(list)
    for arrival in _matters(connection, seen, asked):
        day = bureau_date(arrival.received_at)
        if arrival.channel_number:
            known[arrival.channel_id].append((arrival.channel_number, day))  # also where the matter is not listed
        if day >= since:
            _arrive(table[arrival.channel_id, day], arrival, limits[arrival.channel_id], days)
    filed = _files(connection, table, known, asked)
    _sayings(connection, table, asked)
    found = []
    for channel in channels:
        own = {day: table[channel.id, day] for day in span}
        _survey(own, known[channel.id])
        for day, one in own.items():
            one.received = received_of(one, filed.get((channel.id, day)))
            count_explained(one)
            one.standing = standing_of(one, channel, today, days)
        found.append(ChannelMonth(channel, tuple(one for day, one in own.items() if day >= since)))
    return found


def _matters(connection: Connection, seen: ColumnElement[bool], asked: Mapping[str, Any]) -> Iterable[Any]:
    return connection.execute(
        select(
            Matter.id,
            Matter.number,
            Matter.title,
            Matter.channel_id,
            Matter.channel_number,
            Matter.received_at,
            Matter.imported_at,
            seen.label("seen"),
        )
        .where(
            Matter.channel_id.in_(asked["channels"]),
            Matter.received_at >= _midnight(asked["since"]),
            Matter.received_at < _midnight(asked["until"] + timedelta(days=1)),
        )
        .order_by(Matter.received_at, Matter.id)
    )


def _arrive(one: ChannelDay, row: Any, limit: Limit, days: Calendar) -> None:
    if not row.seen:
        one.apart += 1
        return
    took = elapsed_working_time(row.received_at, max(row.imported_at, row.received_at), days)
    one.arrivals.append(
        Arrival(
            row.id,
            row.number,
            row.title,
            row.channel_number,
            row.received_at,
            row.imported_at,
            took,
            _is_late(row, took, limit, days),
        )
    )


def _is_late(row: Any, took: timedelta, limit: Limit, days: Calendar) -> bool:
    if limit.kind == "working_hours" and took < limit.elapsed:
        return False  # as most are: it saves the arithmetic of a deadline
    late: bool = row.imported_at > deadline(row.received_at, limit, days).at
    return late


def _files(
    connection: Connection,
    table: Mapping[tuple[int, date], ChannelDay],
    known: dict[int, list[tuple[str, date]]],
    asked: Mapping[str, Any],
) -> dict[tuple[int, date], int]:
    """Put what files held and was refused on its day; return the days that files speak for, with rows not ended yet."""
    filed: dict[tuple[int, date], int] = defaultdict(int)
    refused: dict[tuple[int, str], Any] = {}
    for row in connection.execute(ROWS, asked):
        filed[row.channel_id, row.day] += 0
        table[row.channel_id, row.day].again += row.outcome == "duplicate"
        if row.outcome == "error" and row.matter_id is None:
            refused[row.channel_id, row.record] = row  # the latest attempt says why
    for row in refused.values():
        one = table[row.channel_id, row.day]
        if row.channel_number:
            known[row.channel_id].append((row.channel_number, row.day))
        if row.secret:
            one.apart += 1
        else:
            one.refused.append(Refused(row.batch_id, row.line, row.channel_number, row.reason or ""))
    for row in connection.execute(UNFINISHED, {"channels": asked["channels"]}):
        if row.left_over and (row.channel_id, row.day) in table:
            filed[row.channel_id, row.day] += row.left_over
    return filed


def _sayings(connection: Connection, table: Mapping[tuple[int, date], ChannelDay], asked: Mapping[str, Any]) -> None:
    for row in connection.execute(REPORTS, asked):
        table[row.channel_id, row.day].report = Report(
            row.pieces, row.first_number, row.last_number, row.entered_by, row.entered_at
        )
    for given in connection.execute(EXPLANATIONS, asked).mappings():
        values: dict[str, Any] = {key: value for key, value in given.items() if key not in {"channel_id", "day"}}
        table[given["channel_id"], given["day"]].explanations.append(Explanation(**values))


def _survey(own: Mapping[date, ChannelDay], known: Iterable[tuple[str, date]]) -> None:
    runs = {}
    explained = []
    for day, one in own.items():
        if one.report is not None and one.report.first_number and one.report.last_number:
            runs[day] = run_of(one.report.first_number, one.report.last_number, day)
        explained += [run for run in (run_explained(given, day) for given in one.explanations) if run is not None]
    found = survey(known, runs, explained)
    for day, one in own.items():
        one.holes, one.twice = found.holes.get(day, ()), found.twice.get(day, ())


def _span(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), BUREAU_ZONE).astimezone(UTC)
