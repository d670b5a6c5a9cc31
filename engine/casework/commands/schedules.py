"""What a process owner does to processes that start by themselves: let one rest, let it go on."""

from sqlalchemy import Engine

from engine.casework.commands.operating import brief
from engine.casework.permissions import Person, bureau_wide, grants, roles_of
from engine.runtime import NotFound, Runtime

UNKNOWN = "没有这个定时启动，或者现行流程里已经没有它。"


def pause_schedule(engine: Engine, runtime: Runtime, officer: Person, schedule_id: int, reason: str) -> None:
    """Let a schedule rest: what falls meanwhile never starts.

    Raises NotFound for whoever may not operate processes, NotPermitted for a reason that is too long, ReasonMissing,
    and ClockRefused when it rests already.
    """
    _require_operator(engine, officer)
    runtime.pause_schedule(schedule_id, actor=str(officer.id), reason=brief(reason))


def resume_schedule(engine: Engine, runtime: Runtime, officer: Person, schedule_id: int, reason: str) -> None:
    """Let a schedule go on with its next occurrence in the future. Raises as :func:`pause_schedule` does."""
    _require_operator(engine, officer)
    runtime.resume_schedule(schedule_id, actor=str(officer.id), reason=brief(reason))


def _require_operator(engine: Engine, officer: Person) -> None:
    with engine.connect() as connection:
        if not bureau_wide(roles_of(grants(connection, officer.id)), "operate"):
            raise NotFound(UNKNOWN)
