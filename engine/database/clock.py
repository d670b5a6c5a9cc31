"""The clock of the bureau is the clock of its database.

Every process asks the same clock, so two machines never disagree about what is late. The table
``clock_shift`` holds one interval that is added to it: zero in production, moved by tests and while the
demo bureau's past is played.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Connection, Interval, SmallInteger, Table, text

from engine.database.base import metadata

clock_shift = Table(
    "clock_shift",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("shift", Interval, nullable=False),
)


def now(connection: Connection) -> datetime:
    """Return the bureau's present moment as an aware UTC datetime."""
    moment: datetime = connection.exec_driver_sql("select clock_now()").scalar_one()
    return moment.astimezone(UTC)


def shift(connection: Connection, by: timedelta) -> None:
    """Set the shift that is added to the database's clock; ``timedelta(0)`` is real time."""
    connection.execute(
        text(
            "insert into clock_shift (id, shift) values (1, :by) on conflict (id) do update set shift = excluded.shift"
        ),
        {"by": by},
    )


def current_shift(connection: Connection) -> timedelta:
    """Return the shift in force; ``timedelta(0)`` is real time."""
    by: timedelta | None = connection.exec_driver_sql("select shift from clock_shift where id = 1").scalar()
    return by or timedelta(0)
