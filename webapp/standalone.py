"""A task that belongs to no matter, such as the step of a weekly report: its form, and finishing it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.models import Matter
from engine.casework.queries.worklist import theirs
from engine.database import db
from engine.runtime import AlreadyDone, NotFound, RuntimeFailure
from engine.runtime.tables import instance, work_item
from forms import CompiledForm, StepForm
from webapp.current import current_runtime
from webapp.sentences import say
from webapp.step_forms import form_of, new_key, step_form

blueprint = Blueprint("standalone", __name__, url_prefix="/steps")
UNPROCESSABLE = 422


@blueprint.get("/<task_id>")
def show(task_id: str) -> str:
    """Show the form of a task that was offered to the officer."""
    item = _item(task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    return _page(item, compiled, step_form(compiled, 0, None, accuses=False))


@blueprint.post("/<task_id>")
def finish(task_id: str) -> Response | tuple[str, int]:
    """Finish the task with what was typed; what is wrong comes back with it."""
    item = _item(task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    form = step_form(compiled, 0, None, accuses=False)
    if not form.validate():
        return _page(item, compiled, form), UNPROCESSABLE
    answers, key = compiled.answers(form), f"{current_user.id}:{request.form.get('key', '')}"
    db.session.close()
    try:
        commands.complete(current_runtime(), current_user, task_id, answers, key=key)
    except (AlreadyDone, NotFound):
        raise
    except RuntimeFailure as failure:
        form.form_errors = [*form.form_errors, say(failure.message)]
        return _page(item, compiled, form), UNPROCESSABLE
    flash(_("“%(step)s”已完成。", step=_(item.name)), "success")
    return redirect(url_for("tasks.index"))


def _item(task_id: str) -> Any:
    """Return a waiting task of this officer's that belongs to no matter; raises NotFound for any other."""
    try:
        wanted = UUID(task_id)
    except ValueError:
        raise NotFound("没有这项任务。") from None
    row = db.session.execute(
        sa.select(work_item, instance.c.deployment_id, instance.c.business_key)
        .join(instance, instance.c.id == work_item.c.instance_id)
        .where(
            work_item.c.task_id == wanted,
            theirs(current_user),
            ~sa.exists().where(Matter.instance_id == work_item.c.instance_id),
        )
    ).one_or_none()
    if row is None:
        raise NotFound("没有这项任务。")
    return row


def _page(item: Any, compiled: CompiledForm, form: StepForm) -> str:
    label = current_runtime().definition(item.deployment_id).processes.get(item.process_key, item.process_key)
    return render_template(
        "tasks/alone.html", item=item, task=item.task_id.hex, label=label, compiled=compiled, form=form, key=new_key()
    )
