"""送达回复: hand the reply to the outbox, by the channel's medium; the worker brings back what came of it."""

from typing import Any

from engine.casework.actions.reply import OWN
from engine.casework.case import Case, case_of
from engine.casework.outbox import request_delivery
from engine.runtime import Call, Service

SALUTATION = "您好！您反映的“{title}”（编号 {number}）现答复如下：\n\n{reply}\n\n{office}"


def deliver_reply(call: Call) -> None:
    """Write the dispatch. It waits in the outbox with the task's id, by which the result finds its way back."""
    case = case_of(call.transaction)
    given = call.data.get("reply") or {}
    chosen = given.get("medium") or OWN
    medium = case["channel_medium"] if chosen == OWN else chosen
    number = case["channel_number"] or case.number
    request_delivery(
        call.transaction.connection,
        kind="reply",
        medium=medium,
        address=given.get("address") or _address(case, medium),
        subject=f"关于“{case['title']}”的答复（{number}）",
        body=SALUTATION.format(
            title=case["title"], number=number, reply=case["reply"] or "", office=case["channel_name"]
        ),
        key=f"reply:{call.task_id}",
        matter_id=case.id,
        task_id=call.task_id,
    )


def _address(case: Case, medium: str) -> str | None:
    """Return where a reply goes: the petitioner for what a person does by hand, else the channel's own address."""
    addresses: dict[str, Any] = {
        "phone": case["petitioner_phone"],
        "letter": case["petitioner_address"],
        "sms": case["channel_address"] if case["channel_medium"] == "sms" else case["petitioner_phone"],
    }
    found: str | None = addresses.get(medium, case["channel_address"])
    return found


SERVICE = Service(
    "deliver_reply",
    deliver_reply,
    outputs={"delivered": "boolean", "receipt": "text", "error": "text"},
    effect=True,
    verdict="delivered",
)
