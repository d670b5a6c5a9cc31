"""The guide to decision tables says what is so."""

import re

import pytest

from engine.runtime.decisions import DecisionError, Policy, parse_dmn
from engine.runtime.decisions.cells import unary_tests
from engine.runtime.expressions import BUILTINS, SPELLINGS, parse
from engine.runtime.expressions.functions import TOLERANT
from tests.conftest import REPOSITORY
from tests.engine.runtime.test_decisions import dmn
from tests.engine.runtime.test_decisions_required import formula

GUIDE = (REPOSITORY / "docs/dmn.md").read_text(encoding="utf-8")


def part(title: str) -> str:
    return GUIDE.split(f"## {title}")[1].split("\n## ")[0]


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def rows(title: str) -> list[list[str]]:
    lines = [line for line in part(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines[1:]]


def test_every_cell_of_the_guide_can_be_read() -> None:
    cells = [cell for row in rows("The cells of the inputs") for cell in quoted(row[0])]
    assert len(cells) >= 15
    for cell in cells:
        unary_tests(cell)


def test_every_output_of_the_guide_can_be_read() -> None:
    values = quoted(part("The cells of the outputs"))
    assert len(values) >= 5
    for value in values:
        parse(value)


def test_every_policy_is_in_the_guide() -> None:
    words = {word for row in rows("Hit policies") for word in quoted(row[0])}
    assert words == {word for policy in Policy for word in policy.value.split("COLLECT ")} - {""} | {"COLLECT"}


def test_every_function_is_in_the_guide() -> None:
    text = " ".join(part("What is refused").split("Functions:")[1].split())
    names, spellings = text.split("in FEEL's spelling")
    assert set(quoted(names)[0].split()) == {*BUILTINS, *TOLERANT}
    assert set(quoted(spellings)[: len(SPELLINGS)]) == set(SPELLINGS)


@pytest.mark.parametrize(
    "text",
    [
        *["for x in xs return x", "some x in xs satisfies x", "function(x) x", "xs[item > 3]", "x between 1 and 5"],
        *["x instance of string", "2 ** 3", "substring before(x, 'a')"],
    ],
)
def test_what_the_guide_says_is_refused_is_refused(text: str) -> None:
    with pytest.raises(DecisionError) as caught:
        parse_dmn(dmn(formula("d", text)))
    assert [fault.code for fault in caught.value.faults] == ["decision-feel"]
