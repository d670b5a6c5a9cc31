"""The bureau as the runtime's host: deadlines on its calendar, offers by its units, history of what happened."""

from datetime import UTC, datetime

import pytest

from engine.casework.roles import ROLES
from tests.journeys.bureau import SHANGHAI, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"


@pytest.mark.parametrize(
    ("value", "start", "at"),
    [
        # 30 September 2026 is the eve of the National Day week, with a make-up Saturday on 10 October.
        ("1工作日", datetime(2026, 9, 30, 9, tzinfo=SHANGHAI), datetime(2026, 10, 8, 16, tzinfo=UTC)),
        ("4工作小时", datetime(2026, 3, 2, 16, tzinfo=SHANGHAI), datetime(2026, 3, 3, 3, tzinfo=UTC)),
        ("15日", datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), datetime(2026, 3, 17, 16, tzinfo=UTC)),
        ("3个月", datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), datetime(2026, 6, 2, 16, tzinfo=UTC)),
        ("2小时", datetime(2026, 3, 2, 23, 30, tzinfo=SHANGHAI), datetime(2026, 3, 2, 17, 30, tzinfo=UTC)),
        ("2026-03-05T09:00", datetime(2026, 3, 2, 9, tzinfo=SHANGHAI), datetime(2026, 3, 5, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_falls_on_the_stored_calendar(world: World, value: str, start: datetime, at: datetime) -> None:
    with world.engine.connect() as connection:
        assert world.runtime.host.due(connection, value, start).at.astimezone(UTC) == at


@pytest.mark.parametrize("value", ["三天后吧", "", 7, None])
def test_what_is_no_time_is_refused(world: World, value: object) -> None:
    with world.engine.connect() as connection, pytest.raises(ValueError, match=r"."):
        world.runtime.host.due(connection, value, datetime(2026, 3, 2, 9, tzinfo=SHANGHAI))


def test_the_roles_a_diagram_may_name_are_the_bureaus(world: World) -> None:
    assert set(world.runtime.host.groups) == set(ROLES)


def test_roles_are_held_by_officers_in_service(world: World) -> None:
    host = world.runtime.host
    with world.engine.begin() as connection:
        before = set(host.holders(connection))
        assert {"receiver", "handler", "instructor"} <= before <= set(ROLES)
        connection.exec_driver_sql(
            "update officer set active = false where id in (select officer_id from holding where role = 'handler')"
        )
        assert "handler" not in host.holders(connection)


def test_the_host_takes_the_answers_of_steps_with_an_action(world: World) -> None:
    assert {"accept", "sign", "review"} <= set(world.runtime.host.reads)


def test_steps_are_offered_to_the_roles_of_the_matters_units(world: World) -> None:
    number = world.register(TITLE).number
    rows = world.row("select candidates, excluded, assignee from work_item")
    assert rows["candidates"] == [f"liaison@{world.unit('traffic')}"]
    world.do(number, "sign", "liaison")
    rows = world.row("select candidates, assignee from work_item")
    assert rows["candidates"] == [f"handler@{world.unit('traffic')}"]
    assert rows["assignee"] == str(world.officer("handler"))


def test_the_doers_of_the_steps_a_diagram_names_are_excluded(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    excluded = set(world.row("select excluded from work_item")["excluded"])
    doers = {str(world.officer(login)) for login in ("liaison", "handler", "instructor", "receiver")}
    assert excluded == doers


def test_the_stage_of_a_matter_is_the_step_that_waits(world: World) -> None:
    number = world.register(TITLE).number
    assert (world.matter(number)["stage"], world.matter(number)["status"]) == ("sign", "open")
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    assert world.matter(number)["stage"] == "deliver_reply"
    world.deliver()
    assert world.matter(number)["stage"] == "visit"


def test_a_handler_who_left_no_longer_holds_the_next_step(world: World) -> None:
    number = world.register(TITLE).number
    world.do(number, "sign", "liaison")
    world.do(number, "investigate", "handler")
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update officer set active = false where login = 'handler'")
    assert world.row("select assignee from work_item")["assignee"] == str(world.officer("handler"))
    world.hand_over(number, "dispose", "liaison", "handler2")
    world.do(number, "dispose", "handler2")
    assert world.row("select assignee from work_item")["assignee"] == str(world.officer("handler2"))


def test_decisions_are_kept_with_their_rule_and_ground(world: World) -> None:
    world.register(TITLE)
    kept = world.row("select details from history_event where event = 'decided'")["details"]
    assert kept["decision"] == "clocks"
    assert kept["outputs"]["total"] == "5工作日"
    assert kept["outputs"]["basis"].startswith("12345")
    assert kept["matched"]
