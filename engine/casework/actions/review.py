"""审核、审批: somebody who did not handle the matter lets the reply pass, or sends it back with points to mend."""

from engine.casework.actions.step import Step


def review(step: Step) -> None:
    """Record the instructor's review."""
    _judge(step, "reviewed")


def approve(step: Step) -> None:
    """Record the bureau leader's approval."""
    _judge(step, "approved")


def _judge(step: Step, passed: str) -> None:
    """Take the decision; four eyes: whoever handles the matter does not judge it. A rejection names its points."""
    decision = step.choice("decision", "pass", "reject")
    if step.case["handler_id"] is not None and str(step.case["handler_id"]) == step.transaction.actor:
        step.refuse("decision", "承办人不能审核自己办理的事项。")
    if decision == "reject" and not [row for row in step.rows("points") if str(row.get("point") or "").strip()]:
        step.refuse("points", "退回须逐条写明应改之处。")
    step.check()
    step.event = passed if decision == "pass" else "rejected"
