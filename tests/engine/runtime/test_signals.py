"""Signals: heard by whoever waited when they were thrown, inside the instance at once, elsewhere exactly once."""

import threading
from datetime import timedelta

import pytest
import sqlalchemy as sa

from engine.runtime import InvalidAnswers, Runtime
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.recording_host import RecordingHost


def listening(key: str = "listening") -> Diagram:
    """Draw a process that waits for the signal ``flood``, then for a person."""
    return (
        Diagram(key).start().event("intermediateCatchEvent", "heard", "signal", "flood").user("act").end()
        .chain("start", "heard", "act", "end")
    )  # fmt: skip


def warning() -> Diagram:
    """Draw a process in which a person's step ends in a signal."""
    return (
        Diagram("warning").start().user("report").event("endEvent", "warn", "signal", "flood", level="${report.level}")
        .chain("start", "report", "warn")
    )  # fmt: skip


def test_a_signal_end_event_reaches_every_instance_that_waits(desk: Desk) -> None:
    desk.deploy(listening(), warning())
    waiting = [desk.start("listening", key=f"MY-{number}") for number in range(3)]
    thrower = desk.start("warning", key="MY-9")
    desk.complete(thrower, "report", actor="7", level="red")
    assert desk.status(thrower) == "completed"
    assert desk.history(thrower)[-2:] == [("signal_thrown", "warn"), ("ended", "")]
    for instance in waiting:
        assert desk.waiting(instance) == ["act"]
        assert desk.data(instance) == {"heard": {"level": "red"}}
        assert desk.history(instance)[-1] == ("signal_received", "heard")
    assert desk.rows("select status, receivers, actor, process_key, element from thrown") == [
        ("delivered", 3, "7", "warning", "warn")
    ]
    assert desk.rows("select * from subscription") == []


def test_an_intermediate_signal_is_heard_inside_at_once_and_the_thrower_goes_on(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").user("tell").event("intermediateThrowEvent", "throw", "signal", "flood")
        .user("after").end("e1").event("intermediateCatchEvent", "heard", "signal", "flood").user("act").end("e2")
        .chain("start", "fork", "tell", "throw", "after", "e1").chain("fork", "heard", "act", "e2"),
        listening(),
    )  # fmt: skip
    other = desk.start("listening", key="MY-2")
    instance = desk.start("p")
    desk.complete(instance, "tell")
    assert sorted(desk.waiting(instance)) == ["act", "after"]
    assert desk.waiting(other) == ["act"]
    # The thrower is not served a second time.
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 0
    assert desk.rows("select instance_id from caught") == [(other,)]


def test_who_begins_to_wait_afterwards_does_not_hear_it(desk: Desk) -> None:
    desk.deploy(
        listening(),
        Diagram("p").start().event("intermediateThrowEvent", "throw", "signal", "flood")
        .event("intermediateCatchEvent", "late", "signal", "flood").end().chain("start", "throw", "late", "end"),
    )  # fmt: skip
    early = desk.start("listening", key="MY-1")
    thrower = desk.start("p", key="MY-2")  # inside the caller's transaction: nothing is delivered yet
    late = desk.start("listening", key="MY-3")
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 1
    assert desk.waiting(early) == ["act"]
    assert desk.waiting(late) == []
    assert desk.status(thrower) == "running"


def test_of_two_catches_in_one_instance_only_the_one_that_waited_hears_it(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").user("work").end("e1")
        .event("intermediateCatchEvent", "early", "signal", "flood").user("a").end("e2")
        .event("intermediateCatchEvent", "late", "signal", "flood").user("b").end("e3")
        .chain("start", "fork", "early", "a", "e2").chain("fork", "work", "late", "b", "e3"),
        Diagram("q").start("q1").event("endEvent", "warn", "signal", "flood").chain("q1", "warn"),
    )  # fmt: skip
    instance = desk.start("p")
    desk.start("q")
    desk.complete(instance, "work")
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 1
    assert desk.waiting(instance) == ["a"]
    assert desk.rows("select element from subscription") == [("late",)]


def test_a_boundary_event_interrupts_or_accompanies_as_often_as_it_is_signalled(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("work").event("boundaryEvent", "stop", "signal", "halt", "work")
        .event("boundaryEvent", "news", "signal", "flood", "work", interrupting=False).user("read").end("e1")
        .user("stopped").end().chain("start", "work", "end").chain("news", "read", "e1").chain("stop", "stopped", "end")
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.runtime.signal("flood", {"n": 1}) == 1
    assert desk.runtime.signal("flood", {"n": 2}) == 1
    assert sorted(desk.waiting(instance)) == ["read", "read", "work"]
    assert desk.data(instance)["news"] == {"n": 2}
    assert desk.runtime.signal("halt") == 1
    assert sorted(desk.waiting(instance)) == ["read", "read", "stopped"]
    assert desk.runtime.signal("flood") == 0
    assert desk.rows("select name from subscription") == []


def test_a_signal_starts_the_processes_of_the_current_deployment_that_begin_with_it(desk: Desk) -> None:
    begins = (
        Diagram("drill").start().event("startEvent", "alarm", "signal", "flood").user("muster").user("plain").end()
        .chain("alarm", "muster", "end").chain("start", "plain", "end")
    )  # fmt: skip
    desk.deploy(begins, warning(), listening())
    desk.deploy(begins, warning())
    listener = desk.start("drill", key="MY-0")
    assert desk.waiting(listener) == ["plain"]  # started plainly, it begins at the plain start event
    thrower = desk.start("warning", key="MY-9", matter="about")
    desk.complete(thrower, "report", level="red")
    started = desk.rows("select id, business_key, process_key from instance where id > :i", i=thrower)
    assert [(row.business_key, row.process_key) for row in started] == [("MY-9", "drill")]
    assert desk.waiting(started[0].id) == ["muster"]
    # What the host had told the thrower of itself is known to what it starts.
    assert desk.data(started[0].id) == {"alarm": {"level": "red"}, "matter": "about"}
    assert [kind for kind, _ in desk.history(started[0].id)] == ["started", "signal_received"]
    assert desk.rows("select started from caught") == [("drill/alarm",)]


def test_the_receivers_get_it_from_another_runtime_when_the_thrower_died(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(listening(), Diagram("p").start().event("endEvent", "warn", "signal", "flood").chain("start", "warn"))
    waiting = [desk.start("listening") for _ in range(3)]
    desk.start("p")
    assert desk.value("select status from thrown") == "pending"
    other = Runtime(engine, desk.host)
    assert other.deliver_thrown(worker="w2", limit=2) == 2
    assert desk.value("select status from thrown") == "pending"
    assert Runtime(engine, desk.host).deliver_thrown(worker="w3", limit=10) == 1
    assert [desk.waiting(instance) for instance in waiting] == [["act"]] * 3
    assert sorted(desk.rows("select instance_id, worker from caught")) == [
        (waiting[0], "w2"), (waiting[1], "w2"), (waiting[2], "w3"),
    ]  # fmt: skip
    assert other.deliver_thrown(worker="w2", limit=10) == 0


def test_many_workers_at_once_serve_each_receiver_once(desk: Desk, engine: sa.Engine) -> None:
    looping = (
        Diagram("loop").start().exclusive("again").event("intermediateCatchEvent", "heard", "signal", "flood")
        .chain("start", "again", "heard", "again")
    )  # fmt: skip
    desk.deploy(looping, Diagram("p").start().event("endEvent", "warn", "signal", "flood").chain("start", "warn"))
    waiting = [desk.start("loop") for _ in range(8)]
    for _ in range(3):
        desk.start("p")
    served: list[int] = []
    runtimes = [Runtime(engine, desk.host) for _ in range(4)]

    def work(runtime: Runtime, name: str) -> None:
        while True:
            count = runtime.deliver_thrown(worker=name, limit=1)
            if not count and not desk.value("select count(*) from thrown where status = 'pending'"):
                return
            served.append(count)

    threads = [threading.Thread(target=work, args=(one, f"w{n}")) for n, one in enumerate(runtimes)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(served) == 24
    assert [desk.history(one).count(("signal_received", "heard")) for one in waiting] == [3] * 8


def test_a_signal_whose_thrower_commits_after_a_later_one_is_not_lost(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(
        Diagram("loop").start().exclusive("again").event("intermediateCatchEvent", "heard", "signal", "flood")
        .chain("start", "again", "heard", "again"),
        Diagram("p").start().event("endEvent", "warn", "signal", "flood", n="1").chain("start", "warn"),
    )  # fmt: skip
    instance = desk.start("loop")
    with engine.begin() as slow:
        desk.runtime.start(slow, "p", "MY-1", {}, actor="1")
        assert desk.runtime.signal("flood", {"n": "2"}) == 1
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 1
    heard = [event["payload"]["n"] for event in desk.details(instance, "signal_received")]
    assert heard == ["2", "1"]


def test_one_receiver_that_fails_keeps_no_other_from_it(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        listening(),
        Diagram("broken").start().event("intermediateCatchEvent", "heard", "signal", "flood")
        .event("endEvent", "bad", "error", "E1").chain("start", "heard", "bad"),
    )  # fmt: skip
    broken = desk.start("broken")
    fine = desk.start("listening")
    assert desk.runtime.signal("flood") == 1
    assert desk.waiting(fine) == ["act"]
    row = desk.rows("select status, failures, incident from thrown")[0]
    assert (row.status, row.failures) == ("pending", 1)
    assert "E1" in row.incident
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 0
    clock.move(timedelta(minutes=2))
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 0
    assert desk.value("select failures from thrown") == 2
    assert desk.history(broken) == [("started", "")]
    assert desk.history(fine).count(("signal_received", "heard")) == 1


def test_a_suspended_instance_hears_it_when_it_is_resumed(desk: Desk, clock: Clock) -> None:
    desk.deploy(listening())
    instance = desk.start("listening")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update instance set status = 'suspended'")
    assert desk.runtime.signal("flood") == 0
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update instance set status = 'running'")
    clock.move(timedelta(minutes=2))
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 1
    assert desk.waiting(instance) == ["act"]
    assert desk.rows("select status, receivers, failures from thrown") == [("delivered", 1, 0)]


def test_signals_that_start_each_other_for_ever_are_stopped(desk: Desk) -> None:
    desk.deploy(
        Diagram("echo").event("startEvent", "on", "signal", "flood").event("endEvent", "off", "signal", "flood")
        .chain("on", "off")
    )  # fmt: skip
    desk.runtime.signal("flood")
    while desk.runtime.deliver_thrown(worker="w", limit=100):
        pass
    assert desk.value("select count(*) from instance") == 33
    assert "停止" in desk.value("select incident from thrown order by id desc limit 1")


def test_what_a_signal_brings_must_be_plain(desk: Desk) -> None:
    with pytest.raises(InvalidAnswers):
        desk.runtime.signal("flood", {"x": {1, 2}})
    assert desk.value("select count(*) from thrown") == 0


def test_a_signal_nobody_waits_for_is_no_failure(desk: Desk, host: RecordingHost) -> None:
    assert desk.runtime.signal("flood") == 0
    assert desk.rows("select status, receivers from thrown") == [("delivered", 0)]
    assert host.recorded == 0
