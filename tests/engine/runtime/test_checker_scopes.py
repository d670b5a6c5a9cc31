"""Variables across sub-processes, calls with mappings, multiple instances, events; and joins that never complete."""

from dataclasses import replace

import pytest

from engine.runtime.checker import check
from engine.runtime.problems import Problem
from tests.engine.runtime.checker_cases.case import (
    E2,
    MESSAGE,
    OUTSIDE_ERROR,
    PARALLEL,
    boundary,
    calling,
    ending,
    exclusive,
    fork,
    many,
    sub,
)
from tests.engine.runtime.checker_diagrams import (
    END,
    FORM,
    KNOWN,
    START,
    bpmn,
    chain,
    dmn,
    flow,
    found,
    problems,
    service,
    timer,
    user,
)

ROLE = 'camunda:candidateGroups="handler" camunda:dueDate="P1D" camunda:formRef="b"'
UNSET = {"unset-variable", "sometimes-unset"}


def unset(files: bytes | dict[str, bytes]) -> set[tuple[str, str]]:
    return {(code, element) for code, element in found(files) if code in UNSET}


def after(inside: str, condition: str, *, outside: str = "", more: str = "") -> bytes:
    """Something, then a gateway with a condition."""
    body = START + inside + exclusive("g", "e") + user("b") + END + E2
    return bpmn(body + flow("g", "b", condition) + flow("g", "e") + chain("b", "e2") + more, outside=outside)


def test_a_sub_process_shares_the_data_around_it() -> None:
    inside = (
        f'<subProcess id="x"><startEvent id="xs"/>{user("a")}<endEvent id="xe"/>{chain("xs", "a", "xe")}</subProcess>'
    )
    assert unset(after(inside + chain("s", "x", "g"), "${a.decision == 'x'}")) == set()
    assert unset(after(inside + chain("s", "x", "g"), "${x.decision == 'x'}")) == {("unset-variable", "g_b")}


def test_what_is_inside_is_not_sure_when_a_boundary_event_leaves_it() -> None:
    inside = (
        f'<subProcess id="x"><startEvent id="xs"/>{user("a")}{user("c")}<endEvent id="xe"/>'
        f"{chain('xs', 'a', 'c', 'xe')}</subProcess>"
    )
    leaving = inside + timer("t", "P9D", host="x", interrupts=True) + chain("s", "x") + flow("x", "e2") + flow("t", "g")
    assert unset(after(leaving, "${a.decision == 'x'}")) == {("sometimes-unset", "g_b")}
    assert unset(after(leaving, "${defined(a) and a.decision == 'x'}")) == set()


def test_a_caught_error_has_a_code_and_a_message() -> None:
    failing = sub(ending("error", 'errorRef="er"'), boundary("error", 'errorRef="er"'), OUTSIDE_ERROR).decode()
    gate = exclusive("g", "e2") + user("b") + chain("t", "g") + chain("b", "e2")
    ways = flow("g", "b", "${{t.{0} == 'E1'}}") + flow("g", "e2")
    drawn = failing.replace(flow("t", "e2"), gate + ways)
    assert unset(drawn.replace("{0}", "code").replace("${{", "${").replace("'}}", "'}").encode()) == set()
    wrong = drawn.replace("{0}", "kind").replace("${{", "${").replace("'}}", "'}").encode()
    assert unset(wrong) == {("unset-variable", "g_b")}


@pytest.mark.parametrize(
    ("inner", "condition", "expected"),
    [
        ("", "${c.decision == 'x'}", set()),
        ('<camunda:out source="c" target="back"/>', "${back.decision == 'x'}", set()),
        ('<camunda:out source="c" target="back"/>', "${c.decision == 'x'}", {("unset-variable", "g_b")}),
        ('<camunda:out sourceExpression="${c.decision}" target="back"/>', "${back == 'x'}", set()),
        ('<camunda:out variables="all"/>', "${c.decision == 'x'}", set()),
    ],
)
def test_what_comes_back_from_a_call(inner: str, condition: str, expected: set[tuple[str, str]]) -> None:
    files = calling(inner)
    outer = files["processes/p.bpmn"].decode()
    gate = exclusive("g", "e") + user("b") + flow("g", "b", condition) + flow("g", "e") + chain("b", "e")
    files["processes/p.bpmn"] = outer.replace(flow("x", "e"), gate + flow("x", "g")).encode()
    assert unset(files) == expected


@pytest.mark.parametrize(
    ("inner", "condition", "expected"),
    [
        ("", "${a.decision == 'x'}", set()),
        ('<camunda:in source="a" target="given"/>', "${given.decision == 'x'}", set()),
        ('<camunda:in source="a" target="given"/>', "${a.decision == 'x'}", {("unset-variable", "qg_qe")}),
        ('<camunda:in source="a.decision" target="given"/>', "${given == 'x'}", set()),
        ('<camunda:in variables="all"/>', "${a.decision == 'x'}", set()),
        ('<camunda:in businessKey="${a.decision}"/>', "${a.decision == 'x'}", set()),
    ],
)
def test_what_goes_into_a_call(inner: str, condition: str, expected: set[tuple[str, str]]) -> None:
    gate = '<exclusiveGateway id="qg" default="qg_c"/><endEvent id="qe"/><startEvent id="qs"/>'
    inside = user("c") + gate + chain("qs", "qg") + flow("qg", "qe", condition) + flow("qg", "c") + chain("c", "qe")
    files = calling(inner) | {"processes/q.bpmn": bpmn(inside, key="q")}
    assert unset(files) == expected


def test_each_instance_has_its_own_variables_and_hands_back_a_list() -> None:
    marker = 'camunda:collection="a" camunda:elementVariable="unit"'
    person = f'camunda:assignee="${{unit.leader}}" {ROLE}'

    def drawn(attributes: str, marker: str, condition: str = "true") -> bytes:
        loop = f"<multiInstanceLoopCharacteristics {marker}><completionCondition>{condition}</completionCondition>"
        inside = user("a") + user("x", attributes=attributes, inner=loop + "</multiInstanceLoopCharacteristics>")
        return after(inside + chain("s", "a", "x", "g"), "${x[0].decision == 'y'}")

    assert unset(drawn(person, marker)) == set()
    assert unset(drawn(person, 'camunda:collection="a"')) == {("unset-variable", "x")}
    assert unset(drawn(person, marker, "nrOfCompletedInstances / nrOfInstances > 0.5")) == set()
    assert unset(drawn(ROLE, marker, "done > 2")) == {("unset-variable", "x")}
    assert unset(drawn(ROLE, 'camunda:collection="gone"')) == {("unset-variable", "x")}
    assert ("unset-variable", "x") not in found(many("<loopCardinality>${matter.channel}</loopCardinality>"))


def test_what_instances_write_stays_inside() -> None:
    inside = (
        f'<subProcess id="x"><multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality>'
        f'</multiInstanceLoopCharacteristics><startEvent id="xs"/>{user("a")}<endEvent id="xe"/>'
        f"{chain('xs', 'a', 'xe')}</subProcess>"
    )
    assert unset(after(inside + chain("s", "x", "g"), "${a.decision == 'x'}")) == {("unset-variable", "g_b")}


def test_a_schedule_starts_without_what_the_host_gives() -> None:
    known = replace(KNOWN, start={"*": {"matter": {"channel": "text"}}})
    clock = '<startEvent id="s"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition></startEvent>'
    message = '<startEvent id="s"><messageEventDefinition messageRef="m"/></startEvent>'
    for start, expected in ((START, []), (message, []), (clock, ["g_b"])):
        body = start + user("a") + exclusive("g", "e") + user("b") + END + chain("s", "a", "g") + chain("b", "e")
        drawn = bpmn(body + flow("g", "b", "${matter.channel == 'x'}") + flow("g", "e"), outside=MESSAGE)
        forms = {"forms/a.form": FORM, "forms/b.form": FORM}
        said = check({"processes/p.bpmn": drawn, **forms}, known)
        assert [one.element_id for one in said if one.code in UNSET] == expected


def test_a_decision_of_instances_sees_their_variables() -> None:
    rule = (
        '<businessRuleTask id="x" camunda:decisionRef="clocks"><multiInstanceLoopCharacteristics '
        'camunda:collection="a" camunda:elementVariable="{}"/></businessRuleTask>'
    )
    for variable, expected in (("each", set()), ("other", {("unset-variable", "x")})):
        drawn = bpmn(START + user("a") + rule.format(variable) + END + chain("s", "a", "x", "e"))
        assert unset({"processes/p.bpmn": drawn, "processes/d.dmn": dmn("each.channel")}) == expected


def shape(body: str) -> list[Problem]:
    codes = ("join-deadlock", "join-may-wait", "tokens-doubled", "soundness-bounded")
    return [one for one in problems(bpmn(body)) if one.code in codes]


def test_joins_that_complete_are_left_alone() -> None:
    three = START + user("a") + user("b") + user("c") + END + PARALLEL.format("f") + PARALLEL.format("j")
    assert shape(three + chain("s", "f", "a", "j", "e") + chain("f", "b", "c", "j")) == []
    # a terminate end takes the waiting branch away, so that nothing waits for ever
    stopping = START + user("a") + user("b") + END + PARALLEL.format("f") + exclusive("g", "j") + PARALLEL.format("j")
    stop = '<endEvent id="z"><terminateEventDefinition/></endEvent>'
    ways = chain("s", "f", "a", "g", "j", "e") + chain("f", "b", "j") + flow("g", "z", "${a.decision == 'x'}")
    assert shape(stopping + stop + ways) == []
    # two branches at one end event, and reminders beside the main way, are no doubled work
    assert (
        shape(
            START
            + user("a")
            + user("b")
            + END
            + PARALLEL.format("f")
            + chain("s", "f", "a", "e")
            + chain("f", "b", "e")
        )
        == []
    )
    reminders = timer("t", "P1D") + timer("u", "P2D", host="b") + '<exclusiveGateway id="m"/>' + service("x") + E2
    both = START + user("a") + user("b") + END + reminders + chain("s", "a", "b", "e")
    assert shape(both + chain("t", "m", "x", "e2") + chain("u", "m")) == []


def test_inclusive_joins_wait_for_what_can_come() -> None:
    body = START + user("a") + user("b") + END + '<inclusiveGateway id="f" default="f_b"/><inclusiveGateway id="j"/>'
    assert (
        shape(
            body
            + flow("s", "f")
            + flow("f", "a", "${matter.channel == 'x'}")
            + chain("a", "j", "e")
            + chain("f", "b", "j")
        )
        == []
    )


def test_an_inclusive_join_waits_for_a_branch_that_is_still_at_a_merge() -> None:
    body = START + user("a") + user("b") + user("c") + END + PARALLEL.format("f") + PARALLEL.format("k")
    some = '<inclusiveGateway id="i" default="i_g"/><inclusiveGateway id="j"/>' + exclusive("g", "m")
    ways = (
        chain("s", "f", "i") + flow("i", "a", "${matter.channel == 'x'}") + chain("a", "j") + chain("i", "g", "m", "j")
    )
    ways += flow("g", "b", "${matter.channel == 'y'}") + chain("b", "m") + chain("j", "k", "e") + chain("f", "c", "k")
    assert shape(body + some + '<exclusiveGateway id="m"/>' + ways) == []


def test_an_inclusive_split_and_a_parallel_join_may_wait() -> None:
    body = START + user("a") + user("b") + END + '<inclusiveGateway id="f" default="f_b"/>' + PARALLEL.format("j")
    (one,) = shape(
        body + flow("s", "f") + flow("f", "a", "${matter.channel == 'x'}") + chain("a", "j", "e") + chain("f", "b", "j")
    )
    assert (one.code, one.element_id) == ("join-may-wait", "j")


def test_joins_inside_a_sub_process_are_looked_at_too() -> None:
    inside = fork('<exclusiveGateway id="j"/>').decode()
    content = inside[inside.index("<startEvent") : inside.index("</process>")]
    body = f'<startEvent id="o"/><subProcess id="x">{content}</subProcess><endEvent id="oe"/>' + chain("o", "x", "oe")
    assert [(one.code, one.element_id) for one in shape(body)] == [("tokens-doubled", "j")]


def test_a_reminder_that_comes_back_into_the_main_way_does_it_twice() -> None:
    body = START + user("a") + user("b") + '<exclusiveGateway id="m"/>' + END + timer("t", "P1D")
    assert [(one.code, one.element_id) for one in shape(body + chain("s", "a", "m", "b", "e") + chain("t", "m"))] == [
        ("tokens-doubled", "m")
    ]


def test_the_way_to_a_deadlock_is_told() -> None:
    body = START + user("a") + user("b") + END + exclusive("f", "b") + PARALLEL.format("j")
    ways = flow("s", "f") + flow("f", "a", "${matter.channel == 'x'}") + chain("a", "j", "e") + chain("f", "b", "j")
    (one,) = shape(body + ways)
    assert one.code == "join-deadlock"
    assert "f：办" in one.message
    assert one.message_en
