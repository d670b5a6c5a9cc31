"""What officers enter about a channel's day: how many messages came, why something is missing, what the rules are."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, text

from engine.casework.errors import FieldProblem, InvalidFacts
from engine.casework.permissions import Person, may_register, roles_of
from engine.casework.reconciliation import channels_of, reckon
from engine.casework.vocabulary import REPORT_DAYS
from engine.database import clock
from engine.runtime.errors import NotFound, RuntimeFailure
from rules.bureau_calendar import bureau_date
from rules.limits import parse_limit
from rules.running_numbers import length_of, run_of

LONGEST = 500  # characters of a reason
MOST = 100_000  # messages a day: more is a slip of the finger
LONG_AGO = timedelta(days=92)
COUNT, NUMBERS, REASON, WITHIN, REPORTS_ON = "件数", "起止编号", "理由", "导入时限", "填报日"

REPORT = text(
    """
insert into channel_report (channel_id, day, count, first_number, last_number, entered_by, entered_at)
values (:channel, :day, :count, :first, :last, :officer, clock_now())
"""
)
EXPLAIN = text(
    """
insert into channel_explanation (channel_id, day, first_number, last_number, pieces, reason, explained_by, explained_at)
values (:channel, :day, :first, :last, :pieces, :reason, :officer, clock_now())
"""
)
REJECT = text(
    """
update channel_explanation set rejected_by = :officer, rejected_at = clock_now(), rejection = :reason
where id = :id and channel_id = any(:channels) and rejected_at is null returning channel_id
"""
)
SET = text("update channel set import_within = :within, reports_on = :days where id = :id")
KEEP_SETTING = text(
    """
insert into channel_setting (channel_id, import_within, reports_on, changed_by, changed_at)
values (:id, :within, :days, :officer, clock_now())
"""
)


class NothingToExplain(RuntimeFailure):
    """The day adds up, or no number is missing."""

    def __init__(self) -> None:
        super().__init__("这一天的数量已经对上，没有需要说明的差额。")


def report(
    connection: Connection, officer: Person, code: str, day: date, *, count: int | None, first: str = "", last: str = ""
) -> None:
    """Keep how many messages the channel received on ``day``, in the caller's transaction.

    ``first`` and ``last`` are the channel's own numbers that day; without ``count`` it is how many those are. Raises
    NotFound for a channel that the officer does not receive, InvalidFacts naming each faulty field.
    """
    channel = _channel(connection, officer, code)
    if not may_register(officer, channel.receiving_unit_id):
        raise NotFound("没有找到这个渠道。")
    first, last = first.strip(), last.strip()
    problems = []
    today = bureau_date(clock.now(connection))
    if not today - LONG_AGO <= day <= today:
        problems.append(FieldProblem("day", "日期", "只能填报今天和最近三个月的数量"))
    length = None
    if first or last:
        try:
            length = length_of(run_of(first, last or first, day))
        except ValueError as error:
            problems.append(FieldProblem("first", NUMBERS, str(error)))
    count = length if count is None else count
    if count is None or not 0 <= count <= MOST:
        problems.append(FieldProblem("count", COUNT, f"请填0到{MOST}的整数"))
    elif length is not None and count != length:
        words = f"起止编号之间有{length}个号，和件数{count}不一致；作废的号也要计入，再逐个说明"
        problems.append(FieldProblem("count", COUNT, words))
    if problems:
        raise InvalidFacts(problems)
    values = {"first": first or None, "last": (last or first) or None}
    connection.execute(REPORT, {"channel": channel.id, "day": day, "count": count, "officer": officer.id, **values})


def explain(
    connection: Connection, officer: Person, code: str, day: date, *, reason: str, first: str = "", last: str = ""
) -> None:
    """Keep why the numbers from ``first`` to ``last``, or without them the whole difference of ``day``, are missing.

    In the caller's transaction. Raises NotFound, InvalidFacts, or NothingToExplain when the day adds up.
    """
    reason = _reason(reason)
    found = reckon(connection, officer, day, day, code)
    if not found:
        raise NotFound("没有找到这个渠道。")
    one = found[0].days[0]
    values: dict[str, Any] = {"first": None, "last": None, "pieces": None}
    if first:
        try:
            begin, end = run_of(first, last or first, day)
        except ValueError as error:
            raise InvalidFacts([FieldProblem("first", NUMBERS, str(error))]) from error
        wanted = {(*begin.series, serial) for serial in range(begin.serial, end.serial + 1)}
        missing = {
            (*start.series, serial)
            for hole in one.holes
            for start, stop in [run_of(hole.first, hole.last, day)]
            for serial in range(start.serial, stop.serial + 1)
        }
        twice = {run_of(number, number, day)[0].place for number in one.twice}
        if not wanted <= missing | twice:
            raise NothingToExplain
        values |= {"first": first, "last": last or first}
    elif one.difference:
        values["pieces"] = one.difference
    else:
        raise NothingToExplain
    connection.execute(
        EXPLAIN, {"channel": one.channel_id, "day": day, "reason": reason, "officer": officer.id, **values}
    )


def reject(connection: Connection, officer: Person, explanation_id: int, *, reason: str) -> None:
    """Let an explanation count no more, in the caller's transaction; it stays to be read. For inspectors.

    Raises NotFound when there is none such that counts.
    """
    reason = _reason(reason)
    values = {"officer": officer.id, "reason": reason, "id": explanation_id}
    channels = [one.id for one in channels_of(connection, officer)] if _inspects(officer) else []
    if connection.execute(REJECT, {**values, "channels": channels}).first() is None:
        raise NotFound("没有找到这条说明，或已被驳回。")


def change_rules(connection: Connection, officer: Person, code: str, *, within: str, reports_on: str) -> None:
    """Set by when the channel's messages have to be here and for which days it reports. For inspectors.

    Raises NotFound, or InvalidFacts naming each faulty field.
    """
    channel = _channel(connection, officer, code)
    if not _inspects(officer):
        raise NotFound("没有找到这个渠道。")
    problems = []
    try:
        parse_limit(within)
    except ValueError as error:
        problems.append(FieldProblem("within", WITHIN, str(error)))
    if reports_on not in REPORT_DAYS:
        problems.append(FieldProblem("reports_on", REPORTS_ON, "请选择每天或工作日"))
    if problems:
        raise InvalidFacts(problems)
    values = {"id": channel.id, "within": within.strip(), "days": reports_on}
    connection.execute(SET, values)
    connection.execute(KEEP_SETTING, {**values, "officer": officer.id})


def _channel(connection: Connection, officer: Person, code: str) -> Any:
    for channel in channels_of(connection, officer):
        if channel.code == code:
            return channel
    raise NotFound("没有找到这个渠道。")


def _inspects(officer: Person) -> bool:
    return "inspector" in roles_of(officer.grants)


def _reason(typed: str) -> str:
    reason = typed.strip()
    if not reason or len(reason) > LONGEST:
        raise InvalidFacts([FieldProblem("reason", REASON, f"请填写，不超过{LONGEST}字")])
    return reason
