"""What people do to instances by hand; what a dry run says is exactly what is found afterwards."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from engine.runtime import CannotOperate, Consequences, InvalidAnswers, NotFound, ReasonMissing, Suspended
from engine.runtime.operating.consequences import ItemChange
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.machine import Maker

DAY = timedelta(days=1)
WHY: dict[str, Any] = {"actor": "7", "reason": "办错了"}


def work() -> list[Diagram]:
    """Draw a process with a call, boundary timers, a fork with its join, a service and a decision by hand."""
    return [
        Diagram("p").start().user("a").timer("remind", "P1D", "a", interrupting=False).end("e1")
        .service("note", "note", level="${a.level}").exclusive("g").user("b", dueDate="P2D")
        .timer("overdue", "P5D", "b").user("boss").exclusive("m").parallel("fork").call("inside", "sub").user("beside")
        .parallel("join").user("c").end()
        .chain("start", "a", "note", "g").flow("g", "b", "${a.level == 'high'}").flow("g", "m", default=True)
        .chain("remind", "e1").chain("overdue", "boss", "end").chain("b", "m", "fork")
        .chain("fork", "inside", "join").chain("fork", "beside", "join").chain("join", "c", "end"),
        Diagram("sub").start().user("x").timer("sub_timer", "P3D", "x", interrupting=False).end("e2").user("y").end()
        .chain("start", "x", "y", "end").chain("sub_timer", "e2"),
    ]  # fmt: skip


@pytest.fixture
def instance(desk: Desk) -> int:
    desk.deploy(*work())
    return desk.start("p", matter={"kind": "x"})


def token(desk: Desk, instance: int, element: str) -> str:
    with desk.engine.connect() as connection:
        look = desk.runtime.look(connection, instance)
    return next(one.task_id for one in look.tokens if one.element == element)


def move(desk: Desk, instance: int, source: str, target: str, **given: Any) -> Consequences:
    return desk.runtime.move_token(instance, token(desk, instance, source), target, **(WHY | given))


class Found:
    """What the tables say of an instance."""

    def __init__(self, desk: Desk, instance: int) -> None:
        self.status = desk.status(instance)
        self.items = {
            row.task_id.hex: row.step
            for row in desk.rows("select task_id, step from work_item where instance_id = :i", i=instance)
        }
        self.timers = {
            row.task_id.hex: row.element
            for row in desk.rows("select task_id, element from timer where instance_id = :i", i=instance)
        }
        self.data = desk.data(instance) if self.status != "suspended" else {}
        self.history = len(desk.history(instance))
        self.operations = desk.value("select count(*) from operation where instance_id = :i", i=instance)


def same_but_for_the_clock(one: Consequences, other: Consequences) -> None:
    def timeless(found: Consequences) -> Any:
        return (
            found.status_before,
            found.status_after,
            found.items_withdrawn,
            [ItemChange(item.task_id, item.step, item.name) for item in found.items_begun],
            found.timers_withdrawn,
            [(timer.task_id, timer.element, timer.kind) for timer in found.timers_begun],
            found.variables,
            found.passed,
            found.incidents_opened,
            found.incidents_closed,
        )

    assert timeless(one) == timeless(other)
    for mine, yours in zip(one.timers_begun, other.timers_begun, strict=True):
        assert abs(mine.due - yours.due) < timedelta(minutes=1)


def tried_then_done(desk: Desk, instance: int, operation: Callable[..., Consequences]) -> Consequences:
    """Carry out an operation dry and then for good; check that the tables say what both said."""
    before = Found(desk, instance)
    said = operation(dry_run=True)
    unchanged = Found(desk, instance)
    assert vars(unchanged) == vars(before), "a dry run keeps nothing"
    done = operation()
    same_but_for_the_clock(said, done)
    after = Found(desk, instance)
    assert (done.status_before, done.status_after) == (before.status, after.status)
    withdrawn = {item.task_id for item in done.items_withdrawn}
    begun = {item.task_id: item.step for item in done.items_begun}
    assert after.items == {task: step for task, step in before.items.items() if task not in withdrawn} | begun
    gone = {timer.task_id for timer in done.timers_withdrawn}
    come = {timer.task_id: timer.element for timer in done.timers_begun}
    assert after.timers == {task: element for task, element in before.timers.items() if task not in gone} | come
    if after.status != "suspended" and before.status != "suspended":
        changes = {change.name: change.after for change in done.variables if "/" not in change.name}
        assert after.data == before.data | changes
    assert (after.history > before.history, after.operations) == (True, before.operations + 1)
    return done


def test_a_step_is_taken_back_and_its_timers_with_it(desk: Desk, instance: int) -> None:
    desk.complete(instance, "a", level="high")
    assert desk.timers(instance) == ["overdue"]
    done = tried_then_done(desk, instance, lambda **how: move(desk, instance, "b", "a", **how))
    assert [item.step for item in done.items_withdrawn] == ["b"]
    assert [timer.element for timer in done.timers_begun] == ["remind"]
    assert (desk.waiting(instance), desk.timers(instance)) == (["a"], ["remind"])
    (details,) = desk.details(instance, "token_moved")
    assert (details["from"], details["reason"]) == ("b", "办错了")
    desk.complete(instance, "a", level="low")
    assert sorted(desk.waiting(instance)) == ["beside", "x"]


def test_a_step_is_skipped_and_what_follows_runs(desk: Desk, instance: int) -> None:
    done = tried_then_done(desk, instance, lambda **how: move(desk, instance, "a", "boss", **how))
    assert [item.step for item in done.items_begun] == ["boss"]
    moved = tried_then_done(desk, instance, lambda **how: move(desk, instance, "boss", "end", **how))
    assert (moved.status_after, desk.status(instance)) == ("completed", "completed")


def test_a_token_put_at_a_service_or_a_gateway_runs_on(desk: Desk, instance: int) -> None:
    desk.complete(instance, "a", level="high")
    done = tried_then_done(desk, instance, lambda **how: move(desk, instance, "b", "note", **how))
    assert ("service_called", "note", "名 note") in done.passed
    assert desk.waiting(instance) == ["b"]
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "b", "fork", **how))
    assert sorted(desk.waiting(instance)) == ["beside", "x"]


def test_a_call_is_left_with_all_in_it(desk: Desk, instance: int) -> None:
    desk.complete(instance, "a", level="low")
    done = tried_then_done(desk, instance, lambda **how: move(desk, instance, "inside", "join", **how))
    assert ([item.step for item in done.items_withdrawn], [one.element for one in done.timers_withdrawn]) == (
        ["x"],
        ["sub_timer"],
    )
    assert desk.waiting(instance) == ["beside"]
    desk.complete(instance, "beside")
    assert desk.waiting(instance) == ["c"], "at the join it counts as having come by the call"


def test_inside_a_called_process_one_moves_within_it(desk: Desk, instance: int) -> None:
    desk.complete(instance, "a", level="low")
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "x", "y", **how))
    assert (sorted(desk.waiting(instance)), desk.timers(instance)) == (["beside", "y"], [])
    with pytest.raises(CannotOperate):
        move(desk, instance, "y", "c")


@pytest.mark.parametrize("target", ["start", "overdue", "nowhere", "x", "remind"])
def test_places_that_are_none_are_refused(desk: Desk, instance: int, target: str) -> None:
    with pytest.raises(CannotOperate):
        move(desk, instance, "a", target)
    assert desk.waiting(instance) == ["a"]


def test_a_boundary_event_is_not_moved_and_a_token_only_once(desk: Desk, instance: int) -> None:
    with pytest.raises(CannotOperate):
        move(desk, instance, "remind", "c")
    task = token(desk, instance, "a")
    move(desk, instance, "a", "c")
    with pytest.raises(CannotOperate):
        desk.runtime.move_token(instance, task, "c", **WHY)
    with pytest.raises(NotFound):
        desk.runtime.move_token(instance + 1, task, "c", **WHY)


def test_a_suspended_instance_refuses_all_and_fires_later(desk: Desk, instance: int, clock: Clock) -> None:
    task = desk.task(instance, "a")
    tried_then_done(desk, instance, lambda **how: desk.runtime.suspend(instance, **(WHY | how)))
    clock.move(2 * DAY)
    assert desk.fire() == 0
    for refused in (
        lambda: desk.complete_task(task, level="low"),
        lambda: desk.runtime.claim(task, actor="2", prepare=lambda _tx, _item: None),
        lambda: desk.runtime.message(instance, "news"),
    ):
        with pytest.raises(Suspended):
            refused()
    with pytest.raises(CannotOperate):
        desk.runtime.suspend(instance, **WHY)
    tried_then_done(desk, instance, lambda **how: desk.runtime.resume(instance, **(WHY | how)))
    assert desk.fire() == 1
    (fire,) = desk.rows("select due_at, fired_at from fire")
    assert fire.fired_at - fire.due_at > DAY / 2, "the ledger says when it was due"
    desk.complete_task(task, level="low")
    with pytest.raises(CannotOperate):
        desk.runtime.resume(instance, **WHY)
    assert [row.verb for row in desk.rows("select verb from operation order by id")] == ["suspended", "resumed"]


def test_what_is_done_to_a_suspended_instance_leaves_it_suspended(desk: Desk, instance: int) -> None:
    desk.runtime.suspend(instance, **WHY)
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "a", "c", **how))
    desk.runtime.set_variables(instance, {"a": {"level": "low"}}, **WHY)
    assert desk.status(instance) == "suspended"
    assert desk.fire() == 0
    desk.runtime.resume(instance, **WHY)
    desk.complete(instance, "c")
    assert desk.status(instance) == "completed"


def test_cancelling_withdraws_everything(desk: Desk, instance: int, clock: Clock) -> None:
    desk.complete(instance, "a", level="low")
    done = tried_then_done(desk, instance, lambda **how: desk.runtime.cancel(instance, **(WHY | how)))
    assert sorted(item.step for item in done.items_withdrawn) == ["beside", "x"]
    assert (desk.waiting(instance), desk.timers(instance), desk.status(instance)) == ([], [], "cancelled")
    assert desk.details(instance, "cancelled")[0]["reason"] == "办错了"
    assert ("ended", "") not in desk.history(instance)
    assert desk.value("select ended_at is not null from instance where id = :i", i=instance)
    clock.move(9 * DAY)
    assert desk.fire() == 0
    for refused in (desk.runtime.cancel, desk.runtime.suspend, desk.runtime.resume):
        with pytest.raises(CannotOperate):
            refused(instance, **WHY)


def test_a_cancelled_instance_closes_its_incidents(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().user("a").exclusive("g").end().chain("start", "a", "g").flow("g", "end", "${no}"))
    instance = desk.start("p")
    desk.complete(instance, "a")
    done = tried_then_done(desk, instance, lambda **how: desk.runtime.cancel(instance, **(WHY | how)))
    assert done.incidents_closed == (("g", "名 g"),)
    assert desk.rows("select resolution, reason from incident") == [("withdrawn", "办错了")]


@pytest.mark.parametrize("how", ["completed", "cancelled"])
def test_an_ended_instance_begins_again_at_an_element(desk: Desk, instance: int, how: str) -> None:
    if how == "cancelled":
        desk.runtime.cancel(instance, **WHY)
    else:
        move(desk, instance, "a", "end")
    assert desk.status(instance) == how
    tried_then_done(desk, instance, lambda **dry: desk.runtime.restart_from(instance, "b", **(WHY | dry)))
    assert (desk.status(instance), desk.waiting(instance), desk.timers(instance)) == ("running", ["b"], ["overdue"])
    assert desk.value("select ended_at from instance where id = :i", i=instance) is None
    desk.complete(instance, "b")
    assert sorted(desk.waiting(instance)) == ["beside", "x"]


def test_a_running_instance_gets_one_token_more(desk: Desk, instance: int) -> None:
    tried_then_done(desk, instance, lambda **how: desk.runtime.restart_from(instance, "c", **(WHY | how)))
    assert sorted(desk.waiting(instance)) == ["a", "c"]
    with pytest.raises(CannotOperate):
        desk.runtime.restart_from(instance, "x", **WHY)


def test_variables_change_with_what_they_were(desk: Desk, instance: int) -> None:
    desk.complete(instance, "a", level="low")
    change = {"matter": {"kind": "y"}, "fresh": [1, {"deep": None}]}
    done = tried_then_done(desk, instance, lambda **how: desk.runtime.set_variables(instance, change, **(WHY | how)))
    assert {one.name: (one.before, one.after) for one in done.variables} == {
        "matter": ({"kind": "x"}, {"kind": "y"}),
        "fresh": (None, [1, {"deep": None}]),
        "inside/matter": ({"kind": "x"}, {"kind": "y"}),
    }
    (details,) = desk.details(instance, "variables_changed")
    assert details["changes"]["matter"] == {"before": {"kind": "x"}, "after": {"kind": "y"}}
    for name, value in (("1a", 1), ("", 1), ("a b", 1)):
        with pytest.raises(CannotOperate):
            desk.runtime.set_variables(instance, {name: value}, **WHY)
    with pytest.raises(CannotOperate):
        desk.runtime.set_variables(instance, {}, **WHY)
    with pytest.raises(InvalidAnswers):
        desk.runtime.set_variables(instance, {"a": float("nan")}, **WHY)


def test_every_operation_needs_a_reason_and_leave(desk: Desk, instance: int) -> None:
    task = token(desk, instance, "a")
    runtime = desk.runtime
    operations: list[Callable[..., Consequences]] = [
        lambda **how: runtime.suspend(instance, **how),
        lambda **how: runtime.resume(instance, **how),
        lambda **how: runtime.cancel(instance, **how),
        lambda **how: runtime.move_token(instance, task, "c", **how),
        lambda **how: runtime.restart_from(instance, "c", **how),
        lambda **how: runtime.set_variables(instance, {"x": 1}, **how),
        lambda **how: runtime.correlate(1, instance, **how),
    ]

    def nobody(_transaction: Any) -> None:
        raise NotFound("没有")

    before = vars(Found(desk, instance))
    for operation in operations:
        with pytest.raises(ReasonMissing):
            operation(actor="7", reason=" ")
        with pytest.raises(NotFound):
            operation(actor="7", reason="x", prepare=nobody)
    assert vars(Found(desk, instance)) == before


def test_inside_an_embedded_sub_process_one_moves_within_it(desk: Desk) -> None:
    inner = (
        '<bpmn:startEvent id="s"/><bpmn:userTask id="x"/><bpmn:userTask id="y"/><bpmn:endEvent id="e"/>'
        '<bpmn:sequenceFlow id="f1" sourceRef="s" targetRef="x"/>'
        '<bpmn:sequenceFlow id="f2" sourceRef="x" targetRef="y"/>'
        '<bpmn:sequenceFlow id="f3" sourceRef="y" targetRef="e"/>'
    )
    desk.deploy(
        Diagram("p").start().add("subProcess", "part", inner).timer("late", "P1D", "part").user("boss").end()
        .chain("start", "part", "end").chain("late", "boss", "end")
    )  # fmt: skip
    instance = desk.start("p")
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "x", "y", **how))
    assert (desk.waiting(instance), desk.timers(instance)) == (["y"], ["late"])
    with pytest.raises(CannotOperate):
        move(desk, instance, "y", "boss")
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "part", "boss", **how))
    assert (desk.waiting(instance), desk.timers(instance)) == (["boss"], [])


def test_the_first_of_several_events_takes_the_others_along_when_it_is_moved(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().add("eventBasedGateway", "race").catch("news", "news").timer("late", "P1D")
        .user("a").end().chain("start", "race", "news", "a", "end").chain("race", "late", "a")
    )  # fmt: skip
    instance = desk.start("p")
    tried_then_done(desk, instance, lambda **how: move(desk, instance, "news", "a", **how))
    assert (desk.waiting(instance), desk.timers(instance)) == (["a"], [])


def test_a_message_nobody_caught_is_brought_by_hand(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("early").catch("news", "news").user("a").end()
        .chain("start", "early", "news", "a", "end")
    )  # fmt: skip
    instance = desk.start("p")
    with desk.engine.begin() as connection:
        thrown = connection.exec_driver_sql(
            "insert into thrown (kind, name, business_key, payload, actor, thrown_at, next_try_at, status) "
            "values ('message', 'news', 'MY-9', '{\"x\": 1}', '2', clock_now(), clock_now(), 'uncaught') returning id"
        ).scalar_one()
    with pytest.raises(CannotOperate, match="没有等待"):
        desk.runtime.correlate(thrown, instance, **WHY)
    desk.complete(instance, "early")
    tried_then_done(desk, instance, lambda **how: desk.runtime.correlate(thrown, instance, **(WHY | how)))
    assert desk.waiting(instance) == ["a"]
    assert desk.data(instance)["news"] == {"x": 1}
    assert desk.rows("select status, receivers from thrown") == [("delivered", 1)]
    with pytest.raises(CannotOperate):
        desk.runtime.correlate(thrown, instance, **WHY)
    with pytest.raises(NotFound):
        desk.runtime.correlate(404, instance, **WHY)


def test_a_look_says_what_waits_for_what(desk: Desk, instance: int, clock: Clock) -> None:
    desk.complete(instance, "a", level="low")
    with desk.engine.connect() as connection:
        look = desk.runtime.look(connection, instance)
    assert {one.element: (one.state, one.inside, one.boundary) for one in look.tokens} == {
        "inside": ("inside", (), False),
        "beside": ("person", (), False),
        "x": ("person", ("名 inside",), False),
        "sub_timer": ("time", ("名 inside",), True),
    }
    beside = next(one for one in look.tokens if one.element == "beside")
    assert {place.element for place in beside.places} == {
        "a", "note", "g", "b", "boss", "m", "fork", "inside", "join", "c", "end", "e1",
    }  # fmt: skip
    assert look.variables["matter"] == {"kind": "x"}


@pytest.mark.parametrize("seed", range(12))
def test_dry_runs_of_random_moves_in_random_processes_are_true(desk: Desk, seed: int) -> None:
    maker = Maker(seed)
    desk.deploy(*maker.diagrams())
    instance = desk.start("main")
    for _ in range(4):
        with desk.engine.connect() as connection:
            tokens = [one for one in desk.runtime.look(connection, instance).tokens if one.places]
        if not tokens:
            break
        one = maker.random.choice(tokens)
        target = maker.random.choice(one.places).element
        tried_then_done(
            desk,
            instance,
            lambda task=one.task_id, target=target, **how: desk.runtime.move_token(
                instance, task, target, **(WHY | how)
            ),
        )
