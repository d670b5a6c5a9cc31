"""Who is offered a step: roles become candidate strings by the matter's units, four eyes and recusal exclude."""

from collections.abc import Collection, Iterable

from sqlalchemy import Connection, text

from engine.casework.asking import ask
from engine.casework.case import Case
from engine.casework.permissions import holders, may_know, personal
from engine.casework.proceedings.record import Proceeding
from engine.casework.roles import ROLES, grant
from engine.runtime import CannotAdvance, Item, Offer, Transaction

EXCLUDES = "excludes"
"""The property of a user task that lists the steps whose doers may not do this one."""

UNIT = "unit"
"""The property of a user task that names the unit which does it (an id, usually ``${unit}`` of a multi-instance step)
instead of the matter's own; empty for the matter's own."""

OFFICER = "officer"
"""The property of a user task of a proceeding that names the one officer who does it."""

INSPECTORATE = grant("inspector", None)
DIRECTOR = grant("director", None)
HANDLER = "handler"

DOERS = text(
    """
select distinct finished_by from finished_item
where instance_id = :instance and step = any(:steps) and not withdrawn
"""
)
EXISTS = text("select 1 from unit where id = cast(:unit as bigint)")
LONGEST = 18  # digits of an id
HELD = text("select distinct role || '@' || unit_id from holding where role = :role and unit_id is not null order by 1")
IN_SERVICE = text("select active from officer where id = :officer")
DOES_STILL = text(
    "select 1 from officer o join holding h on h.officer_id = o.id "
    "where o.id = :officer and o.active and h.role || '@' || coalesce(h.unit_id::text, '*') = any(:candidates) limit 1"
)


def offer(transaction: Transaction, case: Case, item: Item) -> Offer:
    """Return who may take ``item``.

    A role held in a unit means the matter's receiving or handling unit, or the one named in ``unit``. Where that unit
    is accused, or there is none, the inspectorate takes its place (信访工作条例, article 30). Who did a step named in
    ``excludes`` is left out, and so is every officer the matter accuses. Once a handler is named, the handler's steps
    are theirs, unless another unit does them. A unit that is named keeps the matter in sight until it is closed. Raises
    CannotAdvance when ``unit`` names no unit.
    """
    unit = _unit(transaction.connection, item)
    candidates = candidates_of(transaction.connection, case, item.groups, unit)
    if unit is not None:
        ask(transaction.connection, case.id, candidates)
    excluded = {str(officer) for officer in case.row["accused_officers"]}
    steps = excluded_steps(item)
    if steps:
        rows = transaction.connection.execute(DOERS, {"instance": transaction.instance_id, "steps": list(steps)})
        excluded.update(rows.scalars())
        if case.finished is not None and case.finished.step in steps:
            excluded.add(transaction.actor)
    assignee = None
    if unit is None or unit == case["handling_unit_id"]:
        assignee = _assignee(transaction.connection, case, item, candidates, excluded)
    return Offer(candidates, assignee, tuple(sorted(excluded)))


def candidates_of(
    connection: Connection, case: Case, roles: Iterable[str], named: int | None = None
) -> tuple[str, ...]:
    """Return the candidate strings of roles for this matter, in the unit ``named`` instead of the matter's own."""
    found: dict[str, None] = {}
    for name in roles:
        role = ROLES.get(name)
        if role is None:
            continue
        if not role.in_unit:
            found[grant(name, None)] = None
            continue
        unit = named or (case["receiving_unit_id"] if role.scope == "receiving" else case["handling_unit_id"])
        # The bureau leader in charge is not the unit: accused units are answered for by the one above them.
        barred = unit is None or (name != "bureau_leader" and unit in case.barred_units(connection))
        found[INSPECTORATE if barred else grant(name, unit)] = None
    return tuple(found)


def bureau_offer(connection: Connection, item: Item) -> Offer:
    """Return who may take an item of an instance that is no matter: whoever holds the role, in whichever unit.

    Where the diagram names a ``unit``, only there. Raises CannotAdvance when that is none.
    """
    found: dict[str, None] = {}
    unit = _unit(connection, item)
    for role in item.groups:
        known = ROLES.get(role)
        if known is not None and known.in_unit and unit is not None:
            found[grant(role, unit)] = None
        elif known is not None and known.in_unit:
            found |= dict.fromkeys(connection.execute(HELD, {"role": role}).scalars())
        elif known is not None:
            found[grant(role, None)] = None
    return Offer(tuple(found))


def proceeding_offer(transaction: Transaction, proceeding: Proceeding, item: Item) -> Offer:
    """Return who may take an item of a proceeding: the roles in its unit, or the one officer it concerns.

    Where that unit is accused by the matter this is about, or has nobody in the role, the inspectorate takes its place;
    where nobody is in charge of it, the director. Whom the matter accuses, by name or in a unit of theirs, and whoever
    did a step named in ``excludes``, is left out; so is whom the proceeding concerns, but for the item that is theirs.
    Raises CannotAdvance when the unit or the officer is none.
    """
    connection = transaction.connection
    concerned = item.properties.get(OFFICER, "").strip()
    if concerned:
        if not concerned.isdecimal():
            raise CannotAdvance(f"“{item.name}”要由当事人办理，但没有指明是谁。", item.step)
        return Offer((personal(int(concerned)),), concerned)
    barred = proceeding.barred_units(connection)
    unit = _unit(connection, item)
    unit = proceeding["unit_id"] if unit is None else unit
    found: dict[str, None] = {}
    for name in item.groups:
        role = ROLES.get(name)
        if role is not None and not role.in_unit:
            found[grant(name, None)] = None
        elif role is not None:
            found[_in_place_of(connection, name, unit, barred)] = None
    excluded = _accused(connection, proceeding, tuple(found))
    if proceeding["officer_id"] is not None:
        excluded.add(str(proceeding["officer_id"]))
    steps = excluded_steps(item)
    if steps:
        rows = connection.execute(DOERS, {"instance": transaction.instance_id, "steps": list(steps)})
        excluded.update(rows.scalars())
        if proceeding.finished in steps:
            excluded.add(transaction.actor)
    return Offer(tuple(found), None, tuple(sorted(excluded)))


def _in_place_of(connection: Connection, role: str, unit: int, barred: Collection[int]) -> str:
    """Return who has a role in a unit, or stands in for it where the unit is accused or has nobody in the role."""
    if role == "bureau_leader":
        return grant(role, unit) if holders(connection, role, unit) else DIRECTOR
    return INSPECTORATE if unit in barred or not holders(connection, role, unit) else grant(role, unit)


def _accused(connection: Connection, proceeding: Proceeding, candidates: tuple[str, ...]) -> set[str]:
    """Return those of the candidates whom the matter that a proceeding is about accuses, and all it names."""
    named = {str(officer) for officer in proceeding.row["accused_officers"]}
    if not proceeding.row["accused_units"]:
        return named
    held = (candidate.partition("@") for candidate in candidates)
    offered = {one for role, _, unit in held for one in holders(connection, role, int(unit) if unit != "*" else None)}
    return named | {str(one) for one in offered.difference(may_know(connection, proceeding["matter_id"], offered))}


def may_hold(connection: Connection, matter_id: int | None, holder: str, offer: Offer) -> bool:
    """Say whether an officer may have an item that is offered so: a candidate in service whom nothing shuts out.

    ``matter_id`` is the matter it belongs to or is about, None for none.
    """
    if not holder.isdecimal() or holder in offer.excluded:
        return False
    if personal(int(holder)) in offer.candidates:
        return bool(connection.execute(IN_SERVICE, {"officer": int(holder)}).scalar())
    if connection.execute(DOES_STILL, {"officer": int(holder), "candidates": list(offer.candidates)}).first() is None:
        return False
    return matter_id is None or bool(may_know(connection, matter_id, [int(holder)]))


def excluded_steps(item: Item) -> tuple[str, ...]:
    """Return the steps whose doers may not do this one."""
    return tuple(step.strip() for step in item.properties.get(EXCLUDES, "").split(",") if step.strip())


def _unit(connection: Connection, item: Item) -> int | None:
    named = item.properties.get(UNIT, "").strip()
    if not named:
        return None
    known = connection.execute(EXISTS, {"unit": named}).first() if named.isdecimal() and len(named) < LONGEST else None
    if known is None:
        raise CannotAdvance(f"“{item.name}”要由单位“{named}”办理，但没有这个单位。", item.step)
    return int(named)


def _assignee(
    connection: Connection, case: Case, item: Item, candidates: tuple[str, ...], excluded: set[str]
) -> str | None:
    handler = case["handler_id"]
    if handler is None or HANDLER not in item.groups or str(handler) in excluded:
        return None
    # Named in this very command, the action has just checked it.
    if "handler_id" in case.changes:
        return str(handler)
    still = connection.execute(DOES_STILL, {"officer": handler, "candidates": list(candidates)}).first()
    return None if still is None else str(handler)
