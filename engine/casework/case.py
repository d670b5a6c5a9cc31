"""The matter a command works on: read once under its lock, changed in memory, written once before the commit."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text, update

from engine.casework import calendar_store, history, secret_words
from engine.casework.errors import unknown_matter
from engine.casework.models import Matter
from engine.runtime import NotFound, Transaction

# The row lock keeps entries that others add (somebody looked at the matter) from forking the chain of its history.
LOAD = text(
    """
select m.*, c.code as channel_code, c.name as channel_name, c.medium as channel_medium,
       c.address as channel_address, p.name as petitioner_name, p.phone as petitioner_phone,
       p.address as petitioner_address, p.identity_number as petitioner_identity_number,
       p.anonymous as petitioner_anonymous,
       array(select a.unit_id from matter_accused a where a.matter_id = m.id and a.unit_id is not null)
           as accused_units,
       array(select a.officer_id from matter_accused a where a.matter_id = m.id and a.officer_id is not null)
           as accused_officers,
       (select string_agg(y.year || ':' || y.revision, ',' order by y.year) from calendar_year y) as calendar_stamp,
       o.name as actor_name, o.active as actor_active, o.unit_id as actor_unit_id,
       array(select h.role || '@' || coalesce(h.unit_id::text, '*') from holding h where h.officer_id = o.id)
           as actor_grants,
       (select revision::text from secret_word_list) as word_list
from matter m
join channel c on c.id = m.channel_id
join petitioner p on p.id = m.petitioner_id
left join officer o on o.id = cast(:officer as bigint)
where m.number = :number
for no key update of m
"""
)

# Accusing a unit accuses everything in it, except the inspectorate, which investigates the whole bureau; and what
# accuses a part must not be handled by the whole.
BARRED = text(
    """
with recursive below as (
    select id from unit where id = any(:units)
    union select u.id from unit u join below b on u.parent_id = b.id where u.kind <> 'inspectorate'
), above as (
    select id, parent_id from unit where id = any(:units)
    union select u.id, u.parent_id from unit u join above a on u.id = a.parent_id
)
select id from below union select id from above
"""
)

MATTER = Matter.__table__
NO_MATTER = object()
"""What a command carries along once it is known that its instance is no matter."""


@dataclass(frozen=True, slots=True)
class Finished:
    """The step this command completed: its id, its label, what happened in the past tense, everything typed."""

    step: str
    name: str
    event: str
    answers: Mapping[str, Any]


@dataclass(slots=True)
class Case:
    """A matter inside one command.

    Attributes:
        row: the matter as it was read, with its channel (``channel_…``), its petitioner (``petitioner_…``), whom it
            accuses and who acts (``actor_…``).
        changes: columns of the matter to be written.
        finished: the step the command completed, if it did.

    """

    row: Mapping[str, Any]
    changes: dict[str, Any] = field(default_factory=dict)
    finished: Finished | None = None
    noted: list[tuple[str, history.Entry]] = field(default_factory=list)
    _barred: frozenset[int] | None = None

    @property
    def id(self) -> int:
        """The matter's id."""
        found: int = self.row["id"]
        return found

    @property
    def number(self) -> str:
        """The matter's number, which is the instance's business key."""
        found: str = self.row["number"]
        return found

    def __getitem__(self, column: str) -> Any:
        """Return a column of the matter as it stands now, or what was read beside it."""
        return self.changes[column] if column in self.changes else self.row[column]

    def set(self, **columns: Any) -> None:
        """Change columns of the matter; they are written when the command ends."""
        self.changes.update(columns)

    def note(self, event: str, name: str, *, element: str = "", step: str | None = None, **details: Any) -> None:
        """Add an entry to the history, at the place of ``element`` among what the process did."""
        self.noted.append((element, history.Entry(event, name, step, details)))

    def publish(self, transaction: Transaction) -> None:
        """Let gateways and decision tables know of the matter as it is now: the process variable ``matter``."""
        judgement = self["judgement"] or {}
        known = transaction.data.get("matter") or {}
        transaction.variables["matter"] = {
            **known,
            "limit": judgement.get("clock") or "",
            "kind": self["kind"],
            "severity": self["severity"],
            "returned": self["returned"],
        }

    def barred_units(self, connection: Connection) -> frozenset[int]:
        """Return the units that must have nothing to do with the matter: those accused, all in them, all above them.

        信访工作条例, articles 28 and 30. The inspectorate stands outside; see :func:`engine.casework.offers.offer`.
        """
        if self._barred is None:
            accused = self.row["accused_units"]
            rows = connection.execute(BARRED, {"units": list(accused)}).scalars() if accused else ()
            self._barred = frozenset(rows)
        return self._barred

    def accuse(self, units: Collection[int], officers: Collection[int]) -> None:
        """Take in whom the matter turns out to accuse, after they have been stored."""
        self.row = {
            **self.row,
            "accused_units": sorted({*self.row["accused_units"], *units}),
            "accused_officers": sorted({*self.row["accused_officers"], *officers}),
        }
        self._barred = None

    def accuses(self, officer_id: int) -> bool:
        """Say whether the matter accuses this officer by name."""
        return officer_id in self.row["accused_officers"]

    def write(self, transaction: Transaction, entries: Iterable[history.Entry]) -> None:
        """Write the changed columns and the entries, with one statement each."""
        connection = transaction.connection
        if self.changes:
            connection.execute(update(MATTER).where(MATTER.c.id == self.id).values(**self.changes))  # type: ignore[arg-type]
        listed = list(entries)
        if listed:
            system = transaction.actor == history.SYSTEM
            head = history.append(
                connection,
                self.id,
                listed,
                actor=transaction.actor,
                actor_name=history.SYSTEM_NAME if system else self.row["actor_name"] or transaction.actor,
                at=transaction.now,
                head=history.Head(self["history_count"], self["history_hash"]),
            )
            self.row = {**self.row, "history_count": head.count, "history_hash": head.hash}
        self.row = {**self.row, **self.changes}
        self.changes, self.noted, self.finished = {}, [], None


def load(connection: Connection, number: str, actor: str) -> Case:
    """Read a matter by its number and lock it until the transaction ends; raises NotFound when there is none."""
    officer = int(actor) if actor.isdecimal() else None
    row = connection.execute(LOAD, {"number": number, "officer": officer}).mappings().one_or_none()
    if row is None:
        raise unknown_matter()
    calendar_store.use(connection, row["calendar_stamp"] or "")
    secret_words.follow(connection, row["word_list"])
    return Case(dict(row))


def case_of(transaction: Transaction) -> Case:
    """Return the matter of a command, read when it is first asked for."""
    if not isinstance(transaction.host_state, Case):
        transaction.host_state = load(transaction.connection, transaction.business_key, transaction.actor)
    case: Case = transaction.host_state
    return case


def matter_of(transaction: Transaction) -> Case | None:
    """Return the matter of a command, or None for an instance that is no matter, such as a weekly report."""
    if transaction.host_state is not None and not isinstance(transaction.host_state, Case):
        return None
    try:
        return case_of(transaction)
    except NotFound:
        transaction.host_state = NO_MATTER
        return None


def instant(value: Any) -> datetime | None:
    """Return a moment that was kept as ISO 8601 text or as a datetime; None for anything else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, str):
        try:
            return datetime.fromisoformat(value)
        except ValueError:
            return None
    return None


def fits(grants: Collection[str], candidates: Collection[str]) -> bool:
    """Say whether somebody with these grants is among those an item was offered to."""
    return not set(grants).isdisjoint(candidates)
