"""Several decisions in one file: requirements, input data, item definitions, expressions, and what is refused."""

from typing import Any

import pytest

from engine.runtime import CannotAdvance
from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.requirements import MAX_BELOW
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.test_decisions import MODEL, dmn, table


def formula(key: str, text: str, *, requires: tuple[str, ...] = (), data: tuple[str, ...] = ()) -> str:
    """The XML of a decision that is one expression."""
    needs = "".join(f'<requiredDecision href="#{name}"/>' for name in requires)
    needs += "".join(f'<requiredInput href="#{name}"/>' for name in data)
    needs = f"<informationRequirement>{needs}</informationRequirement>" if needs else ""
    return (
        f'<decision id="{key}" name="决策 {key}">{needs}'
        f"<literalExpression><text><![CDATA[{text}]]></text></literalExpression></decision>"
    )


def refusal(*elements: str) -> DecisionError:
    with pytest.raises(DecisionError) as caught:
        parse_dmn(dmn(*elements))
    return caught.value


POINTS = formula("points", "len(matter.text) * 2")
SIZE = table([(["> 6"], ['"big"']), (["<= 6"], ['"small"'])], key="size", inputs=("points",), requires=("points",))
LIMIT = table(
    [(['"big"', "-"], ["10"]), (['"small"', "> 2"], ["1"])], inputs=("size", "points"), requires=("size", "points")
)


def test_all_required_decisions_are_taken_in_order_each_once() -> None:
    calls: list[str] = []

    def note(text: str) -> int:
        calls.append(text)
        return len(text)

    noted = formula("points", "note(matter.text) * 2")
    decision = parse_dmn(dmn(LIMIT, SIZE, noted))["d"]
    decided = decision.decide({"matter": {"text": "四个字啊"}}, {"note": note})
    assert decided.result == {"out": 10}
    assert list(decided.required) == ["points", "size"]
    assert [each.result for each in decided.required.values()] == [8, {"out": "big"}]
    assert decided.required["points"].inputs == {"matter.text": "四个字啊"}
    assert decided.required["size"].matched == [1]
    assert calls == ["四个字啊"]
    assert decision.needs == {"matter.text"}
    assert decision.functions == {"note"}


def test_history_tells_how_required_decisions_were_taken(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().rule("limit", "d").user("a").end().chain("start", "limit", "a", "end"),
        limits=dmn(LIMIT, SIZE, POINTS),
    )
    instance = desk.start("p", matter={"text": "四个字啊"})
    assert desk.data(instance)["limit"] == {"out": 10}
    assert desk.details(instance, "decided") == [
        {
            "decision": "d",
            "inputs": {"size": "big", "points": 8},
            "outputs": {"out": 10},
            "matched": [1],
            "required": [
                {"decision": "points", "inputs": {"matter.text": "四个字啊"}, "outputs": 8, "matched": []},
                {"decision": "size", "inputs": {"points": 8}, "outputs": {"out": "big"}, "matched": [1]},
            ],
        }
    ]


def test_dates_and_durations_of_a_decision_are_stored_as_text(desk: Desk) -> None:
    rule = table([(["-"], ['date("2025-03-01")', 'duration("P1DT2H30M") + duration("PT1.5S")', 'duration("-P1Y2M")'])],
                 inputs=("matter.kind",), outputs=("day", "length", "months"))  # fmt: skip
    desk.deploy(
        Diagram("p").start().rule("limit", "d").user("a").end().chain("start", "limit", "a", "end"), limits=dmn(rule)
    )
    instance = desk.start("p", matter={"kind": "x"})
    assert desk.data(instance)["limit"] == {"day": "2025-03-01", "length": "P1DT2H30M1.5S", "months": "-P14M"}


def test_an_expression_alone_is_a_decision(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().rule("days", "d").user("a").end().chain("start", "days", "a", "end"),
        limits=dmn(formula("d", "if matter.urgent then 1 else matter.days + 1")),
    )
    instance = desk.start("p", matter={"urgent": False, "days": 4})
    assert desk.data(instance)["days"] == 5
    with pytest.raises(CannotAdvance, match=r"决策「决策 d」：变量 matter\.urgent 没有值"):
        desk.start("p", key="MY-2", matter={})


DATA = (
    '<itemDefinition name="tKind"><typeRef>feel:string</typeRef><allowedValues><text>"a","b"</text></allowedValues>'
    '</itemDefinition><itemDefinition name="tAlias"><typeRef>tKind</typeRef></itemDefinition>'
    '<itemDefinition name="tKinds" isCollection="true"><typeRef>tKind</typeRef></itemDefinition>'
    '<inputData id="i_kind" name="kind"><variable name="kind" typeRef="tAlias"/></inputData>'
    '<inputData id="i_kinds" name="All kinds"><variable name="All kinds" typeRef="tKinds"/></inputData>'
)


def test_allowed_values_of_input_data_come_from_their_item_definitions() -> None:
    decisions = parse_dmn(
        dmn(DATA, formula("one", "kind + '!'", data=("i_kind",)), formula("many", "len(All kinds)", data=("i_kinds",)))
    )
    assert decisions["one"].decide({"kind": "a"}).result == "a!"
    assert decisions["many"].decide({"All kinds": ["a", "b"]}).result == 2
    with pytest.raises(DecisionError, match='输入数据「kind」：值 \'c\' 不在允许的值 "a","b" 之中'):
        decisions["one"].decide({"kind": "c"})
    with pytest.raises(DecisionError, match="输入数据「kind」：这一列是文字，值却是数字"):
        decisions["one"].decide({"kind": 3})
    with pytest.raises(DecisionError, match="输入数据「All kinds」：值 'c'"):
        decisions["many"].decide({"All kinds": ["a", "c"]})


def test_item_definitions_limit_columns_and_give_the_order_of_outputs() -> None:
    typed = table([(['"a"'], ['"b"']), (["-"], ['"a"'])], policy="PRIORITY", input_type="tKind")
    decision = parse_dmn(dmn(DATA, typed.replace('<output name="out">', '<output name="out" typeRef="tKind">')))["d"]
    assert decision.decide({"a": "a"}).result == {"out": "a"}
    with pytest.raises(DecisionError, match="输入「a」：值 'c' 不在允许的值"):
        decision.decide({"a": "c"})


def test_item_definitions_in_a_circle_end() -> None:
    circle = "".join(
        f'<itemDefinition name="{name}"><typeRef>{other}</typeRef></itemDefinition>' for name, other in ("xy", "yx")
    )
    decision = parse_dmn(dmn(circle, table([(["-"], ["1"])], input_type="x")))["d"]
    assert decision.decide({"a": 1}).result == {"out": 1}


def test_circles_are_refused_with_their_way() -> None:
    error = refusal(
        formula("x", "1", requires=("y",)), formula("y", "1", requires=("z",)), formula("z", "1", requires=("x",))
    )
    assert [(fault.element_id, fault.code) for fault in error.faults] == [("x", "decision-circle")]
    assert "决策 x → 决策 y → 决策 z → 决策 x" in str(error)
    assert "circle" in refusal(formula("x", "1", requires=("x",))).english


def test_a_long_row_of_decisions_is_refused_and_a_dense_one_is_taken_in_no_time() -> None:
    row = [formula("r0", "1")]
    row += [formula(f"r{number}", "1", requires=(f"r{number - 1}",)) for number in range(1, 3000)]
    assert refusal(*row).faults[0].code == "decision-size"
    # Each requires two before it: counted as ways there would be 2 to the power of 90.
    dense = [formula("r0", "1"), formula("r1", "r0 + 0")]
    dense += [
        formula(f"r{number}", f"r{number - 1} - r{number - 2} + 1", requires=(f"r{number - 1}", f"r{number - 2}"))
        for number in range(2, MAX_BELOW)
    ]
    dense[1] = formula("r1", "r0 + 0", requires=("r0",))
    last = parse_dmn(dmn(*dense))[f"r{MAX_BELOW - 1}"]
    assert isinstance(last.decide({}).result, int)
    assert last.needs == frozenset()
    assert len(last.decide({}).required) == MAX_BELOW - 1


BKM = '<businessKnowledgeModel id="k" name="K"><encapsulatedLogic/></businessKnowledgeModel>'


@pytest.mark.parametrize(
    ("elements", "element_id", "says", "english"),
    [
        ((formula("d", "1"), BKM), "k", "业务知识模型", "business knowledge models"),
        ((formula("d", "1"), '<import namespace="x" importType="y"/>'), "", "导入", "imports"),
        ((formula("d", "1"), '<decisionService id="s"/>'), "s", "决策服务", "decision services"),
        (('<decision id="d"><context/></decision>',), "d", "上下文", "boxed context"),
        (('<decision id="d"><invocation/></decision>',), "d", "调用", "invocation"),
        (('<decision id="d"><functionDefinition/></decision>',), "d", "函数定义", "function definition"),
        (('<decision id="d"><list/></decision>',), "d", "列表", "boxed list"),
        (('<decision id="d"><relation/></decision>',), "d", "关系表", "relation"),
        (('<decision id="d"><conditional/></decision>',), "d", "条件框", "boxed conditional"),
        (('<decision id="d"><for/></decision>',), "d", "循环框", "boxed iterator"),
        (('<decision id="d"><filter/></decision>',), "d", "筛选框", "boxed filter"),
        ((formula("d", "for x in xs return x + 1"),), "d", "循环 for … return", "loop for ... return"),
        ((formula("d", "some x in xs satisfies x > 1"),), "d", "量词", "quantifier"),
        ((formula("d", "every x in xs satisfies x > 1"),), "d", "量词", "quantifier"),
        ((formula("d", "function(a) a + 1"),), "d", "函数定义", "function definition"),
        ((formula("d", "a instance of string"),), "d", "instance of", "instance of"),
        ((formula("d", "a between 1 and 5"),), "d", "between", "between"),
        ((formula("d", "2 ** 3"),), "d", "乘方", "power"),
        ((formula("d", "xs[item > 2]"),), "d", "列表筛选", "list filter"),
        ((formula("d", "substring before(a, 'x')"),), "d", "函数 substring before", "function substring before"),
        ((table([(["for x in a return x"], ["1"])]),), "d", "第 1 条规则第 1 个输入", "rule 1, input 1"),
        ((table([(["1"], ["some x in a satisfies x"])]),), "d", "第 1 条规则的输出「out」", "rule 1, output out"),
        ((formula("d", "1", requires=("http://other#x",)),), "d", "所依赖的决策不存在", "does not exist"),
        ((formula("d", "1", data=("gone",)),), "d", "所需的输入数据不存在", "does not exist"),
        ((formula("d", ""),), "d", "表达式是空的", "empty expression"),
    ],
)
def test_what_is_not_supported_is_refused_by_name_with_its_place(
    elements: tuple[str, ...], element_id: str, says: str, english: str
) -> None:
    error = refusal(*elements)
    (fault,) = error.faults
    assert fault.element_id == element_id
    assert fault.line >= 1
    assert says in fault.message
    assert english in fault.english


def test_another_language_for_the_whole_file_is_refused() -> None:
    content = dmn(formula("d", "1")).replace(b"<definitions ", b'<definitions expressionLanguage="http://groovy" ')
    with pytest.raises(DecisionError, match="groovy"):
        parse_dmn(content)
    feel = f'<definitions expressionLanguage="{MODEL.replace("MODEL", "FEEL")}" '.encode()
    assert parse_dmn(dmn(formula("d", "1")).replace(b"<definitions ", feel))["d"].decide({}).result == 1


@pytest.mark.parametrize(
    "text", ["for " * 400, "a " * 900, "a(" * 900, "[" * 1900, "[a<" * 600, '"' * 1999, "x" * 1999 + "@"]
)
def test_naming_what_cannot_be_read_costs_little(text: str) -> None:
    value: Any = refusal(formula("d", text)).faults
    assert len(value) == 1
