"""Brings an event to what waits for it inside one instance."""

from collections.abc import Container
from typing import Any

from engine.runtime.events import CodedEventDefinition, Kind, awaited
from engine.runtime.tokens import WAITING, Flow, Token


def deliver(
    flow: Flow, kind: Kind, name: str, payload: dict[str, Any], among: Container[int] | None = None, **details: Any
) -> int:
    """Give a message or signal to everything in the instance that waits for it now; return how many caught it.

    Args:
        flow: the instance, which then goes on when it is settled.
        kind: ``message`` or ``signal``.
        name: its name.
        payload: what it brings, normalised; stored under the id of each event that catches it.
        among: the numbers of the tokens it is for; None for all.
        details: more for the history.

    """
    waiting = [
        token
        for scope in flow.flows
        for token in scope.tasks.values()
        if token.has_state(WAITING)
        and (among is None or token.id in among)
        and (definition := awaited(token)) is not None
        and (definition.kind, definition.name) == (kind, name)
    ]
    caught = 0
    for token in waiting:
        if token.has_state(WAITING):  # an interrupting event that has just caught it may have taken the token away
            caught += 1
            named = {"message": name} if kind == "message" else {"signal": name}
            flow.run.happened("message_received" if kind == "message" else "signal_received", token, **named,
                              payload=payload, **details)  # fmt: skip
            catch(token, payload)
    return caught


def catch(token: Token, payload: dict[str, Any]) -> None:
    """Let a waiting event go on with what it caught; one that does not interrupt waits for the next as well."""
    spec = token.task_spec
    if getattr(spec, "activity", "") and not spec.cancel_activity:
        Token(token.workflow, spec, token.parent).update()
    token.internal_data.update(fired=True, payload=payload)
    token.update()


def catcher(activity: Token, kind: type[CodedEventDefinition], code: str) -> Token | None:
    """Return the boundary event of an activity that takes an error or escalation of this code; None when none does.

    One that names the code goes before one that takes any.
    """
    split = activity.parent
    fitting = [
        token
        for token in (split.children if split is not None else ())
        if token.has_state(WAITING)
        and getattr(token.task_spec, "activity", "") == activity.task_spec.name
        and isinstance(token.task_spec.event_definition, kind)
        and token.task_spec.event_definition.code in {code, ""}
    ]
    return max(fitting, key=lambda token: bool(token.task_spec.event_definition.code), default=None)
