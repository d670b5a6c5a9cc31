"""The search: one box for words, phrases, numbers, names, telephones and places, and what was found."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from engine.casework.searching import Asked, Results, search
from engine.database import db
from rules.bureau_calendar import BUREAU_ZONE
from rules.text_index import Order
from webapp.paging import page_number, page_url
from webapp.sentences import N_
from webapp.vocabulary import word, words

EXAMPLES: Final[tuple[tuple[str, Any], ...]] = (
    ("路灯 小区", N_("几个词用空格隔开，都要出现，先后不限；一个字、两个字也能搜")),
    ('"占道经营"', N_("加引号，原样连在一起出现")),
    ("停车 -收费", N_("减号后面的词不能出现")),
    ("MY2026-000123 · SZ-0815", N_("事项编号或渠道编号，写一部分也行")),
    ("138 0013 8000", N_("电话、证件号、车牌号，空格和横线不影响；全角半角、繁体简体都一样")),
    ("王小明", N_("群众姓名、电话和住址，只在您可以查看群众信息的事项里搜")),
)
"""What may be typed and what it does; the examples are what people write, in their language."""

blueprint = Blueprint("search", __name__, url_prefix="/search")

ORDERS: Final[tuple[Order, ...]] = ("relevance", "newest", "oldest")
PERIODS: Final = (7, 30, 365)
LISTED: Final = ("kind", "status", "severity")
YES: Final = frozenset({"yes", "no"})


@blueprint.get("")
def show() -> str:
    """Show what the box finds, narrowed by what is chosen beside it."""
    asked = _asked()
    found = search(db.session.connection(), current_user, asked)
    db.session.commit()
    return render_template(
        "search/show.html",
        asked=asked,
        found=found,
        chips=_chips(asked, found),
        choices={name: _choices(found, name) for name in ("channel", "receiving", "handling", "category")},
        periods=_periods(asked),
        orders=_orders(asked),
        examples=[(example, _(explained)) for example, explained in EXAMPLES],
        narrowed=bool(asked.narrowed),
        url=page_url,
        other=_address,
    )


def _asked() -> Asked:
    given = request.args
    order: Order = next((one for one in ORDERS if one == given.get("order")), "relevance")
    return Asked(
        text=given.get("q", "").strip(),
        **{name: _code(name, given.get(name, "")) for name in LISTED},
        channel=_id(given.get("channel", "")),
        category=_id(given.get("category", "")),
        receiving=_id(given.get("receiving", "")),
        handling=_id(given.get("handling", "")),
        repeat=given.get("repeat", "") if given.get("repeat") in YES else "",
        attachments=given.get("attachments", "") if given.get("attachments") in YES else "",
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        order=order,
        page=page_number(),
    )


def _code(listing: str, given: str) -> str:
    return given if given in dict(words(listing)) else ""


def _id(given: str) -> int | None:
    return int(given) if given.isdecimal() and len(given) < 19 else None  # noqa: PLR2004 - what a bigint holds


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _address(**changed: Any) -> str:
    """Return the address of this search with something changed; None takes it away. It begins with the first page."""
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "page"}
    kept |= changed
    return url_for("search.show", **{name: value for name, value in kept.items() if value not in {None, ""}})


def _chips(asked: Asked, found: Results) -> list[dict[str, Any]]:
    """Return the groups of chips: each a value that occurs, with how many, or the chosen one with a way back."""
    groups = [
        _group(asked, found, "status", _("按状态"), [code for code, _name in words("status")]),
        _group(asked, found, "kind", _("按民意类型"), [code for code, _name in words("kind")]),
        _group(asked, found, "severity", _("按严重程度"), [code for code, _name in words("severity")]),
        _group(asked, found, "repeat", _("按首次或重复"), ["no", "yes"]),
        _group(asked, found, "attachments", _("按附件"), ["yes"]),
    ]
    return [group for group in groups if group["items"]]


def _group(asked: Asked, found: Results, name: str, label: str, values: Iterable[str]) -> dict[str, Any]:
    chosen = getattr(asked, name)
    counts = found.counts.get(name, {})
    items = []
    for value in values:
        if value != chosen and (chosen or not counts.get(value)):
            continue
        items.append(
            {
                "label": _label(name, value),
                "url": _address(**{name: None if value == chosen else value}),
                "count": counts.get(value),
                "chosen": value == chosen,
            }
        )
    only = len(items) == 1 and not chosen and items[0]["count"] == found.total
    return {"label": label, "items": [] if only and name != "status" else items}


def _label(name: str, value: str) -> str:
    if name == "repeat":
        return str(_("重复反映") if value == "yes" else _("首次反映"))
    return str(_("有附件")) if name == "attachments" else word(name, value)


def _choices(found: Results, name: str) -> list[tuple[str, str, int]]:
    """Return the values of a list of units, channels or categories: id, name and how many, those with most first."""
    counts = found.counts.get(name, {})
    listed = [(value, called, counts.get(value, 0)) for value, called in found.names.get(name, {}).items()]
    return sorted(listed, key=lambda one: (-one[2], one[1]))


def _periods(asked: Asked) -> list[dict[str, Any]]:
    today = current_user.now.astimezone(BUREAU_ZONE).date()
    labels = {7: _("近 7 天"), 30: _("近 30 天"), 365: _("近一年")}
    found = []
    for days in PERIODS:
        since = today - timedelta(days=days - 1)
        chosen = asked.since == since and asked.until is None
        url = _address(since=None if chosen else since.isoformat(), until=None)
        found.append({"label": labels[days], "url": url, "chosen": chosen})
    return found


def _orders(asked: Asked) -> list[tuple[str, str, bool]]:
    labels = {"relevance": _("最相关的在前"), "newest": _("最新的在前"), "oldest": _("最早的在前")}
    return [(order, labels[order], order == asked.order) for order in ORDERS]
