"""Start events: plain, by message, by signal; several in one process; and where a plain start is missing."""

import pytest

from engine.runtime import CannotAdvance
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def several() -> Diagram:
    """Draw a process that begins plainly, with a message or with a signal, each at a step of its own."""
    return (
        Diagram("p").start().event("startEvent", "on_call", "message", "call")
        .event("startEvent", "on_flood", "signal", "flood").user("plain")
        .user("called").user("warned").exclusive("merge").user("after").end()
        .chain("start", "plain", "merge", "after", "end").chain("on_call", "called", "merge")
        .chain("on_flood", "warned", "merge")
    )  # fmt: skip


def newest(desk: Desk) -> int:
    return int(desk.value("select max(id) from instance"))


def test_each_start_event_begins_where_it_is_drawn(desk: Desk) -> None:
    desk.deploy(several())
    assert desk.waiting(desk.start("p")) == ["plain"]
    assert desk.runtime.message("MY-7", "call", {"from": "110"}) is True
    called = newest(desk)
    assert desk.waiting(called) == ["called"]
    assert desk.data(called) == {"on_call": {"from": "110"}}
    assert desk.value("select business_key from instance where id = :i", i=called) == "MY-7"
    assert desk.runtime.signal("flood", {"businessKey": "MY-8", "level": 3}) == 1
    warned = newest(desk)
    assert desk.waiting(warned) == ["warned"]
    assert desk.value("select business_key from instance where id = :i", i=warned) == "MY-8"
    for instance, step in ((called, "called"), (warned, "warned")):
        desk.complete(instance, step)
        desk.complete(instance, "after")
        assert desk.status(instance) == "completed"


def test_what_started_an_instance_stands_in_its_history(desk: Desk) -> None:
    desk.deploy(several())
    desk.runtime.message("MY-7", "call", {"from": "110"}, actor="5")
    instance = newest(desk)
    assert desk.history(instance) == [("started", ""), ("message_received", "on_call")]
    assert desk.details(instance, "message_received") == [{"message": "call", "payload": {"from": "110"}}]
    assert desk.value("select count(distinct actor) from history where actor = '5'") == 1


def test_a_process_without_a_plain_start_is_started_by_its_event_only(desk: Desk) -> None:
    only = Diagram("p").event("startEvent", "on_call", "message", "call").user("a").end().chain("on_call", "a", "end")
    desk.deploy(only, Diagram("outer").start().user("x").call("c", "p").end().chain("start", "x", "c", "end"))
    with pytest.raises(CannotAdvance, match="不能直接启动"):
        desk.start("p")
    outer = desk.start("outer")
    desk.complete(outer, "x")
    assert "不能直接启动" in desk.value("select message from incident")
    assert desk.runtime.message("MY-2", "call") is True
    assert desk.waiting(newest(desk)) == ["a"]


def test_only_the_current_deployment_is_started(desk: Desk) -> None:
    desk.deploy(several())
    desk.deploy(Diagram("q").start().user("a").end().chain("start", "a", "end"))
    assert desk.runtime.message("MY-7", "call") is False
    assert desk.runtime.signal("flood") == 0
    assert desk.value("select count(*) from instance") == 0


def test_a_signal_starts_every_process_that_begins_with_it_once(desk: Desk) -> None:
    desk.deploy(
        *(
            Diagram(key)
            .event("startEvent", f"on_{key}", "signal", "flood")
            .user("a")
            .end()
            .chain(f"on_{key}", "a", "end")
            for key in ("p", "q")
        )
    )
    assert desk.runtime.signal("flood") == 2
    assert desk.runtime.deliver_thrown(worker="w", limit=10) == 0
    assert desk.rows("select process_key, business_key from instance order by process_key") == [("p", ""), ("q", "")]


def test_a_process_that_cannot_begin_keeps_no_other_from_it(desk: Desk) -> None:
    bad = Diagram("bad").event("startEvent", "on_bad", "signal", "flood").event("endEvent", "e", "error", "E1")
    good = Diagram("good").event("startEvent", "on_good", "signal", "flood").user("a").end()
    desk.deploy(bad.chain("on_bad", "e"), good.chain("on_good", "a", "end"))
    assert desk.runtime.signal("flood") == 1
    assert desk.rows("select process_key from instance") == [("good",)]
    assert desk.rows("select status, failures from thrown") == [("pending", 1)]
