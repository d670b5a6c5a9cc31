"""What a channel itself says it received on a day: pushed by its own system instead of entered by hand."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from flask_babel import lazy_gettext as _
from pydantic import Field

from engine.casework.reconciliation import reckon
from engine.casework.reconciliation_entries import MOST, report
from engine.database import db
from webapp.api.authentication import officer
from webapp.api.operation import operation
from webapp.api.problems import not_found
from webapp.api.shapes import Answered, Sent, Short
from webapp.sentences import N_


class DayReport(Sent):
    """How many messages came. Without ``count`` it is how many numbers there are from ``first`` to ``last``."""

    count: Annotated[int | None, Field(ge=0, le=MOST, description=N_("收到的件数，没有来件的为 0。"))] = None
    first: Annotated[Short, Field(description=N_("渠道自己的编号，当天第一个；没有编号的不填。"))] = ""
    last: Annotated[Short, Field(description=N_("渠道自己的编号，当天最后一个。"))] = ""


class MissingNumbers(Answered):
    """Numbers of the channel that are missing one after the other."""

    first: str
    last: str
    count: int


class DayStands(Answered):
    """How the day stands: received = imported + refused + apart + explained + difference."""

    received: int | None
    imported: int
    refused: int
    apart: int
    explained: int
    difference: int
    missing: list[MissingNumbers]
    standing: Literal["balanced", "late", "gap", "unreported", "rest", "open", "before"]


@operation(
    "POST", "/channels/{channel_code}/days/{day}/report", _("填报渠道某一天收到的件数，返回核对结果"),
    tag="matters", body=DayReport, answers=DayStands, problems=("not-found",),
)  # fmt: skip
def report_day(channel_code: str, day: str, body: DayReport) -> DayStands:
    """Keep what a channel received on a day; sent again, the newest counts."""
    try:
        when = date.fromisoformat(day)
    except ValueError:
        raise not_found() from None
    connection, caller = db.session.connection(), officer()
    report(connection, caller, channel_code, when, count=body.count, first=body.first, last=body.last)
    one = reckon(connection, caller, when, when, channel_code)[0].days[0]
    db.session.commit()
    return DayStands(
        received=one.received,
        imported=len(one.arrivals),
        refused=len(one.refused),
        apart=one.apart,
        explained=one.explained,
        difference=one.difference,
        missing=[MissingNumbers(first=hole.first, last=hole.last, count=hole.count) for hole in one.holes],
        standing=one.standing,
    )
