"""Assesses, moves and moves back single instances."""

from dataclasses import dataclass
from datetime import UTC
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import codec, store, subscriptions
from engine.runtime.codec import UnknownState
from engine.runtime.errors import NotFound, RuntimeFailure
from engine.runtime.incidents import require_reason
from engine.runtime.migrating import items, rows
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.forgetting import REVERTIBLE
from engine.runtime.migrating.move import Moved, move
from engine.runtime.migrating.plan import Plan
from engine.runtime.protocol import Event, Transaction
from engine.runtime.run import Run
from engine.runtime.session import Environment, Session, locked, transaction_of

BATCH: Final = 100
_BATCH: Final = """
select id, business_key, status, codec, state, clock_now() as now from instance
where deployment_id = %(deployment)s and process_key = %(process)s and status in ('running', 'suspended')
    and id > %(after)s
order by id limit %(limit)s
"""
_STEP: Final = """
select outcome, revision_after, state_before, kept from migration_step
where migration_id = %(migration)s and instance_id = %(id)s for update
"""
_MOVED: Final = """
insert into migration_step (migration_id, instance_id, business_key, verdict, changes, outcome, revision_before,
    revision_after, state_before, kept, done_at, done_by)
values (%(migration)s, %(id)s, %(key)s, 'safe', %(changes)s::jsonb, 'migrated', %(before)s, %(after)s, %(state)s,
    %(kept)s::jsonb, %(now)s, %(actor)s)
on conflict (migration_id, instance_id) do update set verdict = excluded.verdict, reasons = '[]',
    changes = excluded.changes, outcome = excluded.outcome, revision_before = excluded.revision_before,
    revision_after = excluded.revision_after, state_before = excluded.state_before, kept = excluded.kept,
    done_at = excluded.done_at, done_by = excluded.done_by, error = null
"""
_REVERTED: Final = """
update migration_step set outcome = 'reverted', state_before = null, kept = null, done_at = %(now)s,
    done_by = %(actor)s, error = null
where migration_id = %(migration)s and instance_id = %(id)s
"""
_STEPS: Final = "select task_id::text, step from work_item where instance_id = %(id)s"
_REVISION: Final = "select revision from instance where id = %(id)s"
_VERSIONS: Final = """
select f.version, t.version, f.id, t.id from migration m join deployment f on f.id = m.from_deployment
    join deployment t on t.id = m.to_deployment where m.id = %(migration)s
"""


class CannotMigrate(RuntimeFailure):
    """An instance cannot be moved as the plan says.

    Attributes:
        assessment: all the reasons.

    """

    def __init__(self, assessment: Assessment) -> None:
        super().__init__("".join(reason.text for reason in assessment.reasons))
        self.assessment = assessment


class CannotRevert(RuntimeFailure):
    """A move cannot be undone: the instance has gone on, or was not moved by it."""


@dataclass(frozen=True, slots=True)
class Made:
    """A move of an instance in memory, under its lock or without."""

    session: Session
    moved: Moved
    items: list[items.Changed]


def assess(environment: Environment, plan: Plan, *, after: int, limit: int) -> list[Assessment]:
    """Return what a plan does to the next ``limit`` instances behind the id ``after``; nothing is locked or stored.

    The list is empty when there are none left.
    """
    with environment.engine.connect() as connection:
        values = {"deployment": plan.source.id, "process": plan.process_key, "after": after, "limit": limit}
        found = connection.exec_driver_sql(_BATCH, values).all()
        kept = items.kept_items(connection, [row.id for row in found])
        assessments = []
        for row in found:
            locked_row = store.Row(
                row.id,
                plan.source.id,
                plan.process_key,
                row.business_key,
                row.status,
                row.codec,
                bytes(row.state),
                b"{}",
                row.now.astimezone(UTC),
            )
            assessment = Assessment(row.id, row.business_key)
            _make(
                environment,
                connection,
                plan,
                locked_row,
                kept=kept[row.id],
                assessment=assessment,
                actor="system",
            )
            assessments.append(assessment)
        connection.rollback()
        return assessments


def _make(
    environment: Environment,
    connection: sa.Connection,
    plan: Plan,
    row: store.Row,
    *,
    kept: dict[int, items.Kept],
    assessment: Assessment,
    actor: str,
) -> Made | None:
    """Move an instance in memory; return None, with the reasons noted, when it cannot be moved."""
    if row.status != "running":
        assessment.refuse("suspended", "流程已经暂停，恢复以后才能迁移。")
        return None
    try:
        flow = codec.unpack(row.state, row.codec, plan.old, row.process_key, environment.script)
    except UnknownState as error:
        assessment.refuse("state", error.message)
        return None
    transaction = transaction_of(environment, connection, row, actor)
    transaction.deployment_id = plan.target.id
    run = Run(environment.host, plan.new, transaction, environment.zone)
    run.flow = flow
    flow.run = run
    transaction.source = lambda: flow.data
    session = Session(environment, connection, run, flow, row)
    moved = move(plan, flow, run, assessment)
    if moved is None:
        return None
    changed = items.changed_items(plan, session, moved, kept, assessment)
    return None if assessment.reasons else Made(session, moved, changed)


def migrate(
    environment: Environment,
    plan: Plan,
    instance_id: int,
    *,
    actor: str,
    reason: str,
    migration_id: int | None,
    dry_run: bool,
) -> Assessment | None:
    """Move one instance. See :meth:`engine.runtime.runtime.Runtime.migrate`."""
    said = require_reason(reason)
    connection = environment.engine.connect()
    with connection, connection.begin() as transaction:
        row = locked(connection, instance_id)
        if migration_id is not None:
            step = connection.exec_driver_sql(_STEP, {"migration": migration_id, "id": instance_id}).one_or_none()
            if step is not None and step.outcome is not None:
                return None  # another worker was faster
        if row.deployment_id != plan.source.id or row.process_key != plan.process_key or row.status in _OVER:
            return None
        assessment = Assessment(instance_id, row.business_key)
        state, revision, kept = rows.keep(connection, instance_id)
        waiting = items.kept_items(connection, [instance_id])[instance_id]
        made = _make(environment, connection, plan, row, kept=waiting, assessment=assessment, actor=actor)
        if made is None:
            raise CannotMigrate(assessment)
        rows.rename(plan, connection, instance_id, kept)
        columns = list(items.rows(made.session, made.items, assessment))
        if dry_run:
            transaction.rollback()
            return assessment
        command = made.session.transaction
        _record(environment, command, plan, assessment, reason=said, migration_id=migration_id)
        after = rows.write(plan, made.session, made.moved, columns, kept)
        subscriptions.rewrite(made.session)
        if migration_id is not None:
            connection.exec_driver_sql(
                _MOVED,
                {
                    "migration": migration_id,
                    "id": instance_id,
                    "key": row.business_key,
                    "changes": _json(assessment.changes_json()),
                    "before": revision,
                    "after": after,
                    "state": state,
                    "kept": _json(kept),
                    "now": row.now,
                    "actor": actor,
                },
            )
        store.write_last(command)
        return assessment


_OVER: Final = frozenset({"completed", "cancelled"})


def _record(
    environment: Environment,
    command: Transaction,
    plan: Plan,
    assessment: Assessment,
    *,
    reason: str,
    migration_id: int | None,
) -> None:
    details: dict[str, Any] = {
        "from": plan.source.version,
        "to": plan.target.version,
        "deployments": [plan.source.id, plan.target.id],
        "reason": reason,
        "steps": {item.old_step: item.step for item in assessment.items if item.step != item.old_step},
        **assessment.changes_json(),
    }
    if migration_id is not None:
        details["migration"] = migration_id
    environment.host.record(command, [*command.events, Event("migrated", "", "", details)])


def revert(environment: Environment, instance_id: int, migration_id: int, *, actor: str, reason: str) -> None:
    """Move one instance back. See :meth:`engine.runtime.runtime.Runtime.revert`."""
    said = require_reason(reason)
    with environment.engine.begin() as connection:
        row = locked(connection, instance_id)
        step = connection.exec_driver_sql(_STEP, {"migration": migration_id, "id": instance_id}).one_or_none()
        if step is None:
            raise NotFound("这次迁移里没有这件事项。")
        if step.outcome == "reverted":
            raise CannotRevert("本件已经移回旧版。")
        if step.outcome != "migrated":
            raise CannotRevert("本件没有迁移，不用移回。")
        revision = connection.exec_driver_sql(_REVISION, {"id": instance_id}).scalar_one()
        if revision != step.revision_after:
            raise CannotRevert("本件迁移以后已经有人办理或有时限触发，不能移回旧版。")
        if step.kept is None:
            raise CannotRevert(f"本件迁移已超过 {REVERTIBLE.days} 天，旧版的数据已经清除，不能移回旧版。")
        old, new, source, target = connection.exec_driver_sql(_VERSIONS, {"migration": migration_id}).one()
        before = {item["task_id"]: item["step"] for item in step.kept["items"]}
        steps = {
            now: was
            for task, now in connection.exec_driver_sql(_STEPS, {"id": instance_id})
            if (was := before.get(task, now)) != now
        }
        rows.restore(connection, instance_id, bytes(step.state_before), step.kept)
        row.deployment_id, row.state = source, bytes(step.state_before)
        row.codec = step.kept["instance"]["codec"]
        command = transaction_of(environment, connection, row, actor)
        details = {
            "from": new,
            "to": old,
            "deployments": [target, source],
            "reason": said,
            "steps": steps,
            "migration": migration_id,
        }
        environment.host.record(command, [*command.events, Event("migration_reverted", "", "", details)])
        done = {"migration": migration_id, "id": instance_id, "now": row.now, "actor": actor}
        connection.exec_driver_sql(_REVERTED, done)
        store.write_last(command)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
