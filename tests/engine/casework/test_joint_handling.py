"""Several units handle one matter together: each is asked by itself, and sees the matter from then until it closes."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import commands
from engine.casework.models import Matter
from engine.casework.permissions import TABLE, may, visible
from engine.casework.queries.matter import matter_detail
from engine.casework.queries.worklist import worklist
from engine.runtime import CannotAdvance, NotFound, deployments
from tests.engine.runtime.diagrams import Diagram
from tests.journeys.bureau import World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
FORM = json.dumps(
    {"type": "default", "components": [{"type": "checkbox", "id": "f", "key": "agreed", "label": "同意"}]}
).encode()


def joint(units: str) -> Diagram:
    """Draw a matter in which three units are asked; two opinions are enough."""
    return (
        Diagram("matter").start().user("opinion", {"unit": "${unit}"}, candidateGroups="liaison")
        .user("sum_up", candidateGroups="liaison").end().chain("start", "opinion", "sum_up", "end")
        .many("opinion", units, "unit", until="${nrOfCompletedInstances >= 2}")
    )  # fmt: skip


def deploy(world: World, units: str) -> None:
    store(world, joint(units), "opinion", "sum_up")


def store(world: World, diagram: Diagram, *forms: str) -> None:
    content = {"processes/matter.bpmn": diagram.xml()} | {f"forms/{name}.form": FORM for name in forms}
    with world.engine.begin() as connection:
        deployments.store(connection, content, "tester", "")


def begun(world: World, *codes: str, **given: Any) -> str:
    deploy(world, f"${{{[world.unit(code) for code in codes]}}}")
    return world.register(TITLE, handling_unit_id=world.unit("traffic"), **given).number


def offered(world: World) -> dict[str, str]:
    """Return candidate string to task id of what waits."""
    rows = world.rows("select replace(task_id::text, '-', '') as id, candidates from work_item")
    return {row["candidates"][0]: row["id"] for row in rows}


def answer(world: World, task: str, login: str) -> None:
    commands.complete(world.runtime, world.person(login), task, {"agreed": True}, key=f"{task}/{login}")


def sees(world: World, login: str, number: str) -> bool:
    person = world.person(login)
    with world.engine.connect() as connection:
        found = connection.execute(sa.select(Matter.id).where(Matter.number == number, visible(person))).scalar()
        if found is None:
            with pytest.raises(NotFound):
                matter_detail(connection, person, number)
            return False
        return matter_detail(connection, person, number).matter.number == number


def test_each_unit_is_asked_by_itself_and_two_answers_are_enough(world: World) -> None:
    number = begun(world, "traffic", "station", "inspectorate")
    tasks = offered(world)
    assert set(tasks) == {f"liaison@{world.unit(code)}" for code in ("traffic", "station", "inspectorate")}
    answer(world, tasks[f"liaison@{world.unit('station')}"], "station_liaison")
    assert world.waiting(number) == ["opinion", "opinion"]
    answer(world, tasks[f"liaison@{world.unit('traffic')}"], "liaison")
    assert world.waiting(number) == ["sum_up"]
    assert offered(world).keys() == {f"liaison@{world.unit('traffic')}"}
    withdrawn = world.column("select replace(task_id::text, '-', '') from finished_item where withdrawn")
    assert withdrawn == [tasks[f"liaison@{world.unit('inspectorate')}"]]
    with world.runtime.transaction(world.value("select id from instance"), actor="system") as transaction:
        assert transaction.data["opinion"] == [{"agreed": True}, {"agreed": True}]


def test_no_unit_may_answer_for_another(world: World) -> None:
    begun(world, "traffic", "station")
    task = offered(world)[f"liaison@{world.unit('station')}"]
    with pytest.raises(NotFound):
        answer(world, task, "liaison")
    answer(world, task, "station_liaison")


def test_who_is_asked_sees_the_matter_while_asked(world: World) -> None:
    number = begun(world, "traffic", "station", "inspectorate")
    # The handling unit's station is no party to the matter but for being asked; its handler and instructor are not.
    assert sees(world, "station_liaison", number)
    assert not sees(world, "station_handler", number)
    assert not sees(world, "station_instructor", number)
    person = world.person("station_liaison")
    with world.engine.connect() as connection:
        listed = worklist(connection, person)
        assert [row.number for row in listed.rows] == [number]
        matter_id = world.value("select id from matter")
        assert not any(may(connection, person, action, matter_id) for action in ("view_personal", "comment", "assign"))
        shown = matter_detail(connection, person, number).matter.petitioner
        assert not shown.may_reveal
        assert "13800000001" not in str(shown)


def test_who_has_answered_sees_the_matter_until_it_is_closed_and_may_do_nothing_there(world: World) -> None:
    number = begun(world, "traffic", "station", "inspectorate")
    answer(world, offered(world)[f"liaison@{world.unit('station')}"], "station_liaison")
    assert sees(world, "station_liaison", number)
    person = world.person("station_liaison")
    with world.engine.connect() as connection:
        detail = matter_detail(connection, person, number)
        assert not any(item.offered or item.mine for item in detail.items)
        assert [row.number for row in worklist(connection, person, tab="done").rows] == [number]
        matter_id = world.value("select id from matter")
        assert not any(may(connection, person, action, matter_id) for action in TABLE if action != "view")
    assert not sees(world, "station_handler", number), "only the role that was asked"
    answer(world, offered(world)[f"liaison@{world.unit('traffic')}"], "liaison")
    assert world.waiting(number) == ["sum_up"]
    assert sees(world, "station_liaison", number), "nobody needs a third answer, the matter is still open"
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update matter set status = 'closed', closed_at = clock_now()")
    assert not sees(world, "station_liaison", number)
    assert sees(world, "liaison", number)


def test_a_unit_that_was_asked_and_is_accused_afterwards_sees_nothing_more(world: World) -> None:
    number = begun(world, "traffic", "station", "inspectorate")
    answer(world, offered(world)[f"liaison@{world.unit('station')}"], "station_liaison")
    with world.engine.begin() as connection:
        accuse = "insert into matter_accused (matter_id, unit_id) select id, %(unit)s from matter"
        connection.exec_driver_sql(accuse, {"unit": world.unit("station")})
    assert not sees(world, "station_liaison", number)


def test_an_accused_unit_is_not_asked_and_sees_nothing(world: World) -> None:
    number = begun(world, "traffic", "station", accused_units=(world.unit("station"),))
    assert set(offered(world)) == {f"liaison@{world.unit('traffic')}", "inspector@*"}
    assert not sees(world, "station_liaison", number)
    assert world.rows("select * from matter_asked where candidate = :one", one=f"liaison@{world.unit('station')}") == []
    answer(world, offered(world)["inspector@*"], "inspector")


def test_the_handler_of_the_matter_does_not_handle_for_another_unit(world: World) -> None:
    diagram = (
        Diagram("matter").start().user("first", candidateGroups="liaison")
        .user("opinion", {"unit": "${unit}"}, candidateGroups="handler").end().chain("start", "first", "opinion", "end")
        .many("opinion", f"${{{[world.unit('station'), world.unit('traffic')]}}}", "unit")
    )  # fmt: skip
    store(world, diagram, "first", "opinion")
    number = world.register(TITLE, handling_unit_id=world.unit("traffic")).number
    handler = world.officer("handler")
    world.grant("handler", "handler", "station")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update matter set handler_id = %(id)s", {"id": handler})
    answer(world, world.item(number, "first"), "liaison")
    rows = world.rows("select candidates, assignee from work_item order by created_at, task_id")
    assert [(row["candidates"], row["assignee"]) for row in rows] == [
        ([f"handler@{world.unit('station')}"], None),
        ([f"handler@{world.unit('traffic')}"], str(handler)),
    ]


@pytest.mark.parametrize("units", ["${[999999]}", "${['traffic']}", "${['99999999999999999999']}"])
def test_a_unit_that_is_none_is_refused_in_words(world: World, units: str) -> None:
    deploy(world, units)
    with pytest.raises(CannotAdvance, match="没有这个单位"):
        world.register(TITLE, handling_unit_id=world.unit("traffic"))


def watched(units: str, **limited: str) -> Diagram:
    """Draw the same with a reminder and an escalation for whoever has not answered."""
    return (
        Diagram("matter").start().user("opinion", {"unit": "${unit}"}, candidateGroups="liaison")
        .user("sum_up", candidateGroups="liaison").end().chain("start", "opinion", "sum_up", "end")
        .many("opinion", units, "unit")
        .timer("near", "PT1H", "opinion", interrupting=False)
        .service("remind_them", "remind", step="opinion", **limited).end("reminded")
        .chain("near", "remind_them", "reminded")
        .timer("past", "PT2H", "opinion", interrupting=False)
        .service("escalate_them", "escalate", step="opinion", level="instructor", **limited).end("escalated")
        .chain("past", "escalate_them", "escalated")
    )  # fmt: skip


def told(world: World, level: str) -> set[str]:
    return {
        person["name"]
        for found in world.column("select told from escalation where level = :level", level=level)
        for person in found
    }


def names(world: World, *logins: str) -> set[str]:
    return set(world.column("select name from officer where login = any(:logins)", logins=list(logins)))


def test_reminders_go_to_the_units_that_have_not_answered_and_escalations_to_those_who_answer_for_them(
    world: World,
) -> None:
    store(world, watched(f"${{{[world.unit('traffic'), world.unit('station')]}}}"), "opinion", "sum_up")
    number = world.register(TITLE, handling_unit_id=world.unit("traffic")).number
    world.later(minutes=61)
    assert told(world, "reminder") == names(world, "liaison", "station_liaison")
    answer(world, offered(world)[f"liaison@{world.unit('traffic')}"], "liaison")
    world.later(minutes=61)
    assert told(world, "instructor") == names(world, "station_instructor"), (
        "not the handling unit's, which has answered"
    )
    assert sees(world, "station_instructor", number), "who is told of a delay may look at it"
    assert not sees(world, "station_handler", number)


def test_a_reminder_may_be_limited_to_one_of_the_units(world: World) -> None:
    units = f"${{{[world.unit('traffic'), world.unit('station')]}}}"
    store(world, watched(units, unit=str(world.unit("station"))), "opinion", "sum_up")
    world.register(TITLE, handling_unit_id=world.unit("traffic"))
    world.later(minutes=61)
    assert told(world, "reminder") == names(world, "station_liaison")
    world.later(minutes=61)
    assert told(world, "instructor") == names(world, "station_instructor")


def test_when_who_holds_a_step_has_left_all_who_may_take_it_are_reminded(world: World) -> None:
    store(world, watched(f"${{{[world.unit('station')]}}}"), "opinion", "sum_up")
    world.register(TITLE, handling_unit_id=world.unit("traffic"))
    world.grant("station_handler", "liaison", "station")
    task = offered(world)[f"liaison@{world.unit('station')}"]
    commands.claim(world.runtime, world.person("station_handler"), task)
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false where login = 'station_handler'")
    world.later(minutes=61)
    assert told(world, "reminder") == names(world, "station_liaison")
