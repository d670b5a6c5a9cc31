"""Matter numbers: MY2026-000001, counted by year without a gap.

The counter's row is changed in the transaction that stores the matter: a matter that is not stored takes
its number back with it, and two transactions never hold the same number.
"""

from sqlalchemy import Connection, text

# The year is the bureau's, not the server's: between 16:00 and 24:00 UTC on 31 December it is already the next one.
NEXT = text(
    """
insert into matter_number (year, last)
values (extract(year from clock_now() at time zone 'Asia/Shanghai')::smallint, 1)
on conflict (year) do update set last = matter_number.last + 1
returning year, last
"""
)


def next_number(connection: Connection) -> str:
    """Return the next number of the bureau's year, taken within the caller's transaction."""
    row = connection.execute(NEXT).one()
    return format_number(row.year, row.last)


def format_number(year: int, last: int) -> str:
    """Return the number as people write it; after the millionth in a year it grows by a digit."""
    return f"MY{year}-{last:06d}"
