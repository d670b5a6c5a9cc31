"""A service that fails never takes back what was done before it: it is tried again, and then it is an incident."""

import re
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from engine.runtime import BpmnError, Call, CannotAdvance, Event, Service
from engine.runtime.retry_cycle import parse_cycle
from engine.runtime.retrying import MAX_DATA, cut
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

MINUTE = timedelta(minutes=1)


class Unreliable:
    """Fails so many times, then answers; writes into the database before it fails."""

    def __init__(self, times: int) -> None:
        self.times = times
        self.calls = 0

    def __call__(self, call: Call) -> dict[str, Any]:
        self.calls += 1
        connection = call.transaction.connection
        connection.exec_driver_sql("insert into wrote (n) values (%(n)s)", {"n": self.calls})
        if self.calls <= self.times:
            call.transaction.variables["matter"] = {"spoilt": self.calls}
            call.transaction.events.append(Event("claimed", "spoilt", "spoilt"))
            raise ConnectionError(f"no answer {self.calls}")
        return {"calls": self.calls}


def flaky(desk: Desk, times: int) -> Unreliable:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("create table wrote (n integer)")
    service = Unreliable(times)
    desk.host.services["flaky"] = Service("flaky", service, optional=("who",), outputs={"calls": "number"})
    return service


def diagram(retry: str = "", key: str = "p") -> Diagram:
    return (
        Diagram(key).start().user("a").service("call", "flaky", retry=retry, who="${a.who}").user("b").end()
        .chain("start", "a", "call", "b", "end")
    )  # fmt: skip


def test_the_officers_step_stands_and_nothing_of_the_failed_call_is_left(desk: Desk) -> None:
    service = flaky(desk, 9)
    desk.deploy(diagram())
    instance = desk.start("p", matter={"kind": "x"})
    outcome = desk.complete(instance, "a", who="张", key="once")
    assert not outcome.ended
    assert desk.data(instance) == {"matter": {"kind": "x"}, "a": {"who": "张"}}
    assert desk.value("select count(*) from wrote") == 0
    assert [kind for kind, _ in desk.history(instance)] == ["started", "completed", "service_failed"]
    assert desk.complete_task(outcome.task_id, key="once", who="张").repeated
    assert service.calls == 2, "first without a savepoint, then with one"


def test_it_is_tried_again_by_its_cycle_and_the_process_goes_on(desk: Desk, clock: Clock) -> None:
    flaky(desk, 2)  # the first attempt is made twice: without a savepoint, and with one
    desk.deploy(diagram("PT2M,PT10M"))
    instance = desk.start("p")
    desk.complete(instance, "a", who="张")
    (timer,) = desk.rows("select * from timer")
    assert (timer.kind, timer.element, timer.expression, timer.occurrence) == ("retry", "call", "PT2M,PT10M", 1)
    assert timer.due_at - timer.started_at == 2 * MINUTE
    clock.move(3 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["b"]
    assert desk.data(instance)["call"] == {"calls": 3}
    assert desk.rows("select n from wrote") == [(3,)]
    assert desk.timers(instance) == []
    assert desk.value("select count(*) from incident") == 0
    assert desk.fired(instance) == ["call"]


def test_a_retry_that_fails_waits_for_the_next(desk: Desk, clock: Clock) -> None:
    flaky(desk, 3)
    desk.deploy(diagram("PT2M,PT10M"))
    instance = desk.start("p")
    desk.complete(instance, "a", who="张")
    clock.move(3 * MINUTE)
    assert desk.fire() == 1
    (timer,) = desk.rows("select * from timer")
    assert timer.occurrence == 2
    assert 9 * MINUTE < timer.due_at - clock.now() <= 10 * MINUTE
    assert desk.waiting(instance) == []
    clock.move(11 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["b"]
    assert [row.occurrence for row in desk.rows("select occurrence from fire order by fired_at")] == [1, 2]


def test_when_all_attempts_are_used_up_an_incident_is_open(desk: Desk, clock: Clock) -> None:
    service = flaky(desk, 99)
    desk.deploy(diagram())
    instance = desk.start("p", matter={"kind": "x"})
    desk.complete(instance, "a", who="张")
    for _ in range(3):
        clock.move(2 * MINUTE)
        assert desk.fire() == 1
    clock.move(timedelta(days=1))
    assert desk.fire() == 0
    (incident,) = desk.rows("select * from incident")
    assert (incident.kind, incident.element, incident.name, incident.attempts) == ("service", "call", "名 call", 4)
    assert incident.message == f"ConnectionError: no answer {service.calls}"
    assert incident.data == {"parameters": {"who": "张"}, "data": {"matter": {"kind": "x"}, "a": {"who": "张"}}}
    assert incident.resolved_at is None
    assert desk.timers(instance) == []
    assert desk.value("select next_due from instance") is None
    assert desk.history(instance)[-2:] == [("timer_fired", "call"), ("incident_opened", "call")]
    assert desk.value("select count(*) from wrote") == 0
    assert desk.status(instance) == "running"


def test_a_service_that_refuses_is_an_incident_at_once(desk: Desk) -> None:
    def refuse(call: Call) -> dict[str, Any]:
        call.transaction.connection.exec_driver_sql("insert into wrote (n) values (1)")
        raise CannotAdvance("没有承办单位")

    flaky(desk, 0)
    desk.host.services["flaky"] = Service("flaky", refuse, optional=("who",))
    desk.deploy(diagram())
    instance = desk.start("p")
    desk.complete(instance, "a", who="张")
    assert desk.rows("select message, attempts from incident") == [("没有承办单位", 1)]
    assert desk.timers(instance) == []
    assert desk.value("select count(*) from wrote") == 0


def test_a_result_that_is_no_json_is_an_incident_and_leaves_no_trace(desk: Desk) -> None:
    def nonsense(call: Call) -> dict[str, Any]:
        call.transaction.variables["matter"] = {"spoilt": True}
        return {"x": object()}

    flaky(desk, 0)
    desk.host.services["flaky"] = Service("flaky", nonsense, optional=("who",))
    desk.deploy(diagram())
    instance = desk.start("p", matter={"kind": "x"})
    desk.complete(instance, "a", who="张")
    assert desk.data(instance)["matter"] == {"kind": "x"}
    assert desk.value("select count(*) from incident where message like '%object%'") == 1


def test_what_is_wrong_in_the_diagram_is_an_incident_at_its_element(desk: Desk) -> None:
    desk.deploy(
        Diagram("gateway").start().user("a").exclusive("g").user("b").end().chain("start", "a", "g")
        .flow("g", "b", "${a.x == 1}").flow("g", "end", "${a.x == 2}").chain("b", "end"),
        Diagram("parameter").start().user("a").service("s", "note", level="${nothing.there}").end()
        .chain("start", "a", "s", "end"),
        Diagram("timer").start().user("a").timer("t", "${a.when}").end().chain("start", "a", "t", "end"),
        Diagram("due").start().user("a").user("b", dueDate="${a.when}").end().chain("start", "a", "b", "end"),
        Diagram("boundary").start().user("a").user("b").timer("t", "${a.when}", "b").end()
        .chain("start", "a", "b", "end").flow("t", "end"),
    )  # fmt: skip
    where = {"gateway": "g", "parameter": "s", "timer": "t", "due": "b", "boundary": "t"}
    for process, element in where.items():
        instance = desk.start(process)
        desk.complete(instance, "a", x=3, when="bald")
        (found,) = desk.rows("select * from incident where instance_id = :i", i=instance)
        assert (found.element, found.kind) == (element, "service" if element == "s" else "element"), process
        assert desk.status(instance) == "running"
        assert desk.waiting(instance) == (["b"] if process == "boundary" else [])
        assert "completed" in [kind for kind, _ in desk.history(instance)]


def test_an_instance_that_cannot_begin_is_refused_but_a_failing_service_is_not(desk: Desk, clock: Clock) -> None:
    flaky(desk, 1)
    desk.deploy(
        Diagram("p").start().service("call", "flaky").user("b").end().chain("start", "call", "b", "end"),
        Diagram("q").start().exclusive("g").user("b").end().chain("start", "g").flow("g", "b", "${x == 1}")
        .flow("g", "end", "${x == 2}").chain("b", "end"),
    )  # fmt: skip
    with pytest.raises(CannotAdvance):
        desk.start("q", x=3)
    instance = desk.start("p")
    assert (desk.status(instance), desk.waiting(instance)) == ("running", [])
    clock.move(2 * MINUTE)
    desk.fire()
    assert desk.waiting(instance) == ["b"]


def test_a_loop_that_nobody_can_leave_still_fails_the_command(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").exclusive("g").service("n", "note").end().chain("start", "a", "g", "n", "g")
    )
    instance = desk.start("p")
    with pytest.raises(CannotAdvance, match="不停地运转"):
        desk.complete(instance, "a")
    assert desk.waiting(instance) == ["a"]


def test_losing_the_database_fails_the_whole_command(desk: Desk, engine: sa.Engine) -> None:
    def cut_off(call: Call) -> dict[str, Any]:
        connection = call.transaction.connection
        number = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        with engine.connect() as other:
            other.exec_driver_sql(f"select pg_terminate_backend({number})")
        connection.exec_driver_sql("select 1")
        return {}

    flaky(desk, 0)
    desk.host.services["flaky"] = Service("flaky", cut_off, optional=("who",))
    desk.deploy(diagram())
    instance = desk.start("p")
    with pytest.raises(DBAPIError):
        desk.complete(instance, "a", who="张")
    assert desk.waiting(instance) == ["a"]
    assert desk.value("select count(*) from incident") == 0


FULL = "do $$ begin raise exception using errcode = '53100', message = 'No space left on device'; end $$"


class OutboxError(Exception):
    """What a library makes of an error of the database."""


def full_disk(call: Call) -> dict[str, Any]:
    call.transaction.connection.exec_driver_sql(FULL)
    return {}


def full_disk_behind_a_library(call: Call) -> dict[str, Any]:
    try:
        driver = call.transaction.connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        driver.execute(FULL)
    except psycopg.Error as error:
        raise OutboxError from error
    return {}


def full_disk_spoken_of(call: Call) -> dict[str, Any]:
    try:
        call.transaction.connection.exec_driver_sql(FULL)
    except DBAPIError:
        raise ValueError("it did not work")  # noqa: B904 - as services may
    return {}


def deadlock(call: Call) -> dict[str, Any]:
    call.transaction.connection.exec_driver_sql(FULL.replace("53100", "40P01"))
    return {}


def corrupt(call: Call) -> dict[str, Any]:
    call.transaction.connection.exec_driver_sql(FULL.replace("53100", "XX001"))
    return {}


@pytest.mark.parametrize("service", [full_disk, full_disk_behind_a_library, full_disk_spoken_of, deadlock, corrupt])
@pytest.mark.parametrize("guarded", [False, True])
def test_a_database_that_cannot_serve_refuses_the_whole_command(
    desk: Desk, service: Callable[[Call], dict[str, Any]], guarded: bool
) -> None:
    flaky(desk, 0)
    first = Service("first", Unreliable(1 if guarded else 0))  # one that fails makes the command run with savepoints
    desk.host.services |= {"flaky": Service("flaky", service), "first": first}
    desk.deploy(
        Diagram("p").start().user("a").parallel("fork").service("first", "first").service("call", "flaky").user("b")
        .end().chain("start", "a", "fork", "first", "b", "end").chain("fork", "call", "end")
    )  # fmt: skip
    instance = desk.start("p")
    before = desk.history(instance)
    with pytest.raises((sa.exc.OperationalError, sa.exc.InternalError)) as refused:
        desk.complete(instance, "a", key="once", who="张")
    assert isinstance(refused.value.orig, psycopg.OperationalError | psycopg.InternalError)
    assert desk.waiting(instance) == ["a"]
    assert desk.history(instance) == before
    assert desk.timers(instance) == []
    assert desk.rows("select from incident") == desk.rows("select from wrote") == []
    assert desk.rows("select from completion") == []
    desk.host.services["flaky"] = Service("flaky", lambda _call: {})
    assert not desk.complete(instance, "a", key="once", who="张").repeated
    assert desk.waiting(instance) == ["b"]


def test_a_retry_that_the_database_cannot_serve_is_made_later_and_counts_as_none(desk: Desk, clock: Clock) -> None:
    flaky(desk, 2)
    desk.deploy(diagram("PT2M"))
    instance = desk.start("p")
    desk.complete(instance, "a", who="张")
    working = desk.host.services["flaky"]
    desk.host.services["flaky"] = Service("flaky", full_disk, optional=("who",))
    clock.move(3 * MINUTE)
    assert desk.fire() == 0
    assert desk.value("select count(*) from incident") == 0, "its only attempt is not used up"
    assert desk.value("select failures from instance") == 1
    desk.host.services["flaky"] = working
    clock.move(3 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["b"]
    assert desk.value("select failures from instance") == 0


def wrong_statement(call: Call) -> dict[str, Any]:
    call.transaction.connection.exec_driver_sql("insert into wrote (n) values (1)")
    call.transaction.connection.exec_driver_sql("insert into wrote (n) values ('three')")
    return {}


def wrong_statement_passed_over(call: Call) -> dict[str, Any]:
    with suppress(DBAPIError):
        wrong_statement(call)
    return {}


def wrong_statement_and_another(call: Call) -> dict[str, Any]:
    with suppress(DBAPIError):
        wrong_statement(call)
    call.transaction.connection.exec_driver_sql("select 1")
    return {}


@pytest.mark.parametrize("service", [wrong_statement, wrong_statement_passed_over, wrong_statement_and_another])
def test_a_statement_that_is_wrong_is_the_services_own_failure(
    desk: Desk, service: Callable[[Call], dict[str, Any]], clock: Clock
) -> None:
    flaky(desk, 0)
    desk.host.services["flaky"] = Service("flaky", service, optional=("who",))
    desk.deploy(diagram("PT1M"))
    instance = desk.start("p")
    desk.complete(instance, "a", key="once", who="张")
    assert desk.data(instance)["a"] == {"who": "张"}
    assert desk.timers(instance) == ["call"]
    clock.move(2 * MINUTE)
    desk.fire()
    assert desk.rows("select kind, attempts from incident") == [("service", 2)]
    assert desk.value("select count(*) from wrote") == 0


def test_a_start_sends_one_savepoint_for_each_service_and_goes_back_to_the_last(desk: Desk, clock: Clock) -> None:
    flaky(desk, 0)
    first, second = Unreliable(0), Unreliable(1)

    def starts_another(call: Call) -> dict[str, Any]:
        desk.runtime.start(call.transaction.connection, "inner", "MY-2", {}, actor="1")
        return first(call)

    desk.host.services |= {"first": Service("first", starts_another), "second": Service("second", second)}
    desk.deploy(
        Diagram("inner").start().service("failing", "fail", retry="PT9M").user("x").end()
        .chain("start", "failing", "x", "end"),
        Diagram("p").start().service("one", "first").service("two", "second", retry="PT2M").service("three", "first")
        .user("b").end().chain("start", "one", "two", "three", "b", "end"),
    )  # fmt: skip
    sent: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if "savepoint" in statement:
            sent.append(re.sub(r"\d+", "N", statement))

    sa.event.listen(desk.engine, "before_cursor_execute", count)
    instance = desk.start("p")
    sa.event.remove(desk.engine, "before_cursor_execute", count)
    assert sent == [
        "savepoint service_N",
        "savepoint service_N",
        "rollback to savepoint service_N",
        "release savepoint service_N; savepoint service_N",
        "rollback to savepoint service_N",
    ]
    assert desk.rows("select n from wrote") == [(1,)]
    assert desk.rows("select process_key from instance order by id") == [("p",), ("inner",)]
    assert desk.timers(instance) == ["two"]
    clock.move(3 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["b"]
    assert [n for (n,) in desk.rows("select n from wrote")] == [1, 2, 2]


def test_an_error_that_the_diagram_catches_keeps_nothing_that_the_database_had_refused(desk: Desk) -> None:
    def twice_the_same(call: Call) -> dict[str, Any]:
        try:
            wrong_statement(call)
        except DBAPIError as error:
            raise BpmnError("double", "有过了") from error
        return {}

    flaky(desk, 0)
    desk.host.services["flaky"] = Service("flaky", twice_the_same)
    desk.deploy(
        Diagram("p").start().user("a").service("call", "flaky").end()
        .event("boundaryEvent", "caught", "error", "double", "call").user("b")
        .chain("start", "a", "call", "end").chain("caught", "b", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a", who="张")
    assert desk.waiting(instance) == ["b"]
    assert desk.value("select count(*) from wrote") == 0
    assert desk.value("select count(*) from incident") == 0


def test_other_branches_go_on_while_one_waits(desk: Desk, clock: Clock) -> None:
    flaky(desk, 99)
    desk.deploy(
        Diagram("p").start().user("a").parallel("fork").service("call", "flaky").user("b").parallel("join").user("c")
        .end().chain("start", "a", "fork", "call", "join", "c", "end").chain("fork", "b", "join")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a")
    desk.complete(instance, "b")
    assert (desk.waiting(instance), desk.timers(instance)) == ([], ["call"])
    assert desk.status(instance) == "running"


def test_each_of_many_calls_is_tried_again_for_itself(desk: Desk, clock: Clock) -> None:
    def picky(call: Call) -> dict[str, Any]:
        if call.parameters["unit"] == "y" and not call.transaction.now > ready:
            raise ConnectionError("y is away")
        return {"unit": call.parameters["unit"]}

    ready = clock.now() + MINUTE / 2
    desk.host.services["picky"] = Service("picky", picky, parameters=("unit",))
    loop = '<bpmn:multiInstanceLoopCharacteristics camunda:collection="units" camunda:elementVariable="unit"/>'
    diagram = Diagram("p").start().user("a").service("many", "picky", unit="${unit}").user("b").end()
    tag, identifier, attributes, inner = diagram.elements[2]
    diagram.elements[2] = (tag, identifier, attributes, inner + loop)
    desk.deploy(diagram.chain("start", "a", "many", "b", "end"))
    instance = desk.start("p", units=["x", "y", "z"])
    desk.complete(instance, "a")
    assert (desk.waiting(instance), desk.timers(instance)) == ([], ["many"])
    clock.move(2 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["b"]
    assert desk.data(instance)["many"] == [{"unit": "x"}, {"unit": "y"}, {"unit": "z"}]


def test_an_interrupting_event_withdraws_what_waits_to_be_tried_again(desk: Desk, clock: Clock) -> None:
    flaky(desk, 99)
    desk.deploy(
        Diagram("p").start().user("a").service("call", "flaky", retry="PT2H").end().timer("late", "PT1H", "call")
        .user("by_hand").chain("start", "a", "call", "end").chain("late", "by_hand", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a")
    assert desk.timers(instance) == ["late", "call"]
    clock.move(timedelta(hours=1, minutes=1))
    assert desk.fire() == 1
    assert (desk.waiting(instance), desk.timers(instance)) == (["by_hand"], [])


@pytest.mark.parametrize(
    ("text", "count"), [("R3/PT5M", 3), ("PT1M,PT10M,PT1H", 3), ("PT1M", 1), (" R100/PT1S ", 100), ("PT1M, P1D", 2)]
)
def test_cycles_that_are_read(text: str, count: int) -> None:
    assert len(parse_cycle(text).delays) == count


@pytest.mark.parametrize(
    "text", ["", "R/PT5M", "R101/PT5M", "R0/PT5M", "soon", "PT0S", "3工作日", "R3/2026-01-01/PT1M", ","]
)
def test_cycles_that_are_none_are_refused(desk: Desk, text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_cycle(text)


def test_data_too_large_to_keep_is_left_out_and_named() -> None:
    kept = cut({"parameters": {"a": 1}, "data": {"long": "字" * MAX_DATA, "short": "x", "odd": object()}})
    assert kept["left_out"] == ["data.long"]
    assert kept["parameters"] == {"a": 1}
    assert kept["data"]["short"] == "x"
