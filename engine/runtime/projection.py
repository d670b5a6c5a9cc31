"""What of an instance's state others search by: rows of the worklist and of the timers, as they have changed."""

from typing import TYPE_CHECKING, Any

from engine.runtime import retrying
from engine.runtime.advance import is_ready_item, ready_items
from engine.runtime.errors import CannotAdvance
from engine.runtime.protocol import Item, Offer
from engine.runtime.task_ids import task_id
from engine.runtime.timers import Waiting, waiting_timers
from engine.runtime.tokens import Token

if TYPE_CHECKING:
    from engine.runtime.session import Session

Parts = dict[str, Any]


def begun_items(session: "Session", parts: Parts) -> tuple[Item, ...]:
    """Offer the user tasks that have begun to wait, add their rows to ``parts`` and return them."""
    begun, rows = [], []
    for token in ready_items(session.flow):
        if token.id not in session.items:
            try:
                item = session.item(token, None)
                offer = session.environment.host.offer(session.transaction, item)
            except CannotAdvance as error:
                retrying.failed(token, error, "offer")
                continue
            begun.append(item)
            rows.append(_item_row(token, item, offer))
    if rows:
        parts["items"] = rows
    return tuple(begun)


def gone_items(session: "Session", parts: Parts, done: Token | None) -> None:
    """Add to ``parts`` the user tasks that no longer wait: the one that was done, and those the process withdrew."""
    gone = [token for token in session.items.values() if not is_ready_item(token)]
    if not gone:
        return
    parts["items_gone"] = [session.id_of(token) for token in gone]
    parts["finished"] = [
        {
            "task_id": session.id_of(token),
            "process_key": token.workflow.process_key,
            "step": token.task_spec.name,
            "name": token.task_spec.bpmn_name,
            "finished_by": session.transaction.actor,
            "withdrawn": token is not done,
        }
        for token in gone
    ]


def timers(session: "Session", parts: Parts) -> list[Waiting]:
    """Add to ``parts`` the timers that no longer wait, and those that are new or wait for another time.

    Return all that wait.
    """
    there = {timer.token.id: timer for timer in waiting_timers(session.flow)}
    gone = [task_id(session.transaction.instance_id, number) for number in session.timers if number not in there]
    if gone:
        parts["timers_gone"] = gone
    changed = [
        timer_row(session, timer)
        for number, timer in there.items()
        if session.timers.get(number) != (timer.due, timer.occurrence)
    ]
    if changed:
        parts["timers"] = changed
    return list(there.values())


def _item_row(token: Token, item: Item, offer: Offer) -> dict[str, Any]:
    return {
        "task_id": item.task_id,
        "process_key": token.workflow.process_key,
        "step": item.step,
        "name": item.name,
        "form_key": item.form_key,
        "candidates": offer.candidates,
        "excluded": offer.excluded,
        "assignee": offer.assignee,
        "due_at": item.due.at if item.due else None,
        "due_explanation": item.due.explanation if item.due else (),
        "follow_up_at": item.follow_up.at if item.follow_up else None,
        "priority": item.priority,
    }


def timer_row(session: "Session", timer: Waiting) -> dict[str, Any]:
    """Return the row of a timer that waits, but for the instance's id."""
    token = timer.token
    definition = token.task_spec.event_definition
    return {
        "task_id": session.id_of(token),
        "occurrence": timer.occurrence,
        "process_key": token.workflow.process_key,
        "element": token.task_spec.name,
        "name": token.task_spec.bpmn_name,
        "kind": definition.kind,
        "due_at": timer.due,
        "started_at": timer.start,
        "expression": definition.expression,
        "explanation": session.run.explained.get(token.id, ()),
    }
