"""Shows an instance as it stands, without locking it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

import orjson
import sqlalchemy as sa

from engine.runtime import codec
from engine.runtime.errors import NotFound
from engine.runtime.event_specs import BoundaryEvent
from engine.runtime.operating.places import Place, places
from engine.runtime.retrying import held
from engine.runtime.scopes import OneOfMany, SubFlow
from engine.runtime.session import Environment
from engine.runtime.specs import ActivityGuard, ActivitySplit
from engine.runtime.task_ids import task_id
from engine.runtime.timers import waiting
from engine.runtime.tokens import READY, WAITING, Flow, Token

State = Literal["person", "time", "event", "inside", "effect", "join", "retry", "held"]
_ROW: Final = """
select state, codec, deployment_id, process_key from instance where id = %(id)s
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """A token that is somewhere.

    Attributes:
        task_id: its id.
        process_key: the process the element is drawn in.
        element: the element's id.
        name: its label.
        inside: the labels of the activities around it, outer ones first.
        state: what it waits for: ``person``, ``time``, ``event``, ``inside`` (a called process or sub-process),
            ``effect``, ``join``, ``retry`` (its next attempt) or ``held`` (a process owner).
        due: when its time comes, UTC; None when it waits for none.
        boundary: whether it is an event attached to an activity.
        places: where it may be moved to; empty when it may not be.
        about: what this one of many is for: the element variables and ``loopCounter`` around it, those of the
            processes that called its own included; the innermost first where two are alike.

    """

    task_id: str
    process_key: str
    element: str
    name: str
    inside: tuple[str, ...]
    state: State
    due: datetime | None
    boundary: bool
    places: tuple[Place, ...]
    about: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Look:
    """An instance as it stands.

    Attributes:
        tokens: what is somewhere, the main process first.
        variables: the main process' data.
        places: where a new token may be put in the main process.

    """

    tokens: tuple[Standing, ...]
    variables: dict[str, Any]
    places: tuple[Place, ...]


def look(environment: Environment, connection: sa.Connection, instance_id: int) -> Look:
    """Return an instance as it stands. See :meth:`engine.runtime.runtime.Runtime.look`."""
    row = connection.exec_driver_sql(_ROW, {"id": instance_id}).one_or_none()
    if row is None:
        raise NotFound("没有这个流程实例。")
    state, version, deployment_id, process_key = row
    definition = environment.deployments.definition(connection, deployment_id)
    flow = codec.unpack(bytes(state), version, definition, process_key, environment.script)
    tokens = [
        _standing(instance_id, flow, token)
        for part in flow.flows
        for token in part.unfinished()
        if not isinstance(token.task_spec, ActivitySplit | ActivityGuard) and token.task_spec.bpmn_id is not None
    ]
    variables: dict[str, Any] = orjson.loads(orjson.dumps(dict(flow.data)))
    return Look(tuple(tokens), variables, tuple(places(flow)))


def _standing(instance_id: int, flow: Flow, token: Token) -> Standing:
    scope, spec = token.workflow, token.task_spec
    boundary = isinstance(spec, BoundaryEvent)
    timer = waiting(token) if token.has_state(WAITING) else None
    inside = []
    around = scope
    while around.caller is not None:
        inside.append(str(around.caller.task_spec.bpmn_name or around.caller.task_spec.name))
        around = around.caller.workflow
    movable = not boundary and not isinstance(scope, OneOfMany)
    return Standing(
        task_id=task_id(instance_id, token.id),
        process_key=scope.process_key,
        element=spec.name,
        name=str(spec.bpmn_name or spec.name),
        inside=tuple(reversed(inside)),
        state=_state(flow, token),
        due=timer.due if timer is not None else None,
        boundary=boundary,
        places=tuple(one for one in places(scope) if one.element != spec.name) if movable else (),
        about=orjson.loads(orjson.dumps(_about(scope))),
    )


def _about(scope: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while isinstance(scope, SubFlow):
        if isinstance(scope, OneOfMany):
            found = scope.given | found
        scope = scope.caller.workflow
    return found


def _state(flow: Flow, token: Token) -> State:
    spec = token.task_spec
    definition = getattr(spec, "event_definition", None)
    if held(token):
        return "held"
    if token.has_state(READY):
        return "person"
    if token.has_state(WAITING):
        if waiting(token) is not None:
            return "retry" if getattr(definition, "kind", "") == "retry" else "time"
        return "event" if definition is not None else "join"
    return "inside" if flow.inside(token) else "effect"
