"""Brings a message to the instances that wait for it."""

from collections.abc import Mapping
from typing import Any

from engine.runtime.process_data import normalise_record
from engine.runtime.session import Environment, Session, locked, opened, transaction_of
from engine.runtime.timers import MessageEventDefinition
from engine.runtime.tokens import WAITING, Token

_INSTANCES = "select id from instance where business_key = %(key)s and status in ('running', 'suspended') order by id"


def message(
    environment: Environment, target: str | int, name: str, payload: Mapping[str, Any] | None, *, actor: str
) -> bool:
    """Bring a message to an instance. See :meth:`engine.runtime.runtime.Runtime.message`."""
    content = normalise_record(payload or {}, name)
    caught = False
    with environment.engine.begin() as connection:
        if isinstance(target, int):
            targets = [target]
        else:
            targets = list(connection.exec_driver_sql(_INSTANCES, {"key": target}).scalars())
        for instance_id in targets:
            row = locked(connection, instance_id)
            if row.status in {"completed", "cancelled"}:
                continue
            session = opened(environment, connection, row, transaction_of(environment, connection, row, actor))
            if _deliver(session, name, content):
                caught = True
                session.advance()
                session.save(commit=False)
    return caught


def _deliver(session: Session, name: str, content: dict[str, Any]) -> bool:
    """Give the message to everything in the instance that waits for it; return whether anything did."""
    waiting = [token for part in session.flow.flows for token in part.tasks.values() if _waits_for(token, name)]
    for token in waiting:
        if not token.has_state(WAITING):
            continue  # taken away by an interrupting event that has just caught it
        token.internal_data.update(fired=True, payload=content)
        session.run.happened("message_received", token, message=name, payload=content)
        token.update()
    return bool(waiting)


def _waits_for(token: Token, name: str) -> bool:
    definition = getattr(token.task_spec, "event_definition", None)
    return token.has_state(WAITING) and isinstance(definition, MessageEventDefinition) and definition.name == name
