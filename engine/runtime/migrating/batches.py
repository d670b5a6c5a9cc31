"""Migrations of all instances of a process: assessed and carried out in batches, and taken up where they stopped."""

import logging
from collections.abc import Callable, Mapping
from typing import Any, Final

import orjson
import sqlalchemy as sa

from engine.runtime import deployments
from engine.runtime.errors import NotFound, RuntimeFailure
from engine.runtime.incidents import require_reason
from engine.runtime.migrating import batch_statements as sql
from engine.runtime.migrating import forgetting, instances
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.instances import BATCH, CannotMigrate
from engine.runtime.migrating.plan import Plan, checked
from engine.runtime.migrating.stored import Migration, NotNow, Status, one
from engine.runtime.session import Environment

Progress = Callable[[int, int], object]
"""Told how many instances are done, of how many."""
Stop = Callable[[], bool]
"""Says whether to leave off; asked between two instances, when all that is done is committed."""

_log: Final = logging.getLogger(__name__)


def _never() -> bool:
    return False


class Migrations:
    """Everything that concerns many instances at once. Each method is safe to call again after a crash."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment

    def plan(
        self, from_deployment: int, to_deployment: int, process_key: str, mapping: Mapping[str, str | None]
    ) -> Plan:
        """Return a plan. See :meth:`engine.runtime.runtime.Runtime.migration_plan`."""
        with self._environment.engine.connect() as connection:
            known = {one.id: one for one in deployments.every(connection)}
            if from_deployment not in known or to_deployment not in known:
                raise NotFound("没有这个版本的部署。")
            old, new = (
                self._environment.deployments.definition(connection, id_) for id_ in (from_deployment, to_deployment)
            )
        bare = Plan(process_key, known[from_deployment], known[to_deployment], old, new)
        return checked(bare, mapping)

    def create(self, plan: Plan, *, actor: str, connection: sa.Connection | None = None) -> int:
        """Store a plan, to be assessed next, and return its id; in the caller's transaction when it gives one."""
        values = {**_values(plan), "actor": actor}
        if connection is not None:
            made: int = connection.exec_driver_sql(sql.CREATE, values).scalar_one()
            return made
        with self._environment.engine.begin() as own:
            return self.create(plan, actor=actor, connection=own)

    def unfinished(self, plan: Plan, *, actor: str) -> int | None:
        """Return the latest migration by this plan and actor that was broken off; None when there is none."""
        with self._environment.engine.connect() as connection:
            values = {**_values(plan), "actor": actor}
            found: int | None = connection.exec_driver_sql(sql.UNFINISHED, values).scalar()
            return found

    def waiting(self, plan: Plan) -> int:
        """Return how many instances are on a plan's old version and not over."""
        with self._environment.engine.connect() as connection:
            values = {"deployment": plan.source.id, "process": plan.process_key}
            found: int = connection.exec_driver_sql(sql.TOTAL, values).scalar_one()
            return found

    def counts(self, migration_id: int) -> dict[str, int]:
        """Return how many instances ended how, and of those without an outcome, how they were assessed."""
        with self._environment.engine.connect() as connection:
            return {row[0]: row[1] for row in connection.exec_driver_sql(sql.COUNTS, {"id": migration_id})}

    def left(self, migration_id: int, limit: int) -> list[tuple[str, str]]:
        """Return the business keys of those that were not moved, with the reason."""
        with self._environment.engine.connect() as connection:
            rows = connection.exec_driver_sql(sql.LEFT, {"id": migration_id, "limit": limit})
            return [(key, why or "") for key, why in rows]

    def one(self, migration_id: int) -> Migration:
        """Return a migration. Raises NotFound."""
        with self._environment.engine.connect() as connection:
            return one(connection, migration_id)

    def plan_of(self, migration_id: int) -> Plan:
        """Return the plan of a stored migration. Raises NotFound."""
        kept = self.one(migration_id)
        return self.plan(kept.from_deployment, kept.to_deployment, kept.process_key, kept.mapping)

    def change(self, connection: sa.Connection, migration_id: int, plan: Plan) -> None:
        """Give a migration that has not begun another mapping; it is to be assessed anew.

        Raises NotNow when it has begun.
        """
        values = {"id": migration_id, "mapping": _json(dict(plan.mapping))}
        if connection.exec_driver_sql(sql.CHANGE, values).one_or_none() is None:
            raise NotNow("迁移已经开始，不能再改对应关系。")

    def assess(self, migration_id: int, progress: Progress | None = None, stop: Stop = _never) -> None:
        """Assess every instance that has not been yet. Does nothing for a migration that is not being assessed."""
        kept = self.one(migration_id)
        if kept.status == "assessing" and self._assess(kept, self.plan_of(migration_id), progress, stop):
            self._set(kept, "assessing", "assessed")

    def _assess(self, kept: Migration, plan: Plan, progress: Progress | None, stop: Stop) -> bool:
        """Assess what is left; return whether nothing is, rather than that it was told to stop."""
        with self._environment.engine.connect() as connection:
            after, done = connection.exec_driver_sql(sql.LAST, {"id": kept.id}).one()
            values = {"deployment": plan.source.id, "process": plan.process_key}
            total = connection.exec_driver_sql(sql.TOTAL, values).scalar_one()
        while not stop():
            found = instances.assess(self._environment, plan, after=after, limit=BATCH)
            if not found:
                return True
            rows = _json([_step(assessment) for assessment in found])
            with self._environment.engine.begin() as connection:
                values = {"id": kept.id, "rows": rows, "edition": kept.edition}
                connection.exec_driver_sql(sql.STEPS, values)
            after, done = found[-1].instance_id, done + len(found)
            if progress is not None:
                progress(done, max(total, done))
        return False

    def begin(self, connection: sa.Connection, migration_id: int, *, actor: str, reason: str) -> None:
        """Let an assessed migration begin; :meth:`run` carries it out. Raises ReasonMissing and NotNow."""
        values = {"id": migration_id, "actor": actor, "reason": require_reason(reason)}
        if connection.exec_driver_sql(sql.BEGIN, values).one_or_none() is None:
            raise NotNow("评估还没有完成，或者迁移已经开始。")

    def run(self, migration_id: int, progress: Progress | None = None, stop: Stop = _never) -> None:
        """Move every instance that can be moved, each in a transaction of its own.

        Those that came to the old version since the assessment are taken along. One that fails is noted and does not
        keep the others from moving. Does nothing for a migration that is not running.
        """
        kept = self.one(migration_id)
        if kept.status != "running":
            return
        plan = self.plan_of(migration_id)
        if not self._assess(kept, plan, None, stop):
            return
        while waiting := self._ids(sql.TO_MOVE, migration_id):
            done, total = self._standing(sql.DONE, migration_id)
            for number, instance_id in enumerate(waiting, done + 1):
                if stop():
                    return
                self._move(kept, plan, instance_id)
                if progress is not None:
                    progress(number, total)
        self._set(kept, "running", "finished")

    def _move(self, kept: Migration, plan: Plan, instance_id: int) -> None:
        actor = kept.started_by or kept.created_by
        try:
            moved = instances.migrate(
                self._environment,
                plan,
                instance_id,
                actor=actor,
                reason=kept.reason,
                migration_id=kept.id,
                dry_run=False,
            )
        except CannotMigrate as error:
            self._ended(kept, instance_id, "failed", error.message)
        except sa.exc.OperationalError:
            raise  # the database is away: the next run goes on here
        except Exception as error:  # noqa: BLE001 - one that cannot be moved keeps no other from moving
            _log.exception("instance %s could not be migrated", instance_id)
            message = error.message if isinstance(error, RuntimeFailure) else f"{type(error).__name__}: {error}"
            self._ended(kept, instance_id, "failed", message[:2000])
        else:
            if moved is None:
                self._ended(kept, instance_id, "skipped", "本件已经办结，或者不在原来的版本上了。")

    def begin_reverting(self, connection: sa.Connection, migration_id: int, *, actor: str, reason: str) -> None:
        """Let a finished migration be undone as far as it can; :meth:`revert` carries that out.

        Raises ReasonMissing and NotNow.
        """
        values = {"id": migration_id, "actor": actor, "reason": require_reason(reason)}
        if connection.exec_driver_sql(sql.REVERT, values).one_or_none() is None:
            raise NotNow("迁移还没有完成，不能全部移回旧版。")

    def revert(self, migration_id: int, progress: Progress | None = None, stop: Stop = _never) -> None:
        """Undo a migration for every instance that has not gone on since; note at the others why they stay.

        Does nothing for a migration that is not being undone.
        """
        kept = self.one(migration_id)
        if kept.status != "reverting":
            return
        actor, reason = kept.reverted_by or kept.created_by, kept.revert_reason or ""
        while waiting := self._ids(sql.TO_REVERT, migration_id):
            done, total = self._standing(sql.REVERTED, migration_id)
            for number, instance_id in enumerate(waiting, done + 1):
                if stop():
                    return
                try:
                    instances.revert(self._environment, instance_id, migration_id, actor=actor, reason=reason)
                except RuntimeFailure as refused:
                    with self._environment.engine.begin() as connection:
                        values = {"id": migration_id, "instance": instance_id, "error": refused.message}
                        connection.exec_driver_sql(sql.NOT_REVERTED, values)
                if progress is not None:
                    progress(number, total)
        self._set(kept, "reverting", "finished")

    def go_on(self, migration_id: int, stop: Stop | None = None) -> bool:
        """Do what a migration waits for, whatever that is: assess it, carry it out, or undo it.

        Returns False when it was told to stop before it was through; called again it goes on there.
        """
        for stage in (self.assess, self.run, self.revert):
            stage(migration_id, stop=stop or _never)
        return self.one(migration_id).status in {"assessed", "finished"}

    def forget_kept(self) -> int:
        """Forget what was kept to move instances back that went on long ago; return of how many.

        See :mod:`engine.runtime.migrating.forgetting`.
        """
        return forgetting.forget_kept(self._environment)

    def _ids(self, statement: str, migration_id: int) -> list[int]:
        with self._environment.engine.connect() as connection:
            return list(connection.exec_driver_sql(statement, {"id": migration_id, "limit": BATCH}).scalars())

    def _standing(self, statement: str, migration_id: int) -> tuple[int, int]:
        """Return how many are done, of how many; asked once a batch, for it counts them all."""
        with self._environment.engine.connect() as connection:
            done, total = connection.exec_driver_sql(statement, {"id": migration_id}).one()
        return done, total

    def _ended(self, kept: Migration, instance_id: int, outcome: str, error: str) -> None:
        values = {
            "id": kept.id,
            "instance": instance_id,
            "outcome": outcome,
            "error": error,
            "actor": kept.started_by or kept.created_by,
        }
        with self._environment.engine.begin() as connection:
            connection.exec_driver_sql(sql.ENDED, values)

    def _set(self, kept: Migration, old: Status, new: Status) -> None:
        with self._environment.engine.begin() as connection:
            values = {"id": kept.id, "old": old, "new": new, "edition": kept.edition}
            connection.exec_driver_sql(sql.STATUS, values)


def _values(plan: Plan) -> dict[str, Any]:
    return {
        "process": plan.process_key,
        "from": plan.source.id,
        "to": plan.target.id,
        "mapping": _json(dict(plan.mapping)),
    }


def _step(assessment: Assessment) -> dict[str, Any]:
    return {
        "instance_id": assessment.instance_id,
        "business_key": assessment.business_key,
        "verdict": assessment.verdict,
        "reasons": assessment.reasons_json(),
        "changes": assessment.changes_json(),
    }


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()
