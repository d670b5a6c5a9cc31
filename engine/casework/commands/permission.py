"""May this officer have this item? Asked inside the command, of what the database says under the lock."""

from engine.casework.case import Case, fits
from engine.casework.errors import NotPermitted
from engine.casework.permissions import grants, may_know, personal
from engine.casework.proceedings.record import proceeding_of
from engine.runtime import NotFound, Transaction

UNKNOWN_ITEM = "没有这项任务。"


def require_candidate(transaction: Transaction, case: Case | None) -> None:
    """Raise unless the actor is active, was offered the item, and may know of the matter.

    NotFound, in the same words as for an item that does not exist, for whoever has nothing to do with it;
    NotPermitted for a candidate who may not have this one because they worked on the matter. ``case`` is None for an
    instance that is no matter: who was offered the item may have it, unless the matter that a proceeding is about
    accuses them; what concerns them alone is theirs all the same.
    """
    if case is None:
        officer = int(transaction.actor)
        held = [*grants(transaction.connection, officer), personal(officer)]
        if transaction.offer is None or not fits(held, transaction.offer.candidates):
            raise NotFound(UNKNOWN_ITEM)
        about = proceeding_of(transaction)
        own = personal(officer) in transaction.offer.candidates
        if about is not None and not own and not about.may_know(transaction.connection, officer):
            raise NotFound(UNKNOWN_ITEM)
        if transaction.actor in transaction.offer.excluded:
            raise NotPermitted("您经手过本件，或与本件有关，按规定应由他人办理这一步。")
        return
    offer, actor = transaction.offer, transaction.actor
    if offer is None or not case.row["actor_active"] or not fits(case.row["actor_grants"], offer.candidates):
        raise NotFound(UNKNOWN_ITEM)
    accusing = case.row["accused_units"] or case.row["accused_officers"]
    if accusing and not may_know(transaction.connection, case.id, [int(actor)]):
        raise NotFound(UNKNOWN_ITEM)
    if actor in offer.excluded:
        raise NotPermitted("您办理过本件，按规定应由他人经手这一步。")


def require_holder(transaction: Transaction, case: Case | None) -> None:
    """Raise unless the actor may do the item now: a candidate, and nobody else holds it."""
    require_candidate(transaction, case)
    offer = transaction.offer
    if offer is not None and offer.assignee not in {None, transaction.actor}:
        raise NotPermitted("这项任务已由他人承办。")
