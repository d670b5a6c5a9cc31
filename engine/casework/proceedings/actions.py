"""What the bureau's rules ask of an answer in a proceeding beyond its form; one function a step.

Each takes the command, the proceeding and what was typed, notes what is wrong by field, and may change the
proceeding. A step without one is checked by its form alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import text

from engine.casework.actions.step import Answers
from engine.casework.calendar_store import calendar
from engine.casework.proceedings.record import Proceeding
from engine.runtime import Transaction
from rules.working_time import BUREAU_ZONE, deadline

ONE = text("select name, active from officer where id = :id")
MOST_POINTS: Final = 12


@dataclass(slots=True, kw_only=True)
class Answered(Answers):
    """A step of a proceeding being finished."""

    transaction: Transaction
    proceeding: Proceeding


def adjudge(step: Answered) -> None:
    """督查认定: lifting has its reason, sending back its points (督查 must be able to say why it ended)."""
    decision = step.choice("decision", "lift", "again", "raise", "account")
    if decision == "again":
        step.need("points", "退回重报的，请写明还要说明什么。", 2)
    elif decision:
        step.need("reason", "请写明理由，至少 5 个字。", 5)


def instruct(step: Answered) -> None:
    """局领导批示."""
    step.choice("decision", "lift", "again", "account")
    step.need("reason", "请写明批示意见，至少 2 个字。", 2)


def find(step: Answered) -> None:
    """调查认定: who is concerned is an officer in service, and not whoever investigates."""
    decision = step.choice("decision", "founded", "unfounded")
    officer = step.number("officer")
    if officer is None:
        step.refuse("officer", "请选择当事人。")
        return
    known = step.transaction.connection.execute(ONE, {"id": officer}).one_or_none()
    if known is None or not known.active:
        step.refuse("officer", "没有这名民警，或已不在职。")
    elif str(officer) == step.transaction.actor:
        step.refuse("officer", "不能调查自己，请由其他督察人员认定。")
    elif decision:
        step.proceeding.set(officer_id=officer)


def sanction(step: Answered) -> None:
    """处理决定: whole points from 0 to 12, an expiry, and never by whom it concerns."""
    if str(step.proceeding["officer_id"]) == step.transaction.actor:
        step.refuse("sanction", "当事人不能决定对自己的处理。")
    _points(step)


def respond(step: Answered) -> None:
    """确认或申诉: an appeal says why."""
    if step.choice("decision", "accept", "appeal") == "appeal":
        step.need("reason", "申诉的，请写明理由，至少 5 个字。", 5)


def hear_appeal(step: Answered) -> None:
    """申诉复核: a changed decision says to how many points."""
    if step.choice("decision", "upheld", "changed", "withdrawn") == "changed":
        _points(step)
    step.need("reason", "请写明复核意见，至少 5 个字。", 5)


def plan(step: Answered) -> None:
    """制定措施: the day it is to be finished lies ahead, and not after the day that the table calls late."""
    try:
        finish = date.fromisoformat(step.text("finish_on"))
    except ValueError:
        step.refuse("finish_on", "请填写完成日期。")
        return
    if finish <= step.transaction.now.astimezone(BUREAU_ZONE).date():
        step.refuse("finish_on", "完成日期要在今天之后。")
        return
    limit = (step.transaction.data.get("rectification_limits") or {}).get("rectify_late")
    if not limit:
        return
    latest = deadline(step.transaction.now, limit, calendar(step.transaction.connection)).at.astimezone(BUREAU_ZONE)
    last = (latest - timedelta(microseconds=1)).date()
    if finish > last:
        step.refuse("finish_on", f"整改最长{limit}，完成日期最迟是{last:%Y年%m月%d日}。")


def inspect(step: Answered) -> None:
    """整改验收."""
    if step.choice("decision", "pass", "again") == "again":
        step.need("reason", "退回重做的，请写明哪里不到位，至少 5 个字。", 5)


def conclude(step: Answered) -> None:
    """整改结论."""
    step.choice("decision", "effective", "again")
    step.need("reason", "请写明结论和依据，至少 5 个字。", 5)


def _points(step: Answered) -> None:
    points = step.number("points")
    if points is None or not 0 <= points <= MOST_POINTS:
        step.refuse("points", f"记分是 0 到 {MOST_POINTS} 的整数。")


ACTIONS: Final[Mapping[str, Callable[[Answered], None]]] = {
    "adjudge": adjudge,
    "instruct": instruct,
    "find": find,
    "sanction": sanction,
    "respond": respond,
    "hear_appeal": hear_appeal,
    "plan": plan,
    "inspect": inspect,
    "conclude": conclude,
}
KEPT: Final = frozenset({*ACTIONS, "answer", "rectify", "confirm"})
"""The steps whose answers a proceeding keeps."""


def answer(transaction: Transaction, proceeding: Proceeding, step: str, answers: Mapping[str, Any]) -> None:
    """Check what was answered at a step and keep it; raises InvalidStep naming every faulty field."""
    action = ACTIONS.get(step)
    if action is not None:
        given = Answered(answers=answers, transaction=transaction, proceeding=proceeding)
        action(given)
        given.check()
    proceeding.answered(step, answers)
