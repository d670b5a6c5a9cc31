"""Times and people when an instance moves: the unchanged stays, the changed is counted anew and said."""

from datetime import timedelta

import pytest

from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight
from tests.engine.runtime.moving import Mover

DAY = timedelta(days=1)


@pytest.fixture
def mover(desk: Desk) -> Mover:
    return Mover(desk)


def timed(value: str = "P3D", *, on: str = "a", kind: str = "timeDuration") -> Diagram:
    """Draw two steps, one of them with a timer that does not interrupt."""
    diagram = straight("main", "a", "b").timer("late", value, on, kind=kind, interrupting=False)
    return diagram.service("told", "note", level="late").end("told_end").chain("late", "told", "told_end")


def test_an_unchanged_timer_keeps_its_start_and_its_due_time(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed())
    instance = desk.start("main")
    before = mover.timer(instance, "late")
    clock.move(DAY)
    new = mover.deploy(timed().user("apart").flow("apart", "end"))
    assert mover.migrate(mover.between(old, new), instance).timers == []
    assert mover.timer(instance, "late") == before
    assert desk.value("select next_due from instance") == before.due_at


def test_a_changed_timer_is_counted_anew_from_its_original_start(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    before = mover.timer(instance, "late")
    clock.move(2 * DAY)
    plan = mover.between(old, mover.deploy(timed("5工作日")))
    (seen,) = mover.only(plan).timers
    assert (seen.what, seen.old, seen.new) == ("moved", before.due_at, before.started_at + 5 * DAY)
    assert seen.explanation[0].startswith("5工作日")
    mover.migrate(plan, instance)
    after = mover.timer(instance, "late")
    assert (after.started_at, after.due_at) == (before.started_at, before.started_at + 5 * DAY)
    assert (after.expression, tuple(after.explanation)) == ("5工作日", seen.explanation)
    (details,) = desk.details(instance, "migrated")
    assert details["timers"][0]["explanation"] == list(seen.explanation)
    clock.move(2 * DAY)
    assert desk.fire() == 0
    clock.move(DAY)
    assert desk.fire() == 1


def test_a_timer_the_new_version_adds_begins_with_the_move(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    instance = desk.start("main")
    clock.move(10 * DAY)
    plan = mover.between(old, mover.deploy(timed("P3D")))
    (seen,) = mover.only(plan).timers
    assert (seen.what, seen.element, seen.old) == ("begins", "late", None)
    mover.migrate(plan, instance)
    assert mover.timer(instance, "late").started_at > mover.item(instance, "a").created_at + 9 * DAY
    assert desk.fire() == 0
    clock.move(3 * DAY)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["a"]


def test_an_added_timer_goes_when_its_step_is_done(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    instance = desk.start("main")
    mover.migrate(mover.between(old, mover.deploy(timed("P3D"))), instance)
    desk.complete(instance, "a")
    assert desk.timers(instance) == []


def test_a_timer_that_is_gone_has_to_be_dropped_by_hand(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    new = mover.deploy(straight("main", "a", "b"))
    assert mover.codes(mover.between(old, new)) == ["unmapped"]
    plan = mover.between(old, new, late=None)
    (seen,) = mover.only(plan).timers
    assert (seen.what, seen.element, seen.new) == ("goes", "late", None)
    mover.migrate(plan, instance)
    assert desk.timers(instance) == []
    assert desk.value("select next_due from instance") is None
    clock.move(9 * DAY)
    assert desk.fire() == 0
    desk.complete(instance, "a")
    desk.complete(instance, "b")
    assert desk.status(instance) == "completed"


def test_a_timer_that_has_fired_does_not_begin_again(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    clock.move(4 * DAY)
    assert desk.fire() == 1
    assert mover.migrate(mover.between(old, mover.deploy(timed("P5D"))), instance).timers == []
    clock.move(9 * DAY)
    assert desk.fire() == 0
    assert desk.fired(instance) == ["late"]


def test_a_timer_that_moved_to_another_step_needs_a_word(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(timed("P3D", on="a"))
    instance = desk.start("main")
    new = mover.deploy(timed("P3D", on="b"))
    assert mover.codes(mover.between(old, new)) == ["attached"]
    mover.migrate(mover.between(old, new, late=None), instance)
    assert desk.timers(instance) == []
    desk.complete(instance, "a")
    assert desk.timers(instance) == ["late"]


def test_a_cycle_goes_on_with_the_period_it_awaits(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("R4/P1D", kind="timeCycle"))
    instance = desk.start("main")
    start = mover.timer(instance, "late").started_at
    for _ in range(2):
        clock.move(DAY)
        assert desk.fire() == 1
    mover.migrate(mover.between(old, mover.deploy(timed("R4/P2D", kind="timeCycle"))), instance)
    after = mover.timer(instance, "late")
    assert (after.occurrence, after.due_at) == (3, start + 6 * DAY)
    clock.move(4 * DAY)
    assert desk.fire() == 1
    clock.move(2 * DAY)
    assert desk.fire() == 1
    clock.move(9 * DAY)
    assert desk.fire() == 0


def test_a_cycle_that_has_no_period_left_goes(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("R4/P1D", kind="timeCycle"))
    instance = desk.start("main")
    for _ in range(2):
        clock.move(DAY)
        assert desk.fire() == 1
    made = mover.migrate(mover.between(old, mover.deploy(timed("R2/P1D", kind="timeCycle"))), instance)
    assert [timer.what for timer in made.timers] == ["goes"]
    assert desk.timers(instance) == []
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["b"]


def test_a_duration_may_become_a_cycle(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    start = mover.timer(instance, "late").started_at
    mover.migrate(mover.between(old, mover.deploy(timed("R2/P1D", kind="timeCycle"))), instance)
    after = mover.timer(instance, "late")
    assert (after.kind, after.occurrence, after.due_at) == ("cycle", 1, start + DAY)
    clock.move(2 * DAY)
    assert desk.fire() == 1


def test_an_extension_is_kept_when_the_timer_is_counted_anew(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(timed("P3D"))
    instance = desk.start("main")
    start = mover.timer(instance, "late").started_at
    desk.runtime.extend(instance, "a", "P2D", actor="9", reason="情况复杂")
    mover.migrate(mover.between(old, mover.deploy(timed("P5D"))), instance)
    assert mover.timer(instance, "late").due_at == start + 7 * DAY


def test_a_timer_whose_value_is_missing_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(timed("P3D"))
    desk.start("main")
    assert mover.codes(mover.between(old, mover.deploy(timed("${clocks.late}")))) == ["value"]


def test_a_tasks_own_due_date_is_counted_from_when_it_began(desk: Desk, mover: Mover, clock: Clock) -> None:
    def due(text: str) -> Diagram:
        return Diagram("main").start().user("a", dueDate=text).end().chain("start", "a", "end")

    old = mover.deploy(due("P3D"))
    instance = desk.start("main")
    before = mover.item(instance, "a")
    clock.move(DAY)
    made = mover.migrate(mover.between(old, mover.deploy(due("5工作日"))), instance)
    assert made.items[0].due == (before.due_at, before.created_at + 5 * DAY)
    after = mover.item(instance, "a")
    assert (after.due_at, after.created_at) == (before.created_at + 5 * DAY, before.created_at)
    assert after.due_explanation[0].startswith("5工作日")


# people and forms --------------------------------------------------------------------------------------


def role(group: str) -> Diagram:
    return Diagram("main").start().user("a", candidateGroups=group).end().chain("start", "a", "end")


def test_a_changed_role_is_offered_anew_and_a_holder_who_qualifies_keeps_it(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(role("handler"))
    instance = desk.start("main")
    desk.runtime.claim(desk.task(instance, "a"), actor="7", prepare=lambda _tx, _item: None)
    claimed = mover.item(instance, "a").claimed_at
    made = mover.migrate(mover.between(old, mover.deploy(role("instructor"))), instance)
    assert made.items[0].role == (("handler",), ("instructor",))
    after = mover.item(instance, "a")
    assert (list(after.candidates), after.assignee, after.claimed_at) == (["instructor@1"], "7", claimed)
    assert made.lost == []


def test_a_holder_who_no_longer_qualifies_loses_it_and_history_says_so(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(role("handler"))
    instance = desk.start("main")
    desk.runtime.claim(desk.task(instance, "a"), actor="7", prepare=lambda _tx, _item: None)
    desk.host.unqualified.add(("7", ("instructor@1",)))
    mover.migrate(mover.between(old, mover.deploy(role("instructor"))), instance)
    after = mover.item(instance, "a")
    assert (after.assignee, after.claimed_at) == (None, None)
    (details,) = desk.details(instance, "migrated")
    assert details["lost"] == [{"step": "a", "name": "名 a", "old": "7", "new": None}]


def test_a_changed_form_is_said(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"), {"forms/a.form": b'{"x": "string"}'})
    instance = desk.start("main")
    new = mover.deploy(straight("main", "a"), {"forms/a.form": b'{"y": "string"}'})
    (item,) = mover.migrate(mover.between(old, new), instance).items
    assert item.form == ("a", "a")
    named = mover.deploy(Diagram("main").start().user("a", formRef="other").end().chain("start", "a", "end"))
    (item,) = mover.migrate(mover.between(new, named), instance).items
    assert item.form == ("a", "other")
    assert mover.item(instance, "a").form_key == "other"


def test_four_eyes_see_who_did_a_renamed_step(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    instance = desk.start("main")
    desk.complete(instance, "a", actor="5", ok=True)
    renamed = straight("main", "inquire", "b").user("c", priority="${inquire.ok ? 7 : 9}")
    renamed.flows = []
    new = mover.deploy(renamed.chain("start", "inquire", "b", "c", "end"))
    mover.migrate(mover.between(old, new, a="inquire"), instance)
    assert [(row.step, row.finished_by) for row in desk.rows("select * from finished_item")] == [("inquire", "5")]
    assert desk.value("select visited -> 'main' from instance")["inquire"] == 1
    desk.complete(instance, "b")
    assert mover.item(instance, "c").priority == 7
