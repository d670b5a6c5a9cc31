"""How often each rule fired lately, and how often what it spoke for was what staff decided."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sqlalchemy import Connection, and_, case, cast, distinct, func, literal, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from engine.casework.models import Category, Matter, MatterDecision, Unit
from engine.casework.permissions import Person, visible

PERIOD: Final = timedelta(days=90)
MOST: Final = 2_000
"""Matters that are counted, the newest; more would keep the page waiting."""


@dataclass(frozen=True)
class Usage:
    """In how many matters a rule fired, in how many of these staff decided, and in how many of these as it said."""

    fired: int
    decided: int
    right: int


@dataclass(frozen=True)
class Usages:
    """The use of every rule that fired, by code, among ``matters`` matters."""

    matters: int
    rules: Mapping[str, Usage]

    def of(self, code: str) -> Usage:
        """Return the use of a rule."""
        return self.rules.get(code, Usage(0, 0, 0))


def usage(connection: Connection, officer: Person) -> Usages:
    """Count over the matters of the last 90 days that the officer may see, by what their judgement gave as reasons."""
    seen = (
        select(Matter.id, Matter.judgement)
        .where(
            visible(officer),
            Matter.received_at >= func.clock_now() - literal(PERIOD),
            Matter.judgement.has_key("routing"),
        )
        .order_by(Matter.received_at.desc())
        .limit(MOST)
        .cte("seen")
    )
    reason = (
        func.jsonb_array_elements(seen.c.judgement[("routing", "reasons")])
        .table_valued("value")
        .render_derived()
        .lateral()
    )
    rule, effect, target = (cast(reason.c.value, JSONB)[name].astext for name in ("rule", "effect", "target"))
    own, above, decision = aliased(Unit), aliased(Unit), MatterDecision
    spoken = case(
        (effect == "unit", and_(~decision.outside, or_(own.code == target, above.code == target))),
        (effect == "outside", decision.outside),
        (effect == "category", Category.code == target),
        (effect == "kind", decision.kind == target),
        (effect == "severity", decision.severity == target),
        else_=False,
    )
    each = (
        select(
            rule.label("rule"),
            seen.c.id.label("matter"),
            decision.decided_at.is_not(None).label("decided"),
            func.coalesce(spoken, False).label("right"),
        )
        .select_from(seen)
        .join(reason, true())
        .outerjoin(decision, and_(decision.matter_id == seen.c.id, decision.decided_at.is_not(None)))
        .outerjoin(own, own.id == decision.unit_id)
        .outerjoin(above, above.id == decision.supervising_unit_id)
        .outerjoin(Category, Category.id == decision.category_id)
        .where(rule != "")
        .subquery()
    )

    matter = distinct(each.c.matter)
    rows = connection.execute(
        select(
            each.c.rule,
            func.count(matter),
            func.count(matter).filter(each.c.decided),
            func.count(matter).filter(each.c.decided, each.c.right),
        ).group_by(each.c.rule)
    )
    total = connection.execute(select(func.count()).select_from(seen)).scalar_one()
    return Usages(total, {code: Usage(fired, decided, right) for code, fired, decided, right in rows})
