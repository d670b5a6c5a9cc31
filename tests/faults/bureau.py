"""The demonstration's bureau on a database of its own, and the few things these tests do to it without HTTP."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from engine.casework import commands, outbox
from engine.casework.demo.founding import PASSWORD, found
from engine.casework.deploying import deploy_from_disk
from engine.casework.facts import MatterFacts
from engine.casework.permissions import grants
from engine.casework.petitioners import PetitionerFacts
from engine.casework.registration import register
from engine.database import clock
from webapp.demonstration.walk import ANSWERS, WAITING
from webapp.platform import connect
from webapp.settings import Settings

__all__ = ["PASSWORD", "Bureau", "found_bureau"]

HANDLER = """
select h.officer_id from holding h join matter m on m.handling_unit_id = h.unit_id
where h.role = 'handler' and m.number = :number order by h.officer_id limit 1
"""


@dataclass(frozen=True)
class Person:
    """An officer with the grants that the web hands over."""

    id: int
    grants: list[str]


def settings_for(url: str, var: Path, *, demo: bool = False) -> Settings:
    environment = {"DATABASE_URL": url, "VAR_DIR": str(var), "DEMO": "1" if demo else "0"}
    return Settings.from_environment({**environment, "SECRET_KEY": "the key of a test"})


def found_bureau(url: str, var: Path) -> None:
    """Write the demonstration's bureau and deploy its processes into a migrated, empty database."""
    platform = connect(settings_for(url, var))
    with platform.engine.begin() as connection:
        found(connection)
        # What a channel is sent goes to the sink of the test, wherever that listens.
        connection.exec_driver_sql("update channel set address = '/' || code where medium = 'webhook'")
    deploy_from_disk(platform.runtime)
    platform.engine.dispose()
    outbox.set_defer(None)


class Bureau:
    """A bureau that is there already: registers matters, works them off, moves the clock, looks into the database."""

    def __init__(self, url: str, var: Path) -> None:
        self.url = url
        self.var = var
        self.platform = connect(settings_for(url, var), pool_size=10)
        self.engine = self.platform.engine
        self._numbers = itertools.count(1)

    def close(self) -> None:
        self.engine.dispose()
        outbox.set_defer(None)

    def register(self, count: int, *, channel: str = "hotline", unit: str | None = "traffic") -> list[str]:
        """Register matters for a unit, which wait there for the signature; without a unit they wait to be accepted."""
        place = None if unit is None else self.value("select id from unit where code = :code", code=unit)
        numbers = []
        for _ in range(count):
            serial = next(self._numbers)
            facts = MatterFacts(
                channel=channel,
                title=f"第{serial}件来件",
                body=f"想问一下这件事归谁管，编号是{serial:05d}。",
                handling_unit_id=place,
                petitioner=PetitionerFacts(name=f"某{serial}", phone=f"199{serial:08d}"),
            )
            with self.engine.begin() as connection:
                numbers.append(register(connection, facts, runtime=self.platform.runtime, actor="system").number)
        return numbers

    def work(self, number: str) -> None:
        """Work a matter off without HTTP until it waits for nobody."""
        while True:
            with self.engine.connect() as connection:
                task = connection.execute(WAITING, {"number": number, "seen": []}).one_or_none()
                if task is None:
                    return
                officer = connection.scalar(sa.text("select id from officer where login = :it"), {"it": task.login})
                person = Person(officer, grants(connection, officer))
            answers = dict(ANSWERS.get(task.step, {}))
            if task.step == "sign":
                answers["handler"] = self.value(HANDLER, number=number)
            commands.complete(self.platform.runtime, person, task.task, answers, key=f"worked-off-{task.task}")

    def until_all_is_late(self, by: timedelta) -> None:
        """Move the clock to where every timer that waits is late by at least so much."""
        latest: datetime = self.value("select max(due_at) from timer")
        with self.engine.begin() as connection:
            clock.shift(connection, latest + by - datetime.now(UTC))

    def move_clock(self, shift: timedelta) -> None:
        """Set the clock so far ahead of real time."""
        with self.engine.begin() as connection:
            clock.shift(connection, shift)

    def the_dead_are_silent(self) -> None:
        """Let a killed worker have been silent for so long that others take over what it left."""
        with self.engine.begin() as connection:
            connection.exec_driver_sql("update procrastinate_workers set last_heartbeat = now() - interval '1 hour'")

    def rows(self, statement: str, **values: Any) -> Sequence[sa.Row[Any]]:
        with self.engine.connect() as connection:
            return connection.execute(sa.text(statement), values).all()

    def value(self, statement: str, **values: Any) -> Any:
        with self.engine.connect() as connection:
            return connection.execute(sa.text(statement), values).scalar()
