"""Looking over the machine's shoulder: which timers fired when, and whether history is as it was written."""

from __future__ import annotations

from datetime import date, timedelta

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask_login import current_user

from engine.casework.history import verify
from engine.casework.masking import masked_message
from engine.casework.models import HistoryEvent
from engine.casework.queries.fire_ledger import FireFilters, fire_ledger
from engine.casework.queries.hiding import known_words
from engine.casework.queries.instances import numbers
from engine.database import db
from engine.runtime.timer_proof import prove
from webapp.paging import page_number, page_url

blueprint = Blueprint("oversight", __name__, url_prefix="/oversight")
SHOWN = 200
LAGS = (1, 10, 60, 1440)
"""Minutes by which one may ask for what fired late."""


@blueprint.get("/fires")
def fires() -> str:
    """List the fire ledger, the newest first, and prove that nothing in it fired twice or early or is missing."""
    connection = db.session.connection()
    given = request.args
    filters = FireFilters(
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        unit=given.get("unit", type=int),
        lag=_minutes(given.get("lag", type=int)),
    )
    ledger = fire_ledger(connection, current_user, filters, page=page_number())
    proof = prove(connection)
    waiting = {one.instance_id for one in proof.missing}
    known = known_words(connection, waiting)
    return render_template(
        "oversight/fires.html",
        ledger=ledger,
        filters=filters,
        lags=LAGS,
        lag=given.get("lag", type=int),
        proof=proof,
        numbers=numbers(connection, current_user, waiting),
        incidents={one.instance_id: masked_message(one.incident, known.get(one.instance_id)) for one in proof.missing},
        url=page_url,
    )


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _minutes(lag: int | None) -> timedelta | None:
    return timedelta(minutes=lag) if lag in LAGS else None


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
