from datetime import timedelta

import pytest

from rules.limits import parse_limit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3工作日", ("working_days", 3, 0, 0, timedelta())),
        ("３个工作日", ("working_days", 3, 0, 0, timedelta())),
        ("三个工作日内", ("working_days", 3, 0, 0, timedelta())),
        ("一百二十个工作日", ("working_days", 120, 0, 0, timedelta())),
        ("4工作小时", ("working_hours", 0, 0, 0, timedelta(hours=4))),
        ("1.5工作小时", ("working_hours", 0, 0, 0, timedelta(minutes=90))),
        ("15日", ("days", 0, 0, 15, timedelta())),
        ("15自然日", ("days", 0, 0, 15, timedelta())),
        ("2周", ("days", 0, 0, 14, timedelta())),
        ("3个月", ("days", 0, 3, 0, timedelta())),
        ("1年", ("days", 0, 12, 0, timedelta())),
        ("2小时", ("elapsed", 0, 0, 0, timedelta(hours=2))),
        ("30分钟", ("elapsed", 0, 0, 0, timedelta(minutes=30))),
        ("P3D", ("days", 0, 0, 3, timedelta())),
        ("P2W", ("days", 0, 0, 14, timedelta())),
        ("P3M", ("days", 0, 3, 0, timedelta())),
        ("P1Y2M3D", ("days", 0, 14, 3, timedelta())),
        ("PT4H", ("elapsed", 0, 0, 0, timedelta(hours=4))),
        ("PT4M", ("elapsed", 0, 0, 0, timedelta(minutes=4))),
        ("PT30S", ("elapsed", 0, 0, 0, timedelta(seconds=30))),
        ("P1DT12H", ("elapsed", 0, 0, 0, timedelta(hours=36))),
    ],
)
def test_reads_every_way_of_writing(text, expected):
    limit = parse_limit(text)
    assert (limit.kind, limit.working_days, limit.months, limit.days, limit.elapsed) == expected
    assert limit.text == text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "不能为空"),
        ("很快", "看不懂"),
        ("-3日", "看不懂"),
        ("-PT1H", "看不懂"),
        ("P", "看不懂"),
        ("PT", "看不懂"),
        ("P1DT", "看不懂"),
        ("0工作日", "大于零"),
        ("PT0S", "大于零"),
        ("1.5日", "整数"),
        ("P1MT3H", "混在一起"),
        ("99999日", "过长"),
        ("P9999999999D", "过长"),
        ("999999999999小时", "过长"),
        ("三五日", "看不懂"),
    ],
)
def test_refuses_with_a_plain_reason(text, message):
    with pytest.raises(ValueError, match=message):
        parse_limit(text)


@pytest.mark.parametrize(
    ("text", "label"),
    [("P3D", "3日"), ("P1M15D", "1个月15日"), ("PT4H30M", "4小时30分钟"), ("3工作日", "3个工作日"), ("PT48H", "2天")],
)
def test_label_is_chinese_however_it_was_written(text, label):
    assert parse_limit(text).label == label
