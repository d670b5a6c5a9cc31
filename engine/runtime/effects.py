"""Brings what came of an effect to the service task that waits for it: its result, or that it failed for good."""

import re
from collections.abc import Mapping
from typing import Any

from engine.runtime import retrying
from engine.runtime.definitions import Definition
from engine.runtime.incidents import Closing
from engine.runtime.process_data import normalise_record
from engine.runtime.session import Environment, Session, locked, opened, transaction_of
from engine.runtime.specs import ServiceTask
from engine.runtime.task_ids import split, task_id
from engine.runtime.tokens import STARTED, Token


def finish_effect(environment: Environment, task: str, result: Mapping[str, Any], *, actor: str) -> bool:
    """Complete a waiting service task. See :meth:`engine.runtime.runtime.Runtime.finish_effect`."""
    instance_id, number = split(task)
    with environment.engine.begin() as connection:
        row = locked(connection, instance_id)
        if row.status in {"completed", "cancelled"}:
            return False
        session = opened(environment, connection, row, transaction_of(environment, connection, row, actor))
        token = session.flow.find(number)
        if not asks(token):
            return False
        _finish(session, token, result)
        return True


def fail_effect(environment: Environment, task: str, error: str, *, data: Mapping[str, Any], actor: str) -> bool:
    """Tell a waiting service task that its effect failed. See :meth:`engine.runtime.runtime.Runtime.fail_effect`."""
    instance_id, number = split(task)
    with environment.engine.begin() as connection:
        row = locked(connection, instance_id)
        if row.status in {"completed", "cancelled"}:
            return False
        session = opened(environment, connection, row, transaction_of(environment, connection, row, actor))
        token = session.flow.find(number)
        if token is None or not asks(token) or retrying.held(token):
            return False
        service = environment.host.services.get(token.task_spec.service)
        verdict = service.verdict if service is not None else ""
        if verdict and _is_read(session.run.definition, token.task_spec.name, verdict):
            _finish(session, token, {verdict: False, "error": error[:200], **data})
            return True
        tried = {"effect": dict(data)}
        retrying.hold(session.run, token, "effect", "effect", error or "没有送达", given=tried)
        session.save()
        return True


def asks(token: Token | None) -> bool:
    """Whether a token waits for the result of an effect, be an incident open for it or not."""
    return (
        token is not None
        and token.has_state(STARTED)
        and isinstance(token.task_spec, ServiceTask)
        and token.internal_data.get("incident", "effect") == "effect"
    )


def _finish(session: Session, token: Token | None, result: Mapping[str, Any]) -> None:
    assert token is not None  # noqa: S101 - asks() said so
    value = normalise_record(result, token.task_spec.bpmn_name)
    token.workflow.write(token.task_spec.name, value)
    session.closed[token.id] = Closing("recovered")
    task = task_id(session.transaction.instance_id, token.id)
    session.run.happened("effect_finished", token, task_id=task, result=value)
    token.complete()
    session.advance()
    session.save()


def _is_read(definition: Definition, element: str, verdict: str) -> bool:
    """Whether a condition or a decision of the deployment reads what came of the effect, and so decides about it."""
    said = re.compile(rf"\b{re.escape(element)}\s*(?:\.\s*{verdict}\b|\[\s*['\"]{verdict}['\"]\s*\])")
    texts = (content for path, content in definition.files.items() if path.endswith((".bpmn", ".dmn")))
    return any(said.search(content.decode("utf-8", "replace")) for content in texts)
