"""Escalations: they go outwards to the first that takes them, and end what threw them only where it interrupts."""

import pytest

from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def part(key: str = "part", tag: str = "intermediateThrowEvent") -> Diagram:
    """Draw a process that escalates after a first step; thrown by an intermediate event, a second step follows."""
    diagram = (
        Diagram(key).start("s1").user("first").event(tag, "raise", "escalation", "LATE").chain("s1", "first", "raise")
    )
    return diagram if tag == "endEvent" else diagram.user("second").end("s2").chain("raise", "second", "s2")


def around(inner: Diagram, code: str = "LATE", *, interrupting: bool, embedded: bool) -> list[Diagram]:
    """Draw what calls or embeds it, with a boundary event for the escalation."""
    diagram = Diagram("p").start()
    diagram = diagram.sub(inner) if embedded else diagram.call(inner.key, inner.key)
    diagram.event("boundaryEvent", "late", "escalation", code, inner.key, interrupting=interrupting).user("chief")
    diagram.end("e2").user("after").end().chain("start", inner.key, "after", "end").chain("late", "chief", "e2")
    return [diagram] if embedded else [diagram, inner]


@pytest.mark.parametrize("embedded", [True, False])
@pytest.mark.parametrize("code", ["LATE", ""])
def test_a_boundary_event_that_does_not_interrupt_goes_along(desk: Desk, code: str, embedded: bool) -> None:
    desk.deploy(*around(part(), code, interrupting=False, embedded=embedded))
    instance = desk.start("p")
    desk.complete(instance, "first")
    assert sorted(desk.waiting(instance)) == ["chief", "second"]
    assert desk.history(instance)[-1] == ("escalation_caught", "late")
    desk.complete(instance, "second")
    assert sorted(desk.waiting(instance)) == ["after", "chief"]
    assert desk.data(instance)["late"] == {"code": "LATE", "message": "LATE"}


@pytest.mark.parametrize("embedded", [True, False])
def test_one_that_interrupts_ends_what_escalated(desk: Desk, embedded: bool) -> None:
    desk.deploy(*around(part(), interrupting=True, embedded=embedded))
    instance = desk.start("p")
    desk.complete(instance, "first")
    assert desk.waiting(instance) == ["chief"]
    desk.complete(instance, "chief")
    assert desk.status(instance) == "completed"


def test_an_end_event_escalates_and_its_scope_ends_as_usual(desk: Desk) -> None:
    desk.deploy(*around(part(tag="endEvent"), interrupting=False, embedded=True))
    instance = desk.start("p")
    desk.complete(instance, "first")
    assert sorted(desk.waiting(instance)) == ["after", "chief"]


def test_it_goes_outwards_past_those_it_does_not_fit(desk: Desk) -> None:
    middle = (
        Diagram("middle").start("m1").call("part", "part").end("m2").chain("m1", "part", "m2")
        .event("boundaryEvent", "other", "escalation", "OTHER", "part").user("wrong").end("m3")
        .chain("other", "wrong", "m3")
    )  # fmt: skip
    desk.deploy(*around(middle, interrupting=False, embedded=False), part())
    instance = desk.start("p")
    desk.complete(instance, "first")
    assert sorted(desk.waiting(instance)) == ["chief", "second"]


def test_one_that_nobody_takes_is_noted_and_the_process_goes_on(desk: Desk) -> None:
    desk.deploy(*around(part(), "OTHER", interrupting=True, embedded=True))
    instance = desk.start("p")
    desk.complete(instance, "first")
    assert desk.waiting(instance) == ["second"]
    assert desk.history(instance)[-1] == ("escalation_uncaught", "raise")
    assert desk.details(instance, "escalation_uncaught") == [{"code": "LATE", "message": "LATE"}]


def test_each_escalation_is_taken_as_often_as_it_comes(desk: Desk) -> None:
    desk.deploy(*around(part(), interrupting=False, embedded=True))
    desk.deploy(
        Diagram("p").start().sub(part()).many("part", times="2").end()
        .event("boundaryEvent", "late", "escalation", "LATE", "part", interrupting=False).user("chief").end("e2")
        .chain("start", "part", "end").chain("late", "chief", "e2")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "first")
    desk.complete(instance, "first")
    assert sorted(desk.waiting(instance)) == ["chief", "chief", "second", "second"]
