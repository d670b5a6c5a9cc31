"""The one door to the runtime: every command that changes an instance, and what one may ask about deployments."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, tzinfo
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.runtime import (
    claiming,
    clocks,
    completing,
    delivering,
    deployments,
    due_times,
    effects,
    firing,
    incidents,
    messaging,
    schedules,
    starting,
    store,
)
from engine.runtime.checker.isolation import check_isolated
from engine.runtime.checker.known import known_of
from engine.runtime.definitions import Definition, parse_files
from engine.runtime.deployments import Deployment, Deployments
from engine.runtime.errors import Refused
from engine.runtime.incidents import Incident
from engine.runtime.migrating import instances
from engine.runtime.migrating.batches import Migrations
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.plan import Plan
from engine.runtime.operating import (
    Consequences,
    Look,
    Order,
    correlating,
    looking,
    moving,
    resolving,
    standing,
    variables,
)
from engine.runtime.operating.operation import Prepare as Permit
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
        """Return everything that is wrong in a deployment's files (path to content), by file and line.

        The files are looked at in a process of their own, bounded in time and memory; whatever is in them, this does
        not raise. The database is asked for the time and for the roles that somebody holds.
        """
        host = self._environment.host
        with self._environment.engine.connect() as connection:
            now: datetime = connection.exec_driver_sql("select date_trunc('hour', clock_now())").scalar_one()
            holders = host.holders(connection)
        return check_isolated(files, known_of(host, holders=holders, now=now))

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
            stored = deployments.store(connection, files, actor, note)
            schedules.synchronise(self._environment, connection, stored)
            return stored

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
        with delivering.after(self._environment):
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
        with delivering.after(self._environment):
            return effects.finish_effect(self._environment, task_id, result, actor=actor)

    def message(
        self, target: str | int, name: str, payload: Mapping[str, Any] | None = None, *, actor: str = firing.SYSTEM
    ) -> bool:
        """Bring a message to an instance (by id) or to all of a business key; return whether any waited for it.

        The payload is stored under the id of the event that caught it. When none of a business key waits and a process
        of the current deployment begins with the message, an instance of it is started for that business key.
        Raises NotFound, Suspended, InvalidAnswers and CannotAdvance.
        """
        with delivering.after(self._environment):
            return messaging.message(self._environment, target, name, payload, actor=actor)

    def signal(self, name: str, payload: Mapping[str, Any] | None = None, *, actor: str = firing.SYSTEM) -> int:
        """Throw a signal: all instances that wait for it now hear it, and processes that begin with it are started.

        Each receiver is served in a transaction of its own, the first fifty at once, others by the workers; one that
        fails is tried again later. Returns how many have received it so far. The payload is stored under the id of each
        event that catches it; its ``businessKey`` is that of the instances started by it. Raises InvalidAnswers.
        """
        return delivering.signal(self._environment, name, payload, actor=actor)

    def deliver_thrown(self, *, worker: str, limit: int = 1) -> int:
        """Bring what instances threw to at most ``limit`` receivers, the oldest first; return how many received it.

        Each receiver is served once and in its own transaction; any number of workers may call it at once. What cannot
        be brought to one of them is brought to the others, noted at the event and tried again later.
        """
        return delivering.deliver_thrown(self._environment, worker=worker, limit=limit)

    def fire_due(self, *, worker: str, limit: int = 1) -> int:
        """Fire at most ``limit`` due timers, the most overdue first, each in its own transaction; return how many.

        Any number of workers may call it at once: instances that another works on are left to it. A timer that cannot
        fire is noted at its instance and tried again later.
        """
        with delivering.after(self._environment):
            return firing.fire_due(self._environment, worker=worker, limit=limit)

    def start_due(self, *, worker: str, limit: int = 1) -> int:
        """Start at most ``limit`` instances that are due by schedule, each in its own transaction; return how many.

        Any number of workers may call it at once. Of occurrences that were missed the latest starts, and the others are
        counted. What cannot start is noted at its schedule and tried again later.
        """
        return schedules.start_due(self._environment, worker=worker, limit=limit)

    def pause_schedule(self, schedule_id: int, *, actor: str, reason: str) -> None:
        """Let a schedule rest: what falls meanwhile never starts. Raises NotFound, ClockRefused."""
        schedules.pause(self._environment, schedule_id, actor=actor, reason=reason)

    def resume_schedule(self, schedule_id: int, *, actor: str, reason: str) -> None:
        """Let a schedule go on with its next occurrence in the future. Raises NotFound, ClockRefused."""
        schedules.resume(self._environment, schedule_id, actor=actor, reason=reason)

    def recompute_due(self, instance_id: int, *, actor: str, reason: str, dry_run: bool = False) -> list[Moved]:
        """Work out the due times of an instance's waiting timers and items anew, from the same starts.

        Expressions are evaluated on the data as it is now. Returns what moved; with ``dry_run`` nothing is stored.
        Raises NotFound and CannotAdvance.
        """
        return due_times.recompute_due(self._environment, instance_id, actor=actor, reason=reason, dry_run=dry_run)

    def extend(
        self,
        instance_id: int,
        target: str | None,
        by_or_to: str | datetime,
        *,
        actor: str,
        reason: str,
        approver: str = "",
        dry_run: bool = False,
        prepare: clocks.Prepare | None = None,
    ) -> list[Moved]:
        """Put off the due times of an activity by a length of time (``15日``, ``P3D``), or to a moment.

        Args:
            instance_id: the instance.
            target: a task's id, an element's, or None for all clocks. An activity's own due time, its timers, what
                waits inside it and the timers of what encloses it move together; what has fallen already does not.
            by_or_to: how much, or until when.
            actor: who does it.
            reason: why; shown with the due time.
            approver: the name of whoever allowed it, for the arithmetic.
            dry_run: only say what would move.
            prepare: called under the lock with what moves, before anything is stored; what it raises stops the command.

        Raises ClockRefused when nothing is left to extend or the reason is missing, NotFound, Suspended, CannotAdvance.
        """
        return clocks.extend(
            self._environment,
            instance_id,
            target,
            by_or_to,
            actor=actor,
            reason=reason,
            approver=approver,
            dry_run=dry_run,
            prepare=prepare,
        )

    def pause_clock(
        self,
        instance_id: int,
        *,
        actor: str,
        reason: str,
        approver: str = "",
        dry_run: bool = False,
        prepare: clocks.Prepare | None = None,
    ) -> list[Moved]:
        """Stop all clocks of a running instance, which goes on otherwise; return those that stop, unmoved.

        Arguments and errors are those of :meth:`extend`; ClockRefused also when they stand already.
        """
        return clocks.pause_clock(
            self._environment,
            instance_id,
            actor=actor,
            reason=reason,
            approver=approver,
            dry_run=dry_run,
            prepare=prepare,
        )

    def resume_clock(
        self,
        instance_id: int,
        *,
        actor: str,
        reason: str,
        approver: str = "",
        dry_run: bool = False,
        prepare: clocks.Prepare | None = None,
    ) -> list[Moved]:
        """Let the clocks run again: each gets the time it stood back, in its own unit. Returns what moved.

        Arguments and errors are those of :meth:`extend`; ClockRefused also when they run.
        """
        return clocks.resume_clock(
            self._environment,
            instance_id,
            actor=actor,
            reason=reason,
            approver=approver,
            dry_run=dry_run,
            prepare=prepare,
        )

    @property
    def migrations(self) -> Migrations:
        """Migrations of all instances of a process, which are stored, assessed and carried out in batches."""
        return Migrations(self._environment)

    def migration_plan(
        self,
        from_deployment: int,
        to_deployment: int,
        process_key: str,
        mapping: Mapping[str, str | None] = MappingProxyType({}),
    ) -> Plan:
        """Return a plan that moves the instances of a process, with those it has called, to another deployment.

        Args:
            from_deployment: the deployment's id they are on.
            to_deployment: the one they are to move to.
            process_key: the process.
            mapping: what does not match by itself: an old element's id (or ``process/id``) to the id it has in the new
                version, or None for a boundary event that goes.

        Raises NotFound for an unknown deployment, UnusablePlan naming everything that is wrong with the mapping.
        """
        return self.migrations.plan(from_deployment, to_deployment, process_key, mapping)

    def assess(self, plan: Plan, *, after: int = 0, limit: int = instances.BATCH) -> list[Assessment]:
        """Return what a plan does to the next ``limit`` instances behind the id ``after``; empty when none are left.

        Nothing is locked and nothing stored. Who would lose an item is found out only by a move under the lock.
        """
        return instances.assess(self._environment, plan, after=after, limit=limit)

    def migrate(
        self,
        plan: Plan,
        instance_id: int,
        *,
        actor: str,
        reason: str,
        migration_id: int | None = None,
        dry_run: bool = False,
    ) -> Assessment | None:
        """Move one instance in a transaction of its own and return what changed.

        Tokens, items and timers that are kept keep their ids, holders and times. With ``migration_id`` the step is
        noted there and can be undone; a step noted already is not made again. With ``dry_run`` nothing is stored.
        Returns None when the instance is not on the plan's old version any more, or was moved already.
        Raises ReasonMissing, NotFound and CannotMigrate with all reasons.
        """
        return instances.migrate(
            self._environment,
            plan,
            instance_id,
            actor=actor,
            reason=reason,
            migration_id=migration_id,
            dry_run=dry_run,
        )

    def revert(self, instance_id: int, migration_id: int, *, actor: str, reason: str) -> None:
        """Undo the move of one instance: state, items and timers are again as they were before it.

        Raises ReasonMissing, NotFound, and CannotRevert when anything has happened to the instance since.
        """
        instances.revert(self._environment, instance_id, migration_id, actor=actor, reason=reason)

    def fail_effect(
        self, task_id: str, error: str, *, data: Mapping[str, Any] = MappingProxyType({}), actor: str = firing.SYSTEM
    ) -> bool:
        """Tell the service task that waits for an effect that it failed for good; return whether it waited.

        Where the diagram reads the service's ``verdict``, that is the result, false, with ``error`` and ``data``; else
        an incident opens. A second call does nothing. Raises NotFound, Suspended, InvalidAnswers and CannotAdvance.
        """
        with delivering.after(self._environment):
            return effects.fail_effect(self._environment, task_id, error, data=data, actor=actor)

    def incident(self, connection: sa.Connection, incident_id: int) -> Incident:
        """Return an incident. Raises NotFound."""
        return incidents.one(connection, incident_id)

    def incidents(self, connection: sa.Connection, instance_id: int, *, only_open: bool = False) -> list[Incident]:
        """Return an instance's incidents, the oldest first."""
        return incidents.of_instance(connection, instance_id, only_open=only_open)

    def retry_incident(
        self, incident_id: int, *, actor: str, reason: str, prepare: Permit | None = None, dry_run: bool = False
    ) -> Consequences:
        """Try once more what failed; when it fails again, the incident stays open with one attempt more.

        An effect waits for its result again: ``prepare`` is where the host asks for it once more. A timer is looked at
        by the worker at once; its incident closes when it fires.

        Args:
            incident_id: the incident.
            actor: who does it.
            reason: why; not empty.
            prepare: called with the transaction under the lock, before anything changes: checks that the actor may.
                What it raises stops the command.
            dry_run: whether nothing of it is kept.

        Raises NotFound, CannotOperate when it is closed, ReasonMissing, and whatever ``prepare`` raises.
        """
        with self._environment.engine.connect() as connection:
            found = incidents.one(connection, incident_id)
        with delivering.after(self._environment):
            return resolving.retry(self._environment, found, Order(actor, reason, prepare, dry_run))

    def resolve_incident(
        self,
        incident_id: int,
        result: Mapping[str, Any],
        *,
        actor: str,
        reason: str,
        prepare: Permit | None = None,
        dry_run: bool = False,
    ) -> Consequences:
        """Let the process go on with a result entered by hand.

        ``result`` is what the service or decision would have given, ``{"flow": "element"}`` at a gateway, and
        ``{"due": …}`` at a timer whose time could not be worked out. All else is as with :meth:`retry_incident`.
        """
        with self._environment.engine.connect() as connection:
            found = incidents.one(connection, incident_id)
        with delivering.after(self._environment):
            return resolving.resolve(self._environment, found, result, Order(actor, reason, prepare, dry_run))

    def look(self, connection: sa.Connection, instance_id: int) -> Look:
        """Return an instance as it stands: its tokens, where they may be moved, its variables. Raises NotFound."""
        return looking.look(self._environment, connection, instance_id)

    def suspend(
        self, instance_id: int, *, actor: str, reason: str, prepare: Permit | None = None, dry_run: bool = False
    ) -> Consequences:
        """Freeze an instance: nothing completes in it and no timer fires until it is resumed.

        Arguments and errors are those of :meth:`retry_incident`; CannotOperate when it does not run.
        """
        return standing.suspend(self._environment, instance_id, Order(actor, reason, prepare, dry_run))

    def resume(
        self, instance_id: int, *, actor: str, reason: str, prepare: Permit | None = None, dry_run: bool = False
    ) -> Consequences:
        """Let a suspended instance go on; what fell due meanwhile fires now. Errors as with :meth:`suspend`."""
        return standing.resume(self._environment, instance_id, Order(actor, reason, prepare, dry_run))

    def cancel(
        self, instance_id: int, *, actor: str, reason: str, prepare: Permit | None = None, dry_run: bool = False
    ) -> Consequences:
        """End an instance before its end: all tokens, items, timers and incidents are withdrawn. Errors as above."""
        return standing.cancel(self._environment, instance_id, Order(actor, reason, prepare, dry_run))

    def move_token(
        self,
        instance_id: int,
        task_id: str,
        target_element: str,
        *,
        actor: str,
        reason: str,
        prepare: Permit | None = None,
        dry_run: bool = False,
    ) -> Consequences:
        """Take a token from its element, back or ahead, to another of the same process or sub-process.

        The boundary events of the left activity go with it, those of the target begin. Errors are those of
        :meth:`retry_incident`; CannotOperate when the token is gone or there is no such place.
        """
        order = Order(actor, reason, prepare, dry_run)
        with delivering.after(self._environment):
            return moving.move_token(self._environment, instance_id, task_id, target_element, order)

    def restart_from(
        self,
        instance_id: int,
        element: str,
        *,
        actor: str,
        reason: str,
        prepare: Permit | None = None,
        dry_run: bool = False,
    ) -> Consequences:
        """Put a new token at an element of the main process; an instance that has ended runs again. Errors as above."""
        order = Order(actor, reason, prepare, dry_run)
        with delivering.after(self._environment):
            return moving.restart_from(self._environment, instance_id, element, order)

    def set_variables(
        self,
        instance_id: int,
        changes: Mapping[str, Any],
        *,
        actor: str,
        reason: str,
        prepare: Permit | None = None,
        dry_run: bool = False,
    ) -> Consequences:
        """Put whole values, by name, into the process data. Errors as above, and InvalidAnswers for what is no JSON."""
        order = Order(actor, reason, prepare, dry_run)
        return variables.set_variables(self._environment, instance_id, changes, order)

    def correlate(
        self,
        thrown_id: int,
        instance_id: int,
        *,
        actor: str,
        reason: str,
        prepare: Permit | None = None,
        dry_run: bool = False,
    ) -> Consequences:
        """Bring a message or signal that nobody caught to an instance that waits for its like. Errors as above."""
        order = Order(actor, reason, prepare, dry_run)
        with delivering.after(self._environment):
            return correlating.correlate(self._environment, thrown_id, instance_id, order)

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
