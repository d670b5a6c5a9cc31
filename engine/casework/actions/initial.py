"""What a step's form shows before anybody has typed: what the matter's record already says."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, text

MATTER: Final = text(
    """
select m.*, coalesce(s.id, m.handling_unit_id) as suggested_unit_id
from matter m left join unit s on s.code = m.judgement #>> '{routing,unit}' and s.active and not exists (
    select 1 from matter_accused a where a.matter_id = m.id and a.unit_id = s.id)
where m.id = :id
"""
)


def _assign(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "unit": row["suggested_unit_id"],
        "supervising_unit": row["supervising_unit_id"],
        "category": None if row["category_id"] is None else str(row["category_id"]),
        "kind": row["kind"],
        "severity": row["severity"],
    }


def _hand_on(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"agency": ((row["judgement"] or {}).get("routing") or {}).get("agency") or None}


def _sign(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"handler": row["handler_id"]}


def _feed_back(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"reply_draft": row["reply"]}


def _reply(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"reply": row["reply"], "medium": "channel"}


KNOWN: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "assign": _assign,
    "hand_on": _hand_on,
    "sign": _sign,
    "feed_back": _feed_back,
    "reply": _reply,
}


def initial(connection: Connection, matter_id: int, step: str) -> dict[str, Any]:
    """Return the answers a step's form begins with, by the form's keys; empty for a step nothing is known about."""
    known = KNOWN.get(step)
    if known is None:
        return {}
    row = connection.execute(MATTER, {"id": matter_id}).mappings().one_or_none()
    if row is None:
        return {}
    return {key: value for key, value in known(dict(row)).items() if value not in (None, "")}
