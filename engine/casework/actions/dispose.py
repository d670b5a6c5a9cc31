"""处置: the handler acts on what was found."""

from engine.casework.actions.contacts import keep_contacts, require_contacts
from engine.casework.actions.step import Step


def dispose(step: Step) -> None:
    """Record the measures. A complaint or a petition needs at least one contact record by now."""
    step.need("measures", "请写明处置措施。")
    result = step.choice("result", "solved", "partly", "explained", "unsolved")
    if result in {"partly", "unsolved"}:
        step.need("unsolved_reason", "没有完全解决的，请写明原因，至少 5 个字。", 5)
    step.check()
    require_contacts(step, keep_contacts(step))
    step.check()
    step.event = "disposed"
