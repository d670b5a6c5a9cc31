"""What casework is to the runtime: services, deadlines, offers and history of the bureau."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Final

from sqlalchemy import Connection

from engine.casework import instance_history, offers, recording
from engine.casework.actions import ACTIONS
from engine.casework.calendar_store import calendar
from engine.casework.case import matter_of
from engine.casework.proceedings.actions import KEPT
from engine.casework.proceedings.record import proceeding_of
from engine.casework.roles import ROLES
from engine.casework.services import SERVICES
from engine.runtime import Due, Event, Item, Offer, Service, Transaction
from rules import moved_deadline
from rules.working_time import BUREAU_ZONE, deadline

START: Final = {
    "*": {
        "matter": {
            "id": "number",
            "number": "text",
            "channel": "text",
            "clock": "text",
            "limit": "text",
            "kind": "text",
            "severity": "text",
            "online": "boolean",
            "solicited": "boolean",
            "receiving_unit": "number",
            "given": "list",
            "returned": "number",
        }
    }
}
"""The process variable ``matter``, which every diagram and decision table may read."""


class Host:
    """The bureau as the runtime's host.

    Attributes:
        fields: reads a form file and returns its variables with their types; raises ValueError naming what is wrong.
            Handed in, because casework knows no form classes.

    """

    def __init__(self, fields: Callable[[bytes], dict[str, str]]) -> None:
        self._fields = fields

    @property
    def services(self) -> Mapping[str, Service]:
        """The services a diagram may call, by name."""
        return SERVICES

    @property
    def functions(self) -> Mapping[str, Callable[..., Any]]:
        """The functions of expressions beside the built-in ones: none, decision tables say what is needed."""
        return {}

    @property
    def groups(self) -> Collection[str]:
        """The roles a lane or ``camunda:candidateGroups`` may name."""
        return ROLES.keys()

    @property
    def start(self) -> Mapping[str, Mapping[str, Any]]:
        """What a process starts with: the facts of the matter (see ``registration.process_facts``)."""
        return START

    @property
    def reads(self) -> Collection[str]:
        """The steps with an action, which takes the answers over into the record of the matter or proceeding."""
        return ACTIONS.keys() | KEPT

    def holders(self, connection: Connection) -> Collection[str]:
        """Return the roles that some officer in service holds."""
        sql = "select distinct role from holding join officer on officer.id = officer_id where officer.active"
        return set(connection.exec_driver_sql(sql).scalars())

    def fields(self, form: bytes) -> dict[str, str]:
        """Return the variables of a form with their types; raise ValueError naming what is wrong in it."""
        return self._fields(form)

    def due(self, connection: Connection, value: Any, start: datetime) -> Due:
        """Return when ``value`` falls, counted from ``start`` on the stored calendar, with the arithmetic.

        ``value`` is a limit (``3工作日``, ``4工作小时``, ``15日``, ``3个月``) or a day or moment, in bureau time when
        it names no zone; a day means its end. Raises ValueError with a Chinese sentence when it is none of these.
        """
        fixed = _fixed(value)
        if fixed is not None:
            return Due(fixed)
        if not isinstance(value, str):
            raise ValueError(f"看不懂时限“{value}”")  # noqa: TRY004 - the runtime's contract: what is no time is a ValueError
        found = deadline(start, value, calendar(connection))
        return Due(found.at, found.explanation)

    def extended(self, connection: Connection, due: datetime, by: str) -> Due:
        """Return ``due`` put off by a limit, counted from its last day on the stored calendar; ValueError if none."""
        found = moved_deadline.extended(due, by, calendar(connection))
        return Due(found.at, found.explanation)

    def held(self, connection: Connection, value: Any, due: datetime, since: datetime, until: datetime) -> Due:
        """Return when a clock of ``value`` falls after a pause: what was left of its unit is left then.

        A day or a moment that was fixed moves by the time the clock stood still.
        """
        if _fixed(value) is not None:
            return Due(due + (until - since))
        found = moved_deadline.held(due, str(value), since, until, calendar(connection))
        return Due(found.at, found.explanation)

    def offer(self, transaction: Transaction, item: Item) -> Offer:
        """Return who may take ``item``; the matter's stage becomes the step."""
        proceeding = proceeding_of(transaction)
        if proceeding is not None:
            proceeding.reached(item.step)
            return offers.proceeding_offer(transaction, proceeding, item)
        case = matter_of(transaction)
        if case is None:
            return offers.bureau_offer(transaction.connection, item)
        case.set(stage=item.step, status="open")
        return offers.offer(transaction, case, item)

    def may_hold(self, transaction: Transaction, holder: str, offer: Offer) -> bool:
        """Say whether an officer may keep an item that is offered anew: in service, a candidate, not shut out."""
        proceeding = proceeding_of(transaction)
        if proceeding is not None:
            return offers.may_hold(transaction.connection, proceeding["matter_id"], holder, offer)
        case = matter_of(transaction)
        return offers.may_hold(transaction.connection, None if case is None else case.id, holder, offer)

    def record(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Write what happened into the matter's history, and the matter's own changes with it."""
        proceeding = proceeding_of(transaction)
        if proceeding is not None:
            proceeding.record(transaction, events)
            return
        case = matter_of(transaction)
        if case is None:
            instance_history.record(transaction, events)
            return
        recording.record(transaction, case, events, self)


def _fixed(value: Any) -> datetime | None:
    """Return a day or moment as a moment; None when ``value`` is neither."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value) if len(value) > len("2026-01-01") else date.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=BUREAU_ZONE)
    if isinstance(value, date):
        return datetime.combine(value, time.max, BUREAU_ZONE)
    return None
