"""A bureau and its real processes, to be killed."""

import itertools
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from tests.conftest import TEMPLATE, named
from tests.faults.bureau import Bureau, found_bureau
from tests.faults.up import kill_all
from tests.stack import Stack

BUREAU = "faults_template"


@pytest.fixture
def seed(record_property: Callable[[str, object], None]) -> int:
    """What decides when somebody is killed; set MINYI_SEED to repeat a run. The closing lines of a run name it."""
    chosen = int(os.environ.get("MINYI_SEED") or secrets.randbelow(2**32))
    record_property("MINYI_SEED", chosen)
    return chosen


@pytest.fixture(scope="session")
def founded(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with the bureau in it, to be cloned for each test."""
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {BUREAU} template {TEMPLATE}")
    address = named(template, BUREAU).render_as_string(hide_password=False)
    found_bureau(address, tmp_path_factory.mktemp("founding"))
    yield template
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {BUREAU} with (force)")
    administration.dispose()


_numbers = itertools.count(1)


@pytest.fixture
def bureau(founded: str, tmp_path: Path) -> Iterator[Bureau]:
    """The bureau on a database of its own; nobody works for it yet."""
    name = f"fault_{next(_numbers)}"
    administration = sa.create_engine(founded, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {BUREAU}")
    bureau = Bureau(named(founded, name).render_as_string(hide_password=False), tmp_path / "var")
    yield bureau
    bureau.close()
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    administration.dispose()


@pytest.fixture
def var() -> Iterator[Path]:
    """The folder of a `minyi up` that is not made yet, open to PostgreSQL's account; nothing runs on it afterwards."""
    with TemporaryDirectory(prefix="minyi-up-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"
        kill_all(Path(folder) / "var")


@pytest.fixture
def stack(bureau: Bureau) -> Iterator[Stack]:
    """The bureau's processes; none of them runs yet."""
    stack = Stack(bureau.url, bureau.var, demo=False)
    yield stack
    stack.stop()
