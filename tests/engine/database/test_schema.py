import pkgutil
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

import engine.runtime.tables  # noqa: F401 - registers the runtime's tables
from engine.casework import models
from engine.database import schema
from engine.database.base import metadata
from engine.database.schema import DatabaseUnusableError


def ours(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    return not (kind == "table" and str(name).startswith(("procrastinate_", "alembic_")))


def test_the_migrations_make_the_tables_that_the_code_declares(engine: sa.Engine) -> None:
    for module in pkgutil.iter_modules(models.__path__):
        __import__(f"engine.casework.models.{module.name}")
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        assert compare_metadata(context, metadata) == []


def test_upgrading_twice_changes_nothing(engine: sa.Engine) -> None:
    schema.upgrade(engine)
    with engine.connect() as connection:
        assert MigrationContext.configure(connection).get_current_revision() == schema.newest_revision()


def test_a_newer_schema_is_refused_in_one_line(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(DatabaseUnusableError, match="newer") as refused:
        schema.upgrade(engine)
    assert "\n" not in str(refused.value)


def test_a_database_that_cannot_be_reached_is_explained_in_one_line(tmp_path: Path) -> None:
    engine = sa.create_engine(f"postgresql+psycopg://nobody@/minyi?host={tmp_path}")
    with pytest.raises(DatabaseUnusableError, match="cannot be reached") as refused:
        schema.upgrade(engine)
    assert "\n" not in str(refused.value)
