"""Whom a proceeding is kept from, who stands in where a unit has nobody, and what is done to one by hand."""

import pytest
import sqlalchemy as sa

from engine.casework import commands
from engine.casework.commands import operating
from engine.casework.errors import NotPermitted
from engine.casework.models import Proceeding
from engine.casework.proceedings.visibility import visible_proceeding
from engine.casework.queries import instances
from engine.casework.services.waiting import waiting_at
from engine.runtime import NotFound
from tests.journeys.bureau import World
from tests.journeys.test_accountability import FOUND, opened, sanctioned
from tests.journeys.test_supervision import EXPLAINED, TITLE, ordered


def accusing(world: World, unit: str) -> tuple[str, str]:
    """A matter that accuses a unit, and an order about it; return the numbers of both."""
    number = world.register(TITLE, accused_units=(world.unit(unit),)).number
    order = commands.supervise(
        world.engine, world.runtime, world.person("inspector"), number, level="order", ground="群众连续来电。"
    )
    return number, order


def instance_of(world: World, number: str) -> int:
    found: int = world.value("select instance_id from proceeding where number = :n", n=number)
    return found


def sees(world: World, login: str, number: str) -> bool:
    with world.engine.connect() as connection:
        found = sa.select(Proceeding.id).where(Proceeding.number == number, visible_proceeding(world.person(login)))
        return connection.execute(found).first() is not None


def test_whoever_belongs_to_the_accused_unit_is_kept_from_its_order_in_every_role(world: World) -> None:
    world.grant("handler", "inspector")  # an inspector who belongs to the accused brigade
    _, order = accusing(world, "traffic")
    excluded = world.value(
        "select w.excluded from work_item w join instance i on i.id = w.instance_id where i.business_key = :n", n=order
    )
    assert str(world.officer("handler")) in excluded
    with pytest.raises(NotFound):
        world.answer(order, "answer", "handler", **EXPLAINED)
    instance = instance_of(world, order)
    with world.engine.connect() as connection, pytest.raises(NotFound):
        instances.one(connection, world.person("handler"), instance)
    with pytest.raises(NotFound):
        operating.suspend(world.runtime, world.person("handler"), instance, "不想办了")
    world.answer(order, "answer", "inspector", **EXPLAINED)


def test_a_unit_without_a_liaison_is_answered_for_by_the_inspectorate(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(sa.text("update officer set active = false where login = 'liaison'"))
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="窗口服务态度",
        ground="月度会议决定。",
    )
    candidates = world.value(
        "select w.candidates from work_item w join instance i on i.id = w.instance_id where i.business_key = :n",
        n=number,
    )
    assert candidates == ["inspector@*"]  # the brigade has no 单位领导


def test_where_nobody_is_in_charge_of_a_unit_the_director_decides(world: World) -> None:
    with world.engine.begin() as connection:
        connection.execute(sa.text("delete from holding where role = 'bureau_leader'"))
    number = opened(world)
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    candidates = world.value(
        "select w.candidates from work_item w join instance i on i.id = w.instance_id where i.business_key = :n",
        n=number,
    )
    assert candidates == ["director@*"]


def test_a_case_cancelled_before_its_decision_is_never_shown_to_whom_it_would_have_concerned(world: World) -> None:
    number = opened(world)
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    operating.cancel(world.runtime, world.person("inspector2"), instance_of(world, number), "重复立案。")
    assert world.proceeding(number)["outcome"] == "cancelled"
    assert not sees(world, "handler", number)
    decided = sanctioned(world)
    operating.cancel(world.runtime, world.person("inspector2"), instance_of(world, decided), "决定有误，另行处理。")
    assert sees(world, "handler", decided)


def test_a_process_owner_looks_at_a_case_without_what_is_in_it_unless_it_is_their_own(world: World) -> None:
    world.grant("handler2", "process_owner")
    world.grant("handler", "process_owner")
    number = opened(world)
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    instance = instance_of(world, number)
    with world.engine.connect() as connection:
        row = instances.one(connection, world.person("handler2"), instance)
        assert (row.full, number in row.number) == (False, False)
        assert instances.one(connection, world.person("inspector2"), instance).full
        with pytest.raises(NotFound):
            instances.one(connection, world.person("handler"), instance)
    with pytest.raises(NotFound):
        operating.cancel(world.runtime, world.person("handler"), instance, "撤销")


def test_an_investigation_that_is_late_is_not_on_its_matters_board(world: World) -> None:
    number, order = ordered(world)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.answer(order, "adjudge", "inspector", decision="account", reason="张承办接件后没有到场。")
    world.later(days=30)
    assert [one for one in world.escalations(number) if one[0] == "find"] == []
    assert "escalated" in world.column("select event from instance_event where step = 'find'")
    told = world.rows("select details from history_event where event = 'supervision_ended'")
    assert [row["details"]["reason"] for row in told] == [""]


def test_the_title_of_a_matter_that_accuses_somebody_does_not_reach_the_accountability_case(world: World) -> None:
    number, order = accusing(world, "traffic")
    world.answer(order, "answer", "inspector", **EXPLAINED)
    world.answer(order, "adjudge", "inspector2", decision="account", reason="多次提示仍不办理。")
    (case,) = world.proceedings("accountability")
    assert number not in case["title"]
    assert TITLE not in case["title"]


def test_an_order_by_hand_is_in_the_history_of_its_matter(world: World) -> None:
    number = world.register(TITLE).number
    commands.supervise(
        world.engine, world.runtime, world.person("inspector"), number, level="prompt", ground="群众连续来电。"
    )
    assert "supervised" in world.history(number)


def test_a_closed_case_that_is_begun_again_is_open_again(world: World) -> None:
    world.grant("inspector2", "process_owner")
    number = sanctioned(world)
    world.answer(number, "respond", "handler", decision="accept")
    assert world.proceeding(number)["status"] == "closed"
    operating.restart_from(world.runtime, world.person("inspector2"), instance_of(world, number), "find", "有新证据。")
    again = world.proceeding(number)
    assert (again["status"], again["stage"], again["outcome"], again["closed_at"]) == ("open", "find", None, None)


def test_a_case_has_one_process(world: World) -> None:
    number = opened(world)
    instance = instance_of(world, number)
    world.grant("inspector2", "process_owner")
    with world.engine.begin() as connection, pytest.raises(NotPermitted):
        commands.start_instance(
            connection, world.runtime, world.person("inspector2"), "accountability", business_key=number, variables={}
        )
    with world.engine.begin() as connection:
        world.runtime.start(connection, "accountability", number, {}, actor="system")
    assert instance_of(world, number) == instance
    steps = "select w.step from work_item w join instance i on i.id = w.instance_id where i.business_key = :n"
    assert world.column(steps, n=number) == ["find"]


def test_the_period_to_appeal_is_told_as_the_table_has_it(world: World) -> None:
    world.grant("inspector2", "process_owner")
    number = opened(world)
    instance = instance_of(world, number)
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    limits = {"find": "10工作日", "sanction": "5工作日", "appeal": "45日", "hear_appeal": "30日"}
    owner = world.person("inspector2")
    operating.set_variables(world.runtime, owner, instance, {"accountability_limits": limits}, "上级规定延长。")
    world.answer(number, "sanction", "leader", sanction="points", points=3, reason="造成较坏影响。")
    # 2 March and forty-five days.
    assert "2026年04月16日前" in world.value("select text from notice where kind = 'sanction'")


def test_nobody_is_reminded_of_what_only_an_officer_no_longer_in_service_could_do(world: World) -> None:
    number = sanctioned(world)
    with world.engine.begin() as connection:
        connection.execute(sa.text("update officer set active = false where login = 'handler'"))
        waiting = waiting_at(connection, instance_of(world, number), "respond")
    assert waiting is not None
    assert waiting.people == ()


def test_a_rectification_of_no_category_counts_all_that_the_unit_handles(world: World) -> None:
    world.grant("instructor", "unit_leader", "traffic")
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="窗口服务态度",
        ground="月度会议决定。",
    )
    planned = {"measures": "开展培训。", "owner": world.officer("handler"), "finish_on": "2026-03-12"}
    world.answer(number, "plan", "instructor", **planned)
    world.answer(number, "rectify", "liaison", done="已开展培训。", proof="培训签到表。")
    world.answer(number, "inspect", "inspector", decision="pass")
    world.register(TITLE)
    world.later(days=95)
    assert world.proceeding(number)["answers"]["check_recurrence"]["after"] == 1


def test_who_took_part_in_a_rectification_does_not_say_whether_it_worked(world: World) -> None:
    world.grant("instructor", "unit_leader", "traffic")
    world.grant("inspector", "liaison", "traffic")
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="窗口服务态度",
        ground="月度会议决定。",
    )
    planned = {"measures": "开展培训。", "owner": world.officer("handler"), "finish_on": "2026-03-12"}
    world.answer(number, "plan", "instructor", **planned)
    world.answer(number, "rectify", "inspector", done="已开展培训。", proof="培训签到表。")
    world.answer(number, "inspect", "inspector2", decision="pass")
    world.later(days=95)
    with pytest.raises(NotPermitted):
        world.answer(number, "conclude", "inspector", decision="effective", reason="没有再发。")
    world.answer(number, "conclude", "inspector2", decision="effective", reason="没有再发。")
