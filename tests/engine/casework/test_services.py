"""What service tasks call: judging, reminding, escalating, delivering, closing."""

from datetime import datetime

import pytest

from engine.casework.services import SERVICES, registry
from engine.casework.services.deliver_reply import SERVICE as DELIVER
from engine.runtime import Service
from tests.journeys.bureau import SHANGHAI, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"


def test_the_registry_refuses_two_services_of_one_name() -> None:
    twice = Service("again", lambda _call: {})
    with pytest.raises(ValueError, match="again"):
        registry([twice, twice])


def test_the_registry_refuses_a_name_no_diagram_can_write() -> None:
    with pytest.raises(ValueError, match="not a name"):
        registry([Service("not a name", lambda _call: {})])


def test_the_registry_refuses_a_parameter_that_is_both_needed_and_optional() -> None:
    with pytest.raises(ValueError, match="needed or optional"):
        registry([Service("odd", lambda _call: {}, parameters=("step",), optional=("step",))])


def test_only_the_delivery_is_an_effect() -> None:
    assert [name for name, service in SERVICES.items() if service.effect] == [DELIVER.name]


def test_judging_keeps_the_words_that_decided_and_fills_the_matter_in(world: World) -> None:
    matter = world.matter(world.register(TITLE).number)
    assert matter["handling_unit_id"] == world.unit("traffic")
    assert matter["kind"] == "request"
    assert matter["category_id"] == world.value("select id from category where code = 'request.parking'")
    words = [word for reason in matter["judgement"]["routing"]["reasons"] for word in reason["words"]]
    assert "违停" in words
    assert matter["accepted_at"] is not None


def test_what_was_decided_when_it_was_registered_stands(world: World) -> None:
    station = world.unit("station")
    found = world.register(TITLE, kind="petition", severity="major", handling_unit_id=station)
    matter = world.matter(found.number)
    assert (matter["kind"], matter["severity"], matter["handling_unit_id"]) == ("petition", "major", station)
    assert matter["automatic"] is False
    assert world.waiting(found.number) == ["sign"]


def test_a_unit_nobody_can_sign_for_is_not_pushed_to(world: World) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false where login = 'liaison'")
    assert world.register(TITLE).outcome == "manual"


def test_a_changed_keyword_holds_for_the_next_matter(world: World) -> None:
    assert world.register("河道里有人电鱼").outcome == "manual"
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into keyword (code, kind, words, unit_id, priority) "
            "select 'N1', 'department', '{电鱼}', id, 9 from unit where code = 'station'"
        )
    found = world.register("水库边上电鱼的又来了，天天晚上都有")
    assert found.outcome == "pushed"
    assert world.matter(found.number)["handling_unit_id"] == world.unit("station")


def test_a_limit_that_a_keyword_gives_shortens_the_clock(world: World) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update keyword set clock = '24小时' where code = 'T1'")
    matter = world.matter(world.register(TITLE).number)
    assert (matter["due_at"] - matter["received_at"]).total_seconds() == 24 * 3600


def test_an_open_step_reminds_all_who_may_take_it(world: World) -> None:
    number = world.register("有件事情想请你们帮忙看看").number
    world.at(datetime(2026, 3, 2, 11, 5, tzinfo=SHANGHAI))
    world.tick()
    assert world.escalations(number) == [("accept", "reminder", ["王受理", "汪受理"])]


def test_a_unit_without_an_instructor_is_answered_for_by_the_inspectorate(world: World) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false where login = 'instructor'")
    number = world.register(TITLE).number
    world.at(datetime(2026, 3, 4, 0, 1, tzinfo=SHANGHAI))
    world.tick()
    assert ("sign", "instructor", ["周督察", "邹督察"]) in world.escalations(number)


def test_whom_a_matter_accuses_is_not_told_of_it(world: World) -> None:
    instructor = world.officer("command_instructor")
    number = world.register("有件事情想请你们帮忙看看", accused_officers=(instructor,)).number
    world.later(days=3)
    told = {name for _, _, names in world.escalations(number) for name in names}
    assert "冯教导" not in told
    assert {"周督察", "邹督察"} <= told


def test_the_reply_goes_by_the_channels_medium(world: World) -> None:
    expected = {"12345": "webhook", "mayor": "email", "visits": "letter"}
    titles = {
        "12345": TITLE,
        "mayor": "滨河路两侧长期违停占道，消防车进不来",
        "visits": "菜场门口乱停车，三轮车堵了出口",
    }
    for channel, medium in expected.items():
        number = world.register(titles[channel], channel=channel).number
        world.to_reply(number)
        world.do(number, "reply", "receiver")
        assert world.value("select medium from dispatch where kind = 'reply' order by id desc limit 1") == medium
