"""Attempts to bring secrets in: who, when, where and which kind of mark; never what was written.

Screening notes what it finds in the collection that is open (:func:`collecting`); whoever opened it records it once
what was refused is rolled back. The security administrators and the inspectors get a notice, once an hour for each
officer.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select, text

from engine.casework.errors import NotPermitted
from engine.casework.models import Matter
from engine.casework.notices import notify
from engine.casework.permissions import Person, holders, roles_of, visible

SEES: Final = frozenset({"security_admin", "inspector"})
"""The roles that see the attempts and are told of them."""

WORDS: Final = "{who}提交的内容有疑似涉密标志，平台没有保存，也没有记录内容。请核实来源，按保密规定处理。"
SOMEBODY: Final = "系统任务"
RECORD: Final = text(
    """
insert into secret_attempt (at, officer_id, place, subject, kinds)
select clock_now(), o.id, :place, :subject, :kinds
from (select cast(:actor as text) as actor) given left join officer o on o.id::text = given.actor
returning (select name from officer where id = officer_id) as name, to_char(at, 'YYYYMMDDHH24') as hour
"""
)
LIST: Final = text(
    """
select a.id, a.at, o.name as officer, u.name as unit, a.place, a.subject, a.kinds
from secret_attempt a left join officer o on o.id = a.officer_id left join unit u on u.id = o.unit_id
order by a.id desc limit :most offset :skip
"""
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt as its page shows it; ``officer`` and ``unit`` are names, None for the system.

    ``place`` is the endpoint of the page or operation, or ``import``; ``subject`` what it was meant for, a
    matter's number or an import's, None for what this officer may not know of; ``kinds`` are
    keys of ``rules.secret_marks.REASONS``.
    """

    id: int
    at: datetime
    officer: str | None
    unit: str | None
    place: str
    subject: str | None
    kinds: Sequence[str]


_open: ContextVar[list[str] | None] = ContextVar("secret attempts", default=None)


@contextmanager
def collecting() -> Iterator[list[str]]:
    """Yield the list into which screening notes the kinds that it finds from now on."""
    found: list[str] = []
    token = _open.set(found)
    try:
        yield found
    finally:
        _open.reset(token)


def note(kinds: Iterable[str]) -> None:
    """Note kinds of marks that were found, where somebody collects them."""
    found = _open.get()
    if found is not None:
        found += [kind for kind in kinds if kind not in found]


def record(connection: Connection, *, actor: str, place: str, kinds: Sequence[str], subject: str | None = None) -> None:
    """Keep an attempt and tell who has to know, in the caller's transaction."""
    values = {"actor": actor, "place": place, "subject": subject, "kinds": list(kinds)}
    row = connection.execute(RECORD, values).one()
    told = {one for role in sorted(SEES) for one in holders(connection, role) if str(one) != actor}
    notify(
        connection,
        sorted(told),
        kind="secret",
        words=WORDS.format(who=row.name or SOMEBODY),
        key=f"secret:{actor}:{row.hour}",
    )


def recorded(connection: Connection, officer: Person, *, page: int, per_page: int) -> tuple[Sequence[Attempt], int]:
    """Return a page of the attempts, the newest first, and how many there are; NotPermitted for others than SEES."""
    if SEES.isdisjoint(roles_of(officer.grants)):
        raise NotPermitted("您的岗位不需要查看这些记录。")
    total = connection.execute(text("select count(*) from secret_attempt")).scalar_one()
    rows = connection.execute(LIST, {"most": per_page, "skip": (max(page, 1) - 1) * per_page}).mappings().all()
    known = _known(connection, officer, {row["subject"] for row in rows if row["subject"]})
    return tuple(Attempt(**{**row, "subject": known.get(row["subject"])}) for row in rows), total


def _known(connection: Connection, officer: Person, subjects: set[str]) -> dict[str | None, str]:
    """Return the subjects that this officer may learn of: matters as everywhere else, and numbers of imports."""
    found: dict[str | None, str] = {subject: subject for subject in subjects if subject.isdecimal()}
    numbers = connection.execute(select(Matter.number).where(Matter.number.in_(subjects), visible(officer))).scalars()
    found.update((number, number) for number in numbers)
    return found
