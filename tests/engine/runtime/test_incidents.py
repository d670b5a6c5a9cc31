"""Incidents: retried, resolved by hand, closed by themselves; for services, effects, elements and timers."""

from datetime import timedelta
from typing import Any

import pytest

from engine.runtime import CannotAdvance, CannotOperate, Consequences, NotFound, ReasonMissing, Service, Transaction
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, table

HOUR = timedelta(hours=1)


def incident(desk: Desk, instance: int) -> Any:
    (found,) = desk.rows("select * from incident where instance_id = :i and resolved_at is null", i=instance)
    return found


def open_ones(desk: Desk) -> int:
    return int(desk.value("select count(*) from incident where resolved_at is null"))


def retry(desk: Desk, instance: int, **given: Any) -> Consequences:
    return desk.runtime.retry_incident(incident(desk, instance).id, **({"actor": "7", "reason": "服务已恢复"} | given))


def resolve(desk: Desk, instance: int, result: dict[str, Any], **given: Any) -> Consequences:
    return desk.runtime.resolve_incident(
        incident(desk, instance).id, result, **({"actor": "7", "reason": "电话核实"} | given)
    )


def broken(desk: Desk) -> int:
    """Start an instance whose service has failed for good."""
    desk.deploy(
        Diagram("p").start().user("a").service("call", "service", retry="PT1S").user("b").end()
        .chain("start", "a", "call", "b", "end")
    )  # fmt: skip
    desk.host.services["service"] = desk.host.services["fail"]
    instance = desk.start("p")
    desk.complete(instance, "a", x=1)
    return instance


@pytest.fixture
def failed(desk: Desk, clock: Clock) -> int:
    instance = broken(desk)
    clock.move(timedelta(minutes=1))
    assert desk.fire() == 1
    assert incident(desk, instance).attempts == 2
    return instance


def test_a_retry_goes_on_when_the_service_is_back(desk: Desk, failed: int) -> None:
    desk.host.services["service"] = desk.host.services["note"]
    found = retry(desk, failed)
    assert [item.step for item in found.items_begun] == ["b"]
    assert desk.waiting(failed) == ["b"]
    (row,) = desk.rows("select * from incident")
    assert (row.resolution, row.resolved_by, row.reason) == ("retried", "7", "服务已恢复")
    assert desk.details(failed, "incident_retried")[0]["reason"] == "服务已恢复"
    assert desk.rows("select verb, actor, reason from operation") == [("incident_retried", "7", "服务已恢复")]
    with pytest.raises(CannotOperate):
        desk.runtime.retry_incident(row.id, actor="7", reason="再来")


def test_a_retry_that_fails_again_leaves_it_open_with_one_attempt_more(desk: Desk, failed: int) -> None:
    number = incident(desk, failed).id
    found = retry(desk, failed)
    assert [element for element, _, _ in found.incidents_opened] == ["call"]
    assert (incident(desk, failed).id, incident(desk, failed).attempts) == (number, 3)
    assert desk.timers(failed) == [], "what a person tried is not tried again by itself"


def test_resolving_by_hand_gives_the_result_and_says_who_and_why(desk: Desk, failed: int) -> None:
    resolve(desk, failed, {"level": "high"})
    assert desk.data(failed)["call"] == {"level": "high"}
    assert desk.waiting(failed) == ["b"]
    (row,) = desk.rows("select * from incident")
    assert (row.resolution, row.resolved_by, row.reason) == ("by_hand", "7", "电话核实")
    assert desk.details(failed, "incident_resolved")[0]["result"] == {"level": "high"}


@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_reason_is_required(desk: Desk, failed: int, reason: str) -> None:
    with pytest.raises(ReasonMissing):
        retry(desk, failed, reason=reason)
    with pytest.raises(ReasonMissing):
        resolve(desk, failed, {}, reason=reason)


def test_what_prepare_raises_stops_it(desk: Desk, failed: int) -> None:
    def nobody(_transaction: Transaction) -> None:
        raise NotFound("没有")

    with pytest.raises(NotFound):
        retry(desk, failed, prepare=nobody)
    assert open_ones(desk) == 1


def test_a_dry_run_says_the_same_and_keeps_nothing(desk: Desk, failed: int) -> None:
    desk.host.services["service"] = desk.host.services["note"]
    history = desk.history(failed)
    said = retry(desk, failed, dry_run=True)
    assert (open_ones(desk), desk.waiting(failed), desk.history(failed)) == (1, [], history)
    assert retry(desk, failed) == said
    assert desk.waiting(failed) == ["b"]


def test_many_are_retried_one_by_one(desk: Desk, clock: Clock) -> None:
    instances = [broken(desk) for _ in range(4)]
    clock.move(timedelta(minutes=1))
    desk.fire()
    assert open_ones(desk) == 4
    desk.host.services["service"] = desk.host.services["note"]
    for instance in instances[:3]:
        retry(desk, instance)
    assert open_ones(desk) == 1
    assert [desk.waiting(instance) for instance in instances] == [["b"], ["b"], ["b"], []]


def test_a_gateway_goes_on_after_the_variables_are_right_or_by_the_flow_somebody_names(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").exclusive("g").user("b").user("c").end().chain("start", "a", "g")
        .flow("g", "b", "${a.x == 1}").flow("g", "c", "${a.x == 2}").chain("b", "end").chain("c", "end")
    )  # fmt: skip
    first, second = desk.start("p"), desk.start("p")
    for instance in (first, second):
        desk.complete(instance, "a", x=3)
    desk.runtime.set_variables(first, {"a": {"x": 2}}, actor="7", reason="填错了")
    retry(desk, first)
    assert desk.waiting(first) == ["c"]
    with pytest.raises(CannotOperate, match="b、c"):
        resolve(desk, second, {"flow": "end"})
    resolve(desk, second, {"flow": "b"})
    assert desk.waiting(second) == ["b"]
    assert open_ones(desk) == 0


def test_a_decision_a_time_and_a_due_date_are_seen_to(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("decision").start().user("a").rule("limits", "limits").user("b").end()
        .chain("start", "a", "limits", "b", "end"),
        Diagram("time").start().user("a").timer("t", "${a.when}").user("b").end().chain("start", "a", "t", "b", "end"),
        Diagram("due").start().user("a").user("b", dueDate="${a.when}").end().chain("start", "a", "b", "end"),
        limits=table("limits", ["a.kind"], ["sign"], ['"x"', '"1工作日"']),
    )  # fmt: skip
    decision, time, due = (desk.start(process) for process in ("decision", "time", "due"))
    for instance in (decision, time, due):
        desk.complete(instance, "a", when="bald")
    resolve(desk, decision, {"sign": "2工作日"})
    assert (desk.data(decision)["limits"], desk.waiting(decision)) == ({"sign": "2工作日"}, ["b"])
    with pytest.raises(CannotOperate, match="时间"):
        resolve(desk, time, {"due": "soon"})
    resolve(desk, time, {"due": "PT2H"})
    assert desk.timers(time) == ["t"]
    clock.move(3 * HOUR)
    assert desk.fire() == 1
    assert desk.waiting(time) == ["b"]
    with pytest.raises(CannotOperate, match="变量"):
        resolve(desk, due, {})
    desk.runtime.set_variables(due, {"a": {"when": "P3D"}}, actor="7", reason="填错了")
    retry(desk, due)
    assert desk.waiting(due) == ["b"]
    assert open_ones(desk) == 0


def test_what_a_called_process_cannot_hand_back_waits_and_is_handed_back_later(desk: Desk) -> None:
    out = '<camunda:out sourceExpression="${x.there}" target="found"/>'
    call = f"<bpmn:extensionElements>{out}</bpmn:extensionElements>"
    desk.deploy(
        Diagram("p").start().add("callActivity", "call", call, calledElement="sub").user("b").end()
        .chain("start", "call", "b", "end"),
        Diagram("sub").start().user("x").end().chain("start", "x", "end"),
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "x", missing=1)
    found = incident(desk, instance)
    assert (found.element, found.kind, desk.waiting(instance)) == ("call", "element", [])
    retry(desk, instance)
    assert incident(desk, instance).attempts == 2
    desk.runtime.cancel(instance, actor="7", reason="换一件")
    assert (desk.status(instance), open_ones(desk)) == ("cancelled", 0)


def test_a_completion_condition_without_an_answer_waits_and_counts_nothing_twice(desk: Desk) -> None:
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="unit">'
        "<bpmn:completionCondition>${enough.now}</bpmn:completionCondition></bpmn:multiInstanceLoopCharacteristics>"
    )
    desk.deploy(
        Diagram("p").start().add("userTask", "many", loop).user("b").end().chain("start", "many", "b", "end")
    )  # fmt: skip
    instance = desk.start("p", units=["x", "y", "z"])
    desk.complete_task(desk.task(instance, "many"), n=1)
    assert incident(desk, instance).element == "many"
    desk.runtime.set_variables(instance, {"enough": {"now": False}}, actor="7", reason="补上条件")
    retry(desk, instance)
    assert open_ones(desk) == 0
    assert desk.waiting(instance) == ["many", "many"]
    desk.runtime.set_variables(instance, {"enough": {"now": True}}, actor="7", reason="够了")
    desk.complete_task(desk.task(instance, "many"), n=2)
    assert desk.waiting(instance) == ["b"]
    assert sorted(one["n"] for one in desk.data(instance)["many"]) == [1, 2]


def sending(desk: Desk, *, read: bool) -> tuple[int, str]:
    """Start an instance that waits for an effect; with ``read`` its diagram looks at what came of it."""
    desk.host.services["send"] = Service("send", desk.host.send, outputs={"delivered": "boolean"}, effect=True,
                                         verdict="delivered")  # fmt: skip
    diagram = Diagram("p").start().user("a").service("deliver", "send").user("b").end()
    if read:
        diagram.exclusive("g").chain("start", "a", "deliver", "g").flow("g", "b", "${deliver.delivered}")
        diagram.flow("g", "a", default=True).chain("b", "end")
    else:
        diagram.chain("start", "a", "deliver", "b", "end")
    desk.deploy(diagram)
    instance = desk.start("p")
    desk.complete(instance, "a")
    return instance, desk.host.calls[-1].task_id


def test_an_effect_that_gave_up_is_an_incident_and_is_asked_for_again_under_the_same_task(desk: Desk) -> None:
    instance, task = sending(desk, read=False)
    assert desk.runtime.fail_effect(task, "对方没有应答", data={"key": "reply:1"}) is True
    assert desk.runtime.fail_effect(task, "对方没有应答", data={}) is False
    found = incident(desk, instance)
    assert (found.kind, found.element, found.message) == ("effect", "deliver", "对方没有应答")
    assert found.data["effect"] == {"key": "reply:1"}
    assert desk.waiting(instance) == []
    asked: list[str] = []
    retry(desk, instance, prepare=lambda transaction: asked.append(transaction.business_key))
    assert asked == ["MY-1"]
    assert open_ones(desk) == 0
    assert desk.runtime.finish_effect(task, {"delivered": True}) is True
    assert desk.waiting(instance) == ["b"]


def test_a_result_that_comes_after_all_closes_the_incident(desk: Desk) -> None:
    instance, task = sending(desk, read=False)
    desk.runtime.fail_effect(task, "对方没有应答")
    assert desk.runtime.finish_effect(task, {"delivered": True}) is True
    assert desk.waiting(instance) == ["b"]
    assert desk.value("select resolution from incident") == "recovered"


def test_where_the_diagram_looks_at_the_result_it_decides(desk: Desk) -> None:
    instance, task = sending(desk, read=True)
    assert desk.runtime.fail_effect(task, "对方没有应答", data={"key": "k"}) is True
    assert desk.waiting(instance) == ["a"]
    assert desk.data(instance)["deliver"] == {"delivered": False, "error": "对方没有应答", "key": "k"}
    assert desk.value("select count(*) from incident") == 0


def test_an_effect_is_resolved_by_hand(desk: Desk) -> None:
    instance, task = sending(desk, read=False)
    desk.runtime.fail_effect(task, "对方没有应答")
    resolve(desk, instance, {"delivered": True, "receipt": "当面送达"})
    assert desk.waiting(instance) == ["b"]
    assert desk.runtime.finish_effect(task, {"delivered": True}) is False


def test_an_incident_goes_with_its_token(desk: Desk, clock: Clock) -> None:
    desk.host.services["service"] = desk.host.services["fail"]
    desk.deploy(
        Diagram("p").start().user("a").service("call", "service", retry="PT1S").end().timer("late", "PT1H", "call")
        .user("by_hand").chain("start", "a", "call", "end").chain("late", "by_hand", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a")
    clock.move(timedelta(minutes=1))
    desk.fire()
    assert open_ones(desk) == 1
    clock.move(HOUR)
    desk.fire()
    assert desk.waiting(instance) == ["by_hand"]
    assert desk.value("select resolution from incident") == "withdrawn"


def test_a_timer_that_cannot_fire_is_an_incident_after_five_times_and_closes_when_it_fires(
    desk: Desk, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("t", "P1D", "a", interrupting=False).user("side").end("e1").end()
        .chain("start", "a", "end").chain("t", "side", "e1")
    )  # fmt: skip
    instance = desk.start("p")
    clock.move(timedelta(days=2))
    offer = desk.host.offer

    def nobody(*_: Any) -> Any:
        raise LookupError("no unit")

    monkeypatch.setattr(desk.host, "offer", nobody)
    for failures in range(1, 6):
        assert desk.fire() == 0
        assert open_ones(desk) == (1 if failures == 5 else 0)
        clock.move(HOUR)
    found = incident(desk, instance)
    assert (found.kind, found.element, found.task_id, found.attempts) == ("timer", "t", None, 5)
    assert found.message == "LookupError: no unit"
    assert desk.history(instance)[-1] == ("incident_opened", "t")
    with pytest.raises(CannotOperate):
        resolve(desk, instance, {})
    desk.fire()
    assert (incident(desk, instance).attempts, desk.history(instance).count(("incident_opened", "t"))) == (6, 1)
    monkeypatch.setattr(desk.host, "offer", offer)
    assert desk.fire() == 0, "it is tried again within the hour"
    retry(desk, instance)
    assert desk.fire() == 1
    assert desk.value("select resolution from incident") == "recovered"
    assert desk.waiting(instance) == ["a", "side"]


def test_an_unknown_incident_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        desk.runtime.retry_incident(404, actor="7", reason="x")


def test_the_command_that_starts_still_fails_on_a_wrong_diagram(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().service("n", "note", level="${x.y}").end().chain("start", "n", "end"))
    with pytest.raises(CannotAdvance):
        desk.start("p")
    assert desk.value("select count(*) from instance") == 0
