"""What of an instance's state events are looked for by: a row for each message or signal that it waits for."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

import orjson

from engine.runtime.events import Kind, awaited
from engine.runtime.task_ids import task_id
from engine.runtime.tokens import WAITING, Flow

if TYPE_CHECKING:
    from engine.runtime.session import Session

_REWRITE: Final = """
insert into subscription (task_id, instance_id, process_key, element, label, kind, name, since)
select r.task_id, %(id)s, r.process_key, r.element, r.label, r.kind, r.name, %(now)s
from jsonb_to_recordset(%(rows)s::jsonb) as r
    (task_id uuid, process_key text, element text, label text, kind text, name text)
on conflict (task_id) do update set process_key = excluded.process_key, element = excluded.element,
    label = excluded.label, kind = excluded.kind, name = excluded.name,
    since = case when (subscription.kind, subscription.name) = (excluded.kind, excluded.name)
                 then subscription.since else excluded.since end
"""
_GONE: Final = "delete from subscription where instance_id = %(id)s and task_id <> all(%(there)s::uuid[])"
FIRST_CODEC: Final = 2  # instances stored before it had no rows; they get them with their next command


@dataclass(frozen=True, slots=True)
class Subscription:
    """A message or signal that a token waits for, and where."""

    kind: Kind
    name: str
    process_key: str
    element: str
    label: str


def waiting(flow: Flow) -> dict[int, Subscription]:
    """Return what an instance waits for, by the number of the token that waits."""
    return {
        token.id: Subscription(
            definition.kind,
            definition.name,
            token.workflow.process_key,
            token.task_spec.name,
            token.task_spec.bpmn_name,
        )
        for token in flow.standing(WAITING)
        if (definition := awaited(token)) is not None
    }


def rewrite(session: "Session") -> None:
    """Write all rows of an instance anew, where its state was changed by other means than an advancing command.

    What goes on waiting for the same name has been waiting as long as before.
    """
    connection, instance = session.connection, session.transaction.instance_id
    rows = [{"task_id": task_id(instance, number), **asdict(one)} for number, one in waiting(session.flow).items()]
    values = {"id": instance, "rows": orjson.dumps(rows).decode(), "now": session.transaction.now}
    connection.exec_driver_sql(_REWRITE, values)
    connection.exec_driver_sql(_GONE, {"id": instance, "there": [row["task_id"] for row in rows]})


def changes(session: "Session", parts: dict[str, Any]) -> None:
    """Add to ``parts`` what the instance no longer waits for, and what it has begun to wait for."""
    there = waiting(session.flow)
    before = session.awaited
    if there == before:
        return
    instance = session.transaction.instance_id
    gone = [task_id(instance, number) for number in before if number not in there]
    if gone:
        parts["subscriptions_gone"] = gone
    run = session.run
    # Whoever is brought back to the same catch by what it has just caught has been waiting all along.
    more = {"since": run.since, "goes_on": run.generation > 0}
    begun = [
        {"task_id": task_id(instance, number), **more, **asdict(one)}
        for number, one in there.items()
        if before.get(number) != one
    ]
    if begun:
        parts["subscriptions"] = begun
