"""Two versions of a decision table: what differs, which rules decide otherwise, and changes laid over others'."""

import pytest

from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.differences import Difference, changed_rules, differences, laid_over
from engine.runtime.decisions.sheet import Sheet, sheets

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def rule(name: str, test: str, value: str, note: str = "") -> str:
    described = f"<description>{note}</description>" if note else ""
    return (
        f'<rule id="{name}">{described}<inputEntry id="{name}_in"><text>{test}</text></inputEntry>'
        f'<outputEntry id="{name}_out"><text>{value}</text></outputEntry></rule>'
    )


def table(*rules: str, policy: str = "FIRST", label: str = "天数", columns: str = "") -> bytes:
    return (
        f'<definitions xmlns="{NAMESPACE}" id="d" name="d" namespace="n"><decision id="limits" name="时限">'
        f'<decisionTable id="t" hitPolicy="{policy}"><input id="kind" label="类型"><inputExpression typeRef="string">'
        f'<text>matter.kind</text></inputExpression></input><output id="days" label="{label}" name="days" '
        f'typeRef="number"/>{columns}{"".join(rules)}</decisionTable></decision></definitions>'
    ).encode()


ONE, TWO, THREE = rule("r1", '"a"', "3"), rule("r2", '"b"', "4"), rule("r3", "-", "9")
BASE = table(ONE, TWO, THREE)


def sheet(content: bytes) -> Sheet:
    return sheets(content)["limits"]


def said(content: bytes, base: bytes = BASE) -> list[tuple[str, int, str, str, str]]:
    found = differences(sheet(base), sheet(content))
    return [
        (each.what, each.row.number if each.row else 0, each.column.label if each.column else "", each.old, each.new)
        for each in found
    ]


def test_a_changed_cell_names_rule_and_column() -> None:
    assert said(table(ONE, rule("r2", '"b"', "5"), THREE)) == [("cell", 2, "天数", "4", "5")]


def test_the_same_table_differs_in_nothing_however_it_is_written() -> None:
    assert said(BASE) == []
    assert said(BASE.replace(b"><rule", b">\n\n  <rule")) == []
    assert said(table(ONE, TWO, rule("r3", "", "9"))) == []  # an empty cell and - say the same


def test_a_rule_that_was_moved_is_the_same_rule() -> None:
    assert said(table(TWO, ONE, THREE)) in (
        [("rule_moved", 1, "", "2", "1")],
        [("rule_moved", 2, "", "1", "2")],
    )


def test_rules_come_and_go() -> None:
    assert said(table(ONE, THREE)) == [("rule_removed", 2, "", "", "")]
    assert said(table(ONE, TWO, rule("new", '"c"', "7"), THREE)) == [("rule_added", 3, "", "", "")]


def test_columns_and_the_policy_are_compared_too() -> None:
    assert said(table(ONE, TWO, THREE, label="日数")) == [("column_changed", 0, "日数", "天数", "日数")]
    assert said(table(ONE, TWO, THREE, policy="ANY")) == [("policy", 0, "", "FIRST", "ANY")]


def test_a_note_changes_no_decision() -> None:
    noted = table(rule("r1", '"a"', "3", "依据"), TWO, THREE)
    found = differences(sheet(BASE), sheet(noted))
    assert [each.new for each in found if each.what == "cell"] == ["依据"]
    assert changed_rules(found) == frozenset()


def test_changed_rules_are_those_with_changed_cells_and_new_ones() -> None:
    changed = table(rule("r1", '"a"', "5"), TWO, rule("new", '"c"', "7"), THREE)
    assert changed_rules(differences(sheet(BASE), sheet(changed))) == {"r1", "new"}


def test_cells_are_laid_over_what_others_did() -> None:
    mine = table(rule("r1", '"a"', "5"), TWO, THREE)
    theirs = table(rule("zero", '"z"', "1"), ONE, rule("r2", '"b"', "8"), THREE)
    laid = laid_over(BASE, mine, theirs)
    assert laid is not None
    assert laid.both == ()
    assert [row.text("days") for row in sheet(laid.content).rows] == ["1", "5", "8", "9"]


def test_a_cell_both_changed_keeps_mine_and_is_named() -> None:
    laid = laid_over(BASE, table(rule("r1", '"a"', "5"), TWO, THREE), table(rule("r1", '"a"', "6"), TWO, THREE))
    assert laid is not None
    assert [(each.old, each.new) for each in laid.both] == [("6", "5")]
    assert sheet(laid.content).rows[0].text("days") == "5"


def test_the_same_change_on_both_sides_is_no_conflict() -> None:
    mine = table(rule("r1", '"a"', "5"), TWO, THREE)
    laid = laid_over(BASE, mine, mine)
    assert laid is not None
    assert laid.both == ()


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (table(ONE, THREE), table(rule("r1", '"a"', "6"), TWO, THREE)),  # I removed a rule
        (table(rule("r2", '"b"', "5"), ONE, THREE), table(ONE, TWO)),  # I moved one
        (table(ONE, rule("r2", '"b"', "5"), THREE), table(ONE, THREE)),  # they removed what I changed
        (table(ONE, TWO, THREE, label="日数"), BASE),
    ],
)
def test_what_cannot_be_laid_over_is_left_alone(mine: bytes, theirs: bytes) -> None:
    assert laid_over(BASE, mine, theirs) is None


def test_a_table_decides_for_the_values_of_its_columns() -> None:
    decision = parse_dmn(BASE)["limits"]
    assert decision.decide_for(["b"]).matched == [2]
    assert decision.decide_for([None]).result == {"days": 9}
    assert decision.decide_for(["b"]).result == decision.decide({"matter": {"kind": "b"}}).result
    with pytest.raises(DecisionError, match="这一列是文字"):
        decision.decide_for([3])


def test_a_difference_knows_its_place() -> None:
    found = differences(sheet(BASE), sheet(table(ONE, rule("r2", '"b"', "5"), THREE)))
    assert isinstance(found[0], Difference)
    assert found[0].row is not None
    assert found[0].row.id == "r2"
    assert found[0].row.cells[1].id == "r2_out"
