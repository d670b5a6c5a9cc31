"""What every test may ask for: a real PostgreSQL, a clock to move, the shared material."""

import itertools
import os
import shutil
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from engine.database import clock as database_clock
from engine.database import embedded, schema
from tests.batteries import FULL
from tests.browser.chromium import find

# A busy machine is no fault: no example is judged by how long it took.
settings.register_profile("minyi", deadline=None)
settings.load_profile("minyi")

os.environ["TZ"] = "UTC"
time.tzset()

REPOSITORY = Path(__file__).parent.parent
TEMPLATE = "minyi_template"
MEMORY = Path("/dev/shm")  # noqa: S108 - where Linux keeps files in main memory; a folder of our own is made there
ROOM = 3 * 2**30  # bytes; two clusters at work, each at most a gigabyte of log and some databases


def roomy_memory() -> Path | None:
    """Return a folder in main memory with room for a cluster, or None: cloning a database there takes a tenth."""
    if not os.access(MEMORY, os.W_OK | os.X_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return None
    return MEMORY


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the seeds of what was drawn by chance, so that a run can be repeated."""
    for outcome in ("passed", "failed"):
        for report in terminalreporter.getreports(outcome):
            for name, value in report.user_properties:
                if name == "MINYI_SEED":
                    terminalreporter.write_line(f"MINYI_SEED={value} {report.nodeid}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("full") and not FULL:
        pytest.skip("the long form runs with MINYI_FULL=1")


@pytest.fixture(scope="session")
def cluster() -> Iterator[str]:
    """A PostgreSQL cluster of our own; its URL names the database ``minyi``."""
    with embedded.temporary(roomy_memory()) as address:
        yield address


def named(address: str, database: str) -> sa.URL:
    return sa.make_url(address).set(database=database)


@pytest.fixture(scope="session")
def template(cluster: str) -> str:
    """The URL of a migrated, empty database that others are cloned from."""
    administration = sa.create_engine(cluster, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {TEMPLATE}")
    administration.dispose()
    engine = sa.create_engine(named(cluster, TEMPLATE))
    schema.upgrade(engine)
    engine.dispose()
    return cluster


_numbers = itertools.count(1)


@pytest.fixture
def database_url(template: str) -> Iterator[str]:
    """The URL of a fresh migrated database."""
    name = f"test_{next(_numbers)}"
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {TEMPLATE}")
    yield named(template, name).render_as_string(hide_password=False)
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    administration.dispose()


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    """An engine on a fresh migrated database."""
    engine = sa.create_engine(database_url, pool_size=30)
    yield engine
    engine.dispose()


class Clock:
    """The bureau's clock, moved by hand; it goes on ticking from where it was moved to."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    def now(self) -> datetime:
        with self.engine.connect() as connection:
            return database_clock.now(connection)

    def move(self, by: timedelta) -> None:
        with self.engine.begin() as connection:
            database_clock.shift(connection, database_clock.current_shift(connection) + by)

    def set(self, moment: datetime) -> None:
        self.move(moment - self.now())


@pytest.fixture
def clock(engine: sa.Engine) -> Clock:
    return Clock(engine)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared material beside the repository; without it the test is skipped."""
    folder = REPOSITORY.parent / "shared"
    if not folder.is_dir():
        pytest.skip("the shared material is not beside the repository")
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """A real Chromium; one for all tests of a process, for Playwright drives no two."""
    path = find()
    assert path, "no Chromium; make browser installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"],
        )
        yield browser
        browser.close()
