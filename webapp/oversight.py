"""Looking over the machine's shoulder: which timers fired when, and whether history is as it was written."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask_login import current_user

from engine.casework.history import verify
from engine.casework.models import HistoryEvent, Matter
from engine.casework.permissions import visible
from engine.database import db
from engine.runtime.tables import fire
from webapp.paging import page_number, page_url

blueprint = Blueprint("oversight", __name__, url_prefix="/oversight")
PER_PAGE = 50
SHOWN = 200


@blueprint.get("/fires")
def fires() -> str:
    """List the fire ledger, the newest first; a matter's number only where the officer may know the matter."""
    page = page_number()
    total = db.session.scalar(sa.select(sa.func.count()).select_from(fire)) or 0
    query = (
        sa.select(
            fire.c.element,
            fire.c.name,
            fire.c.process_key,
            fire.c.due_at,
            fire.c.fired_at,
            fire.c.occurrence,
            fire.c.missed,
            fire.c.worker,
            Matter.number,
        )
        .outerjoin(Matter, sa.and_(Matter.instance_id == fire.c.instance_id, visible(current_user)))
        .order_by(fire.c.fired_at.desc(), fire.c.task_id, fire.c.occurrence)
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    rows = db.session.execute(query).all()
    return render_template("oversight/fires.html", rows=rows, page=page, per_page=PER_PAGE, total=total, url=page_url)


@blueprint.get("/audit")
def audit() -> str:
    """Say how much history there is; with ``?check=1`` recompute every chain and name what does not hold."""
    entries, matters, newest = db.session.execute(
        sa.select(
            sa.func.count(HistoryEvent.id),
            sa.func.count(sa.distinct(HistoryEvent.matter_id)),
            sa.func.max(HistoryEvent.at),
        )
    ).one()
    breaks = verify(db.session.connection()) if request.args.get("check") else None
    return render_template(
        "oversight/audit.html",
        entries=entries,
        matters=matters,
        newest=newest,
        breaks=None if breaks is None else breaks[:SHOWN],
        broken=0 if breaks is None else len(breaks),
    )
