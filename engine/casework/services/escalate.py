"""督办升级: a deadline has passed, so whoever answers for the unit is told, by notice and e-mail."""

from typing import Any, Final

from engine.casework.asking import ask_superiors
from engine.casework.case import Case, case_of
from engine.casework.services.telling import tell, unit_of
from engine.casework.services.waiting import Waiting, answering, waiting_at
from engine.casework.vocabulary import LEVELS
from engine.runtime import Call, Service

ROLE_OF: Final = {"instructor": "instructor", "bureau_leader": "bureau_leader", "inspectorate": "inspector"}
"""Level of the escalation -> the role that is told."""


def escalate(call: Call) -> dict[str, Any]:
    """Tell the level named in the diagram that a step is late, and write it on the escalation board.

    The unit is the one the step was offered to; of several that were asked, all that have not answered, or the one in
    the parameter ``unit``. ValueError for a level that there is not.
    """
    case = case_of(call.transaction)
    connection = call.transaction.connection
    step, level = str(call.parameters["step"]), str(call.parameters["level"])
    if level not in ROLE_OF:
        raise ValueError(f"没有“{level}”这一级督办，只有 {'、'.join(ROLE_OF)}")
    waiting = waiting_at(connection, call.transaction.instance_id, step, unit_of(call))
    if waiting is None:
        return {"told": 0}
    people: dict[int, str] = {}
    for unit in _units(case, waiting):
        role, officers = answering(connection, case.id, ROLE_OF[level], unit)
        people |= dict.fromkeys(officers, role) | people
        if unit not in {case["handling_unit_id"], case["receiving_unit_id"]}:
            ask_superiors(connection, case.id, role, officers)
    return tell(
        call,
        case,
        level=level,
        step=step,
        step_name=waiting.name,
        due_at=waiting.due_at,
        people=people,
        words=f"{case.number}《{case['title']}》的“{waiting.name}”已超期，报{LEVELS[level]}督办，请督促办理。",
        email=True,
    )


def _units(case: Case, waiting: Waiting) -> tuple[int | None, ...]:
    """Return the units that are late: those the step was offered to, else the one handling the matter."""
    return waiting.units or (case["handling_unit_id"] or case["receiving_unit_id"],)


SERVICE = Service("escalate", escalate, parameters=("step", "level"), optional=("unit",), outputs={"told": "number"})
