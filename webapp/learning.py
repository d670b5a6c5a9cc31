"""智能研判: how much is pushed with no hand and how much of that is right, and the versions of the model behind it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from engine.casework import learning
from engine.casework.commands.learning import ask_for_training, use_model
from engine.casework.errors import NotPermitted
from engine.casework.learning_figures import NOBODY, OUTSIDE, PARTS, Asked, Counts, figures, listed
from engine.casework.learning_models import LEAST_REASON, ModelRefused, events, versions
from engine.database import db
from webapp import jobs
from webapp.access import may_open
from webapp.current import current_platform
from webapp.sentences import say
from webapp.time_words import moment_full

blueprint = Blueprint("learning", __name__, url_prefix="/learning")
UNPROCESSABLE = 422
PERIODS = (4, 12, 52)
USUAL_PERIOD = 12
STOP = "rules"
LARGEST_ID = 2**63 - 1
TENTH = 0.1


@blueprint.get("")
def show() -> str:
    """Show the rates, what is taken for what, and the versions."""
    return _page()


def _page(refused: dict[str, str] | None = None) -> str:
    """Return the page; `refused` says of which version (`id`) what was typed (`reason`) and why it was refused."""
    connection = db.session.connection()
    weeks = _weeks()
    found = figures(connection, current_user, weeks)
    stand = learning.state(connection)
    return render_template(
        "learning/show.html",
        found=found,
        weeks=weeks,
        periods=[
            {"label": _("近 %(n)s 周", n=one), "url": url_for("learning.show", weeks=one), "current": one == weeks}
            for one in PERIODS
        ],
        left_out=left_out(found.all),
        chart=_chart(found.weeks),
        versions=versions(connection),
        events=events(connection),
        training=_training(stand, queued=jobs.learning_queued(connection)),
        stand=stand,
        enough=learning.ENOUGH,
        link=_link(weeks),
        owner=owner,
        rate=rate,
        share=share,
        refused=refused,
        least=LEAST_REASON,
        stop=STOP,
    )


@blueprint.get("/matters")
def matters() -> str:
    """List the matters behind a number."""
    weeks = _weeks()
    asked = Asked(
        part=request.args.get("part", ""),
        said=request.args.get("said", ""),
        was=request.args.get("was", ""),
        channel=_channel(),
        week=_day(request.args.get("week", "")),
    )
    rows = listed(db.session.connection(), current_user, weeks, asked)
    return render_template(
        "learning/matters.html", rows=rows, weeks=weeks, asked=asked, part=part_words(asked.part), owner=owner
    )


@blueprint.post("/train")
def train() -> Response:
    """Queue a training."""
    platform = current_platform()
    db.session.close()
    try:
        ask_for_training(platform.engine, current_user.id, partial(jobs.defer_learning, platform.queue))
    except (ModelRefused, NotPermitted) as refused:
        flash(say(refused.message), "warning")
    else:
        flash(_("已排队训练，一般几分钟内完成；与使用中的版本比较后，不变差才启用。"), "success")
    return redirect(url_for("learning.show", _anchor="versions"))


@blueprint.post(f"/versions/<int(max={LARGEST_ID}):model_id>/use")
def use(model_id: int) -> Response | tuple[str, int]:
    """Put an earlier version in force again, for a reason."""
    return _change(model_id)


@blueprint.post("/versions/stop")
def stop() -> Response | tuple[str, int]:
    """Let the rules decide alone, for a reason."""
    return _change(None)


def _change(model_id: int | None) -> Response | tuple[str, int]:
    platform, reason = current_platform(), request.form.get("reason", "")
    db.session.close()
    try:
        use_model(platform.engine, current_user.id, model_id, reason)
    except (ModelRefused, NotPermitted) as refused:
        return _page({"id": str(model_id or STOP), "reason": reason, "why": say(refused.message)}), UNPROCESSABLE
    flash(_("已更换，从下一件来件起按新的版本研判；自动训练暂停，直到有人点“立即训练”。"), "success")
    return redirect(url_for("learning.show", _anchor="versions"))


def owner(code: str, name: str) -> str:
    """Return who a matter was said to be, or was decided to be: a unit's name, or what its code stands for."""
    return {OUTSIDE: _("非公安职责"), NOBODY: _("未能判断"), "": "—"}.get(code) or name or code


def rate(value: float | None) -> str:
    """Return a rate as people read it; without a base it says so."""
    return _("暂无数据") if value is None else f"{100 * value:.1f}%"


def share(value: float) -> str:
    """Return a confidence or a share between 0 and 1 as a percentage."""
    return f"{100 * value:.0f}%" if value >= TENTH else f"{100 * value:.1f}%"


def part_words(part: str) -> str:
    """Return what the matters of a part are called; "" for all."""
    words = {
        "judged": _("全部来件"),
        "accepted": _("已受理"),
        "pushed": _("自动推送"),
        "confirmed": _("自动推送且已确认"),
        "corrected": _("自动推送后改派"),
        "by_hand": _("人工交办"),
        "given": _("登记时已指定单位"),
        "certain": _("研判有把握"),
        "decided": _("已有结论"),
        "hit": _("研判与结论一致"),
        "waiting": _("尚未受理"),
        "declined": _("不予受理"),
        "outside": _("转办其他部门"),
        "repeat": _("关联重复诉求"),
        "cancelled": _("已撤销"),
    }
    return words[part] if part in PARTS else ""


def left_out(counts: Counts) -> list[tuple[str, str, int]]:
    """Return who is not among the accepted: (part, what it is called, how many), those that there are."""
    parts = ("waiting", "declined", "outside", "repeat", "cancelled")
    return [(part, part_words(part), getattr(counts, part)) for part in parts if getattr(counts, part)]


def _weeks() -> int:
    chosen = request.args.get("weeks", USUAL_PERIOD, type=int)
    return chosen if chosen in PERIODS else USUAL_PERIOD


def _channel() -> int | None:
    chosen = request.args.get("channel", type=int)
    return chosen if chosen is not None and 0 < chosen <= LARGEST_ID else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None


def _link(weeks: int) -> Callable[..., str | None]:
    """Return what makes the address of the matters behind a number; None for whoever may not open them."""

    def link(**asked: Any) -> str | None:
        return url_for("learning.matters", weeks=weeks, **asked) if may_open("learning.matters") else None

    return link


def _chart(weeks: list[Any]) -> dict[str, Any]:
    def percent(value: float | None) -> float | None:
        return None if value is None else round(100 * value, 1)

    return {
        "categories": [f"{week.first:%m-%d}" for week in weeks],
        "series": [
            {
                "name": _("自动推送率"),
                "tone": "blue",
                "values": [percent(week.counts.automation) for week in weeks],
            },
            {
                "name": _("推送准确率"),
                "tone": "green",
                "values": [percent(week.counts.precision) for week in weeks],
            },
        ],
    }


def _training(stand: learning.State, *, queued: bool) -> str:
    """Return in a sentence how far training is and when it goes on."""
    if stand.running or queued:
        return str(_("正在训练。") if stand.running else _("已排队，等后台开始训练。"))
    if stand.held:
        return str(_("有人更换过版本，自动训练已暂停；点“立即训练”恢复。"))
    if stand.decided < learning.ENOUGH:
        return str(
            _("已有 %(n)s 件确认过的事项，满 %(enough)s 件后自动开始训练。", n=stand.decided, enough=learning.ENOUGH)
        )
    if stand.next_at is None:
        return str(_("上次训练后没有新确认的事项，有了再训练。"))
    if stand.next_at <= stand.now:
        return str(_("有 %(n)s 件新确认的事项，一小时内自动训练。", n=stand.fresh))
    return str(_("有 %(n)s 件新确认的事项，预计 %(at)s 自动训练。", n=stand.fresh, at=moment_full(stand.next_at)))
