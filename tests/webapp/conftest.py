"""The real application on a real database, with a bureau just large enough for every role."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from werkzeug.test import TestResponse

from engine.casework import authentication
from engine.casework.calendar_store import seed_calendar
from engine.casework.facts import MatterFacts
from engine.casework.models import Category, Channel, Holding, Officer, Unit
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import Registered, register
from engine.casework.roles import ROLES
from engine.database import db
from tests.conftest import REPOSITORY
from webapp.app import create_app
from webapp.current import KEY
from webapp.platform import Platform
from webapp.settings import Settings

PASSWORD = "Beacon-42-lantern"
# Hashing is slow on purpose: a fifth of a second for every log-in. Here it is as cheap as argon2id can be.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD_HASH = CHEAP.hash(PASSWORD)
TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"|name="csrf-token" content="([^"]+)"')

STATION, TRAFFIC, SUPERVISION, OFFICE = "城东派出所", "交警大队", "督察大队", "民意办"


@dataclass
class Bureau:
    """What was made: names to ids."""

    units: dict[str, int] = field(default_factory=dict)
    officers: dict[str, int] = field(default_factory=dict)
    channels: dict[str, int] = field(default_factory=dict)
    categories: dict[str, int] = field(default_factory=dict)


def definition_files() -> dict[str, bytes]:
    """The processes and forms of the repository, as they are deployed."""
    found = {}
    for folder in ("processes", "forms"):
        for path in sorted((REPOSITORY / folder).iterdir()):
            if path.suffix in {".bpmn", ".dmn", ".form"}:
                found[f"{folder}/{path.name}"] = path.read_bytes()
    return found


def make_bureau(connection: sa.Connection) -> Bureau:
    bureau = Bureau()

    def add(table: type, **values: object) -> int:
        return int(connection.execute(sa.insert(table).values(**values).returning(table.id)).scalar_one())

    root = add(Unit, code="000", name="县公安局", kind="bureau")
    for position, (name, kind) in enumerate(
        [(STATION, "station"), (TRAFFIC, "brigade"), (SUPERVISION, "inspectorate"), (OFFICE, "office")]
    ):
        bureau.units[name] = add(
            Unit, code=f"{position + 1:03}", name=name, kind=kind, parent_id=root, position=position, places=["城东"]
        )
    held = {
        "receiver": OFFICE,
        "liaison": STATION,
        "handler": STATION,
        "instructor": STATION,
        "unit_leader": STATION,
        "bureau_leader": STATION,
    }
    for role in ROLES:
        home = held.get(role, OFFICE)
        _officer(add, bureau, role, bureau.units[home], [(role, bureau.units[home] if role in held else None)])
    _officer(add, bureau, "handler2", bureau.units[STATION], [("handler", bureau.units[STATION])])
    _officer(add, bureau, "traffic_liaison", bureau.units[TRAFFIC], [("liaison", bureau.units[TRAFFIC])])
    _officer(add, bureau, "traffic_handler", bureau.units[TRAFFIC], [("handler", bureau.units[TRAFFIC])])
    bureau.channels["mayor"] = add(
        Channel,
        code="mayor",
        name="市长信箱",
        receiving_unit_id=bureau.units[OFFICE],
        medium="email",
        delivery="file",
        clock="mayor",
        number_label="信件编号",
        address="mayor@example.test",
    )
    bureau.channels["letters"] = add(
        Channel,
        code="letters",
        name="来信来访",
        receiving_unit_id=bureau.units[OFFICE],
        medium="letter",
        delivery="typed",
        clock="letters",
        online=False,
        position=1,
    )
    top = add(Category, code="P", name="治安管理", kind="request")
    bureau.categories["noise"] = add(Category, code="P01", name="噪声扰民", kind="request", parent_id=top)
    return bureau


def _officer(
    add: Callable[..., int], bureau: Bureau, login: str, unit: int, holdings: list[tuple[str, int | None]]
) -> None:
    number = len(bureau.officers) + 1
    officer = add(
        Officer, login=login, name=f"警员{number:02}", badge=f"P{number:04}", unit_id=unit, password_hash=PASSWORD_HASH
    )
    bureau.officers[login] = officer
    for role, where in holdings:
        add(Holding, officer_id=officer, role=role, unit_id=where)


@dataclass
class Site:
    """The application under test."""

    app: Flask
    bureau: Bureau
    platform: Platform

    def client(self, login: str | None = None) -> "Browser":
        """A browser with cookies of its own, logged in as `login` unless it is None."""
        browser = Browser(self.app.test_client())
        if login is not None:
            answer = browser.post("/login", {"login": login, "password": PASSWORD})
            assert answer.status_code == 302, answer.text
        return browser

    def register(self, body: str = "楼下麻将馆每天噪声扰民到半夜，请派出所管一管。", **given: object) -> Registered:
        """Register a matter as the receiver does."""
        values: dict[str, object] = {
            "channel": "letters",
            "title": "麻将馆噪声",
            "place": "城东街道",
            "petitioner": PetitionerFacts(name="王小明", phone="13800138000"),
        }
        facts = MatterFacts(body=body, **(values | given))  # type: ignore[arg-type]
        with self.platform.engine.begin() as connection:
            actor = str(self.bureau.officers["receiver"])
            return register(connection, facts, runtime=self.platform.runtime, actor=actor)

    def rows(self, sql: str, **values: object) -> list[sa.Row]:
        with self.platform.engine.connect() as connection:
            return list(connection.execute(sa.text(sql), values).all())

    def execute(self, sql: str, **values: object) -> None:
        with self.platform.engine.begin() as connection:
            connection.execute(sa.text(sql), values)


class Browser:
    """A test client that sends the page's token as a browser would."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self._token = ""

    def get(self, path: str, **given: object) -> TestResponse:
        answer = self.client.get(path, **given)  # type: ignore[arg-type]
        self._remember(answer)
        return answer

    def post(self, path: str, data: dict[str, object] | None = None, **given: object) -> TestResponse:
        for page in ("/login", "/account"):  # whichever answers with a page has the token
            if not self._token:
                self.get(page)
        answer = self.client.post(path, data={"csrf_token": self._token, **(data or {})}, **given)  # type: ignore[arg-type]
        if path in {"/login", "/logout", "/account/password"}:
            self._token = ""  # a new session has a new token
        return answer

    def _remember(self, answer: TestResponse) -> None:
        if answer.mimetype == "text/html":
            found = TOKEN.search(answer.text)
            if found:
                self._token = found[1] or found[2]


class CompiledTemplates(BytecodeCache):
    """What one test's application has compiled, for those of the tests after it."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self.kept:
            bucket.bytecode_from_string(self.kept[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.kept[bucket.key] = bucket.bytecode_to_string()


_compiled = CompiledTemplates()
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def bureau_template(template: str) -> str:
    """The name of a database with the bureau, the calendar and the deployed processes in it."""
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    name = "minyi_site_template"
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template minyi_template")
    administration.dispose()
    url = sa.make_url(template).set(database=name)
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        make_bureau(connection)
        seed_calendar(connection)
    engine.dispose()
    app = create_app(_settings(url.render_as_string(hide_password=False), Path("/nonexistent")))
    platform: Platform = app.extensions[KEY]
    platform.runtime.deploy(definition_files(), actor="system", note="第一版")
    platform.engine.dispose()
    return name


def _settings(url: str, var: Path, **given: object) -> Settings:
    values: dict[str, object] = {
        "secret_key": "a key for tests",
        "screening_secret": "a secret for the words of tests, and of nobody else",
        "attachments": var / "attachments",
    }
    return Settings(database_url=url, var=var, testing=True, **(values | given))  # type: ignore[arg-type]


@pytest.fixture
def site(template: str, bureau_template: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The application on a fresh copy of the bureau; its passwords are hashed cheaply."""
    monkeypatch.setattr(authentication, "_hasher", CHEAP)
    name = f"site_{next(_numbers)}"
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {bureau_template}")
    url = sa.make_url(template).set(database=name).render_as_string(hide_password=False)
    app = create_app(_settings(url, tmp_path))
    app.jinja_env.bytecode_cache = _compiled
    platform: Platform = app.extensions[KEY]
    with platform.engine.connect() as connection:
        bureau = Bureau(
            units=_named(connection, "select name, id from unit"),
            officers=_named(connection, "select login, id from officer"),
            channels=_named(connection, "select code, id from channel"),
            categories=_named(connection, "select code, id from category"),
        )
    yield Site(app, bureau, platform)
    with app.app_context():
        db.engine.dispose()
    platform.engine.dispose()
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    administration.dispose()


def _named(connection: sa.Connection, sql: str) -> dict[str, int]:
    return {str(name): int(identifier) for name, identifier in connection.exec_driver_sql(sql)}
