from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from engine.casework import commands
from engine.casework.queries.periods import day_end, week_end, week_start
from engine.casework.queries.worklist import worklist
from tests.journeys.bureau import MONDAY, SHANGHAI, World


def numbers(world: World, login: str, **filters: object) -> list[str]:
    with world.engine.connect() as connection:
        return [row.number for row in worklist(connection, world.person(login), **filters).rows]  # type: ignore[arg-type]


def counts(world: World, login: str) -> dict[str, int]:
    with world.engine.connect() as connection:
        return dict(worklist(connection, world.person(login)).counts)


def set_due(world: World, number: str, due: datetime | None) -> None:
    with world.engine.begin() as connection:
        connection.execute(
            sa.text(
                "update work_item w set due_at = :due from matter m "
                "where m.instance_id = w.instance_id and m.number = :n"
            ),
            {"due": due, "n": number},
        )


@pytest.fixture
def five(world: World) -> tuple[World, list[str]]:
    """Five matters to be signed: late, due today, due this week, due later, without a deadline. Monday, 9:00."""
    titles = ("路口甲乱停车", "西门外占道违停", "学校门口停车秩序混乱", "菜场后巷长期违停", "医院北侧乱停车")
    found = [
        world.register(title, f"{title}，第{n}件，请整治。", place=title[:2]).number for n, title in enumerate(titles)
    ]
    dues = (
        timedelta(hours=-1),
        timedelta(hours=15),
        timedelta(days=6, hours=15),
        timedelta(days=6, hours=15, seconds=1),
    )
    for number, due in zip(found, dues, strict=False):
        set_due(world, number, MONDAY + due)
    set_due(world, found[4], None)
    return world, found


def test_nearest_deadline_first(five: tuple[World, list[str]]) -> None:
    world, found = five
    assert numbers(world, "liaison") == found


def test_tabs_and_their_counts(five: tuple[World, list[str]]) -> None:
    world, found = five
    assert numbers(world, "liaison", tab="late") == found[:1]
    assert numbers(world, "liaison", tab="today") == found[1:2]
    assert numbers(world, "liaison", tab="week") == found[1:3]
    assert numbers(world, "liaison", tab="unclaimed") == found
    commands.claim(world.runtime, world.person("liaison"), world.item(found[1], "sign"))
    assert numbers(world, "liaison", tab="unclaimed") == [found[0], *found[2:]]
    assert counts(world, "liaison") == {"all": 5, "late": 1, "today": 1, "week": 2, "unclaimed": 4, "done": 0}
    world.do(found[1], "sign", "liaison")
    assert numbers(world, "liaison", tab="done") == [found[1]]
    assert counts(world, "liaison") == {"all": 4, "late": 1, "today": 0, "week": 1, "unclaimed": 4, "done": 1}
    assert numbers(world, "handler") == [found[1]]
    assert numbers(world, "handler2") == []


def test_filters_and_pages(five: tuple[World, list[str]]) -> None:
    world, found = five
    liaison = world.person("liaison")
    with world.engine.connect() as connection:
        page = worklist(connection, liaison, page=2, per_page=2)
        assert ([row.number for row in page.rows], page.total, page.counts["all"]) == (found[2:4], 5, 5)
        assert page.units == ((world.unit("traffic"), "交警大队"),)
        assert [step for step, _ in page.steps] == ["sign"]
        beyond = worklist(connection, liaison, page=9, per_page=2)
        assert (beyond.rows, beyond.total) == ((), 5)
        narrowed = worklist(connection, liaison, text="学校", unit=world.unit("traffic"), step="sign")
        assert [row.number for row in narrowed.rows] == [found[2]]
        assert (narrowed.total, narrowed.counts["all"]) == (1, 5)
        assert worklist(connection, liaison, text=found[3]).total == 1
        assert worklist(connection, liaison, text="100%_").total == 0
        assert worklist(connection, liaison, step="review").total == 0
        assert worklist(connection, liaison, unit=world.unit("station")).total == 0


def test_a_row_has_what_the_list_shows(world: World) -> None:
    number = world.register("幸福路乱停车").number
    with world.engine.connect() as connection:
        (row,) = worklist(connection, world.person("liaison")).rows
    assert row.task_id == world.item(number, "sign")
    assert (row.number, row.title, row.step, row.unit, row.status) == (
        number,
        "幸福路乱停车",
        "sign",
        "交警大队",
        "open",
    )
    assert row.due_at is not None  # type: ignore[union-attr]
    assert row.due_explanation  # type: ignore[union-attr]


def test_nobody_is_offered_a_matter_that_accuses_them(world: World) -> None:
    number = world.register("幸福路乱停车").number
    assert numbers(world, "liaison") == [number]
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, unit_id) select id, handling_unit_id from matter"
        )
    assert numbers(world, "liaison") == []
    assert counts(world, "liaison")["all"] == 0


def test_whoever_is_excluded_is_not_offered_it(world: World) -> None:
    number = world.register("幸福路乱停车").number
    with world.engine.begin() as connection:
        connection.execute(sa.text("update work_item set excluded = :me"), {"me": [str(world.officer("liaison"))]})
    assert numbers(world, "liaison") == []
    assert world.waiting(number) == ["sign"]


def test_the_bureaus_day_and_week() -> None:
    sunday_night = datetime(2026, 3, 8, 23, 59, tzinfo=SHANGHAI)
    assert day_end(sunday_night) == week_end(sunday_night) == datetime(2026, 3, 9, tzinfo=SHANGHAI)
    assert week_start(sunday_night) == datetime(2026, 3, 2, tzinfo=SHANGHAI)
    assert week_start(sunday_night + timedelta(minutes=1)) == datetime(2026, 3, 9, tzinfo=SHANGHAI)
