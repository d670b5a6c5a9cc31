"""What the demonstration's receivers entered about their channels: nearly every day adds up, a few do not."""

from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, text

from engine.casework.calendar_store import calendar
from engine.casework.permissions import holders
from engine.casework.reconciliation import reckon_for_all
from engine.casework.reconciliation_day import has_to_report
from engine.database import clock
from rules.bureau_calendar import bureau_date

LONGEST: Final = 61  # days
FORGOTTEN: Final = {"letters": 1, "police_line": 2}
"""Channel -> so many days ago nobody entered its count."""

SHORT: Final = {"hotline": 1, "mayor": 6}
"""Channel -> so many days ago one message more was received than came to the platform."""

EXPLAINED: Final = {"hotline": 9}
"""Channel -> so many days ago a message was missing and the receiver has said why."""

REASON: Final = "平台与热线重复派单，热线已撤销其中一件。"

BEGIN = text(
    """
update channel
set reconciled_since = :day, reports_on = case delivery when 'typed' then 'working_days' else 'every_day' end
"""
)
REPORT = text(
    """
insert into channel_report (channel_id, day, count, entered_by, entered_at)
values (:channel, :day, :count, :officer, (cast(:day as date) + interval '1 day 8 hours 45 minutes')
    at time zone 'Asia/Shanghai')
"""
)
EXPLAIN = text(
    """
insert into channel_explanation (channel_id, day, pieces, reason, explained_by, explained_at)
values (:channel, :day, 1, :reason, :officer, (cast(:day as date) + interval '1 day 10 hours')
    at time zone 'Asia/Shanghai')
"""
)


def count_messages(connection: Connection) -> None:
    """Enter for the last two months how many messages each channel received, in the caller's transaction."""
    today, days = bureau_date(clock.now(connection)), calendar(connection)
    since = max((today.replace(day=1) - timedelta(days=1)).replace(day=1), today - timedelta(days=LONGEST))
    connection.execute(BEGIN, {"day": since})
    for month in reckon_for_all(connection, since, today - timedelta(days=1)):
        code = month.channel.code
        receivers = holders(connection, "receiver", month.channel.receiving_unit_id)
        if not receivers:
            continue
        for one in month.days:
            ago = (today - one.day).days
            asked = one.accounted or has_to_report(month.channel, one.day, days)
            if FORGOTTEN.get(code) == ago or not asked:
                continue
            more = ago in {SHORT.get(code), EXPLAINED.get(code)}
            values = {"channel": one.channel_id, "day": one.day, "officer": receivers[0]}
            connection.execute(REPORT, {**values, "count": one.accounted + more})
            if EXPLAINED.get(code) == ago:
                connection.execute(EXPLAIN, {**values, "reason": REASON})
