"""All instances of a process move: in batches, taken up after a crash, undone exactly, and nothing twice."""

import random
import re
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.runtime import Runtime
from engine.runtime.errors import ReasonMissing
from engine.runtime.migrating.forgetting import REVERTIBLE
from engine.runtime.migrating.instances import CannotRevert
from engine.runtime.migrating.stored import NotNow
from tests.batteries import examples
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight
from tests.engine.runtime.machine import Maker
from tests.engine.runtime.moving import REASON, Mover
from tests.engine.runtime.recording_host import RecordingHost

DAY = timedelta(days=1)


@pytest.fixture
def mover(desk: Desk) -> Mover:
    return Mover(desk)


def handling(value: str = "P3D", role: str = "handler", first: str = "a", message: str = "paid") -> Diagram:
    return (
        Diagram("main")
        .start()
        .parallel("fork")
        .user(first, candidateGroups=role, dueDate=value)
        .timer("late", value, first, interrupting=False)
        .service("told", "note")
        .end("told_end")
        .catch("wait", message)
        .parallel("join")
        .user("b")
        .end()
        .chain("start", "fork", first, "join", "b", "end")
        .chain("fork", "wait", "join")
        .chain("late", "told", "told_end")
    )


def test_the_move_of_an_instance_is_undone_row_for_row(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    desk.runtime.claim(desk.task(instance, "a"), actor="7", prepare=lambda _tx, _item: None)
    desk.complete(instance, "a", actor="7", ok=True)
    again = desk.start("main", key="MY-2")
    desk.runtime.claim(desk.task(again, "a"), actor="7", prepare=lambda _tx, _item: None)
    desk.host.unqualified.add(("7", ("instructor@1",)))
    clock.move(DAY)
    new = mover.deploy(handling("P9D", "instructor", "inquire", "settled").user("apart"))
    before = {one: mover.rows(one) for one in (instance, again)}
    migration = mover.carried_out(mover.between(old, new, a="inquire"))
    assert mover.outcomes(migration) == {instance: "migrated", again: "migrated"}
    for one in (instance, again):
        moved = mover.rows(one)
        assert moved["instance"] != before[one]["instance"]
        assert {table for table in moved if moved[table] != before[one][table]} >= {"subscription", "instance"}
    for one in (instance, again):
        desk.runtime.revert(one, migration, actor="9", reason="改回来")
        assert mover.rows(one) == before[one]
    (details,) = desk.details(again, "migration_reverted")
    assert (details["from"], details["to"], details["reason"]) == (2, 1, "改回来")
    assert details["steps"] == {"inquire": "a"}
    assert desk.runtime.message(again, "paid")
    desk.complete(again, "a", actor="7")
    assert desk.waiting(again) == ["b"]


@pytest.mark.parametrize("happens", ["complete", "claim", "fire"])
def test_what_has_gone_on_since_is_not_moved_back(desk: Desk, mover: Mover, clock: Clock, happens: str) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    migration = mover.carried_out(mover.between(old, mover.deploy(handling("P4D"))))
    task = desk.task(instance, "a")
    if happens == "complete":
        desk.complete_task(task)
    elif happens == "claim":
        desk.runtime.claim(task, actor="7", prepare=lambda _tx, _item: None)
    else:
        clock.move(5 * DAY)
        assert desk.fire() == 1
    rows = mover.rows(instance)
    with pytest.raises(CannotRevert, match="不能移回"):
        desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert mover.rows(instance) == rows
    assert mover.outcomes(migration) == {instance: "migrated"}


def test_a_move_is_undone_once_and_can_be_made_again(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instance = desk.start("main")
    plan = mover.between(old, mover.deploy(handling("P4D")))
    migration = mover.carried_out(plan)
    with pytest.raises(ReasonMissing):
        desk.runtime.revert(instance, migration, actor="9", reason="")
    desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    with pytest.raises(CannotRevert, match="已经移回"):
        desk.runtime.revert(instance, migration, actor="9", reason="改回来")
    assert mover.outcomes(mover.carried_out(plan)) == {instance: "migrated"}


def test_only_those_move_that_can_and_the_others_say_why(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    safe, unmapped = desk.start("main", key="MY-1"), desk.start("main", key="MY-2")
    desk.complete(safe, "a")
    new = mover.deploy(straight("main", "other", "b"))
    migration = mover.started(mover.between(old, new))
    rows = desk.rows("select instance_id, business_key, verdict, reasons from migration_step order by instance_id")
    assert [(row.instance_id, row.business_key, row.verdict) for row in rows] == [
        (safe, "MY-1", "safe"),
        (unmapped, "MY-2", "needs_mapping"),
    ]
    assert rows[1].reasons[0]["element"] == "a"
    mover.begin(migration)
    desk.runtime.migrations.run(migration)
    assert mover.outcomes(migration) == {safe: "migrated", unmapped: None}
    assert desk.runtime.migrations.one(migration).status == "finished"
    assert (mover.version(safe), mover.version(unmapped)) == (new, old)


def test_another_mapping_is_assessed_anew(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    desk.start("main")
    new = mover.deploy(straight("main", "other", "b"))
    migration = mover.started(mover.between(old, new))
    with desk.engine.begin() as connection:
        desk.runtime.migrations.change(connection, migration, mover.between(old, new, a="other"))
    assert mover.outcomes(migration) == {}
    desk.runtime.migrations.assess(migration)
    assert desk.value("select verdict from migration_step") == "safe"
    mover.begin(migration)
    with desk.engine.begin() as connection, pytest.raises(NotNow):
        desk.runtime.migrations.change(connection, migration, mover.between(old, new))


def test_an_assessment_for_a_mapping_that_was_changed_meanwhile_leaves_nothing(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    for number in range(3):
        desk.start("main", key=f"MY-{number}")
    new = mover.deploy(straight("main", "other", "b"))
    migrations = desk.runtime.migrations
    migration = migrations.create(mover.between(old, new), actor="9")

    def change(_done: int, _total: int) -> None:
        with desk.engine.begin() as connection:
            migrations.change(connection, migration, mover.between(old, new, a="other"))

    migrations.assess(migration, change)
    assert migrations.one(migration).status == "assessing"
    migrations.assess(migration)
    assert desk.rows("select distinct verdict from migration_step") == [("safe",)]


def test_a_migration_needs_an_assessment_and_a_reason(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"))
    migration = desk.runtime.migrations.create(mover.between(old, mover.deploy(straight("main", "a", "b"))), actor="9")
    with desk.engine.begin() as connection:
        with pytest.raises(NotNow):
            desk.runtime.migrations.begin(connection, migration, actor="9", reason=REASON)
        with pytest.raises(ReasonMissing):
            desk.runtime.migrations.begin(connection, migration, actor="9", reason=" ")


class Killed(BaseException):
    """The process dies here."""


class Mortal(RecordingHost):
    """Dies in the middle of a move: everything is written but for the commit, or before."""

    def __init__(self, engine: sa.Engine, alive: int) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("drop table history")
        super().__init__(engine)
        self.alive = alive

    def record(self, tx: Any, events: Any) -> None:
        if self.alive == 0:
            raise Killed
        self.alive -= 1
        super().record(tx, events)


def test_after_a_kill_another_process_goes_on_and_nothing_moves_twice(
    desk: Desk, mover: Mover, engine: sa.Engine
) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(7)]
    plan = mover.between(old, mover.deploy(handling("P5D")))
    migration = mover.started(plan)
    mover.begin(migration)
    mortal = Mortal(engine, alive=3)
    with pytest.raises(Killed):
        Runtime(engine, mortal).migrations.run(migration)
    moved = [outcome for outcome in mover.outcomes(migration).values() if outcome == "migrated"]
    assert len(moved) == 3
    assert desk.runtime.migrations.one(migration).status == "running"
    told: list[tuple[int, int]] = []
    Runtime(engine, desk.host).migrations.run(migration, lambda done, total: told.append((done, total)))
    assert mover.outcomes(migration) == dict.fromkeys(instances, "migrated")
    assert told[-1] == (7, 7)
    assert [desk.history(one).count(("migrated", "")) for one in instances] == [1] * 7
    assert {row.n for row in desk.rows("select count(*) as n from timer group by instance_id")} == {1}
    Runtime(engine, desk.host).migrations.run(migration)
    assert [desk.history(one).count(("migrated", "")) for one in instances] == [1] * 7


class Severed(RecordingHost):
    """Loses its connection in the middle of a move, as when the database is restarted."""

    def __init__(self, engine: sa.Engine, alive: int) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql("drop table history")
        super().__init__(engine)
        self.alive = alive

    def record(self, tx: Any, events: Any) -> None:
        super().record(tx, events)
        if self.alive == 0:
            tx.connection.exec_driver_sql("select pg_terminate_backend(pg_backend_pid())")
        self.alive -= 1


def test_a_connection_that_is_lost_in_a_move_takes_back_that_one_and_the_next_run_goes_on(
    desk: Desk, mover: Mover, engine: sa.Engine
) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(5)]
    new = mover.deploy(handling("P5D"))
    migration = mover.started(mover.between(old, new))
    mover.begin(migration)
    before = mover.rows(instances[2])
    with pytest.raises(sa.exc.OperationalError):
        Runtime(engine, Severed(engine, alive=2)).migrations.run(migration)
    expected = ["migrated", "migrated", None, None, None]
    assert [mover.outcomes(migration)[one] for one in instances] == expected
    assert mover.rows(instances[2]) == before
    assert desk.history(instances[2]) == []
    desk.runtime.migrations.run(migration)
    assert mover.outcomes(migration) == dict.fromkeys(instances, "migrated")
    assert [desk.history(one).count(("migrated", "")) for one in instances] == [1] * 5
    assert {mover.version(one) for one in instances} == {new}


def test_a_run_that_dies_between_two_goes_on_behind_the_last_there_and_back(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(5)]
    new = mover.deploy(handling("P5D"))
    migrations, migration = desk.runtime.migrations, mover.started(mover.between(old, new))
    mover.begin(migration)
    told: list[tuple[int, int]] = []

    def die_after(number: int, done: int, total: int) -> None:
        told.append((done, total))
        if done == number:
            raise Killed

    with pytest.raises(Killed):
        migrations.run(migration, lambda done, total: die_after(2, done, total))
    assert [mover.version(one) for one in instances] == [new, new, old, old, old]
    migrations.run(migration, lambda done, total: die_after(0, done, total))
    assert told == [(number, 5) for number in range(1, 6)], "the first two were not moved again"
    with desk.engine.begin() as connection:
        migrations.begin_reverting(connection, migration, actor="9", reason="改回来")
    with pytest.raises(Killed):
        migrations.revert(migration, lambda done, total: die_after(3, done, total))
    assert [mover.version(one) for one in instances] == [old, old, old, new, new]
    migrations.revert(migration)
    assert {mover.version(one) for one in instances} == {old}
    assert [desk.history(one).count(("migration_reverted", "")) for one in instances] == [1] * 5
    assert migrations.one(migration).status == "finished"


def test_two_workers_at_once_move_each_instance_once(desk: Desk, mover: Mover, engine: sa.Engine) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(20)]
    migration = mover.started(mover.between(old, mover.deploy(handling("P5D"))))
    mover.begin(migration)
    workers = [threading.Thread(target=Runtime(engine, desk.host).migrations.run, args=(migration,)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert mover.outcomes(migration) == dict.fromkeys(instances, "migrated")
    assert [desk.history(one).count(("migrated", "")) for one in instances] == [1] * 20


def test_what_ended_or_came_after_the_assessment_is_dealt_with(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"))
    ends, stays = desk.start("main", key="MY-1"), desk.start("main", key="MY-2")
    new = mover.deploy(straight("main", "a", "b"))
    migration = mover.started(mover.between(old, new))
    desk.complete(ends, "a")
    mover.begin(migration)
    with desk.engine.begin() as connection:  # one more on the old version, as when that was the latest
        connection.exec_driver_sql("update deployment set version = 9 where id = %(id)s", {"id": old})
    late = desk.start("main", key="MY-3")
    assert mover.version(late) == old
    desk.runtime.migrations.run(migration)
    assert mover.outcomes(migration) == {ends: "skipped", stays: "migrated", late: "migrated"}


def test_everything_that_has_not_gone_on_is_moved_back_at_once(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(5)]
    before = {one: mover.rows(one) for one in instances}
    migration = mover.carried_out(mover.between(old, mover.deploy(handling("P5D"))))
    desk.complete(instances[2], "a")
    with desk.engine.begin() as connection:
        desk.runtime.migrations.begin_reverting(connection, migration, actor="9", reason="改回来")
    desk.runtime.migrations.go_on(migration)
    outcomes = mover.outcomes(migration)
    assert outcomes.pop(instances[2]) == "migrated"
    assert set(outcomes.values()) == {"reverted"}
    assert "不能移回" in desk.value("select error from migration_step where outcome = 'migrated'")
    for one in set(instances) - {instances[2]}:
        assert mover.rows(one) == before[one]
    assert desk.runtime.migrations.one(migration).status == "finished"


# random processes ---------------------------------------------------------------------------------------


def drawn(seed: int) -> list[Diagram]:
    """Draw a random process that begins with a step, so that it does not end at once."""
    main, *others = Maker(seed).diagrams()
    main.flows = [flow.replace('sourceRef="start"', 'sourceRef="begin"') for flow in main.flows]
    return [main.user("begin").flow("start", "begin"), *others]


def relabelled(diagram: Diagram) -> Diagram:
    """Return the same process with other labels."""
    copy = Diagram(diagram.key, diagram.name)
    copy.elements = [
        (tag, one, given | {"name": f"新{given['name']}"}, inner) for tag, one, given, inner in diagram.elements
    ]
    copy.flows, copy.defaults, copy.messages, copy.loops = (
        diagram.flows,
        diagram.defaults,
        diagram.messages,
        diagram.loops,
    )
    return copy


def walk(desk: Desk, instance: int, choices: random.Random, most: int) -> None:
    """Do whatever waits, drawn by chance, at most so many times."""
    for _ in range(most):
        waiting = desk.rows(
            "select task_id::text, step from work_item where instance_id = :i order by task_id", i=instance
        )
        if not waiting:
            return
        task, _step = choices.choice(waiting)
        desk.complete_task(task, pick=choices.choice([0, 1, 2]))


def somewhere(desk: Desk, seed: int, steps: int) -> int:
    """Start an instance and walk so many steps, or fewer where the walk would lead to its end."""
    for number in range(steps, -1, -1):
        instance = desk.start("main", key=f"MY-{number}")
        walk(desk, instance, random.Random(seed), number)  # noqa: S311 - a seed walks the same way again
        if desk.status(instance) == "running":
            break
    return instance


@pytest.mark.parametrize("seed", range(examples(30, short=10)))
def test_other_labels_leave_everything_but_the_labels_as_it_was(desk: Desk, mover: Mover, seed: int) -> None:
    diagrams = drawn(seed)
    old = mover.deploy(*diagrams)
    instance = somewhere(desk, seed, seed % 5)
    new = mover.deploy(*map(relabelled, diagrams))
    before = mover.rows(instance)
    made = mover.migrate(mover.between(old, new), instance)
    assert (made.timers, [item for item in made.items if item.changed]) == ([], [])
    after = mover.rows(instance)
    assert mover.version(instance) == new
    for rows in (before, after):
        rows["instance"][0].pop("deployment_id")
        for table in ("work_item", "timer"):
            for row in rows[table]:
                row["name"] = row["name"].removeprefix("新")
    assert after == before


def came(desk: Desk, instance: int) -> tuple[Any, ...]:
    """Return all that came of an instance."""
    finished = desk.rows(
        "select step from finished_item where instance_id = :i order by finished_at, task_id", i=instance
    )
    visited = desk.value("select visited from instance where id = :i", i=instance)
    done, waiting = [row.step for row in finished], sorted(desk.waiting(instance))
    return desk.status(instance), done, visited, desk.data(instance), waiting, desk.timers(instance)


@pytest.mark.parametrize("seed", range(examples(30, short=10)))
def test_to_move_and_finish_is_to_finish_where_one_would_have_begun(desk: Desk, mover: Mover, seed: int) -> None:
    diagrams = drawn(seed)
    new = mover.deploy(*map(relabelled, diagrams))
    native = somewhere(desk, seed, 3)
    old = mover.deploy(*diagrams)
    moving = somewhere(desk, seed, 3)
    mover.migrate(mover.between(old, new), moving)
    for instance in (native, moving):
        walk(desk, instance, random.Random(seed + 1), 40)  # noqa: S311
    assert came(desk, moving) == came(desk, native)


STEP = re.compile(r"\b((?:step|late|side)\d+|begin)\b")


def renamed(diagram: Diagram) -> Diagram:
    """Return the same process with other ids of its steps, wherever they are named."""

    def other(text: str) -> str:
        return STEP.sub(r"other_\1", text)

    copy = Diagram(diagram.key, diagram.name)
    for tag, one, given, inner in diagram.elements:
        copy.elements.append((tag, other(one), {name: other(text) for name, text in given.items()}, other(inner)))
    copy.flows, copy.messages = [other(flow) for flow in diagram.flows], diagram.messages
    copy.defaults = {other(one): other(flow) for one, flow in diagram.defaults.items()}
    copy.loops = {other(one): loop for one, loop in diagram.loops.items()}
    return copy


@pytest.mark.parametrize("seed", range(examples(30, short=10)))
def test_renamed_steps_go_on_as_if_they_had_always_been_called_so(desk: Desk, mover: Mover, seed: int) -> None:
    diagrams = drawn(seed)
    new = mover.deploy(*map(renamed, diagrams))
    native = somewhere(desk, seed, 3)
    old = mover.deploy(*diagrams)
    moving = somewhere(desk, seed, 3)
    steps = {found for diagram in diagrams for found in STEP.findall(diagram.xml().decode())}
    mover.migrate(mover.between(old, new, **{step: f"other_{step}" for step in steps}), moving)
    for instance in (native, moving):
        walk(desk, instance, random.Random(seed + 1), 40)  # noqa: S311
    assert came(desk, moving) == came(desk, native)
    assert STEP.search(repr(came(desk, moving))) is None


def test_a_migration_that_is_told_to_stop_leaves_off_between_two_instances(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(handling())
    instances = [desk.start("main", key=f"MY-{number}") for number in range(5)]
    migration = mover.started(mover.between(old, mover.deploy(handling("P4D"))))
    mover.begin(migration)
    asked = iter([False, False, False, True])  # before assessing those that came since, and before each instance
    migrations = desk.runtime.migrations
    assert not migrations.go_on(migration, lambda: next(asked))
    assert [mover.outcomes(migration)[one] for one in instances] == ["migrated", "migrated", None, None, None]
    assert migrations.one(migration).status == "running"
    assert migrations.go_on(migration)
    assert mover.outcomes(migration) == dict.fromkeys(instances, "migrated")
    assert [len(desk.details(one, "migrated")) for one in instances] == [1] * 5
    with desk.engine.begin() as connection:
        migrations.begin_reverting(connection, migration, actor="9", reason="改回来")
    asked = iter([False, True])
    assert not migrations.go_on(migration, lambda: next(asked))
    assert list(mover.outcomes(migration).values()).count("reverted") == 1
    assert migrations.go_on(migration)
    assert mover.outcomes(migration) == dict.fromkeys(instances, "reverted")


def test_what_was_kept_to_move_back_is_forgotten_when_it_is_of_no_use_any_more(
    desk: Desk, mover: Mover, clock: Clock
) -> None:
    old = mover.deploy(handling("P90D"))
    gone_on, waiting = desk.start("main", key="MY-1"), desk.start("main", key="MY-2")
    migration = mover.carried_out(mover.between(old, mover.deploy(handling("P99D"))))
    kept = "select instance_id from migration_step where kept is not null or state_before is not null order by 1"
    assert [row.instance_id for row in desk.rows(kept)] == [gone_on, waiting]
    desk.complete(gone_on, "a")
    assert desk.runtime.migrations.forget_kept() == 1
    assert [row.instance_id for row in desk.rows(kept)] == [waiting]
    clock.move(REVERTIBLE - DAY)
    assert desk.runtime.migrations.forget_kept() == 0
    clock.move(2 * DAY)
    assert desk.runtime.migrations.forget_kept() == 1
    assert desk.rows(kept) == []
    rows = mover.rows(waiting)
    with pytest.raises(CannotRevert, match="超过 30 天"):
        desk.runtime.revert(waiting, migration, actor="9", reason="改回来")
    with pytest.raises(CannotRevert, match="已经有人办理"):
        desk.runtime.revert(gone_on, migration, actor="9", reason="改回来")
    assert mover.rows(waiting) == rows


def test_what_is_to_be_moved_back_is_not_forgotten_before(desk: Desk, mover: Mover, clock: Clock) -> None:
    old = mover.deploy(handling("P90D"))
    instance = desk.start("main")
    migration = mover.carried_out(mover.between(old, mover.deploy(handling("P99D"))))
    with desk.engine.begin() as connection:
        desk.runtime.migrations.begin_reverting(connection, migration, actor="9", reason="改回来")
    clock.move(REVERTIBLE + DAY)
    assert desk.runtime.migrations.forget_kept() == 0
    desk.runtime.migrations.revert(migration)
    assert mover.outcomes(migration) == {instance: "reverted"}
