"""Which variables a node puts into process data: answers of forms, results of services and decisions, start data.

Variables are dotted paths. `x.*` stands for anything below x, `*` for anything at all: where something is wrong
enough to be reported by itself, nothing more is said about the variables that depend on it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.model import Node
from engine.runtime.checker.structure import service_name

EVERYTHING: Final = "*"
_OPEN_TYPES: Final = frozenset({"any", "record", "object", "dict", "json"})


def variables_of(context: Context, node: Node) -> frozenset[str]:
    """Return the paths that have a value after the node has acted."""
    if not node.id:
        return frozenset()
    if node.kind == "userTask":
        return _below(node.id, context.forms.get(context.form_key(node)))
    if node.kind == "serviceTask":
        service = context.known.services.get(service_name(node) or "")
        return _below(node.id, service.outputs if service else None)
    if node.kind == "businessRuleTask":
        return _decided(context, node)
    if node.kind == "receiveTask" or "message" in node.definitions:
        # What a message brings is known only when it comes.
        return _below(node.id, None)
    return frozenset()


def _decided(context: Context, node: Node) -> frozenset[str]:
    decision = context.decisions.get(node.camunda("decisionRef"))
    name = node.camunda("resultVariable") or node.id
    if decision is None:
        return _below(name, None)
    bare = decision.policy.many or decision.policy.aggregates  # a list or a number has no members
    return _below(name, {} if bare else decision.outputs)


def start_variables(context: Context, process_key: str) -> frozenset[str]:
    """Return the paths a process has when it is started by itself."""
    known = context.known.start
    return frozenset(_nested("", known.get(process_key, known.get("*", {}))))


def satisfied(path: str, known: Iterable[str]) -> bool:
    """Whether a path has a value, given what is known to have one."""
    known = known if isinstance(known, frozenset) else frozenset(known)
    if path in known or EVERYTHING in known:
        return True
    steps = path.split(".")
    return any(".".join([*steps[:count], "*"]) in known for count in range(1, len(steps)))


def _below(name: str, fields: Mapping[str, str] | None) -> frozenset[str]:
    if fields is None:
        return frozenset({name, f"{name}.*"})
    paths = {name}
    for field, kind in fields.items():
        steps = field.split(".")
        paths.update(f"{name}.{'.'.join(steps[: count + 1])}" for count in range(len(steps)))
        if kind in _OPEN_TYPES:
            paths.add(f"{name}.{field}.*")
    return frozenset(paths)


def _nested(prefix: str, record: Mapping[str, Any]) -> Iterable[str]:
    for name, kind in record.items():
        path = f"{prefix}{name}"
        yield path
        if isinstance(kind, Mapping):
            yield from _nested(f"{path}.", kind)
        elif kind in _OPEN_TYPES:
            yield f"{path}.*"
