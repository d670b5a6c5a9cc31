"""Which variables a node puts into process data: answers of forms, results of services and decisions, start data.

Variables are dotted paths. `x.*` stands for anything below x, `*` for anything at all: where something is wrong
enough to be reported by itself, nothing more is said about the variables that depend on it.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.mappings import EVERYTHING
from engine.runtime.checker.model import Element, Node
from engine.runtime.checker.structure import service_name

COUNTS: Final = frozenset({"nrOfInstances", "nrOfActiveInstances", "nrOfCompletedInstances"})
_OPEN_TYPES: Final = frozenset({"any", "record", "object", "dict", "json"})


def variables_of(context: Context, node: Node) -> frozenset[str]:
    """Return the paths that have a value after the node has acted."""
    if not node.id:
        return frozenset()
    if node.multiple is not None:
        return frozenset({node.id})  # a list of what the instances gave
    return outcome_of(context, node)


def outcome_of(context: Context, node: Node) -> frozenset[str]:
    """Return the paths that one run of a node sets; of multiple instances, what each sets inside."""
    if node.kind == "userTask":
        return _below(node.id, context.forms.get(context.form_key(node)))
    if node.kind == "manualTask":
        form = node.camunda("formRef") or node.camunda("formKey")
        return _below(node.id, context.forms.get(form or node.id) if form or node.id in context.forms else {})
    if node.kind == "serviceTask" or (node.kind == "sendTask" and node.camunda("delegateExpression")):
        service = context.known.services.get(service_name(node) or "")
        return _below(node.id, service.outputs if service else None)
    if node.kind == "businessRuleTask":
        return _decided(context, node)
    return _caught(node)


def _caught(node: Node) -> frozenset[str]:
    if node.kind == "boundaryEvent" and {"error", "escalation"}.intersection(node.definitions):
        return _below(node.id, {"code": "text", "message": "text"})
    catching = node.kind in ("startEvent", "intermediateCatchEvent", "boundaryEvent")
    if node.kind == "receiveTask" or (catching and {"message", "signal"}.intersection(node.definitions)):
        # What a message or a signal brings is known only when it comes.
        return _below(node.id, None)
    return frozenset()


def instance_variables(node: Node) -> frozenset[str]:
    """Return the paths that each instance of a multi-instance activity has beside the data of the flow."""
    if node.multiple is None:
        return frozenset()
    variable = Element(node.multiple).camunda("elementVariable")
    return frozenset({"loopCounter"}) | (_below(variable, None) if variable else frozenset())


def _decided(context: Context, node: Node) -> frozenset[str]:
    decision = context.decisions.get(node.camunda("decisionRef"))
    name = node.camunda("resultVariable") or node.id
    if decision is None:
        return _below(name, None)
    if decision.table is None:
        return _below(name, None)  # an expression may give anything
    bare = decision.policy.many or decision.policy.aggregates  # a list or a number has no members
    return _below(name, {} if bare else decision.outputs)


def start_variables(context: Context, process_key: str, *, by_itself: bool = False) -> frozenset[str]:
    """Return the paths a process has when it is started; `by_itself`, without what the host gives to every one."""
    known = context.known.start
    return frozenset(_nested("", known.get(process_key, {} if by_itself else known.get("*", {}))))


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
