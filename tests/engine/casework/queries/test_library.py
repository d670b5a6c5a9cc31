from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from engine.casework.queries.library import Filters, matters
from tests.journeys.bureau import MONDAY, World


@pytest.fixture
def four(world: World) -> tuple[World, dict[str, str]]:
    numbers = {
        "parking": world.register("幸福路乱停车", "幸福路两侧乱停车", received_at=MONDAY - timedelta(days=9)).number,
        "noise": world.register("楼上噪音扰民", "半夜里 100% 吵闹", channel="mayor").number,
        "conduct": world.register("投诉城关派出所民警态度恶劣", accused_units=(world.unit("station"),)).number,
        "water": world.register("小区停水三天", channel="visits", channel_number="LX-9").number,
    }
    return world, numbers


def names(world: World, numbers: dict[str, str], login: str, **filters: object) -> set[str]:
    with world.engine.connect() as connection:
        page = matters(connection, world.person(login), Filters(**filters))  # type: ignore[arg-type]
    assert page.total == len(page.rows)
    return {name for name, number in numbers.items() if number in {row.number for row in page.rows}}


def test_everyone_sees_their_own_library(four: tuple[World, dict[str, str]]) -> None:
    world, numbers = four
    assert names(world, numbers, "inspector") == set(numbers)
    assert names(world, numbers, "receiver") == set(numbers)
    assert names(world, numbers, "handler") == {"parking"}
    assert names(world, numbers, "station_handler") == {"noise"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"kind": "complaint"}, {"conduct"}),
        ({"text": "乱停车"}, {"parking"}),
        ({"text": "幸福 两侧"}, {"parking"}),
        ({"text": "幸福 吵闹"}, set()),
        ({"text": "100%"}, {"noise"}),
        ({"text": "lx-9"}, {"water"}),
        ({"status": "closed"}, set()),
        ({"since": date(2026, 3, 2)}, {"noise", "conduct", "water"}),
        ({"until": date(2026, 2, 21)}, {"parking"}),
        ({"since": date(2026, 2, 21), "until": date(2026, 2, 21)}, {"parking"}),
        ({"severity": "urgent"}, set()),
        ({"late": True}, {"parking"}),
    ],
)
def test_filters(four: tuple[World, dict[str, str]], filters: dict[str, object], expected: set[str]) -> None:
    world, numbers = four
    assert names(world, numbers, "inspector", **filters) == expected


def test_filters_by_unit_channel_and_category(four: tuple[World, dict[str, str]]) -> None:
    world, numbers = four
    parking = world.value("select id from category where code = 'request.parking'")
    mayor = world.value("select id from channel where code = 'mayor'")
    assert names(world, numbers, "inspector", handling_unit=world.unit("traffic")) == {"parking"}
    assert names(world, numbers, "inspector", receiving_unit=world.unit("traffic")) == set()
    assert names(world, numbers, "inspector", channel=mayor) == {"noise"}
    assert names(world, numbers, "inspector", category=parking) == {"parking"}
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("insert into category (code, name, kind) values ('traffic', '交通', 'request')"),
        )
        connection.exec_driver_sql(
            "update category set parent_id = (select id from category where code = 'traffic') "
            "where code = 'request.parking'"
        )
    above = world.value("select id from category where code = 'traffic'")
    assert names(world, numbers, "inspector", category=above) == {"parking"}


def test_facets_count_what_the_filters_leave(four: tuple[World, dict[str, str]]) -> None:
    world, _ = four
    with world.engine.connect() as connection:
        page = matters(connection, world.person("inspector"), per_page=2)
        assert (len(page.rows), page.total) == (2, 4)
        assert sum(page.counts["kind"].values()) == sum(page.counts["handling_unit_id"].values()) == 4
        assert page.counts["receiving_unit_id"] == {world.unit("command"): 4}
        assert page.counts["kind"]["complaint"] == 1
        assert page.counts["handling_unit_id"][world.unit("traffic")] == 1
        assert page.units[world.unit("traffic")] == "交警大队"
        assert set(page.channels.values()) == {"12345政府服务平台", "市长信箱", "来信来访"}
        second = matters(connection, world.person("inspector"), page=2, per_page=2)
        assert {row.number for row in page.rows}.isdisjoint(row.number for row in second.rows)
        nothing = matters(connection, world.person("inspector"), Filters(kind="praise"))
        assert (nothing.rows, nothing.total, nothing.counts["kind"]) == ((), 0, {})


def test_accusations_are_not_counted_for_the_accused(four: tuple[World, dict[str, str]]) -> None:
    world, numbers = four
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into holding (officer_id, role, unit_id) select id, 'receiver', "
            "(select id from unit where code = 'command') from officer where login = 'station_handler'"
        )
    with world.engine.connect() as connection:
        page = matters(connection, world.person("station_handler"))
        assert numbers["conduct"] not in {row.number for row in page.rows}
        assert (page.total, page.counts["kind"].get("complaint")) == (3, None)


def test_the_newest_comes_first(four: tuple[World, dict[str, str]]) -> None:
    world, numbers = four
    with world.engine.connect() as connection:
        rows = matters(connection, world.person("inspector")).rows
    assert rows[-1].number == numbers["parking"]
    assert [row.received_at for row in rows] == sorted((row.received_at for row in rows), reverse=True)


def test_late_matters(four: tuple[World, dict[str, str]]) -> None:
    world, numbers = four
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("update matter set due_at = clock_now() - interval '1 day' where number = :n"),
            {"n": numbers["noise"]},
        )
    assert names(world, numbers, "inspector", late=True) == {"noise", "parking"}
