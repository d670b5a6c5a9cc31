"""What a finished step changes in the matter's record, one module a step; a step without one changes nothing.

An action checks the rules of the bureau that no form can express, changes the matter through ``step.case`` and may
return process variables beside the form's own.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from engine.casework.actions.accept import accept
from engine.casework.actions.assign import assign, settle
from engine.casework.actions.dispose import dispose
from engine.casework.actions.feed_back import feed_back
from engine.casework.actions.hand_on import hand_on
from engine.casework.actions.investigate import investigate
from engine.casework.actions.reply import reply
from engine.casework.actions.review import approve, review
from engine.casework.actions.sign import sign
from engine.casework.actions.step import InvalidStep, Step
from engine.casework.actions.visit import visit

Action = Callable[[Step], Mapping[str, Any] | None]

ACTIONS: Final[Mapping[str, Action]] = {
    "accept": accept,
    "assign": assign,
    "settle": settle,
    "hand_on": hand_on,
    "sign": sign,
    "investigate": investigate,
    "dispose": dispose,
    "feed_back": feed_back,
    "review": review,
    "approve": approve,
    "reply": reply,
    "visit": visit,
}

__all__ = ["ACTIONS", "Action", "InvalidStep", "Step"]
