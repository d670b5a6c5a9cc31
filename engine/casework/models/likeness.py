"""Earlier matters that a matter may be about too, and bursts of many matters about the same thing."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.database.base import Base

DECISIONS = ("same", "different")


class Likeness(Base):
    """A matter and an earlier one that it may repeat: how like (0 to 1), why, and what somebody decided.

    ``found`` is a ``rules.comparison.Match`` · ``taken_from`` is the step a matter that was linked by hand came from.
    """

    __tablename__ = "likeness"
    __table_args__ = (
        one_of("decision", DECISIONS),
        CheckConstraint("(decision is null) = (decided_at is null)", name="decided_at"),
        CheckConstraint("matter_id <> other_id", name="other"),
        Index(None, "other_id"),
    )

    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    score: Mapped[float]
    found: Mapped[dict[str, Any]] = mapped_column(JSONB)
    noticed_at: Mapped[Moment]
    decision: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[Moment | None]
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    reason: Mapped[str | None] = mapped_column(Text)
    taken_from: Mapped[str | None] = mapped_column(Text)


class Burst(Base):
    """Many matters about the same thing within days; ``told``: how many when the inspectors were last told."""

    __tablename__ = "burst"

    id: Mapped[Key]
    noticed_at: Mapped[Moment]
    told: Mapped[int] = mapped_column(server_default="0")


class BurstMember(Base):
    """A matter of a burst, with the rare words it shares with others of it."""

    __tablename__ = "burst_member"
    __table_args__ = (Index(None, "burst_id"),)

    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True, autoincrement=False)
    burst_id: Mapped[int] = mapped_column(ForeignKey("burst.id"))
    shared: Mapped[Words]
