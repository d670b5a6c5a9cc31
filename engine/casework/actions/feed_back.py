"""反馈: the handling unit reports to the receiving department and drafts the reply."""

from engine.casework.actions.step import Step

LEAST_REPLY = 20


def feed_back(step: Step) -> None:
    """Record the report; the draft becomes the matter's reply until the receiving department has its own words."""
    step.need("summary", "请写明办理结果。")
    draft = step.need("reply_draft", f"请拟写答复稿，至少 {LEAST_REPLY} 个字。", LEAST_REPLY)
    step.check()
    step.case.set(reply=draft)
    step.event = "fed_back"
