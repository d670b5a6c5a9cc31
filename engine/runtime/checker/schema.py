"""The files against the XML schema of BPMN 2.0 (OMG formal/2011-01-03), which comes with SpiffWorkflow's package.

What the schema says is put into words that name the element; where another rule says the same better, the schema keeps
quiet. Attributes and extension elements of other namespaces (`camunda:`) pass: the schema leaves them alone.
"""

import re
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path
from threading import Lock
from typing import Any, Final

from lxml import etree

from engine.runtime.checker.context import Context
from engine.runtime.checker.formulas import marked
from engine.runtime.checker.model import BPMN, Diagram, Element

MOST: Final = 50  # problems of one file
_QUALIFIED: Final = re.compile(r"\{(?:https?|urn):[^}]*\}")
_ELEMENT: Final = re.compile(r"Element '([^']*)'")
_ATTRIBUTE: Final = re.compile(r"[Aa]ttribute '([^']*)'")
_VALUE: Final = re.compile(r": '([^']*)' is not a valid value|[Vv]alue '([^']*)'")
_EXPECTED: Final = re.compile(r"Expected is (?:one of )?\( ([^)]*) \)")
# Attributes whose absence other rules explain: flows without ends, events attached to nothing.
_EXPLAINED: Final = frozenset(
    {
        ("sequenceFlow", "sourceRef"),
        ("sequenceFlow", "targetRef"),
        ("messageFlow", "sourceRef"),
        ("messageFlow", "targetRef"),
        ("boundaryEvent", "attachedToRef"),
    }
)
_validating: Final = Lock()  # a schema keeps the log of its last validation


def check_schema(context: Context) -> None:
    """Note where a diagram is not as the schema says."""
    for diagram in context.diagrams:
        for error in _errors(diagram)[:MOST]:
            _note(context, diagram, error)


@lru_cache(maxsize=1)
def schema() -> etree.XMLSchema:
    """Return the schema. Raises FileNotFoundError when the package does not bring it."""
    package = find_spec("SpiffWorkflow")
    if package is None or not package.submodule_search_locations:
        raise FileNotFoundError("SpiffWorkflow")
    file = Path(package.submodule_search_locations[0]) / "bpmn" / "parser" / "schema" / "BPMN20.xsd"
    return etree.XMLSchema(etree.parse(file))


def _errors(diagram: Diagram) -> list[Any]:
    with _validating:
        rules = schema()
        if rules.validate(diagram.xml):
            return []
        log: Any = rules.error_log  # a sequence, which its stub does not say
        return list(log)


def _note(context: Context, diagram: Diagram, error: Any) -> None:
    text = _QUALIFIED.sub("", str(error.message))
    tag = _first(_ELEMENT, text)
    attribute = _first(_ATTRIBUTE, text)
    value = _first(_VALUE, text)
    place = _place(diagram, error)
    kind = str(error.type_name).removeprefix("SCHEMAV_")
    words: tuple[str, str, str, str, str]
    if kind == "CVC_COMPLEX_TYPE_4":
        if (tag, attribute) in _EXPLAINED:
            return
        words = (
            "schema-missing-attribute",
            f"{tag} 缺少属性 {attribute}",
            f"{tag} lacks the attribute {attribute}",
            f"补上 {attribute}。",
            f"Add {attribute}.",
        )
    elif kind == "ELEMENT_CONTENT" and "not expected" in text:
        expected = _first(_EXPECTED, text)
        words = (
            "schema-unexpected-element",
            f"{tag} 不该出现在这里（要么放错了地方，要么次序不对）",
            f"{tag} is not expected here: a wrong place or a wrong order",
            f"这里可以是：{expected or '什么都没有'}。",
            f"Expected here: {expected or 'nothing'}.",
        )
    elif kind == "ELEMENT_CONTENT":
        expected = _first(_EXPECTED, text)
        words = (
            "schema-missing-element",
            f"{tag} 里缺少内容",
            f"{tag} lacks something inside",
            f"里面要有：{expected}。",
            f"It needs: {expected}.",
        )
    elif kind == "CVC_COMPLEX_TYPE_3_2_2":
        words = (
            "schema-unknown-attribute",
            f"{tag} 没有属性 {attribute}",
            f"{tag} has no attribute {attribute}",
            "删除它；自己的扩展属性要带前缀，例如 camunda:。",
            "Remove it; extensions take a prefix such as camunda:.",
        )
    elif "xs:ID" in text or "xs:NCName" in text:
        if "xs:ID'" in text and value and context.report.has(diagram.file, "duplicate-id", value):
            return
        words = (
            "schema-bad-id",
            f"{tag} 的 {attribute or 'id'}“{value}”不能作 id（可能有空格、以数字开头，或与别的重复）",
            f"{tag}: {value} is no valid {attribute or 'id'}: blanks, a digit in front, or used twice",
            "id 以字母或下划线开头，只含字母、数字、-、_ 和 .，在文件里只用一次。",
            "An id begins with a letter or _, has letters, digits, -, _ and . only, and is used once.",
        )
    elif value or "valid value" in text:
        if marked(value):
            return  # a computed reference, which is refused by name elsewhere
        what, what_en = (f"属性 {attribute} 的值", f"attribute {attribute}") if attribute else ("内容", "content")
        words = (
            "schema-bad-value",
            f"{tag} 的{what}“{value}”不对",
            f"{tag}: {value or 'nothing'} is no valid {what_en}",
            "改成标准允许的值（例如 true/false、数字、已有的 id）。",
            "Use a value the standard allows, such as true or false, a number, an existing id.",
        )
    else:
        reason = text[:200]
        words = (
            "schema",
            f"这里不合 BPMN 2.0 的格式：{reason}",
            f"this is not as the BPMN 2.0 schema says: {reason}",
            "请用流程编辑器重新保存，或对照标准修改。",
            "Save it again with an editor, or change it as the standard says.",
        )
    code, message, english, remedy, remedy_en = words
    values = {"message": message, "english": english, "remedy": remedy, "remedy_en": remedy_en}
    context.report.add("schema", diagram.file, place, as_code=code, **values)


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return next((group for group in found.groups() if group), "").strip() if found else ""


class _Place(Element):
    """An element, at the line of the error inside it."""

    def __init__(self, xml: Any, line: int) -> None:
        super().__init__(xml)
        self._line = line

    @property
    def line(self) -> int:
        return self._line or super().line


def _place(diagram: Diagram, error: Any) -> Element:
    """Return the element an error is about, or the nearest around it that has an id."""
    element: Any = None
    try:
        found = diagram.xml.getroottree().xpath(str(error.path), namespaces=_prefixes(diagram.xml))
        element = found[0] if found else None
    except etree.XPathError:
        element = next((each for each in diagram.xml.iter() if each.sourceline == error.line), None)
    if element is None:
        element = diagram.xml
    while element.getparent() is not None and not element.get("id"):
        element = element.getparent()
    return _Place(element, int(error.line or 0))


def _prefixes(root: Any) -> dict[str, str]:
    found = {prefix: address for prefix, address in root.nsmap.items() if prefix}
    return {"bpmn": BPMN, **found}
