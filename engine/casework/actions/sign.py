"""签收: the unit's 专管员 takes the matter in and names who handles it, or sends it back with evidence."""

from sqlalchemy import text

from engine.casework.actions.step import Step
from engine.casework.offers import HANDLER, candidates_of

HOLDER = text(
    """
select o.name, o.active,
       exists (select 1 from holding h where h.officer_id = o.id
               and h.role || '@' || coalesce(h.unit_id::text, '*') = any(:candidates)) as holds
from officer o where o.id = :officer
"""
)
LEAST_EVIDENCE = 10


def sign(step: Step) -> None:
    """Sign for the unit and name the handler, or send the matter back.

    信访工作条例, article 23: an objection to jurisdiction states its reasons; so sending back needs evidence. The
    handler must hold the role in the handling unit and must not be accused by the matter.
    """
    decision = step.choice("decision", "sign", "send_back")
    if decision == "send_back":
        step.need("evidence", f"退回须写明依据，至少 {LEAST_EVIDENCE} 个字。", LEAST_EVIDENCE)
        step.check()
        step.case.set(handler_id=None)
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


def _check_handler(step: Step, handler: int) -> None:
    candidates = candidates_of(step.connection, step.case, [HANDLER])
    row = step.connection.execute(HOLDER, {"officer": handler, "candidates": list(candidates)}).one_or_none()
    if row is None or not row.active or not row.holds:
        step.refuse("handler", "请从承办单位的承办民警中指定。")
    elif step.case.accuses(handler):
        step.refuse("handler", "本件反映的就是这名民警，不能由其承办。")
