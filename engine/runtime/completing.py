"""Completes a user task: once, by one person, in one transaction."""

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa

from engine.runtime import retrying, store
from engine.runtime.advance import is_ready_item
from engine.runtime.errors import AlreadyDone, KeyReused, NotFound, RuntimeFailure
from engine.runtime.outcomes import unpacked
from engine.runtime.process_data import MAX_ANSWERS, normalise_record
from engine.runtime.protocol import Item, Outcome, Transaction
from engine.runtime.session import Environment, opened, transaction_of
from engine.runtime.task_ids import split, task_id

Prepare = Callable[[Transaction, Item], Mapping[str, Any] | None]


def complete(
    environment: Environment,
    task: str,
    answers: Mapping[str, Any],
    *,
    actor: str,
    key: str | None,
    prepare: Prepare,
) -> Outcome:
    """Complete a user task with somebody's answers. See :meth:`engine.runtime.runtime.Runtime.complete`."""

    def once(guarded: bool) -> Outcome:
        return _complete(environment, task, answers, actor=actor, key=key, prepare=prepare, guarded=guarded)

    return retrying.twice(once)


def _complete(
    environment: Environment,
    task: str,
    answers: Mapping[str, Any],
    *,
    actor: str,
    key: str | None,
    prepare: Prepare,
    guarded: bool,
) -> Outcome:
    instance_id, number = split(task)
    task = task_id(instance_id, number)
    with environment.engine.begin() as connection:
        found = store.lock_item(connection, instance_id, task, key)
        if found is None:
            raise NotFound("没有这项任务。")
        row, kept, before = found
        if before is not None:
            if before.pop("task") != task:
                raise KeyReused
            return unpacked(before, instance_id, task)
        if kept is None:
            raise gone(connection, task)
        transaction = transaction_of(environment, connection, row, actor, kept.offer, guarded=guarded)
        session = opened(environment, connection, row, transaction)
        token = session.flow.find(number)
        if token is None or not is_ready_item(token):
            raise gone(connection, task)
        item = session.item(token, kept)
        given = prepare(session.transaction, item)
        variables = normalise_record(answers if given is None else given, item.name)
        typed = variables if given is None else normalise_record(answers, item.name, MAX_ANSWERS)
        session.run.happened("completed", token, task_id=task, answers=typed)
        token.workflow.write(item.step, variables)
        session.run.take_variables()
        token.run()
        session.advance()
        return session.save(token, key)


def gone(connection: sa.Connection, task: str) -> RuntimeFailure:
    """Return why a task cannot be worked on: it is done, was withdrawn, or never was."""
    finished = store.finished(connection, task)
    if finished is None:
        return NotFound("没有这项任务。")
    return AlreadyDone("" if finished.withdrawn else finished.by, finished.at, finished.step)
