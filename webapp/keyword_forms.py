"""The forms of the keyword table: one rule, a text to try it on."""

from __future__ import annotations

import re
from typing import Any

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import (
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    StringField,
    TextAreaField,
    validators,
)

from engine.casework.errors import FieldProblem
from engine.casework.keywords.store import Named
from rules.routing_rules import HIGHEST_PRIORITY, RULE_KINDS, Rule
from webapp.sentences import say
from webapp.vocabulary import words

LONGEST_LIST = 4_000
LONGEST_TEXT = 20_000
_APART = re.compile(r"[\s、，,；;]+")
_JOINED = re.compile(r"\s*[+＋]\s*")
_OR = re.compile(r"[\s、，,；;|｜/]+")

BELONGING: dict[str, frozenset[str]] = {
    "unit": frozenset({"department", "local", "accusation"}),
    "supervising_unit": frozenset({"department", "local", "accusation"}),
    "agency": frozenset({"outside"}),
    "category": frozenset({"department", "local", "accusation", "matter"}),
    "matter_kind": frozenset({"intent"}),
    "severity": frozenset({"department", "local", "outside", "accusation", "matter", "severity"}),
    "clock": frozenset({"department", "local", "outside", "accusation", "matter", "severity"}),
    "place": frozenset(RULE_KINDS) - {"accusation"},
}
"""Which kinds of rules a field belongs to; what stands in it for another kind is left out."""


class RuleForm(FlaskForm):  # type: ignore[misc]
    """One rule. Word lists are typed one a line; `seen` says on what the form was opened."""

    kind = RadioField(_("这条规则管什么"))
    words = TextAreaField(_("关键词"), [validators.Length(max=LONGEST_LIST)])
    also = TextAreaField(_("并且出现"), [validators.Length(max=LONGEST_LIST)])
    without = TextAreaField(_("但不出现"), [validators.Length(max=LONGEST_LIST)])
    place = StringField(_("限于地点"), [validators.Length(max=100)])
    unit = SelectField(_("承办单位"), default="")
    supervising_unit = SelectField(_("督办单位"), default="")
    agency = StringField(_("职能部门"), [validators.Length(max=100)])
    category = SelectField(_("民意类型"), default="")
    matter_kind = SelectField(_("诉求性质"), default="")
    severity = SelectField(_("轻重"), default="")
    clock = StringField(_("办理时限"), [validators.Length(max=40)])
    priority = SelectField(_("优先级"), coerce=int)
    valid_from = DateField(_("生效日期"), [validators.Optional()])
    valid_to = DateField(_("失效日期"), [validators.Optional()])
    seen = HiddenField()

    def __init__(self, known: Named, rule: Rule | None = None, **given: Any) -> None:
        """Offer what there is, and begin with ``rule`` where the form was not sent."""
        super().__init__(data=_typed(rule) if rule else {"kind": "department", "priority": 5}, **given)
        nothing = ("", _("请选择"))
        self.kind.choices = words("keyword_kind")
        units = [(code, name) for code, (_id, name) in known.units.items()]
        self.unit.choices = self.supervising_unit.choices = [nothing, *units]
        self.category.choices = [nothing, *((code, name) for code, (_id, name) in known.categories.items())]
        self.matter_kind.choices = [nothing, *words("kind")]
        self.severity.choices = [nothing, *words("severity")]
        self.priority.choices = [(number, str(number)) for number in range(HIGHEST_PRIORITY, 0, -1)]

    def rule(self, code: str, *, active: bool) -> Rule:
        """Return what was typed as a rule."""
        kind = self.kind.data or ""

        def of(field: str) -> str:
            value = self[field].data
            return value.strip() if value and kind in BELONGING[field] else ""

        return Rule(
            code,
            kind,  # type: ignore[arg-type]  # one that nobody knows is a problem of the rule
            words=listed(self.words.data),
            also=tuple("|".join(filter(None, _OR.split(line))) for line in _lines(self.also.data)),
            without=listed(self.without.data),
            place=of("place"),
            unit=of("unit"),
            supervising_unit=of("supervising_unit"),
            agency=of("agency"),
            category=of("category"),
            matter_kind=of("matter_kind"),
            severity=of("severity"),
            clock=of("clock"),
            priority=self.priority.data or 0,
            valid_from=self.valid_from.data,
            valid_to=self.valid_to.data,
            active=active,
        )

    def refuse(self, problems: list[FieldProblem]) -> None:
        """Show what is wrong at the fields."""
        for problem in problems:
            field = self[problem.field]
            field.errors = [*field.errors, say(problem.message)]

    def faults(self) -> list[tuple[str, str]]:
        """Return every fault as (the id of its input, the label and what is wrong)."""
        return [
            (f"{field.id}-0" if field.name == "kind" else field.id, f"{field.label.text}：{message}")
            for field in self
            for message in field.errors
        ]


class TryForm(FlaskForm):  # type: ignore[misc]
    """A text to see what the rules would make of it; it is not kept."""

    title = StringField(_("标题"), [validators.Length(max=500)])
    body = TextAreaField(_("内容"), [validators.Length(max=LONGEST_TEXT)])
    place = StringField(_("地点"), [validators.Length(max=200)])


def listed(typed: str | None) -> tuple[str, ...]:
    """Return the words that were typed, each once: one a line, or apart by blanks or punctuation."""
    joined = _JOINED.sub("+", typed or "")
    return tuple(dict.fromkeys(one for one in _APART.split(joined) if one))


def _lines(typed: str | None) -> list[str]:
    return [line.strip() for line in (typed or "").splitlines() if line.strip()]


def _typed(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {name: getattr(rule, name) for name in Rule.__dataclass_fields__}
    data["words"], data["without"] = "\n".join(rule.words), "\n".join(rule.without)
    data["also"] = "\n".join(one.replace("|", " ") for one in rule.also)
    return data
