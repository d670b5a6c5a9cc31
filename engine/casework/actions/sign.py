"""签收: the unit's 专管员 takes the matter in and names who handles it, or sends it back with evidence."""

from sqlalchemy import text

from engine.casework.actions.step import Step
from engine.casework.calendar_store import calendar
from engine.casework.offers import HANDLER, candidates_of
from rules.working_time import deadline

HOLDER = text(
    """
select o.name, o.active,
       exists (select 1 from holding h where h.officer_id = o.id
               and h.role || '@' || coalesce(h.unit_id::text, '*') = any(:candidates)) as holds
from officer o where o.id = :officer
"""
)
OFFERED = text("select created_at from work_item where task_id = cast(:task as uuid)")
LEAST_EVIDENCE = 10


def sign(step: Step) -> None:
    """Sign for the unit and name the handler, or send the matter back.

    信访工作条例, article 23: an objection to jurisdiction states its reasons; so sending back needs evidence. The
    handler must hold the role in the handling unit and must not be accused by the matter.
    """
    decision = step.choice("decision", "sign", "send_back")
    if decision == "send_back":
        step.need("evidence", f"退回须写明依据，至少 {LEAST_EVIDENCE} 个字。", LEAST_EVIDENCE)
        _check_return(step)
        step.check()
        step.case.set(handler_id=None, returned=step.case["returned"] + 1)
        step.case.publish(step.transaction)
        step.event = "sent_back"
        return
    handler = step.number("handler")
    if handler is None:
        step.refuse("handler", "请指定承办民警。")
    else:
        _check_handler(step, handler)
    step.check()
    step.case.set(handler_id=handler)
    step.event = "signed"


def _check_return(step: Step) -> None:
    """Refuse a return that comes too late or that the inspectorate has ruled out.

    A wrongly sent order goes back within one working day in 12345-type rules; the table of clocks says how long
    (``clocks.send_back``), a version of it that says nothing sets no limit.
    """
    if step.case["settled"]:
        step.refuse("decision", "督察大队已裁定由你单位承办，不能再退回。")
        return
    limit = (step.transaction.data.get("clocks") or {}).get("send_back")
    offered = step.connection.execute(OFFERED, {"task": step.item.task_id}).scalar()
    if not limit or offered is None:
        return
    if deadline(offered, limit, calendar(step.connection)).at < step.transaction.now:
        step.refuse("decision", f"交办已超过{limit}，不能退回；确实不属于你单位的，请报受理部门改派。")


def _check_handler(step: Step, handler: int) -> None:
    candidates = candidates_of(step.connection, step.case, [HANDLER])
    row = step.connection.execute(HOLDER, {"officer": handler, "candidates": list(candidates)}).one_or_none()
    if row is None or not row.active or not row.holds:
        step.refuse("handler", "请从承办单位的承办民警中指定。")
    elif step.case.accuses(handler):
        step.refuse("handler", "本件反映的就是这名民警，不能由其承办。")
