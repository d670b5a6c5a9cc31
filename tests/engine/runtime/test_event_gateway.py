"""The event-based gateway: the first of its events wins, the others are withdrawn with their timers."""

from datetime import timedelta

import pytest

from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def race() -> Diagram:
    """Draw a gateway with a time, a message, a signal and a receive task behind it, each before a step of its own."""
    diagram = Diagram("p").start().race("g").timer("by_time", "P3D").catch("by_message", "answer")
    diagram.event("intermediateCatchEvent", "by_signal", "signal", "flood").receive("by_task", "withdrawal").chain(
        "start", "g"
    )
    for name in ("by_time", "by_message", "by_signal", "by_task"):
        diagram.user(f"after_{name}").end(f"end_{name}").chain("g", name, f"after_{name}", f"end_{name}")
    return diagram


def occur(desk: Desk, clock: Clock, name: str) -> None:
    if name == "by_time":
        clock.move(timedelta(days=3, seconds=1))
        assert desk.fire() == 1
    elif name == "by_signal":
        assert desk.runtime.signal("flood", {"n": 1}) == 1
    else:
        assert desk.runtime.message("MY-1", "answer" if name == "by_message" else "withdrawal", {"n": 1})


@pytest.mark.parametrize("name", ["by_time", "by_message", "by_signal", "by_task"])
def test_the_first_wins_and_the_others_are_withdrawn(desk: Desk, clock: Clock, name: str) -> None:
    desk.deploy(race())
    instance = desk.start("p")
    assert desk.timers(instance) == ["by_time"]
    assert sorted(desk.rows("select kind, name from subscription")) == [
        ("message", "answer"), ("message", "withdrawal"), ("signal", "flood"),
    ]  # fmt: skip
    occur(desk, clock, name)
    assert desk.waiting(instance) == [f"after_{name}"]
    assert desk.data(instance) == ({} if name == "by_time" else {name: {"n": 1}})
    assert desk.timers(instance) == []
    assert desk.rows("select name from subscription") == []
    clock.move(timedelta(days=9))
    assert desk.fire() == 0
    assert desk.runtime.signal("flood") == 0
    assert desk.runtime.message("MY-1", "answer") is False
    desk.complete(instance, f"after_{name}")
    assert desk.status(instance) == "completed"


def test_two_gateways_at_work_do_not_disturb_each_other(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").race("g1").race("g2").chain("start", "fork")
        .catch("a1", "a").catch("b1", "b").catch("a2", "c").catch("b2", "b").user("x").end()
        .chain("fork", "g1", "a1", "x", "end").chain("fork", "g2", "a2", "x")
        .chain("g1", "b1", "x").chain("g2", "b2", "x")
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.runtime.message("MY-1", "a")
    assert desk.waiting(instance) == ["x"]
    assert sorted(desk.rows("select element from subscription")) == [("a2",), ("b2",)]
    assert desk.runtime.message("MY-1", "b")
    assert desk.waiting(instance) == ["x", "x"]
    assert desk.rows("select element from subscription") == []


def test_a_gateway_in_a_loop_waits_anew(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().exclusive("again").race("g").catch("more", "more").catch("enough", "enough").end()
        .chain("start", "again", "g", "more", "again").chain("g", "enough", "end")
    )  # fmt: skip
    instance = desk.start("p")
    for _ in range(3):
        assert desk.runtime.message("MY-1", "more")
    assert desk.runtime.message("MY-1", "enough")
    assert desk.status(instance) == "completed"


def test_of_two_events_in_one_command_only_the_first_wins(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").user("tell").event("intermediateThrowEvent", "t1", "signal", "one")
        .event("endEvent", "t2", "signal", "two").race("g").event("intermediateCatchEvent", "on_one", "signal", "one")
        .event("intermediateCatchEvent", "on_two", "signal", "two").user("a").user("b").end()
        .chain("start", "fork", "tell", "t1", "t2").chain("fork", "g", "on_one", "a", "end")
        .chain("g", "on_two", "b", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "tell")
    assert desk.waiting(instance) == ["a"]
