"""Operations on a running instance: each with a reason, each can be tried without being kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework import commands
from engine.casework.queries import instances as queries
from engine.database import db
from engine.runtime import Consequences
from webapp.api.authentication import officer
from webapp.api.consequences import Consequence, Ordered, carried_out
from webapp.api.operation import operation
from webapp.api.shapes import Id, Identifier, TaskId, Values
from webapp.current import current_runtime
from webapp.sentences import N_

TAG = "instances"
PROBLEMS = ("not-found", "not-permitted", "conflict")


class Move(Ordered):
    """Which token, and where to."""

    task_id: Annotated[TaskId, Field(description=N_("实例 tokens 里的 task_id。"))]
    target: Annotated[Identifier, Field(description=N_("移到的环节的 id，见 token 的 places。"))]


class Variables(Ordered):
    """Whole values by name."""

    changes: Annotated[Values, Field(min_length=1, description=N_("变量名和新的值，整个替换。"))]


class Restart(Ordered):
    """Where to begin again."""

    element: Annotated[Identifier, Field(description=N_("环节的 id，见实例的 places。"))]


class Correlate(Ordered):
    """Which message that nobody caught."""

    thrown_id: Id


def _carried_out(instance_id: int, body: Ordered, command: Callable[[], Consequences]) -> Consequence:
    row = queries.one(db.session.connection(), officer(), instance_id)
    db.session.close()  # the runtime works on a connection of its own
    return carried_out(instance_id, command, full=row.full, dry_run=body.dry_run)


def _declare(verb: str, summary: Any, kind: type[Ordered], carry_out: Callable[[int, Any], Consequences]) -> None:
    def operate(instance_id: int, body: Ordered) -> Consequence:
        return _carried_out(instance_id, body, lambda: carry_out(instance_id, body))

    path = f"/instances/{{instance_id}}/{verb}"
    declare = operation(
        "POST", path, summary, tag=TAG, body=kind, answers=Consequence, problems=PROBLEMS, name=f"{verb}_instance"
    )
    declare(operate)


def _whole(command: Callable[..., Consequences]) -> Callable[[int, Any], Consequences]:
    return lambda instance_id, body: command(
        current_runtime(), officer(), instance_id, body.reason, dry_run=body.dry_run
    )


_declare("suspend", _("暂停流程"), Ordered, _whole(commands.suspend))
_declare("resume", _("恢复流程"), Ordered, _whole(commands.resume))
_declare("cancel", _("撤销流程"), Ordered, _whole(commands.cancel))
_declare(
    "move",
    _("移动到别的环节"),
    Move,
    lambda instance_id, body: commands.move_token(
        current_runtime(),
        officer(),
        instance_id,
        body.task_id,
        body.target,
        reason=body.reason,
        dry_run=body.dry_run,
    ),
)
_declare(
    "variables",
    _("修改流程变量"),
    Variables,
    lambda instance_id, body: commands.set_variables(
        current_runtime(), officer(), instance_id, body.changes, body.reason, dry_run=body.dry_run
    ),
)
_declare(
    "restart",
    _("从某个环节重新开始"),
    Restart,
    lambda instance_id, body: commands.restart_from(
        current_runtime(), officer(), instance_id, body.element, body.reason, dry_run=body.dry_run
    ),
)
_declare(
    "correlate",
    _("转交没有送到的消息"),
    Correlate,
    lambda instance_id, body: commands.correlate(
        current_runtime(), officer(), body.thrown_id, instance_id, body.reason, dry_run=body.dry_run
    ),
)
