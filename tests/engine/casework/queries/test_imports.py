import pytest

from engine.casework.importing import import_file
from engine.casework.queries.imports import error_rows, import_detail, imports
from engine.runtime import NotFound
from tests.engine.casework.importing.test_batch import FILE
from tests.journeys.bureau import World


@pytest.fixture
def batch(world: World) -> int:
    receiver = str(world.officer("receiver"))
    return import_file(world.engine, world.runtime, "12345", FILE, "w.csv", actor=receiver).batch_id


def test_receivers_and_inspectors_see_imports(world: World, batch: int) -> None:
    with world.engine.connect() as connection:
        for login, seen in (("receiver", [batch]), ("inspector", [batch]), ("handler", []), ("leader", [])):
            assert [one.id for one in imports(connection, world.person(login))] == seen
        (one,) = imports(connection, world.person("receiver"))
        assert (one.channel, one.filename, one.status, one.rows, one.done) == (
            "12345政府服务平台",
            "w.csv",
            "finished",
            8,
            8,
        )
        assert one.started_by == "王受理"
        with pytest.raises(NotFound):
            import_detail(connection, world.person("handler"), batch)


def test_rows_of_an_import(world: World, batch: int) -> None:
    with world.engine.connect() as connection:
        detail = import_detail(connection, world.person("receiver"), batch, per_page=3, page=2)
        assert ([row.line for row in detail.rows], detail.total) == ([5, 6, 7], 8)
        errors = import_detail(connection, world.person("receiver"), batch, outcome="error")
        assert ([row.line for row in errors.rows], errors.total) == ([5, 6, 8, 9], 4)
        assert errors.rows[0].raw["留言主题"] == "空白"
        columns, rows = error_rows(connection, world.person("receiver"), batch)
        assert columns[0] == "留言编号"
        assert len(rows) == 4
        done = import_detail(connection, world.person("receiver"), batch, outcome="matter").rows
        assert (done[0].title, done[0].raw) == ("路口乱停车", {})


def test_a_running_import_counts_what_has_ended(world: World, batch: int) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql("update import_batch set status = 'running', counts = '{}'")
        connection.exec_driver_sql("delete from import_row where line > 6")
        (one,) = imports(connection, world.person("inspector"))
        assert (one.id, one.done, one.counts["error"], one.counts["matter"]) == (batch, 5, 2, 1)


def test_a_row_does_not_tell_the_accused_of_its_matter(world: World, batch: int) -> None:
    with world.engine.begin() as connection:
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, unit_id) select id, receiving_unit_id from matter"
        )
        rows = import_detail(connection, world.person("receiver"), batch).rows
        assert all(row.number is None and row.title is None for row in rows)
        assert [row.line for row in rows if row.reason or row.raw] == [5, 6, 9]
        full = import_detail(connection, world.person("inspector"), batch).rows
        assert [row.number is not None for row in full] == [True, True, True, False, False, True, True, False]


def test_a_repeat_does_not_name_a_primary_that_accuses_whoever_looks(world: World, batch: int) -> None:
    with world.engine.begin() as connection:
        (repeat,) = import_detail(connection, world.person("receiver"), batch, outcome="repeat").rows
        assert repeat.number is not None
        assert "重复，已关联" in (repeat.reason or "")
        connection.exec_driver_sql(
            "insert into matter_accused (matter_id, unit_id) "
            "select distinct p.id, p.receiving_unit_id from matter p join matter m on m.primary_id = p.id"
        )
        (again,) = import_detail(connection, world.person("receiver"), batch, outcome="repeat").rows
        assert (again.number, again.reason) == (repeat.number, None)
        (full,) = import_detail(connection, world.person("inspector"), batch, outcome="repeat").rows
        assert full.reason == repeat.reason
