"""Tell officers that a deadline is near or past, once, and keep who was told."""

import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import text

from engine.casework.case import Case, case_of
from engine.casework.notices import notify
from engine.casework.proceedings.record import proceeding_of
from engine.casework.services.waiting import named
from engine.runtime import Call

INSERT = text(
    """
insert into escalation (matter_id, step, step_name, level, due_at, fired_at, told)
values (:matter, :step, :name, :level, :due, :now, cast(:told as jsonb))
returning id
"""
)


def tell(
    call: Call,
    *,
    level: str,
    step: str,
    step_name: str,
    due_at: datetime | None,
    people: Mapping[int, str],
    words: str,
    email: bool,
) -> dict[str, int]:
    """Give the notice, write the escalation and its history; return how many were told.

    ``people`` are the officers with the role in which each is told, empty for those whose step it is. The
    service task's own id, with the level, is the notice's key, so that telling twice tells once. What is told of a
    proceeding is on the board with the matter it is about; of an accountability case, which not all who read the matter
    may know of, and of what is about no matter only its own history tells.
    """
    connection = call.transaction.connection
    subject = proceeding_of(call.transaction) or case_of(call.transaction)
    matter_id = subject.id if isinstance(subject, Case) else subject["matter_id"]
    notify(
        connection,
        list(people),
        kind="reminder" if level == "reminder" else "escalation",
        words=words,
        matter_id=matter_id,
        key=f"{call.task_id}:{level}",
        email=email,
    )
    means = ["notice", "email"] if email else ["notice"]
    told = [{**person, "role": people[person["officer_id"]], "by": means} for person in named(connection, list(people))]
    event, names = "reminded" if level == "reminder" else "escalated", [person["name"] for person in told]
    escalation = None
    if matter_id is not None and (isinstance(subject, Case) or subject["kind"] != "accountability"):
        escalation = connection.execute(
            INSERT,
            {
                "matter": matter_id,
                "step": step,
                "name": step_name,
                "level": level,
                "due": due_at,
                "now": call.transaction.now,
                "told": json.dumps(told, ensure_ascii=False),
            },
        ).scalar_one()
    subject.note(event, call.name, element=call.element, step=step, level=level, told=names, escalation=escalation)
    return {"told": len(told)}


def unit_of(call: Call) -> str:
    """Return the id of the unit that a reminder or an escalation is limited to; empty when it is for all."""
    given = call.parameters.get("unit")
    if isinstance(given, float) and given.is_integer():
        given = int(given)
    return "" if given is None else str(given).strip()
