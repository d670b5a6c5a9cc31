"""Versions: checked, stored once, immutable, kept by the instances that began with them."""

import threading

import pytest
import sqlalchemy as sa

from engine.runtime import NotFound, Refused, Runtime
from engine.runtime.definitions import parse_files
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight, table


def files(*steps: str, **more: bytes) -> dict[str, bytes]:
    """Write a deployment of one process with a form for each step."""
    diagram = Diagram("p", "民意办理").start()
    for step in steps:
        diagram.user(step, candidateGroups="handler")
    diagram.end().chain("start", *steps, "end")
    forms = {f"forms/{step}.form": b'{"note": "text"}' for step in steps}
    return {"processes/p.bpmn": diagram.xml()} | forms | more


def test_a_deployment_is_stored_with_all_its_files(desk: Desk) -> None:
    made = desk.runtime.deploy(files("a", "b"), actor="3", note="第一版")
    assert (made.version, made.deployed_by, made.note) == (1, "3", "第一版")
    with desk.engine.connect() as connection:
        assert desk.runtime.current(connection) == made
    definition = desk.runtime.definition(made.id)
    assert definition.xml("p") == files("a", "b")["processes/p.bpmn"]
    assert definition.form("a") == b'{"note": "text"}'
    assert [step.step for step in definition.steps("p")] == ["a", "b"]
    assert definition.processes == {"p": "民意办理"}


def test_the_same_content_again_is_the_same_version(desk: Desk) -> None:
    first = desk.runtime.deploy(files("a"), actor="3")
    assert desk.runtime.deploy(dict(reversed(files("a").items())), actor="4", note="again") == first
    second = desk.runtime.deploy(files("a", "b"), actor="3")
    assert second.version == 2
    back = desk.runtime.deploy(files("a"), actor="3", note="zurück")
    assert back.version == 3
    with desk.engine.connect() as connection:
        assert [one.version for one in desk.runtime.deployments(connection)] == [3, 2, 1]
    assert desk.value("select count(*) from resource") == 3


def test_instances_stay_on_the_version_they_began_with(desk: Desk, engine: sa.Engine) -> None:
    desk.runtime.deploy(files("a", "b"), actor="3")
    old = desk.start("p")
    desk.runtime.deploy(files("a", "c"), actor="3")
    new = desk.start("p")
    other_process = Runtime(engine, desk.host)
    for instance in (old, new):
        other_process.complete(desk.task(instance, "a"), {}, actor="1", key=None, prepare=lambda _t, _i: None)
    assert desk.waiting(old) == ["b"]
    assert desk.waiting(new) == ["c"]


def test_a_deployment_with_errors_is_refused_with_all_of_them(desk: Desk) -> None:
    diagram = (
        Diagram("p").start().user("a", candidateGroups="nobody").service("s", "unheard_of").rule("r", "undecided").end()
        .chain("start", "a", "s", "r", "end")
    )  # fmt: skip
    with pytest.raises(Refused) as caught:
        desk.runtime.deploy({"processes/p.bpmn": diagram.xml()}, actor="3")
    places = {problem.element_id for problem in caught.value.problems if problem.severity == "error"}
    assert {"a", "s", "r"} <= places
    assert all(problem.message and problem.message_en for problem in caught.value.problems)
    assert "个错误" in caught.value.message
    assert desk.value("select count(*) from deployment") == 0
    assert desk.runtime.check({"processes/p.bpmn": diagram.xml()}) == caught.value.problems


def test_what_is_not_deployed_is_not_found(desk: Desk) -> None:
    with desk.engine.connect() as connection, pytest.raises(NotFound):
        desk.runtime.current(connection)
    with pytest.raises(NotFound):
        desk.runtime.definition(7)
    definition = desk.runtime.definition(desk.runtime.deploy(files("a"), actor="3").id)
    for ask in (
        lambda: definition.xml("q"),
        lambda: definition.form("q"),
        lambda: definition.steps("q"),
        lambda: definition.step("p", "q"),
        lambda: definition.step("p", "start"),
    ):
        with pytest.raises(NotFound):
            ask()


def test_two_deployments_at_once_are_two_versions(desk: Desk) -> None:
    barrier = threading.Barrier(4)
    versions = []

    def work(number: int) -> None:
        barrier.wait()
        versions.append(desk.runtime.deploy(files("a", f"b{number}"), actor="3").version)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(versions) == [1, 2, 3, 4]


def test_a_definition_is_parsed_once(desk: Desk) -> None:
    number = desk.runtime.deploy(files("a"), actor="3").id
    assert desk.runtime.definition(number) is desk.runtime.definition(number)


@pytest.mark.parametrize(
    "diagram",
    [
        Diagram("p").start().add("scriptTask", "x", "<bpmn:script>1</bpmn:script>").end().chain("start", "x", "end"),
        Diagram("p").start().add("serviceTask", "x").end().chain("start", "x", "end"),
        Diagram("p").start().add("businessRuleTask", "x").end().chain("start", "x", "end"),
        Diagram("p").start().add("complexGateway", "x").end().chain("start", "x", "end"),
        Diagram("p")
        .start()
        .add("intermediateCatchEvent", "x", "<bpmn:signalEventDefinition/>")
        .end()
        .chain("start", "x", "end"),
        Diagram("p").start().add("intermediateCatchEvent", "x").end().chain("start", "x", "end"),
        Diagram("p")
        .start()
        .add("intermediateThrowEvent", "x", "<bpmn:compensateEventDefinition/>")
        .end()
        .chain("start", "x", "end"),
        Diagram("p").start().add("endEvent", "x", "<bpmn:errorEventDefinition/>").chain("start", "x"),
        Diagram("p").add("startEvent", "start", "<bpmn:timerEventDefinition/>").end().chain("start", "end"),
        Diagram("p").start().start("second").end().chain("start", "end").chain("second", "end"),
        Diagram("p").start().timer("x", "").end().chain("start", "x", "end"),
        Diagram("p").start().user("a").timer("x", "", "a").end("e").end().chain("start", "a", "end").chain("x", "e"),
        Diagram("p").start().add("receiveTask", "x").end().chain("start", "x", "end"),
        Diagram("p")
        .start()
        .add("userTask", "x", "<bpmn:multiInstanceLoopCharacteristics/>")
        .end()
        .chain("start", "x", "end"),
        Diagram("p")
        .start()
        .add("userTask", "x", "<bpmn:standardLoopCharacteristics/>")
        .end()
        .chain("start", "x", "end"),
        Diagram("p").start().user("a").end().end("f").chain("start", "a", "end").flow("a", "f"),
        Diagram("p").start().user("a").chain("start", "a").flow("a", "nowhere"),
        Diagram("p").end(),
    ],
    ids=lambda diagram: next((element[0] for element in diagram.elements if element[1] == "x"), "other"),
)
def test_what_the_runtime_cannot_do_it_does_not_parse(diagram: Diagram) -> None:
    with pytest.raises(Refused) as caught:
        parse_files(1, {"processes/p.bpmn": diagram.xml()})
    assert caught.value.problems[0].file == "processes/p.bpmn"


def test_files_that_are_not_what_they_seem_are_refused() -> None:
    for path, content in {"p.bpmn": b"<x", "q.bpmn": b"<!DOCTYPE x><x/>", "d.dmn": b"<definitions/>x"}.items():
        with pytest.raises(Refused):
            parse_files(1, {path: content})


def test_data_objects_and_lanes_are_drawn_for_people(desk: Desk) -> None:
    diagram = (
        Diagram("p").start().user("a", lane="handler").user("b", lane="handler", candidateGroups="receiver, instructor")
        .add("dataObject", "d").add("dataObjectReference", "r", dataObjectRef="d").end().chain("start", "a", "b", "end")
    )  # fmt: skip
    definition = parse_files(1, {"p.bpmn": diagram.xml()})
    assert [step.groups for step in definition.steps("p")] == [("handler",), ("receiver", "instructor")]
    desk.deploy(diagram)
    instance = desk.start("p")
    desk.complete(instance, "a")
    assert desk.data(instance) == {"a": {}}


def test_a_file_in_gb18030_is_read(desk: Desk) -> None:
    text = straight("p", "a").xml().decode().replace("UTF-8", "GB18030").replace("名 a", "办理")
    definition = parse_files(1, {"p.bpmn": text.encode("gb18030"), "t.dmn": table("t", ["x"], ["y"], ["-", '"1"'])})
    assert definition.step("p", "a").name == "办理"
    assert list(definition.decisions) == ["t"]
