"""A step that went away while somebody was at its form: what happened, and everything they had typed.

Whoever had the form on the screen may be told, even when the matter is no longer theirs to see: the form carries a
sign that it was shown to them. Whom the matter accuses learns nothing all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from engine.casework.models import Matter
from engine.casework.permissions import Person, unaccused
from engine.casework.queries.withdrawal import Withdrawal, withdrawal
from engine.database import db
from engine.runtime import NotFound
from engine.runtime.tables import finished_item, instance, work_item
from webapp.current import current_platform, current_runtime
from webapp.sentences import say
from webapp.step_forms import form_of, uploads
from webapp.step_host import Names
from webapp.time_words import moment_full
from webapp.vocabulary import word

CONFLICT = 409
FIELD = "shown_task"
"""The hidden field of a step's form that says it was shown to this officer."""


@dataclass(frozen=True, slots=True)
class LostStep:
    """A step whose form somebody had: where it is drawn, the number of its matter, and who finished it if anybody."""

    task_id: str
    process_key: str
    step: str
    name: str
    deployment_id: int
    number: str
    finished_by: str


def sign_shown(task_id: str) -> str:
    """Return the sign that this task's form is shown to the officer logged in."""
    return str(_seal().dumps([current_user.id, task_id]))


def was_shown(task_id: str) -> bool:
    """Say whether the request carries the sign that the officer logged in had this task's form."""
    try:
        return bool(_seal().loads(request.form.get(FIELD, "")) == [current_user.id, task_id])
    except BadData:
        return False


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(current_platform().settings.secret_key, salt="shown-task")


def lost_page(task_id: str) -> Response | tuple[str, int]:
    """Say what became of a step that its officer may no longer do, with what they typed.

    Raises NotFound for whoever never had its form, and for whom the matter accuses by now.
    """
    connection = db.session.connection()
    lost = _lost(connection, current_user, task_id) if was_shown(task_id) else None
    if lost is None:
        raise NotFound("没有这项任务。")
    if lost.finished_by == current_user.actor:
        flash(_("“%(step)s”已经提交过了。", step=_(lost.name)), "info")
        return redirect(url_for("tasks.index"))
    why = withdrawal(connection, lost.task_id)
    step = current_runtime().definition(lost.deployment_id).step(lost.process_key, lost.step)
    page = render_template(
        "tasks/gone.html",
        lost=lost,
        heading=_("这一步已经收回") if why is None or why.kind != "finished" else _("这一步已经有人办好了"),
        sentence=told(why, lost.name) if why else _("“%(step)s”现在由别的岗位或者别人办理。", step=_(lost.name)),
        typed=typed(lost.deployment_id, step.form_key),
    )
    return page, CONFLICT


def told(why: Withdrawal, name: str) -> str:
    """Return in a sentence why a step no longer waits, with who, when and the reason."""
    given = {
        "step": _(name),
        "time": moment_full(why.at),
        "who": why.who or _("系统"),
        "what": _(why.what) if why.what else "",
    }
    if why.kind == "finished":
        return str(_("%(who)s 已于 %(time)s 完成“%(step)s”。", **given))
    if why.kind == "by_hand":
        given |= {"what": word("event", why.what), "reason": say(why.reason)}
        return str(_("%(who)s 于 %(time)s 人工调整了流程（%(what)s），“%(step)s”随之收回。理由：%(reason)s", **given))
    if why.kind == "timer":
        return str(_("时限“%(what)s”已于 %(time)s 到时，流程按规定收回了“%(step)s”。", **given))
    if why.kind == "step":
        return str(_("%(who)s 已于 %(time)s 完成“%(what)s”，流程不再需要“%(step)s”。", **given))
    if why.kind == "event":
        return str(_("流程已于 %(time)s 转到“%(what)s”，不再需要“%(step)s”。", **given))
    return str(_("流程已于 %(time)s 收回“%(step)s”。", **given))


def typed(deployment_id: int, form_key: str) -> str:
    """Return what the request's form holds as a text to be copied, a question and its answer at a time."""
    compiled = form_of(deployment_id, form_key)
    form = compiled.form_class(FlaskForm, _)(uploads=uploads(), now=current_user.now)
    names = Names(db.session.connection(), current_user)
    lines = compiled.describe(compiled.answers(form), names, _)
    return "\n\n".join(f"{line.label}\n{line.value}" for line in lines if line.value)


def _lost(connection: sa.Connection, officer: Person, task_id: str) -> LostStep | None:
    """Return a step that was finished, withdrawn, or waits for others, unless its matter accuses the officer."""
    for table in (finished_item, work_item):
        finished = table.c.finished_by if table is finished_item else sa.literal("")
        withdrawn = table.c.withdrawn if table is finished_item else sa.false()
        row = connection.execute(
            sa.select(
                table.c.process_key,
                table.c.step,
                table.c.name,
                instance.c.deployment_id,
                sa.func.coalesce(Matter.number, instance.c.business_key).label("number"),
                sa.case((withdrawn, ""), else_=finished).label("finished_by"),
            )
            .join(instance, instance.c.id == table.c.instance_id)
            .outerjoin(Matter, Matter.instance_id == table.c.instance_id)
            .where(table.c.task_id == UUID(task_id), sa.or_(Matter.id.is_(None), unaccused(officer)))
        ).one_or_none()
        if row is not None:
            return LostStep(UUID(task_id).hex, *row)
    return None
