"""Who takes an item: claim one's own, give it back, or give it to somebody."""

from sqlalchemy import text

from engine.casework.case import matter_of
from engine.casework.commands.permission import UNKNOWN_ITEM, require_candidate, require_holder
from engine.casework.errors import NotPermitted
from engine.casework.offers import HANDLER
from engine.casework.permissions import Person, may, may_know
from engine.runtime import Item, NotFound, Runtime, Transaction

HOLDER = text(
    """
select o.name from officer o where o.id = :officer and o.active and exists (
    select 1 from holding h where h.officer_id = o.id
    and h.role || '@' || coalesce(h.unit_id::text, '*') = any(:candidates))
"""
)


def claim(runtime: Runtime, officer: Person, task_id: str) -> None:
    """Take an item that is open to several. Raises NotFound, NotPermitted, AlreadyDone, Taken."""

    def check(transaction: Transaction, item: Item) -> None:
        del item
        require_candidate(transaction, matter_of(transaction))

    runtime.claim(task_id, actor=str(officer.id), prepare=check)


def unclaim(runtime: Runtime, officer: Person, task_id: str) -> None:
    """Give an item back to all who may take it. Raises NotFound, NotPermitted when it is somebody else's."""

    def check(transaction: Transaction, item: Item) -> None:
        del item
        require_holder(transaction, matter_of(transaction))

    runtime.unclaim(task_id, actor=str(officer.id), prepare=check)


def assign_item(runtime: Runtime, officer: Person, task_id: str, assignee_id: int) -> None:
    """Give an item to an officer who may take it; a handler's item makes them the matter's handler.

    An item that belongs to no matter is passed on by whoever may do it themselves.
    Raises NotFound when the officer may not assign in this matter, NotPermitted when the assignee may not have it.
    """

    def check(transaction: Transaction, item: Item) -> None:
        case = matter_of(transaction)
        if case is None:
            require_holder(transaction, None)
        elif not case.row["actor_active"] or not may(transaction.connection, officer, "assign", case.id):
            raise NotFound(UNKNOWN_ITEM)
        offer = transaction.offer
        candidates = list(offer.candidates) if offer is not None else []
        excluded = offer.excluded if offer is not None else ()
        values = {"officer": assignee_id, "candidates": candidates}
        known = transaction.connection.execute(HOLDER, values).scalar()
        if known is None or (case is not None and not may_know(transaction.connection, case.id, [assignee_id])):
            raise NotPermitted("这名民警不能承办这一步。")
        if str(assignee_id) in excluded:
            raise NotPermitted(f"{known}办理过本件，按规定应由他人经手这一步。")
        if case is not None and HANDLER in item.groups:
            case.set(handler_id=assignee_id)

    runtime.assign(task_id, str(assignee_id), actor=str(officer.id), prepare=check)
