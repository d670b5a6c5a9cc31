"""The frame around every page: the menu, who is logged in, the numbers beside the links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_babel import lazy_gettext as _
from flask_login import current_user

from webapp.access import may_open
from webapp.sessions import CurrentOfficer
from webapp.vocabulary import word

DAILY = (
    "tasks.index",
    "matters.library",
    "intake.register_matter",
    "board.show",
    "oversight.audit",
    "secret_words.index",
    "secret_words.attempts",
    "processes.index",
    "instances.index",
)
"""The links that come first in the bar on a phone, as far as the officer has them."""

THEMES = ("auto", "light", "dark")


@dataclass(frozen=True, slots=True)
class Link:
    """One line of the menu; `key` names the counter beside it, `area` the endpoints it stands for."""

    endpoint: str
    label: Any
    icon: str
    key: str = ""
    tone: str = ""
    area: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group of links with a heading, or without one for the first."""

    label: Any
    links: tuple[Link, ...]


MENU: tuple[Group, ...] = (
    Group(
        None,
        (
            Link("tasks.index", _("我的待办"), "inbox", key="tasks", area=("tasks.",)),
            Link("matters.library", _("事项库"), "archive", area=("matters.",)),
            Link("intake.register_matter", _("登记事项"), "plus", area=("intake.",)),
            Link("imports.index", _("批量导入"), "upload", area=("imports.",)),
            Link("reconciliation.index", _("数量核对"), "checklist", area=("reconciliation.",)),
        ),
    ),
    Group(
        _("督办"),
        (
            Link("board.show", _("超时督办"), "alert-triangle", key="late", tone="late", area=("board.",)),
            Link("proceedings.index", _("督查问责"), "gavel", area=("proceedings.",)),
            Link("bursts.index", _("集中反映"), "messages", area=("bursts.",)),
            Link("learning.show", _("智能研判"), "report-analytics", area=("learning.",)),
            Link("oversight.fires", _("时限触发记录"), "clock"),
            Link("oversight.audit", _("留痕核验"), "shield-check"),
            Link("secret_words.attempts", _("涉密拦截记录"), "ban"),
            Link("secret_words.index", _("涉密词表"), "lock"),
        ),
    ),
    Group(
        _("流程管理"),
        (
            Link("processes.index", _("流程与表单"), "sitemap", area=("processes.", "decisions.", "migrations.")),
            Link("instances.index", _("流程运行"), "route", key="incidents", tone="late", area=("instances.",)),
            Link("schedules.index", _("定时启动"), "clock", area=("schedules.",)),
        ),
    ),
    Group(
        _("基础资料"),
        (
            Link("bureau.units", _("机构"), "building"),
            Link("bureau.officers", _("人员与岗位"), "users"),
            Link("roles.index", _("岗位与权限"), "lock", area=("roles.",)),
            Link("bureau.channels", _("受理渠道"), "message"),
            Link("bureau.categories", _("民意类型"), "category"),
            Link("keywords.index", _("推送词库"), "tags", area=("keywords.", "keyword_drafts.", "keyword_previews.")),
            Link("calendar.show", _("工作日历"), "calendar", area=("calendar.",)),
        ),
    ),
)


def menu(officer: CurrentOfficer) -> list[dict[str, Any]]:
    """Return the groups of links this officer may open, with their numbers."""
    numbers = counters(officer)
    groups = []
    for group in MENU:
        items = [_item(link, numbers) for link in group.links if may_open(link.endpoint)]
        if items:
            groups.append({"label": group.label, "items": items})
    return groups


def counters(officer: CurrentOfficer) -> dict[str, int]:
    """Return the numbers of the navigation by key."""
    return {
        "tasks": officer.badges.tasks,
        "late": officer.badges.escalations,
        "notices": officer.badges.notices,
        "incidents": officer.badges.incidents,
    }


def _item(link: Link, numbers: dict[str, int]) -> dict[str, Any]:
    endpoint = request.endpoint or ""
    if endpoint == "matters.show" and "task" in request.args:
        endpoint = "tasks.show"  # a matter that was opened from the list of tasks
    here = endpoint == link.endpoint or any(endpoint.startswith(area) for area in link.area)
    return {
        "endpoint": link.endpoint,
        "label": link.label,
        "icon": link.icon,
        "url": url_for(link.endpoint),
        "badge": numbers.get(link.key),
        "tone": link.tone if numbers.get(link.key) else None,
        "key": link.key,
        "current": here,
    }


def _bottom(groups: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the three links of the bar on a phone: what the officer's day begins with, then the menu from its top."""
    items = {item["endpoint"]: item for group in groups for item in group["items"]}
    first = [items.pop(endpoint) for endpoint in DAILY if endpoint in items]
    return [*first, *items.values()][:3]


def frame(app: Flask) -> None:
    """Give every template what the frame shows."""
    app.context_processor(_frame)


def _theme() -> str:
    chosen = request.cookies.get("theme") or getattr(current_user, "theme", None) or "auto"
    return chosen if chosen in THEMES else "auto"


def _frame() -> dict[str, Any]:
    values: dict[str, Any] = {
        "theme": _theme(),
        "urls": {"home": url_for("home.show"), "language": url_for("session.choose_language")},
        "may_open": may_open,
        "nav": [],
        "now": None,
    }
    if not current_user.is_authenticated:
        return values
    officer: CurrentOfficer = current_user
    groups = menu(officer)
    values |= {
        "nav": groups,
        "bottom_nav": _bottom(groups),
        "officer": {
            "name": officer.name,
            "unit": officer.unit_name,
            "role": "、".join(word("role", role) for role in sorted(officer.roles)),
        },
        "now": officer.now,
        "notice_count": officer.badges.notices,
    }
    values["urls"] |= {
        "notices": url_for("notices.index"),
        "logout": url_for("session.log_out"),
        "profile": url_for("account.show"),
        "counters": url_for("home.numbers"),
    }
    if may_open("search.show"):
        values["urls"]["search"] = url_for("search.show")
    return values
