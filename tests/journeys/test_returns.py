"""What goes back: not ours, not good enough, not satisfied, not delivered."""

from datetime import datetime

import pytest

from engine.casework.actions import InvalidStep
from engine.casework.errors import NotPermitted
from engine.runtime import NotFound
from tests.journeys.bureau import SHANGHAI, Refuse, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
EVIDENCE = "该路段属城关派出所辖区，不在大队管辖范围内。"


def test_a_unit_sends_back_with_evidence_and_the_receiver_assigns_another(world: World) -> None:
    number = world.register(TITLE).number
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "sign", "liaison", decision="send_back", evidence="不归我们")
    assert refused.value.fields.keys() == {"evidence"}
    world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    assert world.waiting(number) == ["assign"]
    world.do(number, "assign", "receiver", unit=world.unit("station"), kind="request", severity="ordinary")
    matter = world.matter(number)
    assert matter["handling_unit_id"] == world.unit("station")
    assert matter["judgement"]["corrected"] == {"unit": world.unit("traffic"), "kind": "request"}
    with pytest.raises(NotFound):
        world.do(number, "sign", "liaison")
    world.do(number, "sign", "station_liaison", handler=world.officer("station_handler"))
    assert world.waiting(number) == ["investigate"]
    assert [event for event in world.history(number) if event in {"sent_back", "assigned"}] == ["sent_back", "assigned"]


def test_a_rejected_reply_goes_back_with_points_and_comes_again(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    for step in ("investigate", "dispose", "feed_back"):
        world.do(number, step, "handler")
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "review", "instructor", decision="reject")
    assert refused.value.fields.keys() == {"points"}
    world.do(number, "review", "instructor", decision="reject", points=[{"point": "未说明巡查安排"}])
    assert world.waiting(number) == ["sign"]
    world.to_reply(number)
    assert world.waiting(number) == ["reply"]
    assert world.history(number).count("rejected") == 1


def test_who_handled_the_matter_may_not_review_it(world: World) -> None:
    world.grant("handler", "instructor", "traffic")
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    for step in ("investigate", "dispose", "feed_back"):
        world.do(number, step, "handler")
    with pytest.raises(NotPermitted):
        world.do(number, "review", "handler")
    world.do(number, "review", "instructor")


def test_a_dissatisfied_petitioner_gets_the_matter_reworked(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "visit", "visitor", result="dissatisfied", decision="rework")
    assert refused.value.fields.keys() == {"reason"}
    world.do(number, "visit", "visitor", result="dissatisfied", decision="rework", reason="违停第二天又出现了")
    assert world.waiting(number) == ["sign"]
    assert world.matter(number)["status"] == "open"
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    assert world.do(number, "visit", "visitor").ended
    assert world.matter(number)["satisfaction"] == "satisfied"
    assert len([message for message in world.sent if message.kind == "reply"]) == 2


def test_a_petitioner_is_unreachable_only_after_three_tries(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    with pytest.raises(InvalidStep):
        world.do(number, "visit", "visitor", result="unreachable", attempts=2)
    assert world.do(number, "visit", "visitor", result="unreachable", attempts=3).ended
    assert world.matter(number)["satisfaction"] == "unreachable"


def test_a_reply_that_cannot_be_delivered_comes_back_and_may_take_another_way(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "reply", "receiver", medium="phone")
    assert refused.value.fields.keys() == {"medium"}
    world.do(number, "reply", "receiver")
    world.deliver(Refuse())
    assert world.waiting(number) == ["reply"]
    assert world.matter(number)["replied_at"] is None
    world.do(number, "reply", "receiver", medium="phone")
    world.deliver()
    assert [(message.medium, message.address) for message in world.sent] == [("phone", "13800000001")]
    assert world.waiting(number) == ["visit"]


def test_an_attempt_that_failed_is_tried_again_under_the_same_key(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    with pytest.raises(ConnectionError):
        world.deliver(Refuse(), last=False)
    failed = world.row("select status, attempts, key from dispatch where kind = 'reply'")
    assert (failed["status"], failed["attempts"]) == ("pending", 1)
    assert world.waiting(number) == []
    world.deliver()
    assert [message.key for message in world.sent] == [failed["key"]]
    assert world.waiting(number) == ["visit"]


def test_a_rollback_leaves_the_connection_fit_for_the_next_matter(world: World) -> None:
    """The driver prepares what it sends often, and forgets everything prepared on a connection at a rollback."""
    titles = ("滨河路", "桂香巷", "菜场门口", "医院东门", "采石路", "书院街", "码头旁", "公园北侧")
    for title in titles:
        world.register(f"{title}违停占道")
    with world.engine.connect() as connection:
        connection.exec_driver_sql("select 1")
        connection.rollback()
    assert world.register("中学门口停车秩序混乱").outcome


def test_a_return_after_one_working_day_is_refused_with_what_to_do(world: World) -> None:
    number = world.register(TITLE).number
    world.later(days=2)
    with pytest.raises(InvalidStep, match="不能退回"):
        world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    assert world.waiting(number) == ["sign"]


def test_a_weekend_does_not_use_up_the_time_for_returning(world: World) -> None:
    world.at(datetime(2026, 3, 6, 16, 0, tzinfo=SHANGHAI))  # a Friday
    number = world.register(TITLE).number
    world.at(datetime(2026, 3, 9, 20, 0, tzinfo=SHANGHAI))
    world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    assert world.waiting(number) == ["assign"]


def test_the_third_return_is_settled_by_the_inspectorate_for_good(world: World) -> None:
    number = world.register(TITLE).number
    assigned = {"kind": "request", "severity": "ordinary"}
    for login, unit in (("liaison", "station"), ("station_liaison", "traffic")):
        world.do(number, "sign", login, decision="send_back", evidence=EVIDENCE)
        world.do(number, "assign", "receiver", unit=world.unit(unit), **assigned)
    world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    assert world.waiting(number) == ["settle"]
    assert world.matter(number)["returned"] == 3
    with pytest.raises(InvalidStep) as refused:
        world.do(number, "settle", "inspector", unit=world.unit("traffic"), reason="", **assigned)
    assert set(refused.value.fields) == {"reason"}
    world.do(number, "settle", "inspector", unit=world.unit("traffic"), reason="停车秩序由交警大队主管。", **assigned)
    assert "settled" in world.history(number)
    with pytest.raises(InvalidStep, match="已裁定"):
        world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    world.do(number, "sign", "liaison")
    assert world.waiting(number) == ["investigate"]


def test_the_bureau_leader_sends_a_grave_matter_back_with_points(world: World) -> None:
    number = world.register("群体性违停堵路，停车秩序失控").number
    world.do(number, "sign", "liaison")
    for step in ("investigate", "dispose", "feed_back"):
        world.do(number, step, "handler")
    world.do(number, "approve", "leader", decision="reject", points=[{"point": "未说明如何防止再次聚集"}])
    assert world.waiting(number) == ["sign"]
    assert world.history(number).count("rejected") == 1
