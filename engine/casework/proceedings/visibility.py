"""Who may know of a proceeding: one condition that every read of proceedings goes through."""

from typing import Any, Final

from sqlalchemy import ColumnElement, and_, false, or_, select
from sqlalchemy.orm import aliased

from engine.casework.models import Matter, Proceeding
from engine.casework.permissions import Person, roles_of, unaccused, units_of

EVERYTHING: Final = frozenset({"inspector", "director", "legal"})
"""They see every proceeding but those that concern themselves."""

IN_UNIT: Final = ("receiver", "liaison", "instructor", "unit_leader", "bureau_leader")
"""They see what their unit has to answer."""

TOLD: Final = ("respond", "hear_appeal", "closed")
"""The stages at which the officer concerned knows of an accountability case."""


def kept_from(officer: Person, proceeding: Any = Proceeding) -> ColumnElement[bool]:
    """Return the condition that a row of ``proceeding`` concerns the officer, or that its matter accuses them."""
    about = aliased(Matter)  # whoever asks may have joined the matter of something else
    accusing = select(about.id).where(about.id == proceeding.matter_id, ~unaccused(officer, about)).exists()
    return or_(proceeding.officer_id.is_not_distinct_from(officer.id), accusing)


def visible_proceeding(officer: Person, proceeding: Any = Proceeding) -> ColumnElement[bool]:
    """Return the condition under which the officer may know of a row of ``proceeding`` (the class, an alias).

    Supervisions and rectifications are for the inspectorate, the heads of the bureau and the unit that has to answer,
    accountability cases for the inspectorate, the heads, the unit's bureau leader, and the officer concerned once the
    decision has been made. Nobody learns of one about a matter that accuses them (信访工作条例, articles 28, 30), nor
    of an accountability case against themselves before they are told.
    """
    # One that was cancelled before anything was decided never becomes known to whom it would have concerned.
    concerned = and_(
        proceeding.kind == "accountability",
        proceeding.officer_id == officer.id,
        proceeding.stage.in_(TOLD),
        or_(proceeding.outcome.is_distinct_from("cancelled"), proceeding.answers.has_key("sanction")),
    )
    others = ~kept_from(officer, proceeding)
    if not EVERYTHING.isdisjoint(roles_of(officer.grants)):
        return or_(concerned, others)
    answering = units_of(officer.grants, *IN_UNIT)
    in_charge = units_of(officer.grants, "bureau_leader")
    scopes = [
        and_(proceeding.kind != "accountability", proceeding.unit_id.in_(answering)) if answering else false(),
        and_(proceeding.kind == "accountability", proceeding.unit_id.in_(in_charge)) if in_charge else false(),
    ]
    return or_(concerned, and_(others, or_(*scopes)))
