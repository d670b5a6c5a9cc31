from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import sqlalchemy as sa

from engine.casework.numbers import format_number, next_number
from tests.conftest import Clock


def test_numbers_count_by_the_bureaus_year(engine: sa.Engine, clock: Clock) -> None:
    clock.set(datetime(2026, 12, 31, 15, 59, 30, tzinfo=UTC))  # 23:59:30 in the bureau
    with engine.begin() as connection:
        assert [next_number(connection), next_number(connection)] == ["MY2026-000001", "MY2026-000002"]
    clock.set(datetime(2026, 12, 31, 16, 0, 1, tzinfo=UTC))
    with engine.begin() as connection:
        assert next_number(connection) == "MY2027-000001"


def test_a_number_that_is_not_used_is_given_out_again(engine: sa.Engine, clock: Clock) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    with engine.connect() as connection:
        next_number(connection)
        connection.rollback()
        with connection.begin():
            inner = connection.begin_nested()
            next_number(connection)
            inner.rollback()
            assert next_number(connection) == "MY2026-000001"


def test_many_at_once_leave_no_gap_and_no_double(engine: sa.Engine) -> None:
    def take(index: int) -> str | None:
        with engine.connect() as connection:
            number = next_number(connection)
            if index % 5 == 0:
                connection.rollback()
                return None
            connection.commit()
            return number

    with ThreadPoolExecutor(8) as pool:
        given = sorted(number for number in pool.map(take, range(60)) if number)
    assert [int(number[-6:]) for number in given] == list(range(1, 49))


def test_the_millionth_number_grows_by_a_digit() -> None:
    assert format_number(2026, 1_000_000) == "MY2026-1000000"
