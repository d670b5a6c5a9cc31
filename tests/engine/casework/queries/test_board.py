from datetime import date, datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.casework.queries.board import Board, board
from tests.journeys.bureau import MONDAY, SHANGHAI, World


def look(world: World, login: str = "inspector") -> Board:
    with world.engine.connect() as connection:
        return board(connection, world.person(login))


def lanes(seen: Board) -> dict[str, list[str]]:
    return {lane.level: [card.number for card in lane.cards] for lane in seen.lanes}


@pytest.fixture
def climbing(world: World) -> tuple[World, str]:
    """A matter that nobody signs, three working days on."""
    number = world.register("幸福路乱停车").number
    world.later(days=3)
    return world, number


def test_an_empty_board(world: World) -> None:
    seen = look(world)
    assert set(lanes(seen)) == {"bureau_leader", "inspectorate", "instructor", "reminder"}
    assert seen.lanes[0].level == "bureau_leader"
    assert (seen.figures.open, seen.figures.late, seen.figures.rate) == (0, 0, None)
    assert seen.units == ()
    assert len(seen.days) == 7
    assert seen.days[-1].day == date(2026, 3, 2)
    assert timedelta() <= seen.soon_until - datetime(2026, 3, 2, 15, 0, tzinfo=SHANGHAI) < timedelta(minutes=1)


def test_a_matter_stands_in_the_lane_of_its_highest_level(climbing: tuple[World, str]) -> None:
    world, number = climbing
    levels = [level for _, level, _ in world.escalations(number)]
    assert {"reminder", "instructor", "bureau_leader"} <= set(levels)
    seen = look(world)
    assert lanes(seen) == {"bureau_leader": [number], "inspectorate": [], "instructor": [], "reminder": []}
    (card,) = next(lane.cards for lane in seen.lanes if lane.level == "bureau_leader")
    assert (card.title, card.handling_unit, card.step_name) == ("幸福路乱停车", "交警大队", "签收")
    assert [person["name"] for person in card.told] == ["赵局长"]
    assert card.fired_at > (card.due_at or card.fired_at)
    assert card.may_acknowledge
    assert (seen.figures.open, seen.figures.late) == (1, 1)
    assert [(unit.unit, unit.open, unit.late) for unit in seen.units] == [("交警大队", 1, 1)]
    assert sum(day.late for day in seen.days) == len([level for level in levels if level != "reminder"])
    assert sum(day.new for day in seen.days) == 1


def test_a_card_leaves_when_its_step_is_done(climbing: tuple[World, str]) -> None:
    world, number = climbing
    world.do(number, "sign", "liaison")
    seen = look(world)
    assert all(number not in cards for cards in lanes(seen).values()) or lanes(seen)["bureau_leader"] == []
    assert seen.figures.open == 1


def test_acknowledged_cards_stay_and_say_by_whom(climbing: tuple[World, str]) -> None:
    world, _ = climbing
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("update escalation set acknowledged_at = clock_now(), acknowledged_by = :o, note = '已督促'"),
            {"o": world.officer("leader")},
        )
    (card,) = look(world).lanes[0].cards
    assert (card.acknowledged_by, card.note, card.may_acknowledge) == ("赵局长", "已督促", False)


def test_everyone_sees_their_own_board(climbing: tuple[World, str]) -> None:
    world, number = climbing
    assert lanes(look(world, "instructor"))["bureau_leader"] == [number]
    for login in ("station_instructor", "command_instructor"):
        seen = look(world, login)
        assert not any(lane.cards or lane.total for lane in seen.lanes)
        assert (seen.figures.open, seen.figures.late, seen.units) == (0, 0, ())
        assert sum(day.new + day.late for day in seen.days) == 0
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, unit_id) select id, handling_unit_id from matter"
        )
    hidden = look(world, "instructor")
    assert not any(lane.cards or lane.total for lane in hidden.lanes)
    assert (hidden.figures.open, sum(day.new + day.late for day in hidden.days)) == (0, 0)


def test_four_figures(world: World) -> None:
    numbers = [
        world.register(title, title * 2).number
        for title in ("幸福路乱停车", "西门外占道违停严重", "菜场后巷长期违停", "学校门口停车秩序混乱")
    ]
    dues = (timedelta(hours=-1), timedelta(hours=2), timedelta(hours=8), timedelta(days=3))
    with world.engine.begin() as connection:
        for number, due in zip(numbers, dues, strict=True):
            connection.execute(
                sa.text(
                    "update work_item w set due_at = :due from matter m "
                    "where m.instance_id = w.instance_id and m.number = :n"
                ),
                {"due": MONDAY + due, "n": number},
            )
        answered = sa.text("update matter set replied_at = :at, due_at = :due where number = :n")
        day = timedelta(days=1)
        for number, at, due in (
            (numbers[0], MONDAY - timedelta(minutes=30), MONDAY + day),  # this week, in time
            (numbers[1], MONDAY - timedelta(minutes=30), MONDAY - day),  # this week, late
            (numbers[2], MONDAY - 3 * day, MONDAY),  # last week
        ):
            connection.execute(answered, {"at": at, "due": due, "n": number})
        connection.execute(answered, {"at": None, "due": MONDAY - day, "n": numbers[3]})
    figures = look(world).figures
    assert figures.open == 4
    assert (figures.on_time, figures.answered, figures.rate) == (1, 2, 0.5)
    # Late: the first by its step, the last by its own deadline; the second's own no longer counts. Soon: until 15:00.
    assert (figures.late, figures.soon) == (2, 1)
