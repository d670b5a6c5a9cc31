from pathlib import Path

import pytest

from engine.runtime.checker import Known, check
from tests.engine.runtime.checker_diagrams import (
    END,
    GOOD,
    HEAD,
    KNOWN,
    START,
    bpmn,
    chain,
    flow,
    found,
    problems,
    service,
    timer,
    user,
)

GATE = '<exclusiveGateway id="g" name="哪边？" default="g_e"/>'
EXCLUSIVE = START + user("a") + END + user("b") + GATE + chain("s", "a", "g") + chain("b", "e")
SECOND = '<process id="q" isExecutable="true"/>'
EVENT = "<{kind} id='x' {more}>{definition}</{kind}>"


def event(kind: str, definition: str, more: str = "") -> str:
    inner = f"<{definition}EventDefinition/>" if definition else ""
    return EVENT.format(kind=kind, definition=inner, more=more)


def test_good_diagrams_have_no_problem() -> None:
    assert problems(bpmn(GOOD)) == []
    branching = EXCLUSIVE + flow("g", "b", "${a.decision == 'more'}") + flow("g", "e")
    assert problems(bpmn(branching)) == []


def test_a_problem_says_where_and_what_to_do_in_both_languages() -> None:
    content = bpmn(START + user("a") + END + "\n" + user("b") + chain("s", "a", "e") + chain("b", "e"))
    (problem,) = problems(content)
    assert problem.file == "processes/p.bpmn"
    assert (problem.code, problem.element_id, problem.element_name) == ("unreachable", "b", "办b")
    assert problem.severity == "error"
    assert problem.line == 5
    assert "走不到" in problem.message
    assert problem.remedy
    assert problem.message_en.isascii()
    assert problem.remedy_en.isascii()


@pytest.mark.parametrize(
    ("content", "code", "element"),
    [
        (b"", "xml-not-well-formed", ""),
        (b"<a>", "xml-not-well-formed", ""),
        (b"<!DOCTYPE a><a/>", "xml-unsafe", ""),
        (b"<a/>", "not-bpmn", ""),
        ((HEAD + "</definitions>").encode(), "no-process", ""),
        (bpmn(GOOD, process='isExecutable="false"'), "not-executable", "p"),
        (bpmn(GOOD, process=""), "not-executable", "p"),
        (bpmn(GOOD, outside=SECOND), "several-processes", "p"),
        (bpmn(GOOD, outside='<import importType="x" location="y.bpmn" namespace="z"/>'), "import", ""),
        (bpmn(GOOD + '<task id="a"/>'), "duplicate-id", "a"),
        (bpmn(GOOD + "<task/>"), "missing-id", ""),
        (bpmn(GOOD + flow("a", "nowhere")), "flow-end", "a_nowhere"),
        (bpmn(GOOD + flow("nowhere", "a")), "flow-end", "nowhere_a"),
        (bpmn(GOOD + timer("t", "P1D", host="nowhere") + chain("t", "e")), "unknown-reference", "t"),
        (bpmn(GOOD + timer("t", "P1D", host="s") + chain("t", "e")), "not-attached", "t"),
        (bpmn(GOOD + timer("t", "P1D", host="s") + chain("t", "e")), "wrong-reference", "t"),
        (bpmn(GOOD.replace('<userTask id="a"', '<userTask id="a" default="gone"')), "default-flow", "a"),
        (bpmn(GOOD.replace("</userTask>", "<incoming>other</incoming></userTask>")), "flow-listed", "a"),
    ],
)
def test_files_and_references(content: bytes, code: str, element: str) -> None:
    assert (code, element) in found(content)


@pytest.mark.parametrize(
    ("body", "code", "element"),
    [
        ("", "no-start", "p"),
        (user("a") + END + chain("a", "e"), "no-start", "p"),
        (START + user("a") + chain("s", "a"), "no-end", "p"),
        (GOOD + '<startEvent id="s2"/>' + flow("s2", "a"), "several-starts", "s2"),
        (GOOD + flow("a", "s"), "start-incoming", "s"),
        (GOOD + flow("e", "a"), "end-outgoing", "e"),
        (GOOD + timer("t", "P1D") + chain("t", "e") + flow("s", "t"), "boundary-incoming", "t"),
        (GOOD + user("b") + chain("b", "e"), "unreachable", "b"),
        (GOOD + user("b") + flow("a", "b"), "dead-end", "b"),
        (START + user("a") + user("b") + END + chain("s", "a", "b", "a"), "never-ends", "s"),
        (GOOD + user("b") + flow("a", "b") + chain("b", "e"), "implicit-split", "a"),
        (START + user("a") + END + flow("s", "a") + flow("a", "e", "${true}"), "condition-ignored", "a_e"),
        (EXCLUSIVE + flow("g", "b") + flow("g", "e"), "no-condition", "g_b"),
        (
            EXCLUSIVE.replace(' default="g_e"', "") + flow("g", "b", "${true}") + flow("g", "e", "${false}"),
            "no-default",
            "g",
        ),
        (EXCLUSIVE + flow("g", "b", "${true}") + flow("g", "e", "${true}"), "default-condition", "g_e"),
        (EXCLUSIVE + flow("g", "e"), "single-gateway", "g"),
        (
            START + '<parallelGateway id="g"/>' + user("a") + user("b") + END + chain("s", "g", "a", "e")
            + flow("g", "b", "${true}") + chain("b", "e"),
            "condition-ignored",
            "g_b",
        ),
        (
            START + '<eventBasedGateway id="g"/>' + user("a") + END + chain("s", "g", "a", "e"),
            "event-gateway",
            "g",
        ),
    ],
)  # fmt: skip
def test_structure(body: str, code: str, element: str) -> None:
    assert (code, element) in found(bpmn(body))


def test_loop_that_waits_for_nothing_is_found_and_one_with_a_task_or_an_effect_is_not() -> None:
    def looping(inside: str) -> bytes:
        back = flow("g", "x", "${defined(x)}") + flow("g", "e")
        return bpmn(START + inside + GATE + END + chain("s", "x", "g") + back)

    assert ("endless-loop", "x") in found(looping(service("x")))
    waiting = user("x", attributes='camunda:candidateGroups="handler" camunda:dueDate="P1D" camunda:formRef="a"')
    assert found(looping(waiting)) == set()
    assert found(looping(service("x", "deliver"))) == set()
    (problem,) = [each for each in problems(looping(service("x"))) if each.code == "endless-loop"]
    assert "x → 哪边？ → x" in problem.message


def test_loop_over_a_called_process_waits_if_that_process_does() -> None:
    def looping(inside: str) -> dict[str, bytes]:
        call = '<callActivity id="x" calledElement="q"/>'
        back = flow("g", "x", "${defined(y)}") + flow("g", "e")
        inner = '<startEvent id="qs"/>' + inside + '<endEvent id="qe"/>' + chain("qs", "c", "qe")
        outer = START + call + GATE + END + chain("s", "x", "g") + back
        return {"processes/p.bpmn": bpmn(outer), "processes/q.bpmn": bpmn(inner, key="q")}

    assert found(looping(user("c"))) == set()
    assert found(looping(service("c"))) == {("endless-loop", "x")}


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ('<scriptTask id="x"/>', "脚本任务"),
        ('<subProcess id="x" triggeredByEvent="true"/>', "事件子流程"),
        ('<transaction id="x"/>', "事务"),
        ('<adHocSubProcess id="x"/>', "特别子流程"),
        ('<complexGateway id="x"/>', "复杂网关"),
        ('<choreographyTask id="x"/>', "编排"),
        ('<task id="x" isForCompensation="true"/>', "补偿活动"),
        ('<task id="x"><multiInstanceLoopCharacteristics/></task>', "多实例"),
        ('<receiveTask id="x"><multiInstanceLoopCharacteristics/></receiveTask>', "多实例"),
        ('<eventBasedGateway id="x" instantiate="true"/>', "由事件网关开始"),
        ('<eventBasedGateway id="x" eventGatewayType="Parallel"/>', "并行的事件网关"),
        ('<receiveTask id="x" instantiate="true"/>', "由接收任务开始"),
        ('<intermediateCatchEvent id="x" parallelMultiple="true"/>', "要全部触发"),
        ('<subProcess><startEvent id="x"><timerEventDefinition/></startEvent></subProcess>', "定时子流程开始事件"),
        (
            "<intermediateCatchEvent id='x'><eventDefinitionRef>d</eventDefinitionRef></intermediateCatchEvent>",
            "引用别处",
        ),
        ('<task id="x" startQuantity="2"/>', "startQuantity"),
        (event("startEvent", "conditional"), "条件开始事件"),
        (event("boundaryEvent", "conditional", 'attachedToRef="a"'), "条件边界事件"),
        (event("boundaryEvent", "cancel", 'attachedToRef="a"'), "取消边界事件"),
        ('<task id="x"><standardLoopCharacteristics/></task>', "循环标记"),
        (event("endEvent", "compensate"), "补偿结束事件"),
        (event("intermediateThrowEvent", "link"), "链接中间抛出事件"),
        (event("intermediateCatchEvent", "conditional"), "条件中间捕获事件"),
        (event("intermediateCatchEvent", ""), "无类型的中间捕获事件"),
        ("<endEvent id='x'><terminateEventDefinition/><errorEventDefinition/></endEvent>", "多个触发条件"),
        (
            '<task id="x"><extensionElements><camunda:executionListener class="a"/></extensionElements></task>',
            "执行监听器",
        ),
        (
            '<task id="x"><extensionElements><camunda:taskListener class="a"/></extensionElements></task>',
            "任务监听器",
        ),
        (
            (
                '<serviceTask id="x"><extensionElements><camunda:inputOutput><camunda:inputParameter name="a">'
                "<camunda:script>1</camunda:script></camunda:inputParameter></camunda:inputOutput></extensionElements>"
                "</serviceTask>"
            ),
            "脚本",
        ),
        (
            (
                '<serviceTask id="x"><extensionElements><camunda:inputOutput><camunda:outputParameter name="a"/>'
                "</camunda:inputOutput></extensionElements></serviceTask>"
            ),
            "输出参数",
        ),
        ('<serviceTask id="x" camunda:class="java.lang.Runtime"/>', "camunda:class"),
        ('<serviceTask id="x" camunda:expression="${a.b()}"/>', "camunda:expression"),
        ('<serviceTask id="x" camunda:type="external" camunda:topic="t"/>', "camunda:topic"),
    ],
)
def test_unsupported_elements_are_named_with_an_alternative(body: str, what: str) -> None:
    (problem, *_) = [
        each
        for each in problems(bpmn(GOOD + body))
        if each.code == "unsupported" and each.element_id == "x" and what in each.message
    ]
    assert problem.remedy
    assert problem.remedy_en


@pytest.mark.parametrize("definition", ["", "terminate"])
def test_supported_end_events(definition: str) -> None:
    assert problems(bpmn(GOOD.replace(END, event("endEvent", definition).replace("'x'", "'e'")))) == []


def test_listener_of_the_process_itself_is_refused() -> None:
    body = '<extensionElements><camunda:executionListener class="x"/></extensionElements>' + GOOD
    assert ("unsupported", "p") in found(bpmn(body))


@pytest.mark.parametrize(
    ("ends", "wrong"),
    [
        (("s", "e"), True),
        (("pool", "e"), True),
        (("other", "a"), False),
        (("a", "other"), False),
        (("s", "other"), True),
    ],
)
def test_message_flows(ends: tuple[str, str], wrong: bool) -> None:
    collaboration = (
        '<collaboration id="c"><participant id="pool" processRef="p"/><participant id="other"/>'
        f'<messageFlow id="m" sourceRef="{ends[0]}" targetRef="{ends[1]}"/></collaboration>'
    )
    assert (("standard", "m") in found(bpmn(GOOD, outside=collaboration))) is wrong


def test_process_too_large_for_the_engine_is_refused() -> None:
    keys = [f"t{number}" for number in range(401)]
    body = START + END + "".join(f'<task id="{key}"/>' for key in keys) + chain("s", *keys, "e")
    assert found(bpmn(body)) == {("too-large", "p")}


def test_all_problems_come_in_one_pass() -> None:
    body = (
        START
        + user("a", attributes="")
        + service("x", "nobody")
        + '<scriptTask id="script"/>'
        + '<exclusiveGateway id="g"/>'
        + chain("s", "a", "x", "script", "g")
        + flow("g", "a", "${1 +}")
        + flow("g", "gone")
    )
    codes = {code for code, _ in found(bpmn(body))}
    assert {
        "no-role",
        "no-time-limit",
        "unknown-service",
        "unsupported",
        "expression",
        "flow-end",
        "no-default",
        "no-end",
        "never-ends",
    } <= codes


def test_files_of_other_kinds_are_noted() -> None:
    assert ("unknown-file", "") in found({"processes/p.bpmn": bpmn(GOOD), "notes.txt": b"x"})


def test_a_rule_that_fails_is_a_problem_and_stops_no_other() -> None:
    class Broken(dict):  # type: ignore[type-arg]
        def get(self, *_: object) -> None:
            raise RuntimeError("boom")

    known = Known(services=Broken(), roles=KNOWN.roles, fields=KNOWN.fields)
    content = bpmn(GOOD + service("x") + flow("a", "gone") + timer("t", "soon"))
    codes = {each.code for each in check({"processes/p.bpmn": content}, known)}
    assert {"checker-failed", "flow-end", "timer"} <= codes


def test_forms_compiler_that_fails_is_a_problem() -> None:
    def fails(_form: bytes) -> dict[str, str]:
        raise KeyError("inside")

    codes = {each.code for each in check({"forms/a.form": b"{}"}, Known(fields=fails))}
    assert codes == {"form-failed"}


def test_dependencies_stay_below_the_host() -> None:
    for module in (Path(__file__).parents[3] / "engine/runtime/checker").rglob("*.py"):
        text = module.read_text(encoding="utf-8")
        assert "import SpiffWorkflow" not in text
        assert "from SpiffWorkflow" not in text
        assert "engine.casework" not in text
