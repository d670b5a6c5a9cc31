"""Several units handle one matter together: each is asked by itself, sees the matter while it is, and no longer."""

import json
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import commands
from engine.casework.models import Matter
from engine.casework.permissions import may, visible
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
    answer(world, offered(world)[f"liaison@{world.unit('station')}"], "station_liaison")
    assert not sees(world, "station_liaison", number)
    assert sees(world, "liaison", number)


def test_an_accused_unit_is_not_asked_and_sees_nothing(world: World) -> None:
    number = begun(world, "traffic", "station", accused_units=(world.unit("station"),))
    assert set(offered(world)) == {f"liaison@{world.unit('traffic')}", "inspector@*"}
    assert not sees(world, "station_liaison", number)
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
