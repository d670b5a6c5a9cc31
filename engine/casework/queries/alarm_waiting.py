"""Whether a matter has an alarm that no duty officer has taken note of."""

from typing import Any

from sqlalchemy import ColumnElement, select

from engine.casework.models import Alarm


def alarm_waits(matter_id: Any) -> ColumnElement[bool]:
    """Return the condition that the alarm of the matter with this id, a column, still waits."""
    return select(Alarm.matter_id).where(Alarm.matter_id == matter_id, Alarm.acknowledged_at.is_(None)).exists()
