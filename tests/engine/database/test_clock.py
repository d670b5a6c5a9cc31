from datetime import UTC, datetime, timedelta

import sqlalchemy as sa


def test_the_bureaus_clock_follows_real_time_until_it_is_moved(engine: sa.Engine, clock) -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
    clock.move(timedelta(days=8))
    assert abs(clock.now() - datetime.now(UTC) - timedelta(days=8)) < timedelta(minutes=1)


def test_a_moved_clock_serves_an_index(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("create table waiting (due timestamptz)")
        connection.exec_driver_sql(
            "insert into waiting select now() + interval '1 hour' * n from generate_series(-10, 20000) n"
        )
        connection.exec_driver_sql("create index on waiting (due)")
        connection.exec_driver_sql("analyze waiting")
        plan = connection.exec_driver_sql("explain select * from waiting where due <= clock_now()").scalars().all()
    assert any("Index" in line for line in plan), plan
