from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.bureau_calendar import BUREAU_ZONE, Calendar, OfficeHours, parse_office_hours
from rules.calendar_source import calendar_of, year_of
from rules.working_time import deadline, elapsed_working_time, working_days_between

REAL = calendar_of(year_of(year) for year in range(2024, 2029))
DAY = timedelta(days=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUREAU_ZONE)


def end_of(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day) + DAY, time(), BUREAU_ZONE)


@pytest.mark.parametrize(
    ("start", "limit", "last_day"),
    [
        # An ordinary week: the first day is excluded.
        ("2026-11-03T09:12", "3工作日", "2026-11-06"),
        ("2026-11-03T00:00", "1工作日", "2026-11-04"),
        ("2026-11-03T23:59", "1工作日", "2026-11-04"),
        # Received on a weekend: Monday is the first working day.
        ("2026-11-07T09:00", "1工作日", "2026-11-09"),
        # Over the National Day block of 2025 (1 to 8 October).
        ("2025-09-29T09:00", "3工作日", "2025-10-10"),
        # 20 September and 10 October 2026 are Sundays and Saturdays worked in exchange.
        ("2026-09-18T09:00", "1工作日", "2026-09-20"),
        ("2026-10-09T09:00", "1工作日", "2026-10-10"),
        # Natural days: a last day on a holiday rolls on to the first working day after it.
        ("2026-11-03T09:00", "15日", "2026-11-18"),
        ("2026-10-30T09:00", "P15D", "2026-11-16"),
        ("2026-09-16T09:00", "15日", "2026-10-08"),
        # A last day that is a Saturday worked in exchange does not roll on.
        ("2026-09-25T09:00", "15日", "2026-10-10"),
        # Months: the day of the same number, else the month's last day (and 28 February 2026 is a Saturday worked).
        ("2025-10-31T09:00", "P4M", "2026-02-28"),
        ("2026-03-31T09:00", "1个月", "2026-04-30"),
        ("2024-01-31T09:00", "1个月", "2024-02-29"),
        ("2026-01-15T09:00", "3个月", "2026-04-15"),
    ],
)
def test_last_day_by_the_civil_code(start, limit, last_day):
    assert deadline(at(start), limit, REAL).at == end_of(last_day)


@pytest.mark.parametrize(
    ("start", "limit", "due"),
    [
        ("2026-11-03T09:00", "2小时", "2026-11-03T11:00"),
        ("2026-11-07T23:00", "PT24H", "2026-11-08T23:00"),
        ("2026-11-03T09:00", "4工作小时", "2026-11-03T15:00"),
        ("2026-11-03T17:00", "4工作小时", "2026-11-04T12:00"),
        ("2026-11-03T12:30", "1工作小时", "2026-11-03T15:00"),
        ("2026-11-06T17:30", "30分钟", "2026-11-06T18:00"),
        ("2026-11-06T20:00", "1工作小时", "2026-11-09T09:30"),
        ("2026-11-06T08:00", "3.5工作小时", "2026-11-06T12:00"),
    ],
)
def test_hours_run_on_the_clock_or_within_office_hours(start, limit, due):
    assert deadline(at(start), limit, REAL).at == at(due)


def test_the_instant_is_utc_whatever_zone_it_starts_in():
    start = datetime(2026, 11, 2, 18, 0, tzinfo=UTC)  # already 3 November in the bureau
    due = deadline(start, "1工作日", REAL)
    assert due.at.tzinfo is UTC
    assert due.at == end_of("2026-11-04")


def test_a_start_without_zone_is_refused():
    with pytest.raises(ValueError, match="时区"):
        deadline(datetime(2026, 11, 3, 9), "1工作日", REAL)  # noqa: DTZ001 that is the point


def test_explanation_says_what_was_counted_and_left_out():
    assert deadline(at("2026-11-03T09:12"), "3工作日", REAL).explanation == (
        "11月3日（周二）收到，次日起算",
        "第3个工作日：11月6日（周五）24:00 到期",
    )
    assert "跳过 10月1日—10月8日 国庆节、中秋节" in deadline(at("2025-09-29T09:00"), "3工作日", REAL).explanation
    assert "9月20日（周日）调休上班，计入" in deadline(at("2026-09-18T09:00"), "1工作日", REAL).explanation
    rolled = deadline(at("2026-10-30T09:00"), "P15D", REAL).explanation
    assert any("周末" in line and "顺延" in line and "11月16日（周一）" in line for line in rolled)
    assert any("共20天" in line for line in deadline(at("2026-09-01T09:00"), "60工作日", REAL).explanation)


def test_a_deadline_in_a_year_without_notice_is_provisional_and_says_so():
    due = deadline(at("2026-12-25T09:00"), "60日", REAL)
    assert due.provisional
    assert any("2027年" in line and "尚未公布" in line for line in due.explanation)
    assert not deadline(at("2026-11-03T09:00"), "3工作日", REAL).provisional


def test_another_calendar_moves_the_deadline():
    notice = Calendar({date(2026, 11, 4): "holiday", date(2026, 11, 7): "workday"}, names={date(2026, 11, 4): "校庆"})
    due = deadline(at("2026-11-03T09:00"), "3工作日", notice)
    assert due.at == end_of("2026-11-07")
    assert "跳过 11月4日 校庆" in due.explanation


def test_a_calendar_without_working_days_is_refused_not_searched_for_ever():
    off = {date(2026, 1, 1) + DAY * n: "holiday" for n in range(800)}
    with pytest.raises(ValueError, match="没有工作日"):
        deadline(at("2026-01-02T09:00"), "1工作日", Calendar(off))


def test_office_hours_are_configurable_and_checked():
    hours = parse_office_hours("9:00-12:00；１３：００－１８：００")
    assert hours.spans == ((time(9), time(12)), (time(13), time(18)))
    assert deadline(at("2026-11-03T09:00"), "4工作小时", REAL, hours).at == at("2026-11-03T14:00")
    for bad in ("", "9-12", "12:00-09:00", "09:00-12:00,11:00-13:00", "25:00-26:00"):
        with pytest.raises(ValueError, match="办公时间"):
            parse_office_hours(bad)


# Property tests against the slow and obvious way, over ten years of random calendars.

FIRST = date(2020, 1, 1)
SPAN = 3650
days = st.integers(0, SPAN).map(lambda n: FIRST + DAY * n)
moments = st.builds(
    lambda day, minutes: datetime.combine(day, time(), BUREAU_ZONE) + timedelta(minutes=minutes),
    days,
    st.integers(0, 1439),
)


@st.composite
def calendars(draw):
    off = draw(st.lists(st.tuples(days, st.integers(1, 9)), max_size=60))
    worked = draw(st.lists(days, max_size=40))
    listed = {start + DAY * n: "holiday" for start, length in off for n in range(length)}
    return Calendar(listed | {day: "workday" for day in worked if day.weekday() >= 5})


def slow_is_working(day, calendar):
    listed = calendar.holidays.get(day)
    return listed == "workday" or (listed is None and day.isoweekday() <= 5)


@settings(max_examples=150, deadline=None)
@given(moments, st.integers(1, 120), calendars())
def test_working_days_agree_with_counting_day_by_day(start, count, calendar):
    day, left = start.date(), count
    while left:
        day += DAY
        left -= slow_is_working(day, calendar)
    due = deadline(start, f"{count}工作日", calendar).at
    assert due == datetime.combine(day + DAY, time(), BUREAU_ZONE)
    # And back again: so many working days lie between.
    assert working_days_between(start, day, calendar) == count
    assert working_days_between(day, start, calendar) == -count


@settings(max_examples=100, deadline=None)
@given(moments, st.integers(1, 400), calendars())
def test_natural_days_end_on_the_first_working_day_from_the_last(start, count, calendar):
    day = start.date() + DAY * count
    while not slow_is_working(day, calendar):
        day += DAY
    assert deadline(start, f"{count}日", calendar).at == datetime.combine(day + DAY, time(), BUREAU_ZONE)


@settings(max_examples=40, deadline=None)
@given(moments, st.integers(1, 30 * 60), calendars())
def test_working_hours_agree_with_counting_minute_by_minute(start, minutes, calendar):
    spans = OfficeHours().spans
    moment, left = start, minutes
    while left:
        clock, day = moment.time(), moment.date()
        if not slow_is_working(day, calendar) or clock >= spans[-1][1]:
            moment = datetime.combine(day + DAY, time(), BUREAU_ZONE)
            continue
        left -= any(opens <= clock < closes for opens, closes in spans)
        moment += timedelta(minutes=1)
    due = deadline(start, f"{minutes / 60:.9f}工作小时", calendar).at
    assert abs(due - moment) < timedelta(seconds=1)
    assert abs(elapsed_working_time(start, due, calendar) - timedelta(minutes=minutes)) < timedelta(seconds=1)
    assert elapsed_working_time(due, start, calendar) == -elapsed_working_time(start, due, calendar)
