"""BPMN errors: the innermost boundary event that fits takes over; where none does, the command fails and says so."""

import pytest

from engine.runtime import BpmnError, CannotAdvance
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def inner(code: str = "E1", key: str = "inner") -> Diagram:
    """Draw a process in which a person's step ends in an error, while another step waits."""
    return (
        Diagram(key).start("i_start").parallel("i_fork").user("check").user("aside").end("i_end")
        .event("endEvent", "i_bad", "error", code)
        .chain("i_start", "i_fork", "check", "i_bad").chain("i_fork", "aside", "i_end")
    )  # fmt: skip


def outer(*codes: str, called: str = "inner") -> Diagram:
    """Draw a process that calls ``inner`` and catches errors of these codes; an empty code stands for any."""
    diagram = Diagram("p").start().call("call", called).user("after").end().chain("start", "call", "after", "end")
    for code in codes:
        name = code or "any"
        diagram.event("boundaryEvent", f"on_{name}", "error", code, "call").user(f"for_{name}").end(f"end_{name}")
        diagram.chain(f"on_{name}", f"for_{name}", f"end_{name}")
    return diagram


@pytest.mark.parametrize(
    ("codes", "expected"),
    [(("E1",), "E1"), (("",), "any"), (("", "E1"), "E1"), (("E1", ""), "E1"), (("E2", ""), "any")],
)
def test_an_error_end_event_ends_what_threw_it_and_the_boundary_event_that_fits_goes_on(
    desk: Desk, codes: tuple[str, ...], expected: str
) -> None:
    desk.deploy(outer(*codes), inner())
    instance = desk.start("p")
    desk.complete(instance, "check", ok=False)
    assert desk.waiting(instance) == [f"for_{expected}"]
    assert desk.data(instance) == {f"on_{expected}": {"code": "E1", "message": "E1"}}
    assert desk.history(instance)[-1] == ("error_caught", f"on_{expected}")
    desk.complete(instance, f"for_{expected}")
    assert desk.status(instance) == "completed"


def test_the_innermost_that_fits_catches_it(desk: Desk) -> None:
    middle = (
        Diagram("middle").start("m_start").call("m_call", "inner").end("m_end").chain("m_start", "m_call", "m_end")
        .event("boundaryEvent", "m_other", "error", "E2", "m_call").user("m_wrong").end("m_e2")
        .chain("m_other", "m_wrong", "m_e2")
    )  # fmt: skip
    desk.deploy(outer("E1", called="middle"), middle, inner())
    instance = desk.start("p")
    desk.complete(instance, "check")
    assert desk.waiting(instance) == ["for_E1"]
    middle.event("boundaryEvent", "m_any", "error", "", "m_call").user("m_right").end("m_e3")
    desk.deploy(outer("E1", called="middle"), middle.chain("m_any", "m_right", "m_e3"), inner())
    instance = desk.start("p")
    desk.complete(instance, "check")
    assert desk.waiting(instance) == ["m_right"]


def test_an_embedded_sub_process_throws_to_its_own_boundary_event(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().sub(inner(key="part")).end()
        .event("boundaryEvent", "bad", "error", "E1", "part").user("repair").end("e2")
        .chain("start", "part", "end").chain("bad", "repair", "e2")
    )  # fmt: skip
    instance = desk.start("p")
    assert sorted(desk.waiting(instance)) == ["aside", "check"]
    desk.complete(instance, "check", ok=False)
    assert desk.waiting(instance) == ["repair"]
    # Data written inside stays: the sub-process shares them.
    assert desk.data(instance) == {"check": {"ok": False}, "bad": {"code": "E1", "message": "E1"}}


def test_an_error_nobody_catches_fails_the_command_and_stores_nothing(desk: Desk) -> None:
    desk.deploy(outer("E2"), inner())
    instance = desk.start("p")
    with pytest.raises(CannotAdvance, match="E1") as refused:
        desk.complete(instance, "check")
    assert refused.value.element == "i_bad"
    assert sorted(desk.waiting(instance)) == ["aside", "check"]
    assert desk.data(instance) == {}
    assert desk.history(instance) == [("started", "")]


def test_in_the_outermost_process_nobody_is_left_to_catch_it(desk: Desk) -> None:
    desk.deploy(inner(key="p"))
    instance = desk.start("p")
    with pytest.raises(CannotAdvance, match="E1"):
        desk.complete(instance, "check")
    assert desk.status(instance) == "running"


def refusing(code: str = "${a.code}") -> Diagram:
    """Draw a process whose service raises the error that the step ``a`` names, caught by code or by any."""
    return (
        Diagram("p").start().user("a").service("s", "refuse", code=code, text="查无此人").user("b").end()
        .event("boundaryEvent", "unknown", "error", "UNKNOWN", "s").user("ask").end("e2")
        .chain("start", "a", "s", "b", "end").chain("unknown", "ask", "e2")
    )  # fmt: skip


def test_a_service_raises_an_error_and_what_it_did_stays(desk: Desk) -> None:
    desk.deploy(refusing())
    instance = desk.start("p")
    desk.complete(instance, "a", code="UNKNOWN")
    assert desk.waiting(instance) == ["ask"]
    assert desk.data(instance)["unknown"] == {"code": "UNKNOWN", "message": "查无此人"}
    assert desk.value("select count(*) from history where kind = 'written'") == 1
    fine = desk.start("p")
    desk.complete(fine, "a", code="")
    assert desk.waiting(fine) == ["b"]


def test_a_service_error_nobody_catches_names_its_code(desk: Desk) -> None:
    desk.deploy(refusing())
    instance = desk.start("p")
    with pytest.raises(CannotAdvance, match="OTHER") as refused:
        desk.complete(instance, "a", code="OTHER")
    assert refused.value.element == "s"
    assert desk.waiting(instance) == ["a"]
    assert desk.value("select count(*) from history where kind = 'written'") == 0


def test_a_service_error_goes_outwards_from_a_called_process(desk: Desk) -> None:
    desk.deploy(outer("UNKNOWN", called="mid"), _without_catcher())
    instance = desk.start("p")
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["for_UNKNOWN"]


def _without_catcher() -> Diagram:
    return (
        Diagram("mid").start("m1").user("a").service("s", "refuse", code="UNKNOWN").end("m2")
        .chain("m1", "a", "s", "m2")
    )  # fmt: skip


def test_in_a_multi_instance_sub_process_the_error_ends_all_of_them(desk: Desk) -> None:
    part = (
        Diagram("part").start("s1").user("check").exclusive("good").event("endEvent", "bad", "error", "E1").end("s2")
        .chain("s1", "check", "good").flow("good", "bad", "${check.ok == False}").flow("good", "s2", default=True)
    )  # fmt: skip
    desk.deploy(
        Diagram("p").start().sub(part).many("part", times="3").user("after").end()
        .event("boundaryEvent", "caught", "error", "E1", "part").user("repair").end("e2")
        .chain("start", "part", "after", "end").chain("caught", "repair", "e2")
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.waiting(instance) == ["check"] * 3
    desk.complete(instance, "check", ok=True)
    desk.complete(instance, "check", ok=False)
    assert desk.waiting(instance) == ["repair"]


def test_an_error_carries_its_code_and_its_message() -> None:
    assert str(BpmnError("E1", "查无此人")) == "E1: 查无此人"
    assert str(BpmnError("E1")) == "E1"
