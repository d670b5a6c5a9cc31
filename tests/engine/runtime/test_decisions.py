from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.cells import unary_tests

MODEL = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def table(
    rules: Sequence[tuple[Sequence[str], Sequence[str]]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    inputs: Sequence[str] = ("a",),
    outputs: Sequence[str] = ("out",),
    extra_input: str = "",
    extra_output: Sequence[str] = (),
    input_type: str = "",
    key: str = "d",
    requires: Sequence[str] = (),
) -> str:
    """The XML of one decision."""

    def cell(tag: str, text: str) -> str:
        return f"<{tag}><text><![CDATA[{text}]]></text></{tag}>"

    head = "".join(
        f'<input label="{text}"><inputExpression typeRef="{input_type}"><text>{text}</text></inputExpression>'
        f"{extra_input}</input>"
        for text in inputs
    ) + "".join(
        f'<output name="{name}">{extra_output[index] if index < len(extra_output) else ""}</output>'
        for index, name in enumerate(outputs)
    )
    rows = "".join(
        "<rule>"
        + "".join(cell("inputEntry", text) for text in tests)
        + "".join(cell("outputEntry", text) for text in values)
        + "</rule>"
        for tests, values in rules
    )
    needs = "".join(
        f'<informationRequirement><requiredDecision href="#{name}"/></informationRequirement>' for name in requires
    )
    return (
        f'<decision id="{key}" name="决策 {key}">{needs}<decisionTable hitPolicy="{policy}" '
        f'aggregation="{aggregation}">{head}{rows}</decisionTable></decision>'
    )


def dmn(*decisions: str, namespace: str = MODEL) -> bytes:
    return (
        f'<definitions xmlns="{namespace}" id="defs" name="n" namespace="x">{"".join(decisions)}</definitions>'.encode()
    )


def decide(xml: str, data: dict[str, Any]) -> Any:
    return parse_dmn(dmn(xml))["d"].decide(data)


def passes(cell: str, value: Any, input_type: str = "") -> bool:
    return decide(table([([cell], ["1"])], input_type=input_type), {"a": value, "b": 3}).result is not None


@pytest.mark.parametrize(
    ("cell", "inside", "outside"),
    [
        ("-", ["x", 1, None, True], []),
        ("", ["x", None], []),
        ('"a"', ["a"], ["b", None, 1]),
        ('"a","b"', ["a", "b"], ["c"]),
        ("1,2,5", [1, 5.0], [3, True]),
        ("true", [True], [False, 1, None]),
        ("null", [None], [0, ""]),
        (">= 3", [3, 4.5], [2, None]),
        ("<3", [2], [3]),
        ("!= 3", [2, None], [3]),
        ("= 3", [3], [2]),
        ("< b", [2], [3]),
        ("[1..5]", [1, 5], [0, 6, None]),
        ("(1..5)", [2], [1, 5]),
        ("]1..5[", [2], [1, 5]),
        ("[1..5)", [1], [5]),
        ("(1..5]", [5], [1]),
        ("[1..2],[5..6],9", [1, 5.5, 9], [3, 7]),
        ("not(3)", [2, None], [3]),
        ('not("a","b")', ["c"], ["a", "b"]),
        ("not([1..5])", [6], [3]),
        ("not(< 3)", [3], [2]),
        ("? > 3", [4], [3]),
        ("? > 3 and ? < 6", [5], [6]),
        ("not(? > 3) and b == 3", [2], [4]),
        ("contains(?, '民')", ["民意"], ["x"]),
        ("starts_with(?, 'ab'), \"z\"", ["abc", "z"], ["c"]),
        ("b + 1", [4], [3]),
        ("b > 2", [0, "any"], []),
        ('["a", "b"]', ["a", ["a", "b"]], ["c"]),
        ("-5", [-5], [5]),
        ("-5,+6", [-5, 6], [5]),
        (".5", [0.5], [5]),
        ("true,1", [True, 1], [False, 0]),
        ('"a",>=3', ["a", 3, 4.5], []),
        ("[b..5]", [3, 5], [2]),
        ("if b = 3 then 1 else 2", [1], [2]),
        ("?", [True], [False]),
    ],
)
def test_unary_tests(cell: str, inside: list[Any], outside: list[Any]) -> None:
    assert [passes(cell, value) for value in inside] == [True] * len(inside)
    assert [passes(cell, value) for value in outside] == [False] * len(outside)


def test_dates_and_durations_in_cells_read_json_texts() -> None:
    assert passes('>= date("2025-03-01")', "2025-03-01", "date")
    assert not passes('>= date("2025-03-01")', "2025-02-28", "date")
    assert passes('[date("2025-01-01")..date("2025-12-31")]', "2025-06-01", "date")
    assert passes('>= datetime("2025-03-01T08:00:00")', "2025-03-01T08:00:00", "dateTime")
    assert passes('> duration("P3D")', "P4D", "dayTimeDuration")
    assert not passes('> duration("P1Y")', "P11M", "yearMonthDuration")


def test_feel_spellings_of_dates_times_and_functions() -> None:
    assert passes('date and time("2025-03-01T08:00:00")', "2025-03-01T08:00:00", "date and time")
    assert passes('[time("08:00")..time("12:00")]', "09:30:00", "time")
    assert not passes('[time("08:00")..time("12:00")[', "12:00", "time")
    assert passes('@"2025-03-01"', "2025-03-01", "date")
    assert passes('<= duration("P1Y2M")', "P14M", "feel:years and months duration")
    assert passes("starts with(?, 'ab') and string length(?) = 3", "abc")


def test_cell_of_the_wrong_kind_names_rule_and_column() -> None:
    with pytest.raises(DecisionError, match="决策「决策 d」第 1 条规则的输入「a」：不能比较文字和数字"):
        passes(">= 3", "3")


@pytest.mark.parametrize(
    ("type_word", "good", "bad"),
    [
        ("string", "3", 3),
        ("number", 3, "3"),
        ("integer", 3, True),
        ("boolean", False, "false"),
        ("date", "2025-03-01", "2025-13-01"),
    ],
)
def test_input_of_another_type_than_its_column_is_refused_instead_of_hitting_nothing(
    type_word: str, good: Any, bad: Any
) -> None:
    assert passes("-", good, type_word)
    assert passes("-", None, type_word)
    with pytest.raises(DecisionError, match="的输入「a」："):
        passes("-", bad, type_word)


def test_a_cell_with_a_question_mark_that_is_no_test_is_refused() -> None:
    with pytest.raises(DecisionError, match="要是一个判断"):
        passes("? + 1", 3)


def test_first_does_not_look_below_its_hit() -> None:
    xml = table([([">= 3"], ["1"]), (["b.c"], ["2"]), (["-"], ["b.c"])], policy="FIRST")
    assert decide(xml, {"a": 3}).matched == [1]
    with pytest.raises(DecisionError, match=r"第 2 条规则的输入「a」：变量 b\.c 没有值"):
        decide(xml, {"a": 2})
    with pytest.raises(DecisionError, match="第 2 条规则的输入"):
        decide(xml.replace("FIRST", "RULE ORDER"), {"a": 3})


RULES = [(["> 1"], ['"low"']), (["> 2"], ['"high"']), (["> 3"], ['"low"'])]
RANKED = ['<outputValues><text>"high","middle","low"</text></outputValues>']


@pytest.mark.parametrize(
    ("policy", "value", "result", "matched"),
    [
        ("UNIQUE", 2, {"out": "low"}, [1]),
        ("FIRST", 9, {"out": "low"}, [1]),
        ("PRIORITY", 9, {"out": "high"}, [1, 2, 3]),
        ("RULE ORDER", 9, [{"out": "low"}, {"out": "high"}, {"out": "low"}], [1, 2, 3]),
        ("OUTPUT ORDER", 9, [{"out": "high"}, {"out": "low"}, {"out": "low"}], [1, 2, 3]),
        ("COLLECT", 9, [{"out": "low"}, {"out": "high"}, {"out": "low"}], [1, 2, 3]),
        ("ANY", 2, {"out": "low"}, [1]),
        ("UNIQUE", 1, None, []),
        ("COLLECT", 1, None, []),
    ],
)
def test_hit_policies(policy: str, value: int, result: Any, matched: list[int]) -> None:
    decided = decide(table(RULES, policy=policy, extra_output=RANKED), {"a": value})
    assert decided.result == result
    assert decided.matched == matched
    assert decided.inputs == {"a": value}


def test_unique_and_any_are_enforced() -> None:
    with pytest.raises(DecisionError, match="只应有一条规则命中，却命中了第 1、2、3 条"):
        decide(table(RULES), {"a": 9})
    with pytest.raises(DecisionError, match="结果不一致"):
        decide(table(RULES, policy="ANY"), {"a": 9})
    same = [(["> 1"], ['"x"']), (["> 2"], ['"x"'])]
    assert decide(table(same, policy="ANY"), {"a": 9}).result == {"out": "x"}


@pytest.mark.parametrize(
    ("aggregation", "result", "nothing"), [("SUM", 6, None), ("MIN", 1, None), ("MAX", 3, None), ("COUNT", 3, 0)]
)
def test_aggregations(aggregation: str, result: float, nothing: float | None) -> None:
    rules = [(["> 1"], ["2"]), (["> 2"], ["1"]), (["> 3"], ["3"])]
    xml = table(rules, policy="COLLECT", aggregation=aggregation)
    assert decide(xml, {"a": 9}).result == result
    assert decide(xml, {"a": 0}).result == nothing


def test_least_and_greatest_of_dates() -> None:
    rules = [(["-"], ['date("2025-03-02")']), (["> 2"], ['date("2025-03-01")'])]
    assert decide(table(rules, policy="COLLECT", aggregation="MIN"), {"a": 9}).result == date(2025, 3, 1)
    mixed = [*rules, (["-"], ["5"])]
    with pytest.raises(DecisionError, match="第 3 条规则的输出不能比较大小"):
        decide(table(mixed, policy="COLLECT", aggregation="MAX"), {"a": 9})
    with pytest.raises(DecisionError, match="第 1 条规则的输出不能比较大小"):
        decide(table([(["-"], ["true"])], policy="COLLECT", aggregation="MAX"), {"a": 9})


def test_aggregating_texts_is_refused() -> None:
    with pytest.raises(DecisionError, match="第 1 条规则的输出不是数字"):
        decide(table(RULES, policy="COLLECT", aggregation="SUM"), {"a": 9})


def test_several_inputs_and_outputs_priority_by_the_first_differing_output() -> None:
    xml = table(
        [(["-", '"x"'], ['"b"', '"1"']), (["> 2", "-"], ['"a"', '"2"']), (["> 3", "-"], ['"a"', '"1"'])],
        policy="PRIORITY",
        inputs=("a", "matter.kind"),
        outputs=("letter", "digit"),
        extra_output=[
            '<outputValues><text>"a","b"</text></outputValues>',
            '<outputValues><text>"1","2"</text></outputValues>',
        ],
    )
    decided = decide(xml, {"a": 9, "matter": {"kind": "x"}})
    assert decided.result == {"letter": "a", "digit": "1"}
    assert decided.inputs == {"a": 9, "matter.kind": "x"}


def test_defaults_stand_in_when_nothing_hits() -> None:
    default = ["<defaultOutputEntry><text>'none'</text></defaultOutputEntry>"]
    assert decide(table(RULES, extra_output=default), {"a": 0}).result == {"out": "none"}
    assert decide(table(RULES, policy="COLLECT", extra_output=default), {"a": 0}).result == [{"out": "none"}]
    points = ["<defaultOutputEntry><text>7</text></defaultOutputEntry>"]
    summed = [(["> 1"], ["1"])]
    assert decide(table(summed, policy="COLLECT", aggregation="SUM", extra_output=points), {"a": 0}).result == 7
    assert decide(table(summed, policy="COLLECT", aggregation="COUNT", extra_output=points), {"a": 0}).result == 0


def test_default_output_must_be_allowed() -> None:
    default = "<defaultOutputEntry><text>{}</text></defaultOutputEntry>"
    with pytest.raises(DecisionError, match='默认值："none" 不在允许的值之中'):
        parse_dmn(dmn(table(RULES, extra_output=[RANKED[0] + default.format('"none"')])))
    with pytest.raises(DecisionError, match="默认输出「out」：值 'none' 不在允许的值之中"):
        decide(table(RULES, extra_output=[RANKED[0] + default.format("b")]), {"a": 0, "b": "none"})


def test_output_formulas_see_the_data_and_the_hosts_functions() -> None:
    xml = table([(["-"], ["twice(a) + b.c"])])
    decided = parse_dmn(dmn(xml))["d"].decide({"a": 2, "b": {"c": 1}}, {"twice": lambda value: value * 2})
    assert decided.result == {"out": 5}


def test_values_outside_the_allowed_ones_are_refused() -> None:
    allowed = '<inputValues><text>"x","y"</text></inputValues>'
    xml = table([(["-"], ["1"])], extra_input=allowed)
    assert decide(xml, {"a": "y"}).result == {"out": 1}
    with pytest.raises(DecisionError, match='输入「a」：值 \'z\' 不在允许的值 "x","y" 之中'):
        decide(xml, {"a": "z"})
    with pytest.raises(DecisionError, match='"middle2" 不在允许的值之中'):
        parse_dmn(dmn(table([(["-"], ['"middle2"'])], extra_output=RANKED)))
    with pytest.raises(DecisionError, match="不在允许的值之中"):
        decide(table([(["-"], ["a"])], extra_output=RANKED), {"a": "computed"})


def test_missing_variable_names_the_input() -> None:
    with pytest.raises(DecisionError, match=r"输入「a\.b」：变量 a\.b 没有值"):
        decide(table([(["-"], ["1"])], inputs=("a.b",)), {"a": {}})


def test_required_decisions_are_taken_first() -> None:
    first = table([(["> 2"], ['"big"']), (["<= 2"], ['"small"'])], key="size")
    second = table([(['"big"'], ["10"]), (['"small"'], ["1"])], inputs=("size",), requires=("size",))
    decisions = parse_dmn(dmn(second, first))
    decided = decisions["d"].decide({"a": 3})
    assert decided.result == {"out": 10}
    assert decided.required["size"].result == {"out": "big"}
    assert decided.required["size"].matched == [1]
    assert decisions["d"].needs == {"a"}


def test_required_decision_is_also_found_by_its_output_and_its_spaced_name() -> None:
    first = table([(["> 2"], ['"big"', "7"])], key="size", outputs=("label", "points"))
    second = table([(['"big"', "> 6"], ["10"])], inputs=("label", "决策 size.points"), requires=("size",))
    assert parse_dmn(dmn(second, first))["d"].decide({"a": 3}).result == {"out": 10}


def test_needs_and_outputs_tell_the_checker_what_flows() -> None:
    xml = table([(["> limits.low", "-"], ["matter.x"])], inputs=("a.b", "defined(c) and c"))
    decision = parse_dmn(dmn(xml))["d"]
    assert decision.needs == {"a.b", "limits.low", "matter.x"}
    assert decision.outputs == {"out": "any"}


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        MODEL,
    ],
)
def test_versions_of_dmn(namespace: str) -> None:
    decisions = parse_dmn(dmn(table([(["1"], ["2"])]), namespace=namespace))
    assert decisions["d"].decide({"a": 1}).result == {"out": 2}


def test_all_faults_are_found_at_once_with_their_places() -> None:
    bad = (
        table([(["]["], ["高"]), (["1"], ["1", "2"])], key="one")
        + table([(["1"], ["3工作日"])], key="two", policy="BEST", requires=("gone",))
        + '<decision id="three" name="三"><relation/></decision>'
        + table([(["1"], ["1"])], key="four", policy="COLLECT", aggregation="SUM", outputs=("x", "y"))
        + table([(["1"], ["1"])], key="five", requires=("six",))
        + table([(["1"], ["1"])], key="six", requires=("five",))
        + table([(["1"], ["1"])], key="five")
        + table([(["1"], ["1"])], key="seven", policy="PRIORITY")
    )
    with pytest.raises(DecisionError) as caught:
        parse_dmn(dmn(bad))
    found = {(fault.element_id, fault.code) for fault in caught.value.faults}
    assert found == {
        ("one", "decision-cell"),
        ("one", "decision-rule"),
        ("two", "decision-cell"),
        ("two", "decision-policy"),
        ("two", "unknown-decision"),
        ("three", "not-a-table"),
        ("four", "decision-policy"),
        ("four", "decision-rule"),
        ("five", "duplicate-id"),
        ("five", "decision-circle"),
        ("seven", "decision-policy"),
    }
    assert any("文字要加英文双引号" in fault.message for fault in caught.value.faults)
    assert all(fault.english and fault.line >= 1 for fault in caught.value.faults)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"<oops", "xml-not-well-formed"),
        (b"<a/>", "not-dmn"),
        (b'<!DOCTYPE a><definitions xmlns="' + MODEL.encode() + b'"/>', "xml-unsafe"),
        (dmn(), "no-decision"),
        (dmn("<decision/>"), "decision-id"),
        (dmn('<decision id="d"/>'), "not-a-table"),
        (dmn('<decision id="d"><decisionTable/></decision>'), "decision-output"),
        (
            dmn('<decision id="d"><decisionTable><input id="i"/><output name="o"/></decisionTable></decision>'),
            "decision-input",
        ),
        (
            dmn(
                '<decision id="d"><decisionTable><input><inputExpression expressionLanguage="groovy"><text>a</text>'
                '</inputExpression></input><output name="o"/></decisionTable></decision>'
            ),
            "decision-language",
        ),
    ],
)
def test_bad_files_have_a_fault(content: bytes, code: str) -> None:
    with pytest.raises(DecisionError) as caught:
        parse_dmn(content)
    assert code in {fault.code for fault in caught.value.faults}


def test_code_in_cells_never_runs() -> None:
    for payload in ("__import__('os').system('id')", "().__class__", "a.__class__", "open('/etc/passwd')"):
        try:
            decided = decide(table([([payload], [payload])]), {"a": 1})
        except DecisionError:
            continue
        pytest.fail(f"{payload} gave {decided}")


def test_two_hundred_rules_are_read_once_and_decided_without_reading_again() -> None:
    rules = [([f'"k{number}","m{number}"', f"[{number}..{number}]"], [f'"{number}工作日"']) for number in range(200)]
    decision = parse_dmn(dmn(table(rules, inputs=("a", "b"))))["d"]
    read = unary_tests.cache_info()
    for _ in range(20):
        assert decision.decide({"a": "m199", "b": 199}).result == {"out": "199工作日"}
    assert unary_tests.cache_info() == read


def test_a_test_that_several_rules_share_is_asked_once_and_only_while_one_of_them_can_hit() -> None:
    asked: list[Any] = []

    def big(value: Any) -> bool:
        asked.append(value)
        return bool(value > 2)

    rules = [(['"x"', "big(?)"], [str(number)]) for number in range(5)]
    rules += [(['"y"', "big(?) and true"], ["9"])]
    decision = parse_dmn(dmn(table(rules, policy="COLLECT", inputs=("a", "b"))))["d"]
    assert decision.decide({"a": "x", "b": 3}, {"big": big}).matched == [1, 2, 3, 4, 5]
    assert asked == [3]
    assert decision.decide({"a": "z", "b": 4}, {"big": big}).matched == []
    assert asked == [3]
