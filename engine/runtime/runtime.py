"""The one door to the runtime: every command that changes an instance, and what one may ask about deployments."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.runtime import (
    claiming,
    completing,
    deployments,
    due_times,
    effects,
    firing,
    messaging,
    starting,
    store,
)
from engine.runtime.checker import Known, check
from engine.runtime.definitions import Definition, parse_files
from engine.runtime.deployments import Deployment, Deployments
from engine.runtime.errors import Refused
from engine.runtime.problems import Problem
from engine.runtime.protocol import Host, Item, Moved, Outcome, Transaction
from engine.runtime.script_engine import InterpretingEngine
from engine.runtime.session import Environment, locked, opened, transaction_of
from engine.runtime.task_ids import split

ZONE: Final = ZoneInfo("Asia/Shanghai")
Prepare = Callable[[Transaction, Item], Mapping[str, Any] | None]


def _leave_preparing_to_us(driver: Any, _record: object) -> None:
    """Keep psycopg from preparing statements: once it has, it deallocates ours too after a rollback."""
    driver.prepare_threshold = None


class Runtime:
    """Runs instances of the deployed processes for one host on one database. Safe to share between threads.

    Args:
        engine: the database.
        host: the product the runtime works for.
        zone: on whose calendar ``P1M`` is counted.

    """

    def __init__(self, engine: sa.Engine, host: Host, zone: tzinfo = ZONE) -> None:
        sa.event.listen(engine, "connect", _leave_preparing_to_us)
        self._environment = Environment(engine, host, Deployments(), InterpretingEngine(host.functions), zone)

    @property
    def host(self) -> Host:
        """The product it works for."""
        return self._environment.host

    def check(self, files: Mapping[str, bytes]) -> list[Problem]:
        """Return everything that is wrong in a deployment's files (path to content). Never raises."""
        host = self._environment.host
        known = Known(
            services=host.services,
            functions=host.functions,
            roles=host.groups,
            fields=host.fields,
            start=host.start,
        )
        return check(files, known)

    def deploy(self, files: Mapping[str, bytes], *, actor: str, note: str = "") -> Deployment:
        """Store a new version of all diagrams, decision tables and forms; instances keep the version they began with.

        When the latest version has just this content, it is returned and nothing is stored. Raises Refused with every
        problem found.
        """
        problems = self.check(files)
        if any(problem.severity == "error" for problem in problems):
            raise Refused(problems)
        parse_files(0, files)
        with self._environment.engine.begin() as connection:
            return deployments.store(connection, files, actor, note)

    def current(self, connection: sa.Connection) -> Deployment:
        """Return the latest deployment. Raises NotFound when there is none."""
        return deployments.current(connection)

    def deployments(self, connection: sa.Connection) -> list[Deployment]:
        """Return all deployments, the latest first."""
        return deployments.every(connection)

    def definition(self, deployment_id: int) -> Definition:
        """Return a parsed deployment, kept in this process from then on. Raises NotFound."""
        found = self._environment.deployments.known(deployment_id)
        if found is not None:
            return found  # without a connection: a caller inside a transaction may hold the pool's last one
        with self._environment.engine.connect() as connection:
            return self._environment.deployments.definition(connection, deployment_id)

    def start(
        self, connection: sa.Connection, process_key: str, business_key: str, data: Mapping[str, Any], *, actor: str
    ) -> int:
        """Start an instance inside the caller's transaction and return its id.

        ``data`` is JSON, name to value. Raises NotFound for an unknown process, InvalidAnswers for data that is no
        JSON, CannotAdvance when the process cannot begin.
        """
        return starting.start(self._environment, connection, process_key, business_key, data, actor=actor)

    def complete(
        self, task_id: str, answers: Mapping[str, Any], *, actor: str, key: str | None, prepare: Prepare
    ) -> Outcome:
        """Complete a user task and let the process go on, in one transaction of its own.

        Args:
            task_id: the item's.
            answers: what was typed; JSON.
            actor: who completes it.
            key: an idempotency key; the same key again gives the same outcome and does nothing. None for none.
            prepare: called under the lock with the transaction and the item, before anything changes: checks that the
                actor may, writes the host's own record, and returns the variables to store under the step, or None
                for the answers themselves. What it raises stops the command.

        Raises NotFound, AlreadyDone when somebody else finished it or the process withdrew it, Suspended,
        InvalidAnswers, KeyReused, CannotAdvance, and whatever ``prepare`` and the services raise.
        """
        return completing.complete(self._environment, task_id, answers, actor=actor, key=key, prepare=prepare)

    def claim(self, task_id: str, *, actor: str, prepare: claiming.Check) -> None:
        """Give a task to the actor; nothing happens when it is his already.

        Raises Taken when it is somebody else's, NotFound, AlreadyDone, Suspended and whatever ``prepare`` raises.
        """
        claiming.claim(self._environment, task_id, actor=actor, prepare=prepare)

    def unclaim(self, task_id: str, *, actor: str, prepare: claiming.Check) -> None:
        """Give a task back to all its candidates. Raises as :meth:`claim` does, but for Taken."""
        claiming.unclaim(self._environment, task_id, actor=actor, prepare=prepare)

    def assign(self, task_id: str, assignee: str | None, *, actor: str, prepare: claiming.Check) -> None:
        """Give a task to somebody, whoever holds it. Raises as :meth:`claim` does, but for Taken."""
        claiming.assign(self._environment, task_id, assignee, actor=actor, prepare=prepare)

    def finish_effect(self, task_id: str, result: Mapping[str, Any], *, actor: str = firing.SYSTEM) -> bool:
        """Bring an effect's result to the service task that waits for it; return whether it waited.

        A second call does nothing, nor does one for a task the process has withdrawn. Raises NotFound, Suspended,
        InvalidAnswers and CannotAdvance.
        """
        return effects.finish_effect(self._environment, task_id, result, actor=actor)

    def message(
        self, target: str | int, name: str, payload: Mapping[str, Any] | None = None, *, actor: str = firing.SYSTEM
    ) -> bool:
        """Bring a message to an instance (by id) or to all of a business key; return whether any waited for it.

        The payload is stored under the id of the event that caught it.
        """
        return messaging.message(self._environment, target, name, payload, actor=actor)

    def fire_due(self, *, worker: str, limit: int = 1) -> int:
        """Fire at most ``limit`` due timers, the most overdue first, each in its own transaction; return how many.

        Any number of workers may call it at once: instances that another works on are left to it. A timer that cannot
        fire is noted at its instance and tried again later.
        """
        return firing.fire_due(self._environment, worker=worker, limit=limit)

    def recompute_due(self, instance_id: int, *, actor: str, reason: str, dry_run: bool = False) -> list[Moved]:
        """Work out the due times of an instance's waiting timers and items anew, from the same starts.

        Expressions are evaluated on the data as it is now. Returns what moved; with ``dry_run`` nothing is stored.
        Raises NotFound and CannotAdvance.
        """
        return due_times.recompute_due(self._environment, instance_id, actor=actor, reason=reason, dry_run=dry_run)

    @contextmanager
    def transaction(self, target: int | str, *, actor: str) -> Iterator[Transaction]:
        """Hold an instance's lock for a command of the host that does not advance it.

        ``target`` is an instance's id or a task's. On leaving, ``variables`` are stored in the process data and
        ``events`` recorded, and all of it is committed; when the body raises, nothing is. Raises NotFound.
        """
        instance_id = target if isinstance(target, int) else split(target)[0]
        with self._environment.engine.begin() as connection:
            row = locked(connection, instance_id)
            transaction = transaction_of(self._environment, connection, row, actor)
            yield transaction
            if transaction.variables:
                opened(self._environment, connection, row, transaction).save(commit=False)
                return
            connection.exec_driver_sql(
                "update instance set revision = revision + 1 where id = %(id)s", {"id": instance_id}
            )
            self._environment.host.record(transaction, transaction.events)
            store.write_last(transaction)
