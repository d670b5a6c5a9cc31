"""Who may do what with which matter: one table, and the one condition every read of matters goes through.

A permission is an action that a role has within a scope: the matters its unit received, handles or supervises,
or all of the bureau. On top of every permission stands one prohibition without exception by rank: nobody learns
of a matter that accuses them or a unit they belong to (信访工作条例, articles 28 and 30).
"""

from collections.abc import Collection, Iterable
from typing import Any, Literal, Protocol

from sqlalchemy import ColumnElement, Connection, and_, false, literal, not_, or_, select, true, union
from sqlalchemy import exists as sql_exists

from engine.casework.errors import unknown_matter
from engine.casework.models import Holding, Matter, MatterAccused, MatterAsked, Officer, Unit
from engine.casework.roles import ROLES, grant
from engine.runtime.tables import work_item

Action = Literal[
    "view",
    "view_personal",
    "comment",
    "acknowledge",
    "acknowledge_alarm",
    "register",
    "assign",
    "link",
    "adjust_clock",
    "suspend",
    "cancel",
    "send_back",
    "operate",
    "migrate",
    "supervise",
]
Within = Literal["receiving", "handling", "supervising", "bureau"]

OWN: tuple[Within, ...] = ("handling",)
LED: tuple[Within, ...] = ("handling", "supervising")
ALL: tuple[Within, ...] = ("bureau",)
RECEIVED: tuple[Within, ...] = ("receiving",)

TABLE: dict[Action, dict[str, tuple[Within, ...]]] = {
    # Seeing goes further by one thing: whoever is asked for a step sees its matter until it is closed (``asked``).
    "view": {
        "receiver": RECEIVED,
        "liaison": LED,
        "handler": OWN,
        "instructor": LED,
        "unit_leader": LED,
        "bureau_leader": LED,
        "director": ALL,
        "inspector": ALL,
        "visitor": ALL,
        "legal": ALL,
    },
    # Name, phone, identity number and address in full: only those who speak with the petitioner or answer for it.
    "view_personal": {
        "receiver": RECEIVED,
        "liaison": OWN,
        "handler": OWN,
        "instructor": OWN,
        "bureau_leader": OWN,
        "inspector": ALL,
        "visitor": ALL,
    },
    "comment": {
        "receiver": RECEIVED,
        "liaison": OWN,
        "handler": OWN,
        "instructor": OWN,
        "unit_leader": OWN,
        "bureau_leader": OWN,
        "director": ALL,
        "inspector": ALL,
    },
    "acknowledge": {
        "instructor": OWN,
        "unit_leader": OWN,
        "bureau_leader": OWN,
        "director": ALL,
        "inspector": ALL,
    },
    # The duty officers, whom an alarm is told to.
    "acknowledge_alarm": {"receiver": RECEIVED, "inspector": ALL},
    "register": {"receiver": RECEIVED},
    "assign": {"liaison": OWN, "instructor": OWN, "unit_leader": OWN, "inspector": ALL},
    # Saying that a matter repeats another one, or does not.
    "link": {"receiver": RECEIVED, "inspector": ALL},
    # Extending and pausing; which of them may approve it for a matter says the decision table ``extension``.
    "adjust_clock": {"instructor": OWN, "bureau_leader": OWN},
    # By hand on a running process. Process owners see no matter by this, only that there is one (queries.instances).
    "suspend": {"inspector": ALL, "process_owner": ALL},
    "cancel": {"inspector": ALL, "process_owner": ALL},
    "send_back": {"inspector": ALL, "process_owner": ALL},
    "operate": {"process_owner": ALL},
    "migrate": {"process_owner": ALL},
    # Opening a supervision, an accountability case or a rectification (督察).
    "supervise": {"inspector": ALL},
}


BY_HAND: frozenset[Action] = frozenset({"suspend", "cancel", "send_back", "operate", "migrate"})
"""What is done to a matter's process rather than to the matter: a process owner may without seeing the matter."""


Duty = Literal["edit_keywords", "publish_keywords", "see_learning", "teach"]

DUTIES: dict[Duty, frozenset[str]] = {
    "edit_keywords": frozenset({"receiver", "inspector"}),
    # What a rule does reaches beyond the department that wants it.
    "publish_keywords": frozenset({"inspector"}),
    # Numbers only, of the matters they may know; a process owner counts matters without seeing any.
    "see_learning": frozenset({"inspector", "director", "process_owner", "receiver"}),
    # Train the routing model, go back to an earlier version, or let the rules decide alone.
    "teach": frozenset({"inspector", "process_owner"}),
}
"""What concerns no single matter: the roles that may, whatever their unit."""


class Person(Protocol):
    """Whoever asks: an officer's id and the strings of the roles they hold, as :func:`grants` returns them."""

    @property
    def id(self) -> int:
        """The officer's id."""

    @property
    def grants(self) -> Collection[str]:
        """The roles with their units: ``handler@7``, ``inspector@*``."""


def grants(connection: Connection, officer_id: int) -> list[str]:
    """Return what the officer's roles are as candidate strings; nothing for one who is not active."""
    rows = connection.execute(
        select(Holding.role, Holding.unit_id)
        .join(Officer, Officer.id == Holding.officer_id)
        .where(Officer.id == officer_id, Officer.active)
        .order_by(Holding.id)
    )
    return [grant(row.role, row.unit_id) for row in rows]


def personal(officer_id: int) -> str:
    """Return the candidate string that only this officer fits: for what concerns them and nobody else."""
    return f"officer@{officer_id}"


def roles_of(held: Iterable[str]) -> frozenset[str]:
    """Return the roles among candidate strings."""
    return frozenset(one.partition("@")[0] for one in held)


def units_of(held: Iterable[str], *roles: str) -> list[int]:
    """Return the units in which one of ``roles`` is held."""
    pairs = (one.partition("@") for one in held)
    return sorted({int(unit) for role, _, unit in pairs if role in roles and unit.isdecimal()})


def permitted(officer: Person, action: Action, matter: Any = Matter) -> ColumnElement[bool]:
    """Return the condition under which the officer may do ``action`` with a row of ``matter`` (the class, an alias)."""
    columns = {
        "receiving": matter.receiving_unit_id,
        "handling": matter.handling_unit_id,
        "supervising": matter.supervising_unit_id,
    }
    units: dict[Within, set[int]] = {}
    held_roles = roles_of(officer.grants)
    for role, allowed in TABLE[action].items():
        if role not in held_roles:
            continue
        if "bureau" in allowed:
            return and_(true(), unaccused(officer, matter))
        for within in allowed:
            units.setdefault(within, set()).update(units_of(officer.grants, role))
    scopes = [columns[within].in_(sorted(found)) for within, found in units.items() if found]
    if action == "view" and units:
        scopes.append(asked(officer, matter))
    if not scopes:
        return false()
    return and_(or_(*scopes), unaccused(officer, matter))


def bureau_wide(held: Collection[str], action: Action) -> bool:
    """Say whether one of the roles held may do ``action`` in all of the bureau, whatever the unit."""
    return any("bureau" in within for role, within in TABLE[action].items() if role in held)


def has_duty(held: Iterable[str], duty: Duty) -> bool:
    """Say whether one of the candidate strings gives the duty."""
    return not DUTIES[duty].isdisjoint(roles_of(held))


def visible(officer: Person, matter: Any = Matter) -> ColumnElement[bool]:
    """Return the condition under which the officer may know of a row of ``matter``; every read uses it."""
    return permitted(officer, "view", matter)


def asked(officer: Person, matter: Any = Matter) -> ColumnElement[bool]:
    """Return the condition that ``matter`` asks, or has asked, a unit in which the officer holds the role it asks for.

    A unit that is asked for its part in another's matter may see the matter from then on, and after it has answered or
    is no longer needed, until the matter is closed: it may have to explain what it said.
    """
    held = sorted(one for one in officer.grants if one.partition("@")[2].isdecimal())
    waiting = select(work_item.c.instance_id).where(work_item.c.candidates.overlap(held))
    before = select(MatterAsked.matter_id).where(MatterAsked.candidate.in_(held))
    return or_(matter.instance_id.in_(waiting), and_(matter.closed_at.is_(None), matter.id.in_(before)))


def unaccused(officer: Person, matter: Any = Matter) -> ColumnElement[bool]:
    """Return the condition that ``matter`` accuses neither the officer nor a unit they belong to.

    One belongs to one's own unit, to those in which one holds a role, and to all units above them; being in charge
    of a unit as a bureau leader is not belonging to it. The inspectorate investigates accusations against the whole
    bureau, so for an inspector the units above do not count.
    """
    belonging = units_belonged_to(officer.id, above="inspector" not in roles_of(officer.grants))
    return not_(
        sql_exists().where(
            MatterAccused.matter_id == matter.id,
            or_(MatterAccused.officer_id == officer.id, MatterAccused.unit_id.in_(belonging)),
        )
    )


def units_belonged_to(officer_id: int, *, above: bool) -> Any:
    """Return a subquery of the ids of the units the officer belongs to, with those above them or without."""
    own = select(Officer.unit_id.label("id")).where(Officer.id == officer_id, Officer.unit_id.is_not(None))
    held = select(Holding.unit_id.label("id")).where(
        Holding.officer_id == officer_id, Holding.unit_id.is_not(None), Holding.role != "bureau_leader"
    )
    direct = union(own, held)
    if not above:
        return direct
    start = direct.subquery()
    tree = select(start.c.id).cte("belongs", recursive=True, nesting=True)
    parents = select(Unit.parent_id).join(tree, Unit.id == tree.c.id).where(Unit.parent_id.is_not(None))
    return select(tree.union(parents).c.id)


def may(connection: Connection, officer: Person, action: Action, matter_id: int) -> bool:
    """Say whether the officer may do ``action`` with the matter; False also when there is no such matter."""
    found = select(literal(1)).select_from(Matter).where(Matter.id == matter_id, permitted(officer, action))
    return connection.execute(found).first() is not None


def require(connection: Connection, officer: Person, action: Action, matter: int | str) -> int:
    """Return the id of the matter (given by id or number) if the officer may do ``action`` with it.

    Raises NotFound otherwise, in the same words whether it does not exist or is not theirs.
    """
    named = Matter.number == matter if isinstance(matter, str) else Matter.id == matter
    found: int | None = connection.execute(select(Matter.id).where(named, permitted(officer, action))).scalar()
    if found is None:
        raise unknown_matter()
    return found


def may_register(officer: Person, receiving_unit_id: int) -> bool:
    """Say whether the officer may register matters of a channel that this unit receives."""
    roles = [role for role, within in TABLE["register"].items() if "receiving" in within]
    return receiving_unit_id in units_of(officer.grants, *roles)


def may_know(connection: Connection, matter_id: int, officer_ids: Collection[int]) -> list[int]:
    """Return those of the officers who are active and whom the matter does not accuse; notices go to them only."""
    if not officer_ids:
        return []
    seeds = union(
        select(Officer.id.label("officer"), Officer.unit_id.label("unit")).where(Officer.id.in_(officer_ids)),
        select(Holding.officer_id, Holding.unit_id).where(
            Holding.officer_id.in_(officer_ids), Holding.role != "bureau_leader"
        ),
    ).subquery()
    inspectors = select(Holding.officer_id).where(Holding.role == "inspector")
    tree = select(seeds.c.officer, seeds.c.unit).where(seeds.c.unit.is_not(None)).cte("belongs", recursive=True)
    tree = tree.union(
        select(tree.c.officer, Unit.parent_id)
        .join(Unit, Unit.id == tree.c.unit)
        .where(Unit.parent_id.is_not(None), tree.c.officer.not_in(inspectors))
    )
    # Officers whom the matter accuses by name, or through a unit they belong to.
    accused = union(
        select(MatterAccused.officer_id).where(
            MatterAccused.matter_id == matter_id, MatterAccused.officer_id.is_not(None)
        ),
        select(tree.c.officer)
        .join(MatterAccused, MatterAccused.unit_id == tree.c.unit)
        .where(MatterAccused.matter_id == matter_id),
    )
    rows = connection.execute(
        select(Officer.id)
        .where(Officer.id.in_(officer_ids), Officer.active, Officer.id.not_in(accused))
        .order_by(Officer.id)
    )
    return [row.id for row in rows]


def holders(connection: Connection, role: str, unit_id: int | None = None) -> list[int]:
    """Return the ids of the active officers who hold a role (in the unit, where it is one that is held in units)."""
    statement = select(Holding.officer_id).join(Officer, Officer.id == Holding.officer_id)
    statement = statement.where(Holding.role == role, Officer.active).order_by(Holding.officer_id)
    if ROLES[role].in_unit:
        statement = statement.where(Holding.unit_id == unit_id)
    return [row.officer_id for row in connection.execute(statement)]
