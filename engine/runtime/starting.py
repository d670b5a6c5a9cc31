"""Starts an instance inside the caller's transaction: plainly, or at a start event that something has triggered."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.runtime import codec, deployments, store
from engine.runtime.errors import NotFound
from engine.runtime.event_specs import StartEvent
from engine.runtime.events import Kind, NamedEventDefinition
from engine.runtime.process_data import normalise
from engine.runtime.protocol import EventKind, Transaction
from engine.runtime.run import Run
from engine.runtime.session import Environment, Session
from engine.runtime.tokens import COMPLETED, Flow, Token

_ELDEST: Final = """
select state, codec, deployment_id, process_key from instance where business_key = %(key)s order by id limit 1
"""


@dataclass(frozen=True, slots=True)
class Beginning:
    """The start event an instance begins at, and what triggered it.

    Attributes:
        element: the start event's id.
        kind: ``message`` or ``signal``; empty for a time.
        name: the message's or signal's name.
        payload: what it brings; stored under the start event's id. None for nothing.
        thrown: the number it was thrown under, 0 when it came from outside.
        generation: how many events in a row led to it.
        since: when it was thrown; None when it begins by a command of its own.

    """

    element: str
    kind: Kind | None = None
    name: str = ""
    payload: dict[str, Any] | None = None
    thrown: int = 0
    generation: int = 0
    since: datetime | None = None


def start(
    environment: Environment,
    connection: sa.Connection,
    process_key: str,
    business_key: str,
    data: Mapping[str, Any],
    *,
    actor: str,
    beginning: Beginning | None = None,
) -> int:
    """Start an instance of the current deployment. See :meth:`engine.runtime.runtime.Runtime.start`.

    With ``beginning`` it begins at that start event, and knows what the host had told the eldest instance of the same
    business key of itself (``Host.start``).
    """
    instance_id, now, deployment_id = store.begin(connection)
    if deployment_id is None:
        raise NotFound("还没有部署任何流程。")
    definition = environment.deployments.definition(connection, deployment_id)
    if process_key not in definition.specs:
        raise NotFound(f"部署里没有流程 {process_key}。")
    transaction = Transaction(connection, instance_id, business_key, process_key, deployment_id, now, actor)
    run = Run(environment.host, definition, transaction, environment.zone)
    run.holds = False  # nothing has happened yet that could be lost, and whoever starts it is to be told
    flow = Flow(definition.specs[process_key], dict(definition.specs), environment.script, run)
    run.flow = flow
    flow.data = _known(environment, connection, business_key) if beginning is not None else {}
    flow.data |= {key: normalise(value, key) for key, value in data.items()}
    transaction.source = lambda: flow.data
    session = Session(environment, connection, run, flow, None)
    run.happened("started", None, process=process_key, deployment=deployment_id)
    if beginning is None:
        flow.begin()
    else:
        _begin_at(flow, beginning)
    session.advance()
    session.save(commit=False)
    return instance_id


def starts_by(environment: Environment, connection: sa.Connection, kind: Kind, name: str) -> Iterator[str]:
    """Yield the start events of the current deployment that a message or signal triggers, as ``process/element``."""
    try:
        current = deployments.current(connection)
    except NotFound:
        return
    definition = environment.deployments.definition(connection, current.id)
    for key, spec in sorted(definition.specs.items()):
        for element, task in spec.task_specs.items():
            waits = task.event_definition if isinstance(task, StartEvent) else None
            if isinstance(waits, NamedEventDefinition) and (waits.kind, waits.name) == (kind, name):
                yield f"{key}/{element}"


def _begin_at(flow: Flow, beginning: Beginning) -> None:
    spec = flow.spec.task_specs.get(beginning.element)
    if not isinstance(spec, StartEvent):
        raise NotFound(f"流程 {flow.spec.name} 里没有开始事件 {beginning.element}。")
    flow.task_tree = Token(flow, flow.spec.start, None, COMPLETED)
    token = Token(flow, spec, flow.task_tree)
    token.internal_data["fired"] = True
    if beginning.payload is not None:
        token.internal_data["payload"] = beginning.payload
    if beginning.kind is not None:
        details: dict[str, Any] = {beginning.kind: beginning.name, "payload": beginning.payload or {}}
        details |= {"thrown": beginning.thrown} if beginning.thrown else {}
        flow.run.generation, flow.run.since = beginning.generation, beginning.since or flow.run.now
        kind: EventKind = "message_received" if beginning.kind == "message" else "signal_received"
        flow.run.happened(kind, token, **details)
    token.update()


def _known(environment: Environment, connection: sa.Connection, business_key: str) -> dict[str, Any]:
    found = connection.exec_driver_sql(_ELDEST, {"key": business_key}).one_or_none() if business_key else None
    if found is None:
        return {}
    state, version, deployment_id, process_key = found
    definition = environment.deployments.definition(connection, deployment_id)
    data = codec.unpack(bytes(state), version, definition, process_key, environment.script).data
    return {key: data[key] for key in environment.host.start.get("*", {}) if key in data}
