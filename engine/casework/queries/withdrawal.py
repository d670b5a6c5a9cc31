"""Why a step no longer waits: somebody finished it, or the process took it back, and by what.

What a command wrote carries the command's moment, so what took a step back is what stands at the same moment beside it:
a timer that fired, a step that was finished, something done by hand, or an event that arrived.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Connection, text

Kind = Literal["finished", "by_hand", "timer", "event", "step", "process"]

CAUSE = text(
    """
select f.withdrawn, f.finished_at as at, coalesce(o.name, '') as who,
    p.verb, coalesce(p.reason, '') as reason, coalesce(po.name, '') as hand,
    t.name as timer, g.name as step, coalesce(g_o.name, '') as step_by, e.name as event
from finished_item f
left join officer o on o.id::text = f.finished_by
left join lateral (
    select verb, reason, actor from operation where instance_id = f.instance_id and at = f.finished_at limit 1
) p on true
left join officer po on po.id::text = p.actor
left join lateral (
    select name from fire where instance_id = f.instance_id and fired_at = f.finished_at limit 1
) t on true
left join lateral (
    select name, finished_by from finished_item
    where instance_id = f.instance_id and finished_at = f.finished_at and not withdrawn limit 1
) g on true
left join officer g_o on g_o.id::text = g.finished_by
left join lateral (
    select name from (
        select h.name, h.sequence as place from history_event h join matter m on m.id = h.matter_id
        where m.instance_id = f.instance_id and h.at = f.finished_at and h.event = any(:events)
        union all
        select i.name, i.id from instance_event i
        where i.instance_id = f.instance_id and i.at = f.finished_at and i.event = any(:events)
    ) x order by place limit 1
) e on true
where f.task_id = :task
"""
)
EVENTS = ("message_received", "signal_received", "error_caught", "escalation_caught")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Why a step no longer waits.

    Attributes:
        kind: ``finished`` (somebody did it), ``by_hand`` (somebody changed the process), ``timer``, ``event``, ``step``
            (another step was finished) or ``process`` (nothing says what).
        at: when, UTC.
        who: the name of whoever did it; empty for the system.
        what: the label of the timer, event or step; of ``by_hand`` the operation.
        reason: what whoever did it by hand gave as their reason.

    """

    kind: Kind
    at: datetime
    who: str = ""
    what: str = ""
    reason: str = ""


def withdrawal(connection: Connection, task_id: str) -> Withdrawal | None:
    """Return why a step no longer waits; None when it still does, or never was.

    The caller has made sure that the officer may know of it.
    """
    row = connection.execute(CAUSE, {"task": UUID(task_id), "events": list(EVENTS)}).one_or_none()
    if row is None:
        return None
    if not row.withdrawn:
        return Withdrawal("finished", row.at, row.who)
    if row.verb:
        return Withdrawal("by_hand", row.at, row.hand, row.verb, row.reason)
    causes: list[tuple[Kind, str | None, str]] = [
        ("timer", row.timer, ""),
        ("step", row.step, row.step_by),
        ("event", row.event, ""),
    ]
    for kind, what, who in causes:
        if what is not None:
            return Withdrawal(kind, row.at, who, what)
    return Withdrawal("process", row.at)
