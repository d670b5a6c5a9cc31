"""Due times worked out anew: from the same start, shown, and only where they move."""

from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import CannotAdvance, NotFound, Suspended
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

DAY = timedelta(days=1)


@pytest.fixture
def waiting(desk: Desk) -> int:
    desk.deploy(
        Diagram("outer").start().call("c", "inner").timer("late", "${clocks.handling}", "c", interrupting=False)
        .end("e1").timer("fixed", "P9D", "c").end("e2").end()
        .chain("start", "c", "end").chain("late", "e1").chain("fixed", "e2"),
        Diagram("inner").start().user("a", dueDate="${clocks.sign}")
        .timer("again", "R/1工作日", "a", kind="timeCycle", interrupting=False)
        .end("e3").end().chain("start", "a", "end").chain("again", "e3"),
    )  # fmt: skip
    return desk.start("outer", clocks={"sign": "2工作日", "handling": "5工作日"})


def test_a_changed_calendar_moves_what_depends_on_it(desk: Desk, waiting: int) -> None:
    before = {row.element: row.due_at for row in desk.rows("select element, due_at from timer")}
    item = desk.value("select due_at from work_item")
    desk.host.day = DAY * 2
    moved = desk.runtime.recompute_due(waiting, actor="9", reason="国务院放假通知")
    assert {one.element: one.new - one.old for one in moved} == {"late": DAY * 5, "again": DAY, "a": DAY * 2}
    after = {row.element: row.due_at for row in desk.rows("select element, due_at from timer")}
    assert {name: after[name] - before[name] for name in before} == {
        "late": DAY * 5,
        "again": DAY,
        "fixed": timedelta(0),
    }
    assert desk.value("select due_at from work_item") == item + DAY * 2
    assert desk.value("select next_due from instance") == min(after.values())
    events = desk.details(waiting, "due_moved")
    assert len(events) == 3
    assert all(event["reason"] == "国务院放假通知" and event["old"] != event["new"] for event in events)
    assert desk.runtime.recompute_due(waiting, actor="9", reason="again") == []


def test_a_trial_run_changes_nothing(desk: Desk, waiting: int) -> None:
    desk.host.day = DAY * 2
    before = desk.rows("select * from timer order by task_id"), desk.rows("select * from instance")
    moved = desk.runtime.recompute_due(waiting, actor="9", reason="x", dry_run=True)
    assert len(moved) == 3
    assert (desk.rows("select * from timer order by task_id"), desk.rows("select * from instance")) == before
    assert desk.details(waiting, "due_moved") == []


def test_changed_facts_move_it_too(desk: Desk, waiting: int) -> None:
    with desk.runtime.transaction(waiting, actor="9") as transaction:
        transaction.variables["clocks"] = {"sign": "4工作日", "handling": "5工作日"}
    (moved,) = desk.runtime.recompute_due(waiting, actor="9", reason="延期")
    assert (moved.element, moved.new - moved.old) == ("a", DAY * 2)


def test_it_fires_at_the_new_time(desk: Desk, waiting: int, clock: Clock) -> None:
    desk.host.day = DAY * 2
    desk.runtime.recompute_due(waiting, actor="9", reason="x")
    clock.move(DAY * 1.5)
    assert desk.fire() == 0
    clock.move(DAY)
    assert desk.fire() == 1
    assert desk.fired(waiting) == ["again"]
    assert desk.value("select due_at - started_at from timer where element = 'again'") == DAY * 4


def test_a_suspended_instance_has_the_right_times_when_it_is_resumed(desk: Desk, waiting: int, clock: Clock) -> None:
    item = desk.value("select due_at from work_item")
    first = desk.value("select next_due from instance")
    why = {"actor": "9", "reason": "国务院放假通知"}
    desk.runtime.suspend(waiting, **why)
    desk.host.day = DAY * 2
    shown = desk.runtime.recompute_due(waiting, dry_run=True, **why)
    assert desk.value("select due_at from work_item") == item
    assert desk.runtime.recompute_due(waiting, **why) == shown
    assert {one.element for one in shown} == {"late", "again", "a"}
    assert desk.status(waiting) == "suspended"
    clock.move(DAY * 1.5)
    assert desk.fire() == 0
    with pytest.raises(Suspended):
        desk.complete(waiting, "a")
    desk.runtime.resume(waiting, **why)
    assert desk.value("select due_at from work_item") == item + DAY * 2
    assert desk.value("select next_due from instance") == first + DAY
    assert desk.fire() == 0, "by the old calendar it would have been due"
    clock.move(DAY)
    assert desk.fire() == 1
    assert len(desk.details(waiting, "due_moved")) == 3


def test_what_has_ended_or_never_was(desk: Desk, waiting: int) -> None:
    desk.complete(waiting, "a")
    desk.host.day = DAY * 3
    assert desk.runtime.recompute_due(waiting, actor="9", reason="x") == []
    with pytest.raises(NotFound):
        desk.runtime.recompute_due(99, actor="9", reason="x")


def test_a_value_that_is_no_time_any_more_stops_it(desk: Desk, waiting: int, engine: sa.Engine) -> None:
    with desk.runtime.transaction(waiting, actor="9") as transaction:
        transaction.variables["clocks"] = {"sign": "soon", "handling": "5工作日"}
    with pytest.raises(CannotAdvance, match="名 a"):
        desk.runtime.recompute_due(waiting, actor="9", reason="x")
