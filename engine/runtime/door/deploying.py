"""What one may ask and change about deployments, and moving instances from one to another."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa

from engine.runtime import (
    deployments,
    schedules,
)
from engine.runtime.checker.isolation import check_isolated
from engine.runtime.checker.known import known_of
from engine.runtime.definitions import Definition
from engine.runtime.deployments import Deployment
from engine.runtime.door.environment import Door
from engine.runtime.errors import Refused
from engine.runtime.migrating import instances
from engine.runtime.migrating.batches import Migrations
from engine.runtime.migrating.changes import Assessment
from engine.runtime.migrating.plan import Plan
from engine.runtime.problems import Problem


class Deploying(Door):
    """What one may ask and change about deployments, and moving instances from one to another."""

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

    def deploy(self, files: Mapping[str, bytes], *, actor: str, note: str = "", onto: int | None = None) -> Deployment:
        """Store a new version of all diagrams, decision tables and forms; instances keep the version they began with.

        When the latest version has just this content, it is returned and nothing is stored. With ``onto``, the id of
        the version the files were made from, nothing is stored once there is a later one. Raises Refused with every
        problem found, and Superseded.
        """
        problems = self.check(files)
        if any(problem.severity == "error" for problem in problems):
            raise Refused(problems)
        with self._environment.engine.begin() as connection:
            stored = deployments.store(connection, files, actor, note, onto)
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
