from datetime import date

import pytest
from chinese_calendar import is_workday

from rules.calendar_source import (
    NoticeError,
    calendar_of,
    packaged_years,
    parse_notice,
    provisional_year,
    statutory_days,
    year_from_package,
    year_of,
)

WEEKDAYS = "一二三四五六日"


@pytest.mark.parametrize("year", [2019, 2024, 2025, 2026])
def test_an_official_year_agrees_with_the_package_on_every_day(year):
    calendar = calendar_of([year_from_package(year)])
    day = date(year, 1, 1)
    while day.year == year:
        assert calendar.is_working(day) == is_workday(day), day
        day = day.fromordinal(day.toordinal() + 1)
    assert not calendar.is_provisional(date(year, 6, 1))


def test_an_official_year_names_its_notice():
    assert "国办发明电〔2024〕12号" in year_from_package(2025).source
    assert "国务院办公厅关于2026年部分节假日安排的通知" in year_from_package(2026).source
    assert all(year_from_package(year).status == "official" for year in packaged_years())


def test_the_block_that_holds_both_festivals_is_named_after_both():
    assert calendar_of([year_from_package(2020)]).names[date(2020, 10, 1)] == "国庆节、中秋节"
    assert calendar_of([year_from_package(2024)]).names[date(2024, 9, 17)] == "中秋节"


def test_a_year_that_the_package_lacks_is_refused_there_and_provisional_elsewhere():
    unknown = packaged_years()[-1] + 1
    with pytest.raises(ValueError, match="没有"):
        year_from_package(unknown)
    assert year_of(unknown).status == "provisional"
    assert year_of(unknown - 1).status == "official"


@pytest.mark.parametrize("year", range(2027, 2050))
def test_the_statute_gives_thirteen_days(year):
    assert len(statutory_days(year)) == 13


def test_a_provisional_year_has_the_statutory_days_and_makes_good_those_on_weekends():
    days = {item.day: item.name for item in provisional_year(2027).days}
    spring = [day for day, name in days.items() if name == "春节"]
    assert spring == [date(2027, 2, day) for day in (5, 6, 7, 8)]  # New Year's Eve to the third day; 6 and 7 a weekend
    assert [day for day, name in days.items() if name == "春节补假"] == [date(2027, 2, 9), date(2027, 2, 10)]
    assert date(2027, 4, 5) in days
    assert days[date(2027, 6, 9)] == "端午节"
    calendar = calendar_of([provisional_year(2027)])
    assert calendar.is_provisional(date(2027, 2, 5))
    assert not calendar.is_working(date(2027, 6, 9))


def test_two_festivals_on_one_day_are_made_good_once_more():
    # In 2028 mid-autumn falls on 3 October, and 1 October on a Sunday.
    days = {item.day: item.name for item in provisional_year(2028).days}
    assert days[date(2028, 10, 3)] == "中秋节、国庆节"
    assert date(2028, 10, 4) in days
    assert date(2028, 10, 5) in days
    assert date(2028, 10, 6) not in days


@pytest.mark.parametrize("year", [2019, 2023, 2024, 2025, 2026])
def test_the_statutory_days_of_past_years_were_days_off(year):
    """From 2025 on the statute counts New Year's Eve and 2 May; they were off by the notices before, but for 2024."""
    calendar = calendar_of([year_from_package(year)])
    expected = [day for day, name in statutory_days(year) if not (year < 2025 and day.month < 3 and name == "春节")]
    assert not [day for day in expected if calendar.is_working(day)]


def test_a_later_year_calendar_takes_the_place_of_the_earlier():
    official = year_from_package(2026)
    calendar = calendar_of([provisional_year(2026), official])
    assert calendar == calendar_of([official])


def test_a_notice_is_read_line_by_line():
    first = "# 2027年放假安排\n2027-02-05~2027-02-06 休 春节\n\n2027年2月14日 班\n"
    days = parse_notice(first + "２０２７-０５-０１ 休 # 劳动节\n2026-12-31 休 元旦", 2027)
    assert [(item.day, item.kind, item.name) for item in days] == [
        (date(2026, 12, 31), "holiday", "元旦"),
        (date(2027, 2, 5), "holiday", "春节"),
        (date(2027, 2, 6), "holiday", "春节"),
        (date(2027, 2, 14), "workday", "调休"),
        (date(2027, 5, 1), "holiday", "放假"),
    ]


def test_every_faulty_line_of_a_notice_is_named_and_nothing_is_taken():
    good, bad = "2027-02-05 休 春节\n", "2027-02-30 休\n春节放假\n2027-02-05 休\n2027-02-15 班\n2072-01-01 休\n"
    text = good + bad + "2027-03-09~2027-03-01 休"
    with pytest.raises(NoticeError) as refused:
        parse_notice(text, 2027)
    found = {problem.line: problem.message for problem in refused.value.problems}
    assert sorted(found) == [2, 3, 4, 5, 6, 7]
    assert "不是一个日期" in found[2]
    assert "看不懂" in found[3]
    assert "两次" in found[4]
    assert "本来就上班" in found[5]
    assert "不在2027年" in found[6]


def test_an_empty_notice_is_refused():
    with pytest.raises(NoticeError, match="一天也没有写"):
        parse_notice("\n# 只有备注\n")
