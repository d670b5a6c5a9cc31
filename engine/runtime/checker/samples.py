"""Values to try: for every variable those the diagrams and tables compare it with, and one they do not."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import formulas
from engine.runtime.checker.tables import values_of
from engine.runtime.expressions.tree import Compare, Constant, Node, Path, walk

_PLAIN: Final[dict[str, list[Any]]] = {
    "number": [1, 0],
    "integer": [1, 0],
    "count": [1, 0],
    "boolean": [True, False],
    "date": ["2027-03-01"],
    "datetime": ["2027-03-01T09:00:00+08:00"],
    "time": ["09:00"],
    "list": [["甲", "乙"]],
    "record": [{}],
    "object": [{}],
    "any": ["甲"],
}
_TEXT: Final = "甲"
Choose = Callable[[str, list[Any]], Any]


@dataclass
class Samples:
    """The values to try.

    Attributes:
        closed: paths that can have these values only.
        compared: paths and what they are compared with somewhere.

    """

    closed: dict[str, list[Any]] = field(default_factory=dict)
    compared: dict[str, list[Any]] = field(default_factory=dict)

    def of(self, path: str, kind: str) -> list[Any]:
        """Return the values to try for a variable of this type."""
        if path in self.closed:
            return self.closed[path]
        fitting = [value for value in self.compared.get(path, []) if _fits(value, kind)]
        return [*fitting, *_PLAIN.get(kind, [_TEXT])]

    def record(self, prefix: str, fields: Mapping[str, Any], choose: Choose) -> dict[str, Any]:
        """Return a value for every field below `prefix`, nested where a name has dots or a type is a record."""
        made: dict[str, Any] = {}
        for name, kind in fields.items():
            path = f"{prefix}.{name}" if prefix else name
            if isinstance(kind, Mapping):
                value: Any = self.record(path, kind, choose)
            else:
                value = choose(path, self.of(path, str(kind)))
            place = made
            *outer, last = name.split(".")
            for step in outer:
                place = place.setdefault(step, {})
                if not isinstance(place, dict):
                    break
            else:
                place[last] = value
        return made


def gather(context: Context) -> Samples:
    """Gather what the expressions of the diagrams and the cells of the tables say of each variable."""
    samples = Samples(closed=dict(context.choices))
    for _, node in context.nodes():
        for formula in formulas(node):
            expression = formula.read()
            if expression is not None:
                for path, value in _comparisons(expression.node):
                    samples.compared.setdefault(path, []).append(value)
    for decision in context.decisions.values():
        for number, column in enumerate(decision.inputs):
            path = column.expression.text
            values = values_of(column, [rule.tests[number] for rule in decision.rules], context.choices.get(path))
            plain = [value for value in values if isinstance(value, str | int | float | bool)]
            if column.allowed is not None and plain:
                samples.closed.setdefault(path, plain)
            samples.compared.setdefault(path, []).extend(plain)
    return samples


def _comparisons(tree: Node) -> Iterable[tuple[str, Any]]:
    """Yield every variable of a comparison with every literal on another side of it."""
    for node in walk(tree):
        if isinstance(node, Compare):
            sides = node.parts()
            literals = [each.value for side in sides for each in walk(side) if isinstance(each, Constant)]
            for side in sides:
                if isinstance(side, Path):
                    yield from ((side.dotted, value) for value in literals)


def _fits(value: Any, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in ("number", "integer", "count"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    return kind in ("any", "") or isinstance(value, str)
