"""Called processes: their own data, handed back at the end, and no growth over a hundred rounds."""

import pytest
import sqlalchemy as sa

from engine.runtime import CannotAdvance
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def rounds() -> list[Diagram]:
    """Draw a process that sends a called process back until it is content."""
    return [
        Diagram("outer").start().user("assign").call("handling", "inner")
        .timer("remind", "P10D", "handling", interrupting=False).service("n", "note").end("e1")
        .exclusive("g").user("review").exclusive("content").end()
        .chain("start", "assign", "handling", "g").chain("remind", "n", "e1")
        .flow("g", "assign", "${sign.decision == 'send_back'}").flow("g", "review", default=True)
        .flow("review", "content").flow("content", "handling", "${review.decision == 'reject'}")
        .flow("content", "end", default=True),
        Diagram("inner").start().user("sign").timer("late", "P1D", "sign", interrupting=False).end("e2").exclusive("x")
        .user("dispose").end().chain("start", "sign", "x").chain("late", "e2")
        .flow("x", "end", "${sign.decision == 'send_back'}").flow("x", "dispose", default=True).flow("dispose", "end"),
    ]  # fmt: skip


def test_a_called_process_reads_the_callers_data_and_hands_back_what_it_wrote(desk: Desk) -> None:
    desk.deploy(*rounds())
    instance = desk.start("outer", matter={"kind": "x"})
    desk.complete(instance, "assign", unit=7)
    desk.complete(instance, "sign", decision="sign")
    assert desk.data(instance) == {"matter": {"kind": "x"}, "assign": {"unit": 7}}
    desk.complete(instance, "dispose", result="ok")
    assert desk.waiting(instance) == ["review"]
    assert desk.data(instance) == {
        "matter": {"kind": "x"},
        "assign": {"unit": 7},
        "sign": {"decision": "sign"},
        "dispose": {"result": "ok"},
    }


def test_a_work_item_knows_the_process_it_is_drawn_in(desk: Desk) -> None:
    desk.deploy(*rounds())
    instance = desk.start("outer")
    desk.complete(instance, "assign")
    assert desk.value("select process_key from work_item") == "inner"
    assert desk.value("select visited from instance") == {
        "outer": {"start": 1, "assign": 1},
        "inner": {"start": 1},
    }


def test_what_the_caller_changes_meanwhile_stays_changed(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").call("c", "q").user("main").parallel("j").user("last").end()
        .chain("start", "g", "c", "j", "last", "end").chain("g", "main", "j"),
        Diagram("q").start().user("a").user("b").end().chain("start", "a", "b", "end"),
    )  # fmt: skip
    instance = desk.start("p", main={"value": "start"})
    desk.complete(instance, "a")
    desk.complete(instance, "main", value="changed while q was at work")
    desk.complete(instance, "b")
    assert desk.waiting(instance) == ["last"]
    assert desk.data(instance)["main"] == {"value": "changed while q was at work"}


def test_two_calls_of_one_process_at_once_keep_apart(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").call("c1", "q").call("c2", "q").parallel("j").end()
        .chain("start", "g", "c1", "j", "end").chain("g", "c2", "j"),
        Diagram("q").start().user("a").user("b").exclusive("x").user("only_yes").end().chain("start", "a", "b", "x")
        .flow("x", "only_yes", "${a.yes}").flow("x", "end", default=True).flow("only_yes", "end"),
    )  # fmt: skip
    instance = desk.start("p")
    first, second = desk.rows("select replace(task_id::text, '-', '') as id from work_item order by task_id")
    desk.complete_task(first.id, yes=True)
    desk.complete_task(second.id, yes=False)
    while "b" in desk.waiting(instance):
        desk.complete(instance, "b")
    assert desk.waiting(instance) == ["only_yes"]


def test_a_hundred_rounds_leave_the_state_as_small_as_one(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(*rounds())
    instance = desk.start("outer", matter={"kind": "x"})
    sizes = []
    for number in range(100):
        desk.complete(instance, "assign", unit=number % 10)
        desk.complete(instance, "sign", decision="send_back" if number % 2 else "sign")
        if not number % 2:
            desk.complete(instance, "dispose")
            desk.complete(instance, "review", decision="reject")
            desk.complete(instance, "sign", decision="send_back")
        sizes.append(desk.value("select length(state) from instance"))
    assert desk.waiting(instance) == ["assign"]
    assert max(sizes[2:]) - sizes[1] < 40
    assert desk.value("select count(*) from timer") == 0
    assert desk.value("select visited -> 'inner' -> 'sign' from instance") == 150


def test_processes_that_call_each_other_without_end_are_stopped(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").call("c", "p").end().chain("start", "c", "a", "end"),
    )
    with pytest.raises(CannotAdvance, match="互相调用"):
        desk.start("p")
