"""What staff write down for routing: rules of keywords, the units and categories they name, and who may be accused."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import Any, Literal, get_args

from rules.limits import parse_limit

RuleKind = Literal["department", "local", "outside", "accusation", "matter", "intent", "severity"]
"""What a rule speaks for.

`department`: `unit` owns it · `local`: the station of the place owns it under `unit`, which owns it itself where no
place is known · `outside`: no police matter, `agency` owns it · `accusation`: words that beside a police officer or
unit make a complaint about the police, for `unit` · `matter`: only the category · `intent`: what is wanted
(`matter_kind`) · `severity`: how grave it is.
"""
RuleState = Literal["valid", "future", "expired", "off"]
MatterKind = Literal["consult", "request", "complaint", "report", "suggestion", "petition", "praise"]
Severity = Literal["ordinary", "major", "urgent"]

RULE_KINDS: tuple[str, ...] = get_args(RuleKind)
MATTER_KINDS: tuple[str, ...] = get_args(MatterKind)
SEVERITIES: tuple[str, ...] = get_args(Severity)
HIGHEST_PRIORITY = 9
SHORTEST_WORD = 2


@dataclass(frozen=True)
class Rule:
    """One line of the keyword table. Units, categories and agencies are the caller's own identifiers, opaque here.

    It fires when one of `words` stands in the title or body (an entry `甲+乙` wants both), and of every entry of
    `also` one (`甲|乙`: either), and none of `without`; and, when `place` is set, the matter names that place.
    `priority` 1 to 9 is its weight as evidence. `valid_from` and `valid_to` are both inclusive. One that is not
    `active` is kept in the table and never fires.
    """

    id: str
    kind: RuleKind
    words: tuple[str, ...]
    also: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    place: str = ""
    unit: str = ""
    supervising_unit: str = ""
    agency: str = ""
    category: str = ""
    matter_kind: str = ""
    severity: str = ""
    clock: str = ""
    priority: int = 5
    valid_from: date | None = None
    valid_to: date | None = None
    active: bool = True

    def is_valid(self, on: date | None) -> bool:
        """Tell whether the rule holds on that day; without a day every active rule holds."""
        if on is None or not self.active:
            return self.active
        return (self.valid_from is None or self.valid_from <= on) and (self.valid_to is None or on <= self.valid_to)

    def state(self, on: date) -> RuleState:
        """Return whether it holds on that day, and why not."""
        if not self.active:
            return "off"
        if self.valid_from is not None and on < self.valid_from:
            return "future"
        return "valid" if self.is_valid(on) else "expired"

    def problems(self) -> list[str]:
        """Return in Chinese what is wrong with the rule in itself; empty when nothing is."""
        return [message for _, message in self.problems_by_field()]

    def problems_by_field(self) -> list[tuple[str, str]]:
        """Return what is wrong with the rule in itself, each with the name of the attribute to be mended."""
        checks = (
            (self.kind in RULE_KINDS, "kind", f"不认识的规则种类“{self.kind}”"),
            (bool(self.words), "words", "没有关键词"),
            (
                all(len(entry) >= SHORTEST_WORD for entry in self.words) and all(self.parts()),
                "words",
                "关键词至少两个字，单字会命中太多（单字只能用在“甲+乙”里）",
            ),
            (1 <= self.priority <= HIGHEST_PRIORITY, "priority", f"优先级要在1到{HIGHEST_PRIORITY}之间"),
            (
                self.kind not in ("department", "local", "accusation") or bool(self.unit),
                "unit",
                "没有写承办单位",
            ),
            (self.kind != "outside" or bool(self.agency), "agency", "没有写职能部门"),
            (self.kind != "matter" or bool(self.category), "category", "没有写民意类型"),
            (self.kind != "intent" or self.matter_kind in MATTER_KINDS, "matter_kind", "没有写诉求性质"),
            (self.kind != "severity" or bool(self.severity), "severity", "没有写轻重"),
            (
                not self.severity or self.severity in SEVERITIES,
                "severity",
                f"不认识的轻重“{self.severity}”",
            ),
            (
                not self.supervising_unit or self.supervising_unit != self.unit,
                "supervising_unit",
                "督办单位不能就是承办单位",
            ),
            (
                not (self.valid_from and self.valid_to) or self.valid_from <= self.valid_to,
                "valid_to",
                "失效日期早于生效日期",
            ),
        )
        found = [(field, message) for good, field, message in checks if not good]
        if self.clock:
            try:
                parse_limit(self.clock)
            except ValueError as problem:
                found.append(("clock", str(problem)))
        return found

    def parts(self) -> list[str]:
        """Return every single word that the rule looks for, of `words`, `also` and `without`."""
        found = [part for entry in self.words for part in entry.split("+")]
        found += [part for entry in self.also for part in entry.split("|")]
        return found + list(self.without)

    def as_dict(self) -> dict[str, Any]:
        """Return the rule as JSON-able data; `rule_from_dict` reads it back."""
        data = asdict(self)
        for name in ("words", "also", "without"):
            data[name] = list(data[name])
        for name in ("valid_from", "valid_to"):
            data[name] = data[name].isoformat() if data[name] else None
        return data


def rule_from_dict(data: dict[str, Any]) -> Rule:
    """Build a rule from the data of `Rule.as_dict`; unknown keys are left out, ValueError on a bad date."""
    known = {field.name for field in fields(Rule)}
    found = {name: value for name, value in data.items() if name in known and value is not None}
    for name in ("words", "also", "without"):
        found[name] = tuple(found.get(name, ()))
    for name in ("valid_from", "valid_to"):
        if isinstance(found.get(name), str):
            found[name] = date.fromisoformat(found[name])
    return Rule(**found)


@dataclass(frozen=True)
class Unit:
    """A unit as routing sees it.

    `code`: the caller's identifier · `names`: full name and every short one that people write · `station`: a local
    station, chosen by `places` (villages, roads, communities it serves) · `generic`: a word such as 交警 or 派出所 that
    people use for units of its sort.
    """

    code: str
    names: tuple[str, ...]
    station: bool = False
    places: tuple[str, ...] = ()
    generic: tuple[str, ...] = ()


@dataclass(frozen=True)
class Category:
    """A category as routing sees it: the same `topic` may exist under several kinds (咨询 / 求助 / 建议)."""

    code: str
    kind: str
    topic: str = ""


@dataclass(frozen=True)
class Officer:
    """An officer who may be accused by name or badge."""

    code: str
    name: str
    unit: str
    badge: str = ""


class RulesError(ValueError):
    """A rule table that cannot be used; `problems` has (rule id, message) for every fault."""

    def __init__(self, problems: Sequence[tuple[str, str]]) -> None:
        super().__init__("；".join(f"规则 {rule}：{message}" for rule, message in problems))
        self.problems = tuple(problems)


def check_rules(rules: Iterable[Rule], units: Iterable[Unit] = (), categories: Iterable[Category] = ()) -> None:
    """Raise RulesError naming every fault: in a rule itself, an identity used twice, an unknown unit or category.

    Units and categories are only checked when some are given.
    """
    known_units = {unit.code for unit in units}
    known_categories = {category.code for category in categories}
    seen: set[str] = set()
    problems: list[tuple[str, str]] = []
    for rule in rules:
        problems += [(rule.id, message) for message in rule.problems()]
        if rule.id in seen:
            problems.append((rule.id, "编号重复"))
        seen.add(rule.id)
        named = [code for code in (rule.unit, rule.supervising_unit) if code]
        problems += [(rule.id, f"没有单位“{code}”") for code in named if known_units and code not in known_units]
        if rule.category and known_categories and rule.category not in known_categories:
            problems.append((rule.id, f"没有民意类型“{rule.category}”"))
    if problems:
        raise RulesError(problems)
