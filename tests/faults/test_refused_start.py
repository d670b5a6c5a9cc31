"""A database that cannot be used: one clear line, and an exit code that says so."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from engine.database import schema

COMMANDS = [["web", "--port", "0"], ["worker", "--once"], ["db", "upgrade"]]
NO_SPACE = """
create function no_space() returns event_trigger language plpgsql as $$
begin
    raise exception using errcode = '53100', message = 'could not extend file: No space left on device';
end $$;
create event trigger no_space on ddl_command_start execute function no_space();
"""


def said(command: list[str], url: str, var: Path) -> str:
    """Run a command of minyi that must fail and return the one line it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "webapp.cli", *command],
        env={**os.environ, "DATABASE_URL": url, "VAR_DIR": str(var), "SECRET_KEY": "the key of a test"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1, done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_not_there_is_one_line(command: list[str], tmp_path: Path) -> None:
    line = said(command, f"postgresql+psycopg://postgres@/minyi?host={tmp_path}", tmp_path)
    assert line.startswith("minyi: The database cannot be reached: ")
    assert str(tmp_path) in line


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_of_a_newer_program_is_one_line(
    command: list[str], database_url: str, engine: sa.Engine, tmp_path: Path
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update alembic_version set version_num = 'of_tomorrow'")
    assert said(command, database_url, tmp_path) == (
        "minyi: The database's schema (of_tomorrow) is newer than this program; install the newer program."
    )
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select version_num from alembic_version")) == "of_tomorrow"


def test_a_full_disk_is_one_line(database_url: str, tmp_path: Path) -> None:
    name = "without_space"
    url = sa.make_url(database_url)
    administration = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name}")
    try:
        empty = url.set(database=name)
        engine = sa.create_engine(empty)
        with engine.begin() as connection:
            connection.exec_driver_sql(NO_SPACE)
        with pytest.raises(schema.DatabaseUnusableError, match="disk is full") as full:
            schema.upgrade(engine)
        assert isinstance(full.value.__cause__, sa.exc.DBAPIError)
        assert isinstance(full.value.__cause__.orig, psycopg.errors.DiskFull)
        engine.dispose()
        line = said(["db", "upgrade"], empty.render_as_string(hide_password=False), tmp_path)
        assert line == "minyi: The database's disk is full; free some space and start again."
    finally:
        with administration.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
        administration.dispose()
