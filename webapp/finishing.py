"""Finishing a task over HTTP: the form, the command, and every way it can end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import flash, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.actions import InvalidStep
from engine.casework.queries.withdrawal import withdrawal
from engine.database import db
from engine.runtime import AlreadyDone, NotFound, RuntimeFailure
from forms import CompiledForm, StepForm
from webapp.current import current_runtime
from webapp.matter_page import matter_page
from webapp.sentences import say
from webapp.step_files import kept_files
from webapp.step_forms import form_of, step_form, uploads
from webapp.waiting import TaskGone, WaitingTask, item_of
from webapp.withdrawn import lost_page, typed

UNPROCESSABLE, CONFLICT = 422, 409
_KEY = re.compile(r"[A-Za-z0-9_-]{16,64}")


def finish(task_id: str) -> Response | tuple[str, int]:
    """Finish a task with what was typed.

    A fault gives the page again with everything typed and status 422; a task that somebody else has finished, or that
    the process took back, gives it with who, when and why and what was typed, and status 409.
    """
    try:
        return _finish(task_id)
    except TaskGone as gone:
        return _gone(gone, task_id)
    except NotFound:  # it is out of their sight, or waits for others by now
        return lost_page(task_id)


def _finish(task_id: str) -> Response | tuple[str, int]:
    item = item_of(db.session.connection(), current_user, task_id)
    compiled = form_of(item.deployment_id, item.form_key)
    form = step_form(compiled, item.matter_id, item.handling_unit_id, accuses=item.accuses)
    if form.rearrange():
        return _again(item, compiled, form, 200)
    if not form.validate():
        return _again(item, compiled, form, UNPROCESSABLE)
    answers = compiled.answers(form)
    sent = request.form.get("key", "")
    key = f"{current_user.id}:{sent}" if _KEY.fullmatch(sent) else None
    try:
        _complete(item, answers, key)
    except InvalidStep as invalid:
        _blame(form, invalid.fields)
    except AlreadyDone:
        item_of(db.session.connection(), current_user, task_id)  # says who was faster
        raise
    except NotFound:
        raise
    except RuntimeFailure as failure:
        form.form_errors = [*form.form_errors, say(failure.message)]
    else:
        flash(_("%(number)s 的“%(step)s”已完成。", number=item.number, step=_(item.name)), "success")
        return redirect(url_for("tasks.go_on", after=item.number))
    return _again(item, compiled, form, UNPROCESSABLE)


def _complete(item: WaitingTask, answers: Mapping[str, Any], key: str | None) -> None:
    answers, files = kept_files(answers, uploads())
    db.session.close()  # the command works on a connection of its own
    commands.complete(current_runtime(), current_user, item.task_id, answers, key=key, files=files)


def _blame(form: StepForm, faults: Mapping[str, str]) -> None:
    for key, message in faults.items():
        try:
            question = form.question(key)
        except KeyError:
            form.form_errors = [*form.form_errors, say(message)]
        else:
            question.errors = [*question.errors, say(message)]


def _again(item: WaitingTask, compiled: CompiledForm, form: StepForm, status: int) -> tuple[str, int]:
    return matter_page(item.number, task_id=item.task_id, compiled=compiled, form=form), status


def _gone(gone: TaskGone, task_id: str) -> Response | tuple[str, int]:
    """Say who was faster, and give back what was typed; the same request sent twice simply goes on."""
    if gone.by == current_user.actor:
        flash(_("“%(step)s”已经提交过了。", step=_(gone.name)), "info")
        return redirect(url_for("tasks.go_on", after=gone.number))
    step = current_runtime().definition(gone.deployment_id).step(gone.process_key, gone.step)
    why = withdrawal(db.session.connection(), task_id)
    kept = typed(gone.deployment_id, step.form_key)
    try:
        return matter_page(gone.number, done=gone, why=why, kept=kept), CONFLICT
    except NotFound:  # the step is theirs to know of, the matter no longer
        return lost_page(task_id)
