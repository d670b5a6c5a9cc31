"""The story ``minyi demo`` tells: a file comes in, one matter is worked to its end, another is left lying."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from engine.casework.vocabulary import IMPORT_OUTCOMES, LEVELS
from engine.database import clock
from webapp.demonstration.walk import Done, Walk

PATIENCE = 60  # seconds the worker gets for what it has to do
POLL = 0.2
LONGEST_WALK = 30  # steps; a matter that needs more goes in circles
ZONE = ZoneInfo("Asia/Shanghai")

PUSHED = sa.text(
    """
select m.number, m.title from matter m
join work_item w on w.instance_id = m.instance_id and w.step = 'sign'
where m.automatic and m.kind = 'request' and m.severity = 'ordinary' and m.status = 'open' order by m.id
"""
)
STATUS = sa.text("select status from matter where number = :number")
HISTORY = sa.text(
    """
select e.at, e.name, e.event, coalesce(nullif(e.actor_name, ''), '系统') as who
from history_event e join matter m on m.id = e.matter_id where m.number = :number order by e.sequence
"""
)
ESCALATIONS = sa.text(
    """
select e.step_name, e.level, e.due_at, e.fired_at,
       (select string_agg(person ->> 'name', '、') from jsonb_array_elements(e.told) person) as told
from escalation e join matter m on m.id = e.matter_id where m.number = :number order by e.fired_at, e.id
"""
)
COUNTS = sa.text("select outcome, count(*) as n from import_row where batch_id = :id group by outcome")
FINISHED = sa.text("select id from import_batch where status = 'finished' order by id desc limit 1")


RECEIVER = sa.text(
    """
select o.login from channel c join holding h on h.unit_id = c.receiving_unit_id and h.role = 'receiver'
join officer o on o.id = h.officer_id and o.active where c.code = :channel order by o.id limit 1
"""
)
SUPERVISORS = sa.text(
    """
select distinct on (h.role) o.login, o.name
from matter m join holding h on h.unit_id = m.handling_unit_id and h.role in ('instructor', 'bureau_leader')
join officer o on o.id = h.officer_id and o.active where m.number = :number order by h.role desc, o.id
"""
)


class StoryError(RuntimeError):
    """The story did not go as it should; the message says where."""


@dataclass(frozen=True)
class Line:
    """One line of a timeline; times are bureau time."""

    at: str
    what: str
    who: str


def _await(what: str, condition: Callable[[], bool]) -> None:
    """Return when the condition holds. Raises StoryError when the worker takes too long."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            raise StoryError(f"{what} did not happen within {PATIENCE} seconds.")
        time.sleep(POLL)


class Story:
    """Tells the story on a running platform."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def _rows(self, statement: sa.TextClause, **values: object) -> list[sa.RowMapping]:
        with self.walk.engine.connect() as connection:
            return list(connection.execute(statement, values).mappings())

    def receiver(self, channel: str) -> str:
        """Return the log-in of an officer who receives what comes through a channel."""
        return str(self._rows(RECEIVER, channel=channel)[0]["login"])

    def supervisors(self, number: str) -> list[tuple[str, str]]:
        """Return log-in and name of the instructor and the bureau leader in charge of a matter."""
        return [(row["login"], row["name"]) for row in self._rows(SUPERVISORS, number=number)]

    def import_file(self, login: str, channel: str, file: Path) -> dict[str, int]:
        """Upload a channel's file, look at the preview, import it, wait for the worker; return rows by outcome."""
        visit = self.walk.visit(login)
        page = visit.open("/imports")
        content = (file.name, file.read_bytes())
        preview = visit.submit(visit.form(page, "/imports/preview"), {"channel": channel}, {"file": content})
        visit.submit(visit.form(preview, "/imports/run"), {})
        _await("The import", lambda: bool(self._rows(FINISHED)))
        batch = self._rows(FINISHED)[0]["id"]
        return dict.fromkeys(IMPORT_OUTCOMES, 0) | {row["outcome"]: row["n"] for row in self._rows(COUNTS, id=batch)}

    def pushed(self) -> list[sa.RowMapping]:
        """Return the matters that were pushed to a unit without a hand and wait there to be signed."""
        return self._rows(PUSHED)

    def work_to_the_end(self, number: str) -> list[Done]:
        """Have one officer after the other do what waits at a matter until it is closed.

        Raises StoryError when it does not close, PageError when a page refuses.
        """
        done: list[Done] = []
        while len(done) < LONGEST_WALK:
            _await(
                f"The next step of {number}",
                lambda: self.walk.waiting(number) is not None or self.status(number) == "closed",
            )
            if self.status(number) == "closed":
                return done
            step = self.walk.step(number)
            if step is not None:
                done.append(step)
        raise StoryError(f"{number} is not closed after {LONGEST_WALK} steps.")

    def status(self, number: str) -> str:
        """Return a matter's status."""
        return str(self._rows(STATUS, number=number)[0]["status"])

    def let_time_pass(self, number: str, level: str, *, at_most_days: int = 30) -> int:
        """Move the bureau's clock day by day until a matter has been escalated to ``level``; return the days.

        Raises StoryError when it never is.
        """
        for days in range(1, at_most_days + 1):
            with self.walk.engine.begin() as connection:
                clock.shift(connection, clock.current_shift(connection) + timedelta(days=1))
            _await("The worker's tick", self._nothing_due)
            if any(row["level"] == level for row in self._rows(ESCALATIONS, number=number)):
                return days
        raise StoryError(f"{number} was not escalated to {level} within {at_most_days} days.")

    def _nothing_due(self) -> bool:
        due = sa.text("select exists (select from instance where next_due <= clock_now() and status = 'running')")
        with self.walk.engine.connect() as connection:
            return not connection.scalar(due)

    def on_board(self, login: str, number: str) -> bool:
        """Say whether an officer sees the matter on the escalation board."""
        return number in self.walk.visit(login).open("/board").text_content()

    def timeline(self, number: str) -> list[Line]:
        """Return what happened to a matter."""
        return [
            Line(f"{row['at'].astimezone(ZONE):%m-%d %H:%M}", row["name"] or row["event"], row["who"])
            for row in self._rows(HISTORY, number=number)
        ]

    def escalations(self, number: str) -> list[Line]:
        """Return who was told of a matter's lateness, when, and at which step."""
        return [
            Line(
                f"{row['fired_at'].astimezone(ZONE):%m-%d %H:%M}",
                f"{row['step_name']} · {LEVELS[row['level']]}",
                row["told"] or "",
            )
            for row in self._rows(ESCALATIONS, number=number)
        ]
