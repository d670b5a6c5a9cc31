"""What cannot wait is told to the duty officers at once: violence that is happening, suicide, threats, abuse.

A matter in which somebody is in danger now is urgent from its registration on, so that its clocks are the short ones.

The duty officers are the receivers of the unit that takes the channel's matters, and the inspectors; whoever the matter
accuses is left out. That the alarm was raised, who was told, and who took note of it stands in the matter's history.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, Engine, text

from engine.casework import history
from engine.casework.case import case_of
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.history import Entry
from engine.casework.notices import notify
from engine.casework.permissions import Person, holders, may, require
from engine.casework.services.waiting import named
from engine.runtime import Runtime
from rules.emergency import ADVICE, CATEGORIES, alarms

FRESH: Final = timedelta(days=7)
"""A message that came longer ago raises no alarm: an import of old records is no emergency."""

LONGEST_NOTE: Final = 500
RAISE = text("insert into alarm (matter_id, categories, raised_at) values (:matter, :categories, clock_now())")
FIND = text("select m.instance_id from matter m join alarm a on a.matter_id = m.id where m.id = :matter")
TAKE = text(
    """
update alarm set acknowledged_at = :now, acknowledged_by = :officer, note = :note
where matter_id = :matter and acknowledged_at is null
"""
)


def alarms_of(words: str, received_at: datetime, now: datetime) -> tuple[str, ...]:
    """Return the categories of alarm that a message raises, the most urgent first; none for one that is not fresh."""
    if now - received_at > FRESH:
        return ()
    return tuple(dict.fromkeys(alarm.category for alarm in alarms(words)))


def raise_alarms(
    connection: Connection, matter_id: int, *, number: str, categories: Sequence[str], receiving_unit_id: int
) -> None:
    """Tell the duty officers what cannot wait, within the caller's transaction.

    Call it once the matter is judged, so that whom it accuses is known. Neither the notice nor the history repeats
    what was written.
    """
    if not categories:
        return
    labels = "、".join(CATEGORIES[category] for category in categories)
    told = notify(
        connection,
        sorted({*holders(connection, "receiver", receiving_unit_id), *holders(connection, "inspector")}),
        kind="alarm",
        words=f"{number} 疑有{labels}，请立即处置。{ADVICE[categories[0]]}",
        matter_id=matter_id,
        key=f"alarm:{matter_id}",
        email=True,
    )
    connection.execute(RAISE, {"matter": matter_id, "categories": list(categories)})
    details = {"categories": list(categories), "told": [one["name"] for one in named(connection, told)]}
    history.append(connection, matter_id, [Entry("alarm_raised", "紧急情况提醒", None, details)], actor=history.SYSTEM)


def take_note(engine: Engine, runtime: Runtime, officer: Person, number: str, note: str = "") -> None:
    """Take note of a matter's alarm in the officer's name, with what was done, and write it into the history.

    Raises NotFound when the matter is not theirs to see or has no alarm, NotPermitted when they are not on duty for it,
    somebody was faster, or the note is longer than 500 characters.
    """
    if len(note) > LONGEST_NOTE:
        raise NotPermitted(f"说明最多 {LONGEST_NOTE} 个字。")
    with engine.connect() as connection:
        matter_id = require(connection, officer, "view", number)
        row = connection.execute(FIND, {"matter": matter_id}).one_or_none()
    if row is None or row.instance_id is None:
        raise unknown_matter()
    with runtime.transaction(row.instance_id, actor=str(officer.id)) as transaction:
        case = case_of(transaction)
        if not case.row["actor_active"] or not may(transaction.connection, officer, "acknowledge_alarm", matter_id):
            raise NotPermitted("紧急情况由受理部门的受理员或督察签收。")
        values = {"now": transaction.now, "officer": officer.id, "note": note or None, "matter": matter_id}
        if transaction.connection.execute(TAKE, values).rowcount != 1:
            raise NotPermitted("这条紧急情况提醒已经有人签收。")
        case.note("alarm_acknowledged", "签收紧急情况", note=note)
