"""Form fields whose answers nothing uses."""

import re

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import formulas
from engine.runtime.checker.mappings import mappings
from engine.runtime.checker.model import Node
from engine.runtime.decisions import Decision
from engine.runtime.expressions.usage import read


def check_unread(context: Context) -> None:
    """Note each field of a form that no expression, decision, mapping or condition of the form reads, nor the host.

    Long texts and files are read by people and never noted; multi-instance answers come back as a list.
    """
    if context.known.reads is None:
        return
    used = _used(context)
    for diagram, node in context.nodes():
        if node.kind not in ("userTask", "manualTask") or node.id in context.known.reads or node.multiple is not None:
            continue
        key = context.form_key(node)
        for field in context.forms.get(key) or {}:
            if field not in context.long_texts.get(key, ()) and not _is_used(context, node, key, field, used):
                context.report.add("field-unread", diagram.file, node, field=field)


def _is_used(context: Context, node: Node, key: str, field: str, used: set[str]) -> bool:
    path = f"{node.id}.{field}"
    if any(each == path or path.startswith(f"{each}.") or each.startswith(f"{path}.") for each in used):
        return True
    questions = context.questions.get(key)
    word = re.compile(rf"(?<!\w){re.escape(field)}(?!\w)")
    return questions is not None and any(word.search(text) for text in questions.conditions)


def _used(context: Context) -> set[str]:
    used: set[str] = set()
    for _, node in context.nodes():
        for formula in formulas(node):
            expression = formula.read()
            if expression is not None:
                used |= read(expression.node)
        used.update(mapping.source for mapping in mappings(node, "out") if mapping.source)
    for decision in context.decisions.values():
        used |= _used_by(decision)
    return used


def _used_by(decision: Decision) -> set[str]:
    used: set[str] = set()
    for column in decision.inputs:
        used |= read(column.expression.node)
    for rule in decision.rules:
        for formula in [*rule.tests, *(value for value in rule.values if value is not None)]:
            used |= read(formula.node)
    return used | (read(decision.formula.node) if decision.formula is not None else set())
