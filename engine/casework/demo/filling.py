"""A demonstration is filled whole or not at all: the fill is a row, begun with the bureau, finished with the last step.

The fill takes many transactions and moves the bureau's clock through half a year. A process that is killed on the way
leaves a part of it behind, which the next start recognises by the row and empties. Only what a fill began in an empty
database is ever emptied, and only while nobody has worked in it.
"""

from typing import Final

from sqlalchemy import Connection, text

KEPT: Final = frozenset(
    {"alembic_version", "calendar_year", "holiday", "deployment", "deployment_resource", "resource", "clock_shift"}
)
"""Tables that may hold something before a fill: it neither needs them empty nor empties them."""

KEY: Final = "demo:"
"""What the idempotency keys of the players' completions begin with."""

TABLES = text("select tablename from pg_tables where schemaname = current_schema() order by tablename")
BEGIN = text("insert into demo_fill (id, begun_at) values (1, clock_timestamp())")
FINISH = text("update demo_fill set finished_at = clock_timestamp() where finished_at is null")
UNFINISHED = text("select exists (select from demo_fill where finished_at is null)")
USED = text(
    """
select exists (select from completion where not starts_with(key, :players)) or exists (select from import_batch)
    or exists (select from officer where password_changed_at is not null)
"""
)
REAL_TIME = text("delete from clock_shift")


def is_empty(connection: Connection) -> bool:
    """Say whether there is nothing yet that a fill would have to respect."""
    ours = [name for name in _filled(connection) if not name.startswith("procrastinate_")]
    found = " or ".join(f'exists (select from "{name}")' for name in ours)
    return not connection.execute(text(f"select {found}")).scalar_one()


def begin(connection: Connection) -> None:
    """Note that a fill begins, in the transaction that writes its first rows into an empty database."""
    connection.execute(BEGIN)


def finish(connection: Connection) -> None:
    """Note that the fill came to its end."""
    connection.execute(FINISH)


def unfinished(connection: Connection) -> bool:
    """Say whether a fill has begun and has not come to its end; it may still be at work."""
    return bool(connection.execute(UNFINISHED).scalar_one())


def used(connection: Connection) -> bool:
    """Say whether somebody has worked in the database beside the players of the fill."""
    return bool(connection.execute(USED, {"players": KEY}).scalar_one())


def empty(connection: Connection) -> None:
    """Remove all that an unfinished fill has written, in the caller's transaction; the clock shows real time again."""
    names = ", ".join(f'"{name}"' for name in _filled(connection))
    connection.execute(text(f"truncate {names} restart identity"))
    connection.execute(REAL_TIME)


def keep(connection: Connection) -> None:
    """Leave an unfinished fill as it is, with the clock at real time, and never look at it again."""
    connection.execute(REAL_TIME)
    finish(connection)


def _filled(connection: Connection) -> list[str]:
    return [name for name in connection.execute(TABLES).scalars() if name not in KEPT]
