"""From what the runtime did to what a matter's history says, in the past tense."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection

from engine.casework import outbox
from engine.casework.case import Case
from engine.casework.history import Entry
from engine.runtime import Due, Event, Host, Transaction
from engine.runtime.adjustments import Arithmetic, Move
from engine.runtime.door.environment import ZONE

CLOCKS = "clocks"
"""The decision whose ``total`` is the matter's own deadline."""

REPLY = "deliver_reply"

NAMED = {"assigned": "reassigned"}
"""Kinds whose word means something else in a matter's history: 交办 is ``assigned``."""

UNNAMED = {
    "started": "流程开始",
    "due_moved": "时限调整",
    "due_extended": "延期",
    "clock_paused": "暂停计时",
    "clock_resumed": "恢复计时",
    "suspended": "流程暂停",
    "resumed": "流程恢复",
    "cancelled": "撤销",
    "variables_changed": "修改流程变量",
    "migrated": "迁移到新版本",
    "migration_reverted": "移回旧版",
}
"""What to call the kinds that belong to no element of the diagram."""

SILENT = frozenset({"service_called", "service_failed", "effect_requested", "timer_fired", "ended"})
"""Kinds that leave no entry of their own: the service that follows says more, and closing is an entry already."""


def record(transaction: Transaction, case: Case, events: Sequence[Event], host: Host) -> None:
    """Write the entries of one command and the changes of its matter.

    What services noted stands where the process called them; the matter's deadline follows the clock that was
    decided, counted from the day the message was received.
    """
    entries: list[Entry] = []
    noted = list(case.noted)
    for event in events:
        _follow(transaction, case, event, host)
        entries += _entries(case, event)
        here = [pair for pair in noted if pair[0] == event.element and pair[0]]
        entries += [entry for _, entry in here]
        noted = [pair for pair in noted if pair not in here]
    entries += [entry for _, entry in noted]
    case.write(transaction, entries)


def _ended_by_hand(transaction: Transaction, case: Case, event: Event) -> None:
    """Close a matter whose process was cancelled, or open it again when its process goes on after its end."""
    if event.kind == "cancelled":
        case.set(status="closed", outcome="cancelled", stage="closed", closed_at=transaction.now)
        outbox.withdraw(transaction.connection, case.id, str(event.details.get("reason") or ""))
    elif event.details.get("ended") and case.changes.get("status") != "closed":
        case.set(status="open", outcome=None, closed_at=None)


def _on_another_version(case: Case, event: Event) -> None:
    """Let a matter stand at its step's new name; that steps were offered anew is no step of the matter's."""
    for column in ("stage", "status"):
        case.changes.pop(column, None)
    stage = (event.details.get("steps") or {}).get(case["stage"])
    if stage is not None:
        case.set(stage=stage)


def matter_deadline(
    connection: Connection, host: Host, total: str, received_at: datetime, moves: Sequence[Move]
) -> Due:
    """Return a matter's own deadline: ``total`` from when it was received, with what was granted.

    Raises ValueError when ``total`` is no length of time.
    """
    found = host.due(connection, total, received_at)
    if not moves:
        return found
    return Arithmetic(host, connection, ZONE).adjusted(total, found, received_at, moves)


def _clock(transaction: Transaction, case: Case, event: Event, host: Host) -> None:
    """Give the matter the deadline that the table of clocks has decided, with what was granted before."""
    outputs = event.details.get("outputs") or {}
    total = outputs.get("total")
    if not total:
        return
    found = matter_deadline(transaction.connection, host, total, case["received_at"], case["due_moves"])
    basis = [f"依据：{outputs['basis']}"] if outputs.get("basis") else []
    case.set(due_at=found.at, due_explanation=[*found.explanation, *basis])


def _follow(transaction: Transaction, case: Case, event: Event, host: Host) -> None:
    """Let the matter's record follow an event that no action or service has seen."""
    if event.kind == "decided" and event.details.get("decision") == CLOCKS:
        _clock(transaction, case, event, host)
    elif event.kind == "resumed":
        outbox.resume(transaction.connection, case.id)
    elif event.kind in {"cancelled", "restarted"}:
        _ended_by_hand(transaction, case, event)
    elif event.kind in {"message_received", "signal_received"} and case["status"] == "waiting":
        case.set(status="open")  # what it waited for has come; a matter that is closed stays closed
    elif event.kind in {"migrated", "migration_reverted"}:
        _on_another_version(case, event)
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
        outputs = details.get("outputs")
        # A table that collects gives a list or a number; history keeps outputs by name.
        outputs = outputs if isinstance(outputs, dict) else {"result": outputs}
        if details.get("decision") == CLOCKS:
            # All limits of a clock would fill the history; the rule, its ground and what it was asked say enough.
            outputs = {key: outputs[key] for key in ("total", "basis") if key in outputs}
        details["outputs"] = outputs
    name = event.name or UNNAMED.get(event.kind, case.number)
    yield Entry(NAMED.get(event.kind, event.kind), name, event.element or None, details)
