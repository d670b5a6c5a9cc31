"""催办提醒: tell those whose step it is that its deadline is near."""

from typing import Any

from engine.casework.case import case_of
from engine.casework.proceedings.record import proceeding_of
from engine.casework.services.telling import tell, unit_of
from engine.casework.services.waiting import waiting_at
from engine.runtime import Call, Service


def remind(call: Call) -> dict[str, Any]:
    """Remind whoever holds the step, or all who may take it. Nobody is told of a step that no longer waits.

    Where several units are asked for the step, all who have not answered are reminded; the parameter ``unit`` leaves
    only one of them. The step is one of a matter or of a proceeding.
    """
    step, unit = str(call.parameters["step"]), unit_of(call)
    waiting = waiting_at(call.transaction.connection, call.transaction.instance_id, step, unit)
    if waiting is None:
        return {"told": 0}
    subject = proceeding_of(call.transaction) or case_of(call.transaction)
    return tell(
        call,
        level="reminder",
        step=step,
        step_name=waiting.name,
        due_at=waiting.due_at,
        people=dict.fromkeys(waiting.people, ""),
        words=f"{subject.number}《{subject['title']}》的“{waiting.name}”即将到期，请抓紧办理。",
        email=False,
    )


SERVICE = Service("remind", remind, parameters=("step",), optional=("unit",), outputs={"told": "number"})
