"""Commands about time: what is due, schedules, and clocks that are extended or stand still."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from engine.runtime import (
    clocks,
    delivering,
    due_times,
    firing,
    foreseeing,
    schedules,
)
from engine.runtime.door.environment import Door
from engine.runtime.protocol import Moved


class Timing(Door):
    """Commands about time: what is due, schedules, and clocks that are extended or stand still."""

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
        """Let a schedule rest: what falls meanwhile never starts. Raises NotFound, ReasonMissing, ClockRefused."""
        schedules.pause(self._environment, schedule_id, actor=actor, reason=reason)

    def resume_schedule(self, schedule_id: int, *, actor: str, reason: str) -> None:
        """Let a schedule go on with its next occurrence in the future. Raises NotFound, ReasonMissing, ClockRefused."""
        schedules.resume(self._environment, schedule_id, actor=actor, reason=reason)

    def recompute_due(self, instance_id: int, *, actor: str, reason: str, dry_run: bool = False) -> list[Moved]:
        """Work out the due times of an instance's waiting timers and items anew, from the same starts.

        Expressions are evaluated on the data as it is now. Returns what moved; with ``dry_run`` nothing is stored.
        A suspended instance stays suspended, with due times that are right when it is resumed.
        Raises NotFound and CannotAdvance.
        """
        return due_times.recompute_due(self._environment, instance_id, actor=actor, reason=reason, dry_run=dry_run)

    def foreseen(
        self, connection: sa.Connection, changes: Mapping[int, Mapping[str, Any]]
    ) -> dict[int, list[Moved] | None]:
        """Return which waiting timers and items would fall when, if running instances had other process data.

        ``changes`` are instance ids to variables with their values (JSON). Extensions and pauses are counted in.
        Nothing is locked or stored. None stands for an instance whose times cannot be worked out so; one that is over
        is left out.
        """
        return foreseeing.foreseen(self._environment, connection, changes)

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

        Raises ReasonMissing, ClockRefused when nothing is left to extend, NotFound, Suspended, CannotAdvance.
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
