"""Whether the platform's own matter numbers run without a hole and none was given twice."""

from dataclasses import dataclass

from sqlalchemy import Connection, text

from engine.casework.numbers import format_number

SHOWN = 20

# The number of a serial as engine.casework.numbers writes it; lpad would cut what is longer than it fills up to.
CHECK = text(
    """
select n.year, n.last,
       array(select s from generate_series(1, n.last) s
             where not exists (
               select from matter m
               where m.number = 'MY' || n.year || '-' || lpad(s::text, greatest(6, length(s::text)), '0'))
             order by s limit :shown) as holes
from matter_number n order by n.year
"""
)
BEYOND = text(
    """
select m.number from matter m
left join matter_number n on m.number ~ '^MY[0-9]{4}-[0-9]{6,}$' and n.year = substr(m.number, 3, 4)::int
where case when n.year is null then true else substr(m.number, 8)::bigint not between 1 and n.last end
order by m.number limit :shown
"""
)
KEYS = text(
    """
select count(*) = 1 from pg_constraint
where conrelid = 'matter'::regclass and contype in ('u', 'p') and conname = 'uq_matter_number'
"""
)


@dataclass(frozen=True, slots=True)
class NumbersCheck:
    """What the check found.

    Attributes:
        years: (year, how many numbers were given out in it).
        holes: numbers given out that no matter has, the first of them.
        beyond: numbers of matters that the counter never gave out, the first of them.
        unique: whether the database itself refuses a number that is there.

    """

    years: tuple[tuple[int, int], ...]
    holes: tuple[str, ...]
    beyond: tuple[str, ...]
    unique: bool

    @property
    def holds(self) -> bool:
        """Whether every number was given to just one matter."""
        return not self.holes and not self.beyond and self.unique


def check_numbers(connection: Connection) -> NumbersCheck:
    """Hold the counter of each year against the numbers that matters have."""
    rows = connection.execute(CHECK, {"shown": SHOWN}).all()
    return NumbersCheck(
        tuple((row.year, row.last) for row in rows),
        tuple(format_number(row.year, serial) for row in rows for serial in row.holes)[:SHOWN],
        tuple(connection.execute(BEYOND, {"shown": SHOWN}).scalars()),
        bool(connection.execute(KEYS).scalar()),
    )
