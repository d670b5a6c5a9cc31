"""Proceedings: what follows from a matter and is no matter itself, and the points that come of it."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import (
    PROCEEDING_KINDS,
    PROCEEDING_OUTCOMES,
    PROCEEDING_STATUSES,
    SUPERVISION_LEVELS,
)
from engine.database.base import Base
from engine.runtime.tables import instance


class ProceedingNumber(Base):
    """How many numbers of a kind a year has given out; as for matters, none is skipped."""

    __tablename__ = "proceeding_number"
    __table_args__ = (one_of("kind", PROCEEDING_KINDS),)

    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]


class Proceeding(Base):
    """A supervision, an accountability case, a rectification, the following-up of a transfer.

    Its ``number`` is its instance's business key.

    ``unit_id`` has to answer; ``officer_id`` is whom it concerns, once that is found. ``matter_id`` and ``step`` say
    which step of which matter it is about, ``category_id`` what kind of fault a rectification is to mend. ``answers``
    holds what was last answered at each step ({step: {field: value}}), for its page and its services.
    """

    __tablename__ = "proceeding"
    __table_args__ = (
        one_of("kind", PROCEEDING_KINDS),
        one_of("level", SUPERVISION_LEVELS),
        one_of("status", PROCEEDING_STATUSES),
        one_of("outcome", PROCEEDING_OUTCOMES),
        CheckConstraint("(status = 'closed') = (closed_at is not null)", name="closed_at"),
        Index(None, "matter_id"),
        Index(None, "parent_id"),
        Index(None, "officer_id"),
        Index(None, "unit_id", "status"),
        Index("ix_proceeding_kind_opened_at", "kind", text("opened_at desc")),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    level: Mapped[str | None] = mapped_column(Text)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("proceeding.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    step: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    ground: Mapped[str] = mapped_column(Text)
    answers: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    status: Mapped[str] = mapped_column(Text, server_default="open")
    stage: Mapped[str] = mapped_column(Text, server_default="opened")
    outcome: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    opened_at: Mapped[Moment]
    opened_by: Mapped[str] = mapped_column(Text)
    closed_at: Mapped[Moment | None]
    # The command that starts an instance stores its row last, after the host's own.
    instance_id: Mapped[int | None] = mapped_column(
        ForeignKey(instance.c.id, deferrable=True, initially="DEFERRED"), unique=True
    )


class PointEntry(Base):
    """Points an officer was given in an accountability case, until they expire or are withdrawn (累积记分)."""

    __tablename__ = "point_entry"
    __table_args__ = (
        CheckConstraint("points between 0 and 12", name="points"),
        UniqueConstraint("proceeding_id", "officer_id"),
        Index(None, "officer_id", "expires_on"),
    )

    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    proceeding_id: Mapped[int] = mapped_column(ForeignKey("proceeding.id"))
    points: Mapped[int] = mapped_column(SmallInteger)
    sanction: Mapped[str] = mapped_column(Text)
    decided_at: Mapped[Moment]
    expires_on: Mapped[date] = mapped_column(Date)
    withdrawn_at: Mapped[Moment | None]
