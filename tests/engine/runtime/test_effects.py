"""Service tasks: computing ones answer at once, effects wait for their result."""

from datetime import timedelta

import pytest

from engine.runtime import CannotAdvance, InvalidAnswers, NotFound, Service
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, table


def sending() -> Diagram:
    """Draw a step, a delivery that is repeated until it arrives, with a timer on it."""
    return (
        Diagram("p").start().user("reply").service("deliver", "send", text="${reply.text}").exclusive("g").end()
        .timer("slow", "P2D", "deliver").user("by_hand")
        .chain("start", "reply", "deliver", "g").flow("g", "end", "${deliver.delivered}")
        .flow("g", "reply", default=True).chain("slow", "by_hand", "end")
    )  # fmt: skip


def test_an_effect_is_asked_for_and_waits(desk: Desk) -> None:
    desk.deploy(sending())
    instance = desk.start("p", matter={"id": 5})
    desk.complete(instance, "reply", text="您好")
    assert desk.waiting(instance) == []
    (call,) = desk.host.calls
    assert (call.element, call.name, call.parameters) == ("deliver", "名 deliver", {"text": "您好"})
    assert call.data == {"matter": {"id": 5}, "reply": {"text": "您好"}}
    assert (call.transaction.instance_id, len(call.task_id)) == (instance, 32)
    assert desk.history(instance)[-1] == ("effect_requested", "deliver")
    assert desk.status(instance) == "running"


def test_its_result_takes_the_process_on_once(desk: Desk) -> None:
    desk.deploy(sending())
    instance = desk.start("p")
    desk.complete(instance, "reply", text="一")
    task = desk.host.calls[0].task_id
    assert desk.runtime.finish_effect(task, {"delivered": False}) is True
    assert desk.runtime.finish_effect(task, {"delivered": True}) is False
    assert desk.waiting(instance) == ["reply"]
    assert desk.data(instance)["deliver"] == {"delivered": False}
    desk.complete(instance, "reply", text="二")
    assert desk.runtime.finish_effect(task, {"delivered": True}) is False
    assert desk.runtime.finish_effect(desk.host.calls[1].task_id, {"delivered": True}, actor="3") is True
    assert desk.status(instance) == "completed"
    assert desk.runtime.finish_effect(desk.host.calls[1].task_id, {"delivered": True}) is False
    assert [kind for kind, _ in desk.history(instance)].count("effect_finished") == 2


def test_a_result_that_comes_too_late_does_nothing(desk: Desk, clock: Clock) -> None:
    desk.deploy(sending())
    instance = desk.start("p")
    desk.complete(instance, "reply", text="x")
    clock.move(timedelta(days=3))
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["by_hand"]
    assert desk.runtime.finish_effect(desk.host.calls[0].task_id, {"delivered": True}) is False
    assert "deliver" not in desk.data(instance)


def test_a_user_task_is_no_effect(desk: Desk) -> None:
    desk.deploy(sending())
    instance = desk.start("p")
    assert desk.runtime.finish_effect(desk.task(instance, "reply"), {"x": 1}) is False
    assert desk.waiting(instance) == ["reply"]
    with pytest.raises(NotFound):
        desk.runtime.finish_effect("0" * 32, {})


def test_a_computing_service_stores_its_result_and_may_change_facts(desk: Desk) -> None:
    def judge(call):
        call.transaction.variables["matter"] = {"kind": "complaint"}
        return {"outcome": "pushed", "score": 0.5}

    desk.host.services["judge"] = Service("judge", judge)
    desk.deploy(
        Diagram("p").start().service("judge", "judge", level="high", doubled="${double(matter.n)}").exclusive("g")
        .user("a").user("b").end().chain("start", "judge", "g").flow("g", "a", "${matter.kind == 'complaint'}")
        .flow("g", "b", default=True).chain("a", "end").chain("b", "end")
    )  # fmt: skip
    instance = desk.start("p", matter={"n": 4})
    assert desk.data(instance) == {"matter": {"kind": "complaint"}, "judge": {"outcome": "pushed", "score": 0.5}}
    assert desk.waiting(instance) == ["a"]


def test_parameters_are_evaluated_or_taken_as_they_are(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().service("n", "note", level="high", doubled="${double(matter.n)}", empty="").end()
        .chain("start", "n", "end")
    )  # fmt: skip
    desk.start("p", matter={"n": 4})
    assert desk.host.calls[0].parameters == {"level": "high", "doubled": 8, "empty": ""}


def test_a_service_that_is_gone_or_answers_nonsense_stops_the_command(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().service("n", "note").end().chain("start", "n", "end"))
    desk.host.services["note"] = Service("note", lambda _call: {"x": object()})
    with pytest.raises(InvalidAnswers):
        desk.start("p")
    del desk.host.services["note"]
    with pytest.raises(CannotAdvance, match="note"):
        desk.start("p")
    assert desk.value("select count(*) from instance") == 0


def test_a_parameter_without_a_value_names_the_task(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().service("n", "note", level="${matter.level}").end().chain("start", "n", "end"))
    with pytest.raises(CannotAdvance, match=r"名 n.*matter\.level"):
        desk.start("p")


def test_a_decision_is_stored_and_explained(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().rule("clocks", "limits").rule("again", "limits", "second").user("a").end()
        .chain("start", "clocks", "again", "a", "end"),
        limits=table("limits", ["matter.kind"], ["sign", "handling"],
                     ['"complaint"', '"1工作日"', '"5工作日"'], ["-", '"3工作日"', '"15工作日"']),
    )  # fmt: skip
    instance = desk.start("p", matter={"kind": "praise"})
    assert desk.data(instance)["clocks"] == {"sign": "3工作日", "handling": "15工作日"}
    assert desk.data(instance)["second"] == desk.data(instance)["clocks"]
    details = desk.details(instance, "decided")[0]
    assert (details["decision"], details["matched"]) == ("limits", [2])
    assert details["inputs"] == {"matter.kind": "praise"}
    assert details["outputs"]["sign"] == "3工作日"


def test_a_decision_that_cannot_be_taken_names_the_task(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().rule("clocks", "limits").end().chain("start", "clocks", "end"),
        limits=table("limits", ["matter.kind"], ["sign"], ['"a"', '"b"']),
    )
    with pytest.raises(CannotAdvance, match="名 clocks"):
        desk.start("p")
