"""Brings the result of an effect to the service task that asked for it and waits."""

from collections.abc import Mapping
from typing import Any

from engine.runtime.process_data import normalise_record
from engine.runtime.session import Environment, locked, opened, transaction_of
from engine.runtime.specs import ServiceTask
from engine.runtime.task_ids import split, task_id
from engine.runtime.tokens import STARTED


def finish_effect(environment: Environment, task: str, result: Mapping[str, Any], *, actor: str) -> bool:
    """Complete a waiting service task. See :meth:`engine.runtime.runtime.Runtime.finish_effect`."""
    instance_id, number = split(task)
    with environment.engine.begin() as connection:
        row = locked(connection, instance_id)
        if row.status in {"completed", "cancelled"}:
            return False
        session = opened(environment, connection, row, transaction_of(environment, connection, row, actor))
        token = session.flow.find(number)
        if token is None or not token.has_state(STARTED) or not isinstance(token.task_spec, ServiceTask):
            return False
        value = normalise_record(result, token.task_spec.bpmn_name)
        token.workflow.write(token.task_spec.name, value)
        session.run.happened("effect_finished", token, task_id=task_id(instance_id, number), result=value)
        token.complete()
        session.advance()
        session.save()
        return True
