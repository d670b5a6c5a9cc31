import pytest
import sqlalchemy as sa

from engine.casework import history
from engine.casework.errors import NotPermitted
from engine.casework.petitioners import PetitionerFacts, mask_address, mask_name, mask_number
from engine.casework.queries.matter import matter_detail, reveal_petitioner
from engine.runtime import NotFound
from tests.journeys.bureau import World

PERSON = PetitionerFacts(
    name="欧阳女士", phone="13812345678", identity_number="11010519491231002X", address="城关镇幸福路一号院二单元"
)


@pytest.fixture
def signed(world: World) -> tuple[World, str]:
    number = world.register(
        "幸福路乱停车", "幸福路两侧停车秩序混乱，请整治。", petitioner=PERSON, channel_number="GD-1"
    ).number
    world.do(number, "sign", "liaison")
    return world, number


def test_a_matter_with_everything_around_it(signed: tuple[World, str]) -> None:
    world, number = signed
    world.do(number, "investigate", "handler")
    with world.engine.connect() as connection:
        detail = matter_detail(connection, world.person("handler"), number)
    matter = detail.matter
    assert (matter.number, matter.channel.name, matter.channel_number) == (number, "12345政府服务平台", "GD-1")
    assert matter.handling_unit is not None
    assert (matter.handling_unit.name, matter.receiving_unit.name) == ("交警大队", "指挥中心")
    assert matter.handler is not None
    assert (matter.handler.name, matter.registered_by, matter.stage) == ("张承办", "系统", "dispose")
    assert matter.deployment_version == 1
    assert matter.due_at is not None
    assert matter.due_explanation
    events = [entry.event for entry in detail.history]
    assert events[0] == "registered"
    assert {"judged", "signed", "investigated"} <= set(events)
    assert [entry.sequence for entry in detail.history] == list(range(1, len(events) + 1))
    assert [contact.officer for contact in detail.contacts] == ["张承办"]
    (item,) = detail.items
    assert (item.step, item.who, item.mine, item.offered) == ("dispose", "张承办", True, True)
    assert item.task_id == world.item(number, "dispose")
    assert [(step.step, step.finished_by) for step in detail.finished] == [
        ("sign", "李专管"),
        ("investigate", "张承办"),
    ]
    assert detail.timers
    assert detail.timers == tuple(sorted(detail.timers, key=lambda timer: timer.due_at))
    handling = detail.progress["handling"]
    assert (handling.active, handling.late) == (("dispose",), ())
    assert {"sign", "investigate"} <= set(handling.done)
    assert "dispose" not in handling.done
    assert detail.progress["matter"].visited["judge"] == 1


def test_late_steps_are_marked(signed: tuple[World, str]) -> None:
    world, number = signed
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update work_item set due_at = clock_now() - interval '1 hour'")
        detail = matter_detail(connection, world.person("liaison"), number)
    assert detail.progress["handling"].late == ("investigate",)
    assert (detail.items[0].mine, detail.items[0].offered) == (False, False)


def test_candidates_are_named_with_their_unit(world: World) -> None:
    number = world.register("幸福路乱停车").number
    with world.engine.connect() as connection:
        (item,) = matter_detail(connection, world.person("liaison"), number).items
        assert (item.who, item.mine, item.offered) == ("交警大队专管员", False, True)
        (item,) = matter_detail(connection, world.person("receiver"), number).items
        assert (item.mine, item.offered) == (False, False)


def test_the_petitioner_is_masked_until_somebody_asks(signed: tuple[World, str]) -> None:
    world, number = signed
    with world.engine.connect() as connection:
        for login, may in (("handler", True), ("visitor", True), ("inspector", True), ("leader", True)):
            seen = matter_detail(connection, world.person(login), number).matter.petitioner
            assert (seen.name, seen.phone, seen.identity_number) == ("欧**", "138****5678", "110105**********2X")
            assert "一号院" not in seen.address
            assert (seen.revealed, seen.may_reveal) == (False, may)


def test_looking_at_the_petitioner_leaves_a_trace(signed: tuple[World, str]) -> None:
    world, number = signed
    with world.engine.begin() as connection:
        seen = reveal_petitioner(connection, world.person("handler"), number)
    assert (seen.name, seen.phone, seen.identity_number, seen.address, seen.revealed) == (
        PERSON.name,
        PERSON.phone,
        PERSON.identity_number,
        PERSON.address,
        True,
    )
    with world.engine.connect() as connection:
        last = matter_detail(connection, world.person("handler"), number).history[-1]
        assert (last.event, last.actor_name) == ("viewed", "张承办")
        assert PERSON.phone not in str(last.details)
        assert history.verify(connection) == []


def test_whoever_need_not_know_the_petitioner_is_told_so(signed: tuple[World, str]) -> None:
    world, number = signed
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update holding set role = 'legal', unit_id = null where role = 'visitor'")
    with world.engine.begin() as connection:
        before = len(world.history(number))
        with pytest.raises(NotPermitted):
            reveal_petitioner(connection, world.person("visitor"), number)
        with pytest.raises(NotFound):
            reveal_petitioner(connection, world.person("station_handler"), number)
    assert len(world.history(number)) == before


def test_unknown_and_forbidden_are_the_same(signed: tuple[World, str]) -> None:
    world, number = signed
    with world.engine.connect() as connection:
        messages = set()
        for asked in (number, "MY1999-000001", "x' or '1'='1"):
            with pytest.raises(NotFound) as refused:
                matter_detail(connection, world.person("station_handler"), asked)
            messages.add(refused.value.message)
        assert len(messages) == 1


def test_linked_matters_only_as_far_as_one_may_know_of_them(world: World) -> None:
    first = world.register("幸福路乱停车", "幸福路两侧停车秩序混乱，请整治。").number
    with world.engine.begin() as connection:
        ids = {first: world.matter(first)["id"]}
        for title in ("西门外占道违停很严重", "菜场后巷长期有人违停"):
            number = world.register(title, title * 3).number
            ids[number] = world.matter(number)["id"]
        second, third = [number for number in ids if number != first]
        link = sa.text("update matter set primary_id = :primary where id = :id")
        connection.execute(link, [{"primary": ids[first], "id": ids[number]} for number in (second, third)])
        person = world.person("receiver")
        assert [(one.number, one.primary) for one in matter_detail(connection, person, second).linked] == [
            (first, True),
            (third, False),
        ]
        assert [(one.number, one.primary) for one in matter_detail(connection, person, first).linked] == [
            (second, False),
            (third, False),
        ]
        accuse = sa.text("insert into matter_accused (matter_id, officer_id) values (:matter, :officer)")
        connection.execute(accuse, {"matter": ids[third], "officer": person.id})
        assert [one.number for one in matter_detail(connection, person, first).linked] == [second]


@pytest.mark.parametrize(
    ("masked", "expected"),
    [
        (mask_name("王芳"), "王*"),
        (mask_name("A00077538"), "A***38"),
        (mask_name("abc"), "***"),
        (mask_name(None), ""),
        (mask_number("110"), "***"),
        (mask_number("1234567"), "*******"),
        (mask_number("13812345678"), "138****5678"),
        (mask_address("幸福路"), "幸***"),
        (mask_address(""), ""),
    ],
)
def test_masks(masked: str, expected: str) -> None:
    assert masked == expected
