"""Running instances move to another version of their process, keep what is theirs, and can be moved back."""

from datetime import timedelta

import pytest

from engine.runtime import Runtime
from engine.runtime.errors import ReasonMissing
from engine.runtime.migrating.instances import CannotMigrate, CannotRevert
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.moving import REASON, Mover

DAY = timedelta(days=1)


def handling(step: str = "handle", deadline: str = "P5D", after: str = "sign") -> Diagram:
    """Draw a step with a deadline, and a step behind it."""
    return (
        Diagram("main").start().user(step, candidateGroups="handler").user(after, candidateGroups="instructor").end()
        .timer("overdue", deadline, step).user("take_over", candidateGroups="instructor").end("end_late")
        .chain("start", step, after, "end").chain("overdue", "take_over", "end_late")
    )  # fmt: skip


@pytest.fixture
def mover(desk: Desk) -> Mover:
    return Mover(desk)


def test_what_has_the_same_id_keeps_holder_task_and_times(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    desk.runtime.claim(desk.task(instance, "handle"), actor="7", prepare=lambda _tx, _item: None)
    item, timer = mover.item(instance, "handle"), mover.timer(instance, "overdue")
    clock.move(DAY)
    new = mover.deploy(handling(after="approve"))
    plan = mover.between(old, new)
    assert mover.only(plan).verdict == "safe"
    made = mover.migrate(plan, instance)
    assert (mover.version(instance), made.timers, made.lost) == (new, [], [])
    assert mover.item(instance, "handle") == item
    assert item.assignee == "7"
    assert mover.timer(instance, "overdue") == timer
    assert desk.history(instance)[-1] == ("migrated", "")
    assert desk.details(instance, "migrated")[0]["reason"] == REASON
    desk.complete(instance, "handle", actor="7")
    assert desk.waiting(instance) == ["approve"]


def test_the_deadline_still_fires_in_the_new_version(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    mover.migrate(mover.between(old, mover.deploy(handling(after="approve"))), instance)
    clock.move(DAY * 4)
    assert desk.fire() == 0
    clock.move(DAY * 2)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["take_over"]


def test_a_renamed_step_follows_its_mapping(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    task, timer = desk.task(instance, "handle"), mover.timer(instance, "overdue")
    created = mover.item(instance, "handle").created_at
    plan = mover.between(old, mover.deploy(handling("process")), handle="process")
    mover.migrate(plan, instance)
    assert desk.waiting(instance) == ["process"]
    item = mover.item(instance, "process")
    assert (desk.task(instance, "process"), item.created_at, item.name) == (task, created, "名 process")
    assert mover.timer(instance, "overdue") == timer
    assert desk.details(instance, "migrated")[0]["steps"] == {"handle": "process"}
    desk.complete(instance, "process", result="done")
    assert desk.waiting(instance) == ["sign"]
    assert desk.data(instance)["process"] == {"result": "done"}


def test_answers_and_doers_of_a_renamed_step_go_along(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    desk.complete(instance, "handle", actor="7", result="done")
    mover.migrate(mover.between(old, mover.deploy(handling("process")), handle="process"), instance)
    assert desk.data(instance)["process"] == {"result": "done"}
    assert "handle" not in desk.data(instance)
    assert desk.value("select step from finished_item where instance_id = :i", i=instance) == "process"


def test_a_step_that_is_gone_needs_a_mapping(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    before = mover.rows(instance)
    plan = mover.between(old, mover.deploy(handling("process")))
    found = mover.only(plan)
    assert found.verdict == "needs_mapping"
    assert {(reason.code, reason.element) for reason in found.reasons} == {
        ("unmapped", "handle"),
        ("attached", "overdue"),
    }
    with pytest.raises(CannotMigrate, match="名 handle"):
        mover.migrate(plan, instance)
    assert mover.rows(instance) == before


def test_another_kind_of_step_is_blocked_with_the_reason(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(Diagram("main").start().user("a").end().chain("start", "a", "end"))
    instance = desk.start("main")
    before = mover.rows(instance)
    new = mover.deploy(Diagram("main").start().service("a", "note").end().chain("start", "a", "end"))
    plan = mover.between(old, new)
    found = mover.only(plan)
    assert found.verdict == "blocked"
    (reason,) = found.reasons
    assert (reason.code, reason.element) == ("kind", "a")
    assert "userTask" in reason.text
    assert "serviceTask" in reason.text
    with pytest.raises(CannotMigrate):
        mover.migrate(plan, instance)
    assert mover.rows(instance) == before


def test_a_changed_deadline_counts_from_its_original_start(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling(deadline="P5D"))
    instance = desk.start("main")
    timer = mover.timer(instance, "overdue")
    clock.move(DAY * 2)
    plan = mover.between(old, mover.deploy(handling(deadline="P8D")))
    (move,) = mover.only(plan).timers
    assert (move.what, move.element, move.old, move.new) == (
        "moved",
        "overdue",
        timer.due_at,
        timer.started_at + DAY * 8,
    )
    assert mover.timer(instance, "overdue") == timer
    mover.migrate(plan, instance)
    moved = mover.timer(instance, "overdue")
    assert (moved.started_at, moved.due_at, moved.expression) == (timer.started_at, timer.started_at + DAY * 8, "P8D")
    assert moved.task_id == timer.task_id
    assert desk.value("select next_due from instance") == moved.due_at


def test_a_deadline_that_is_past_by_the_new_count_fires_at_once(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling(deadline="P5D"))
    instance = desk.start("main")
    clock.move(DAY * 2)
    mover.migrate(mover.between(old, mover.deploy(handling(deadline="P1D"))), instance)
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["take_over"]


def test_a_timer_that_is_added_begins_and_one_that_is_dropped_goes(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    clock.move(DAY)
    other = (
        Diagram("main").start().user("handle", candidateGroups="handler").user("sign").end()
        .timer("remind", "P1D", "handle", interrupting=False).user("look").end("end_remind")
        .chain("start", "handle", "sign", "end").chain("remind", "look", "end_remind")
    )  # fmt: skip
    plan = mover.between(old, mover.deploy(other), overdue=None)
    made = mover.migrate(plan, instance)
    assert sorted((move.what, move.element) for move in made.timers) == [("begins", "remind"), ("goes", "overdue")]
    assert desk.timers(instance) == ["remind"]
    row = mover.timer(instance, "remind")
    assert row.due_at - row.started_at == DAY
    assert row.started_at >= mover.item(instance, "handle").created_at + DAY
    clock.move(DAY * 2)
    assert desk.fire() == 1
    assert sorted(desk.waiting(instance)) == ["handle", "look"]


def test_reverting_puts_every_row_back(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    desk.runtime.claim(desk.task(instance, "handle"), actor="7", prepare=lambda _tx, _item: None)
    before = mover.rows(instance)
    clock.move(DAY)
    new = mover.deploy(handling("process", deadline="P9D"))
    migration = mover.carried_out(mover.between(old, new, handle="process"))
    assert mover.outcomes(migration) == {instance: "migrated"}
    assert mover.rows(instance) != before
    clock.move(DAY)
    desk.runtime.revert(instance, migration, actor="9", reason=REASON)
    assert mover.rows(instance) == before
    assert mover.version(instance) == old
    assert mover.outcomes(migration) == {instance: "reverted"}
    assert desk.details(instance, "migration_reverted")[0]["steps"] == {"process": "handle"}
    desk.complete(instance, "handle", actor="7")
    assert desk.waiting(instance) == ["sign"]


def test_what_has_gone_on_is_not_reverted(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    migration = mover.carried_out(mover.between(old, mover.deploy(handling(after="approve"))))
    desk.complete(instance, "handle")
    before = mover.rows(instance)
    with pytest.raises(CannotRevert):
        desk.runtime.revert(instance, migration, actor="9", reason=REASON)
    assert mover.rows(instance) == before


def test_a_batch_moves_everything_once(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", f"MY-{number}") for number in range(5)]
    desk.complete(instances[0], "handle")
    new = mover.deploy(handling(after="approve"))
    plan = mover.between(old, new, sign="approve")
    migration = mover.carried_out(plan)
    assert mover.outcomes(migration) == dict.fromkeys(instances, "migrated")
    assert {mover.version(instance) for instance in instances} == {new}
    revisions = desk.rows("select id, revision from instance order by id")
    history = desk.value("select count(*) from history where kind = 'migrated'")
    assert history == len(instances)
    desk.runtime.migrations.run(migration)
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update migration set status = 'running'")  # as if killed before its last word
    desk.runtime.migrations.run(migration)
    assert desk.runtime.migrate(plan, instances[0], actor="9", reason=REASON, migration_id=migration) is None
    assert desk.rows("select id, revision from instance order by id") == revisions
    assert desk.value("select count(*) from history where kind = 'migrated'") == history
    assert desk.runtime.migrations.one(migration).status == "finished"


def test_a_batch_leaves_out_what_is_blocked(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    ahead, behind = desk.start("main", "MY-1"), desk.start("main", "MY-2")
    desk.complete(ahead, "handle")
    migration = mover.carried_out(mover.between(old, mover.deploy(handling(after="approve"))))
    assert mover.outcomes(migration) == {ahead: None, behind: "migrated"}
    assert mover.version(ahead) == old


def test_trying_stores_nothing_and_a_reason_is_needed(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    plan = mover.between(old, mover.deploy(handling(deadline="P9D")))
    before, revision = mover.rows(instance), desk.value("select revision from instance")
    assert [move.what for move in mover.migrate(plan, instance, dry_run=True).timers] == ["moved"]
    with pytest.raises(ReasonMissing):
        desk.runtime.migrate(plan, instance, actor="9", reason=" ")
    assert (mover.rows(instance), desk.value("select revision from instance")) == (before, revision)
    assert ("migrated", "") not in desk.history(instance)


def test_a_moved_instance_is_read_by_another_runtime(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    mover.migrate(mover.between(old, mover.deploy(handling("process")), handle="process"), instance)
    again = Desk(desk.engine, Runtime(desk.engine, desk.host), desk.host)
    again.complete(instance, "process")
    again.complete(instance, "sign")
    assert again.status(instance) == "completed"


def asking(catch: str) -> Diagram:
    return (
        Diagram("main").start().catch(catch, "ask").user("after").end().chain("start", catch, "after", "end")
    )  # fmt: skip


def test_a_renamed_catch_is_found_under_its_new_name_and_back(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(asking("asked"))
    instance = desk.start("main")
    before = mover.rows(instance)
    migration = mover.carried_out(mover.between(old, mover.deploy(asking("requested")), asked="requested"))
    (was,), (row,) = before["subscription"], mover.rows(instance)["subscription"]
    assert row == {**was, "element": "requested", "label": "名 requested"}
    desk.runtime.revert(instance, migration, actor="9", reason=REASON)
    assert mover.rows(instance) == before
    desk.runtime.message(instance, "ask")
    assert desk.waiting(instance) == ["after"]


def test_a_message_reaches_the_renamed_catch(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(asking("asked"))
    instance = desk.start("main")
    mover.migrate(mover.between(old, mover.deploy(asking("requested")), asked="requested"), instance)
    desk.runtime.message(instance, "ask")
    assert desk.waiting(instance) == ["after"]
    assert mover.rows(instance)["subscription"] == []


def test_what_was_done_before_is_put_back_and_the_same_migration_does_not_move_it_again(
    desk: Desk, mover: Mover
) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    desk.complete(instance, "handle", result="done")
    before = mover.rows(instance)
    plan = mover.between(old, mover.deploy(handling("process")), handle="process")
    migration = mover.carried_out(plan)
    (row,) = mover.rows(instance)["instance"]
    assert row["visited"]["main"]["process"] == 1
    assert "handle" not in row["visited"]["main"]
    desk.runtime.revert(instance, migration, actor="9", reason=REASON)
    assert mover.rows(instance) == before
    assert desk.runtime.migrate(plan, instance, actor="9", reason=REASON, migration_id=migration) is None
    assert mover.rows(instance) == before
