"""Messages and signals settled long ago are forgotten; what is on its way or may still be corrected is not."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import NotFound, Runtime, purging
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

DAY = timedelta(days=1)
LEFT = "select name from thrown order by name"


def in_a_hurry(connection: sa.Connection) -> None:
    """Let a statement that waits for somebody's lock fail."""
    connection.exec_driver_sql("set local lock_timeout = '3s'")


@pytest.fixture
def settled(desk: Desk) -> int:
    """One of each: heard by two, caught by nobody, and not brought to one that is suspended; who waits for the last."""
    desk.deploy(
        Diagram("hears").start().event("intermediateCatchEvent", "on", "signal", "heard").user("a").end()
        .chain("start", "on", "a", "end"),
        Diagram("asks").start().event("endEvent", "ask", "message", "uncaught").chain("start", "ask"),
        Diagram("stands").start().event("intermediateCatchEvent", "on", "signal", "under way").user("a").end()
        .chain("start", "on", "a", "end"),
    )  # fmt: skip
    for key in ("MY-1", "MY-2"):
        desk.start("hears", key=key)
    desk.start("asks", key="MY-9")
    standing = desk.start("stands")
    desk.runtime.suspend(standing, actor="7", reason="x")
    assert desk.runtime.signal("heard") == 2
    assert desk.runtime.signal("under way") == 0
    desk.runtime.deliver_thrown(worker="w", limit=10)
    assert desk.rows("select name, status from thrown order by name") == [
        ("heard", "delivered"),
        ("uncaught", "uncaught"),
        ("under way", "pending"),
    ]
    return standing


def test_what_was_delivered_goes_after_ninety_days_and_what_nobody_caught_after_a_year(
    desk: Desk, settled: int, clock: Clock
) -> None:
    clock.move(89 * DAY)
    assert desk.runtime.purge_thrown() == 0
    assert desk.value("select count(*) from caught") == 2
    clock.move(2 * DAY)
    assert desk.runtime.purge_thrown() == 1
    assert desk.rows(LEFT) == [("uncaught",), ("under way",)]
    assert desk.value("select count(*) from caught") == 0
    clock.move(270 * DAY)
    assert desk.runtime.purge_thrown() == 0
    clock.move(10 * DAY)
    assert desk.runtime.purge_thrown() == 1
    clock.move(1000 * DAY)
    assert desk.runtime.purge_thrown() == 0
    desk.runtime.resume(settled, actor="7", reason="x")
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 1, "however old it is"
    assert desk.waiting(settled) == ["a"]


def test_what_is_corrected_by_hand_counts_as_delivered_from_then_on(desk: Desk, settled: int, clock: Clock) -> None:
    clock.move(300 * DAY)
    desk.deploy(Diagram("late").start().catch("asked", "uncaught").user("a").end().chain("start", "asked", "a", "end"))
    thrown = desk.value("select id from thrown where status = 'uncaught'")
    desk.runtime.correlate(thrown, desk.start("late"), actor="7", reason="x")
    clock.move(80 * DAY)
    desk.runtime.purge_thrown()
    assert desk.rows(LEFT) == [("uncaught",), ("under way",)]
    clock.move(11 * DAY)
    assert desk.runtime.purge_thrown() == 1


def test_nobody_waits_for_what_is_just_being_corrected(desk: Desk, settled: int, clock: Clock) -> None:
    clock.move(400 * DAY)
    thrown = desk.value("select id from thrown where status = 'uncaught'")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("select from thrown where id = %(id)s for update", {"id": thrown})
        sa.event.listen(desk.engine, "begin", in_a_hurry)
        assert desk.runtime.purge_thrown() == 1
    assert desk.rows(LEFT) == [("uncaught",), ("under way",)]
    assert desk.runtime.purge_thrown() == 1
    with pytest.raises(NotFound):
        desk.runtime.correlate(thrown, settled, actor="7", reason="x")


def test_many_go_in_pieces_and_by_several_workers_at_once(
    desk: Desk, settled: int, clock: Clock, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    del settled
    monkeypatch.setattr(purging, "BATCH", 7)
    for _ in range(40):
        desk.runtime.signal("heard by nobody")
    clock.move(91 * DAY)
    with ThreadPoolExecutor(3) as pool:
        forgotten = list(pool.map(lambda _: runtime.purge_thrown(), range(3)))
    assert sum(forgotten) == 41
    assert desk.rows(LEFT) == [("uncaught",), ("under way",)]
