"""kill -9 of the worker, while what is late fires and what leaves the bureau is delivered."""

import os
import random
import signal
import subprocess
from datetime import timedelta

import pytest

from tests.batteries import FULL
from tests.faults.audit import (
    NOTHING_PENDING,
    Timers,
    delivered_once,
    fired_once_in_order,
    state_equals_rows,
    timers,
)
from tests.faults.bureau import Bureau
from tests.faults.waiting import eventually, pause
from tests.stack import Stack

TIMERS_A_MATTER = 6
WEEK = timedelta(days=7)
JUMP = timedelta(days=8)
MOST_JUMPS = 3
NOTHING_DUE = "select not exists (select from timer where due_at <= clock_now())"
INTERRUPTED = "select count(*) from procrastinate_jobs where queue_name = 'deliveries' and status = 'doing'"


def registered(bureau: Bureau, late: int, replied: int) -> tuple[Timers, list[str]]:
    """Register matters that wait with `late` timers, and some whose reply waits to be delivered."""
    bureau.register(late // TIMERS_A_MATTER)
    replies = bureau.register(replied)
    for number in replies:
        bureau.work(number)
    expected = timers(bureau)
    assert len(expected) >= late
    return expected, replies


def fired(bureau: Bureau) -> int:
    return int(bureau.value("select count(*) from fire f join matter m using (instance_id)"))


def sent(bureau: Bureau) -> int:
    return int(bureau.value("select count(*) from dispatch where status = 'sent'"))


def kill(bureau: Bureau, worker: subprocess.Popen[bytes]) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    worker.wait()
    bureau.the_dead_are_silent()


def killed_again_and_again(bureau: Bureau, stack: Stack, seed: int, *, late: int, replied: int, deaths: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chooses moments, guards nothing
    expected, replies = registered(bureau, late, replied)
    bureau.until_all_is_late(by=WEEK)
    interrupted = 0
    for death in range(1, deaths + 1):
        worker = stack.start_worker()
        enough = len(expected) * death // (deaths + 1)
        eventually("the next timers fire", lambda enough=enough: fired(bureau) >= enough, every=0.005)
        eventually(
            "a delivery is under way", lambda: bureau.value(INTERRUPTED) or bureau.value(NOTHING_PENDING), every=0.002
        )
        pause(chance.uniform(0, 0.01))
        kill(bureau, worker)
        interrupted += bureau.value(INTERRUPTED)
        print(f"killed after {fired(bureau)} of {len(expected)} timers and {sent(bureau)} deliveries")
    assert fired(bureau) < len(expected), "all had fired before the last kill: nothing was tried"
    assert interrupted, "no delivery was under way when the worker was killed: nothing was tried"
    stack.start_worker()
    eventually("every timer fires", lambda: fired(bureau) >= len(expected), within=300)
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING), within=300)
    eventually("nothing else is due", lambda: bureau.value(NOTHING_DUE), within=300)
    fired_once_in_order(bureau, expected)
    delivered_once(bureau, stack.var / "delivered")
    waiting = bureau.rows("select m.number from work_item w join matter m using (instance_id) where w.step = 'visit'")
    assert sorted(row.number for row in waiting) == replies
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []


def test_killing_the_worker_fires_each_late_timer_once_and_delivers_everything(
    bureau: Bureau, stack: Stack, seed: int
) -> None:
    killed_again_and_again(bureau, stack, seed, late=120, replied=4, deaths=2)


@pytest.mark.full
def test_killing_the_worker_fires_each_of_ten_thousand_timers_once(bureau: Bureau, stack: Stack, seed: int) -> None:
    killed_again_and_again(bureau, stack, seed, late=10_002, replied=40, deaths=25)


def test_two_workers_fire_and_deliver_nothing_twice(bureau: Bureau, stack: Stack) -> None:
    _, replies = registered(bureau, late=120, replied=4)
    stack.start_worker()
    stack.start_worker()
    eventually("both workers", lambda: bureau.value("select count(*) from procrastinate_workers") == 2)
    eventually("the replies are delivered", lambda: bureau.value(NOTHING_PENDING))
    expected = timers(bureau)
    bureau.until_all_is_late(by=WEEK)
    eventually("every timer fires", lambda: fired(bureau) >= len(expected))
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING))
    assert bureau.value("select count(distinct worker) from fire") == 2
    eventually("nothing else is due", lambda: bureau.value(NOTHING_DUE), within=300)
    fired_once_in_order(bureau, expected)
    delivered_once(bureau, stack.var / "delivered")
    assert bureau.value("select count(*) from work_item where step = 'visit'") == len(replies)


def test_a_worker_that_is_stopped_for_long_and_goes_on_doubles_nothing(bureau: Bureau, stack: Stack, seed: int) -> None:
    """SIGSTOP: it keeps its locks, is taken for dead, and wakes up in the middle of what it did."""
    chance = random.Random(seed)  # noqa: S311 - chooses moments, guards nothing
    expected, replies = registered(bureau, late=1200 if FULL else 180, replied=8 if FULL else 3)
    bureau.until_all_is_late(by=WEEK)
    for stop in range(1, (6 if FULL else 1) + 1):
        stopped = stack.start_worker()
        enough = len(expected) * stop // 8
        eventually("some timers fire", lambda enough=enough: fired(bureau) >= enough, every=0.005)
        pause(chance.uniform(0, 0.01))
        os.kill(stopped.pid, signal.SIGSTOP)
        before = fired(bureau)
        bureau.the_dead_are_silent()
        other = stack.start_worker()
        # What the stopped one holds stays held: one instance at most, which the others leave alone.
        more = min(len(expected) - TIMERS_A_MATTER, before + 30)
        eventually("another goes on", lambda more=more: fired(bureau) >= more)
        os.kill(stopped.pid, signal.SIGCONT)
        if stop % 2 == 0:
            kill(bureau, stopped)
        kill(bureau, other)
    assert fired(bureau) < len(expected), "all had fired before the last stop: nothing was tried"
    stack.start_worker()
    eventually("every timer fires", lambda: fired(bureau) >= len(expected), within=300)
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING), within=120)
    eventually("nothing else is due", lambda: bureau.value(NOTHING_DUE), within=300)
    fired_once_in_order(bureau, expected)
    delivered_once(bureau, stack.var / "delivered")
    assert bureau.value("select count(*) from work_item where step = 'visit'") == len(replies)
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []


def test_a_clock_that_jumps_eight_days_to_and_fro_fires_each_timer_once(bureau: Bureau, stack: Stack) -> None:
    expected, _ = registered(bureau, late=1200 if FULL else 60, replied=0)
    stack.start_worker()
    stack.start_worker()
    ahead = timedelta()
    while bureau.value("select count(*) from timer"):
        ahead += JUMP
        bureau.move_clock(ahead)
        eventually("what is due fires", lambda: bureau.value(NOTHING_DUE))
        moved = fired(bureau)
        bureau.move_clock(ahead - JUMP)
        assert bureau.value("select count(*) from fire where fired_at < due_at") == 0
        bureau.register(1)  # the clock's step back keeps nobody from working
        expected += [one for one in timers(bureau) if one not in expected]
        assert fired(bureau) >= moved
        if ahead > JUMP * MOST_JUMPS:
            break
    bureau.until_all_is_late(by=WEEK)
    eventually("every timer fires", lambda: fired(bureau) >= len(expected))
    eventually("nothing else is due", lambda: bureau.value(NOTHING_DUE), within=300)
    fired_once_in_order(bureau, expected)
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
