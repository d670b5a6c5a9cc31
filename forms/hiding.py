"""Which components are hidden: reading their conditions when a form is compiled, deciding when it is filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from forms.component import Component, questions, walk
from forms.conditions import ConditionError, Name, parse_condition
from forms.problems import Problems

EMPTY: Mapping[str, Any] = {"boolean": False, "list": ()}
"""Kind of an answer -> what conditions see when its question is hidden or unanswered; None for the others."""


def with_conditions(components: tuple[Component, ...], problems: Problems) -> tuple[Component, ...]:
    """Return the components with their conditions read. A row's conditions see its own keys before the form's.

    Notes conditions that cannot be read, and questions that would decide about themselves.
    """
    done = _attach(components, _names_of(components), problems)
    _refuse_circles(done, problems)
    return done


def hidden_places(
    components: tuple[Component, ...],
    answer_to: Callable[[str], Any],
    outer: Callable[[str], Any] | None = None,
) -> frozenset[str]:
    """Return the places of all hidden components. What is hidden counts as unanswered for the others.

    ``answer_to`` gives an answer by key as conditions see it; ``outer`` answers for keys of the form when
    the components are those of a row.
    """
    decision = _Decision(components, answer_to, outer)
    return frozenset(c.place for c in walk(components) if decision.hides(c))


def visible_answers(components: tuple[Component, ...], answer_to: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a function that gives an answer by key as conditions see it: hidden ones count as empty."""
    return _Decision(components, answer_to, None).value


class _Decision:
    """Decides about one set of answers. Terminates because circles were refused when the form was compiled."""

    def __init__(
        self,
        components: tuple[Component, ...],
        answer_to: Callable[[str], Any],
        outer: Callable[[str], Any] | None,
    ) -> None:
        self._answer_to = answer_to
        self._outer = outer
        self._parents = {child.place: c for c in walk(components) if c.type == "group" for child in c.children}
        self._by_key = {c.key: c for c in questions(components)}
        self._known: dict[str, bool] = {}

    def hides(self, component: Component) -> bool:
        if component.place not in self._known:
            parent = self._parents.get(component.place)
            inherited = parent is not None and self.hides(parent)
            own = component.condition
            self._known[component.place] = inherited or (own is not None and own.holds(self.value))
        return self._known[component.place]

    def value(self, key: str) -> Any:
        component = self._by_key.get(key)
        if component is None:
            return self._outer(key) if self._outer else None
        return EMPTY.get(component.kind) if self.hides(component) else self._answer_to(key)


def _names_of(components: tuple[Component, ...]) -> dict[str, Name]:
    """Return the names conditions may use: each key, and the key with the paths of its groups before it."""
    names: dict[str, Name] = {}
    for component in questions(components):
        values = () if component.list_key else tuple(str(option.value) for option in component.options)
        name = Name(component.key, component.kind, values)
        names[component.key] = name
        names[".".join((*component.path, component.key))] = name
    return names


def _attach(components: tuple[Component, ...], names: Mapping[str, Name], problems: Problems) -> tuple[Component, ...]:
    done = []
    for component in components:
        changed = component
        if component.children and component.type != "contacts":
            inner = names if component.type == "group" else {**names, **_names_of(component.children)}
            changed = replace(changed, children=_attach(component.children, inner, problems))
        if component.hide:
            try:
                changed = replace(changed, condition=parse_condition(component.hide, names))
            except ConditionError as error:
                problems.add(f"{component.place}.conditional.hide", error.message, error.message_en)
        done.append(changed)
    return tuple(done)


def _refuse_circles(components: tuple[Component, ...], problems: Problems) -> None:
    needs = _needs(components, frozenset())
    for component in walk(components):
        if component.type == "dynamiclist":
            _refuse_circles(component.children, problems)
        if component.condition is not None and _reaches_itself(component, needs):
            place = f"{component.place}.conditional.hide"
            problems.add(place, "条件互相依赖，成了循环", "conditions depend on each other in a circle")


def _needs(components: tuple[Component, ...], inherited: frozenset[str]) -> dict[str, frozenset[str]]:
    """Return, for each key, the keys that decide whether it is shown (its own condition and its groups')."""
    needs: dict[str, frozenset[str]] = {}
    for component in components:
        mine = inherited | (component.condition.names if component.condition else frozenset())
        if component.type == "group":
            needs.update(_needs(component.children, mine))
        elif component.key:
            needs[component.key] = mine
    return needs


def _reaches_itself(component: Component, needs: Mapping[str, frozenset[str]]) -> bool:
    own = {c.key for c in walk((component,)) if c.key}
    seen: set[str] = set()
    waiting = list(component.condition.names if component.condition else ())
    while waiting:
        key = waiting.pop()
        if key in own:
            return True
        if key not in seen:
            seen.add(key)
            waiting.extend(needs.get(key, ()))
    return False
