"""Contact records: 电话沟通、见面约谈、解释疏导, which a complaint or a petition cannot be concluded without."""

from datetime import datetime
from typing import Any

from sqlalchemy import text

from engine.casework.actions.step import Step
from engine.casework.case import instant
from engine.casework.vocabulary import CONTACT_METHODS
from rules.working_time import BUREAU_ZONE

KINDS_WITH_CONTACT = frozenset({"complaint", "petition"})

INSERT = text(
    "insert into contact (matter_id, method, at, officer_id, note) values (:matter, :method, :at, :officer, :note)"
)
COUNT = text("select count(*) from contact where matter_id = :matter")
MET_IN_PERSON = "meeting"
"""How a method is kept that the bureau's list does not have: going to see somebody is meeting them."""


def keep_contacts(step: Step, key: str = "contacts") -> int:
    """Store the contact records typed in this step; return how many there were."""
    rows = step.rows(key)
    now = step.transaction.now
    values = []
    for row in rows:
        at = _moment(row.get("at")) or now
        if at > now:
            step.refuse(key, "联系时间不能晚于现在。")
        note = "：".join(part for part in (_text(row, "whom"), _text(row, "summary") or _text(row, "note")) if part)
        if not note:
            step.refuse(key, "请写明沟通情况。")
        method = _text(row, "method")
        values.append(
            {
                "matter": step.case.id,
                "method": method if method in CONTACT_METHODS else MET_IN_PERSON,
                "at": at,
                "officer": int(step.transaction.actor),
                "note": note,
            }
        )
    step.check()
    if values:
        step.connection.execute(INSERT, values)
    return len(values)


def require_contacts(step: Step, fresh: int, key: str = "contacts") -> None:
    """Refuse to conclude a complaint or a petition that nobody has spoken about with the petitioner.

    Who gave neither name nor any way to be reached cannot be spoken with.
    """
    case = step.case
    if case["kind"] not in KINDS_WITH_CONTACT or fresh:
        return
    if case["petitioner_anonymous"] and not (case["petitioner_phone"] or case["petitioner_address"]):
        return
    if not step.connection.execute(COUNT, {"matter": case.id}).scalar_one():
        step.refuse(key, "投诉、信访事项须有电话沟通、见面约谈或解释疏导的记录，才能处置。")


def _moment(value: Any) -> datetime | None:
    moment = instant(value)
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=BUREAU_ZONE)


def _text(row: Any, key: str) -> str:
    value = row.get(key)
    return value.strip() if isinstance(value, str) else ""
