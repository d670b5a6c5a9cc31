"""交办: the receiving department names who handles the matter, what it is and how grave; a report is due back."""

from typing import Any

from sqlalchemy import text

from engine.casework.actions.step import Step
from engine.casework.vocabulary import KINDS, SEVERITIES

UNITS = text(
    """
select u.id, u.name, u.active,
       exists (select 1 from holding h join officer o on o.id = h.officer_id
               where h.role = 'liaison' and h.unit_id = u.id and o.active) as has_liaison
from unit u where u.id = any(:units)
"""
)
CATEGORY = text("select id, kind, name from category where active and (code = :named or id::text = :named)")


def assign(step: Step) -> None:
    """Set the units, the category, the kind and the severity.

    Neither unit may be accused by the matter or belong with one that is; the handling unit needs somebody who can
    sign. What was pushed before and is assigned now was corrected: the judgement keeps that.
    """
    unit = step.number("unit")
    supervising = step.number("supervising_unit")
    kind = step.choice("kind", *KINDS)
    severity = step.choice("severity", *SEVERITIES)
    _check_units(step, unit, supervising)
    category = _category(step, kind)
    step.check()
    case = step.case
    judgement = dict(case["judgement"] or {})
    if case["automatic"] and (unit, kind) != (case["handling_unit_id"], case["kind"]):
        judgement["corrected"] = {"unit": case["handling_unit_id"], "kind": case["kind"]}
    case.set(
        handling_unit_id=unit,
        supervising_unit_id=supervising,
        kind=kind,
        severity=severity,
        category_id=category if category is not None else case["category_id"],
        handler_id=None,
        judgement=judgement,
        accepted_at=case["accepted_at"] or step.transaction.now,
    )
    case.publish(step.transaction)
    step.event = "assigned"


def settle(step: Step) -> None:
    """裁定: the inspectorate says who handles a matter that came back for the third time; it is final."""
    step.need("reason", "请写明裁定理由，至少 5 个字。", 5)
    assign(step)
    step.case.set(settled=True)
    step.event = "settled"


def _check_units(step: Step, unit: int | None, supervising: int | None) -> None:
    if unit is None:
        step.refuse("unit", "请选择承办单位。")
        return
    if supervising == unit:
        step.refuse("supervising_unit", "督办单位不能就是承办单位。")
    wanted = {"unit": unit} | ({"supervising_unit": supervising} if supervising is not None else {})
    found = {row.id: row for row in step.connection.execute(UNITS, {"units": list(wanted.values())})}
    barred = step.case.barred_units(step.connection)
    for key, chosen in wanted.items():
        known = found.get(chosen)
        if known is None or not known.active:
            step.refuse(key, "没有这个单位。")
        elif chosen in barred:
            step.refuse(key, f"本件反映的就是{known.name}或其上下级的问题，不能交给它。")
        elif key == "unit" and not known.has_liaison:
            step.refuse(key, f"{known.name}没有专管员，无人签收。")


def _category(step: Step, kind: str) -> int | None:
    named: Any = step.answers.get("category")
    if named in (None, ""):
        return None
    row = step.connection.execute(CATEGORY, {"named": str(named)}).one_or_none()
    if row is None:
        step.refuse("category", "没有这个类别。")
        return None
    if kind and row.kind != kind:
        step.refuse("category", f"“{row.name}”属于{KINDS[row.kind]}，与所选的民意类型不符。")
    category: int = row.id
    return category
