"""The decision tables of the DMN Technology Compatibility Kit, read from beside the repository."""

from pathlib import Path

import pytest

from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.cases import judge, read_cases

TABLES = ("0004", "0005", "0006", "0007", "0010", *(f"{number:04}" for number in range(108, 120)))
# Expressions of our language decide these as the kit does.
EXPRESSIONS = ("0001", "0002", "0003", "0100", "0101", "0102")


@pytest.fixture
def kit(shared: Path) -> Path:
    folder = shared / "suites" / "dmn-tck"
    if not folder.is_dir():
        pytest.skip("the DMN TCK is not among the shared material")
    return folder


@pytest.mark.parametrize("number", [*TABLES, *EXPRESSIONS])
def test_decisions(kit: Path, number: str) -> None:
    (folder,) = kit.glob(f"{number}-*")
    (model,) = folder.glob("*.dmn")
    decisions = parse_dmn(model.read_bytes(), model.name)
    cases = [case for file in folder.glob("*.xml") for case in read_cases(file.read_bytes(), file.name)]
    assert cases
    assert [verdict.difference for verdict in (judge(case, decisions) for case in cases) if not verdict.passed] == []


@pytest.mark.parametrize(("number", "says"), [("0008", "乘方"), ("0009", "业务知识模型"), ("0105", "乘方")])
def test_what_needs_full_feel_is_refused_by_name(kit: Path, number: str, says: str) -> None:
    (folder,) = kit.glob(f"{number}-*")
    (model,) = folder.glob("*.dmn")
    with pytest.raises(DecisionError) as caught:
        parse_dmn(model.read_bytes(), model.name)
    assert says in " ".join(fault.message for fault in caught.value.faults)
    assert all(fault.line for fault in caught.value.faults)


def test_logic_of_the_kit_with_two_values_holds_here_too(kit: Path) -> None:
    """FEEL's logic has a third value, null; ours has not, and only there it differs."""
    (folder,) = kit.glob("0106-*")
    (model,) = folder.glob("*.dmn")
    decisions = parse_dmn(model.read_bytes(), model.name)
    cases = [case for file in folder.glob("*.xml") for case in read_cases(file.read_bytes(), file.name)]
    plain = [case for case in cases if None not in case.inputs.values()]
    assert len(plain) >= 8
    assert all(judge(case, decisions).passed for case in plain)
