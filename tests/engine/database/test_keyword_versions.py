"""The first version of the keyword table is what a running bureau has published when versions begin."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from alembic import command

from engine.casework.keywords import store
from engine.database import schema
from tests.conftest import named

RUNNING = """
insert into unit (code, name, kind) values ('bureau', '县公安局', 'bureau'), ('traffic', '交警大队', 'brigade');
insert into category (code, name, kind, topic) values ('request.parking', '停车秩序', 'request', 'parking');
insert into keyword (code, kind, words, also, without, place, unit_id, supervising_unit_id, category_id, clock,
    priority, valid_from)
select 'T1', 'local', '{违停,乱停+车}', '{校门|医院}', '{单车}', '城关镇', t.id, b.id, c.id, '5工作日', 9, '2026-01-01'
from unit t, unit b, category c where t.code = 'traffic' and b.code = 'bureau';
insert into keyword (code, kind, words, agency, valid_to) values ('N1', 'outside', '{违建}', '城管局', '2026-12-31');
insert into keyword (code, kind, words, severity) values ('V1', 'severity', '{群体性}', 'major');
"""


@pytest.fixture
def before(cluster: str) -> Iterator[sa.Engine]:
    """A database as it was before versions."""
    name = "before_keyword_versions"
    administration = sa.create_engine(cluster, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    engine = sa.create_engine(named(cluster, name))
    with engine.begin() as connection:
        command.upgrade(schema.configuration(connection), "0010")
    yield engine
    engine.dispose()
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    administration.dispose()


def test_a_running_bureaus_rules_become_the_first_version(before: sa.Engine) -> None:
    with before.begin() as connection:
        connection.exec_driver_sql(RUNNING)
    schema.upgrade(before)
    with before.connect() as connection:
        assert store.newest(connection) == 1
        found = store.version(connection, 1)
        assert found is not None
        version, rules = found
        assert rules == store.table(connection)
        assert list(rules) == ["T1", "N1", "V1"]
        assert (version.added, version.published_by, version.restores) == (3, "system", None)
        assert all(rule.active for rule in rules.values())


def test_where_nothing_was_published_there_is_no_version(before: sa.Engine) -> None:
    schema.upgrade(before)
    with before.connect() as connection:
        assert store.newest(connection) == 0
