"""Manual tasks: done outside the system, they wait until somebody says that they are done; a form is optional."""

from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def test_it_waits_for_a_person_of_its_group_and_needs_no_answers(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().manual("hand_over", candidateGroups="handler", dueDate="P3D").user("a").end()
        .chain("start", "hand_over", "a", "end")
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.waiting(instance) == ["hand_over"]
    assert desk.rows("select candidates, due_at is not null as due from work_item") == [(["handler@1"], True)]
    outcome = desk.complete(instance, "hand_over", actor="7")
    assert [item.step for item in outcome.next] == ["a"]
    assert desk.history(instance)[-1] == ("completed", "hand_over")


def test_what_is_said_with_it_stands_under_its_id(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().manual("call_back").user("a").end().chain("start", "call_back", "a", "end"))
    instance = desk.start("p")
    desk.complete(instance, "call_back", note="已电话告知")
    assert desk.data(instance) == {"call_back": {"note": "已电话告知"}}


def test_boundary_events_and_the_checker_know_it(desk: Desk) -> None:
    diagram = (
        Diagram("p").start().manual("visit", candidateGroups="handler").end()
        .catch("off", "called_off", "visit").end("e2").chain("start", "visit", "end").chain("off", "e2")
    )  # fmt: skip
    problems = desk.runtime.check({"processes/p.bpmn": diagram.xml()})
    assert [problem for problem in problems if problem.severity == "error"] == []
    desk.deploy(diagram)
    instance = desk.start("p")
    assert desk.runtime.message("MY-1", "called_off") is True
    assert desk.status(instance) == "completed"
