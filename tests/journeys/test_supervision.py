"""督查督办: a prompt before a deadline is missed, an order after, and how each ends."""

from datetime import datetime
from typing import Any

import pytest

from engine.casework import commands
from engine.casework.actions import InvalidStep
from engine.casework.errors import NotPermitted
from engine.runtime import NotFound
from tests.journeys.bureau import SHANGHAI, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
GRAVE = "群体性违停堵路，停车秩序失控"
EXPLAINED = {
    "cause": "workload",
    "explanation": "春运期间警力集中在车站，尚未到现场。",
    "measures": "已调整两名民警今天到场。",
    "finish_on": "2026-03-12",
}


def ordered(world: World, title: str = TITLE) -> tuple[str, str]:
    """Let a matter become very late; return its number and that of the order it led to."""
    number = world.register(title).number
    world.do(number, "sign", "liaison")
    world.at(datetime(2026, 3, 20, 9, 0, tzinfo=SHANGHAI))
    world.tick()
    orders = [one for one in world.proceedings("supervision") if one["level"] == "order"]
    assert len(orders) == 1
    return number, orders[0]["number"]


def test_a_late_matter_gets_one_order_that_the_unit_must_answer(world: World) -> None:
    number, order = ordered(world)
    stored = world.proceeding(order)
    assert stored["unit_id"] == world.unit("traffic")
    assert stored["matter_id"] == world.matter(number)["id"]
    assert stored["status"] == "open"
    assert "supervised" in world.history(number)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.answer(order, "adjudge", "inspector", decision="lift", reason="说明属实，措施得当。")
    ended = world.proceeding(order)
    assert (ended["status"], ended["outcome"], ended["reason"]) == ("closed", "lifted", "说明属实，措施得当。")
    assert "supervision_ended" in world.history(number)


def test_a_grave_matter_is_prompted_before_its_deadline_an_ordinary_one_is_not(world: World) -> None:
    ordinary, grave = world.register(TITLE).number, world.register(GRAVE).number
    for number in (ordinary, grave):
        world.do(number, "sign", "liaison")
    due = world.matter(grave)["due_at"]
    world.at(datetime(2026, 3, 16, 9, 0, tzinfo=SHANGHAI))
    assert world.now() < due
    world.tick()
    prompts = [one for one in world.proceedings("supervision") if one["level"] == "prompt"]
    assert [one["matter_id"] for one in prompts] == [world.matter(grave)["id"]]


def test_the_same_step_is_not_supervised_twice_while_it_is_open(world: World) -> None:
    number, order = ordered(world, GRAVE)
    world.later(days=20)
    orders = [one["number"] for one in world.proceedings("supervision") if one["level"] == "order"]
    assert orders == [order]
    assert world.waiting(number) == ["investigate"]


def test_an_answer_goes_back_to_the_leader_and_on_to_accountability(world: World) -> None:
    number, order = ordered(world)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.answer(order, "adjudge", "inspector", decision="again", points="没有说明为何十天没有到场。")
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.answer(order, "adjudge", "inspector", decision="raise", reason="两次说明都没有讲清原因。")
    world.answer(order, "instruct", "leader", decision="account", reason="严肃处理。")
    assert world.proceeding(order)["outcome"] == "accountability"
    case = world.proceedings("accountability")[0]
    assert case["parent_id"] == world.proceeding(order)["id"]
    assert case["ground"] == "严肃处理。"
    assert world.waiting(number) == ["investigate"]


def test_an_unanswered_order_climbs_to_the_instructor_and_the_bureau_leader(world: World) -> None:
    number, order = ordered(world)
    world.later(days=6)
    climbed = {(step, level) for step, level, _ in world.escalations(number) if step == "answer"}
    assert climbed == {("answer", "reminder"), ("answer", "instructor"), ("answer", "bureau_leader")}
    assert world.proceeding(order)["stage"] == "answer"


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"decision": "lift", "reason": ""}, "reason"),
        ({"decision": "again"}, "points"),
        ({"decision": "whatever", "reason": "理由足够长了"}, "decision"),
    ],
)
def test_an_adjudgement_says_why(world: World, answers: dict[str, Any], field: str) -> None:
    _, order = ordered(world)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    with pytest.raises(InvalidStep) as refused:
        world.answer(order, "adjudge", "inspector", **answers)
    assert set(refused.value.fields) == {field}
    assert world.proceeding(order)["stage"] == "adjudge"


def test_whoever_answered_does_not_adjudge(world: World) -> None:
    _, order = ordered(world)
    world.grant("inspector", "liaison", "traffic")
    world.answer(order, "answer", "inspector", **EXPLAINED)
    with pytest.raises(NotPermitted):
        world.answer(order, "adjudge", "inspector", decision="lift", reason="说明属实，措施得当。")
    world.answer(order, "adjudge", "inspector2", decision="lift", reason="说明属实，措施得当。")


def test_other_units_cannot_answer(world: World) -> None:
    _, order = ordered(world)
    with pytest.raises(NotFound):
        world.answer(order, "answer", "station_liaison", **EXPLAINED)


def test_an_order_of_the_inspectorates_own_is_put_before_the_leader_who_may_ask_again_and_lift(world: World) -> None:
    number = world.register(TITLE).number
    order = commands.supervise(
        world.engine, world.runtime, world.person("inspector"), number, level="prompt", ground="群众连续来电。"
    )
    for decision in ("again", "lift"):
        world.answer(order, "answer", "liaison", **EXPLAINED)
        world.answer(order, "adjudge", "inspector", decision="raise", reason="请局领导把关。")
        world.answer(order, "instruct", "leader", decision=decision, reason="同意。")
    assert world.proceeding(order)["outcome"] == "lifted"


def test_an_adjudgement_that_is_put_off_is_told_to_the_inspectorate(world: World) -> None:
    number, order = ordered(world)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.later(days=7)
    assert ("adjudge", "inspectorate", ["周督察", "邹督察"]) in world.escalations(number)
    assert world.proceeding(order)["stage"] == "adjudge"


def test_the_inspectorate_passes_an_order_on_to_accountability(world: World) -> None:
    _, order = ordered(world)
    world.answer(order, "answer", "liaison", **EXPLAINED)
    world.answer(order, "adjudge", "inspector", decision="account", reason="多次提示仍不办理。")
    (case,) = world.proceedings("accountability")
    assert case["stage"] == "find"
