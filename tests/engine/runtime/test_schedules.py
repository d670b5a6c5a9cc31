"""Processes that start by themselves: each occurrence once, missed ones counted, whoever dies."""

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import ClockRefused, NotFound, ReasonMissing, Refused, Runtime
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.recording_host import RecordingHost

DAY = timedelta(days=1)
MONDAY = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
"""Eight o'clock in the bureau."""


def weekly(value: str = "R/2026-11-23T08:00+08:00/P7D", kind: str = "timeCycle", key: str = "weekly_report") -> Diagram:
    return (
        Diagram(key)
        .timer_start("monday", value, kind=kind)
        .user("write", candidateGroups="handler")
        .end()
        .chain("monday", "write", "end")
    )


def deploy(desk: Desk, *diagrams: Diagram) -> int:
    files = {f"processes/{diagram.key}.bpmn": diagram.xml() for diagram in diagrams}
    files["forms/write.form"] = b"{}"
    return desk.runtime.deploy(files, actor="tester").id


def tick(desk: Desk, runtime: Runtime | None = None) -> int:
    return (runtime or desk.runtime).start_due(worker="w1", limit=100)


def schedule(desk: Desk) -> sa.Row:
    (row,) = desk.rows("select * from schedule")
    return row


def test_it_starts_each_week_under_its_own_key(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    assert schedule(desk).next_due == MONDAY
    assert tick(desk) == 0
    clock.set(MONDAY + timedelta(seconds=5))
    assert tick(desk) == 1
    assert tick(desk) == 0
    clock.move(DAY * 7)
    assert tick(desk) == 1
    rows = desk.rows("select * from instance order by id")
    assert [row.business_key for row in rows] == [
        "weekly_report/2026-11-23T08:00+08:00",
        "weekly_report/2026-11-30T08:00+08:00",
    ]
    assert [desk.waiting(row.id) for row in rows] == [["write"], ["write"]]
    assert desk.data(rows[0].id) == {"monday": {"due": MONDAY.isoformat(), "occurrence": 1, "missed": 0}}
    ledger = desk.rows("select * from schedule_fire order by due_at")
    assert [(row.occurrence, row.missed, row.worker, row.instance_id) for row in ledger] == [
        (1, 0, "w1", rows[0].id),
        (2, 0, "w1", rows[1].id),
    ]
    assert all(row.fired_at >= row.due_at for row in ledger)


def test_after_a_time_without_a_worker_the_latest_starts_once(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    clock.set(MONDAY + DAY * 23)
    assert tick(desk) == 1
    assert tick(desk) == 0
    (row,) = desk.rows("select * from schedule_fire")
    assert (row.due_at, row.occurrence, row.missed) == (MONDAY + DAY * 21, 4, 3)
    assert (schedule(desk).missed, schedule(desk).next_due) == (3, MONDAY + DAY * 28)


def test_what_fell_before_the_deployment_never_starts(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY + DAY * 15)
    deploy(desk, weekly(), weekly("2026-11-25T08:00:00+08:00", "timeDate", key="once"))
    assert tick(desk) == 0
    rows = desk.rows("select process_key, occurrence, next_due, missed from schedule order by process_key")
    assert [tuple(row) for row in rows] == [("once", 2, None, 0), ("weekly_report", 4, MONDAY + DAY * 21, 0)]


@pytest.mark.parametrize(
    ("kind", "value", "after"),
    [
        ("timeDate", "2026-11-25T08:00:00+08:00", DAY * 3),
        ("timeDuration", "P3D", DAY * 3),
        ("timeDuration", "3工作日", DAY * 3),
        ("timeCycle", "R1/P3D", DAY * 3),
    ],
)
def test_what_comes_once_starts_once(desk: Desk, clock: Clock, kind: str, value: str, after: timedelta) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly(value, kind))
    due = schedule(desk).next_due
    assert abs(due - (MONDAY - DAY + after)) < timedelta(minutes=1)
    clock.set(due + DAY * 30)
    assert tick(desk) == 1
    assert tick(desk) == 0
    assert (schedule(desk).next_due, schedule(desk).missed) == (None, 0)


def test_a_bounded_cycle_ends(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly("R3/2026-11-23T08:00+08:00/P7D"))
    clock.set(MONDAY + DAY)
    assert tick(desk) == 1
    clock.set(MONDAY + DAY * 90)
    assert tick(desk) == 1
    clock.move(DAY * 90)
    assert tick(desk) == 0
    rows = desk.rows("select occurrence, missed, due_at from schedule_fire order by due_at")
    assert [tuple(row) for row in rows] == [(1, 0, MONDAY), (3, 1, MONDAY + DAY * 14)]


def test_months_keep_their_day_and_working_days_are_the_hosts(desk: Desk, clock: Clock) -> None:
    clock.set(datetime(2027, 1, 30, tzinfo=UTC))
    deploy(desk, weekly("R/2027-01-31T08:00+08:00/P1M"), weekly("R/2工作日", key="daily"))
    found = []
    for _ in range(4):
        row = desk.rows("select next_due from schedule where process_key = 'weekly_report'")[0]
        found.append((row.next_due.month, row.next_due.day))
        clock.set(row.next_due + timedelta(minutes=1))
        tick(desk)
    assert found == [(1, 31), (2, 28), (3, 31), (4, 30)]
    rows = desk.rows(
        "select f.due_at, f.occurrence from schedule_fire f join schedule s on s.id = f.schedule_id "
        "where s.process_key = 'daily' order by due_at"
    )
    assert all((later.due_at - rows[0].due_at) % (DAY * 2) == timedelta(0) for later in rows)


def test_a_new_deployment_keeps_the_phase_of_what_it_did_not_change(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly("R/P2D"))
    before = schedule(desk)
    clock.move(DAY)
    second = deploy(desk, weekly("R/P2D"), weekly("R/P1D", key="daily"))
    after = desk.rows("select * from schedule where process_key = 'weekly_report'")[0]
    assert (after.next_due, after.since, after.deployment_id) == (before.next_due, before.since, second)
    deploy(desk, weekly("R/P3D"))
    rows = {row.process_key: row for row in desk.rows("select * from schedule")}
    assert rows["weekly_report"].next_due - clock.now() > DAY * 2.9
    assert (rows["daily"].active, rows["daily"].next_due) == (False, None)
    clock.move(DAY * 2)
    assert tick(desk) == 0
    deploy(desk, weekly("R/P3D"), weekly("R/P1D", key="daily"))
    again = desk.rows("select * from schedule where process_key = 'daily'")[0]
    assert again.active
    assert again.next_due > clock.now()


def test_it_starts_the_latest_version(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    second = deploy(desk, weekly(), Diagram("x").start().end().chain("start", "end"))
    clock.set(MONDAY + DAY)
    assert tick(desk) == 1
    assert desk.value("select deployment_id from instance") == second


def test_a_schedule_is_paused_by_hand_with_a_reason(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    number = schedule(desk).id
    with pytest.raises(ReasonMissing):
        desk.runtime.pause_schedule(number, actor="7", reason=" ")
    with pytest.raises(NotFound):
        desk.runtime.pause_schedule(99, actor="7", reason="x")
    desk.runtime.pause_schedule(number, actor="7", reason="春节停报")
    with pytest.raises(ClockRefused, match="已经暂停"):
        desk.runtime.pause_schedule(number, actor="7", reason="x")
    clock.set(MONDAY + DAY * 15)
    assert tick(desk) == 0
    deploy(desk, weekly(), Diagram("x").start().end().chain("start", "end"))
    assert tick(desk) == 0
    desk.runtime.resume_schedule(number, actor="8", reason="恢复")
    assert tick(desk) == 0
    row = schedule(desk)
    assert (row.next_due, row.occurrence, row.missed, row.paused_at) == (MONDAY + DAY * 21, 4, 0, None)
    with pytest.raises(ClockRefused, match="没有暂停"):
        desk.runtime.resume_schedule(number, actor="8", reason="x")
    rows = desk.rows("select event, actor, reason from schedule_event order by id")
    assert [tuple(row) for row in rows] == [("schedule_paused", "7", "春节停报"), ("schedule_resumed", "8", "恢复")]
    clock.set(MONDAY + DAY * 22)
    assert tick(desk) == 1


def test_what_cannot_start_is_noted_and_tried_again(desk: Desk, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    clock.set(MONDAY - DAY)
    broken = (
        Diagram("broken").timer_start("monday", "R/2026-11-23T08:00+08:00/P7D").end()
        .user("write", candidateGroups="handler", dueDate="${double(1)}").chain("monday", "write", "end")
    )  # fmt: skip
    deploy(desk, broken, weekly())
    clock.set(MONDAY + timedelta(minutes=1))
    assert tick(desk) == 1
    row = desk.rows("select * from schedule where process_key = 'broken'")[0]
    assert (row.failures, row.next_due, row.missed) == (1, MONDAY, 0)
    assert row.look_at > clock.now()
    assert row.incident.startswith("CannotAdvance: ")
    assert "could not start" in caplog.text
    assert tick(desk) == 0
    desk.host.functions["double"] = lambda _number: "P1D"
    clock.move(timedelta(minutes=2))
    assert tick(desk) == 1
    row = desk.rows("select * from schedule where process_key = 'broken'")[0]
    assert (row.failures, row.incident, row.next_due) == (0, None, MONDAY + DAY * 7)


def test_many_workers_start_each_once(desk: Desk, engine: sa.Engine, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, *(weekly(key=f"report{number}") for number in range(6)))
    clock.set(MONDAY + DAY)
    counts: list[int] = []

    def work(name: str) -> None:
        runtime = Runtime(engine, desk.host)
        counts.append(sum(iter(lambda: runtime.start_due(worker=name), 0)))

    threads = [threading.Thread(target=work, args=(f"w{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    while tick(desk):
        pass
    assert desk.value("select count(*) from schedule_fire") == 6
    assert desk.value("select count(distinct business_key) from instance") == 6
    assert desk.value("select count(*) from instance") == 6


def test_the_clock_jumps_and_nothing_starts_twice(desk: Desk, clock: Clock) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    clock.move(DAY * 9)
    assert tick(desk) == 1
    clock.move(DAY * -9)
    assert tick(desk) == 0
    clock.move(DAY * 9)
    assert tick(desk) == 0
    assert desk.value("select count(*) from instance") == 1


DYING = """
import sys
import sqlalchemy as sa
from engine.runtime import Runtime
from tests.engine.runtime.recording_host import RecordingHost

class Dying(RecordingHost):
    def __init__(self):
        super_init = RecordingHost.__init__
        self.services, self.functions = {}, {}
        self.groups, self.start = ["handler"], {}
    def record(self, tx, events):
        print("about to commit", flush=True)
        sys.stdin.readline()

Runtime(sa.create_engine(sys.argv[1]), Dying()).start_due(worker="dying", limit=1)
"""


def test_a_worker_that_is_killed_leaves_nothing_and_another_starts_it(
    desk: Desk, database_url: str, clock: Clock
) -> None:
    clock.set(MONDAY - DAY)
    deploy(desk, weekly())
    clock.set(MONDAY + DAY)
    process = subprocess.Popen(
        [sys.executable, "-c", DYING, database_url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "about to commit\n"
    assert tick(desk) == 0, "what another worker holds is left to it"
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert desk.value("select count(*) from instance") == 0
    # The server notices the lost connection; its lock ends with it.
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("select 1 from schedule for update")
    assert tick(desk) == 1
    assert desk.value("select worker from schedule_fire") == "w1"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("timeCycle", "0 8 * * 1"),
        ("timeCycle", "R/PT0S"),
        ("timeCycle", "R/-P1D"),
        ("timeDuration", "soon"),
        ("timeDuration", "${matter.kind}"),
        ("timeDate", "tomorrow"),
    ],
)
def test_what_is_no_time_is_refused_and_nothing_is_deployed(desk: Desk, kind: str, value: str) -> None:
    with pytest.raises(Refused) as refused:
        deploy(desk, weekly(value, kind))
    found = [problem.code for problem in refused.value.problems if problem.element_id == "monday"]
    assert found
    assert ("timer-cron" in found) == (value == "0 8 * * 1")
    assert desk.value("select count(*) from deployment") == 0
    assert desk.value("select count(*) from schedule") == 0


def test_the_host_counts_its_own_units(desk: Desk, clock: Clock, host: RecordingHost) -> None:
    host.day = DAY * 2
    clock.set(MONDAY)
    deploy(desk, weekly("R/3工作日"))
    assert abs(schedule(desk).next_due - (MONDAY + DAY * 6)) < timedelta(minutes=1)
