"""Commands by which people, messages and effects let an instance go on."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import sqlalchemy as sa

from engine.runtime import (
    claiming,
    completing,
    delivering,
    effects,
    firing,
    messaging,
    purging,
    starting,
)
from engine.runtime.completing import Prepare
from engine.runtime.door.environment import Door
from engine.runtime.protocol import Outcome


class Working(Door):
    """Commands by which people, messages and effects let an instance go on."""

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

    def fail_effect(
        self, task_id: str, error: str, *, data: Mapping[str, Any] = MappingProxyType({}), actor: str = firing.SYSTEM
    ) -> bool:
        """Tell the service task that waits for an effect that it failed for good; return whether it waited.

        Where the diagram reads the service's ``verdict``, that is the result, false, with ``error`` and ``data``; else
        an incident opens. A second call does nothing. Raises NotFound, Suspended, InvalidAnswers and CannotAdvance.
        """
        with delivering.after(self._environment):
            return effects.fail_effect(self._environment, task_id, error, data=data, actor=actor)

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

    def purge_thrown(self) -> int:
        """Forget messages and signals settled long ago; return how many.

        Those delivered go after 90 days, those nobody caught after 365; what is on its way stays. Any number of
        workers may call it at once.
        """
        return purging.purge_thrown(self._environment)
