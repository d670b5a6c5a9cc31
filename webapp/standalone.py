"""A task that belongs to no matter, such as the step of a weekly report: taking it, handing it over, finishing it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.casework.models import Proceeding
from engine.casework.permissions import Person
from engine.casework.proceedings.record import NUMBER
from engine.casework.queries.proceedings import ProceedingDetail, proceeding_detail
from engine.database import db
from engine.runtime import AlreadyDone, NotFound, Runtime, RuntimeFailure, Suspended, Taken
from forms import CompiledForm, StepForm
from webapp.current import current_runtime
from webapp.sentences import say
from webapp.step_forms import form_of, new_key, step_form
from webapp.waiting import alone_of, colleagues
from webapp.which_one import OneStep, which_one
from webapp.withdrawn import lost_page, sign_shown

blueprint = Blueprint("standalone", __name__, url_prefix="/steps")
UNPROCESSABLE = 422


@blueprint.get("/<task_id>")
def show(task_id: str) -> str:
    """Show the form of a task that was offered to the officer."""
    item = _item(task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    return _page(item, compiled, _form(item, compiled))


@blueprint.post("/<task_id>")
def finish(task_id: str) -> Response | tuple[str, int]:
    """Finish the task with what was typed; what is wrong comes back with it, and so does what came too late."""
    try:
        item = _item(task_id)
    except NotFound:
        return lost_page(task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    form = _form(item, compiled)
    if not form.validate():
        return _page(item, compiled, form), UNPROCESSABLE
    answers, key = compiled.answers(form), f"{current_user.id}:{request.form.get('key', '')}"
    db.session.close()
    try:
        commands.complete(current_runtime(), current_user, task_id, answers, key=key)
    except (AlreadyDone, NotFound):
        return lost_page(task_id)
    except RuntimeFailure as failure:
        form.form_errors = [*form.form_errors, say(failure.message)]
        return _page(item, compiled, form), UNPROCESSABLE
    flash(_("“%(step)s”已完成。", step=_(item.name)), "success")
    return redirect(url_for("tasks.index"))


@blueprint.post("/<task_id>/claim")
def claim(task_id: str) -> Response:
    """Take a task that is open to several."""
    return _hand(task_id, commands.claim, _("已认领，现在由您办理。"), url_for("standalone.show", task_id=task_id))


@blueprint.post("/<task_id>/unclaim")
def unclaim(task_id: str) -> Response:
    """Give a task back to all who may take it."""
    return _hand(task_id, commands.unclaim, _("已退回，同岗位的同事都可以认领。"), url_for("tasks.index"))


@blueprint.post("/<task_id>/assign")
def assign(task_id: str) -> Response:
    """Give a task to a colleague who may have it."""
    colleague = request.form.get("officer", type=int)
    if colleague is None:
        flash(_("请选择要转交的同事。"), "warning")
        return redirect(url_for("standalone.show", task_id=task_id))

    def give(runtime: Runtime, officer: Person, task: str) -> None:
        commands.assign_item(runtime, officer, task, colleague)

    return _hand(task_id, give, _("已转交。"), url_for("tasks.index"))


def _hand(task_id: str, command: Callable[[Runtime, Person, str], None], done: str, then: str) -> Response:
    _item(task_id)
    db.session.close()
    try:
        command(current_runtime(), current_user, task_id)
    except (AlreadyDone, Taken, Suspended, NotPermitted) as refused:
        flash(say(refused.message), "warning")
        return redirect(url_for("tasks.index"))
    flash(done, "success")
    return redirect(then)


def _item(task_id: str) -> Any:
    return alone_of(db.session.connection(), current_user, task_id)


def _about(item: Any) -> ProceedingDetail | None:
    """Return the proceeding a task belongs to, as far as this officer may know; None for an instance that is none."""
    if not NUMBER.fullmatch(item.business_key):
        return None
    try:
        return proceeding_detail(db.session.connection(), current_user, item.business_key)
    except NotFound:
        return None


def _form(item: Any, compiled: CompiledForm) -> StepForm:
    """Return the form of a task; of a proceeding the officers of its unit are the choices.

    Whom the matter accuses is no choice for any work, but may well be whom an accountability case finds concerned.
    """
    unit = db.session.execute(
        sa.select(Proceeding.unit_id, Proceeding.matter_id, Proceeding.kind).where(
            Proceeding.number == item.business_key
        )
    ).one_or_none()
    if unit is None:
        return step_form(compiled, 0, None, accuses=False)
    accuses = unit.matter_id is not None and unit.kind != "accountability"
    return step_form(compiled, unit.matter_id or 0, unit.unit_id, accuses=accuses)


def _page(item: Any, compiled: CompiledForm, form: StepForm) -> str:
    label = current_runtime().definition(item.deployment_id).processes.get(item.process_key, item.process_key)
    connection, task = db.session.connection(), item.task_id.hex
    return render_template(
        "tasks/alone.html",
        about=_about(item),
        item=item,
        task=task,
        mine=item.assignee == str(current_user.id),
        label=label,
        which=which_one(connection, [(item.deployment_id, OneStep(task, item.process_key, item.step))]).get(task, ""),
        colleagues=[one for one in colleagues(connection, task) if one.id != current_user.id],
        compiled=compiled,
        form=form,
        key=new_key(),
        proof=sign_shown(task),
    )
