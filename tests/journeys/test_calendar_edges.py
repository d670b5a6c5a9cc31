"""Every timer of every process that begins at an awkward moment ends when a calendar and a finger say so."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from lxml import etree

from engine.casework import commands
from engine.casework.actions import InvalidStep
from tests.conftest import REPOSITORY
from tests.journeys.bureau import SHANGHAI, World
from tests.journeys.hand_dates import BEGINNINGS, ENDS, moment
from tests.journeys.test_every_timer import (
    EVIDENCE,
    GRAVE,
    OUTSIDE,
    accepting,
    approving,
    assigning,
    handing_on,
    handling,
    replying,
    reviewing,
    settling,
    visiting,
)
from tests.journeys.test_every_timer import TITLE as PARKING

A_SECOND = timedelta(seconds=1)
BPMN = "{http://www.omg.org/spec/BPMN/20100524/MODEL}"


@dataclass(frozen=True)
class Stage:
    """How to get to where timers run, the process they stand in, and the limit of each as the tables have it."""

    reach: Callable[[World], str]
    process: str
    limits: dict[str, str]


def signing(world: World) -> str:
    return world.register(PARKING).number


def petition(world: World) -> str:
    return world.register(PARKING, channel="visits").number


def petition_vague(world: World) -> str:
    return world.register("有件事情想请你们帮忙看看", channel="visits").number


def petition_reviewing(world: World) -> str:
    number = petition(world)
    world.do(number, "sign", "liaison")
    for step in ("investigate", "dispose", "feed_back"):
        world.do(number, step, "handler")
    return number


def transfer(world: World) -> str:
    world.do(world.register(OUTSIDE).number, "hand_on", "receiver")
    return str(world.proceedings("transfer")[0]["number"])


def supervision(world: World) -> str:
    number = world.register(GRAVE).number
    return commands.supervise(
        world.engine, world.runtime, world.person("inspector"), number, level="order", ground="群众多次来电催问。"
    )


def answered(world: World) -> str:
    number = supervision(world)
    world.answer(
        number,
        "answer",
        "liaison",
        cause="workload",
        explanation="警力集中在车站，尚未到现场。",
        measures="已调整两名民警今天到场。",
        finish_on=(world.now() + timedelta(days=3)).astimezone(SHANGHAI).date().isoformat(),
    )
    return number


def accusation(world: World) -> str:
    return commands.open_accountability(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="多次接件不办",
        ground="抽查发现。",
    )


def decided(world: World) -> str:
    number = accusation(world)
    world.answer(
        number,
        "find",
        "inspector",
        decision="founded",
        facts="接件后十天没有到场。",
        consequence="serious",
        reason="事实清楚。",
        officer=world.officer("handler"),
    )
    world.answer(number, "sanction", "leader", sanction="points", points=3, reason="造成较坏影响。")
    return number


def rectifying(world: World) -> str:
    world.grant("instructor", "unit_leader", "traffic")
    number = commands.open_rectification(
        world.engine,
        world.runtime,
        world.person("inspector"),
        unit_id=world.unit("traffic"),
        title="学校周边停车秩序",
        ground="三月以来同类诉求反复出现。",
    )
    world.answer(
        number,
        "plan",
        "instructor",
        measures="上下学时段定点执勤。",
        owner=world.officer("handler"),
        finish_on=(world.now() + timedelta(days=10)).astimezone(SHANGHAI).date().isoformat(),
    )
    return number


def watched(world: World) -> str:
    number = rectifying(world)
    world.answer(number, "rectify", "liaison", done="已定点执勤。", proof="执勤记录第12号。")
    world.answer(number, "inspect", "inspector", decision="pass")
    return number


ACCEPT = {"reminder": "2工作小时", "late": "4工作小时", "overdue": "1工作日"}
STAGES = {
    "accept": Stage(accepting, "matter", {f"accept_{rung}": limit for rung, limit in ACCEPT.items()}),
    "assign": Stage(assigning, "matter", {f"assign_{rung}": limit for rung, limit in ACCEPT.items()}),
    "hand_on": Stage(handing_on, "matter", {f"hand_on_{rung}": limit for rung, limit in ACCEPT.items()}),
    "sign": Stage(
        signing, "handling", {"sign_reminder": "4工作小时", "sign_late": "1工作日", "sign_overdue": "2工作日"}
    ),
    "handling": Stage(
        handling,
        "matter",
        {"handling_reminder": "2工作日", "handling_late": "3工作日", "handling_overdue": "4工作日"},
    ),
    "settle": Stage(settling, "matter", {"settle_late": "4工作小时"}),
    "review": Stage(reviewing, "matter", {"review_reminder": "4工作小时", "review_late": "1工作日"}),
    "approve": Stage(approving, "matter", {"approve_reminder": "1工作日", "approve_late": "2工作日"}),
    "reply": Stage(
        replying, "matter", {"reply_reminder": "4工作小时", "reply_late": "1工作日", "reply_overdue": "2工作日"}
    ),
    "visit": Stage(visiting, "matter", {"visit_reminder": "2工作日"}),
    "petition accept": Stage(
        petition_vague,
        "matter",
        {"accept_reminder": "3工作日", "accept_late": "5工作日", "accept_overdue": "15日"},
    ),
    "petition handling": Stage(
        petition, "matter", {"handling_reminder": "35日", "handling_late": "45日", "handling_overdue": "50日"}
    ),
    "petition review": Stage(petition_reviewing, "matter", {"review_reminder": "2工作日", "review_late": "3工作日"}),
    "transfer": Stage(
        transfer,
        "external_transfer",
        {"confirm_reminder": "3工作日", "confirm_late": "5工作日", "confirm_overdue": "10工作日"},
    ),
    "supervision": Stage(
        supervision,
        "supervision",
        {"answer_reminder": "4工作小时", "answer_late": "1工作日", "answer_overdue": "2工作日"},
    ),
    "adjudge": Stage(answered, "supervision", {"adjudge_late": "1工作日"}),
    "find": Stage(accusation, "accountability", {"find_late": "10工作日"}),
    "respond": Stage(decided, "accountability", {"respond_expired": "30日"}),
    "rectify": Stage(rectifying, "rectification", {"rectify_late": "20工作日", "rectify_overdue": "25工作日"}),
    "observation": Stage(watched, "rectification", {"observation": "3个月"}),
}


def waiting(world: World, key: str, process: str) -> dict[str, datetime]:
    """Return when each timer of the process that runs for a matter or a proceeding is due, to the minute."""
    rows = world.rows(
        "select t.element, t.due_at from timer t join instance i on i.id = t.instance_id "
        "where i.business_key = :key and t.process_key = :process",
        key=key,
        process=process,
    )
    return {row["element"]: row["due_at"].astimezone(SHANGHAI).replace(second=0, microsecond=0) for row in rows}


def fired(world: World, key: str, element: str) -> int:
    return int(
        world.value(
            "select count(*) from fire f join instance i on i.id = f.instance_id "
            "where i.business_key = :key and f.element = :element",
            key=key,
            element=element,
        )
    )


def test_every_timer_of_every_diagram_stands_in_the_table() -> None:
    """A new timer needs a stage above in which it runs, with its limit."""
    drawn = set()
    for path in sorted((REPOSITORY / "processes").glob("*.bpmn")):
        for definition in etree.parse(path).iter(f"{BPMN}timerEventDefinition"):
            event = definition.getparent()
            process = next(event.iterancestors(f"{BPMN}process"))
            drawn.add((process.get("id"), event.get("id")))
    assert drawn == {(stage.process, element) for stage in STAGES.values() for element in stage.limits}


@pytest.mark.parametrize("beginning", BEGINNINGS)
@pytest.mark.parametrize("stage", STAGES)
def test_a_timer_ends_on_the_day_that_is_counted_by_hand(world: World, stage: str, beginning: str) -> None:
    world.at(moment(BEGINNINGS[beginning]))
    case = STAGES[stage]
    key = case.reach(world)
    expected = {element: moment(ENDS[beginning][limit]) for element, limit in case.limits.items()}
    found = waiting(world, key, case.process)
    assert {element: found.get(element) for element in expected} == expected
    for element, due in sorted(expected.items(), key=lambda pair: pair[1]):
        world.at(due - A_SECOND)
        world.tick()
        assert fired(world, key, element) == 0, element
        world.at(due + timedelta(minutes=1))  # a limit in hours began some seconds after the full minute
        world.tick()
        assert fired(world, key, element) == 1, element


HANDLING = {"handling_reminder", "handling_late", "handling_overdue"}


def running(world: World, number: str) -> dict[str, datetime]:
    found = waiting(world, number, "matter")
    return {element: due for element, due in found.items() if element in HANDLING}


def test_an_extension_before_the_spring_festival_counts_on_behind_it(world: World) -> None:
    """Five working days behind 11, 12 and 13 February: Friday, worked Saturday, then the 24th and the days after it."""
    world.at(moment("2026-02-09 09:00"))
    number = handling(world)
    assert running(world, number) == {
        "handling_reminder": moment("2026-02-11 24:00"),
        "handling_late": moment("2026-02-12 24:00"),
        "handling_overdue": moment("2026-02-13 24:00"),
    }
    world.at(moment("2026-02-11 10:00"))
    commands.extend(
        world.engine, world.runtime, world.person("instructor"), number, "5工作日", reason="涉及三家单位，情况复杂"
    )
    assert running(world, number) == {
        "handling_reminder": moment("2026-02-25 24:00"),
        "handling_late": moment("2026-02-26 24:00"),
        "handling_overdue": moment("2026-02-27 24:00"),
    }
    assert world.matter(number)["due_at"] == moment("2026-02-28 24:00")
    world.at(moment("2026-02-25 23:59"))
    world.tick()
    assert [step for step, _, _ in world.escalations(number) if step == "handling"] == []
    world.at(moment("2026-02-26 24:00"))
    world.tick()
    assert [rung for step, rung, _ in world.escalations(number) if step == "handling"] == ["reminder", "instructor"]


def test_a_pause_across_the_spring_festival_takes_nothing_away(world: World) -> None:
    """Two working days were left behind Friday the 13th; they follow the day on which counting goes on."""
    world.at(moment("2026-02-12 09:00"))
    number = handling(world)
    assert running(world, number)["handling_late"] == moment("2026-02-24 24:00")
    world.at(moment("2026-02-13 10:00"))
    who = world.person("instructor")
    commands.pause_clock(world.engine, world.runtime, who, number, reason="等待鉴定结论")
    world.at(moment("2026-02-24 15:00"))
    world.tick()
    assert world.escalations(number) == []
    commands.resume_clock(world.engine, world.runtime, who, number, reason="鉴定结论已经收到")
    assert running(world, number) == {
        "handling_reminder": moment("2026-02-25 24:00"),
        "handling_late": moment("2026-02-26 24:00"),
        "handling_overdue": moment("2026-02-27 24:00"),
    }


@pytest.mark.parametrize(
    ("registered", "last", "too_late"),
    [
        ("2026-03-06 20:00", "2026-03-09 23:59", "2026-03-09 24:01"),
        ("2026-02-14 16:00", "2026-02-24 23:59", "2026-02-24 24:01"),
        ("2026-02-28 09:00", "2026-03-02 23:59", "2026-03-02 24:01"),
    ],
)
def test_a_return_is_in_time_until_the_end_of_the_next_working_day(
    world: World, registered: str, last: str, too_late: str
) -> None:
    world.at(moment(registered))
    in_time = signing(world)
    late = world.register("东湖市场南门外夜间乱停车，货车占满便道").number
    world.at(moment(last))
    world.do(in_time, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    assert world.waiting(in_time) == ["assign"]
    world.at(moment(too_late))
    with pytest.raises(InvalidStep):
        world.do(late, "sign", "liaison", decision="send_back", evidence=EVIDENCE)


def test_what_was_sent_back_on_monday_evening_has_its_limits_anew(world: World) -> None:
    """Twenty minutes of Monday's office hours, then three and a half on Tuesday morning and ten minutes after noon."""
    world.at(moment("2026-03-06 20:00"))
    number = signing(world)
    world.at(moment("2026-03-09 17:10"))
    world.do(number, "sign", "liaison", decision="send_back", evidence=EVIDENCE)
    world.do(number, "assign", "receiver", unit=world.unit("station"), kind="request", severity="ordinary")
    assert waiting(world, number, "handling") == {
        "sign_reminder": moment("2026-03-10 14:10"),
        "sign_late": moment("2026-03-10 24:00"),
        "sign_overdue": moment("2026-03-11 24:00"),
    }
