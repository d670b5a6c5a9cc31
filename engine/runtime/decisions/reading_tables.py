"""Reads the table of a decision: its columns, its rules, its hit policy."""

from collections.abc import Mapping
from typing import Any

from engine.runtime.decisions.kinds import ItemType, type_name
from engine.runtime.decisions.policies import Policy
from engine.runtime.decisions.table import Input, Output, Rule, Table
from engine.runtime.decisions.text import Source
from engine.runtime.expressions import Expression
from engine.runtime.expressions.tree import Constant
from engine.runtime.expressions.values import equal


class TableReader:
    """Reads tables of one file; `types` are its item definitions by name."""

    def __init__(self, source: Source, types: Mapping[str, ItemType]) -> None:
        self.source = source
        self.types = types

    def read(self, decision: Any, table: Any, key: str, variable: str) -> Table:
        """Return the table of a decision; what is wrong with it is noted in the source."""
        source = self.source
        inputs = [self._input(child) for child in source.children(table, "input")]
        columns = tuple(self._output(child, variable or key) for child in source.children(table, "output"))
        policy = self._policy(table, decision, columns)
        rules = [
            self._rule(number, child, len(inputs), columns)
            for number, child in enumerate(source.children(table, "rule"), 1)
        ]
        if len({column.name for column in columns}) < len(columns):
            message = "输出列的名称重复或没有名称"
            source.fault(decision, "decision-output", message, "output names are missing or doubled")
        if not columns:
            source.fault(decision, "decision-output", "决策表没有输出列", "the table has no output")
        return Table(
            title=f"决策「{decision.get('name') or key}」",
            key=key,
            policy=policy,
            inputs=tuple(column for column in inputs if column),
            columns=columns,
            rules=tuple(rule for rule in rules if rule),
        )

    def type_of(self, reference: Any) -> ItemType:
        """Return the type a typeRef names: an item definition of the file, or one of FEEL's."""
        name = str(reference or "").strip()
        return self.types.get(name) or self.types.get(name.rsplit(":", 1)[-1]) or ItemType(type_name(name))

    def _policy(self, table: Any, decision: Any, columns: tuple[Output, ...]) -> Policy:
        name = str(table.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregation = str(table.get("aggregation") or "").strip().upper()
        full = f"{name} {aggregation}" if aggregation and name == "COLLECT" else name
        if full not in {policy.value for policy in Policy}:
            self.source.fault(decision, "decision-policy", f"不认识的命中策略：{full}", f"unknown hit policy: {full}")
            return Policy.UNIQUE
        policy = Policy(full)
        if policy.aggregates and len(columns) != 1:
            message = "汇总只能有一个输出列"
            self.source.fault(decision, "decision-policy", message, "an aggregation takes exactly one output")
        if policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER) and not any(column.allowed for column in columns):
            self.source.fault(
                decision,
                "decision-policy",
                f"命中策略 {full} 要求输出列写明允许的值及其顺序",
                f"hit policy {full} needs the allowed output values in their order",
            )
        return policy

    def _input(self, element: Any) -> Input | None:
        source = self.source
        inner = source.child(element, "inputExpression")
        text = source.text(inner)
        label = str(element.get("label") or text or element.get("id") or "")
        if not text:
            source.fault(element, "decision-input", f"输入「{label}」没有表达式", f"input {label} has no expression")
            return None
        source.language(inner, f"输入「{label}」")
        expression = source.formula(element, text, f"输入「{label}」", f"input {label}")
        item = self.type_of(inner.get("typeRef"))
        allowed_text = source.text(source.child(element, "inputValues")) or item.allowed
        where, english = f"输入「{label}」的允许值", f"input {label}, allowed values"
        allowed = source.tests(element, allowed_text, where, english) if allowed_text else None
        return None if expression is None else Input(label, expression, item.base, allowed, item.collection)

    def _output(self, element: Any, fallback: str) -> Output:
        source = self.source
        name = str(element.get("name") or "").strip() or fallback
        label = str(element.get("label") or name)
        item = self.type_of(element.get("typeRef"))
        values = source.child(element, "outputValues")
        where, english = f"输出「{label}」的允许值", f"output {label}, allowed values"
        allowed = source.literals(element, source.text(values) or item.allowed, where, english)
        default_text = source.text(source.child(element, "defaultOutputEntry"))
        default = None
        if default_text:
            where, english = f"输出「{label}」的默认值", f"output {label}, default"
            default = source.formula(element, default_text, where, english)
            self._check_allowed(element, default, allowed, where, english)
        return Output(name, label, item.base, allowed, default)

    def _rule(self, number: int, element: Any, inputs: int, columns: tuple[Output, ...]) -> Rule | None:
        source = self.source
        tests = source.children(element, "inputEntry")
        values = source.children(element, "outputEntry")
        if len(tests) != inputs or len(values) != len(columns):
            source.fault(
                element,
                "decision-rule",
                f"第 {number} 条规则有 {len(tests)} 入 {len(values)} 出，表格是 {inputs} 入 {len(columns)} 出",
                f"rule {number}: {len(tests)} inputs, {len(values)} outputs; table: {inputs}, {len(columns)}",
            )
            return None
        read_tests = []
        for column, cell in enumerate(tests, 1):
            where, english = f"第 {number} 条规则第 {column} 个输入", f"rule {number}, input {column}"
            source.language(cell, where)
            read_tests.append(source.tests(cell, source.text(cell), where, english))
        read_values = [self._value(number, column, cell) for column, cell in zip(columns, values, strict=True)]
        return Rule(number, tuple(test for test in read_tests if test), tuple(read_values))

    def _value(self, number: int, column: Output, cell: Any) -> Expression | None:
        text = self.source.text(cell)
        if not text or text == "-":
            return None
        where, english = f"第 {number} 条规则的输出「{column.label}」", f"rule {number}, output {column.label}"
        self.source.language(cell, where)
        expression = self.source.formula(cell, text, where, english)
        self._check_allowed(cell, expression, column.allowed, where, english)
        return expression

    def _check_allowed(
        self, element: Any, expression: Expression | None, allowed: tuple[Any, ...], where: str, english: str
    ) -> None:
        """Note a literal that is not among the allowed values; what is computed is looked at when it is."""
        values = [node.value for node in allowed if isinstance(node, Constant)]
        if not values or expression is None or not isinstance(expression.node, Constant):
            return
        if not any(equal(expression.node.value, value) for value in (*values, None)):
            text = expression.text
            message = f"{where}：{text} 不在允许的值之中"
            self.source.fault(element, "decision-cell", message, f"{english}: {text} is not an allowed value")
