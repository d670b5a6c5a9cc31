from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.bureau_calendar import BUREAU_ZONE, Calendar, OfficeHours
from rules.calendar_source import calendar_of, year_of
from rules.limits import Limit
from rules.moved_deadline import extended, held
from rules.time_left import time_left, unit_of
from rules.working_time import deadline, elapsed_working_time, working_days_between

REAL = calendar_of(year_of(year) for year in range(2024, 2028))
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
FIRST = date(2017, 1, 1)
LONGEST = 3652


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BUREAU_ZONE)


@pytest.mark.parametrize(
    ("now", "due", "unit", "text"),
    [
        ("2026-11-03T09:00", "2026-11-07T00:00", "working_days", "剩余3个工作日（不含今日）"),
        ("2026-11-06T09:00", "2026-11-07T00:00", "working_days", "今日到期"),
        ("2026-11-07T00:00", "2026-11-07T00:00", "working_days", "已超期，尚不满一日"),
        ("2026-11-10T09:00", "2026-11-07T00:00", "working_days", "已超期2个工作日"),
        ("2026-11-03T09:00", "2026-11-18T00:00", "days", "剩余14天（不含今日）"),
        ("2026-11-20T09:00", "2026-11-18T00:00", "days", "已超期3天"),
        ("2026-11-03T17:00", "2026-11-04T12:00", "working_hours", "剩余4个工作小时"),
        ("2026-11-07T17:00", "2026-11-09T08:45", "working_hours", "剩余15分钟"),
        ("2026-11-09T09:00", "2026-11-06T17:00", "working_hours", "已超1个工作小时"),
    ],
)
def test_what_is_left_is_said_in_one_phrase(now, due, unit, text):
    left = time_left(at(now), at(due), unit, REAL)
    assert left.text == text
    assert left.late == text.startswith("已超")
    assert left.explanation[-1].endswith(text)


def test_the_arithmetic_names_what_is_left_out_and_what_is_counted():
    lines = time_left(at("2025-09-26T09:00"), at("2025-10-13T00:00"), "working_days", REAL).explanation
    assert lines == (
        "现在9月26日（周五） 09:00，到期10月12日（周日） 24:00",
        "不计周末：9月27日",
        "不计国庆节、中秋节：10月1日至10月8日",
        "不计周末：10月12日",
        "9月28日（周日）调休上班，计入",
        "10月11日（周六）调休上班，计入",
        "今日办公时间还有6小时30分钟",
        "剩余6个工作日（不含今日）",
    )
    assert time_left(at("2026-12-25T09:00"), at("2027-02-01T00:00"), "days", REAL).provisional


def test_times_need_a_zone_and_may_be_in_any():
    with pytest.raises(ValueError, match="时区"):
        time_left(datetime(2026, 11, 3), at("2026-11-07T00:00"), "days", REAL)  # noqa: DTZ001 that is the point
    now = datetime(2026, 11, 2, 18, tzinfo=UTC)  # already the third in the bureau
    assert time_left(now, at("2026-11-07T00:00"), "working_days", REAL).days == 3


# Against counting by hand over ten years of calendars that know nothing of the code that is tried.


class Slow:
    """A calendar as a plain list of days that are worked, for every day of eleven years."""

    def __init__(self, exchanged: dict[date, bool]) -> None:
        self.worked = [
            exchanged.get(day, day.isoweekday() <= 5) for day in (FIRST + DAY * n for n in range(LONGEST + 800))
        ]

    def on(self, day: date) -> bool:
        return self.worked[(day - FIRST).days]

    def count(self, after: date, through: date) -> int:
        total, day = 0, after
        while day < through:
            day += DAY
            total += self.on(day)
        return total


@st.composite
def calendars(draw):
    """Blocks of holidays with their make-up days on weekends near them, ten years long, and single strays."""
    exchanged: dict[date, bool] = {}
    for start, length, before, after in draw(
        st.lists(st.tuples(st.integers(10, LONGEST), st.integers(1, 12), st.booleans(), st.booleans()), max_size=80)
    ):
        for number in range(length):
            exchanged[FIRST + DAY * (start + number)] = False
        for wanted, step, edge in ((before, -1, start), (after, 1, start + length - 1)):
            day = FIRST + DAY * (edge + step)
            while wanted and day.isoweekday() <= 5:
                day += DAY * step
            if wanted:
                exchanged[day] = True
    exchanged |= {
        FIRST + DAY * n: worked
        for n, worked in draw(st.dictionaries(st.integers(0, LONGEST), st.booleans(), max_size=60)).items()
    }
    made = Calendar({day: "workday" if worked else "holiday" for day, worked in exchanged.items()})
    return made, Slow(exchanged)


days = st.integers(0, LONGEST).map(lambda n: FIRST + DAY * n)
clocks = st.integers(0, 1439).map(lambda n: time(n // 60, n % 60))
moments = st.builds(lambda day, clock: datetime.combine(day, clock, BUREAU_ZONE), days, clocks)


@settings(max_examples=60, deadline=None)
@given(calendars(), days, days)
def test_working_days_between_any_two_days_of_ten_years(both, start, end):
    calendar, slow = both
    expected = slow.count(start, end) if start <= end else -slow.count(end, start)
    assert working_days_between(start, end, calendar) == expected


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, st.integers(1, 200), st.integers(0, 400), clocks)
def test_working_days_left_are_those_counted_by_hand(both, start, limit, later, clock):
    calendar, slow = both
    due = deadline(start, f"{limit}工作日", calendar).at
    now = datetime.combine(start.date() + DAY * later, clock, BUREAU_ZONE)
    last = due.astimezone(BUREAU_ZONE).date() - DAY
    left = time_left(now, due, "working_days", calendar)
    today = now.date()
    assert left.days == (slow.count(today, last) if today <= last else -slow.count(last, today))
    assert left.late == (today > last)
    # And the same again: what is left, given as a limit, ends on the deadline, if a working day is left at all.
    if left.days > 0:
        assert deadline(now, f"{left.days}工作日", calendar).at == due
    assert left.explanation[0].startswith("现在")


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, st.integers(1, 400), st.integers(0, 500))
def test_days_left_are_those_counted_by_hand(both, start, limit, later):
    calendar, slow = both
    last = start.date() + DAY * limit
    while not slow.on(last):
        last += DAY
    due = deadline(start, f"{limit}日", calendar).at
    now = start + DAY * later
    assert time_left(now, due, "days", calendar).days == (last - now.date()).days


@settings(max_examples=20, deadline=None)
@given(calendars(), moments, st.integers(0, 12 * 1440))
def test_working_hours_left_are_the_minutes_counted_one_by_one(both, now, length):
    calendar, slow = both
    spans = OfficeHours().spans
    due, moment, minutes = now + MINUTE * length, now, 0
    while moment < due:
        clock = moment.time()
        minutes += slow.on(moment.date()) and any(opens <= clock < closes for opens, closes in spans)
        moment += MINUTE
    assert elapsed_working_time(now, due, calendar) == MINUTE * minutes
    assert time_left(now, due, "working_hours", calendar).time == MINUTE * minutes
    assert time_left(due, now, "working_hours", calendar).time == -MINUTE * minutes
    # And back: so many working hours from now end where the last of these minutes ends.
    if minutes:
        reached = deadline(now, Limit("working_hours", "", elapsed=MINUTE * minutes), calendar).at
        assert reached <= due
        assert elapsed_working_time(reached, due, calendar) == timedelta()


@pytest.mark.parametrize(
    ("now", "due", "unit", "brief"),
    [
        ("2026-11-03T14:30", "2026-11-06T00:00", "working_days", "还剩2个工作日又3小时"),
        ("2026-11-03T09:00", "2026-11-04T00:00", "working_days", "还剩6小时30分钟"),
        ("2026-11-03T19:00", "2026-11-05T00:00", "working_days", "还剩1个工作日"),
        ("2026-11-03T19:00", "2026-11-04T00:00", "working_days", "今日到期，今天的办公时间已过"),
        ("2026-11-10T09:00", "2026-11-07T00:00", "working_days", "已超期2个工作日"),
        ("2026-11-03T09:00", "2026-11-18T00:00", "days", "还剩14天"),
        ("2026-11-03T09:00", "2026-11-04T00:00", "days", "今日到期"),
        ("2026-11-03T17:00", "2026-11-04T12:00", "working_hours", "还剩4个工作小时"),
    ],
)
def test_what_is_left_is_said_with_the_part_of_today(now, due, unit, brief):
    assert time_left(at(now), at(due), unit, REAL).brief == brief


@settings(max_examples=40, deadline=None)
@given(calendars(), moments, st.integers(1, 60))
def test_the_part_of_today_is_the_minutes_counted_one_by_one(both, now, limit):
    calendar, slow = both
    left = time_left(now, deadline(now, f"{limit}工作日", calendar).at, "working_days", calendar)
    minutes, moment = 0, now
    while moment.date() == now.date():
        minutes += slow.on(now.date()) and any(o <= moment.time() < c for o, c in OfficeHours().spans)
        moment += MINUTE
    assert left.today == MINUTE * minutes
    assert left.brief.startswith(f"还剩{limit}个工作日")


@settings(max_examples=60, deadline=None)
@given(calendars(), moments, st.integers(1, 40), st.sampled_from(("工作日", "工作小时", "日", "个月", "小时", "分钟")))
def test_the_arithmetic_says_which_clock_it_is(both, start, limit, unit):
    calendar, _ = both
    expected = {"工作日": "working_days", "工作小时": "working_hours", "日": "days", "个月": "days"}.get(unit)
    text = f"{limit}{unit}"
    due = deadline(start, text, calendar)
    assert unit_of(due.explanation) == expected
    if expected:
        longer = extended(due.at, text, calendar)
        assert unit_of([*due.explanation, *longer.explanation]) == expected
        begun = min(start + DAY, due.at - MINUTE)
        paused = held(due.at, text, begun, begun + DAY * 3, calendar)
        assert unit_of([*due.explanation, *paused.explanation, "依据：信访工作条例"]) == expected
    assert unit_of(()) is None


def test_hours_on_a_calendar_without_working_days_are_refused():
    off = {date(2026, 1, 1) + DAY * n: "holiday" for n in range(800)}
    with pytest.raises(ValueError, match="没有工作日"):
        deadline(datetime.combine(date(2026, 1, 2), time(9), BUREAU_ZONE), "1工作小时", Calendar(off))
