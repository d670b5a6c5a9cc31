"""问责追责 and 专项整改: findings, decisions, appeals, points that expire, and whether a fault came back."""

from datetime import date, timedelta
from typing import Any

import pytest

from engine.casework import commands
from engine.casework.actions import InvalidStep
from engine.casework.errors import NotPermitted
from engine.runtime import NotFound
from tests.journeys.bureau import SHANGHAI, World

FOUND = {
    "decision": "founded",
    "facts": "接件后十天没有到场，也没有联系群众。",
    "consequence": "serious",
    "reason": "事实清楚。",
}
DECIDED = {"sanction": "points", "points": 3, "reason": "造成较坏影响。"}


def opened(world: World) -> str:
    """Open an accountability case by hand, as the inspectorate does; return its number."""
    return commands.open_accountability(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="多次接件不办",
        ground="抽查发现。",
    )


def sanctioned(world: World, **decided: Any) -> str:
    """Bring a case to the officer concerned; return its number."""
    number = opened(world)
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    world.answer(number, "sanction", "leader", **{**DECIDED, **decided})
    return number


def points(world: World) -> list[tuple[int, int, date, bool]]:
    rows = world.rows("select officer_id, points, expires_on, withdrawn_at from point_entry order by id")
    return [(row["officer_id"], row["points"], row["expires_on"], row["withdrawn_at"] is not None) for row in rows]


def test_an_accepted_decision_is_entered_and_expires_after_a_year(world: World) -> None:
    number = sanctioned(world)
    assert points(world) == []
    world.answer(number, "respond", "handler", decision="accept")
    today = world.now().astimezone(SHANGHAI).date()
    assert points(world) == [(world.officer("handler"), 3, today.replace(year=today.year + 1), False)]
    assert world.proceeding(number)["outcome"] == "sanctioned"


def test_silence_until_the_period_ends_is_no_appeal(world: World) -> None:
    number = sanctioned(world)
    world.later(days=29)
    assert points(world) == []
    world.later(days=3)
    assert [entry[1] for entry in points(world)] == [3]
    assert world.proceeding(number)["status"] == "closed"


def test_an_appeal_changes_or_withdraws_the_points(world: World) -> None:
    world.grant("visitor", "legal")
    changed, withdrawn = sanctioned(world), sanctioned(world)
    for number in (changed, withdrawn):
        world.answer(number, "respond", "handler", decision="appeal", reason="当日被抽调执行安保任务。")
    world.answer(changed, "hear_appeal", "visitor", decision="changed", points=1, reason="情况部分属实。")
    world.answer(withdrawn, "hear_appeal", "visitor", decision="withdrawn", reason="确有安保任务，不应追责。")
    assert [entry[1] for entry in points(world)] == [1]
    assert world.proceeding(withdrawn)["outcome"] == "cleared"


def test_an_unfounded_accusation_clears_the_officer_and_tells_them(world: World) -> None:
    number = opened(world)
    found = {**FOUND, "decision": "unfounded", "reason": "调取值班记录，当日已到场处置。"}
    world.answer(number, "find", "inspector", **found, officer=world.officer("handler"))
    assert world.proceeding(number)["outcome"] == "cleared"
    told = world.column("select officer_id from notice where kind = 'cleared' order by officer_id")
    assert list(told) == sorted([world.officer("handler"), world.officer("instructor")])
    assert points(world) == []


def test_only_the_officer_concerned_responds_and_nobody_judges_their_own_case(world: World) -> None:
    number = sanctioned(world)
    for login in ("handler2", "liaison", "inspector"):
        with pytest.raises(NotFound):
            world.answer(number, "respond", login, decision="accept")
    world.grant("handler", "bureau_leader", "traffic")
    second = opened(world)
    world.answer(second, "find", "inspector", **FOUND, officer=world.officer("handler"))
    with pytest.raises(NotPermitted):
        world.answer(second, "sanction", "handler", **DECIDED)


def test_an_inspector_cannot_investigate_themselves_and_points_are_bounded(world: World) -> None:
    number = opened(world)
    with pytest.raises(InvalidStep) as refused:
        world.answer(number, "find", "inspector", **FOUND, officer=world.officer("inspector"))
    assert set(refused.value.fields) == {"officer"}
    world.answer(number, "find", "inspector", **FOUND, officer=world.officer("handler"))
    with pytest.raises(InvalidStep) as refused:
        world.answer(number, "sanction", "leader", **{**DECIDED, "points": 13})
    assert set(refused.value.fields) == {"points"}


def test_a_rectification_is_inspected_watched_and_counted(world: World) -> None:
    world.grant("instructor", "unit_leader", "traffic")
    category = world.value("select id from category where code = 'request.parking'")
    for title in ("人民路小学门口违停严重", "东湖市场南门外夜间乱停车，货车占满便道"):
        world.register(title)
        world.later(days=1)
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="学校周边停车秩序",
        ground="三月以来同类诉求反复出现。",
        category_id=category,
    )
    finish = (world.now() + timedelta(days=10)).astimezone(SHANGHAI).date()
    world.answer(
        number,
        "plan",
        "instructor",
        measures="上下学时段定点执勤。",
        owner=world.officer("handler"),
        finish_on=finish.isoformat(),
    )
    world.answer(number, "rectify", "liaison", done="已定点执勤。", proof="执勤记录第12号。")
    world.answer(number, "inspect", "inspector", decision="again", reason="缺少下午时段的记录。")
    world.answer(number, "rectify", "liaison", done="已补下午时段。", proof="执勤记录第12、13号。")
    world.answer(number, "inspect", "inspector", decision="pass")
    world.later(days=45)
    world.register("凤凰山公交终点站出租车乱停车揽客，行人被挤上机动车道")
    world.later(days=50)
    counted = world.proceeding(number)["answers"]["check_recurrence"]
    assert counted == {"after": 1, "before": 2}
    world.answer(number, "conclude", "inspector", decision="effective", reason="同类诉求减少一半。")
    assert world.proceeding(number)["outcome"] == "effective"


@pytest.mark.parametrize("finish", ["2026-03-02", "2026-05-30"])
def test_a_plan_ends_in_the_future_and_before_it_is_called_late(world: World, finish: str) -> None:
    world.grant("instructor", "unit_leader", "traffic")
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="窗口服务态度",
        ground="月度会议决定。",
    )
    with pytest.raises(InvalidStep) as refused:
        world.answer(
            number,
            "plan",
            "instructor",
            measures="开展窗口服务培训。",
            owner=world.officer("handler"),
            finish_on=finish,
        )
    assert set(refused.value.fields) == {"finish_on"}
    assert world.proceeding(number)["stage"] == "plan"


def test_opening_is_for_the_inspectorate(world: World) -> None:
    with pytest.raises(NotPermitted):
        commands.open_accountability(
            world.engine, world.runtime, world.person("liaison"), unit_id=world.unit("station"), title="x", ground="y"
        )


def test_what_is_late_in_an_investigation_and_a_rectification_is_reported(world: World) -> None:
    world.grant("instructor", "unit_leader", "traffic")
    case = opened(world)
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="窗口服务态度",
        ground="月度会议决定。",
    )
    finish = (world.now() + timedelta(days=10)).astimezone(SHANGHAI).date().isoformat()
    planned = {"measures": "开展窗口服务培训。", "owner": world.officer("handler"), "finish_on": finish}
    world.answer(number, "plan", "instructor", **planned)
    world.later(days=60)
    told = {
        (row["business_key"], row["step"], row["level"])
        for row in world.rows(
            "select i.business_key, e.step, e.details ->> 'level' as level from instance_event e "
            "join instance i on i.id = e.instance_id where e.event = 'escalated'"
        )
    }
    assert told == {
        (case, "find", "bureau_leader"),
        (number, "rectify", "instructor"),
        (number, "rectify", "bureau_leader"),
    }
    world.answer(number, "rectify", "liaison", done="已开展培训。", proof="培训签到表。")
    world.answer(number, "inspect", "inspector", decision="pass")
    world.later(days=95)
    world.answer(number, "conclude", "inspector", decision="again", reason="仍有同类投诉。")
    assert world.proceeding(number)["stage"] == "plan"
