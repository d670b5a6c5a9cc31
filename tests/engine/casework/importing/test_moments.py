from datetime import UTC, datetime, timedelta, timezone

import pytest

from engine.casework.importing.moments import Order, order_of, parse_moment

BUREAU = timezone(timedelta(hours=8))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2019/2/28 11:25:05", datetime(2019, 2, 28, 11, 25, 5, tzinfo=BUREAU)),
        ("2018-08-07 00:00:00", datetime(2018, 8, 7, tzinfo=BUREAU)),
        ("2019/12/3 9:05", datetime(2019, 12, 3, 9, 5, tzinfo=BUREAU)),
        ("2019年2月3日", datetime(2019, 2, 3, tzinfo=BUREAU)),
        ("2019年2月3日 下午3点05分", datetime(2019, 2, 3, 15, 5, tzinfo=BUREAU)),
        ("2019年2月3日（星期日）上午12:30", datetime(2019, 2, 3, 0, 30, tzinfo=BUREAU)),
        ("2019.2.3", datetime(2019, 2, 3, tzinfo=BUREAU)),
        ("20190203", datetime(2019, 2, 3, tzinfo=BUREAU)),
        ("20190203141516", datetime(2019, 2, 3, 14, 15, 16, tzinfo=BUREAU)),
        ("43524.476446759", datetime(2019, 2, 28, 11, 26, 5, tzinfo=BUREAU)),
        ("2019-02-03T04:05:06Z", datetime(2019, 2, 3, 4, 5, 6, tzinfo=UTC)),
        ("2019-02-03T04:05:06.789+09:00", datetime(2019, 2, 2, 19, 5, 6, tzinfo=UTC)),
        ("2019/2/3 3:05 PM", datetime(2019, 2, 3, 15, 5, tzinfo=BUREAU)),
        ("２０１９－２－３ １１：２５", datetime(2019, 2, 3, 11, 25, tzinfo=BUREAU)),
        ("28/02/2019 8:00", datetime(2019, 2, 28, 8, tzinfo=BUREAU)),
        ("02/28/2019", datetime(2019, 2, 28, tzinfo=BUREAU)),
        ("5/5/2019", datetime(2019, 5, 5, tzinfo=BUREAU)),
    ],
)
def test_ways_of_writing_a_moment(written: str, expected: datetime) -> None:
    assert parse_moment(written) == expected


@pytest.mark.parametrize(
    "written", ["", "昨天", "2019/13/1", "2019-02-30", "2019-1-1 25:00", "3/4/2019", "12345678901", "2019", "1/2/3"]
)
def test_what_is_no_moment_is_said_so(written: str) -> None:
    with pytest.raises(ValueError, match=r"看不懂|不是存在|分不清"):
        parse_moment(written)


@pytest.mark.parametrize(
    ("column", "order"),
    [
        (["3/4/2019", "28/4/2019"], "dmy"),
        (["3/4/2019", "4/28/2019"], "mdy"),
        (["3/4/2019"], None),
        (["28/4/2019", "4/28/2019"], None),
        (["2019-04-28", ""], None),
    ],
)
def test_a_column_tells_where_the_day_stands(column: list[str], order: Order | None) -> None:
    assert order_of(column) == order


def test_the_order_settles_doubtful_dates() -> None:
    assert parse_moment("3/4/2019", "dmy") == datetime(2019, 4, 3, tzinfo=BUREAU)
    assert parse_moment("3/4/2019", "mdy") == datetime(2019, 3, 4, tzinfo=BUREAU)
