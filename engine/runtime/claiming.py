"""Puts a user task into somebody's hands, or back into everybody's. The process itself does not move."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from engine.runtime import store
from engine.runtime.completing import gone
from engine.runtime.errors import NotFound, Suspended, Taken
from engine.runtime.protocol import Event, EventKind, Item, Transaction
from engine.runtime.session import Environment, transaction_of
from engine.runtime.task_ids import split, task_id

Check = Callable[[Transaction, Item], Any]
_HAND_OVER = """
with handed as (
    update work_item set assignee = %(assignee)s,
        claimed_at = case when %(assignee)s::text is null then null else %(now)s end
    where task_id = %(task)s::uuid
)
update instance set revision = revision + 1 where id = %(id)s
"""
_STEP = "select process_key, step from work_item where task_id = %(task)s::uuid"


def claim(environment: Environment, task: str, *, actor: str, prepare: Check) -> None:
    """Give a task to the actor. See :meth:`engine.runtime.runtime.Runtime.claim`."""

    def free(holder: str | None) -> bool:
        if holder not in {None, actor}:
            raise Taken(str(holder))
        return holder is None

    _hand_over(environment, task, actor, actor=actor, kind="claimed", prepare=prepare, changes=free)


def unclaim(environment: Environment, task: str, *, actor: str, prepare: Check) -> None:
    """Give a task back. See :meth:`engine.runtime.runtime.Runtime.unclaim`."""
    _hand_over(
        environment,
        task,
        None,
        actor=actor,
        kind="unclaimed",
        prepare=prepare,
        changes=lambda holder: holder is not None,
    )


def assign(environment: Environment, task: str, assignee: str | None, *, actor: str, prepare: Check) -> None:
    """Give a task to somebody. See :meth:`engine.runtime.runtime.Runtime.assign`."""
    _hand_over(
        environment,
        task,
        assignee,
        actor=actor,
        kind="assigned",
        prepare=prepare,
        changes=lambda holder: holder != assignee,
    )


def _hand_over(
    environment: Environment,
    task: str,
    assignee: str | None,
    *,
    actor: str,
    kind: EventKind,
    prepare: Check,
    changes: Callable[[str | None], bool],
) -> None:
    instance_id, number = split(task)
    task = task_id(instance_id, number)
    with environment.engine.begin() as connection:
        found = store.lock_item(connection, instance_id, task, None)
        if found is None:
            raise NotFound("没有这项任务。")
        row, kept, _ = found
        if kept is None:
            raise gone(connection, task)
        if row.status == "suspended":
            raise Suspended("流程实例已经暂停，恢复之前不能办理。")
        transaction = transaction_of(environment, connection, row, actor, kept.offer)
        item = _item(environment, connection, row, kept, task)
        prepare(transaction, item)
        if not changes(kept.offer.assignee):
            return
        connection.exec_driver_sql(
            _HAND_OVER, {"task": task, "id": instance_id, "assignee": assignee, "now": transaction.now}
        )
        details = {"task_id": task, "from": kept.offer.assignee, "to": assignee}
        event = Event(kind, item.step, item.name, details)
        environment.host.record(transaction, [*transaction.events, event])
        store.write_last(transaction)


def _item(environment: Environment, connection: sa.Connection, row: store.Row, kept: store.ItemRow, task: str) -> Item:
    """Return the item of a work item's row, without loading the instance's state."""
    definition = environment.deployments.definition(connection, row.deployment_id)
    process_key, name = connection.exec_driver_sql(_STEP, {"task": task}).one()
    step = definition.step(process_key, name)
    return Item(
        task_id=task,
        step=step.step,
        name=step.name,
        groups=step.groups,
        form_key=step.form_key,
        due=kept.due,
        follow_up=kept.follow_up,
        priority=kept.priority,
        properties=dict(step.properties),
    )
