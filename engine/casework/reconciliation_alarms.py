"""The morning's look at the days before: whoever answers for a channel is told once that its day does not add up."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from sqlalchemy import Connection, Engine, text

from engine.casework.calendar_store import calendar
from engine.casework.notices import notify
from engine.casework.permissions import holders
from engine.casework.reconciliation import reckon_for_all
from engine.casework.reconciliation_day import ChannelDay
from engine.casework.services.waiting import named
from engine.database import clock
from rules.bureau_calendar import BUREAU_ZONE, Calendar, bureau_date
from rules.working_time import deadline

PATIENCE = "1工作小时"
"""So long after a day is over its receivers may still enter it: until an hour into the next working day."""

CATCHES_UP = timedelta(days=31)
"""A worker that was away looks no further back than this."""

KIND = "reconciliation"

DUE = text(
    """
select c.id, cast(d.day as date) as day
from channel c
cross join generate_series(greatest(c.reconciled_since, cast(:since as date)), cast(:until as date), interval '1 day')
    as d(day)
where c.active and not exists (
    select from channel_day_check k where k.channel_id = c.id and k.day = cast(d.day as date))
order by 2, 1
"""
)
CHECKED = text(
    """
insert into channel_day_check (channel_id, day, result, checked_at) values (:channel, :day, :result, clock_now())
on conflict do nothing returning day
"""
)
TOLD = text("update channel_day_check set told = :told where channel_id = :channel and day = :day")

Result = Literal["balanced", "unreported", "gap"]


def check_days(engine: Engine) -> int:
    """Look at every day that is due and was not looked at, and raise the alarm where needed; return how many alarms.

    Safe to call at any time and by several processes: the row of the check makes each day's alarm one.
    """
    with engine.connect() as connection:
        until = last_due_day(clock.now(connection), calendar(connection))
        due = connection.execute(DUE, {"since": until - CATCHES_UP, "until": until}).all()
    raised = 0
    for day in sorted({row.day for row in due}):
        with engine.begin() as connection:
            wanted = {row.id for row in due if row.day == day}
            for month in reckon_for_all(connection, day, day):
                if month.channel.id in wanted:
                    raised += _check(connection, month.channel.name, month.channel.receiving_unit_id, month.days[0])
    return raised


def last_due_day(now: datetime, days: Calendar) -> date:
    """Return the last day whose patience is over."""
    day = bureau_date(now) - timedelta(days=1)
    while deadline(_end_of(day), PATIENCE, days).at > now:
        day -= timedelta(days=1)
    return day


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), BUREAU_ZONE).astimezone(UTC)


def _check(connection: Connection, name: str, receiving_unit_id: int, one: ChannelDay) -> int:
    result: Result = "balanced"
    if one.standing == "gap":
        result = "gap"
    elif one.standing == "unreported":
        result = "unreported"
    values = {"channel": one.channel_id, "day": one.day, "result": result}
    if connection.execute(CHECKED, values).first() is None or result == "balanced":
        return 0  # another process has looked, or there is nothing to tell
    told = notify(
        connection,
        sorted({*holders(connection, "receiver", receiving_unit_id), *holders(connection, "inspector")}),
        kind=KIND,
        words=_words(name, one, result),
        key=f"{KIND}:{one.channel_id}:{one.day}",
        email=True,
    )
    names = [person["name"] for person in named(connection, told)]
    connection.execute(TOLD, {"channel": one.channel_id, "day": one.day, "told": names})
    return 1


def _words(name: str, one: ChannelDay, result: Result) -> str:
    """Say what is wrong in numbers that are the same for whoever reads them."""
    when = f"{one.day:%Y-%m-%d}"
    if result == "unreported":
        return f"{name} {when} 收到多少件没有填报，请到“数量核对”填报。"
    gaps, twice = one.missing, len(one.twice)
    if one.difference < 0:
        more = -one.difference
        return f"{name} {when} 的数量对不上：多 {more} 件，缺号 {gaps} 个，重号 {twice} 个。请到“数量核对”核实并说明。"
    fewer = one.difference
    return f"{name} {when} 的数量对不上：少 {fewer} 件，缺号 {gaps} 个，重号 {twice} 个。请到“数量核对”核实并说明。"
