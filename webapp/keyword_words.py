"""What a rule of the keyword table says, in the page's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from engine.casework.keywords.preview_result import Owner
from engine.casework.keywords.store import LABELS, Named
from rules.routing_rules import HIGHEST_PRIORITY, Rule
from rules.routing_verdict import Verdict
from webapp.display import day_text
from webapp.vocabulary import word

KINDS: Mapping[str, Any] = {
    "department": _("出现这些词，就由写定的单位承办。例如“红绿灯”归交警大队。"),
    "local": _("出现这些词，由事发地的派出所承办，写定的单位督办；看不出事发地的，由写定的单位承办。"),
    "outside": _("不归公安管的事，写明该找哪个部门，平台建议转办。"),
    "accusation": _(
        "和民警、派出所、交警等连在一起说，才算反映公安自己的问题，交给写定的单位；被反映的单位永远收不到。"
    ),
    "matter": _("只决定是哪一类事，不决定给哪个单位。"),
    "intent": _("只决定是咨询、求助、投诉还是别的。"),
    "severity": _("只决定轻重，还可以缩短办理时限。"),
}
"""What each kind of rule does."""

CHANGES: Mapping[str, tuple[Any, str]] = {
    "added": (_("新增"), "ok"),
    "changed": (_("修改"), "info"),
    "removed": (_("删除"), "late"),
    "switched_off": (_("停用"), "soon"),
    "switched_on": (_("启用"), "ok"),
}
"""What a change is called, and its tone."""

REMARKS: Mapping[str, Any] = {
    "contradicts": _("和规则 %(other)s 的词相同，单位不同：%(words)s。同时出现时优先级高的占上风。"),
    "repeats": _("规则 %(other)s 已经包含这条的全部内容：%(words)s。"),
    "outweighed": _("只要这条命中，优先级不低的规则 %(other)s 也会命中，而且给的单位不同：%(words)s。"),
    "silenced": _("关键词里就有自己排除的词，永远不会命中：%(words)s。"),
}
"""What a remark of the review says."""

JUDGED: Mapping[str, tuple[Any, str]] = {
    "right": (_("改对了"), "ok"),
    "wrong": (_("改错了"), "late"),
    "neither": (_("改前改后都不对"), "soon"),
    "open": (_("还没有人定过"), "plain"),
}
"""Whether a matter would move rightly, and the tone of it."""

GIVEN_REASONS = (_("演示词库"), _("启用版本记录时的词库"))
"""Why the platform itself published."""

PUSHED: Mapping[str, Any] = {"newly": _("改为自动推送"), "no_longer": _("不再自动推送")}


def label(field: str) -> str:
    """Return what an attribute of a rule is called."""
    return str(gettext(LABELS[field]))


def said(field: str, rule: Rule | None, known: Named) -> str:
    """Return what an attribute of a rule says; '' where it says nothing."""
    value = getattr(rule, field) if rule is not None else None
    if value is None or value in ("", ()):
        return ""
    if field in ("words", "without"):
        return str(_("、")).join(value)
    if field == "also":
        return str(_("，并且")).join(str(_("或")).join(one.split("|")) for one in value)
    listing = {"kind": "keyword_kind", "matter_kind": "kind", "severity": "severity"}.get(field)
    if listing:
        return word(listing, value)
    return _plain(field, value, known)


def _plain(field: str, value: Any, known: Named) -> str:
    if field == "active":
        return str(_("启用") if value else _("停用"))
    if field == "priority":
        return f"{value} / {HIGHEST_PRIORITY}"
    return day_text(value) if isinstance(value, date) else known.name(field, value)


def owner_words(owner: Owner, known: Named) -> str:
    """Return who an owner is."""
    sort, name = owner
    if sort == "unit":
        return known.name("unit", name)
    if sort == "outside":
        return str(_("不属公安：%(agency)s", agency=name)) if name else str(_("不属公安职责"))
    return str(_("看不出单位"))


def aspect_words(name: str, value: str, known: Named) -> str:
    """Return what a verdict says besides the owner."""
    if name == "clock":
        return value
    listing = {"kind": "kind", "severity": "severity"}.get(name)
    return word(listing, value) if listing else known.name(name, value)


def highlighted(text: str, verdict: Verdict, field: str) -> list[tuple[str, str]]:
    """Return a text in pieces, each with the codes of the rules whose words it is; '' for plain text."""
    marks: list[set[str]] = [set() for _character in text]
    for reason in verdict.reasons:
        if reason.field == field:
            for start, end in reason.spans:
                for position in range(start, min(end, len(text))):
                    marks[position].add(reason.rule or reason.effect)
    pieces: list[tuple[str, str]] = []
    for character, codes in zip(text, marks, strict=True):
        said_by = " ".join(sorted(codes))
        if pieces and pieces[-1][1] == said_by:
            pieces[-1] = (pieces[-1][0] + character, said_by)
        else:
            pieces.append((character, said_by))
    return pieces
