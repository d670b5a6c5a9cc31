"""A real Chromium against real processes; a console error, a page error or a policy violation fails the test."""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from engine.casework.calendar_store import seed_calendar
from engine.casework.demo.bureau import PASSWORD
from engine.casework.demo.founding import found
from engine.casework.deploying import deploy_from_disk
from engine.casework.host import Host
from engine.runtime import Runtime
from tests.conftest import TEMPLATE, Clock, named
from tests.stack import Stack
from webapp.platform import form_variables

DESK = {"width": 1440, "height": 900}
TABLET = {"width": 768, "height": 1024}
PHONE = {"width": 390, "height": 844}
FOUNDED = "browser_template"
PATIENCE = 20_000  # milliseconds for what a page shows


@pytest.fixture(scope="session")
def founded(template: str) -> str:
    """A database with the demo bureau and its processes, without matters, to be cloned."""
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {FOUNDED} template {TEMPLATE}")
    administration.dispose()
    engine = sa.create_engine(named(template, FOUNDED))
    with engine.begin() as connection:
        seed_calendar(connection)
        found(connection)
    deploy_from_disk(Runtime(engine, Host(fields=form_variables)))
    engine.dispose()
    return template


_numbers = itertools.count(1)


@contextmanager
def running(founded: str, folder: Path) -> Iterator[Stack]:
    """Pages and worker on a bureau of their own."""
    name = f"browser_{next(_numbers)}"
    administration = sa.create_engine(founded, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {FOUNDED}")
    stack = Stack(named(founded, name).render_as_string(hide_password=False), folder)
    try:
        stack.start_web()
        stack.start_worker()
        yield stack
    finally:
        stack.stop()
        with administration.connect() as connection:
            connection.exec_driver_sql(f"drop database {name} with (force)")
        administration.dispose()


@pytest.fixture(scope="module")
def stack(founded: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with running(founded, tmp_path_factory.mktemp("browser")) as started:
        yield started


@pytest.fixture(scope="module")
def bureau(stack: Stack) -> Iterator[sa.Engine]:
    """The stack's database."""
    engine = sa.create_engine(stack.settings.database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def moved(bureau: sa.Engine) -> Clock:
    """The stack's clock."""
    return Clock(bureau)


class Desk:
    """One officer at a browser of their own."""

    def __init__(self, context: BrowserContext, stack: Stack) -> None:
        self.context = context
        self.base = stack.url
        self.faults: list[str] = []
        self.expected: tuple[str, ...] = ()
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.faults.append(f"page error: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        text = message.text
        if message.type in {"error", "warning"} and not any(part in text for part in self.expected):
            self.faults.append(f"{message.type}: {text} at {self.page.url}")

    def open(self, path: str) -> Page:
        self.page.goto(self.base + path)
        return self.page

    def log_in(self, login: str) -> "Desk":
        self.open("/login")
        self.page.fill("[name=login]", login)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: "/login" not in url)
        return self


OpenDesk = Callable[..., Desk]


@pytest.fixture
def desk(chromium: Browser, stack: Stack) -> Iterator[OpenDesk]:
    """Open a desk: ``desk("login")``; ``viewport``, ``scheme`` and ``locale`` when they matter."""
    opened: list[Desk] = []

    def open_desk(
        login: str | None = None, *, viewport: dict[str, int] = DESK, scheme: str = "light", locale: str = "zh-CN"
    ) -> Desk:
        context = chromium.new_context(
            viewport=viewport,  # type: ignore[arg-type]
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=locale,
            timezone_id="Asia/Shanghai",
        )
        one = Desk(context, stack)
        opened.append(one)
        if login is not None:
            one.log_in(login)
        return one

    yield open_desk
    faults = [fault for one in opened for fault in one.faults]
    for one in opened:
        one.context.close()
    assert not faults, faults
