"""通知重复件: once the primary has been answered, its repeats go on; each is answered through its own channel."""

from typing import Any

from sqlalchemy import text

from engine.casework.case import case_of
from engine.casework.outbox import request_delivery
from engine.runtime import Call, Service

MESSAGE = "primary_replied"
"""The message that waiting repeats are woken by, as diagrams name it."""

KIND = "message"
MEDIUM = "process"

REPEATS = text("select id, number from matter where primary_id = :primary and status = 'waiting' order by id")


def tell_repeats(call: Call) -> dict[str, Any]:
    """Ask the outbox for a message to every matter that waits for this one; return how many there are.

    Each repeat is a case of its own, whose lock this command must not take: so the messages leave it.
    """
    case = case_of(call.transaction)
    rows = call.transaction.connection.execute(REPEATS, {"primary": case.id}).all()
    for row in rows:
        request_delivery(
            call.transaction.connection,
            kind=KIND,
            medium=MEDIUM,
            address=row.number,
            subject=MESSAGE,
            body=case["reply"] or "",
            key=f"{MESSAGE}:{row.id}",
            matter_id=row.id,
        )
    if rows:
        case.note("repeats_told", call.name, element=call.element, repeats=[row.number for row in rows])
    return {"told": len(rows)}


SERVICE = Service("tell_repeats", tell_repeats, outputs={"told": "number"})
