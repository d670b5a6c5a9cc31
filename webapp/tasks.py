"""My tasks: the list, and taking, giving back and finishing one."""

from __future__ import annotations

from typing import Any, cast, get_args

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import commands
from engine.casework.errors import NotPermitted
from engine.casework.queries.proceedings import titles
from engine.casework.queries.worklist import TABS, Tab, Task, Worklist, worklist
from engine.database import db
from engine.runtime import AlreadyDone, Taken
from webapp.current import current_runtime
from webapp.finishing import finish
from webapp.paging import page_number, page_url
from webapp.sentences import say
from webapp.waiting import item_of, next_item
from webapp.which_one import which_one

blueprint = Blueprint("tasks", __name__, url_prefix="/tasks")


@blueprint.get("")
def index() -> str:
    """List what waits for the officer, the nearest deadline first."""
    asked = request.args.get("tab", "all")
    tab = cast("Tab", asked) if asked in get_args(Tab) else "all"
    connection = db.session.connection()
    found = worklist(
        connection,
        current_user,
        tab=tab,
        text=request.args.get("q", ""),
        unit=request.args.get("unit", type=int),
        step=request.args.get("step", ""),
        page=page_number(),
    )
    alone = [row for row in found.rows if isinstance(row, Task) and row.alone]
    return render_template(
        "tasks/index.html",
        tabs=_tabs(found),
        found=found,
        rows=found.rows,
        which=which_one(connection, [(row.deployment_id, row) for row in found.rows if isinstance(row, Task)]),
        labels={row.task_id: _label(row) for row in alone},
        titles=titles(connection, current_user, [row.number for row in alone]),
        tab=tab,
        q=request.args.get("q", ""),
        step=request.args.get("step", ""),
        unit_id=request.args.get("unit", type=int),
        url=page_url,
    )


def _label(task: Task) -> str:
    label = current_runtime().definition(task.deployment_id).processes.get(task.process_key, task.process_key)
    return str(_(label))


def _tabs(found: Worklist) -> list[dict[str, Any]]:
    labels: dict[Tab, str] = {
        "all": _("全部"),
        "late": _("已超时"),
        "today": _("今日到期"),
        "week": _("本周到期"),
        "unclaimed": _("待认领"),
        "done": _("已办"),
    }
    return [
        {
            "label": labels[tab],
            "url": url_for("tasks.index", tab=tab),
            "count": found.counts[tab],
            "tone": "late" if tab == "late" else "",
            "current": tab == found.tab,
        }
        for tab in TABS
    ]


@blueprint.get("/<task_id>")
def show(task_id: str) -> Response:
    """Go to the matter of a task, with the task's form open."""
    item = item_of(db.session.connection(), current_user, task_id)
    return redirect(url_for("matters.show", number=item.number, task=item.task_id, _anchor="task"))


@blueprint.post("/<task_id>/claim")
def claim(task_id: str) -> Response:
    """Take a task that is open to several."""
    number = item_of(db.session.connection(), current_user, task_id).number
    db.session.close()
    try:
        commands.claim(current_runtime(), current_user, task_id)
    except (AlreadyDone, Taken, NotPermitted) as refused:
        flash(say(refused.message), "warning")
        return redirect(url_for("tasks.index"))
    flash(_("已认领，现在由您办理。"), "success")
    return redirect(url_for("matters.show", number=number, task=task_id, _anchor="task"))


@blueprint.post("/<task_id>/unclaim")
def unclaim(task_id: str) -> Response:
    """Give a task back to all who may take it."""
    item_of(db.session.connection(), current_user, task_id)
    db.session.close()
    try:
        commands.unclaim(current_runtime(), current_user, task_id)
    except (AlreadyDone, NotPermitted) as refused:
        flash(say(refused.message), "warning")
    else:
        flash(_("已退回，同岗位的同事都可以认领。"), "success")
    return redirect(url_for("tasks.index"))


@blueprint.post("/<task_id>/assign")
def assign(task_id: str) -> Response:
    """Give a task to a colleague who may have it."""
    number = item_of(db.session.connection(), current_user, task_id).number
    colleague = request.form.get("officer", type=int)
    if colleague is None:
        flash(_("请选择要转交的同事。"), "warning")
        return redirect(url_for("matters.show", number=number, task=task_id))
    db.session.close()
    try:
        commands.assign_item(current_runtime(), current_user, task_id, colleague)
    except (AlreadyDone, NotPermitted) as refused:
        flash(say(refused.message), "warning")
    else:
        flash(_("已转交。"), "success")
    return redirect(url_for("tasks.index"))


@blueprint.post("/<task_id>/complete")
def complete(task_id: str) -> Response | tuple[str, int]:
    """Finish a task with what was typed. What is wrong comes back with everything that was typed."""
    return finish(task_id)


@blueprint.get("/next")
def go_on() -> Response:
    """Go to the officer's most urgent task: one of the matter just worked on if there is any, else the nearest due."""
    item = next_item(db.session.connection(), current_user, request.args.get("after", ""))
    if item is None:
        return redirect(url_for("tasks.index"))
    return redirect(url_for("matters.show", number=item.number, task=item.task_id, _anchor="task"))
