"""Whoever needs an event and an instance takes the event first: two that need both never wait for each other."""

import threading
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from engine.runtime import CannotOperate, Consequences, Transaction
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

ROUNDS = 20
PATIENCE = 20  # seconds
WHY: dict[str, Any] = {"actor": "7", "reason": "没有人接收"}
BLOCKED = """
select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
    and cardinality(pg_blocking_pids(pid)) > 0
"""
THROW = """
insert into thrown (kind, name, business_key, payload, actor, thrown_at, next_try_at)
values ('message', 'news', 'MY-1', '{}', '2', clock_now(), clock_now()) returning id
"""


@pytest.fixture
def receiver(desk: Desk) -> int:
    """An instance that waits for the same message again and again."""
    desk.deploy(Diagram("p").start().exclusive("again").catch("news", "news").chain("start", "again", "news", "again"))
    return desk.start("p")


def throw(desk: Desk) -> int:
    """Put a message on its way to the instance; nobody brings it yet."""
    with desk.engine.begin() as connection:
        return int(connection.exec_driver_sql(THROW).scalar_one())


def await_blocked(desk: Desk, working: Future[Any], count: int = 1) -> None:
    """Return when so many sessions wait for a lock, or the work is done."""
    polls = threading.Event()
    for _ in range(PATIENCE * 100):
        if working.done() or desk.value(BLOCKED) >= count:
            return
        polls.wait(0.01)
    pytest.fail("nobody waits for a lock and the work is not done")


def deliver(desk: Desk) -> int:
    return desk.runtime.deliver_thrown(worker="w", limit=10)


def heard(desk: Desk, instance: int) -> int:
    return desk.history(instance).count(("message_received", "news"))


def test_what_comes_by_itself_while_it_is_brought_by_hand(desk: Desk, receiver: int) -> None:
    thrown = throw(desk)
    meanwhile: list[int] = []

    with ThreadPoolExecutor(2) as pool:

        def prepare(_transaction: Transaction) -> None:
            """Under the lock: let a worker go as far as it comes."""
            working = pool.submit(deliver, desk)
            await_blocked(desk, working)
            if working.done():
                meanwhile.append(working.result())

        with pytest.raises(CannotOperate, match="还在路上"):
            desk.runtime.correlate(thrown, receiver, prepare=prepare, **WHY)
    assert meanwhile == [0], "the worker leaves alone what somebody holds"
    assert deliver(desk) == 1
    assert heard(desk, receiver) == 1


def test_what_is_brought_by_hand_while_it_comes_by_itself(desk: Desk, receiver: int, engine: sa.Engine) -> None:
    thrown = throw(desk)
    with ThreadPoolExecutor(2) as pool:
        with engine.begin() as holding:
            holding.exec_driver_sql("select from instance where id = %(id)s for update", {"id": receiver})
            delivering = pool.submit(deliver, desk)
            await_blocked(desk, delivering)  # it has the event and waits for the instance
            correlating = pool.submit(desk.runtime.correlate, thrown, receiver, **WHY)
            await_blocked(desk, correlating, 2)
            assert not correlating.done()
        assert delivering.result(PATIENCE) == 1
        with pytest.raises(CannotOperate, match="已经送到"):
            correlating.result(PATIENCE)
    assert heard(desk, receiver) == 1


def test_both_at_once_again_and_again(desk: Desk, receiver: int) -> None:
    """Each event has two workers and two people after it; half of them nobody has caught when they begin."""
    start = threading.Barrier(4)
    by_hand: list[int] = []
    delivered: list[int] = []

    def work() -> None:
        start.wait(PATIENCE)
        delivered.append(deliver(desk))

    def correlate(thrown: int) -> None:
        start.wait(PATIENCE)
        try:
            done: Consequences = desk.runtime.correlate(thrown, receiver, **WHY)
        except CannotOperate:
            return
        assert done.instance_id == receiver
        by_hand.append(thrown)

    with ThreadPoolExecutor(4) as pool:
        for round_ in range(ROUNDS):
            thrown = throw(desk)
            if round_ % 2:
                with desk.engine.begin() as connection:
                    connection.exec_driver_sql("update thrown set status = 'uncaught' where status = 'pending'")
            racing = [pool.submit(work), pool.submit(work)]
            racing += [pool.submit(correlate, thrown), pool.submit(correlate, thrown)]
            for one in racing:
                one.result(PATIENCE)
            delivered.append(deliver(desk))
    assert sum(delivered) == len(by_hand) == ROUNDS // 2
    assert heard(desk, receiver) == ROUNDS
    assert desk.rows("select status, receivers, count(*) from thrown group by 1, 2") == [("delivered", 1, ROUNDS)]
    assert desk.value("select count(*) from caught") == ROUNDS
