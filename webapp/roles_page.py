"""岗位与权限: the tables of permissions.py and access.py as they are, and who holds each role."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, current_app, render_template
from flask_babel import lazy_gettext as _

from engine.casework import permissions
from engine.casework.models import Holding, Officer, Unit
from engine.casework.roles import ROLES
from engine.database import db
from webapp import access
from webapp.navigation import MENU, Link

blueprint = Blueprint("roles", __name__, url_prefix="/bureau/roles")

ACTIONS: dict[str, Any] = {
    "view": _("查看"),
    "view_personal": _("看全部个人信息"),
    "comment": _("写意见"),
    "acknowledge": _("督办签收"),
    "acknowledge_alarm": _("紧急提醒签收"),
    "register": _("登记"),
    "assign": _("改派承办人"),
    "link": _("关联重复"),
    "adjust_clock": _("延期和暂停"),
    "suspend": _("挂起流程"),
    "cancel": _("撤销流程"),
    "send_back": _("退回环节"),
    "operate": _("处理流程异常"),
    "migrate": _("迁移流程版本"),
    "supervise": _("立督查、问责、整改件"),
}
"""What each action of the table of permissions is called."""

WITHIN: dict[str, Any] = {
    "receiving": _("受理的"),
    "handling": _("承办的"),
    "supervising": _("督办的"),
    "bureau": _("全局"),
}

DUTIES: dict[str, Any] = {
    "edit_keywords": _("编辑推送词库草稿"),
    "publish_keywords": _("发布推送词库"),
    "see_learning": _("看自动研判的数字"),
    "teach": _("训练和切换研判模型"),
}
"""What each duty of the table of permissions is called."""


@dataclass(frozen=True, slots=True)
class Page:
    """An address with its method, and the roles that may ask for it; none are named when anyone may."""

    address: str
    method: str
    roles: tuple[str, ...]
    anyone: bool


@dataclass(frozen=True, slots=True)
class Area:
    """A place of the menu, or what belongs to none: who may look at all, and every address in it."""

    label: Any
    roles: tuple[str, ...]
    pages: tuple[Page, ...]


@blueprint.get("")
def index() -> str:
    """Show what each role may do with matters, which pages it may open, and who holds it."""
    return render_template(
        "roles/index.html",
        roles=list(ROLES.values()),
        administrators=access.ADMINISTRATORS,
        actions=[(action, ACTIONS.get(action, action)) for action in permissions.TABLE],
        table=permissions.TABLE,
        by_hand=permissions.BY_HAND,
        within=WITHIN,
        duties=[(DUTIES.get(duty, duty), _ordered(roles)) for duty, roles in permissions.DUTIES.items()],
        areas=areas(),
        holders=_holders(),
    )


def areas() -> list[Area]:
    """Return every endpoint of the product with its row of the access table, by the places of the menu."""
    links = [link for group in MENU for link in group.links]
    found: dict[str, list[tuple[str, Page]]] = defaultdict(list)
    for rule in sorted(current_app.url_map.iter_rules(), key=lambda rule: rule.rule):
        row = access.TABLE[rule.endpoint]
        place = next((link.endpoint for link in links if _belongs(rule.endpoint, link)), "")
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            page = Page(rule.rule, method, _ordered(row.roles), row.anonymous)
            found[place].append((rule.endpoint, page))
    listed = [
        Area(link.label, _ordered(access.TABLE[link.endpoint].roles), _pages(found[link.endpoint])) for link in links
    ]
    return [*listed, Area(_("其他"), _ordered(access.EVERY_ROLE), _pages(found[""]))]


def _pages(found: Iterable[tuple[str, Page]]) -> tuple[Page, ...]:
    return tuple(page for _endpoint, page in found)


def _belongs(endpoint: str, link: Link) -> bool:
    return endpoint == link.endpoint or any(endpoint.startswith(area) for area in link.area)


def _ordered(roles: Iterable[str]) -> tuple[str, ...]:
    given = set(roles)
    return tuple(role for role in ROLES if role in given)


def _holders() -> dict[str, list[tuple[str, list[str]]]]:
    """Return who holds each role, with the units in which; officers in service only."""
    rows = db.session.execute(
        sa.select(Holding.role, Officer.id, Officer.name, Unit.name.label("unit"))
        .join(Officer, Officer.id == Holding.officer_id)
        .outerjoin(Unit, Unit.id == Holding.unit_id)
        .where(Officer.active)
        .order_by(Unit.position, Unit.id, Officer.id)
    )
    found: dict[str, dict[int, tuple[str, list[str]]]] = defaultdict(dict)
    for row in rows:
        units = found[row.role].setdefault(row.id, (row.name, []))[1]
        units += [row.unit] if row.unit else []
    return {role: list(people.values()) for role, people in found.items()}
