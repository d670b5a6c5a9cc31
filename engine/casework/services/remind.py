"""催办提醒: tell those whose step it is that its deadline is near."""

from typing import Any

from engine.casework.case import case_of
from engine.casework.services.telling import tell
from engine.casework.services.waiting import waiting_at
from engine.runtime import Call, Service


def remind(call: Call) -> dict[str, Any]:
    """Remind whoever holds the step, or all who may take it. Nobody is told of a step that no longer waits."""
    case = case_of(call.transaction)
    step = str(call.parameters["step"])
    waiting = waiting_at(call.transaction.connection, call.transaction.instance_id, step)
    if waiting is None:
        return {"told": 0}
    return tell(
        call,
        case,
        level="reminder",
        step=step,
        step_name=waiting.name,
        due_at=waiting.due_at,
        role="",
        officers=list(waiting.people),
        words=f"{case.number}《{case['title']}》的“{waiting.name}”即将到期，请抓紧办理。",
        email=False,
    )


SERVICE = Service("remind", remind, parameters=("step",), outputs={"told": "number"})
