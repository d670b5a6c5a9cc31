"""督办升级: a deadline has passed, so whoever answers for the unit is told, by notice and e-mail."""

from typing import Any, Final

from engine.casework.asking import ask_superiors
from engine.casework.case import Case, case_of
from engine.casework.proceedings.record import Proceeding, proceeding_of
from engine.casework.services.telling import tell, unit_of
from engine.casework.services.waiting import Waiting, answering, waiting_at
from engine.casework.vocabulary import LEVELS
from engine.runtime import Call, Service

ROLE_OF: Final = {"instructor": "instructor", "bureau_leader": "bureau_leader", "inspectorate": "inspector"}
"""Level of the escalation -> the role that is told."""


def escalate(call: Call) -> dict[str, Any]:
    """Tell the levels named in the diagram that a step is late, and write it on the escalation board.

    ``level`` is one level or several, parted by commas. The unit is the one the step was offered to; of several that
    were asked, all that have not answered, or the one in the parameter ``unit``. ValueError for a level that there is
    not.
    """
    levels = [level.strip() for level in str(call.parameters["level"]).split(",")]
    for level in levels:
        if level not in ROLE_OF:
            raise ValueError(f"没有“{level}”这一级督办，只有 {'、'.join(ROLE_OF)}")
    subject = proceeding_of(call.transaction) or case_of(call.transaction)
    step = str(call.parameters["step"])
    waiting = waiting_at(call.transaction.connection, call.transaction.instance_id, step, unit_of(call))
    if waiting is None:
        return {"told": 0}
    return {"told": sum(_tell(call, subject, step, level, waiting) for level in levels)}


def _tell(call: Call, subject: Case | Proceeding, step: str, level: str, waiting: Waiting) -> int:
    """Tell one level; return how many were told."""
    connection = call.transaction.connection
    matter_id = subject.id if isinstance(subject, Case) else subject["matter_id"]
    people: dict[int, str] = {}
    for unit in _units(subject, waiting):
        role, officers = answering(connection, matter_id, ROLE_OF[level], unit)
        people |= dict.fromkeys(officers, role) | people
        if isinstance(subject, Proceeding):  # whom it concerns is told when something has been decided
            people.pop(subject["officer_id"], None)
        if isinstance(subject, Case) and unit not in {subject["handling_unit_id"], subject["receiving_unit_id"]}:
            ask_superiors(connection, subject.id, role, officers)
    return tell(
        call,
        level=level,
        step=step,
        step_name=waiting.name,
        due_at=waiting.due_at,
        people=people,
        words=f"{subject.number}《{subject['title']}》的“{waiting.name}”已超期，报{LEVELS[level]}督办，请督促办理。",
        email=True,
    )["told"]


def _units(subject: Case | Proceeding, waiting: Waiting) -> tuple[int | None, ...]:
    """Return the units that are late: those the step was offered to, else the one that has to handle or answer."""
    if waiting.units:
        return waiting.units
    if isinstance(subject, Proceeding):
        return (subject["unit_id"],)
    return (subject["handling_unit_id"] or subject["receiving_unit_id"],)


SERVICE = Service("escalate", escalate, parameters=("step", "level"), optional=("unit",), outputs={"told": "number"})
