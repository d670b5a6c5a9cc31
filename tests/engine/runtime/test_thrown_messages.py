"""Messages that instances throw: to whoever of a business key waits, else to what begins with them, else kept."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import CannotAdvance, Refused, Runtime
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

THROWERS = ["sendTask", "intermediateThrowEvent", "endEvent"]


def throwing(tag: str, key: str = "", **payload: str) -> Diagram:
    """Draw a process that throws the message ``ask`` after the step ``write``, then waits for ``rest``."""
    diagram = Diagram("thrower").start().user("write")
    if tag == "sendTask":
        diagram.send("throw", "ask", key=key, **payload)
    else:
        diagram.event(tag, "throw", "message", "ask", key=key, **payload)
    diagram.chain("start", "write", "throw")
    return diagram if tag == "endEvent" else diagram.user("rest").end().chain("throw", "rest", "end")


def waiting(key: str = "waiter") -> Diagram:
    """Draw a process that waits for the message ``ask``, then for a person."""
    return Diagram(key).start().catch("asked", "ask").user("reply").end().chain("start", "asked", "reply", "end")


@pytest.mark.parametrize("tag", THROWERS)
def test_a_message_reaches_whoever_of_the_same_business_key_waits(desk: Desk, tag: str) -> None:
    desk.deploy(throwing(tag, text="${write.text}", kind="question"), waiting())
    same, another = desk.start("waiter", key="MY-1"), desk.start("waiter", key="MY-2")
    thrower = desk.start("thrower", key="MY-1")
    desk.complete(thrower, "write", actor="7", text="何时回复？")
    assert desk.waiting(same) == ["reply"]
    assert desk.data(same) == {"asked": {"text": "何时回复？", "kind": "question"}}
    assert desk.waiting(another) == []
    assert desk.waiting(thrower) == ([] if tag == "endEvent" else ["rest"])
    assert desk.details(thrower, "message_thrown") == [
        {"message": "ask", "payload": {"text": "何时回复？", "kind": "question"}}
    ]
    assert desk.rows("select status, receivers from thrown") == [("delivered", 1)]


def test_the_diagram_says_for_whom_it_is(desk: Desk) -> None:
    desk.deploy(throwing("sendTask", key="${write.to}"), waiting())
    same, another = desk.start("waiter", key="MY-1"), desk.start("waiter", key="MY-2")
    desk.complete(desk.start("thrower", key="MY-1"), "write", to="MY-2")
    assert desk.waiting(same) == []
    assert desk.waiting(another) == ["reply"]


@pytest.mark.parametrize("to", ["", 5, None])
def test_a_business_key_has_to_be_a_text(desk: Desk, to: object) -> None:
    desk.deploy(throwing("sendTask", key="${write.to}"), waiting())
    thrower = desk.start("thrower")
    desk.complete(thrower, "write", to=to)
    assert desk.value("select count(*) from thrown") == 0
    assert desk.value("select element from incident") == "throw"


def test_what_waits_in_the_own_instance_has_it_at_once_and_what_follows_does_not_hear_itself(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").user("write").send("throw", "ask").receive("own", "ask").end("e1")
        .catch("asked", "ask").user("reply").end("e2")
        .chain("start", "fork", "write", "throw", "own", "e1").chain("fork", "asked", "reply", "e2")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "write")
    assert desk.waiting(instance) == ["reply"]
    assert desk.rows("select element from subscription") == [("own",)]
    assert desk.rows("select status, receivers from thrown") == [("delivered", 1)]
    assert desk.rows("select * from caught") == []


def test_nobody_there_it_is_kept_and_known_as_uncaught(desk: Desk) -> None:
    desk.deploy(throwing("endEvent"), waiting())
    thrower = desk.start("thrower")
    desk.complete(thrower, "write")
    assert desk.status(thrower) == "completed"
    assert desk.rows("select status, receivers, element, label, business_key from thrown") == [
        ("uncaught", 0, "throw", "名 throw", "MY-1")
    ]
    # It was thrown before: who comes later is not given it.
    late = desk.start("waiter")
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 0
    assert desk.waiting(late) == []


def test_nobody_waits_so_the_process_that_begins_with_it_is_started(desk: Desk) -> None:
    desk.deploy(
        throwing("sendTask", text="${write.text}"),
        Diagram("answering").event("startEvent", "on_ask", "message", "ask").user("answer").end()
        .chain("on_ask", "answer", "end"),
    )  # fmt: skip
    thrower = desk.start("thrower", key="MY-3", matter="about")
    desk.complete(thrower, "write", text="?")
    started = desk.rows("select id, business_key, process_key from instance where id <> :i", i=thrower)
    assert [(row.business_key, row.process_key) for row in started] == [("MY-3", "answering")]
    assert desk.waiting(started[0].id) == ["answer"]
    assert desk.data(started[0].id) == {"on_ask": {"text": "?"}, "matter": "about"}
    # A second one finds nobody waiting either, and starts another.
    assert desk.runtime.message("MY-3", "ask", {"text": "!"}) is True
    assert desk.value("select count(*) from instance where process_key = 'answering'") == 2


def test_whoever_waits_goes_before_what_would_be_started(desk: Desk) -> None:
    desk.deploy(
        throwing("sendTask"),
        waiting(),
        Diagram("answering").event("startEvent", "on_ask", "message", "ask").end().chain("on_ask", "end"),
    )
    there = desk.start("waiter")
    desk.complete(desk.start("thrower"), "write")
    assert desk.waiting(there) == ["reply"]
    assert desk.value("select count(*) from instance where process_key = 'answering'") == 0
    assert desk.runtime.message(there, "ask") is False  # an instance's number names this one, and starts nothing


def test_two_messages_arrive_in_the_order_they_were_thrown(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(
        Diagram("p").start().send("t1", "first").send("t2", "second").end().chain("start", "t1", "t2", "end"),
        Diagram("q").start().catch("c1", "first").catch("c2", "second").end().chain("start", "c1", "c2", "end"),
    )
    there = desk.start("q")
    desk.start("p")
    with engine.begin() as connection:  # another worker has the first one in hand
        connection.exec_driver_sql("select id from thrown order by id limit 1 for update")
        assert Runtime(engine, desk.host).deliver_thrown(worker="w", limit=10) == 0
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 2
    assert desk.status(there) == "completed"


def test_a_receiver_that_fails_gets_it_later_and_nothing_is_started_in_its_stead(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        throwing("sendTask"),
        Diagram("broken").start().catch("asked", "ask").event("endEvent", "bad", "error", "E1")
        .chain("start", "asked", "bad"),
        Diagram("answering").event("startEvent", "on_ask", "message", "ask").end().chain("on_ask", "end"),
    )  # fmt: skip
    desk.start("broken")
    desk.complete(desk.start("thrower"), "write")
    assert desk.rows("select status, failures from thrown") == [("pending", 1)]
    clock.move(timedelta(hours=2))
    desk.runtime.deliver_thrown(worker="w", limit=10)
    assert desk.rows("select status, failures from thrown") == [("pending", 2)]
    assert desk.value("select count(*) from instance where process_key = 'answering'") == 0


def test_a_send_task_that_names_a_service_calls_it(desk: Desk) -> None:
    diagram = (
        Diagram("p").start().service("told", "note", level="high").user("a").end().chain("start", "told", "a", "end")
    )
    diagram.elements[1] = ("sendTask", *diagram.elements[1][1:])
    desk.deploy(diagram)
    instance = desk.start("p")
    assert desk.waiting(instance) == ["a"]
    assert desk.data(instance) == {"told": {"level": "high"}}
    assert desk.history(instance) == [("started", ""), ("service_called", "told")]
    assert desk.value("select count(*) from thrown") == 0


def test_a_boundary_message_that_does_not_interrupt_comes_as_often_as_it_is_sent(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("work").catch("ask", "ask", "work", interrupting=False).user("answer").end("e1")
        .end().chain("start", "work", "end").chain("ask", "answer", "e1")
    )  # fmt: skip
    instance = desk.start("p")
    for number in range(3):
        assert desk.runtime.message("MY-1", "ask", {"n": number})
    assert sorted(desk.waiting(instance)) == ["answer"] * 3 + ["work"]
    desk.complete(instance, "work")
    assert desk.runtime.message("MY-1", "ask") is False


def test_instances_stored_before_there_were_rows_for_it_are_found_and_get_them(desk: Desk) -> None:
    desk.deploy(throwing("sendTask"), waiting(), straight_into_waiting())
    old, other = desk.start("waiter"), desk.start("then_waiting")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("delete from subscription")
        # The form of version 1 differs for what is inside a process only, and there is nothing inside these.
        connection.exec_driver_sql("update instance set codec = 1 where business_key = 'MY-1'")
    desk.complete(other, "side")
    assert desk.rows("select element from subscription") == [("still",)]
    desk.complete(desk.start("thrower"), "write")
    assert desk.waiting(old) == ["reply"]


def straight_into_waiting() -> Diagram:
    """Draw a process that waits for a message and for a person at once."""
    return (
        Diagram("then_waiting").start().parallel("fork").user("side").end("e1").catch("still", "else").end("e2")
        .chain("start", "fork", "side", "e1").chain("fork", "still", "e2")
    )  # fmt: skip


def test_an_expression_without_a_value_stops_at_the_throwing_element(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().send("throw", "ask", text="${nowhere.text}").end().chain("start", "throw", "end"))
    with pytest.raises(CannotAdvance, match="nowhere"):
        desk.start("p")


@pytest.mark.parametrize(
    "event",
    [
        '<bpmn:messageEventDefinition messageRef="nothing"/>',
        "<bpmn:signalEventDefinition/>",
        "<bpmn:errorEventDefinition/>",
        "<bpmn:compensateEventDefinition/>",
        "<bpmn:eventDefinitionRef>shared</bpmn:eventDefinitionRef>",
    ],
)
def test_an_event_that_names_nothing_is_refused(desk: Desk, event: str) -> None:
    desk.deploy(Diagram("p").start().add("endEvent", "end", event).chain("start", "end"))
    with pytest.raises(Refused):
        desk.start("p")
