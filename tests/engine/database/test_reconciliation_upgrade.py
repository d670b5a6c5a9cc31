"""A database that has imported files already is upgraded to what the reconciliation reads."""

from datetime import date

import sqlalchemy as sa
from alembic import command

from engine.database import schema
from tests.conftest import named

BEFORE = "0013"
DATA = """
insert into unit (code, name, kind) values ('office', '民意办', 'office');
insert into channel (code, name, receiving_unit_id, medium, delivery, clock)
values ('mayor', '市长信箱', 1, 'email', 'file', 'mayor'), ('letters', '来信来访', 1, 'letter', 'typed', 'letters');
insert into petitioner (name) values ('王小明');
insert into matter (number, channel_id, channel_number, title, body, kind, receiving_unit_id, petitioner_id,
    received_at, imported_at, registered_by)
values ('MY2026-000001', 1, '7', '噪声', '噪声', 'request', 1, 1, '2026-11-03 17:00+00', '2026-11-04 01:00+00', '1');
insert into import_batch (channel_id, filename, file_hash, columns, mapping, rows, started_by, started_at)
values (1, 'a.csv', 'x', '{}', '{}', 3, '1', '2026-11-04 01:00+00');
insert into import_row (batch_id, line, raw, outcome, matter_id)
values (1, 2, '{"编号": "7"}', 'matter', 1), (1, 3, '{}', 'error', null), (1, 4, '{"编号": "9"}', 'error', null);
"""


def test_rows_that_were_imported_before_get_their_day_and_number(template: str) -> None:
    name = "before_reconciliation"
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine = sa.create_engine(named(template, name))
    try:
        with engine.begin() as connection:
            command.upgrade(schema.configuration(connection), BEFORE)
        with engine.begin() as connection:
            for statement in DATA.split(";\n"):
                connection.exec_driver_sql(statement)
        schema.upgrade(engine)
        with engine.connect() as connection:
            rows = connection.exec_driver_sql(
                "select channel_number, received_on, secret from import_row order by line"
            ).all()
            channels = connection.exec_driver_sql("select reports_on, import_within from channel order by id").all()
        # In the bureau it was past midnight already.
        assert [tuple(row) for row in rows] == [
            ("7", date(2026, 11, 4), False),
            (None, None, True),
            (None, None, False),
        ]
        assert [row.reports_on for row in channels] == ["every_day", "working_days"]
    finally:
        engine.dispose()
        with administration.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
        administration.dispose()
