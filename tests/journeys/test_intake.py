"""How matters come in: pushed, by hand, repeated, out of scope, accusing."""

import pytest

from engine.casework.actions import InvalidStep
from engine.casework.errors import NotPermitted
from engine.runtime import NotFound
from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
VAGUE = "有件事情想请你们帮忙看看"


def test_what_no_rule_knows_is_accepted_and_assigned_by_hand(world: World) -> None:
    found = world.register(VAGUE)
    number = found.number
    assert found.outcome == "manual"
    world.do(number, "accept", "receiver")
    assert world.matter(number)["accepted_at"] is not None
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "assign", "receiver", kind="request", severity="ordinary")
    assert refused.value.fields.keys() == {"unit"}
    world.do(number, "assign", "receiver", unit=world.unit("traffic"), kind="complaint", severity="ordinary")
    assert world.waiting(number) == ["sign"]
    matter = world.matter(number)
    assert matter["automatic"] is False
    # A complaint through 12345 has fifteen working days, not five: the table was asked again.
    assert matter["due_at"].isoformat() == "2026-03-23T16:00:00+00:00"


def test_a_declined_matter_is_answered_without_a_visit(world: World) -> None:
    number = world.register(VAGUE).number
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "accept", "receiver", decision="not_accepted")
    assert refused.value.fields.keys() == {"ground", "reason"}
    world.do(
        number, "accept", "receiver", decision="not_accepted", ground="unclear", reason="没有具体事实，也无法核实。"
    )
    world.do(number, "reply", "receiver")
    world.deliver()
    matter = world.matter(number)
    assert (matter["status"], matter["outcome"]) == ("closed", "not_accepted")


def test_what_is_not_for_the_police_is_handed_on_and_the_petitioner_told(world: World) -> None:
    found = world.register("小区停水三天了，自来水一直不来")
    number = found.number
    assert found.outcome == "out_of_scope"
    with pytest.raises(InvalidStep):
        world.do(number, "hand_on", "receiver", agency="")
    world.do(number, "hand_on", "receiver")
    assert "市水务局" in world.matter(number)["reply"]
    world.do(number, "reply", "receiver", reply=world.matter(number)["reply"])
    world.deliver()
    assert "市水务局" in world.sent[-1].body
    matter = world.matter(number)
    assert (matter["status"], matter["outcome"]) == ("closed", "handed_on")


def test_what_was_taken_for_another_bodys_can_be_taken_back(world: World) -> None:
    number = world.register("小区停水三天了，自来水一直不来").number
    world.do(number, "hand_on", "receiver", decision="ours", reason="涉嫌盗水，属于公安职责。")
    assert world.waiting(number) == ["assign"]


def test_a_repeat_waits_for_its_primary_and_is_answered_separately(world: World) -> None:
    body = "人民路小学门口每天放学时段违停严重，停车秩序混乱，孩子过马路非常危险，请交警加强管理。"
    first = world.register(TITLE, body)
    second = world.register(TITLE, body, channel="mayor")
    assert (second.outcome, second.primary_number) == ("repeat", first.number)
    assert world.matter(second.number)["status"] == "waiting"
    assert world.waiting(second.number) == []
    world.to_reply(first.number)
    world.do(first.number, "reply", "receiver")
    world.deliver()
    assert world.waiting(second.number) == ["reply"]
    assert world.matter(second.number)["status"] == "open"
    world.do(second.number, "reply", "receiver")
    world.deliver()
    replies = [(message.medium, message.address) for message in world.sent if message.kind == "reply"]
    assert replies == [("webhook", "/12345/replies"), ("email", "mayor@example.test")]
    repeat = world.matter(second.number)
    assert (repeat["status"], repeat["outcome"]) == ("closed", "repeat")


def test_a_repeat_of_an_answered_matter_is_answered_at_once(world: World) -> None:
    body = "人民路小学门口每天放学时段违停严重，停车秩序混乱，孩子过马路非常危险，请交警加强管理。"
    first = world.register(TITLE, body)
    world.to_reply(first.number)
    world.do(first.number, "reply", "receiver")
    world.deliver()
    second = world.register(TITLE, body, channel="mayor")
    assert second.outcome == "repeat"
    assert world.waiting(second.number) == ["reply"]


def test_an_accusation_goes_to_the_inspectorate_and_never_to_the_accused(world: World) -> None:
    found = world.register("投诉交警大队民警态度恶劣", "交警大队的民警态度恶劣，互相推诿，不解决违停问题。")
    matter = world.matter(found.number)
    assert matter["handling_unit_id"] != world.unit("traffic")
    assert world.column("select unit_id from matter_accused where unit_id is not null") == [world.unit("traffic")]
    if found.outcome == "manual":
        world.do(found.number, "accept", "receiver")
        with pytest.raises(InvalidStep) as refused:
            world.do(
                found.number, "assign", "receiver", unit=world.unit("traffic"), kind="complaint", severity="ordinary"
            )
        assert refused.value.fields.keys() == {"unit"}
        unit = world.unit("inspectorate")
        world.do(found.number, "assign", "receiver", unit=unit, kind="complaint", severity="ordinary")
    assert world.waiting(found.number) == ["sign"]
    with pytest.raises(NotFound):
        world.do(found.number, "sign", "liaison")
    world.do(found.number, "sign", "inspector", handler=world.officer("inspector"))
    assert world.waiting(found.number) == ["investigate"]


def test_a_repeat_that_accuses_whoever_has_the_first_one_is_not_left_to_them(world: World) -> None:
    body = "人民路小学门口每天放学时段违停严重，停车秩序混乱，孩子过马路非常危险，请交警加强管理。"
    first = world.register(TITLE, body)
    assert world.matter(first.number)["handling_unit_id"] == world.unit("traffic")
    second = world.register(TITLE, body, channel="mayor", accused_units=(world.unit("traffic"),))
    assert second.outcome != "repeat"
    found = world.matter(second.number)
    assert (found["primary_id"], found["handling_unit_id"]) == (None, None)


def test_a_matter_that_turns_against_its_own_unit_moves_to_the_inspectorate(world: World) -> None:
    number = world.register(TITLE, accused_units=(world.unit("traffic"),)).number
    assert world.matter(number)["handling_unit_id"] is None
    world.do(number, "accept", "receiver")
    assert world.waiting(number) == ["assign"]


def test_a_complaint_cannot_be_disposed_of_without_a_contact(world: World) -> None:
    number = world.register(TITLE, kind="complaint").number
    world.do(number, "sign", "liaison")
    world.do(number, "investigate", "handler", contacts=[])
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "dispose", "handler")
    assert refused.value.fields.keys() == {"contacts"}
    assert world.waiting(number) == ["dispose"]
    contact = {"method": "meeting", "at": "2026-03-02T08:40", "whom": "吴女士", "summary": "当面约谈，解释疏导。"}
    world.do(number, "dispose", "handler", contacts=[contact])
    world.do(number, "feed_back", "handler")
    # A complaint is for the bureau leader to approve.
    assert world.waiting(number) == ["approve"]
    world.do(number, "approve", "leader")
    assert world.waiting(number) == ["reply"]


def test_a_step_is_only_for_whoever_it_was_offered_to(world: World) -> None:
    number = world.register(TITLE).number
    for login in ("receiver", "station_liaison", "instructor", "visitor"):
        with pytest.raises(NotFound):
            world.do(number, "sign", login)
    world.do(number, "sign", "liaison")
    with pytest.raises(NotPermitted):
        world.do(number, "investigate", "handler2")
    assert world.waiting(number) == ["investigate"]


def test_the_handler_must_be_one_of_the_handling_units(world: World) -> None:
    number = world.register(TITLE).number
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "sign", "liaison", handler=world.officer("station_handler"))
    assert refused.value.fields.keys() == {"handler"}
