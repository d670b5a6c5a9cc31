"""Reads DMN files (1.1 to 1.5): every decision a table or one expression; all faults are found at once."""

import re
from dataclasses import replace
from typing import Any, Final

from engine.runtime.decisions.decision import Decision
from engine.runtime.decisions.errors import DecisionError, Fault
from engine.runtime.decisions.foreign import foreign_box, foreign_element
from engine.runtime.decisions.kinds import ItemType, type_name
from engine.runtime.decisions.reading_tables import TableReader
from engine.runtime.decisions.requirements import MAX_BELOW, circles, order_below, taken_in_order
from engine.runtime.decisions.table import Input
from engine.runtime.decisions.text import Source
from engine.runtime.expressions import SPELLINGS, Expression
from engine.runtime.xml import XmlError, line_of, safe_parse

_NAMESPACE: Final = re.compile(r"\{https?://www\.omg\.org/spec/DMN/\d{8}/(?:MODEL/|dmn\.xsd)\}definitions")
_PLAIN_NAME: Final = re.compile(r"[^\W\d]\w*")
_NAMED: Final = ("inputData", "decision", "variable", "itemComponent", "output")


def parse_dmn(content: bytes, filename: str = "dmn") -> dict[str, Decision]:
    """Read all decisions of a file, by their ids. Raises DecisionError whose `faults` are everything that is wrong."""
    try:
        root = safe_parse(content, filename)
    except XmlError as error:
        raise DecisionError(
            str(error), error.english, (Fault("", "", error.line, error.code, str(error), error.english),)
        ) from None
    source = Source(root, _phrases(root))
    decisions = _Reader(source).read()
    if source.faults:
        first = source.faults[0]
        raise DecisionError(first.message, first.english, tuple(source.faults))
    return decisions


def _phrases(root: Any) -> tuple[str, ...]:
    """Return the names that are not one word, and FEEL's functions with spaces in their names."""
    space = root.tag.removesuffix("definitions")
    named = root.iter(*(space + tag for tag in _NAMED))
    names = {str(element.get("name") or "").strip() for element in named}
    return tuple(sorted({*SPELLINGS, *(name for name in names if name and not _PLAIN_NAME.fullmatch(name))}))


class _Reader:
    """Reads one file and gathers what is wrong with it."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.types = self._types()
        self.tables = TableReader(source, self.types)
        self.given = self._given()

    def read(self) -> dict[str, Decision]:
        source = self.source
        if not _NAMESPACE.fullmatch(source.root.tag):
            source.fault(source.root, "not-dmn", "不是 DMN 1.1–1.5 文件", "not a DMN 1.1-1.5 file")
            return {}
        source.language(source.root, "文件")
        for element in source.root.iterchildren():
            refused = foreign_element(str(element.tag).removeprefix(source.space))
            if refused:
                source.fault(element, "decision-feel", *refused)
        elements: dict[str, Any] = {}
        decisions: dict[str, Decision] = {}
        for element in source.children(source.root, "decision"):
            key = str(element.get("id") or "").strip()
            if not key:
                source.fault(element, "decision-id", "决策没有 id", "a decision has no id")
            elif key in elements:
                source.fault(element, "duplicate-id", f"决策 id 重复：{key}", f"duplicate decision id: {key}")
            else:
                elements[key] = element
                decision = self._decision(key, element)
                if decision is not None:
                    decisions[key] = decision
        if not elements:
            source.fault(source.root, "no-decision", "文件里没有决策", "the file holds no decision")
        return self._linked(decisions, elements)

    def _types(self) -> dict[str, ItemType]:
        """Read the item definitions, following those that rest on others."""
        source = self.source
        elements = {str(each.get("name") or ""): each for each in source.children(source.root, "itemDefinition")}
        types: dict[str, ItemType] = {}
        for name, element in elements.items():
            allowed, collection, seen = "", element.get("isCollection") == "true", {name}
            current = element
            while True:
                allowed = allowed or source.text(source.child(current, "allowedValues"))
                base = str(source.child(current, "typeRef").text or "") if self._rests(current) else ""
                target = base if base in elements else base.rsplit(":", 1)[-1]
                if target not in elements or target in seen:
                    break
                seen.add(target)
                current = elements[target]
                collection = collection or current.get("isCollection") == "true"
            types[name] = ItemType(type_name(base), allowed, collection)
        return types

    def _rests(self, element: Any) -> bool:
        return self.source.child(element, "typeRef") is not None

    def _given(self) -> dict[str, Input]:
        """Read the input data that have a type, by their ids."""
        source = self.source
        given: dict[str, Input] = {}
        for element in source.children(source.root, "inputData"):
            variable = source.child(element, "variable")
            name = str((element if variable is None else variable).get("name") or element.get("name") or "").strip()
            item = self.tables.type_of(None if variable is None else variable.get("typeRef"))
            label = str(element.get("name") or name)
            where, english = f"输入数据「{label}」", f"input data {label}"
            expression = source.formula(element, name, where, english) if name else None
            allowed = source.tests(element, item.allowed, where, english) if item.allowed else None
            if expression is not None:
                given[str(element.get("id") or "")] = Input(label, expression, item.base, allowed, item.collection)
        return given

    def _decision(self, key: str, element: Any) -> Decision | None:
        source = self.source
        before = len(source.faults)
        variable = source.child(element, "variable")
        variable_name = str(variable.get("name") or "").strip() if variable is not None else ""
        table = source.child(element, "decisionTable")
        literal = source.child(element, "literalExpression")
        for child in source.children(element, "knowledgeRequirement"):
            source.fault(child, "decision-feel", *(foreign_element("knowledgeRequirement") or ("", "")))
        given = self._required_data(element)
        read_table = None
        formula: Expression | None = None
        if table is not None:
            read_table = self.tables.read(element, table, key, variable_name)
        elif literal is not None:
            source.language(literal, "表达式")
            formula = source.formula(literal, source.text(literal), "表达式", "expression")
        else:
            self._refuse_logic(element)
        if len(source.faults) > before:
            return None
        return Decision(
            id=key,
            name=str(element.get("name") or key).strip(),
            variable=variable_name,
            line=line_of(element),
            table=read_table,
            formula=formula,
            given=given,
        )

    def _refuse_logic(self, element: Any) -> None:
        for child in element.iterchildren():
            refused = foreign_box(str(child.tag).removeprefix(self.source.space))
            if refused:
                self.source.fault(element, "not-a-table", *refused)
                return
        message = "决策没有决策表，也没有表达式"
        self.source.fault(element, "not-a-table", message, "the decision has neither a table nor an expression")

    def _required_data(self, element: Any) -> tuple[Input, ...]:
        found: list[Input] = []
        for reference in element.iter(self.source.space + "requiredInput"):
            href = str(reference.get("href") or "")
            datum = self.given.get(href.removeprefix("#"))
            if datum is None:
                message = f"所需的输入数据不存在：{href}"
                self.source.fault(element, "unknown-input", message, f"the required input does not exist: {href}")
            else:
                found.append(datum)
        return tuple(found)

    def _linked(self, decisions: dict[str, Decision], elements: dict[str, Any]) -> dict[str, Decision]:
        """Tie decisions to those they require; a circle or an unknown one is a fault."""
        source = self.source
        requires: dict[str, list[str]] = {key: [] for key in elements}
        for key, element in elements.items():
            for reference in element.iter(source.space + "requiredDecision"):
                href = str(reference.get("href") or "")
                if href.removeprefix("#") in elements:
                    requires[key].append(href.removeprefix("#"))
                else:
                    message = f"所依赖的决策不存在：{href}"
                    source.fault(element, "unknown-decision", message, f"the required decision does not exist: {href}")
        found = circles(requires)
        for circle in found:
            way = " → ".join(str(elements[key].get("name") or key) for key in circle)
            message = f"决策互相依赖，成了圈：{way}"
            source.fault(elements[circle[0]], "decision-circle", message, f"decisions form a circle: {way}")
        if found or source.faults:
            return decisions
        linked: dict[str, Decision] = {}
        for key in taken_in_order(requires):
            below = order_below(key, requires)
            if len(below) > MAX_BELOW:
                message = f"一个决策下面最多有 {MAX_BELOW} 个决策"
                source.fault(elements[key], "decision-size", message, f"at most {MAX_BELOW} decisions below one")
                return linked
            direct = tuple(linked[each] for each in dict.fromkeys(requires[key]))
            linked[key] = replace(decisions[key], requires=direct, order=tuple(linked[each] for each in below))
        return {key: linked[key] for key in elements}
