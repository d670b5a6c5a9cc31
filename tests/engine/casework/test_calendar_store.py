from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import calendar_store
from engine.casework.calendar_store import calendar, enter_notice, move_deadlines, preview_notice, seed_calendar, years
from engine.runtime import Moved, Runtime
from rules.calendar_source import parse_notice
from tests.conftest import Clock
from tests.journeys.bureau import SHANGHAI, World

# A notice in which Monday 8 March 2027 is off and Saturday 6 March is worked instead; not what the statute has.
NOTICE = "2027-03-08 休 试验\n2027-03-06 班\n2026-12-27 班 元旦调休\n"


def test_seeding_says_where_each_year_comes_from(engine: sa.Engine, clock: Clock) -> None:
    clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    with engine.begin() as connection:
        assert seed_calendar(connection) == list(range(2018, 2029))
        stored = {year.year: year for year in years(connection)}
        assert [year for year, found in stored.items() if found.status == "provisional"] == [2027, 2028]
        assert all(found.source for found in stored.values())
        assert seed_calendar(connection) == []
        in_force = calendar(connection)
    assert not in_force.is_working(date(2026, 10, 1))
    assert in_force.is_working(date(2026, 9, 20))  # a Sunday worked for the National Day block
    assert in_force.is_provisional(date(2027, 5, 1))


def test_the_calendar_is_read_once_while_it_stays(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        seed_calendar(connection, through=2018)
    with engine.connect() as connection:
        first = calendar(connection)
        assert calendar(connection) is first
        connection.commit()
        assert calendar(connection) is first
    with engine.begin() as connection:
        seed_calendar(connection, through=2019)
        assert calendar(connection) is not first
    with engine.connect() as connection:
        assert date(2019, 1, 1) in calendar(connection).holidays


def due_of(world: World, number: str) -> datetime:
    found: datetime = world.value(
        "select w.due_at from work_item w join matter m on m.instance_id = w.instance_id where m.number = :n", n=number
    )
    return found


@pytest.fixture
def late_winter(world: World) -> tuple[World, str]:
    """A matter that waits to be signed, registered on Friday 5 March 2027 at 9:00; due in one working day."""
    world.at(datetime(2027, 3, 5, 9, tzinfo=SHANGHAI))
    return world, world.register("幸福路乱停车").number


def test_a_notice_is_shown_first_and_changes_nothing(late_winter: tuple[World, str]) -> None:
    world, number = late_winter
    before = due_of(world, number)
    days = parse_notice(NOTICE, 2027)
    moved = preview_notice(world.engine, world.runtime, 2027, days, actor="system")
    assert {one.number for one in moved} == {number}
    assert "sign" in {one.element for one in moved}
    assert all(one.old != one.new for one in moved)
    assert due_of(world, number) == before
    assert world.value("select status from calendar_year where year = 2027") == "provisional"
    same = enter_notice(world.engine, world.runtime, 2027, days, "通知", actor="system", dry_run=True)
    assert same == moved


def test_an_entered_notice_moves_what_it_said_it_would(late_winter: tuple[World, str]) -> None:
    world, number = late_winter
    before = due_of(world, number)
    days = parse_notice(NOTICE, 2027)
    shown = preview_notice(world.engine, world.runtime, 2027, days, actor="system")
    actor = str(world.officer("inspector"))
    moved = enter_notice(world.engine, world.runtime, 2027, days, "国办发明电〔2026〕1号", actor=actor)
    assert moved == shown
    after = due_of(world, number)
    assert (before - after, after) == (timedelta(days=2), datetime(2027, 3, 7, tzinfo=SHANGHAI))
    year = world.row("select * from calendar_year where year = 2027")
    assert (year["status"], year["source"], year["changed_by"], year["unmoved"]) == (
        "official",
        "国办发明电〔2026〕1号",
        actor,
        False,
    )
    assert world.value("select year from holiday where day = '2026-12-27'") == 2027
    assert "due_moved" in world.history(number)
    assert preview_notice(world.engine, world.runtime, 2027, days, actor=actor) == []
    assert move_deadlines(world.engine, world.runtime) == []


class DyingRuntime:
    """A runtime whose process dies at the second case."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.calls = 0

    def recompute_due(self, instance_id: int, **given: Any) -> list[Moved]:
        self.calls += 1
        if self.calls > 1:
            raise SystemExit
        return self.runtime.recompute_due(instance_id, **given)


def test_deadlines_that_a_crash_left_behind_follow_later(late_winter: tuple[World, str]) -> None:
    world, first = late_winter
    second = world.register("楼上邻里纠纷，半夜吵架").number
    before = due_of(world, second)
    with pytest.raises(SystemExit):
        enter_notice(
            world.engine,
            DyingRuntime(world.runtime),
            2027,
            parse_notice(NOTICE, 2027),
            "通知",
            actor="system",
        )
    assert due_of(world, first) < before
    assert due_of(world, second) == before
    assert world.value("select unmoved from calendar_year where year = 2027") is True
    assert {one.number for one in move_deadlines(world.engine, world.runtime)} == {second}
    assert due_of(world, second) == due_of(world, first)
    assert world.value("select count(*) from calendar_year where unmoved") == 0


def test_an_assumed_calendar_is_this_threads_alone(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        seed_calendar(connection, through=2018)
        real = calendar(connection)
        supposed = type(real)({date(2018, 3, 5): "holiday"})
        with calendar_store.assume(supposed):
            assert calendar(connection) is supposed
        assert calendar(connection) is real
