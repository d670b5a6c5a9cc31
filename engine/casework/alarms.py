"""What cannot wait is told to the duty officers at once: violence that is happening, suicide, threats, abuse.

The duty officers are the receivers of the unit that takes the channel's matters, and the inspectors; whoever the matter
accuses is left out. That the alarm was raised, and who was told, stands in the matter's history.
"""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection

from engine.casework import history
from engine.casework.history import Entry
from engine.casework.notices import notify
from engine.casework.permissions import holders
from engine.casework.services.waiting import named
from rules.emergency import ADVICE, CATEGORIES, alarms

FRESH: Final = timedelta(days=7)
"""A message that came longer ago raises no alarm: an import of old records is no emergency."""


def raise_alarms(
    connection: Connection,
    matter_id: int,
    *,
    number: str,
    words: str,
    receiving_unit_id: int,
    received_at: datetime,
    now: datetime,
) -> tuple[str, ...]:
    """Tell the duty officers when ``words`` cannot wait, within the caller's transaction; return the categories.

    Call it once the matter is judged, so that whom it accuses is known. Neither the notice nor the history repeats
    what was written.
    """
    if now - received_at > FRESH:
        return ()
    categories = tuple(dict.fromkeys(alarm.category for alarm in alarms(words)))
    if not categories:
        return ()
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
    details = {"categories": list(categories), "told": [one["name"] for one in named(connection, told)]}
    history.append(connection, matter_id, [Entry("alarm_raised", "紧急情况提醒", None, details)], actor=history.SYSTEM)
    return categories
