"""What an operation on a running instance leads to, masked for those who have no business with the people in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from flask_babel import gettext
from pydantic import Field

from engine.casework.masking import masked
from engine.casework.queries.hiding import hiding
from engine.database import db
from engine.runtime import Consequences, RuntimeFailure
from webapp.api.shapes import Answered, DryRun, Moment, Reason, Sent
from webapp.sentences import N_, say


class Ordered(Sent):
    """What every operation by hand needs."""

    reason: Reason
    dry_run: DryRun = False


class ChangedTask(Answered):
    """A task that is withdrawn or begins to wait."""

    task_id: str
    step: str
    name: str
    due: Moment | None


class ChangedTimer(Answered):
    """A timer that is withdrawn or begins to wait."""

    element: str
    name: str
    due: Moment
    kind: str


class ChangedVariable(Answered):
    """A variable before and after; null where there was none."""

    name: str
    before: Any
    after: Any


class Happening(Answered):
    """Something that happens on the way."""

    event: str
    element: str
    name: str


class OpenedIncident(Answered):
    """Something that cannot be carried out."""

    element: str
    name: str
    message: str


class Consequence(Answered):
    """What an operation leads to."""

    instance_id: int
    dry_run: bool
    status_before: str
    status_after: str
    items_withdrawn: list[ChangedTask]
    items_begun: list[ChangedTask]
    timers_withdrawn: list[ChangedTimer]
    timers_begun: list[ChangedTimer]
    variables: Annotated[list[ChangedVariable], Field(description=N_("流程管理员看到的值已遮蔽，不含与人有关的内容。"))]
    passed: list[Happening]
    incidents_opened: list[OpenedIncident]


def carried_out(instance_id: int, command: Callable[[], Consequences], *, full: bool, dry_run: bool) -> Consequence:
    """Carry out an operation and return what it leads to; without ``full`` its values and messages are masked.

    So is the reason why it is refused, which may name people and other matters. Raises what the command raises.
    """
    try:
        found = command()
    except RuntimeFailure as failure:
        failure.message = hiding(db.session.connection(), instance_id, full=full)(failure.message)
        raise
    return _shown(found, full=full, dry_run=dry_run)


def _shown(found: Consequences, *, full: bool, dry_run: bool) -> Consequence:
    hide = hiding(db.session.connection(), found.instance_id, full=full)
    return Consequence(
        instance_id=found.instance_id,
        dry_run=dry_run,
        status_before=found.status_before,
        status_after=found.status_after,
        items_withdrawn=[ChangedTask.model_validate(one) for one in found.items_withdrawn],
        items_begun=[ChangedTask.model_validate(one) for one in found.items_begun],
        timers_withdrawn=[ChangedTimer.model_validate(one) for one in found.timers_withdrawn],
        timers_begun=[ChangedTimer.model_validate(one) for one in found.timers_begun],
        variables=[
            ChangedVariable(name=one.name, before=_hidden(one.before, full=full), after=_hidden(one.after, full=full))
            for one in found.variables
        ],
        passed=[
            Happening(event=kind, element=element, name=gettext(name) if name else "")
            for kind, element, name in found.passed
        ],
        incidents_opened=[
            OpenedIncident(element=element, name=name, message=say(hide(why)))
            for element, name, why in found.incidents_opened
        ],
    )


def _hidden(value: Any, *, full: bool) -> Any:
    return value if full else masked(value)
