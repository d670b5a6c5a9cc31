"""How knowledge of variables passes through a call activity: what goes in, what comes back, under which names."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from engine.runtime.checker.model import Node

Passage = Callable[[frozenset[str]], frozenset[str]]
EVERYTHING: Final = "*"


@dataclass(frozen=True)
class Mapping:
    """One `camunda:in` or `camunda:out`: a path or an expression, and the name it is given on the other side."""

    source: str
    expression: str
    target: str


def mappings(node: Node, direction: str) -> list[Mapping]:
    """Return the complete mappings of a call activity in one direction (`in` or `out`)."""
    found: list[Mapping] = []
    for entry in node.extensions(direction):
        keys = ("source", "sourceExpression", "target")
        source, expression, target = (str(entry.get(key) or "").strip() for key in keys)
        if target and (source or expression):
            found.append(Mapping(source, expression, target))
    return found


def is_mapped(node: Node, direction: str) -> bool:
    """Whether a call activity says what passes in this direction; a business key alone says nothing of data."""
    return any(entry.get("businessKey") is None for entry in node.extensions(direction))


def passage(node: Node, direction: str, always: frozenset[str] = frozenset()) -> Passage:
    """Return what becomes of the known paths when they pass: renamed by the mappings, all of them with `all`.

    The variables named in `always` pass by themselves, with what stands below them.
    """
    everything = any(str(entry.get("variables") or "") == "all" for entry in node.extensions(direction))
    found = mappings(node, direction)

    def pass_on(known: frozenset[str]) -> frozenset[str]:
        passed = set(known) if everything else {path for path in known if path.split(".")[0] in always}
        for mapping in found:
            passed |= _renamed(mapping, known)
        return frozenset(passed)

    return pass_on


def _renamed(mapping: Mapping, known: frozenset[str]) -> set[str]:
    target = mapping.target
    if mapping.expression or satisfied_below(mapping.source, known):
        return {target, f"{target}.*"}
    prefix = f"{mapping.source}."
    paths = {target + path[len(mapping.source) :] for path in known if path.startswith(prefix)}
    return paths | ({target} if mapping.source in known else set())


def satisfied_below(path: str, known: frozenset[str]) -> bool:
    """Whether nothing is known of what stands below a path, so that anything may."""
    steps = path.split(".")
    wild = any(".".join([*steps[:count], "*"]) in known for count in range(1, len(steps) + 1))
    return wild or EVERYTHING in known


def written(names: frozenset[str]) -> Passage:
    """Return a passage that lets the named variables through, with what stands below them."""

    def pass_on(known: frozenset[str]) -> frozenset[str]:
        return frozenset(path for path in known if path.split(".")[0] in names or path == EVERYTHING)

    return pass_on
