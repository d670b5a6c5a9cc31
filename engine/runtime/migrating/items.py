"""What becomes of the user tasks that wait: their labels, forms, due dates, and who may have them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from engine.runtime.advance import ready_items
from engine.runtime.due_times import due_of_item
from engine.runtime.errors import CannotAdvance
from engine.runtime.items import item_of
from engine.runtime.migrating.changes import Assessment, ItemMove, LostClaim
from engine.runtime.migrating.move import Moved
from engine.runtime.migrating.plan import Plan
from engine.runtime.protocol import Due, Offer
from engine.runtime.session import Session
from engine.runtime.steps import Step
from engine.runtime.store import ItemRow
from engine.runtime.task_ids import split
from engine.runtime.tokens import Token

_KEPT: Final = """
select instance_id, task_id::text, created_at, due_at, due_explanation, follow_up_at, priority, candidates, excluded,
       assignee
from work_item where instance_id = any(%(ids)s)
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A work item's row: when it began to wait, and what the item is made of."""

    created_at: datetime
    row: ItemRow


def kept_items(connection: sa.Connection, instances: list[int]) -> dict[int, dict[int, Kept]]:
    """Return the work items of instances: instance to number of the token to the item."""
    found: dict[int, dict[int, Kept]] = {instance: {} for instance in instances}
    for row in connection.exec_driver_sql(_KEPT, {"ids": instances}):
        due = Due(row.due_at.astimezone(UTC), tuple(row.due_explanation)) if row.due_at is not None else None
        follow_up = Due(row.follow_up_at.astimezone(UTC)) if row.follow_up_at is not None else None
        offer = Offer(tuple(row.candidates), row.assignee, tuple(row.excluded))
        kept = Kept(row.created_at.astimezone(UTC), ItemRow(offer, due, follow_up, row.priority))
        found[row.instance_id][split(row.task_id)[1]] = kept
    return found


@dataclass(frozen=True, slots=True)
class Changed:
    """An item after the move: its token, the row it gets, and whether it has to be offered anew."""

    token: Token
    row: ItemRow
    anew: bool


def changed_items(
    plan: Plan, session: Session, moved: Moved, kept: Mapping[int, Kept], assessment: Assessment
) -> list[Changed]:
    """Return the items of a moved instance as they are now, and note in ``assessment`` how they changed.

    When a due date has no value any more, that is noted as a reason.
    """
    found = []
    for token in ready_items(session.flow):
        item = kept.get(token.id)
        if item is None:
            assessment.refuse("unknown", f"“{token.task_spec.bpmn_name}”在待办里找不到。")
            continue
        try:
            found.append(
                _changed(plan, session, token, old=moved.before[token.id].step, item=item, assessment=assessment)
            )
        except CannotAdvance as error:
            assessment.refuse("value", error.message)
    return found


def _changed(plan: Plan, session: Session, token: Token, *, old: Step, item: Kept, assessment: Assessment) -> Changed:
    run, step, before = session.run, token.task_spec.step, item.row
    due, follow_up, priority = before.due, before.follow_up, before.priority
    if step.due != old.due:
        due = due_of_item(session, token, item.created_at)
    if step.follow_up != old.follow_up:
        follow_up = run.due_of(step.follow_up, token, item.created_at)
    if step.priority != old.priority:
        priority = run.priority_of(step, token)
    same_form = plan.old.forms.get(old.form_key) == plan.new.forms.get(step.form_key)
    same_role = (old.groups, old.properties) == (step.groups, step.properties)
    assessment.items.append(
        ItemMove(
            task_id=session.id_of(token),
            old_step=old.step,
            step=step.step,
            name=step.name,
            form=None if same_form and old.form_key == step.form_key else (old.form_key, step.form_key),
            role=None if same_role else (old.groups, step.groups),
            due=(_at(before.due), _at(due)) if step.due != old.due else None,
            explanation=due.explanation if due is not None and step.due != old.due else (),
        )
    )
    return Changed(token, ItemRow(before.offer, due, follow_up, priority), not same_role)


def _at(due: Due | None) -> datetime | None:
    return due.at if due is not None else None


def rows(session: Session, items: list[Changed], assessment: Assessment) -> Iterator[dict[str, Any]]:
    """Yield the columns of each item, offering anew those whose role or properties changed.

    Called inside the command, after everything else of the move is known.
    """
    for changed in items:
        item, offer = item_of(session.run, changed.token, changed.row), changed.row.offer
        assignee = offer.assignee
        if changed.anew:
            made = session.environment.host.offer(session.transaction, item)
            assignee = _holder(session, offer.assignee, made)
            offer = made
            if changed.row.offer.assignee is not None and assignee != changed.row.offer.assignee:
                assessment.lost.append(LostClaim(item.step, item.name, changed.row.offer.assignee, assignee))
        yield {
            "task_id": item.task_id,
            "process_key": changed.token.workflow.process_key,
            "step": item.step,
            "name": item.name,
            "form_key": item.form_key,
            "candidates": list(offer.candidates),
            "excluded": list(offer.excluded),
            "assignee": assignee,
            "due_at": item.due.at.isoformat() if item.due else None,
            "due_explanation": list(item.due.explanation) if item.due else [],
            "follow_up_at": item.follow_up.at.isoformat() if item.follow_up else None,
            "priority": item.priority,
        }


def _holder(session: Session, holder: str | None, offer: Offer) -> str | None:
    """Return who has an item that is offered anew: its holder as long as they qualify."""
    if holder is not None and session.environment.host.may_hold(session.transaction, holder, offer):
        return holder
    return offer.assignee
