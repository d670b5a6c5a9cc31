"""督办签收: a supervisor takes note of an escalation and says what follows."""

from sqlalchemy import Engine, text

from engine.casework.case import case_of
from engine.casework.errors import NotPermitted
from engine.casework.permissions import Person, may
from engine.runtime import NotFound, Runtime

LONGEST_NOTE = 500
UNKNOWN = "没有这条督办。"

FIND = text(
    """
select e.matter_id, e.step, e.step_name, m.instance_id from escalation e join matter m on m.id = e.matter_id
where e.id = :id
"""
)
TAKE = text(
    """
update escalation set acknowledged_at = :now, acknowledged_by = :officer, note = :note
where id = :id and acknowledged_at is null
"""
)


def acknowledge(engine: Engine, runtime: Runtime, officer: Person, escalation_id: int, note: str = "") -> None:
    """Mark an escalation as taken note of, in the officer's name, and write it into the matter's history.

    Raises NotFound when there is none in a matter this officer supervises, NotPermitted when somebody was faster or the
    note is longer than 500 characters.
    """
    if len(note) > LONGEST_NOTE:
        raise NotPermitted(f"说明最多 {LONGEST_NOTE} 个字。")
    with engine.connect() as connection:
        row = connection.execute(FIND, {"id": escalation_id}).one_or_none()
    if row is None or row.instance_id is None:
        raise NotFound(UNKNOWN)
    with runtime.transaction(row.instance_id, actor=str(officer.id)) as transaction:
        case = case_of(transaction)
        if not case.row["actor_active"] or not may(transaction.connection, officer, "acknowledge", row.matter_id):
            raise NotFound(UNKNOWN)
        values = {"now": transaction.now, "officer": officer.id, "note": note or None, "id": escalation_id}
        if transaction.connection.execute(TAKE, values).rowcount != 1:
            raise NotPermitted("这条督办已经有人签收。")
        case.note("acknowledged", "督办签收", step=row.step, note=note, step_name=row.step_name)
