"""Why a matter was judged as it was: the words in its own text, the rules, the second best, and what decided."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import Connection, text

from rules.emergency import CATEGORIES
from webapp.vocabulary import EFFECTS, word

UNITS = text("select code, name from unit where code = any(:codes)")
ALARM = "alarm:"
MARKED = ("accused", "severity", "unit", "outside", "learned", "category", "kind", "place")
"""Effects whose words are marked, what matters more first: where two claim a character the first has it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of a text; `effect` is what its words speak for, "" for none."""

    words: str
    effect: str


@dataclass(frozen=True, slots=True)
class Line:
    """One kind of reason: what it speaks for, the words, and by which rules."""

    effect: str
    label: str
    words: list[str]
    rules: list[str]


@dataclass(frozen=True, slots=True)
class Judged:
    """What the card says.

    `answer`: who it was judged to be for · `confidence`: 0 to 1 or None for a judgement that kept none · `others`: the
    next best with their shares, of all probability where a model judged (`learned`), else of what the rules found ·
    `joint`, `supervising`: names · `repeats`: a sentence on the matter it repeats or "" · `decided_by`: which rules and
    which model · `title`, `body`: the texts in segments · `legend`: effects in them.
    """

    answer: str
    confidence: float | None
    others: list[tuple[str, float]]
    learned: bool
    agency: str
    supervising: str
    joint: list[str]
    lines: list[Line]
    repeats: str
    decided_by: str
    title: list[Segment]
    body: list[Segment]
    legend: list[tuple[str, str]]


def judged(connection: Connection, judgement: Mapping[str, Any], title: str, body: str) -> Judged | None:
    """Return what the card of a matter says, its texts as they are shown; None where nothing was judged."""
    routing = judgement.get("routing") or {}
    if not routing and not judgement.get("primary"):
        return None
    reasons = [reason for reason in routing.get("reasons") or [] if reason.get("effect") in EFFECTS]
    others = [item for item in routing.get("alternatives") or [] if item.get("share")]
    joint, supervising = routing.get("joint_units") or [], routing.get("supervising_unit") or ""
    unit, agency = routing.get("unit") or "", routing.get("agency") or ""
    names = _names(connection, [unit, supervising, *joint, *(item.get("unit") or "" for item in others)])
    texts = {"title": title, "body": body}
    segments = {field: highlighted(content, _spans(reasons, field)) for field, content in texts.items()}
    found = {segment.effect for field in segments.values() for segment in field}
    confidence = routing.get("confidence")
    return Judged(
        answer=_owner(unit, "", names) if confidence or unit else _("没有可依据的词语，未能判断"),
        confidence=confidence if isinstance(confidence, int | float) and (confidence or unit) else None,
        others=[(_owner(item.get("unit") or "", item.get("agency") or "", names), item["share"]) for item in others],
        learned=bool((judgement.get("model") or {}).get("id")),
        agency=agency,
        supervising=names.get(supervising, ""),
        joint=[names[code] for code in joint if code in names],
        lines=_lines(reasons, texts),
        repeats=_repeats(judgement.get("primary")),
        decided_by=_decided_by(judgement.get("model")),
        title=segments["title"],
        body=segments["body"],
        legend=[(effect, word("effect", effect)) for effect in MARKED if effect in found],
    )


def highlighted(content: str, spans: Iterable[tuple[int, int, str]]) -> list[Segment]:
    """Return a text in segments by what its words speak for; spans beyond the text are cut off."""
    claimed = [""] * len(content)
    ranks = {effect: rank for rank, effect in enumerate(MARKED)}
    for start, end, effect in sorted(spans, key=lambda span: -ranks[span[2]]):
        inside = range(max(0, start), min(end, len(content)))
        claimed[inside.start : inside.stop] = [effect] * len(inside)
    segments, at = [], 0
    for effect, run in groupby(claimed):
        length = len(list(run))
        segments.append(Segment(content[at : at + length], effect))
        at += length
    return segments


def _spans(reasons: Sequence[Mapping[str, Any]], field: str) -> list[tuple[int, int, str]]:
    return [
        (int(span[0]), int(span[1]), reason["effect"])
        for reason in reasons
        if reason.get("field") == field and reason["effect"] in MARKED
        for span in reason.get("spans") or []
    ]


def _lines(reasons: Sequence[Mapping[str, Any]], texts: Mapping[str, str]) -> list[Line]:
    """Return the reasons by what they speak for. Words are those of the text as shown: what is covered stays so."""
    lines: dict[str, Line] = {}
    for reason in reasons:
        effect, rule = reason["effect"], str(reason.get("rule") or "")
        line = lines.setdefault(effect, Line(effect, word("effect", effect), [], []))
        spans, content = reason.get("spans") or [], texts.get(reason.get("field") or "")
        said = [content[start:end] for start, end in spans] if spans and content else reason.get("words") or []
        line.words.extend(one for one in dict.fromkeys(said) if one not in line.words)
        if rule.startswith(ALARM):
            category = rule.removeprefix(ALARM)
            rule = word("alarm", category) if category in CATEGORIES else ""
        if rule and rule not in line.rules:
            line.rules.append(rule)
    return [line for line in lines.values() if line.words or line.rules]


def _names(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    wanted = sorted({code for code in codes if code})
    if not wanted:
        return {}
    return {row.code: row.name for row in connection.execute(UNITS, {"codes": wanted})}


def _owner(unit: str, agency: str, names: Mapping[str, str]) -> str:
    if unit:
        return names.get(unit, unit)
    return str(_("非公安职责（%(agency)s）", agency=agency) if agency else _("非公安职责"))


def _repeats(primary: Mapping[str, Any] | None) -> str:
    if not primary:
        return ""
    return str(_("与 %(number)s 相似度 %(score)s", number=primary["number"], score=f"{primary['score']:.2f}"))


def _decided_by(model: Mapping[str, Any] | None) -> str:
    """Return which versions decided; "" for a judgement of before they were kept."""
    if model is None:
        return ""
    rules = _("推送词库第 %(n)s 版", n=model["rules"]) if model.get("rules") else _("推送词库")
    if not model.get("id"):
        return str(_("%(rules)s，没有用模型", rules=rules))
    return str(_("%(rules)s，模型第 %(n)s 版（%(version)s）", rules=rules, n=model["id"], version=model["version"]))
