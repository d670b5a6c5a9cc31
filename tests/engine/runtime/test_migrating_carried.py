"""What an instance carries along when it moves: pauses, failures, incidents, and loops with something inside."""

from datetime import timedelta
from typing import Any

import pytest

from engine.runtime import Call, Service
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight
from tests.engine.runtime.moving import Mover
from tests.engine.runtime.test_migrating_timers import timed

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def mover(desk: Desk) -> Mover:
    return Mover(desk)


# clocks that were stopped -------------------------------------------------------------------------------


def test_a_pause_that_is_over_is_kept_when_the_timer_is_counted_anew(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    start = mover.timer(instance, "late").started_at
    desk.runtime.pause_clock(instance, actor="7", reason="等鉴定")
    clock.move(2 * DAY)
    desk.runtime.resume_clock(instance, actor="7", reason="鉴定来了")
    held = mover.timer(instance, "late").due_at - start - 3 * DAY
    assert held >= 2 * DAY
    mover.migrate(mover.between(old, mover.deploy(timed("P5D"))), instance)
    assert mover.timer(instance, "late").due_at == start + 5 * DAY + held


def test_clocks_that_stand_still_do_so_on_the_new_version(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    start = mover.timer(instance, "late").started_at
    desk.runtime.pause_clock(instance, actor="7", reason="等鉴定")
    more = timed("P5D").timer("soon", "P1D", "a", interrupting=False).end("soon_end").flow("soon", "soon_end")
    mover.migrate(mover.between(old, mover.deploy(more)), instance)
    begun = mover.timer(instance, "soon").started_at
    clock.move(9 * DAY)
    assert desk.fire() == 0
    assert desk.value("select next_due from instance") is None
    desk.runtime.resume_clock(instance, actor="7", reason="鉴定来了")
    assert mover.timer(instance, "late").due_at >= start + 14 * DAY
    assert mover.timer(instance, "soon").due_at >= begun + 10 * DAY
    assert desk.fire() == 0


def test_an_extension_and_a_pause_are_put_back_with_the_rest(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    desk.runtime.extend(instance, "a", "P2D", actor="9", reason="情况复杂")
    desk.runtime.pause_clock(instance, actor="7", reason="等鉴定")
    before = mover.rows(instance)
    migration = mover.carried_out(mover.between(old, mover.deploy(timed("P5D"))))
    clock.move(DAY)
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert mover.rows(instance) == before
    desk.runtime.resume_clock(instance, actor="7", reason="鉴定来了")
    (row,) = before["timer"]
    assert mover.timer(instance, "late").due_at >= row["due_at"] + DAY


# what failed --------------------------------------------------------------------------------------------


class Failing:
    """A service that fails until it is mended."""

    mended = False

    def __call__(self, call: Call) -> dict[str, Any]:
        del call
        if not self.mended:
            raise ConnectionError("no answer")
        return {"found": True}


@pytest.fixture
def service(desk: Desk) -> Failing:
    failing = Failing()
    desk.host.services["ask"] = Service("ask", failing, outputs={"found": "boolean"})
    return failing


def asking(step: str = "call", retry: str = "PT2M,PT10M", after: str = "b") -> Diagram:
    diagram = Diagram("main").start().user("a").service(step, "ask", retry=retry).user(after).end()
    return diagram.chain("start", "a", step, after, "end")


def test_a_service_that_is_to_be_tried_again_is_so_on_the_new_version(
    desk: Desk, mover: Mover, clock: Clock, service: Failing
) -> None:
    old = mover.deploy(asking())
    instance = desk.start("main")
    desk.complete(instance, "a")
    before = mover.timer(instance, "call")
    made = mover.migrate(mover.between(old, mover.deploy(asking("ask_again", after="c")), call="ask_again"), instance)
    assert made.timers == []
    after = mover.timer(instance, "ask_again")
    for column in ("task_id", "occurrence", "kind", "due_at", "started_at"):
        assert getattr(after, column) == getattr(before, column), column
    clock.move(3 * MINUTE)
    assert desk.fire() == 1
    assert mover.timer(instance, "ask_again").occurrence == 2, "its first failure was not forgotten"
    service.mended = True
    clock.move(11 * MINUTE)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["c"]
    assert desk.data(instance)["ask_again"] == {"found": True}


def test_an_open_incident_follows_its_element_there_and_back(
    desk: Desk, mover: Mover, clock: Clock, service: Failing
) -> None:
    old = mover.deploy(asking(retry="PT1M"))
    instance = desk.start("main")
    desk.complete(instance, "a")
    clock.move(2 * MINUTE)
    assert desk.fire() == 1
    (incident,) = desk.rows("select * from incident")
    before = mover.rows(instance)
    plan = mover.between(old, mover.deploy(asking("ask_again", after="c")), call="ask_again")
    migration = mover.carried_out(plan)
    (moved,) = desk.rows("select * from incident")
    assert (moved.element, moved.task_id, moved.resolved_at) == ("ask_again", incident.task_id, None)
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert desk.rows("select * from incident") == [incident]
    assert mover.rows(instance) == before
    mover.migrate(plan, instance)
    service.mended = True
    desk.runtime.retry_incident(incident.id, actor="9", reason="服务已恢复", prepare=lambda _tx: None)
    assert desk.waiting(instance) == ["c"]
    (row,) = desk.rows("select resolution from incident")
    assert row.resolution == "retried"


def wrong_time(text: str | None) -> Diagram:
    diagram = Diagram("main").start().user("a").user("b").end().chain("start", "a", "b", "end")
    return diagram if text is None else diagram.timer("late", text, "b").end("late_end").flow("late", "late_end")


def test_the_incident_of_a_timer_that_goes_is_withdrawn_and_open_again_when_it_is_put_back(
    desk: Desk, mover: Mover
) -> None:
    old = mover.deploy(wrong_time("${a.limit}"))
    instance = desk.start("main")
    desk.complete(instance, "a", limit="someday")
    (incident,) = desk.rows("select * from incident")
    assert (incident.element, incident.resolved_at) == ("late", None)
    migration = mover.carried_out(mover.between(old, mover.deploy(wrong_time(None)), late=None))
    assert mover.outcomes(migration) == {instance: "migrated"}
    (row,) = desk.rows("select * from incident")
    assert (row.resolution, row.resolved_by) == ("withdrawn", "9")
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert desk.rows("select * from incident") == [incident]


def test_the_incident_of_a_timer_with_a_wrong_text_is_mended_by_the_new_version(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(wrong_time("${a.limit}"))
    instance = desk.start("main")
    desk.complete(instance, "a", limit="someday")
    (incident,) = desk.rows("select * from incident")
    mover.migrate(mover.between(old, mover.deploy(wrong_time("P3D"))), instance)
    desk.runtime.retry_incident(incident.id, actor="9", reason="已改正", prepare=lambda _tx: None)
    assert desk.timers(instance) == ["late"]
    assert desk.waiting(instance) == ["b"]


def test_a_timer_that_could_not_fire_is_tried_at_once_and_its_failures_come_back(
    desk: Desk, mover: Mover, clock: Clock
) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    clock.move(4 * DAY)
    desk.host.services["note"] = Service("note", desk.host.fail, optional=("level",))
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update instance set failures = 3, incident = 'x', next_due = next_due + '7 days'")
    before = mover.rows(instance)
    migration = mover.carried_out(mover.between(old, mover.deploy(timed("P3D").user("apart").flow("apart", "end"))))
    (row,) = mover.rows(instance)["instance"]
    assert (row["failures"], row["incident"], row["next_due"]) == (0, None, before["timer"][0]["due_at"])
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert mover.rows(instance) == before


# loops with something inside ----------------------------------------------------------------------------


def loop(*steps: str, sequential: bool = False) -> Diagram:
    inner = Diagram("part").start("part_start").end("part_end")
    for step in steps:
        inner.user(step, candidateGroups="handler")
    diagram = Diagram("main").start().sub(inner.chain("part_start", *steps, "part_end"))
    diagram.many("part", "matter.units", "unit", sequential=sequential)
    return diagram.user("after").end().chain("start", "part", "after", "end")


def units(desk: Desk) -> int:
    return desk.start("main", matter={"units": ["x", "y", "z"]})


def first(desk: Desk, instance: int, step: str, **answers: Any) -> None:
    found = desk.rows(
        "select replace(task_id::text, '-', '') as id from work_item where instance_id = :i and step = :s "
        "order by task_id",
        i=instance,
        s=step,
    )
    desk.complete_task(found[0].id, **answers)


def test_parts_of_a_loop_that_are_at_different_steps_move_together(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(loop("a", "b"))
    instance = units(desk)
    first(desk, instance, "a", ok=1)
    first(desk, instance, "a", ok=2)
    first(desk, instance, "b", done=1)
    assert sorted(desk.waiting(instance)) == ["a", "b"]
    mover.migrate(mover.between(old, mover.deploy(loop("inquire", "extra", "b")), a="inquire"), instance)
    assert sorted(desk.waiting(instance)) == ["b", "inquire"]
    first(desk, instance, "inquire", ok=3)
    first(desk, instance, "extra")
    while "b" in desk.waiting(instance):
        first(desk, instance, "b", done=2)
    assert desk.waiting(instance) == ["after"]
    results = desk.data(instance)["part"]
    assert [one["inquire"]["ok"] for one in results] == [1, 2, 3]
    assert not any("a" in one for one in results)


def test_a_loop_that_goes_one_by_one_begins_the_next_on_the_new_version(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(loop("a", "b", sequential=True))
    instance = units(desk)
    first(desk, instance, "a")
    first(desk, instance, "b")
    mover.migrate(mover.between(old, mover.deploy(loop("new", "a", "b", sequential=True))), instance)
    assert desk.waiting(instance) == ["a"], "it goes on where it stood"
    first(desk, instance, "a")
    first(desk, instance, "b")
    assert desk.waiting(instance) == ["new"], "what begins now begins as the new version says"


def calling(retained: str = "handling") -> Diagram:
    diagram = Diagram("main").start().call(retained, "sub").many(retained, "matter.units", "unit")
    return diagram.user("after").end().chain("start", retained, "after", "end")


def test_called_processes_in_a_loop_move_with_it_and_back(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(calling(), straight("sub", "a", "b"))
    instance = units(desk)
    first(desk, instance, "a")
    before = mover.rows(instance)
    new = mover.deploy(calling("joint"), straight("sub", "inquire", "b"))
    migration = mover.carried_out(mover.between(old, new, a="inquire", handling="joint"))
    assert mover.outcomes(migration) == {instance: "migrated"}
    assert sorted(desk.waiting(instance)) == ["b", "inquire", "inquire"]
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert mover.rows(instance) == before
    mover.migrate(mover.between(old, new, a="inquire", handling="joint"), instance)
    for step in ("b", "inquire", "b", "inquire", "b"):
        first(desk, instance, step)
    assert desk.waiting(instance) == ["after"]
    assert len(desk.data(instance)["joint"]) == 3


def test_a_renamed_sub_process_takes_what_waits_inside_along(desk: Desk, mover: Mover) -> None:
    def around(key: str, step: str = "a") -> Diagram:
        inner = Diagram(key).start("part_start").user(step).end("part_end").chain("part_start", step, "part_end")
        return Diagram("main").start().sub(inner).end().chain("start", key, "end")

    old = mover.deploy(around("part"))
    instance = desk.start("main")
    bare = mover.between(old, mover.deploy(around("section", "inquire")))
    assert [new.id for new in bare.choices(bare.before["main", "a"])] == ["inquire"], "both can be said at once"
    both = mover.between(bare.source.id, bare.target.id, part="section", a="inquire")
    assert mover.only(both).verdict == "safe"
    new = mover.deploy(around("section"))
    assert mover.only(mover.between(old, new)).verdict != "safe"
    mover.migrate(mover.between(old, new, part="section"), instance)
    desk.complete(instance, "a")
    assert desk.status(instance) == "completed"
