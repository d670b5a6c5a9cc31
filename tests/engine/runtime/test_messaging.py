"""Messages: brought to whoever waits for them, by name and business key."""

import pytest

from engine.runtime import InvalidAnswers
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def waiting_for_reply() -> Diagram:
    """Draw a process that waits for a message, then for a person."""
    return (
        Diagram("p").start().catch("replied", "primary_replied").user("a").end().chain("start", "replied", "a", "end")
    )  # fmt: skip


def test_a_message_takes_the_process_on_with_what_it_brought(desk: Desk) -> None:
    desk.deploy(waiting_for_reply())
    instance = desk.start("p")
    assert desk.runtime.message("MY-1", "primary_replied", {"number": "MY-0"}, actor="5") is True
    assert desk.waiting(instance) == ["a"]
    assert desk.data(instance) == {"replied": {"number": "MY-0"}}
    assert desk.history(instance)[-1] == ("message_received", "replied")
    assert desk.value("select actor from history order by id desc limit 1") == "5"


def test_nobody_waits_for_another_message_twice_or_in_another_instance(desk: Desk) -> None:
    desk.deploy(waiting_for_reply())
    instance = desk.start("p")
    other = desk.start("p", key="MY-2")
    assert desk.runtime.message("MY-1", "something_else") is False
    assert desk.runtime.message("MY-9", "primary_replied") is False
    assert desk.runtime.message("MY-1", "primary_replied") is True
    assert desk.runtime.message("MY-1", "primary_replied") is False
    assert desk.waiting(instance) == ["a"]
    assert desk.waiting(other) == []
    assert desk.runtime.message(other, "primary_replied") is True
    assert desk.waiting(other) == ["a"]


def test_all_instances_of_a_business_key_hear_it(desk: Desk) -> None:
    desk.deploy(waiting_for_reply())
    instances = [desk.start("p") for _ in range(3)]
    assert desk.runtime.message("MY-1", "primary_replied") is True
    assert [desk.waiting(instance) for instance in instances] == [["a"]] * 3


def test_a_receive_task_and_a_boundary_event_wait_likewise(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().receive("r", "begin").user("a").catch("withdrawn", "withdraw", "a").user("b")
        .catch("asked", "ask", "b", interrupting=False).user("answer").end("e1").end()
        .chain("start", "r", "a", "end").chain("withdrawn", "b", "end").chain("asked", "answer", "e1")
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.runtime.message("MY-1", "withdraw") is False
    assert desk.runtime.message("MY-1", "begin") is True
    assert desk.waiting(instance) == ["a"]
    assert desk.runtime.message("MY-1", "withdraw") is True
    assert desk.waiting(instance) == ["b"]
    assert desk.runtime.message("MY-1", "ask", {"text": "?"}) is True
    assert sorted(desk.waiting(instance)) == ["answer", "b"]
    assert desk.data(instance)["asked"] == {"text": "?"}


def test_in_a_called_process_too(desk: Desk) -> None:
    desk.deploy(
        Diagram("outer").start().call("c", "p").user("z").end().chain("start", "c", "z", "end"), waiting_for_reply()
    )
    instance = desk.start("outer")
    assert desk.runtime.message("MY-1", "primary_replied", {"x": 1}) is True
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["z"]
    assert desk.data(instance)["replied"] == {"x": 1}


def test_what_a_message_brings_must_be_plain(desk: Desk) -> None:
    desk.deploy(waiting_for_reply())
    desk.start("p")
    with pytest.raises(InvalidAnswers):
        desk.runtime.message("MY-1", "primary_replied", {"x": {1, 2}})
