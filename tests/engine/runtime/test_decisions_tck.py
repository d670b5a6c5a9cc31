"""The decision tables of the DMN Technology Compatibility Kit, read from beside the repository."""

from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from engine.runtime.decisions import DecisionError, parse_dmn

TABLES = ("0004", "0005", "0006", "0007", "0010", *(f"{number:04}" for number in range(108, 120)))
XSI = "{http://www.w3.org/2001/XMLSchema-instance}"


@pytest.fixture
def kit(shared: Path) -> Path:
    folder = shared / "suites" / "dmn-tck"
    if not folder.is_dir():
        pytest.skip("the DMN TCK is not among the shared material")
    return folder


def read(holder: Any) -> Any:
    """The value that stands below a node of a test case."""
    children = [child for child in holder if isinstance(child.tag, str)]
    kind = etree.QName(children[0]).localname if children else ""
    if kind == "list":
        return [read(item) for item in children[0] if isinstance(item.tag, str)]
    if kind == "component":
        return {child.get("name"): read(child) for child in children}
    if kind == "value" and children[0].get(f"{XSI}nil") != "true":
        type_name = (children[0].get(f"{XSI}type") or "string").split(":")[-1]
        text = children[0].text or ""
        if type_name in ("decimal", "double", "integer"):
            return float(text)
        return text == "true" if type_name == "boolean" else text
    return None


def bare(value: Any) -> Any:
    """A result as the kit writes it: one output stands without its name."""
    if isinstance(value, list):
        return [bare(item) for item in value]
    return next(iter(value.values())) if isinstance(value, dict) and len(value) == 1 else value


@pytest.mark.parametrize("number", TABLES)
def test_decision_tables(kit: Path, number: str) -> None:
    (folder,) = kit.glob(f"{number}-*")
    (model,) = folder.glob("*.dmn")
    decisions = {decision.name: decision for decision in parse_dmn(model.read_bytes(), model.name).values()}
    cases = 0
    for file in folder.glob("*-test-*.xml"):
        root = etree.parse(file).getroot()
        space = {"t": etree.QName(root).namespace}
        for case in root.findall("t:testCase", space):
            data = {node.get("name"): read(node) for node in case.findall("t:inputNode", space)}
            for node in case.findall("t:resultNode", space):
                expected = read(node.find("t:expected", space))
                assert bare(decisions[node.get("name")].decide(data).result) == expected, case.get("id")
                cases += 1
    assert cases


def test_what_needs_full_feel_is_refused_by_name(kit: Path) -> None:
    others = [folder for folder in sorted(kit.iterdir()) if folder.name[:4] not in TABLES]
    assert others
    for folder in others:
        (model,) = folder.glob("*.dmn")
        with pytest.raises(DecisionError) as caught:
            parse_dmn(model.read_bytes(), model.name)
        assert {fault.code for fault in caught.value.faults} == {"not-a-table"}
        assert "文字表达式" in str(caught.value)
