"""The published table: what its rules may name, what is wrong with one, writing it, and its versions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, text, update

from engine.casework.dictionary import kept_rules
from engine.casework.errors import FieldProblem
from engine.casework.models import Category, Channel, Keyword, KeywordVersion, Unit
from engine.casework.models.keywords import CODES
from rules.matching import fold
from rules.routing_rules import Rule, rule_from_dict

LABELS = {
    "kind": "这条规则管什么",
    "words": "关键词",
    "also": "并且出现",
    "without": "但不出现",
    "place": "限于地点",
    "unit": "承办单位",
    "supervising_unit": "督办单位",
    "agency": "职能部门",
    "category": "民意类型",
    "matter_kind": "诉求性质",
    "severity": "轻重",
    "clock": "办理时限",
    "priority": "优先级",
    "valid_from": "生效日期",
    "valid_to": "失效日期",
    "active": "是否启用",
}
"""What the attributes of a rule are called, in the order in which they are shown."""

LOCK = text("lock table keyword_version in exclusive mode")
"""Lets one publication follow the other; whoever only reads is not kept waiting."""

TAKEN = text(
    """
select exists (select from keyword where code = :code) or exists (select from keyword_change where code = :code)
    or exists (select from keyword_version
               where rules @> jsonb_build_array(jsonb_build_object('id', cast(:code as text))))
"""
)
"""Says whether a rule of that code was ever there: an imported file may have named any."""


@dataclass(frozen=True)
class Named:
    """What a rule may name, by code: units and categories with id and name, and the places by which it may be bound."""

    units: Mapping[str, tuple[int, str]]
    categories: Mapping[str, tuple[int, str]]
    places: Mapping[str, str]

    def name(self, field: str, value: str) -> str:
        """Return what a unit, a category or a place is called; the value itself where nothing has that code."""
        if field in ("unit", "supervising_unit"):
            return self.units.get(value, (0, value))[1]
        if field == "category":
            return self.categories.get(value, (0, value))[1]
        return self.places.get(value, value) if field == "place" else value


def named(connection: Connection) -> Named:
    """Return what the rules may name now."""
    units = connection.execute(
        select(Unit.id, Unit.code, Unit.name, Unit.kind, Unit.names, Unit.places)
        .where(Unit.active)
        .order_by(Unit.position, Unit.id)
    ).all()
    categories = connection.execute(
        select(Category.id, Category.code, Category.name)
        .where(Category.active)
        .order_by(Category.position, Category.id)
    )
    channels = connection.execute(
        select(Channel.code, Channel.name).where(Channel.active).order_by(Channel.position, Channel.id)
    )
    places: dict[str, list[str]] = {}
    for unit in units:
        if unit.kind == "station":
            for place in unit.places:
                places.setdefault(place, []).append(unit.name)
    return Named(
        {row.code: (row.id, row.name) for row in units},
        {row.code: (row.id, row.name) for row in categories},
        # A place that two stations serve is none that routing finds.
        {place: f"{place}（{who[0]}）" for place, who in places.items() if len(who) == 1}
        | {row.code: f"渠道：{row.name}" for row in channels},
    )


def problems(rule: Rule, known: Named) -> list[FieldProblem]:
    """Return all that keeps a rule from being used, by field; empty when nothing does."""
    found = rule.problems_by_field()
    for field in ("unit", "supervising_unit"):
        code = getattr(rule, field)
        if code and code not in known.units:
            found.append((field, f"没有单位“{code}”"))
    if rule.category and rule.category not in known.categories:
        found.append(("category", f"没有民意类型“{rule.category}”"))
    if rule.place and fold(rule.place) not in {fold(place) for place in known.places}:
        found.append(("place", f"没有哪个派出所单独管“{rule.place}”，也没有这个渠道，这条规则永远不会命中"))
    found += [
        (field, f"“{word}”中间有空格，请分成两个词，或者写成“甲+乙”")
        for field in ("words", "also", "without")
        for word in getattr(rule, field)
        if any(character.isspace() for character in word)
    ]
    return [FieldProblem(field, LABELS[field], message) for field, message in found]


def table(connection: Connection) -> dict[str, Rule]:
    """Return the published rules by code, with those that are switched off, in the order of the table."""
    return {rule.id: rule for rule in kept_rules(connection)}


def newest(connection: Connection) -> int:
    """Return the number of the newest version, 0 when nothing was published yet."""
    return connection.execute(select(func.coalesce(func.max(KeywordVersion.number), 0))).scalar_one()


def next_code(connection: Connection) -> str:
    """Return a code for a new rule that no rule ever had."""
    while True:
        code = f"K{connection.execute(select(CODES.next_value())).scalar_one():04}"
        if not connection.execute(TAKEN, {"code": code}).scalar_one():
            return code


def write(connection: Connection, wanted: Sequence[Rule], *, actor: str, reason: str, restores: int | None) -> int:
    """Make ``wanted`` the published rules, as a new version; return its number. The caller holds ``LOCK``."""
    known = named(connection)
    present = table(connection)
    after = {rule.id: rule for rule in wanted}
    added = [rule for code, rule in after.items() if code not in present]
    changed = [rule for code, rule in after.items() if code in present and rule != present[code]]
    removed = [code for code in present if code not in after]
    if removed:
        connection.execute(delete(Keyword).where(Keyword.code.in_(removed)))
    for rule in changed:
        connection.execute(update(Keyword).where(Keyword.code == rule.id).values(row(rule, known)))
    if added:
        connection.execute(insert(Keyword), [row(rule, known) for rule in added])
    number = newest(connection) + 1
    connection.execute(
        insert(KeywordVersion).values(
            number=number,
            published_at=func.clock_now(),
            published_by=actor,
            reason=reason,
            rules=[rule.as_dict() for rule in wanted],
            restores=restores,
            added=len(added),
            changed=len(changed),
            removed=len(removed),
        )
    )
    return number


def row(rule: Rule, known: Named) -> dict[str, Any]:
    """Return a rule as a row of the table; KeyError for a unit or category that is not known."""
    return {
        "code": rule.id,
        "kind": rule.kind,
        "words": list(rule.words),
        "also": list(rule.also),
        "without": list(rule.without),
        "place": rule.place or None,
        "unit_id": known.units[rule.unit][0] if rule.unit else None,
        "supervising_unit_id": known.units[rule.supervising_unit][0] if rule.supervising_unit else None,
        "agency": rule.agency or None,
        "category_id": known.categories[rule.category][0] if rule.category else None,
        "matter_kind": rule.matter_kind or None,
        "severity": rule.severity or None,
        "clock": rule.clock or None,
        "priority": rule.priority,
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "active": rule.active,
    }


@dataclass(frozen=True)
class Version:
    """A publication: its number, when, by whom (an actor), why, what it brought back, and how much it changed."""

    number: int
    published_at: datetime
    published_by: str
    reason: str
    restores: int | None
    added: int
    changed: int
    removed: int


def versions(connection: Connection, *, limit: int, offset: int = 0) -> tuple[list[Version], int]:
    """Return publications, the newest first, and how many there are."""
    columns = [getattr(KeywordVersion, name) for name in Version.__dataclass_fields__]
    query = select(*columns).order_by(KeywordVersion.number.desc()).limit(limit).offset(offset)
    total = connection.execute(select(func.count()).select_from(KeywordVersion)).scalar_one()
    return [Version(*one) for one in connection.execute(query)], total


def version(connection: Connection, number: int) -> tuple[Version, dict[str, Rule]] | None:
    """Return a publication with its rules by code; None when there is none of that number."""
    found = connection.execute(select(KeywordVersion).where(KeywordVersion.number == number)).one_or_none()
    if found is None:
        return None
    rules = [rule_from_dict(data) for data in found.rules]
    return Version(*(getattr(found, name) for name in Version.__dataclass_fields__)), {rule.id: rule for rule in rules}


@dataclass(frozen=True)
class Difference:
    """A rule that two sets have differently; None where one of them has it not."""

    code: str
    old: Rule | None
    new: Rule | None

    @property
    def what(self) -> str:
        """Return ``added``, ``removed``, ``switched_off``, ``switched_on`` or ``changed``."""
        if self.old is None:
            return "added"
        if self.new is None:
            return "removed"
        if replace(self.new, active=self.old.active) == self.old and self.new != self.old:
            return "switched_on" if self.new.active else "switched_off"
        return "changed"

    @property
    def fields(self) -> list[str]:
        """Return the attributes that differ, or all that are set where there is only one rule."""
        if self.old is None or self.new is None:
            empty = Rule("", "department", ())
            rule = self.new or self.old or empty
            always = ("kind", "priority")
            return [name for name in LABELS if name in always or getattr(rule, name) != getattr(empty, name)]
        return [name for name in LABELS if getattr(self.old, name) != getattr(self.new, name)]


def differences(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> list[Difference]:
    """Return what ``new`` has differently from ``old``, in the order of ``new``, removed rules last."""
    codes: Iterable[str] = dict.fromkeys([*new, *old])
    return [Difference(code, old.get(code), new.get(code)) for code in codes if old.get(code) != new.get(code)]
