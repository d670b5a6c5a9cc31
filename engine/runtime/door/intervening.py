"""Commands by which a process owner acts on an instance: incidents, and operations on its tokens and data."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from engine.runtime import (
    delivering,
    incidents,
)
from engine.runtime.door.environment import Door
from engine.runtime.incidents import Incident
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


class Intervening(Door):
    """Commands by which a process owner acts on an instance: incidents, and operations on its tokens and data."""

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
