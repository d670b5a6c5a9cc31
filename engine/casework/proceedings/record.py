"""The proceeding a command works on: read once under its lock, changed in memory, written once before the commit."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sqlalchemy import Connection, text, update

from engine.casework import calendar_store, history, instance_history, secret_words
from engine.casework.case import BARRED, Case
from engine.casework.models import Proceeding as Row
from engine.casework.permissions import may_know
from engine.runtime import Event, Transaction

NUMBER: Final = re.compile(r"(?:DC|WZ|ZG|ZB)\d{4}-\d{4,}")
"""A proceeding's number: 督查、问责、整改、转办, the year, a count."""

LOAD = text(
    """
select p.*, m.number as matter_number, m.title as matter_title, m.kind as matter_kind, m.severity as matter_severity,
       u.name as unit_name,
       array(select a.unit_id from matter_accused a where a.matter_id = p.matter_id and a.unit_id is not null)
           as accused_units,
       array(select a.officer_id from matter_accused a where a.matter_id = p.matter_id and a.officer_id is not null)
           as accused_officers,
       (select string_agg(y.year || ':' || y.revision, ',' order by y.year) from calendar_year y) as calendar_stamp,
       (select revision::text from secret_word_list) as word_list
from proceeding p
join unit u on u.id = p.unit_id
left join matter m on m.id = p.matter_id
where p.number = :number
for no key update of p
"""
)
TABLE = Row.__table__


@dataclass(slots=True)
class Proceeding:
    """A proceeding inside one command.

    Attributes:
        row: the proceeding as it was read, with its matter (``matter_…``), whom that accuses, and its unit's name.
        changes: columns to be written.
        finished: the step this command completes, '' when it completes none.
        noted: entries of its own history beside what the process did.
        told: entries for the history of its matter.

    """

    row: Mapping[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    finished: str = ""
    noted: list[history.Entry] = field(default_factory=list)
    told: list[history.Entry] = field(default_factory=list)

    @property
    def id(self) -> int:
        """The proceeding's id."""
        found: int = self.row["id"]
        return found

    @property
    def number(self) -> str:
        """The proceeding's number, which is the instance's business key."""
        found: str = self.row["number"]
        return found

    def __getitem__(self, column: str) -> Any:
        """Return a column as it stands now, or what was read beside it."""
        return self.changes[column] if column in self.changes else self.row[column]

    def set(self, **columns: Any) -> None:
        """Change columns; they are written when the command ends."""
        self.changes.update(columns)

    def reached(self, step: str) -> None:
        """Take in that a step waits; one that was closed and is begun again at an element is open again."""
        self.set(stage=step)
        if self["status"] == "closed":
            self.set(status="open", outcome=None, reason=None, closed_at=None)

    def answered(self, step: str, answers: Mapping[str, Any]) -> None:
        """Keep what was answered at a step; the latest answer counts, the earlier ones stay in the history."""
        self.finished = step
        self.set(answers={**self["answers"], step: history.plain(answers)})

    def answer(self, step: str, key: str) -> Any:
        """Return what was last answered to a question of a step; None when it was not."""
        return (self["answers"].get(step) or {}).get(key)

    def note(self, event: str, name: str, *, element: str = "", step: str | None = None, **details: Any) -> None:
        """Add an entry to its own history, of ``step`` or else of ``element``."""
        self.noted.append(history.Entry(event, name, step or element or None, details))

    def tell(self, event: str, name: str, **details: Any) -> None:
        """Add an entry to the history of the matter this is about; nothing where it is about none."""
        if self.row["matter_id"] is not None:
            self.told.append(history.Entry(event, name, None, {"proceeding": self.number, **details}))

    def barred_units(self, connection: Connection) -> frozenset[int]:
        """Return the units its matter accuses, all in them, all above them (信访工作条例, articles 28 and 30)."""
        accused = self.row["accused_units"]
        return frozenset(connection.execute(BARRED, {"units": list(accused)}).scalars()) if accused else frozenset()

    def may_know(self, connection: Connection, officer: int) -> bool:
        """Say whether the matter this is about, if any, keeps nothing from the officer: it does not accuse them."""
        if not self.row["accused_units"] and not self.row["accused_officers"]:
            return True
        return bool(may_know(connection, self.row["matter_id"], [officer]))

    def record(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Write the events of one command, the changes, and what its matter is to know."""
        connection = transaction.connection
        instance_history.record(transaction, [self._told_in_full(event) for event in events], self.noted)
        if any(event.kind == "cancelled" for event in events):
            self.set(status="closed", outcome="cancelled", stage="closed", closed_at=transaction.now)
        if self.changes:
            connection.execute(update(TABLE).where(TABLE.c.id == self.id).values(**self.changes))  # type: ignore[arg-type]
        if self.told:
            history.append(connection, self.row["matter_id"], self.told, actor=transaction.actor)
        self.row = {**self.row, **self.changes}
        self.changes, self.noted, self.told = {}, [], []

    def _told_in_full(self, event: Event) -> Event:
        """Return an event as its history keeps it: a finished step with everything that was typed."""
        if event.kind != "completed" or not self.finished or event.element != self.finished:
            return event
        return replace(event, details={"answers": self["answers"][self.finished]})


def proceeding_of(transaction: Transaction) -> Proceeding | None:
    """Return the proceeding of a command, read when it is first asked for; None for an instance that is none."""
    state = transaction.host_state
    if isinstance(state, Proceeding):
        return state
    if isinstance(state, Case) or not NUMBER.fullmatch(transaction.business_key):
        return None
    row = transaction.connection.execute(LOAD, {"number": transaction.business_key}).mappings().one_or_none()
    if row is None:
        return None
    calendar_store.use(transaction.connection, row["calendar_stamp"] or "")
    secret_words.follow(transaction.connection, row["word_list"])
    transaction.host_state = found = Proceeding(dict(row))
    return found


def subject_of(transaction: Transaction) -> Proceeding:
    """Return the proceeding of a service that only proceedings may call; LookupError for anything else."""
    found = proceeding_of(transaction)
    if found is None:
        raise LookupError(f"“{transaction.business_key}”不是督查、问责或整改件")
    return found
