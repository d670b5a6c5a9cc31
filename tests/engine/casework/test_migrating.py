"""Running matters move to another version of the bureau's real processes."""

from collections.abc import Callable

import pytest

from engine.casework import commands, history
from engine.casework.commands import migrating
from engine.casework.deploying import files_on_disk
from engine.casework.queries import migrations as queries
from engine.runtime import NotFound
from engine.runtime.migrating.instances import CannotRevert
from engine.runtime.migrating.plan import Plan
from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
HANDLING = "processes/handling.bpmn"
MATTER = "processes/matter.bpmn"
RENAMED = {"handling/investigate": "look_into"}
REASON = "新的办理规定自本月起施行"


@pytest.fixture
def signed(world: World) -> str:
    """The number of a matter that its handler investigates."""
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    return number


@pytest.fixture
def owner(world: World) -> migrating.Person:
    world.grant("command_instructor", "process_owner")
    return world.person("command_instructor")


Redraw = Callable[[str], str]


def renamed(drawing: str) -> str:
    """Give the investigation another id, and its form with it."""
    return drawing.replace('"investigate"', '"look_into"').replace(">investigate<", ">look_into<")


def plan(world: World, redraw: Redraw, **mapping: str) -> Plan:
    files = files_on_disk()
    files[HANDLING] = redraw(files[HANDLING].decode()).encode()
    if mapping:  # who investigated may not review: the new name stands there too
        files[MATTER] = files[MATTER].replace(b"sign,investigate,", b"sign,look_into,")
    files["forms/look_into.form"] = files["forms/investigate.form"]
    old = world.value("select max(id) from deployment")
    new = world.runtime.deploy(files, actor="system")
    return world.runtime.migration_plan(old, new.id, "matter", mapping or {})


def moved(world: World, owner: migrating.Person, found: Plan) -> int:
    with world.engine.begin() as connection:
        migration = commands.plan_migration(connection, world.runtime, owner, found)
    world.runtime.migrations.go_on(migration)
    with world.engine.begin() as connection:
        commands.begin_migration(connection, world.runtime, owner, migration, REASON)
    world.runtime.migrations.go_on(migration)
    return migration


def test_a_matter_stands_at_its_steps_new_name_and_back(world: World, owner: migrating.Person, signed: str) -> None:
    before, item = world.matter(signed), world.row("select * from work_item")
    migration = moved(world, owner, plan(world, renamed, **RENAMED))
    assert world.waiting(signed) == ["look_into"]
    after = world.matter(signed)
    assert (after["stage"], after["status"], after["due_at"]) == ("look_into", before["status"], before["due_at"])
    kept = world.row("select * from work_item")
    for column in ("task_id", "assignee", "created_at", "claimed_at", "due_at"):
        assert kept[column] == item[column], column
    entry = world.row("select * from history_event order by matter_id, sequence desc limit 1")
    assert (entry["event"], entry["actor"]) == ("migrated", str(owner.id))
    assert (entry["details"]["from"], entry["details"]["to"], entry["details"]["reason"]) == (1, 2, REASON)
    instance = world.value("select instance_id from matter where number = :number", number=signed)
    with world.engine.connect() as connection:
        commands.revert_one(world.engine, world.runtime, owner, migration, instance_id=instance, reason="改回来")
    assert world.waiting(signed) == ["investigate"]
    back = world.matter(signed)
    assert {key: back[key] for key in before if not key.startswith("history")} == {
        key: before[key] for key in before if not key.startswith("history")
    }
    assert world.row("select * from work_item") == item
    assert world.history(signed)[-1] == "migration_reverted"
    with world.engine.connect() as connection:
        assert history.verify(connection) == []
    world.do(signed, "investigate", "handler")
    assert world.waiting(signed) == ["dispose"]


def test_a_matter_is_finished_on_the_new_version(world: World, owner: migrating.Person, signed: str) -> None:
    moved(world, owner, plan(world, renamed, **RENAMED))
    answers = {"facts": "经现场查看，反映的路段确有违停。", "finding": "true"}
    task = world.item(signed, "look_into")
    commands.complete(world.runtime, world.person("handler"), task, answers, key="one")
    world.do(signed, "dispose", "handler")
    assert world.waiting(signed) == ["feed_back"]


def test_four_eyes_still_see_who_did_a_step_that_was_renamed(
    world: World, owner: migrating.Person, signed: str
) -> None:
    world.do(signed, "investigate", "handler")
    world.hand_over(signed, "dispose", "instructor", "handler2")
    moved(world, owner, plan(world, renamed, **RENAMED))
    world.do(signed, "dispose", "handler2")
    world.do(signed, "feed_back", "handler2")
    assert (
        str(world.officer("handler")) in world.row("select excluded from work_item where step = 'review'")["excluded"]
    )


def test_who_may_not_do_the_step_any_more_loses_it(world: World, owner: migrating.Person, signed: str) -> None:
    def by_liaisons(drawing: str) -> str:
        head, tail = drawing.split('<bpmn:userTask id="investigate"', 1)
        return head + '<bpmn:userTask id="investigate"' + tail.replace('"handler"', '"liaison"', 1)

    assert world.row("select assignee from work_item")["assignee"] == str(world.officer("handler"))
    stage = world.matter(signed)["stage"]
    moved(world, owner, plan(world, by_liaisons))
    item = world.row("select assignee, claimed_at, candidates from work_item")
    assert (item["assignee"], item["claimed_at"]) == (None, None)
    assert item["candidates"] == [f"liaison@{world.unit('traffic')}"]
    details = world.value("select details from history_event where event = 'migrated'")
    assert details["lost"][0]["old"] == str(world.officer("handler"))
    assert world.matter(signed)["stage"] == stage
    with pytest.raises(NotFound):
        world.do(signed, "investigate", "handler")
    world.do(signed, "investigate", "liaison")


def test_only_process_owners_move_matters(world: World, owner: migrating.Person, signed: str) -> None:
    found = plan(world, renamed, **RENAMED)
    liaison = world.person("liaison")
    with world.engine.begin() as connection, pytest.raises(NotFound):
        commands.plan_migration(connection, world.runtime, liaison, found)
    with world.engine.begin() as connection:
        migration = commands.plan_migration(connection, world.runtime, owner, found)
    world.runtime.migrations.go_on(migration)
    with world.engine.begin() as connection:
        with pytest.raises(NotFound):
            commands.begin_migration(connection, world.runtime, liaison, migration, REASON)
        with pytest.raises(NotFound):
            commands.change_migration(connection, world.runtime, liaison, migration, found)
        with pytest.raises(NotFound):
            commands.revert_migration(connection, world.runtime, liaison, migration, REASON)
        with pytest.raises(NotFound):
            commands.revert_one(world.engine, world.runtime, liaison, migration, instance_id=1, reason=REASON)
    assert world.waiting(signed) == ["investigate"]


def test_a_matter_that_accuses_the_owner_is_moved_without_their_learning_of_it(
    world: World, owner: migrating.Person, signed: str
) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, officer_id) select id, %(officer)s from matter",
            {"officer": owner.id},
        )
    migration = moved(world, owner, plan(world, renamed, **RENAMED))
    assert world.waiting(signed) == ["look_into"]
    with world.engine.connect() as connection:
        assert queries.steps(connection, owner, migration, "all", page=1) == ([], 0)
        assert queries.counts(connection, owner, migration) == {"total": 0}
        (listed,), _ = queries.migrations(connection, owner, 1)
        assert (listed.total, listed.done) == (0, 0)
        with pytest.raises(NotFound):
            instance = world.value("select instance_id from matter")
            commands.revert_one(world.engine, world.runtime, owner, migration, instance_id=instance, reason="改回来")
    assert world.waiting(signed) == ["look_into"]


def test_the_list_says_how_each_stands_and_masks_numbers(world: World, owner: migrating.Person, signed: str) -> None:
    other = world.register("楼上长期噪音扰民，请派出所处理").number
    migration = moved(world, owner, plan(world, renamed, **RENAMED))
    with world.engine.connect() as connection:
        rows, total = queries.steps(connection, owner, migration, "migrated", page=1)
        assert total == 2
        assert {row.revertible for row in rows} == {True}
        pages = [queries.steps(connection, owner, migration, "all", page=page, per_page=1) for page in (1, 2, 3)]
        assert [([row.instance_id for row in page], count) for page, count in pages] == [
            ([rows[0].instance_id], 2),
            ([rows[1].instance_id], 2),
            ([], 2),
        ]
        assert not {signed, other} & {row.number for row in rows}
        assert all(row.number.endswith("****") for row in rows)
        assert queries.counts(connection, owner, migration) == {
            "total": 2,
            "safe": 2,
            "migrated": 2,
            "revertible": 2,
        }
        (listed,), _ = queries.migrations(connection, owner, 1)
        assert (listed.from_version, listed.to_version, listed.status, listed.done) == (1, 2, "finished", 2)
    world.do(other, "sign", "station_liaison", handler=world.officer("station_handler"))
    with world.engine.connect() as connection:
        rows, _ = queries.steps(connection, owner, migration, "migrated", page=1)
        assert sorted(row.revertible for row in rows) == [False, True]
        gone_on = next(row.instance_id for row in rows if not row.revertible)
        with pytest.raises(CannotRevert):
            commands.revert_one(world.engine, world.runtime, owner, migration, instance_id=gone_on, reason="改回来")
