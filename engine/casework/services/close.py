"""归档: the matter is closed, with how it ended."""

from typing import Any

from engine.casework.case import case_of
from engine.runtime import Call, Service


def close(call: Call) -> dict[str, Any]:
    """Close the matter. It ended handed on or declined as its steps said, answered with its primary, or replied."""
    case = case_of(call.transaction)
    outcome = case["outcome"] or ("repeat" if case["primary_id"] is not None else "replied")
    if "feed_back" in call.data:
        outcome = "replied"
    case.set(outcome=outcome, status="closed", stage="closed", closed_at=call.transaction.now)
    case.note("closed", call.name, element=call.element, outcome=outcome, satisfaction=case["satisfaction"])
    return {"outcome": outcome}


SERVICE = Service("close", close, outputs={"outcome": "text"})
