"""What an officer may see, as terms of documents; the same rules as in ``permissions``, read from its table."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, false, func, not_, select, text

from engine.casework.models import Matter, Unit
from engine.casework.permissions import TABLE, Action, Person, permitted, roles_of, units_belonged_to, units_of, visible
from engine.casework.text_index.changes import NOTHING, WAITING
from rules.text_index import Filter

NOBODY = Filter((frozenset({"nothing=seen"}),))
"""Of which no document is."""


@dataclass(frozen=True)
class Sight:
    """The documents of matters that an officer may know of; of these those whose petitioner they may see in full."""

    seen: Filter
    personal: Filter | None


def sight_of(connection: Connection, officer: Person) -> Sight:
    """Return what the officer may see."""
    accused = _accused(connection, officer)
    personal = _permitted(officer, "view_personal", accused)
    return Sight(_permitted(officer, "view", accused), None if personal == NOBODY else personal)


def seen_by(connection: Connection, officer: Person) -> Filter:
    """Return the filter of the documents of matters that the officer may know of."""
    return sight_of(connection, officer).seen


@dataclass(frozen=True)
class Hidden:
    """Matters changed since the index was made: those an officer may not know of, and those whose petitioner not."""

    whole: frozenset[int]
    personal: frozenset[int]


def hidden_meanwhile(connection: Connection, officer: Person, watermark: str) -> Hidden:
    """Return what the officer may not see (any longer) although the index may say otherwise."""
    waiting = text(f"select distinct c.matter_id as id {WAITING}").bindparams(watermark=watermark or NOTHING)
    changed = waiting.columns(Matter.id).subquery()
    # Of a unit that is not there, or a matter that is gone, it is unknown whether it is theirs.
    whole = func.coalesce(visible(officer), false())
    personal = func.coalesce(permitted(officer, "view_personal"), false())
    rows = connection.execute(
        select(changed.c.id, whole.label("whole"))
        .outerjoin(Matter, Matter.id == changed.c.id)
        .where(not_(and_(whole, personal)))
    ).all()
    hidden = frozenset(row.id for row in rows)
    return Hidden(frozenset(row.id for row in rows if not row.whole), hidden)


def _permitted(officer: Person, action: Action, accused: frozenset[str]) -> Filter:
    held = roles_of(officer.grants)
    terms: set[str] = set()
    for role, allowed in TABLE[action].items():
        if role not in held:
            continue
        if "bureau" in allowed:
            return Filter((), accused)
        terms |= {f"{within}={unit}" for within in allowed for unit in units_of(officer.grants, role)}
        if action == "view":
            terms |= {f"asked={grant}" for grant in officer.grants if grant.partition("@")[2].isdecimal()}
    return Filter((frozenset(terms),), accused) if terms else NOBODY


def _accused(connection: Connection, officer: Person) -> frozenset[str]:
    """Return the terms of documents that accuse the officer or a unit they belong to."""
    belonging = units_belonged_to(officer.id, above="inspector" not in roles_of(officer.grants))
    units = connection.execute(select(Unit.id).where(Unit.id.in_(belonging))).scalars()
    return frozenset({f"accused=officer:{officer.id}", *(f"accused=unit:{unit}" for unit in units)})
