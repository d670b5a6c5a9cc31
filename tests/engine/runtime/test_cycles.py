"""Timers that repeat: each period once, missed ones counted, months as on the calendar."""

from datetime import UTC, datetime, timedelta

import pytest

from engine.runtime import CannotAdvance
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

HOUR = timedelta(hours=1)


def repeating(value: str, *, interrupting: bool = False) -> Diagram:
    """Draw a step that is reminded of again and again."""
    return (
        Diagram("p")
        .start()
        .user("a")
        .timer("again", value, "a", kind="timeCycle", interrupting=interrupting)
        .service("n", "note")
        .end("e1")
        .end()
        .chain("start", "a", "end")
        .chain("again", "n", "e1")
    )


def test_it_fires_period_after_period(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R/PT1H"))
    instance = desk.start("p")
    for count in range(1, 5):
        clock.move(HOUR)
        assert desk.fire() == 1
        assert len(desk.host.calls) == count
    assert [row.occurrence for row in desk.rows("select occurrence from fire order by occurrence")] == [1, 2, 3, 4]
    assert desk.waiting(instance) == ["a"]
    assert desk.timers(instance) == ["again"]
    desk.complete(instance, "a")
    assert desk.status(instance) == "completed"


def test_missed_periods_fire_once_and_are_counted(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R/PT1H"))
    instance = desk.start("p")
    start = desk.value("select started_at from timer")
    clock.move(HOUR * 10.5)
    assert desk.fire() == 1
    (row,) = desk.rows("select * from fire")
    assert (row.occurrence, row.missed) == (1, 9)
    (timer,) = desk.rows("select * from timer")
    assert (timer.occurrence, timer.due_at) == (11, start + HOUR * 11)
    assert desk.details(instance, "timer_fired")[0]["missed"] == 9


def test_a_bounded_cycle_ends(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R3/PT1H"))
    instance = desk.start("p")
    for _ in range(5):
        clock.move(HOUR)
        desk.fire()
    assert len(desk.host.calls) == 3
    assert desk.timers(instance) == []
    assert desk.waiting(instance) == ["a"]


def test_missed_periods_of_a_bounded_cycle_are_used_up(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R5/PT1H"))
    instance = desk.start("p")
    clock.move(HOUR * 3.5)
    assert desk.fire() == 1
    assert desk.value("select missed from fire") == 2
    clock.move(HOUR * 9)
    assert desk.fire() == 1
    assert [row.missed for row in desk.rows("select missed from fire order by occurrence")] == [2, 1]
    assert desk.timers(instance) == []


def test_an_interrupting_cycle_interrupts_once(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R/PT1H", interrupting=True))
    instance = desk.start("p")
    clock.move(HOUR * 5)
    assert desk.fire() == 1
    assert desk.status(instance) == "completed"


def test_reminders_outlive_the_task_they_remind_of(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("again", "R/PT1H", "a", kind="timeCycle", interrupting=False)
        .user("look").end("e1").end().chain("start", "a", "end").chain("again", "look", "e1")
    )  # fmt: skip
    instance = desk.start("p")
    for _ in range(2):
        clock.move(HOUR)
        desk.fire()
    assert sorted(desk.waiting(instance)) == ["a", "look", "look"]
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["look", "look"]
    desk.complete(instance, "look")
    assert desk.status(instance) == "running"
    desk.complete(instance, "look")
    assert desk.status(instance) == "completed"


def test_months_are_counted_from_where_counting_began(desk: Desk, clock: Clock) -> None:
    clock.set(datetime(2027, 1, 31, 4, tzinfo=UTC))
    desk.deploy(repeating("R/P1M"))
    desk.start("p")
    days = []
    for _ in range(4):
        due = desk.value("select due_at from timer")
        days.append((due.month, due.day))
        clock.set(due + timedelta(minutes=1))
        assert desk.fire() == 1
    assert days == [(2, 28), (3, 31), (4, 30), (5, 31)]


def test_a_period_may_be_the_hosts(desk: Desk, clock: Clock) -> None:
    desk.deploy(repeating("R/2工作日"))
    desk.start("p")
    clock.move(timedelta(days=5))
    assert desk.fire() == 1
    (timer,) = desk.rows("select * from timer")
    assert (timer.occurrence, timer.due_at - timer.started_at) == (3, timedelta(days=6))


def test_a_cycle_may_begin_at_a_given_time(desk: Desk) -> None:
    desk.deploy(repeating("R2/2030-03-01T09:00:00+08:00/P1D"))
    desk.start("p")
    assert desk.value("select due_at from timer") == datetime(2030, 3, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", ["R/PT0S", "R0/PT1H", "PT1H", "R/-PT1H", "R/P1D/P2D", "0 0 * * *", "R/PT0.01S", "R/"])
def test_what_repeats_nothing_or_without_end_is_refused(desk: Desk, value: str) -> None:
    desk.deploy(repeating(value))
    with pytest.raises(CannotAdvance):
        desk.start("p")


@pytest.mark.parametrize("kind", ["parallel", "inclusive"])
def test_a_period_that_leads_straight_into_a_join_comes_from_its_event(desk: Desk, clock: Clock, kind: str) -> None:
    drawn = Diagram("p").start().user("a").user("b").end()
    drawn.timer("again", "R/PT1H", "a", kind="timeCycle", interrupting=False)
    getattr(drawn, kind)("join")
    desk.deploy(drawn.chain("start", "a", "join", "b", "end").chain("again", "join"))
    instance = desk.start("p")
    clock.move(HOUR)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["a"]
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["b"]
    desk.complete(instance, "b")
    assert desk.status(instance) == "completed"
