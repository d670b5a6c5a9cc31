"""Test cases of decisions: inputs and the results they must lead to, in the format of the DMN TCK.

Source: DMN Technology Compatibility Kit, `testCases.xsd` (https://github.com/dmn-tck/tck).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta
from types import MappingProxyType
from typing import Any, Final

from lxml import etree

from engine.runtime.decisions.decision import Decision
from engine.runtime.decisions.errors import DecisionError
from engine.runtime.expressions import ExpressionError
from engine.runtime.expressions.temporal import Months, parse_date, parse_datetime, parse_duration, parse_time
from engine.runtime.expressions.values import equal
from engine.runtime.xml import XmlError, safe_parse

_XSI: Final = "{http://www.w3.org/2001/XMLSchema-instance}"
_PRECISION: Final = 1e-9


def _number(text: str) -> int | float:
    value = float(text)
    return int(value) if value.is_integer() else value


_READERS: Final[Mapping[str, Callable[[str], Any]]] = MappingProxyType(
    {
        **dict.fromkeys(("decimal", "double", "float", "integer", "int", "long"), _number),
        "boolean": lambda text: text.strip() in ("true", "1"),
        "date": parse_date,
        "dateTime": parse_datetime,
        "time": parse_time,
        "duration": parse_duration,
    }
)


@dataclass(frozen=True)
class Case:
    """One result a test case asks for.

    Attributes:
        id: the test case's id.
        model: the name of the file the decision is in, as the test cases' file says; empty if it does not.
        decision: the decision's name or id.
        inputs: the data it is taken for.
        expected: the result it must give; one output stands without its name.
        error: whether it must be refused instead.

    """

    id: str
    model: str
    decision: str
    inputs: Mapping[str, Any]
    expected: Any
    error: bool


@dataclass(frozen=True)
class Verdict:
    """How a case went: `difference` (Chinese) and `english` say what was wrong; both are empty if it passed."""

    case: Case
    difference: str = ""
    english: str = ""

    @property
    def passed(self) -> bool:
        """Whether the decision gave what was expected."""
        return not self.english


def read_cases(content: bytes, filename: str) -> list[Case]:
    """Return the cases of a file; none if it is XML of another kind. Raises DecisionError if it cannot be read."""
    try:
        root = safe_parse(content, filename)
    except XmlError as error:
        raise DecisionError(str(error), error.english) from None
    name = etree.QName(root)
    if name.localname != "testCases":
        return []
    space = f"{{{name.namespace}}}" if name.namespace else ""
    model = (root.findtext(f"{space}modelName") or "").strip()
    cases: list[Case] = []
    for element in root.iterchildren(f"{space}testCase"):
        key = str(element.get("id") or "")
        try:
            inputs = {str(node.get("name")): _value(node) for node in element.iterchildren(f"{space}inputNode")}
            for node in element.iterchildren(f"{space}resultNode"):
                expected = node.find(f"{space}expected")
                value = None if expected is None else _value(expected)
                refused = node.get("errorResult") == "true"
                cases.append(Case(key, model, str(node.get("name")), inputs, value, refused))
        except ValueError as error:
            english = error.english if isinstance(error, ExpressionError) else str(error)
            raise DecisionError(
                f"{filename} 的用例 {key} 里有看不懂的值：{error}", f"{filename}, case {key}: {english}"
            ) from error
    return cases


def judge(case: Case, decisions: Mapping[str, Decision]) -> Verdict:
    """Take the decision of a case, which is one of `decisions`, and compare."""
    decision = decisions.get(case.decision) or next(
        (each for each in decisions.values() if each.name == case.decision), None
    )
    if decision is None:
        return Verdict(case, f"没有决策「{case.decision}」", f"there is no decision {case.decision}")
    try:
        found = decision.bare(decision.decide(case.inputs).result)
    except DecisionError as error:
        return Verdict(case) if case.error else Verdict(case, str(error), error.english)
    if case.error:
        return Verdict(case, f"应当拒绝，却得到 {found!r}", f"should be refused, but gave {found!r}")
    if same(case.expected, found):
        return Verdict(case)
    return Verdict(case, f"应为 {case.expected!r}，得到 {found!r}", f"expected {case.expected!r}, got {found!r}")


def same(expected: Any, found: Any) -> bool:
    """Whether two results are the same: numbers to nine digits, the outputs of a record in any order."""
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(same, expected, found))
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(same(value, found[key]) for key, value in expected.items())
    if type(expected) in (int, float) and type(found) in (int, float):
        return math.isclose(expected, found, rel_tol=_PRECISION, abs_tol=_PRECISION)
    if isinstance(expected, date | time | timedelta | Months) or isinstance(found, date | time | timedelta | Months):
        return type(expected) is type(found) and bool(expected == found)
    return equal(expected, found)


def _value(holder: Any) -> Any:
    """Return the value that stands below a node."""
    children = [child for child in holder if isinstance(child.tag, str)]
    kind = etree.QName(children[0]).localname if children else ""
    if kind == "list":
        return [_value(item) for item in children[0] if isinstance(item.tag, str)]
    if kind == "component":
        return {str(child.get("name")): _value(child) for child in children}
    if kind != "value" or children[0].get(f"{_XSI}nil") == "true":
        return None
    text = children[0].text or ""
    reader = _READERS.get(str(children[0].get(f"{_XSI}type") or "string").rsplit(":", 1)[-1])
    return reader(text) if reader else text
