"""Deliver a dispatch: at least once, always under the same key; its result finishes the step that waits for it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from sqlalchemy import Engine

from engine.casework import outbox
from engine.casework.commands.message import message
from engine.casework.outbox import Message
from engine.casework.services.tell_repeats import KIND as TO_PROCESS
from engine.runtime import Runtime, Suspended

Send = Callable[[Message], str | None]
"""Sends a message and returns the other side's receipt; raises when it was not taken."""


def deliver(engine: Engine, runtime: Runtime, dispatch_id: int, send: Send, *, last: bool = False) -> bool:
    """Send a dispatch that waits, note what came of it, and let the waiting process go on; return whether it arrived.

    The row stays locked while sending, so that two workers do not send it both. After a crash it may be sent again,
    under the same key, and a result that was noted is brought to its process then. A failed attempt raises what
    ``send`` raised, to be tried again; with ``last`` the dispatch has failed for good, and the process is told: its
    diagram decides what follows where it looks at that, else an incident is open.
    """
    failure: Exception | None = None
    receipt: str | None = None
    with engine.begin() as connection:
        waiting = outbox.take(connection, dispatch_id)
        if waiting is not None:
            try:
                receipt = _send(runtime, waiting, send)
            except Exception as error:  # noqa: BLE001 - whatever goes wrong outside is a failed attempt
                failure = error
                outbox.mark_failed(connection, dispatch_id, str(error) or type(error).__name__, final=last)
            else:
                outbox.mark_sent(connection, dispatch_id, {"receipt": receipt} if receipt else None)
    if failure is not None and not last:
        raise failure
    with engine.connect() as connection:
        known = outbox.get(connection, dispatch_id)
    if known is None or known.status == "pending":
        return False
    if known.task_id is not None:
        with suppress(Suspended):  # it is told when the process is resumed
            _tell(runtime, known, known.task_id, failure, receipt)
    return known.status == "sent"


def _tell(runtime: Runtime, known: Message, task_id: str, failure: Exception | None, receipt: str | None) -> None:
    """Bring what came of a dispatch to the service task that waits for it."""
    result: dict[str, Any] = {"delivered": True, "key": known.key}
    if known.status != "sent":
        error = str(failure or "") or known.last_error or "没有送达"
        runtime.fail_effect(task_id, error, data={"key": known.key})
        return
    if receipt:
        result["receipt"] = receipt[:200]
    runtime.finish_effect(task_id, result)


def _send(runtime: Runtime, waiting: Message, send: Send) -> str | None:
    if waiting.kind != TO_PROCESS:
        return send(waiting)
    message(runtime, waiting.address or "", waiting.subject, {"reply": waiting.body})
    return None
