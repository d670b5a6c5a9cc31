"""From what the runtime did to what a matter's history says, in the past tense."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from engine.casework.case import Case
from engine.casework.history import Entry
from engine.runtime import Due, Event, Transaction

DueRule = Callable[[Connection, Any, datetime], Due]

CLOCKS = "clocks"
"""The decision whose ``total`` is the matter's own deadline."""

REPLY = "deliver_reply"

NAMED = {"assigned": "reassigned"}
"""Kinds whose word means something else in a matter's history: 交办 is ``assigned``."""

UNNAMED = {"started": "流程开始", "due_moved": "时限调整"}
"""What to call the kinds that belong to no element of the diagram."""

SILENT = frozenset({"service_called", "effect_requested", "timer_fired", "ended"})
"""Kinds that leave no entry of their own: the service that follows says more, and closing is an entry already."""


def record(transaction: Transaction, case: Case, events: Sequence[Event], due: DueRule) -> None:
    """Write the entries of one command and the changes of its matter.

    What services noted stands where the process called them; the matter's deadline follows the clock that was
    decided, counted from the day the message was received.
    """
    entries: list[Entry] = []
    noted = list(case.noted)
    for event in events:
        _follow(transaction, case, event, due)
        entries += _entries(case, event)
        here = [pair for pair in noted if pair[0] == event.element and pair[0]]
        entries += [entry for _, entry in here]
        noted = [pair for pair in noted if pair not in here]
    entries += [entry for _, entry in noted]
    case.write(transaction, entries)


def _follow(transaction: Transaction, case: Case, event: Event, due: DueRule) -> None:
    """Let the matter's record follow an event that no action or service has seen."""
    if event.kind == "decided" and event.details.get("decision") == CLOCKS:
        outputs = event.details.get("outputs") or {}
        total = outputs.get("total")
        if total:
            found = due(transaction.connection, total, case["received_at"])
            basis = [f"依据：{outputs['basis']}"] if outputs.get("basis") else []
            case.set(due_at=found.at, due_explanation=[*found.explanation, *basis])
    elif event.kind == "message_received":
        case.set(status="open")
    elif event.kind == "effect_requested":
        case.set(stage=event.element)
    elif event.kind == "effect_finished" and event.element == REPLY:
        result = event.details.get("result") or {}
        if result.get("delivered"):
            case.set(replied_at=transaction.now)


def _entries(case: Case, event: Event) -> Iterator[Entry]:
    """Return what an event says in history; nothing for those whose service speaks for them."""
    if event.kind in SILENT:
        return
    if event.kind == "completed" and case.finished is not None and case.finished.step == event.element:
        done = case.finished
        yield Entry(done.event, done.name, done.step, {"answers": dict(done.answers)})
        return
    details = {key: value for key, value in event.details.items() if key != "task_id"}
    if event.kind == "decided":
        # All limits of a clock would fill the history; the rule, its ground and what it was asked say enough.
        outputs = details.pop("outputs", None) or {}
        details["outputs"] = {key: outputs[key] for key in ("total", "basis", "reviewer") if key in outputs}
    name = event.name or UNNAMED.get(event.kind, case.number)
    yield Entry(NAMED.get(event.kind, event.kind), name, event.element or None, details)
