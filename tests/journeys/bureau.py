"""A small bureau on a real database, with the real processes, and one hand to work in it."""

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from engine.casework import commands
from engine.casework.calendar_store import seed_calendar
from engine.casework.deploying import deploy_from_disk
from engine.casework.facts import MatterFacts
from engine.casework.host import Host
from engine.casework.models import Category, Channel, Holding, Keyword, Officer, Unit
from engine.casework.outbox import Message
from engine.casework.permissions import grants
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import Registered, register
from engine.database import clock as database_clock
from engine.runtime import Outcome, Runtime
from forms import compile_form
from tests.conftest import TEMPLATE, named

SHANGHAI = ZoneInfo("Asia/Shanghai")
BUREAU = "bureau_template"
MONDAY = datetime(2026, 3, 2, 9, 0, tzinfo=SHANGHAI)
"""A Monday without a holiday near it: every journey begins here unless it says otherwise."""

UNITS = (
    ("bureau", "武阳县公安局", "bureau", None),
    ("command", "指挥中心", "department", "bureau"),
    ("traffic", "交警大队", "brigade", "bureau"),
    ("station", "城关派出所", "station", "bureau"),
    ("inspectorate", "督察大队", "inspectorate", "bureau"),
)
OFFICERS = (
    ("receiver", "王受理", "command", ("receiver@command",)),
    ("receiver2", "汪受理", "command", ("receiver@command",)),
    ("command_instructor", "冯教导", "command", ("instructor@command",)),
    ("liaison", "李专管", "traffic", ("liaison@traffic",)),
    ("handler", "张承办", "traffic", ("handler@traffic",)),
    ("handler2", "章承办", "traffic", ("handler@traffic",)),
    ("instructor", "陈教导", "traffic", ("instructor@traffic",)),
    ("station_liaison", "刘专管", "station", ("liaison@station",)),
    ("station_handler", "柳承办", "station", ("handler@station",)),
    ("station_instructor", "吕教导", "station", ("instructor@station",)),
    (
        "leader",
        "赵局长",
        "bureau",
        (
            "bureau_leader@traffic",
            "bureau_leader@station",
            "bureau_leader@command",
            "bureau_leader@inspectorate",
        ),
    ),
    ("inspector", "周督察", "inspectorate", ("inspector", "liaison@inspectorate", "handler@inspectorate")),
    ("inspector2", "邹督察", "inspectorate", ("inspector", "instructor@inspectorate")),
    ("visitor", "孙回访", "command", ("visitor",)),
)
CHANNELS = (
    ("12345", "12345政府服务平台", "webhook", "file", "hotline", "/12345/replies"),
    ("mayor", "市长信箱", "email", "mail", "mailbox", "mayor@example.test"),
    ("visits", "来信来访", "letter", "typed", "petition", None),
)
CATEGORIES = (
    ("request.parking", "停车秩序", "request", "parking", False),
    ("complaint.conduct", "工作作风", "complaint", "conduct", True),
    ("petition.old", "信访积案", "petition", "old", False),
)
KEYWORDS = (
    (
        "T1",
        "department",
        ["违停", "乱停车", "停车秩序"],
        {"unit": "traffic", "category": "request.parking", "priority": 9},
    ),
    ("S1", "department", ["噪音扰民", "邻里纠纷"], {"unit": "station", "priority": 9}),
    ("O1", "outside", ["自来水", "停水", "水费"], {"agency": "市水务局", "priority": 9}),
    (
        "A1",
        "accusation",
        ["态度恶劣", "推诿"],
        {"unit": "inspectorate", "category": "complaint.conduct", "priority": 9},
    ),
    ("I1", "intent", ["投诉"], {"matter_kind": "complaint"}),
    ("V1", "severity", ["群体性"], {"severity": "major"}),
)

CONTACT = {"method": "phone", "at": "2026-02-13T08:30", "whom": "来电人", "summary": "已电话沟通，听取诉求。"}
ANSWERS: dict[str, dict[str, Any]] = {
    "accept": {"decision": "accepted"},
    "hand_on": {"decision": "handed_on", "agency": "市水务局", "method": "phone"},
    "investigate": {"contacts": [CONTACT], "facts": "经现场查看，反映的路段确有违停。", "finding": "true"},
    "dispose": {"measures": "现场劝离并处罚三辆机动车。", "result": "solved"},
    "feed_back": {
        "summary": "反映属实，已经处置。",
        "reply_draft": "您反映的路段违停问题属实，我局已安排警力现场整治并加强巡查。",
    },
    "review": {"decision": "pass"},
    "approve": {"decision": "pass"},
    "reply": {"reply": "您反映的路段违停问题属实，我局已整治，感谢您的监督。", "medium": "channel"},
    "visit": {"result": "satisfied", "method": "phone"},
}
"""What a step is answered with when a test does not care."""


@dataclass(frozen=True)
class Person:
    """An officer with the grants that the web hands over."""

    id: int
    grants: list[str]


class Refuse:
    """A sender that does not get through."""

    def __call__(self, message: Message) -> str:
        raise ConnectionError("对方没有应答")


class World:
    """The bureau: officers by log-in, matters by number, a clock to move, an outbox to empty."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.runtime = Runtime(engine, Host(fields=lambda form: compile_form(form, name="form").variables()))
        self.sent: list[Message] = []
        self._keys = itertools.count(1)

    # time ------------------------------------------------------------------------------------------
    def now(self) -> datetime:
        with self.engine.connect() as connection:
            return database_clock.now(connection)

    def at(self, moment: datetime) -> None:
        """Set the bureau's clock."""
        with self.engine.begin() as connection:
            present = database_clock.now(connection) - database_clock.current_shift(connection)
            database_clock.shift(connection, moment - present)

    def later(self, **span: float) -> int:
        """Let time pass and fire what falls due on the way; return how many timers fired."""
        self.at(self.now() + timedelta(**span))
        return self.tick()

    def tick(self) -> int:
        return commands.fire_all(self.runtime, worker="test")

    # people ----------------------------------------------------------------------------------------
    def person(self, login: str) -> Person:
        with self.engine.connect() as connection:
            number = self.value("select id from officer where login = :login", login=login)
            return Person(number, grants(connection, number))

    def officer(self, login: str) -> int:
        found: int = self.value("select id from officer where login = :login", login=login)
        return found

    def unit(self, code: str) -> int:
        found: int = self.value("select id from unit where code = :code", code=code)
        return found

    def grant(self, login: str, role: str, unit: str | None = None) -> None:
        """Give an officer one more role."""
        place = None if unit is None else self.unit(unit)
        with self.engine.begin() as connection:
            connection.execute(sa.insert(Holding).values(officer_id=self.officer(login), role=role, unit_id=place))

    # matters ---------------------------------------------------------------------------------------
    def register(self, title: str, body: str = "", *, channel: str = "12345", **given: Any) -> Registered:
        person = given.pop("petitioner", PetitionerFacts(name="吴女士", phone="13800000001", address="城关镇一号"))
        facts = MatterFacts(channel=channel, title=title, body=body or title, petitioner=person, **given)
        with self.engine.begin() as connection:
            return register(connection, facts, runtime=self.runtime, actor="system")

    def do(self, number: str, step: str, login: str, **answers: Any) -> Outcome:
        """Have an officer finish a step of a matter, with the usual answers unless others are given."""
        given = {**ANSWERS.get(step, {}), **answers}
        if step == "sign" and "decision" not in given:
            given = {"decision": "sign", "handler": self.officer("handler"), **given}
        key = f"key-{next(self._keys)}"
        return commands.complete(self.runtime, self.person(login), self.item(number, step), given, key=key)

    def hand_over(self, number: str, step: str, login: str, to: str) -> None:
        """Have an officer give the step to another."""
        commands.assign_item(self.runtime, self.person(login), self.item(number, step), self.officer(to))

    def item(self, number: str, step: str) -> str:
        """Return the id of the task that waits at a step."""
        found = self.value(
            "select w.task_id from work_item w join matter m on m.instance_id = w.instance_id "
            "where m.number = :number and w.step = :step",
            number=number,
            step=step,
        )
        assert found is not None, f"{step} does not wait: {self.waiting(number)}"
        return str(found.hex)

    def answer(self, number: str, step: str, login: str, **answers: Any) -> Outcome:
        """Have an officer finish a step of a proceeding."""
        key = f"key-{next(self._keys)}"
        return commands.complete(self.runtime, self.person(login), self.proceeding_item(number, step), answers, key=key)

    def proceeding_item(self, number: str, step: str) -> str:
        """Return the id of the task of a proceeding that waits at a step."""
        found = self.value(
            "select w.task_id from work_item w join instance i on i.id = w.instance_id "
            "where i.business_key = :number and w.step = :step",
            number=number,
            step=step,
        )
        assert found is not None, f"{step} does not wait in {number}"
        return str(found.hex)

    def proceedings(self, kind: str) -> list[Mapping[str, Any]]:
        """Return the proceedings of a kind, in the order they were opened."""
        return list(self.rows("select * from proceeding where kind = :kind order by id", kind=kind))

    def proceeding(self, number: str) -> Mapping[str, Any]:
        return self.row("select * from proceeding where number = :number", number=number)

    def waiting(self, number: str) -> list[str]:
        """Return the steps at which a matter waits for somebody."""
        return list(
            self.column(
                "select w.step from work_item w join matter m on m.instance_id = w.instance_id "
                "where m.number = :number order by w.step",
                number=number,
            )
        )

    def matter(self, number: str) -> Mapping[str, Any]:
        return self.row("select * from matter where number = :number", number=number)

    def history(self, number: str) -> list[str]:
        return list(
            self.column(
                "select e.event from history_event e join matter m on m.id = e.matter_id "
                "where m.number = :number order by e.sequence",
                number=number,
            )
        )

    def escalations(self, number: str) -> list[tuple[str, str, list[str]]]:
        """Return (step, level, who was told) of every reminder and escalation, in order."""
        rows = self.rows(
            "select e.step, e.level, e.told from escalation e join matter m on m.id = e.matter_id "
            "where m.number = :number order by e.id",
            number=number,
        )
        return [(row["step"], row["level"], [person["name"] for person in row["told"]]) for row in rows]

    def deliver(self, send: Any = None, *, last: bool = True) -> int:
        """Send everything that waits in the outbox, until it is empty; return how many dispatches were tried."""
        tried = 0
        while True:
            ids = list(self.column("select id from dispatch where status = 'pending' order by id"))
            if not ids:
                return tried
            for number in ids:
                tried += 1
                commands.deliver(self.engine, self.runtime, number, send or self._send, last=last)

    def _send(self, message: Message) -> str:
        self.sent.append(message)
        return f"receipt {len(self.sent)}"

    def to_reply(self, number: str, *, reviewer: str = "instructor") -> None:
        """Work a pushed traffic matter up to the reply."""
        self.do(number, "sign", "liaison")
        for step in ("investigate", "dispose", "feed_back"):
            self.do(number, step, "handler")
        if reviewer == "instructor":
            self.do(number, "review", "instructor")
        else:
            self.do(number, "approve", "leader")

    # looking ---------------------------------------------------------------------------------------
    def rows(self, statement: str, **values: Any) -> list[Mapping[str, Any]]:
        with self.engine.connect() as connection:
            return [dict(row) for row in connection.execute(sa.text(statement), values).mappings()]

    def row(self, statement: str, **values: Any) -> Mapping[str, Any]:
        (found,) = self.rows(statement, **values)
        return found

    def column(self, statement: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values).scalars())

    def value(self, statement: str, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(sa.text(statement), values).scalar()


def found_bureau(connection: sa.Connection) -> None:
    """Write units, officers, channels, categories, keywords and the calendar."""
    units: dict[str, int] = {}
    for code, name, kind, parent in UNITS:
        row = sa.insert(Unit).values(code=code, name=name, kind=kind, parent_id=units.get(parent or ""))
        units[code] = connection.execute(row.returning(Unit.id)).scalar_one()
    for number, (login, name, unit, holdings) in enumerate(OFFICERS, 1):
        row = sa.insert(Officer).values(
            login=login, name=name, badge=f"07{number:04d}", unit_id=units[unit], email=f"{login}@bureau.test"
        )
        officer = connection.execute(row.returning(Officer.id)).scalar_one()
        for held in holdings:
            role, _, place = held.partition("@")
            connection.execute(sa.insert(Holding).values(officer_id=officer, role=role, unit_id=units.get(place)))
    for code, name, medium, delivery, clock, address in CHANNELS:
        connection.execute(
            sa.insert(Channel).values(
                code=code,
                name=name,
                receiving_unit_id=units["command"],
                medium=medium,
                delivery=delivery,
                clock=clock,
                address=address,
            )
        )
    categories: dict[str, int] = {}
    for code, name, kind, topic, conduct in CATEGORIES:
        row = sa.insert(Category).values(code=code, name=name, kind=kind, topic=topic, conduct=conduct)
        categories[code] = connection.execute(row.returning(Category.id)).scalar_one()
    for code, kind, words, rest in KEYWORDS:
        values = dict(rest)
        values["unit_id"] = units.get(values.pop("unit", ""))
        values["category_id"] = categories.get(values.pop("category", ""))
        connection.execute(sa.insert(Keyword).values(code=code, kind=kind, words=words, **values))
    seed_calendar(connection)


@pytest.fixture(scope="session")
def bureau_template(template: str) -> str:
    """The address of a cluster with a database that has the bureau and its processes, to be cloned for each journey.

    Several folders of tests take this fixture, each with a session scope of its own: the first makes the database.
    """
    administration = sa.create_engine(template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        known = connection.execute(sa.text("select 1 from pg_database where datname = :name"), {"name": BUREAU}).first()
        if known is None:
            connection.exec_driver_sql(f"create database {BUREAU} template {TEMPLATE}")
    administration.dispose()
    if known is None:
        engine = sa.create_engine(named(template, BUREAU))
        with engine.begin() as connection:
            found_bureau(connection)
        deploy_from_disk(World(engine).runtime)
        engine.dispose()
    return template


_numbers = itertools.count(1)


@pytest.fixture
def world(bureau_template: str) -> Iterator[World]:
    """The bureau on a database of its own, its clock on Monday 2 March 2026, 9:00."""
    name = f"journey_{next(_numbers)}"
    administration = sa.create_engine(bureau_template, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.exec_driver_sql(f"create database {name} template {BUREAU}")
    engine = sa.create_engine(named(bureau_template, name))
    world = World(engine)
    world.at(MONDAY)
    yield world
    engine.dispose()
    with administration.connect() as connection:
        connection.exec_driver_sql(f"drop database {name} with (force)")
    administration.dispose()
