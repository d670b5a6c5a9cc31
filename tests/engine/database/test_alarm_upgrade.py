"""A database in which alarms were raised already is upgraded: those of open matters wait to be taken note of."""

import sqlalchemy as sa
from alembic import command

from engine.database import schema
from tests.conftest import named

BEFORE = "0011"
DATA = """
insert into unit (code, name, kind) values ('office', '民意办', 'office');
insert into channel (code, name, receiving_unit_id, medium, delivery, clock)
values ('mayor', '市长信箱', 1, 'email', 'file', 'mayor');
insert into petitioner (name) values ('王小明');
insert into matter (number, channel_id, title, body, kind, receiving_unit_id, petitioner_id,
    received_at, imported_at, registered_by, status, closed_at)
select 'MY2026-00000' || n, 1, '噪声', '噪声', 'request', 1, 1, '2026-11-03 17:00+00', '2026-11-04 01:00+00', '1',
    case when n = 2 then 'closed' else 'open' end, case when n = 2 then timestamptz '2026-11-05 01:00+00' end
from generate_series(1, 2) n;
insert into history_event (matter_id, sequence, at, event, name, actor, actor_name, details, previous_hash, hash)
select id, 1, '2026-11-04 01:00+00', 'alarm_raised', '紧急情况提醒', 'system', '系统',
    '{"categories": ["suicide", "threat"]}', '', 'x'
from matter;
"""


def test_alarms_of_closed_matters_do_not_come_back(template: str) -> None:
    name = "before_alarms"
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
            rows = connection.exec_driver_sql("select matter_id, categories, acknowledged_at from alarm").all()
        assert [tuple(row) for row in rows] == [(1, ["suicide", "threat"], None)]
    finally:
        engine.dispose()
        with administration.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
        administration.dispose()
