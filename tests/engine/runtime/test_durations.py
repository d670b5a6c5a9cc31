"""ISO 8601 durations and repeats, read and counted."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime.durations import Repeat, is_duration, parse_duration, parse_repeat

BUREAU = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("text", "months", "exact"),
    [
        ("P3D", 0, timedelta(days=3)),
        ("PT4H", 0, timedelta(hours=4)),
        ("P1DT2H3M4S", 0, timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("P2W", 0, timedelta(days=14)),
        ("P1Y6M", 18, timedelta(0)),
        ("PT0.5S", 0, timedelta(milliseconds=500)),
        ("PT1,5H", 0, timedelta(minutes=90)),
        ("p1d", 0, timedelta(days=1)),
        (" P1M ", 1, timedelta(0)),
    ],
)
def test_what_a_duration_says(text: str, months: int, exact: timedelta) -> None:
    duration = parse_duration(text)
    assert (duration.months, duration.exact) == (months, exact)


@pytest.mark.parametrize(
    "text", ["", "P", "PT", "P0D", "PT0S", "-P1D", "-PT1H", "P-1D", "P1", "1D", "P1H", "PT1D", "P1.5M", "P101Y", "P３D"]
)
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="“"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("start", "text", "end"),
    [
        (datetime(2027, 1, 31, 4, tzinfo=UTC), "P1M", datetime(2027, 2, 28, 4, tzinfo=UTC)),
        (datetime(2028, 1, 31, 4, tzinfo=UTC), "P1M", datetime(2028, 2, 29, 4, tzinfo=UTC)),
        (datetime(2028, 2, 29, 4, tzinfo=UTC), "P1Y", datetime(2029, 2, 28, 4, tzinfo=UTC)),
        (datetime(2027, 12, 15, 4, tzinfo=UTC), "P1MT1H", datetime(2028, 1, 15, 5, tzinfo=UTC)),
        # 31 January in the bureau, still the 30th in UTC.
        (datetime(2027, 1, 30, 17, tzinfo=UTC), "P1M", datetime(2027, 2, 27, 17, tzinfo=UTC)),
        (datetime(2027, 3, 1, tzinfo=UTC), "P1D", datetime(2027, 3, 2, tzinfo=UTC)),
    ],
)
def test_months_are_the_calendars(start: datetime, text: str, end: datetime) -> None:
    assert parse_duration(text).after(start, BUREAU) == end


@given(st.integers(1, 400), st.integers(0, 23), st.integers(0, 59))
def test_days_and_hours_are_exact(days: int, hours: int, minutes: int) -> None:
    start = datetime(2027, 1, 31, tzinfo=UTC)
    length = parse_duration(f"P{days}DT{hours}H{minutes}M")
    assert length.after(start, BUREAU) - start == timedelta(days=days, hours=hours, minutes=minutes)


@given(st.integers(0, 30_000), st.integers(1, 60))
def test_months_never_skip_one(days: int, months: int) -> None:
    start = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(days=days)
    end = parse_duration(f"P{months}M").after(start, UTC)
    assert (end.year * 12 + end.month) - (start.year * 12 + start.month) == months
    assert end.day <= start.day


@pytest.mark.parametrize(
    ("text", "repeat"),
    [
        ("R3/PT1H", Repeat(3, "", "PT1H")),
        ("R/P1D", Repeat(None, "", "P1D")),
        ("R/3工作日", Repeat(None, "", "3工作日")),
        ("R2/2030-03-01T09:00:00+08:00/P1D", Repeat(2, "2030-03-01T09:00:00+08:00", "P1D")),
    ],
)
def test_what_a_repeat_says(text: str, repeat: Repeat) -> None:
    assert parse_repeat(text) == repeat


@pytest.mark.parametrize("text", ["", "R", "R/", "R0/P1D", "P1D", "R/P1D/2030-01-01", "R-1/P1D", "Rx/P1D"])
def test_what_is_no_repeat(text: str) -> None:
    with pytest.raises(ValueError, match="“"):
        parse_repeat(text)


def test_a_faulty_duration_is_still_meant_as_one() -> None:
    assert [is_duration(text) for text in ("P1D", "-PT1H", " p1d", "1工作日", "2030-01-01")] == [
        True,
        True,
        True,
        False,
        False,
    ]
