"""Which variables an expression reads, and which of them must have a value for it to have one."""

from collections.abc import Mapping
from types import MappingProxyType

from engine.runtime.expressions.tree import (
    Call,
    Compare,
    Conditional,
    Constant,
    Logic,
    Member,
    Node,
    Not,
    Path,
    Tolerant,
    walk,
)

_NOTHING: frozenset[str] = frozenset()
_NO_BUNDLES: Mapping[str, frozenset[str]] = MappingProxyType({})


def read(node: Node) -> frozenset[str]:
    """Return the dotted paths of all variables the tree reads, needed or not."""
    return frozenset(each.dotted for each in walk(node) if isinstance(each, Path))


def called(node: Node) -> frozenset[str]:
    """Return the names of all functions the tree calls, those the interpreter handles itself left out."""
    return frozenset(each.name for each in walk(node) if isinstance(each, Call))


def required(
    node: Node, known: frozenset[str] = _NOTHING, bundles: Mapping[str, frozenset[str]] = _NO_BUNDLES
) -> frozenset[str]:
    """Return the paths without which evaluation can fail, given that those in `known` have values.

    `defined(x) and x > 3` requires nothing: where `x > 3` is reached, x has a value. `bundles` names, for a path, all
    those that have a value whenever it has one.
    """
    if isinstance(node, Path):
        return _NOTHING if node.dotted in known else frozenset({node.dotted})
    if isinstance(node, Tolerant):
        # What the first argument names may be missing; the key and the default of get() may not.
        needed = _required_below(node.arguments[0], known, bundles)
        return needed.union(*(required(argument, known, bundles) for argument in node.arguments[1:]))
    if isinstance(node, Logic):
        needed = _NOTHING
        for operand in node.operands:
            needed |= required(operand, known, bundles)
            known |= proved(operand, outcome=not node.stops_at, bundles=bundles)
        return needed
    if isinstance(node, Conditional):
        held = known | proved(node.test, outcome=True, bundles=bundles)
        failed = known | proved(node.test, outcome=False, bundles=bundles)
        return (
            required(node.test, known, bundles)
            | required(node.then, held, bundles)
            | required(node.otherwise, failed, bundles)
        )
    return _NOTHING.union(*(required(part, known, bundles) for part in node.parts()))


def proved(node: Node, *, outcome: bool, bundles: Mapping[str, frozenset[str]] = _NO_BUNDLES) -> frozenset[str]:
    """Return the paths that certainly have a value when `node` came out as true (or as false); see `required`."""
    paths = _proved(node, outcome=outcome)
    return paths.union(*(bundles[path] for path in paths if path in bundles))


def _required_below(node: Node, known: frozenset[str], bundles: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Return what is required although the node itself may be missing: the parts it is computed from."""
    if isinstance(node, Path):
        return _NOTHING
    if isinstance(node, Member):
        return _required_below(node.owner, known, bundles) | required(node.key, known, bundles)
    return required(node, known, bundles)


def _proved(node: Node, *, outcome: bool) -> frozenset[str]:
    """Return the paths that certainly have a value when `node` came out as true (or as false)."""
    if isinstance(node, Not):
        return _proved(node.operand, outcome=not outcome)
    if isinstance(node, Tolerant) and isinstance(node.arguments[0], Path):
        if (node.name == "defined" and outcome) or (node.name == "empty" and not outcome):
            return _prefixes(node.arguments[0])
        return _NOTHING
    if isinstance(node, Logic) and outcome is not node.stops_at:
        return _NOTHING.union(*(_proved(operand, outcome=outcome) for operand in node.operands))
    if isinstance(node, Compare) and len(node.links) == 1:
        return _proved_by_null(node, outcome=outcome)
    return _NOTHING


def _proved_by_null(node: Compare, *, outcome: bool) -> frozenset[str]:
    """`get(a, 'b') != null` proves a.b."""
    sign, other = node.links[0]
    differs = (sign == "!=" and outcome) or (sign == "==" and not outcome)
    first = node.first
    if (
        differs
        and other == Constant(None)
        and isinstance(first, Tolerant)
        and first.name == "get"
        and len(first.arguments) == 2  # noqa: PLR2004 - with a default it proves nothing
        and isinstance(first.arguments[0], Path)
        and isinstance(first.arguments[1], Constant)
    ):
        return _prefixes(Path((*first.arguments[0].steps, str(first.arguments[1].value))))
    return _NOTHING


def _prefixes(path: Path) -> frozenset[str]:
    return frozenset(".".join(path.steps[: count + 1]) for count in range(len(path.steps)))
