"""Timers: told when to fire, once each, in order, whatever happened meanwhile."""

import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import AlreadyDone, CannotAdvance, Item, Offer, Runtime, Transaction
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

DAY = timedelta(days=1)


def deadlines(key: str = "p") -> Diagram:
    """Draw a step with a reminder, an escalation and a deadline that takes it away."""
    return (
        Diagram(key)
        .start()
        .user("handle", candidateGroups="handler")
        .timer("remind", "1工作日", "handle", interrupting=False)
        .service("reminded", "note", level="remind")
        .end("end_remind")
        .timer("escalate", "P3D", "handle", interrupting=False)
        .service("escalated", "note", level="${matter.leader}")
        .end("end_escalate")
        .timer("overdue", "P5D", "handle")
        .user("take_over", candidateGroups="instructor")
        .end()
        .chain("start", "handle", "end")
        .chain("remind", "reminded", "end_remind")
        .chain("escalate", "escalated", "end_escalate")
        .chain("overdue", "take_over", "end")
    )


@pytest.fixture
def late(desk: Desk) -> int:
    desk.deploy(deadlines())
    return desk.start("p", matter={"leader": "bureau_leader"})


def test_a_waiting_timer_is_a_row_with_its_arithmetic(desk: Desk, late: int) -> None:
    first, *_ = desk.rows("select * from timer order by due_at")
    assert (first.element, first.name, first.kind, first.expression, first.occurrence) == (
        "remind",
        "名 remind",
        "duration",
        "1工作日",
        1,
    )
    assert first.due_at - first.started_at == DAY
    assert first.explanation[0].startswith("1工作日")
    assert desk.value("select next_due from instance") == first.due_at


def test_nothing_fires_before_its_time(desk: Desk, late: int, clock: Clock) -> None:
    assert desk.fire() == 0
    clock.move(DAY - timedelta(minutes=1))
    assert desk.fire() == 0
    clock.move(timedelta(minutes=2))
    assert desk.fire() == 1
    assert desk.fire() == 0


def test_a_reminder_leaves_the_task_where_it_is(desk: Desk, late: int, clock: Clock) -> None:
    clock.move(DAY * 2)
    desk.fire()
    assert desk.waiting(late) == ["handle"]
    assert desk.timers(late) == ["escalate", "overdue"]
    assert desk.data(late)["reminded"] == {"level": "remind"}
    assert desk.history(late)[1:] == [("timer_fired", "remind"), ("service_called", "reminded")]
    (details,) = desk.details(late, "timer_fired")
    assert (details["activity"], details["interrupting"], details["missed"], details["occurrence"]) == (
        "handle",
        False,
        0,
        1,
    )


def test_after_a_week_without_a_worker_each_fires_once_in_order(desk: Desk, late: int, clock: Clock) -> None:
    clock.move(DAY * 7)
    assert [desk.fire(limit=1) for _ in range(5)] == [1, 1, 1, 0, 0]
    assert desk.fired(late) == ["remind", "escalate", "overdue"]
    assert desk.waiting(late) == ["take_over"]
    assert [call.parameters["level"] for call in desk.host.calls] == ["remind", "bureau_leader"]
    rows = desk.rows("select due_at, fired_at, missed, worker from fire order by due_at")
    assert all(row.fired_at > row.due_at and row.missed == 0 and row.worker == "w1" for row in rows)


def test_an_interrupting_timer_withdraws_the_task(desk: Desk, late: int, clock: Clock) -> None:
    task = desk.task(late, "handle")
    clock.move(DAY * 6)
    desk.fire()
    with pytest.raises(AlreadyDone) as caught:
        desk.complete_task(task)
    assert (caught.value.by, caught.value.step) == ("", "handle")
    assert caught.value.at is not None
    assert desk.value("select withdrawn from finished_item")
    desk.complete(late, "take_over")
    assert desk.status(late) == "completed"


def test_completing_the_task_takes_its_timers_along(desk: Desk, late: int, clock: Clock) -> None:
    desk.complete(late, "handle")
    assert desk.status(late) == "completed"
    assert desk.timers(late) == []
    assert desk.value("select next_due from instance") is None
    clock.move(DAY * 9)
    assert desk.fire() == 0


def test_completing_an_overdue_task_fires_nothing(desk: Desk, late: int, clock: Clock) -> None:
    clock.move(DAY * 4)
    desk.complete(late, "handle")
    assert desk.fire() == 0
    assert desk.fired(late) == []
    assert desk.host.calls == []


def test_a_call_activity_carries_timers_that_end_with_it(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("outer").start().call("handling", "inner").timer("remind", "P1D", "handling", interrupting=False)
        .service("n", "note").end("e1").timer("overdue", "P5D", "handling").user("boss").end()
        .chain("start", "handling", "end").chain("remind", "n", "e1").chain("overdue", "boss", "end"),
        Diagram("inner").start().user("sign").timer("sign_late", "P2D", "sign").user("chase").end()
        .chain("start", "sign", "end").chain("sign_late", "chase", "end"),
    )  # fmt: skip
    finished = desk.start("outer")
    clock.move(DAY * 1.5)
    desk.fire()
    assert desk.timers(finished) == ["sign_late", "overdue"]
    desk.complete(finished, "sign")
    assert (desk.status(finished), desk.timers(finished)) == ("completed", [])
    interrupted = desk.start("outer")
    clock.move(DAY * 6)
    assert desk.fire() == 3
    assert desk.fired(interrupted) == ["remind", "sign_late", "overdue"]
    assert desk.waiting(interrupted) == ["boss"]
    withdrawn = desk.rows(
        "select step from finished_item where withdrawn and instance_id = :i order by step", i=interrupted
    )
    assert [row.step for row in withdrawn] == ["chase", "sign"]


def test_an_intermediate_timer_holds_the_process_back(desk: Desk, clock: Clock) -> None:
    desk.deploy(Diagram("p").start().timer("wait", "PT2H").user("a").end().chain("start", "wait", "a", "end"))
    instance = desk.start("p")
    assert desk.waiting(instance) == []
    clock.move(timedelta(hours=3))
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["a"]


def test_a_value_may_be_worked_out_when_the_timer_begins_to_wait(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("t", "${clocks.sign}", "a").end("late").end()
        .chain("start", "a", "end").chain("t", "late"),
        Diagram("q").start().user("a").timer("t", "${clocks.until}", "a", kind="timeDate").end("late").end()
        .chain("start", "a", "end").chain("t", "late"),
    )  # fmt: skip
    relative = desk.start("p", clocks={"sign": "4工作日"})
    row = desk.rows("select * from timer where instance_id = :i", i=relative)[0]
    assert row.due_at - row.started_at == DAY * 4
    assert row.expression == "${clocks.sign}"
    fixed = desk.start("q", clocks={"until": "2030-01-02T09:00:00+08:00"})
    row = desk.rows("select * from timer where instance_id = :i", i=fixed)[0]
    assert row.due_at == datetime(2030, 1, 2, 1, tzinfo=UTC)
    local = desk.start("q", clocks={"until": "2030-01-02"})
    row = desk.rows("select * from timer where instance_id = :i", i=local)[0]
    assert row.due_at == datetime(2030, 1, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize("value", ["-PT1H", "PT0S", "P", "soon", "", "P1X", "R/PT1H"])
def test_a_value_that_is_no_time_is_refused_and_nothing_starts(desk: Desk, value: str) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("t", "${clocks.t}", "a").end("late").end()
        .chain("start", "a", "end").chain("t", "late")
    )  # fmt: skip
    with pytest.raises(CannotAdvance, match="名 t"):
        desk.start("p", clocks={"t": value})
    assert desk.value("select count(*) from instance") == 0


def test_one_that_fails_is_noted_and_keeps_nobody_waiting(
    desk: Desk, clock: Clock, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = desk.host.offer

    def no_unit(transaction: Transaction, item: Item) -> Offer:
        if item.step == "side":
            raise LookupError("no unit")
        return offer(transaction, item)

    monkeypatch.setattr(desk.host, "offer", no_unit)
    desk.deploy(
        Diagram("bad").start().user("a").timer("t", "P1D", "a", interrupting=False).user("side").end("e1").end()
        .chain("start", "a", "end").chain("t", "side", "e1"),
        deadlines("good"),
    )  # fmt: skip
    bad = desk.start("bad")
    clock.move(timedelta(minutes=5))
    good = desk.start("good", matter={"leader": "x"})
    clock.move(DAY * 2)
    assert desk.fire() == 1
    assert desk.fired(good) == ["remind"]
    row = desk.rows("select * from instance where id = :i", i=bad)[0]
    assert row.incident.startswith("LookupError")
    assert row.failures == 1
    assert row.next_due > clock.now()
    assert desk.timers(bad) == ["t"]
    assert "could not fire" in caplog.text
    assert desk.fire() == 0
    monkeypatch.setattr(desk.host, "offer", offer)
    clock.move(timedelta(minutes=2))
    assert desk.fire() == 1
    assert desk.fired(bad) == ["t"]
    assert desk.rows("select incident, failures from instance where id = :i", i=bad)[0] == (None, 0)


def test_many_workers_share_the_work_and_double_none(desk: Desk, engine: sa.Engine, clock: Clock) -> None:
    desk.deploy(deadlines())
    instances = [desk.start("p", key=f"MY-{number}", matter={"leader": "x"}) for number in range(12)]
    clock.move(DAY * 7)
    counts = []

    def work(name: str) -> None:
        runtime = Runtime(engine, desk.host)
        mine = 0
        while fired := runtime.fire_due(worker=name):
            mine += fired
        counts.append(mine)

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while desk.fire():
        pass
    assert desk.value("select count(*) from fire") == 36
    assert all(desk.fired(instance) == ["remind", "escalate", "overdue"] for instance in instances)
    assert all(desk.waiting(instance) == ["take_over"] for instance in instances)
    assert desk.value("select count(*) from history where kind = 'timer_fired'") == 36


def test_a_suspended_instance_fires_nothing(desk: Desk, late: int, clock: Clock, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update instance set status = 'suspended'")
    clock.move(DAY * 7)
    assert desk.fire() == 0


def test_a_side_branch_that_ends_last_does_not_bring_old_data_back(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("t", "P1D", "a", interrupting=False).user("side").end("e1")
        .user("b").end().chain("start", "a", "b", "end").chain("t", "side", "e1")
    )  # fmt: skip
    instance = desk.start("p", matter={"kind": "old"})
    clock.move(DAY * 2)
    desk.fire()
    assert sorted(desk.waiting(instance)) == ["a", "side"]
    desk.complete(instance, "a", status="new")
    desk.complete(instance, "b", status="newer")
    assert desk.status(instance) == "running"
    desk.complete(instance, "side", seen=True)
    assert desk.status(instance) == "completed"
    assert desk.data(instance) == {
        "matter": {"kind": "old"},
        "a": {"status": "new"},
        "b": {"status": "newer"},
        "side": {"seen": True},
    }
