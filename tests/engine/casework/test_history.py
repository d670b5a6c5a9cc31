import math
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from engine.casework import history
from engine.casework.history import Entry
from tests.journeys.bureau import World


@pytest.fixture
def matter(world: World) -> int:
    return world.register("停车秩序混乱，请整治").matter_id


def entries(world: World, matter: int) -> list[Any]:
    return list(world.rows("select * from history_event where matter_id = :id order by sequence", id=matter))


def test_entries_follow_each_other_and_the_chain_holds(world: World, matter: int) -> None:
    before = len(entries(world, matter))
    with world.engine.begin() as connection:
        history.append(connection, matter, [Entry("noted", "一"), Entry("noted", "二", "sign")], actor="system")
    rows = entries(world, matter)
    assert [row["sequence"] for row in rows] == list(range(1, before + 3))
    assert [row["name"] for row in rows[-2:]] == ["一", "二"]
    assert rows[-1]["previous_hash"] == rows[-2]["hash"]
    assert rows[0]["previous_hash"] == ""
    with world.engine.connect() as connection:
        assert history.verify(connection, matter) == []


def test_actor_is_kept_by_name(world: World, matter: int) -> None:
    handler = world.officer("handler")
    with world.engine.begin() as connection:
        history.append(connection, matter, [Entry("noted", "看过")], actor=str(handler))
    last = entries(world, matter)[-1]
    assert (last["actor"], last["actor_name"]) == (str(handler), "张承办")


@pytest.mark.parametrize(
    "details",
    [
        {"whole": 2.0, "large": 1e22, "small": 1.5e-7, "negative": -0.0, "nan": math.nan, "endless": math.inf},
        {"moment": datetime(2026, 3, 2, 1, 2, 3, 4, tzinfo=UTC), "day": date(2026, 3, 2), "money": Decimal("1.50")},
        {"nul": "a\x00b", "half": "a\ud800b", "emoji": "👮", 7: "a number as key", "set": {"x"}},
        {"deep": [{"a": [1, {"b": None, "c": True}]}], "order": {"b": 1, "a": 2}},
    ],
)
def test_whatever_is_kept_reads_back_to_the_same_hash(world: World, matter: int, details: dict[Any, Any]) -> None:
    with world.engine.begin() as connection:
        history.append(connection, matter, [Entry("noted", "各种内容", None, details)], actor="system")
        assert history.verify(connection, matter) == []


@pytest.mark.parametrize(
    ("damage", "sequence"),
    [
        ("update history_event set details = '{\"changed\": 1}' where matter_id = :id and sequence = 2", 2),
        ("update history_event set actor_name = '别人' where matter_id = :id and sequence = 1", 1),
        ("update history_event set at = at + interval '1 microsecond' where matter_id = :id and sequence = 1", 1),
        ("delete from history_event where matter_id = :id and sequence = 2", 3),
        (
            """delete from history_event where matter_id = :id
               and sequence = (select max(sequence) from history_event where matter_id = :id)""",
            0,
        ),
        ("update matter set history_hash = repeat('0', 64) where id = :id", 0),
        ("delete from history_event where matter_id = :id", 0),
    ],
)
def test_tampering_is_found(world: World, matter: int, damage: str, sequence: int) -> None:
    other = world.register("夜间噪音扰民").matter_id
    with world.engine.begin() as connection:
        connection.execute(sa.text(damage), {"id": matter})
    with world.engine.connect() as connection:
        found = history.verify(connection)
        assert {one.matter_id for one in found} == {matter}
        assert found[0].sequence == sequence
        assert history.verify(connection, other) == []


def test_two_at_once_do_not_fork_the_chain(world: World, matter: int) -> None:
    with world.engine.connect() as first, world.engine.connect() as second:
        history.append(first, matter, [Entry("noted", "先")], actor="system")
        second.exec_driver_sql("set lock_timeout = '200ms'")
        with pytest.raises(sa.exc.OperationalError):
            history.append(second, matter, [Entry("noted", "后")], actor="system")
        second.rollback()
        first.commit()
        history.append(second, matter, [Entry("noted", "后")], actor="system")
        second.commit()
    with world.engine.connect() as connection:
        assert history.verify(connection, matter) == []


def test_unknown_matter(connection: sa.Connection) -> None:
    with pytest.raises(LookupError):
        history.append(connection, 999_999, [Entry("noted", "无")], actor="system")
