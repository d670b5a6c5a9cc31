"""Deadlines that are extended or held: on the bureau's calendar, in their own unit, never earlier than before."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.bureau_calendar import BUREAU_ZONE, Calendar
from rules.moved_deadline import extended, held
from rules.working_time import deadline, elapsed_working_time, working_days_between

PLAIN = Calendar(
    {date(2026, 1, 1): "holiday", date(2026, 3, 11): "holiday", date(2026, 3, 14): "workday"},
    names={date(2026, 3, 11): "试验假"},
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUREAU_ZONE)


@pytest.mark.parametrize(
    ("due", "by", "expected"),
    [
        ("2026-03-11T00:00", "15日", "2026-03-26T00:00"),  # the tenth's 24:00 and fifteen days
        ("2026-03-11T00:00", "30日", "2026-04-10T00:00"),
        ("2026-03-07T00:00", "1日", "2026-03-10T00:00"),  # Saturday rolls to Monday's end
        ("2026-03-11T00:00", "1工作日", "2026-03-13T00:00"),  # the eleventh is off
        ("2026-03-14T00:00", "1工作日", "2026-03-15T00:00"),  # a Saturday that is worked
        ("2026-03-10T16:00", "2工作小时", "2026-03-12T09:00"),
        ("2026-03-10T16:00", "2小时", "2026-03-10T18:00"),
        ("2026-03-11T00:00", "P15D", "2026-03-26T00:00"),
    ],
)
def test_an_extension_is_counted_from_the_last_day(due: str, by: str, expected: str) -> None:
    assert extended(at(due), by, PLAIN).at == at(expected)


@pytest.mark.parametrize(
    ("limit", "due", "since", "until", "expected"),
    [
        # Monday to Thursday: the two days left on Monday are left on Thursday.
        ("3工作日", "2026-03-05T00:00", "2026-03-02T10:00", "2026-03-05T09:00", "2026-03-10T00:00"),
        ("3工作日", "2026-03-05T00:00", "2026-03-02T10:00", "2026-03-02T17:00", "2026-03-05T00:00"),
        # The last day at hand: resumed on a Saturday, it goes on on Monday.
        ("1工作日", "2026-03-07T00:00", "2026-03-06T10:00", "2026-03-07T12:00", "2026-03-10T00:00"),
        # A weekend alone takes no working day away.
        ("3工作日", "2026-03-11T00:00", "2026-03-07T10:00", "2026-03-08T12:00", "2026-03-11T00:00"),
        ("4工作小时", "2026-03-02T15:00", "2026-03-02T11:00", "2026-03-04T16:30", "2026-03-05T09:30"),
        ("15日", "2026-03-17T00:00", "2026-03-03T10:00", "2026-03-06T08:00", "2026-03-20T00:00"),
        ("15日", "2026-03-20T00:00", "2026-03-03T10:00", "2026-03-05T08:00", "2026-03-24T00:00"),
        ("2小时", "2026-03-02T12:00", "2026-03-02T11:00", "2026-03-03T11:30", "2026-03-03T12:30"),
    ],
)
def test_what_was_left_is_left_afterwards(limit: str, due: str, since: str, until: str, expected: str) -> None:
    assert held(at(due), limit, at(since), at(until), PLAIN).at == at(expected)


def test_the_arithmetic_says_what_was_left() -> None:
    found = held(at("2026-03-05T00:00"), "3工作日", at("2026-03-02T10:00"), at("2026-03-05T09:00"), PLAIN)
    assert found.explanation == ("暂停时剩余2个工作日（不含当日），恢复后接着计算",)
    found = held(at("2026-03-02T15:00"), "4工作小时", at("2026-03-02T11:00"), at("2026-03-04T16:30"), PLAIN)
    assert found.explanation == ("暂停时剩余2个工作小时，恢复后接着计算",)


def test_what_is_no_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="看不懂"):
        extended(at("2026-03-05T00:00"), "soon", PLAIN)
    with pytest.raises(ValueError, match="时区"):
        extended(datetime(2026, 3, 5), "1日", PLAIN)  # noqa: DTZ001 - what is refused here


MOMENTS = st.datetimes(datetime(2026, 2, 1), datetime(2026, 4, 30), timezones=st.just(UTC))  # noqa: DTZ001
LIMITS = st.sampled_from(["1工作日", "3工作日", "10工作日", "4工作小时", "12工作小时", "15日", "1个月", "36小时"])


@given(start=MOMENTS, limit=LIMITS, waited=st.integers(0, 400), stood=st.integers(0, 600))
def test_a_pause_never_shortens_and_gives_back_no_less_than_was_left(
    start: datetime, limit: str, waited: int, stood: int
) -> None:
    due = deadline(start, limit, PLAIN).at
    since = start + timedelta(hours=waited)
    until = since + timedelta(hours=stood)
    if due <= since:
        return
    new = held(due, limit, since, until, PLAIN).at
    assert new >= due
    if "工作小时" in limit:
        assert elapsed_working_time(until, new, PLAIN) >= elapsed_working_time(since, due, PLAIN)
    elif "工作日" in limit:
        # The end of a day belongs to that day.
        left = working_days_between(since, due - timedelta(seconds=1), PLAIN)
        assert working_days_between(until, new - timedelta(seconds=1), PLAIN) >= left
        assert new > until
    else:
        assert new - until >= due - since - timedelta(days=1)


@given(start=MOMENTS, limit=LIMITS, by=LIMITS)
def test_an_extension_always_lengthens(start: datetime, limit: str, by: str) -> None:
    due = deadline(start, limit, PLAIN).at
    assert extended(due, by, PLAIN).at > due
