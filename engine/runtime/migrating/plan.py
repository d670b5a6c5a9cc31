"""A plan: which element of one deployment becomes which of another, and how the two differ."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from engine.runtime.definitions import Definition
from engine.runtime.deployments import Deployment
from engine.runtime.errors import RuntimeFailure
from engine.runtime.migrating.ahead import Ahead
from engine.runtime.migrating.elements import CONTAINER, Element, Place, elements

SIGN: Final = "/"
What = Literal["added", "removed", "changed", "renamed", "dropped"]


class UnusablePlan(RuntimeFailure):
    """A mapping names what is not there, or maps what cannot stand for each other.

    Attributes:
        problems: every fault, a sentence each.

    """

    def __init__(self, problems: list[str]) -> None:
        super().__init__("".join(problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Difference:
    """How an element differs between the two deployments.

    Attributes:
        what: ``added``, ``removed``, ``changed``, ``renamed`` (mapped by hand, perhaps changed too) or ``dropped``.
        old: as the first has it; None when it was added.
        new: as the second has it; None when it is gone.
        facts: what differs: name of the fact (``label`` for the label, ``kind``, ``scope``) to its two texts.

    """

    what: What
    old: Element | None
    new: Element | None
    facts: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    @property
    def element(self) -> Element:
        """The element, as the first deployment has it if it does."""
        either = self.old or self.new
        if either is None:
            raise LookupError("a difference is between elements")
        return either


@dataclass(frozen=True)
class Plan:
    """How the instances of one process move from one deployment to another.

    Attributes:
        process_key: the process.
        source: the deployment they are on.
        target: the one they move to.
        old: the first deployment, parsed.
        new: the second, parsed.
        mapping: what was said by hand: ``process/element`` to the id of the new element, None for «dropped».

    """

    process_key: str
    source: Deployment
    target: Deployment
    old: Definition = field(repr=False)
    new: Definition = field(repr=False)
    mapping: Mapping[str, str | None] = field(default_factory=dict)

    @cached_property
    def before(self) -> dict[Place, Element]:
        """What the first deployment draws."""
        return elements(self.old, self.process_key)

    @cached_property
    def after(self) -> dict[Place, Element]:
        """What the second deployment draws."""
        return elements(self.new, self.process_key)

    @cached_property
    def ahead(self) -> Ahead:
        """What the second deployment reads from any place on."""
        return Ahead(self.after)

    @cached_property
    def ahead_before(self) -> Ahead:
        """What the first deployment reads from any place on."""
        return Ahead(self.before)

    def is_dropped(self, element: Element) -> bool:
        """Whether an element was said to go without a successor."""
        return SIGN.join(element.place) in self.mapping and self.mapping[SIGN.join(element.place)] is None

    def counterpart(self, element: Element) -> Element | None:
        """Return what an element becomes: what was said by hand, else the element of its id; None when nothing is."""
        name = SIGN.join(element.place)
        identifier = self.mapping.get(name, element.id)
        if identifier is None:
            return None
        found = self.after.get((element.process_key, identifier))
        if found is not None and name not in self.mapping and identifier in self.taken(element.process_key):
            return None  # by hand another element became this one
        return found

    def taken(self, process_key: str) -> frozenset[str]:
        """Return the new elements of a process that elements of another id become."""
        return self._taken.get(process_key, frozenset())

    @cached_property
    def _taken(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for name, identifier in self.mapping.items():
            process_key, _, old = name.partition(SIGN)
            if identifier is not None and identifier != old:
                found.setdefault(process_key, set()).add(identifier)
        return {key: frozenset(names) for key, names in found.items()}

    def scope(self, element: Element) -> str | None:
        """Return the new scope an element should lie in; None when its own has no counterpart."""
        if element.scope == element.process_key:
            return element.scope
        container = self.counterpart(self.before[element.process_key, element.scope])
        return container.id if container is not None else None

    @cached_property
    def renamed(self) -> dict[Place, str]:
        """What has another id in the second deployment: place to the new id."""
        found = {}
        for element in self.before.values():
            new = self.counterpart(element)
            if new is not None and new.id != element.id:
                found[element.place] = new.id
        return found

    @cached_property
    def kept(self) -> frozenset[Place]:
        """The places in the second deployment that an element of the first becomes."""
        return frozenset(
            new.place for element in self.before.values() if (new := self.counterpart(element)) is not None
        )

    def differences(self) -> list[Difference]:
        """Return how the two deployments differ: what is gone or changed in the old order, then what was added."""
        return [
            *self._gone_or_changed(),
            *(Difference("added", None, new) for place, new in self.after.items() if place not in self.kept),
        ]

    def _gone_or_changed(self) -> Iterator[Difference]:
        for element in self.before.values():
            new = self.counterpart(element)
            if new is None:
                yield Difference("dropped" if self.is_dropped(element) else "removed", element, None)
                continue
            facts = changed(element, new)
            if new.id != element.id:
                yield Difference("renamed", element, new, facts)
            elif facts:
                yield Difference("changed", element, new, facts)

    def choices(self, element: Element) -> list[Element]:
        """Return what an element could become by hand: elements of its kind in its scope.

        As long as its scope has no counterpart, those of every scope: both may be said at once.
        """
        scope = self.scope(element)
        return [
            new
            for new in self.after.values()
            if (new.process_key, new.kind) == (element.process_key, element.kind) and scope in {None, new.scope}
        ]

    def suggestions(self) -> list[tuple[Element, Element]]:
        """Return what an element that is gone might have become: the one added element of its kind, scope and label."""
        added = [new for new in self.after.values() if new.place not in self.kept]
        found = []
        for element in self.before.values():
            if self.counterpart(element) is None and not self.is_dropped(element):
                alike = [new for new in self.choices(element) if new in added and new.name == element.name]
                if len(alike) == 1:
                    found.append((element, alike[0]))
        return found


def changed(old: Element, new: Element) -> dict[str, tuple[str, str]]:
    """Return what differs between two elements, by the name of the fact."""
    pairs = {"label": (old.name, new.name), "kind": (old.kind, new.kind), "scope": (old.scope, new.scope)}
    pairs |= {name: (old.facts.get(name, ""), new.facts.get(name, "")) for name in {*old.facts, *new.facts}}
    return {name: pair for name, pair in sorted(pairs.items()) if pair[0] != pair[1]}


def checked(plan: Plan, asked: Mapping[str, str | None]) -> Plan:
    """Return the plan with a mapping that somebody typed: old id, or ``process/id``, to new id or None for «dropped».

    Raises UnusablePlan naming everything that is wrong with it.
    """
    problems: list[str] = []
    mapping: dict[str, str | None] = {}
    for name, identifier in asked.items():
        places = [place for place in plan.before if name in {place[1], SIGN.join(place)}]
        if not places:
            problems.append(f"旧版流程里没有环节 {name}。")
            continue
        if len(places) > 1:
            problems.append(f"旧版流程里有几个环节 {name}，请写成“流程/环节”。")
            continue
        mapping[SIGN.join(places[0])] = identifier
    whole = Plan(plan.process_key, plan.source, plan.target, plan.old, plan.new, mapping)
    for name, identifier in mapping.items():
        process_key, _, old = name.partition(SIGN)
        problems += _faults(whole, plan.before[process_key, old], identifier)
    if plan.process_key not in plan.old.specs or plan.process_key not in plan.new.specs:
        problems.append(f"流程 {plan.process_key} 不在两个版本里都有。")
    if plan.source.id == plan.target.id:
        problems.append("两个版本相同，没有什么可迁移。")
    if problems:
        raise UnusablePlan(problems)
    return whole


def _faults(plan: Plan, element: Element, identifier: str | None) -> list[str]:
    if identifier is None:
        return [] if element.boundary else [f"“{element.name}”不是边界事件，不能删去，请指定对应的环节。"]
    new = plan.after.get((element.process_key, identifier))
    if new is None:
        return [f"新版流程 {element.process_key} 里没有环节 {identifier}。"]
    if new.kind != element.kind:
        return [f"“{element.name}”不能对应“{new.name}”：两者类型不同。"]
    if element.kind != CONTAINER and new.scope != plan.scope(element):
        return [f"“{element.name}”不能对应“{new.name}”：两者不在同一个子流程里。"]
    return []
