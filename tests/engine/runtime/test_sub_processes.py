"""Embedded sub-processes: a scope of their own with the data of their surroundings."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.runtime.definitions import parse_files
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def checking(*, end: str = "checked") -> Diagram:
    """Draw two checks at once, inside a sub-process; a third can cut both short."""
    return (
        Diagram("checking").start("c_start").parallel("fork").user("papers").user("place").parallel("join").end(end)
        .chain("c_start", "fork", "papers", "join", end).chain("fork", "place", "join")
    )  # fmt: skip


def around(inner: Diagram) -> Diagram:
    process = Diagram("p").start().user("before").sub(inner).user("after").end()
    return process.chain("start", "before", inner.key, "after", "end")


def test_a_sub_process_shares_the_data_around_it_and_goes_on_when_it_is_empty(desk: Desk) -> None:
    inner = (
        Diagram("inside").start("s").user("look").exclusive("x").user("again").end("e").chain("s", "look", "x")
        .flow("x", "again", "${before.strict and look.found == 0}").flow("x", "e", default=True).flow("again", "e")
    )  # fmt: skip
    desk.deploy(around(inner))
    instance = desk.start("p", matter={"kind": "x"})
    desk.complete(instance, "before", strict=True)
    assert desk.waiting(instance) == ["look"]
    desk.complete(instance, "look", found=0)
    assert desk.waiting(instance) == ["again"]
    desk.complete(instance, "again")
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance) == {
        "matter": {"kind": "x"},
        "before": {"strict": True},
        "look": {"found": 0},
        "again": {},
    }
    desk.complete(instance, "after")
    assert desk.status(instance) == "completed"


def test_its_elements_belong_to_the_process_they_are_drawn_in(desk: Desk) -> None:
    inner = checking().timer("late", "P1D", "place", interrupting=False).end("noted").flow("late", "noted")
    desk.deploy(around(inner))
    instance = desk.start("p")
    desk.complete(instance, "before")
    assert desk.rows("select distinct process_key from work_item union select process_key from timer") == [("p",)]
    desk.complete(instance, "papers")
    desk.complete(instance, "place")
    assert desk.value("select visited from instance") == {
        "p": {
            "start": 1, "before": 1, "c_start": 1, "fork": 1, "papers": 1, "place": 1, "join": 1, "checked": 1,
            "checking": 1,
        }
    }  # fmt: skip
    assert {row.process_key for row in desk.rows("select process_key from finished_item")} == {"p"}
    assert [step.step for step in desk.runtime.definition(1).steps("p")] == ["before", "after", "papers", "place"]
    assert desk.runtime.definition(1).step("p", "place").process_key == "p"


def test_a_terminate_end_inside_ends_only_the_sub_process(desk: Desk) -> None:
    inner = (
        Diagram("checking").start("c_start").parallel("fork").user("papers").user("place").exclusive("x").parallel("join")
        .end("checked").end("enough", terminate=True).chain("c_start", "fork", "papers", "x")
        .chain("fork", "place", "join", "checked").flow("x", "enough", "${papers.bad}").flow("x", "join", default=True)
    )  # fmt: skip
    process = Diagram("p").start().parallel("g").user("other").sub(inner).user("after").end("e1").end()
    desk.deploy(process.chain("start", "g", "other", "end").chain("g", "checking", "after", "e1"))
    instance = desk.start("p")
    desk.complete(instance, "papers", bad=True)
    assert sorted(desk.waiting(instance)) == ["after", "other"]
    assert desk.rows("select step, withdrawn from finished_item order by step") == [("papers", False), ("place", True)]


def test_sub_processes_in_sub_processes(desk: Desk) -> None:
    innermost = Diagram("innermost").start("i1").user("deep").end("i2").chain("i1", "deep", "i2")
    middle = Diagram("middle").start("m1").user("shallow").sub(innermost).end("m2")
    desk.deploy(around(middle.chain("m1", "shallow", "innermost", "m2")))
    instance = desk.start("p")
    for step in ("before", "shallow", "deep", "after"):
        assert desk.waiting(instance) == [step]
        desk.complete(instance, step, at=step)
    assert desk.status(instance) == "completed"
    assert desk.data(instance)["deep"] == {"at": "deep"}


def test_a_sub_process_that_needs_nobody_is_passed_at_once(desk: Desk) -> None:
    inner = Diagram("quick").start("q1").service("n", "note", level="${before.level}").end("q2").chain("q1", "n", "q2")
    desk.deploy(around(inner))
    instance = desk.start("p")
    desk.complete(instance, "before", level="high")
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance)["n"] == {"level": "high"}


def interruptible() -> list[Diagram]:
    """Draw a sub-process with everything in it that waits, and a timer and a message that interrupt it."""
    inner = (
        Diagram("work").start("w1").parallel("f").user("hand").call("called", "q").service("effect", "send")
        .timer("t", "P9D").catch("m", "never").sub(straight_inside()).parallel("j").end("w2")
        .chain("w1", "f", "hand", "j", "w2")
    )  # fmt: skip
    for one in ("called", "effect", "t", "m", "nested"):
        inner.chain("f", one, "j")
    process = (
        Diagram("p").start().sub(inner).timer("deadline", "P3D", "work").catch("withdrawn", "withdraw", "work")
        .timer("remind", "R/P1D", "work", kind="timeCycle", interrupting=False).user("reminded").end("e1")
        .user("late").user("off").user("after").end("e2").end("e3").end()
        .chain("start", "work", "after", "end").chain("deadline", "late", "e2").chain("withdrawn", "off", "e3")
        .chain("remind", "reminded", "e1")
    )  # fmt: skip
    called = Diagram("q").start().user("far").timer("far_timer", "P5D", "far").end("fe").end()
    return [process, called.chain("start", "far", "end").chain("far_timer", "fe")]


def straight_inside() -> Diagram:
    return Diagram("nested").start("n1").user("near").end("n2").chain("n1", "near", "n2")


@pytest.mark.parametrize("how", ["deadline", "withdrawn"])
def test_what_interrupts_a_sub_process_takes_all_within_it_away(desk: Desk, clock: Clock, how: str) -> None:
    desk.deploy(*interruptible())
    instance = desk.start("p")
    assert sorted(desk.waiting(instance)) == ["far", "hand", "near"]
    assert desk.timers(instance) == ["remind", "deadline", "far_timer", "t"]
    effect = desk.host.calls[0].task_id
    if how == "deadline":
        clock.move(timedelta(days=3, minutes=1))
        assert desk.fire() == 2
        assert sorted(desk.waiting(instance)) == ["late", "reminded"]
    else:
        assert desk.runtime.message(instance, "withdraw", {"by": "petitioner"})
        assert desk.waiting(instance) == ["off"]
        assert desk.data(instance)["withdrawn"] == {"by": "petitioner"}
    assert desk.timers(instance) == []
    gone = desk.rows("select step from finished_item where withdrawn order by step")
    assert [row.step for row in gone] == ["far", "hand", "near"]
    assert not desk.runtime.finish_effect(effect, {"delivered": True})
    assert not desk.runtime.message(instance, "never")
    for step in desk.waiting(instance):
        desk.complete(instance, step)
    assert desk.status(instance) == "completed"


def test_what_does_not_interrupt_leaves_a_sub_process_alone(desk: Desk, clock: Clock) -> None:
    desk.deploy(*interruptible())
    instance = desk.start("p")
    clock.move(timedelta(days=1, minutes=1))
    assert desk.fire() == 1
    assert sorted(desk.waiting(instance)) == ["far", "hand", "near", "reminded"]
    assert "remind" in desk.timers(instance)


def test_a_sub_process_that_ends_takes_its_boundary_events_away(desk: Desk, clock: Clock) -> None:
    process = around(checking()).timer("deadline", "P3D", "checking").end("e2").flow("deadline", "e2")
    desk.deploy(process)
    instance = desk.start("p")
    desk.complete(instance, "before")
    assert desk.timers(instance) == ["deadline"]
    desk.complete(instance, "papers")
    desk.complete(instance, "place")
    assert desk.timers(instance) == []
    assert desk.waiting(instance) == ["after"]


def test_timers_inside_fire_and_cycles_go_on(desk: Desk, clock: Clock) -> None:
    inner = (
        Diagram("inside").start("s").user("look").timer("every", "R3/P1D", "look", kind="timeCycle", interrupting=False)
        .service("n", "note").end("told").end("e").chain("s", "look", "e").chain("every", "n", "told")
    )  # fmt: skip
    desk.deploy(around(inner))
    instance = desk.start("p")
    desk.complete(instance, "before")
    for _ in range(3):
        clock.move(timedelta(days=1, minutes=1))
        assert desk.fire() == 1
    assert len(desk.host.calls) == 3
    assert desk.fired(instance) == ["every", "every", "every"]
    desk.complete(instance, "look")
    assert desk.waiting(instance) == ["after"]


def test_steps_inside_are_offered_to_the_lane_the_sub_process_lies_in(desk: Desk) -> None:
    process = around(checking())
    process.lanes["handler"] = ["checking"]
    desk.deploy(process)
    instance = desk.start("p")
    desk.complete(instance, "before")
    rows = desk.rows("select step, candidates from work_item order by step")
    assert rows == [("papers", ["handler@1"]), ("place", ["handler@1"])]


def test_two_files_may_have_sub_processes_of_one_id() -> None:
    one, other = around(checking()), around(checking())
    other.key = "q"
    definition = parse_files(1, {"a.bpmn": one.xml(), "b.bpmn": other.xml()})
    assert {step.process_key for key in ("p", "q") for step in definition.steps(key)} == {"p", "q"}
    assert sorted(definition.processes) == ["p", "q"]


def test_a_loop_over_a_sub_process_leaves_the_state_as_small_as_before(desk: Desk, engine: sa.Engine) -> None:
    inner = checking().timer("late", "P1D", "place", interrupting=False).end("noted").flow("late", "noted")
    desk.deploy(
        Diagram("p").start().exclusive("m").sub(inner).timer("deadline", "P3D", "checking").end("e2").user("judge")
        .exclusive("x").end().chain("start", "m", "checking", "judge", "x").chain("deadline", "e2")
        .flow("x", "m", "${judge.again}").flow("x", "end", default=True)
    )  # fmt: skip
    instance = desk.start("p")
    sizes = []
    for _ in range(40):
        for step in ("papers", "place"):
            desk.complete(instance, step)
        desk.complete(instance, "judge", again=True)
        sizes.append(desk.value("select length(state) from instance"))
    assert max(sizes[2:]) - sizes[1] < 40
    assert desk.timers(instance) == ["late", "deadline"]
    assert desk.value("select visited -> 'p' -> 'checking' from instance") == 40
