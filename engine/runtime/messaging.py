"""Brings a message to the instances that wait for it, or starts one by it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from engine.runtime import catching, starting
from engine.runtime.process_data import normalise_record
from engine.runtime.session import Environment, locked, opened, transaction_of

_INSTANCES = "select id from instance where business_key = %(key)s and status in ('running', 'suspended') order by id"


@dataclass(frozen=True, slots=True)
class _Message:
    name: str
    content: dict[str, Any]
    actor: str


def message(
    environment: Environment, target: str | int, name: str, payload: Mapping[str, Any] | None, *, actor: str
) -> bool:
    """Bring a message to an instance. See :meth:`engine.runtime.runtime.Runtime.message`."""
    brought = _Message(name, normalise_record(payload or {}, name), actor)
    caught = False
    with environment.engine.begin() as connection:
        if isinstance(target, int):
            return _bring(environment, connection, target, brought)
        for instance_id in list(connection.exec_driver_sql(_INSTANCES, {"key": target}).scalars()):
            caught |= _bring(environment, connection, instance_id, brought)
        return caught or _started(environment, connection, target, brought)


def _bring(environment: Environment, connection: sa.Connection, instance_id: int, brought: _Message) -> bool:
    row = locked(connection, instance_id)
    if row.status in {"completed", "cancelled"}:
        return False
    session = opened(environment, connection, row, transaction_of(environment, connection, row, brought.actor))
    if not catching.deliver(session.flow, "message", brought.name, brought.content):
        return False
    session.advance()
    session.save(commit=False)
    return True


def _started(environment: Environment, connection: sa.Connection, key: str, brought: _Message) -> bool:
    """Start an instance where the current deployment has a start event for the message; return whether it has."""
    for start in starting.starts_by(environment, connection, "message", brought.name):
        process_key, element = start.split("/", 1)
        beginning = starting.Beginning(element, "message", brought.name, brought.content)
        starting.start(environment, connection, process_key, key, {}, actor=brought.actor, beginning=beginning)
        return True
    return False
