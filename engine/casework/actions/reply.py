"""回复: the receiving department answers, through the channel the matter came by."""

from typing import Any

from engine.casework.actions.step import Step

OWN = "channel"
MEDIA = ("phone", "letter", "sms", "email")
ADDRESSED = frozenset({"email"})
"""Media that need an address which no petitioner's record holds."""


def reply(step: Step) -> dict[str, Any]:
    """Set the reply and by what it leaves. Another way than the channel's own only after that one has failed."""
    words = step.need("reply", "请写明答复内容。", 10)
    medium = step.choice("medium", OWN, *MEDIA)
    address = step.text("address")
    sent = step.transaction.data.get("deliver_reply") or {}
    if medium not in {"", OWN, step.case["channel_medium"]} and sent.get("delivered") is not False:
        step.refuse("medium", "应按来件渠道回复；送不到的，才改用其他方式。")
    if medium in ADDRESSED and not address and medium != step.case["channel_medium"]:
        step.refuse("address", "请填写电子邮箱。")
    step.check()
    step.case.set(reply=words)
    step.event = "replied"
    return {"medium": medium, "address": address}
