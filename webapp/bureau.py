"""The bureau's own data as everybody may look it up: units, officers, channels, categories."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from sqlalchemy.orm import joinedload, selectinload

from engine.casework.models import Category, Channel, Holding, Officer, Unit
from engine.database import db

blueprint = Blueprint("bureau", __name__, url_prefix="/bureau")


@blueprint.get("/units")
def units() -> str:
    """Show the tree of units, each with the places it serves and how many officers it has."""
    found = db.session.scalars(sa.select(Unit).order_by(Unit.position, Unit.id)).all()
    strength = sa.select(Officer.unit_id, sa.func.count()).where(Officer.active).group_by(Officer.unit_id)
    counts = dict(db.session.execute(strength).tuples().all())
    return render_template("bureau/units.html", rows=list(tree(found)), counts=counts)


@blueprint.get("/officers")
def officers() -> str:
    """List the officers with the roles they hold, by unit and by name."""
    wanted = request.args.get("q", "").strip()
    unit_id = request.args.get("unit", type=int)
    query = (
        sa.select(Officer)
        .options(joinedload(Officer.unit), selectinload(Officer.holdings).joinedload(Holding.unit))
        .order_by(Officer.unit_id, Officer.id)
    )
    if wanted:
        query = query.where(
            sa.or_(
                Officer.name.contains(wanted, autoescape=True),
                Officer.login.contains(wanted, autoescape=True),
                Officer.badge == wanted,
            )
        )
    if unit_id is not None:
        query = query.where(Officer.unit_id == unit_id)
    choices = db.session.execute(sa.select(Unit.id, Unit.name).order_by(Unit.position, Unit.id)).all()
    return render_template(
        "bureau/officers.html", officers=db.session.scalars(query).all(), units=choices, q=wanted, unit_id=unit_id
    )


@blueprint.get("/channels")
def channels() -> str:
    """List the channels with how a message comes and how its reply goes."""
    query = sa.select(Channel).options(joinedload(Channel.receiving_unit)).order_by(Channel.position, Channel.id)
    return render_template("bureau/channels.html", channels=db.session.scalars(query).all())


@blueprint.get("/categories")
def categories() -> str:
    """Show the two levels of categories."""
    found = db.session.scalars(sa.select(Category).order_by(Category.position, Category.id)).all()
    return render_template("bureau/categories.html", rows=list(tree(found)))


def tree(rows: Any) -> Any:
    """Yield (depth, row) for rows with `parent_id`, each followed by its children, in the order given."""
    children: dict[int | None, list[Any]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(row)
    stack = [(0, row) for row in reversed(children.get(None, []))]
    while stack:
        depth, row = stack.pop()
        yield depth, row
        stack.extend((depth + 1, child) for child in reversed(children.get(row.id, [])))
