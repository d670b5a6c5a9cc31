"""受理: take the matter up, decline it with the legal ground, or find that it is not for the police."""

from engine.casework.actions.step import Step

EVENTS = {"accepted": "accepted", "not_accepted": "not_accepted", "out_of_scope": "found_out_of_scope"}


def accept(step: Step) -> None:
    """Record the decision of the receiving department.

    Declining needs a ground and an explanation, as does finding the matter out of scope
    (信访工作条例, articles 22 and 23: the petitioner is told whether and why).
    """
    decision = step.choice("decision", *EVENTS)
    if decision == "not_accepted":
        step.need("ground", "不予受理的，请选择法定理由。")
    if decision in {"not_accepted", "out_of_scope"}:
        step.need("reason", "请写明认定的事实和依据，至少 5 个字。", 5)
    step.check()
    case = step.case
    if decision == "accepted":
        case.set(accepted_at=step.transaction.now)
    elif decision == "not_accepted":
        case.set(outcome="not_accepted")
    step.event = EVENTS[decision]
