"""Reads DMN files (1.1 to 1.5): every decision must be a decision table in our subset; all faults are found at once."""

import re
from dataclasses import replace
from typing import Any, Final

from engine.runtime.decisions.cells import alternatives, unary_tests
from engine.runtime.decisions.errors import DecisionError, Fault
from engine.runtime.decisions.policies import Policy
from engine.runtime.decisions.table import Decision, Input, Output, Rule
from engine.runtime.expressions import Expression, ExpressionError, parse
from engine.runtime.expressions.tree import Constant
from engine.runtime.expressions.values import equal
from engine.runtime.xml import XmlError, line_of, safe_parse

_NAMESPACE: Final = re.compile(r"\{https?://www\.omg\.org/spec/DMN/\d{8}/(?:MODEL/|dmn\.xsd)\}definitions")
_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*")
_LOGIC: Final = {
    "literalExpression": ("文字表达式", "literal expression"),
    "context": ("上下文", "boxed context"),
    "invocation": ("调用", "invocation"),
    "functionDefinition": ("函数定义", "function definition"),
    "relation": ("关系表", "relation"),
    "list": ("列表", "boxed list"),
    "conditional": ("条件框", "boxed conditional"),
    "filter": ("筛选框", "boxed filter"),
    "for": ("循环框", "boxed iterator"),
    "every": ("循环框", "boxed iterator"),
    "some": ("循环框", "boxed iterator"),
}


def parse_dmn(content: bytes, filename: str = "dmn") -> dict[str, Decision]:
    """Read all decisions of a file, by their ids. Raises DecisionError whose `faults` are everything that is wrong."""
    try:
        root = safe_parse(content, filename)
    except XmlError as error:
        raise DecisionError(
            str(error), error.english, (Fault("", "", error.line, error.code, str(error), error.english),)
        ) from None
    reader = _Reader(root)
    decisions = reader.read()
    if reader.faults:
        first = reader.faults[0]
        raise DecisionError(first.message, first.english, tuple(reader.faults))
    return decisions


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, root: Any) -> None:
        self.root = root
        self.faults: list[Fault] = []
        self.space = root.tag.removesuffix("definitions")
        named = root.iter(*(self.space + tag for tag in ("inputData", "decision", "variable", "itemComponent")))
        names = {str(element.get("name") or "").strip() for element in named}
        # Names that are not one word are known to the lexer as phrases.
        self.phrases = tuple(sorted(name for name in names if name and not _PLAIN_NAME.fullmatch(name)))

    def read(self) -> dict[str, Decision]:
        if not _NAMESPACE.fullmatch(self.root.tag):
            self._fault(self.root, "not-dmn", "不是 DMN 1.1–1.5 文件", "not a DMN 1.1-1.5 file")
            return {}
        decisions: dict[str, Decision] = {}
        elements: dict[str, Any] = {}
        for element in self.root.iterchildren(self.space + "decision"):
            key = str(element.get("id") or "").strip()
            if not key:
                self._fault(element, "decision-id", "决策没有 id", "a decision has no id")
                continue
            if key in elements:
                self._fault(element, "duplicate-id", f"决策 id 重复：{key}", f"duplicate decision id: {key}")
                continue
            elements[key] = element
            decision = self._decision(key, element)
            if decision is not None:
                decisions[key] = decision
        if not elements:
            self._fault(self.root, "no-decision", "文件里没有决策", "the file holds no decision")
        return self._linked(decisions, elements)

    def _linked(self, decisions: dict[str, Decision], elements: dict[str, Any]) -> dict[str, Decision]:
        """Tie decisions to those they require; a circle or an unknown one is a fault."""
        linked: dict[str, Decision] = {}
        entered: set[str] = set()

        def link(key: str) -> Decision | None:
            element = elements[key]
            if key in entered:
                if key not in linked:
                    self._fault(element, "decision-circle", "决策互相依赖，成了圈", "decisions form a circle")
                return linked.get(key)
            entered.add(key)
            requires: list[Decision | None] = []
            for reference in element.iter(self.space + "requiredDecision"):
                href = str(reference.get("href") or "")
                target = href.removeprefix("#")
                if target in elements:
                    requires.append(link(target))
                else:
                    message = f"所依赖的决策不存在：{href}"
                    self._fault(element, "unknown-decision", message, f"the required decision does not exist: {href}")
            if key in decisions:
                linked[key] = replace(decisions[key], requires=tuple(each for each in requires if each))
            return linked.get(key)

        for key in elements:
            link(key)
        return linked

    def _decision(self, key: str, element: Any) -> Decision | None:
        table = element.find(self.space + "decisionTable")
        if table is None:
            for child in element.iterchildren():
                zh, en = _LOGIC.get(str(child.tag).removeprefix(self.space), ("", ""))
                if zh:
                    self._fault(element, "not-a-table", f"只支持决策表，不支持{zh}", f"only decision tables, no {en}")
                    return None
            self._fault(element, "not-a-table", "决策没有决策表", "the decision has no decision table")
            return None
        before = len(self.faults)
        variable = element.find(self.space + "variable")
        variable_name = str(variable.get("name") or "") if variable is not None else ""
        inputs = tuple(self._input(child) for child in table.iterchildren(self.space + "input"))
        columns = tuple(
            self._output(child, variable_name or key) for child in table.iterchildren(self.space + "output")
        )
        policy = self._policy(table, element, columns)
        rules = [
            self._rule(number, child, len(inputs), columns)
            for number, child in enumerate(table.iterchildren(self.space + "rule"), 1)
        ]
        if len({column.name for column in columns}) < len(columns):
            self._fault(element, "decision-output", "输出列的名称重复或没有名称", "output names are missing or doubled")
        if not columns:
            self._fault(element, "decision-output", "决策表没有输出列", "the table has no output")
        if len(self.faults) > before:
            return None
        return Decision(
            id=key,
            name=str(element.get("name") or key),
            variable=variable_name,
            line=line_of(element),
            policy=policy,
            inputs=tuple(column for column in inputs if column),
            columns=columns,
            rules=tuple(rule for rule in rules if rule),
        )

    def _policy(self, table: Any, element: Any, columns: tuple[Output, ...]) -> Policy:
        name = str(table.get("hitPolicy") or "UNIQUE").strip().upper()
        aggregation = str(table.get("aggregation") or "").strip().upper()
        full = f"{name} {aggregation}" if aggregation and name == "COLLECT" else name
        if full not in {policy.value for policy in Policy}:
            self._fault(element, "decision-policy", f"不认识的命中策略：{full}", f"unknown hit policy: {full}")
            return Policy.UNIQUE
        policy = Policy(full)
        if policy.aggregates and len(columns) != 1:
            self._fault(element, "decision-policy", "汇总只能有一个输出列", "an aggregation takes exactly one output")
        if policy in (Policy.PRIORITY, Policy.OUTPUT_ORDER) and not any(column.allowed for column in columns):
            self._fault(
                element,
                "decision-policy",
                f"命中策略 {full} 要求输出列写明允许的值及其顺序",
                f"hit policy {full} needs the allowed output values in their order",
            )
        return policy

    def _input(self, element: Any) -> Input | None:
        inner = element.find(self.space + "inputExpression")
        text = self._text(inner)
        label = str(element.get("label") or text or element.get("id") or "")
        if not text:
            self._fault(element, "decision-input", f"输入「{label}」没有表达式", f"input {label} has no expression")
            return None
        self._language(inner, label)
        expression = self._formula(element, text, f"输入「{label}」", f"input {label}")
        allowed_text = self._text(element.find(self.space + "inputValues"))
        allowed = self._tests(element, allowed_text, f"输入「{label}」的允许值", f"input {label}, allowed values")
        if expression is None or allowed is None:
            return None
        return Input(label, expression, _type(inner.get("typeRef")), allowed if allowed_text else None)

    def _output(self, element: Any, fallback: str) -> Output:
        name = str(element.get("name") or "").strip() or fallback
        label = str(element.get("label") or name)
        values = self._text(element.find(self.space + "outputValues"))
        allowed: tuple[Any, ...] = ()
        if values:
            try:
                allowed = alternatives(values, self.phrases)
            except ExpressionError as error:
                self._fault(
                    element,
                    "decision-cell",
                    f"输出「{label}」的允许值：{error}",
                    f"output {label}, allowed values: {error.english}",
                )
            if any(not isinstance(node, Constant) for node in allowed):
                message = f"输出「{label}」的允许值只能是文字、数字、true、false"
                self._fault(element, "decision-cell", message, f"output {label}: allowed values must be literals")
                allowed = ()
        default_text = self._text(element.find(self.space + "defaultOutputEntry"))
        default = None
        if default_text:
            default = self._formula(element, default_text, f"输出「{label}」的默认值", f"output {label}, default")
        return Output(name, label, _type(element.get("typeRef")), allowed, default)

    def _rule(self, number: int, element: Any, inputs: int, columns: tuple[Output, ...]) -> Rule | None:
        tests = list(element.iterchildren(self.space + "inputEntry"))
        values = list(element.iterchildren(self.space + "outputEntry"))
        if len(tests) != inputs or len(values) != len(columns):
            self._fault(
                element,
                "decision-rule",
                f"第 {number} 条规则有 {len(tests)} 入 {len(values)} 出，表格是 {inputs} 入 {len(columns)} 出",
                f"rule {number}: {len(tests)} inputs, {len(values)} outputs; table: {inputs}, {len(columns)}",
            )
            return None
        read_tests = []
        for column, cell in enumerate(tests, 1):
            self._language(cell, f"{number}/{column}")
            where, english = f"第 {number} 条规则第 {column} 个输入", f"rule {number}, input {column}"
            read_tests.append(self._tests(cell, self._text(cell), where, english))
        read_values = [self._value(number, column, cell) for column, cell in zip(columns, values, strict=True)]
        return Rule(number, tuple(test for test in read_tests if test), tuple(read_values))

    def _value(self, number: int, column: Output, cell: Any) -> Expression | None:
        text = self._text(cell)
        if not text or text == "-":
            return None
        self._language(cell, column.label)
        where, english = f"第 {number} 条规则的输出「{column.label}」", f"rule {number}, output {column.label}"
        expression = self._formula(cell, text, where, english)
        allowed = [node.value for node in column.allowed if isinstance(node, Constant)]
        if (
            expression
            and allowed
            and isinstance(expression.node, Constant)
            and not any(equal(expression.node.value, value) for value in (*allowed, None))
        ):
            self._fault(
                cell, "decision-cell", f"{where}：{text} 不在允许的值之中", f"{english}: {text} is not an allowed value"
            )
        return expression

    def _tests(self, element: Any, text: str, where: str, english: str) -> Expression | None:
        try:
            return unary_tests(text, self.phrases)
        except ExpressionError as error:
            self._fault(element, "decision-cell", _hint(where, text, error), f"{english}: {error.english}")
            return None

    def _formula(self, element: Any, text: str, where: str, english: str) -> Expression | None:
        try:
            return parse(text, self.phrases)
        except ExpressionError as error:
            self._fault(element, "decision-cell", _hint(where, text, error), f"{english}: {error.english}")
            return None

    def _language(self, element: Any, label: str) -> None:
        language = str(element.get("expressionLanguage") or "").lower()
        if language and "feel" not in language and language != "juel":
            self._fault(
                element,
                "decision-language",
                f"「{label}」的表达式语言 {language} 不支持，请用 FEEL",
                f"{label}: expression language {language} is not supported, use FEEL",
            )

    def _text(self, element: Any) -> str:
        if element is None:
            return ""
        child = element.find(self.space + "text")
        return str(child.text or "").strip() if child is not None else ""

    def _fault(self, element: Any, code: str, message: str, english: str) -> None:
        owner = element
        while owner is not None and owner.tag != self.space + "decision":
            owner = owner.getparent()
        named = element if owner is None else owner
        title = str(named.get("name") or "")
        self.faults.append(Fault(str(named.get("id") or ""), title, line_of(element), code, message, english))


def _hint(where: str, text: str, error: ExpressionError) -> str:
    hint = "" if any(quote in text for quote in "\"'") else "（文字要加英文双引号）"
    return f"{where}「{text[:60]}」：{error}{hint}"


def _type(name: Any) -> str:
    """Reduce a typeRef (`feel:number`, `date and time`, `dateTime`) to one lower-case word."""
    word = str(name or "").rsplit(":", 1)[-1].lower()
    return re.sub(r"[^a-z]", "", word) or "any"
