"""回访: somebody who had no part in the matter asks the petitioner what they think of it."""

from typing import Any

from engine.casework.actions.step import Step
from engine.casework.vocabulary import SATISFACTIONS

LEAST_ATTEMPTS = 3


def visit(step: Step) -> dict[str, Any]:
    """Record the rating. Dissatisfaction needs its reason and a decision; unreachable needs three tries."""
    result = step.choice("result", *SATISFACTIONS)
    decision = "close"
    if result == "dissatisfied":
        decision = step.choice("decision", "rework", "close")
        step.need("reason", "不满意的，请写明原因，至少 5 个字。", 5)
    if result == "unreachable" and (step.number("attempts") or 0) < LEAST_ATTEMPTS:
        step.refuse("attempts", f"至少联系 {LEAST_ATTEMPTS} 次，才能记为联系不上。")
    step.check()
    step.case.set(satisfaction=result)
    step.event = "rework_demanded" if decision == "rework" else "visited"
    return {"decision": decision}
