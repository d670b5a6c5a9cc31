"""What the tasks name: forms, roles, services and their parameters, decisions, called processes, messages."""

import re
from collections.abc import Iterable
from typing import Final

from engine.runtime.checker.context import Context
from engine.runtime.checker.elements import refuse
from engine.runtime.checker.formulas import marked
from engine.runtime.checker.model import Diagram, Node, Scope
from engine.runtime.checker.structure import service_name

_NAME: Final = re.compile(r"[^\W\d_]\w*")
# What stands between commas, those in an expression being part of it; reading stays linear in the text.
_PART: Final = re.compile(r"(?:\{[^}]*\}?|[^,{])+")
# What the host or the engine keeps under these names in process data.
RESERVED: Final = frozenset(
    {"matter", "typename", "true", "false", "null", "and", "or", "not", "in", "is", "if", "else"}
)
_OPERATORS: Final = frozenset({"empty", "eq", "ne", "lt", "le", "gt", "ge", "div", "mod", "True", "False", "None"})
_LEAVES_DATA: Final = frozenset(
    {"userTask", "manualTask", "serviceTask", "sendTask", "businessRuleTask", "receiveTask"}
)
_START: Final = ("请用消息开始事件。", "Use a message start event.")


def check_tasks(context: Context) -> None:
    """Check every task against what is among the files and what the host knows."""
    steps = context.steps()
    for diagram, node in context.nodes():
        _check_id(context, diagram.file, node)
        if node.kind == "userTask":
            _check_user_task(context, diagram, node, steps)
        elif node.kind == "manualTask":
            _check_manual_task(context, diagram.file, node, steps)
        elif node.kind == "serviceTask" or (node.kind == "sendTask" and node.camunda("delegateExpression")):
            _check_service_task(context, diagram.file, node)
        elif node.kind == "businessRuleTask":
            _check_rule_task(context, diagram.file, node)
        elif node.kind == "callActivity":
            _check_call(context, diagram.file, node)
        elif node.kind == "receiveTask" and str(node.xml.get("instantiate") or "").strip() in ("true", "1"):
            words = ("由接收任务开始的流程", "a receive task that starts the process", *_START)
            refuse(context, diagram.file, node, words)
    _check_recursion(context)


def _check_id(context: Context, file: str, node: Node) -> None:
    key = node.camunda("resultVariable") or node.id if node.kind == "businessRuleTask" else node.id
    if node.kind not in _LEAVES_DATA or not key:
        return
    if key in RESERVED or key in _OPERATORS:
        context.report.add("reserved-id", file, node, key=key)
    elif not _NAME.fullmatch(key):
        context.report.add("id-not-a-name", file, node, key=key)


def _check_user_task(context: Context, diagram: Diagram, node: Node, steps: set[str]) -> None:
    form = context.form_key(node)
    if form not in context.forms:
        context.report.add("unknown-form", diagram.file, node, form=form)
    _check_manual_task(context, diagram.file, node, steps)


def _check_manual_task(context: Context, file: str, node: Node, steps: set[str]) -> None:
    """Check what user and manual tasks have in common; a manual task need not have a form."""
    report = context.report
    named = node.camunda("formRef") or node.camunda("formKey")
    if node.kind == "manualTask" and named and named not in context.forms:
        report.add("unknown-form", file, node, form=named)
    _check_roles(context, file, node)
    if not _has_limit(context, node, set()):
        report.add("no-time-limit", file, node)
    for entry in node.extensions("properties", "property"):
        if entry.get("name") == "excludes":
            for step in _split(str(entry.get("value") or "")):
                if step not in steps:
                    report.add("unknown-excluded", file, node, step=step)


def _check_roles(context: Context, file: str, node: Node) -> None:
    report, known = context.report, context.known
    groups = _split(node.camunda("candidateGroups"))
    roles = [group for group in groups if not marked(group)]
    if not groups and node.lane is not None and node.lane.id:
        roles = [node.lane.id]
    if not groups and not roles and not node.camunda("assignee") and not node.camunda("candidateUsers"):
        report.add("no-role", file, node)
    for role in roles:
        if role not in known.roles:
            report.add("unknown-role", file, node, role=role, roles=_list(known.roles))
        elif known.holders is not None and role not in known.holders:
            report.add("role-without-holder", file, node, role=role)


def _has_limit(context: Context, node: Node, seen: set[Scope]) -> bool:
    """Whether something ends the waiting: a due date, or a timer on the task, around it, or on every call of it."""
    if node.camunda("dueDate") or any("timer" in event.definitions for event in node.boundary):
        return True
    scope = node.scope
    if scope.owner is not None:
        return _has_limit(context, scope.owner, seen)
    callers = context.callers.get(scope, [])
    if not callers or scope.id in context.known.start or scope in seen:
        return scope in seen
    seen.add(scope)
    return all(_has_limit(context, caller, seen) for caller in callers)


def _check_service_task(context: Context, file: str, node: Node) -> None:
    report, known = context.report, context.known
    name = service_name(node)
    if name is None:
        report.add("no-service", file, node)
        return
    service = known.services.get(name)
    if service is None:
        report.add("unknown-service", file, node, service=name, services=_list(known.services))
        return
    given = node.extensions("inputOutput", "inputParameter")
    names = {str(entry.get("name") or "") for entry in given}
    for missing in [each for each in service.parameters if each not in names]:
        report.add("missing-parameter", file, node, service=name, parameter=missing)
    allowed = [*service.parameters, *service.optional]
    for extra in sorted(names - set(allowed)):
        report.add("unknown-parameter", file, node, service=name, parameter=extra, parameters=_list(allowed))
    for entry in given:
        if len(entry) and entry[0].tag.rsplit("}", 1)[-1] in ("list", "map"):
            words = ("列表或映射参数", "a list or map parameter", "请写成表达式。", "Write it as an expression.")
            refuse(context, file, node, words)


def _check_rule_task(context: Context, file: str, node: Node) -> None:
    decision = node.camunda("decisionRef")
    if not decision:
        context.report.add("no-decision", file, node)
    elif decision not in context.decisions and decision not in context.broken_decisions:
        context.report.add("unknown-decision", file, node, decision=decision, decisions=_list(context.decisions))


def _check_call(context: Context, file: str, node: Node) -> None:
    called = str(node.xml.get("calledElement") or "").strip()
    if not called:
        context.report.add("no-called-process", file, node)
    elif marked(called):
        words = (
            "动态的被调用流程",
            "a computed calledElement",
            "请写流程的 id，用网关选择。",
            "Write a process id; choose by a gateway.",
        )
        refuse(context, file, node, words)
    elif context.called(node) is None:
        context.report.add("unknown-process", file, node, process=called, processes=_list(context.processes))


def _check_recursion(context: Context) -> None:
    calls: dict[Scope, list[tuple[Node, Scope]]] = {}
    for _, node in context.nodes():
        called = context.called(node)
        if called is not None:
            calls.setdefault(node.scope.process, []).append((node, called))
    for process, made in calls.items():
        for node, called in made:
            path = _way(called, process, calls)
            if path:
                titles = " → ".join(each.title for each in [process, *path])
                context.report.add("recursion", process.diagram.file, node, path=titles)


def _way(start: Scope, goal: Scope, calls: dict[Scope, list[tuple[Node, Scope]]]) -> list[Scope]:
    """Return the processes on a way of calls from `start` to `goal`, both included; nothing if there is none."""
    paths = [[start]]
    seen = {start}
    while paths:
        path = paths.pop(0)
        if path[-1] is goal:
            return path
        for _, called in calls.get(path[-1], []):
            if called not in seen:
                seen.add(called)
                paths.append([*path, called])
    return []


def _split(text: str) -> list[str]:
    return [part.strip() for part in _PART.findall(text) if part.strip()]


def _list(names: Iterable[str]) -> str:
    return "、".join(sorted(names)) or "（无）"
