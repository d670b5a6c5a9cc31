"""What the platform learns from and by: what staff decided about matters, and the versions of the routing model."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, LargeBinary, Text, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.models.matter import Matter
from engine.casework.vocabulary import MODEL_EVENTS, MODEL_STATES
from engine.database.base import Base

# The figures are of the matters that came in the last weeks.
Index("ix_matter_imported_at", Matter.imported_at)


class ModelVersion(Base):
    """A trained model. ``content`` is what goes live; it is given up for versions that are long out of use.

    ``examples`` were learned from, decided until ``decided_until``; ``comparison`` is with ``compared_with_id`` (none:
    with the rules alone) on the matters held back. ``trained_by`` is an officer's id, ``system`` or who trained on the
    command line. ``why`` says why a refused one did not go live.
    """

    __tablename__ = "model_version"
    __table_args__ = (
        one_of("state", MODEL_STATES),
        CheckConstraint("state <> 'in_force' or content is not null", name="content"),
        CheckConstraint("(state = 'refused') = (why <> '')", name="why"),
        CheckConstraint("examples >= 0", name="examples"),
        Index("uq_model_version_in_force", "state", unique=True, postgresql_where=text("state = 'in_force'")),
    )

    id: Mapped[Key]
    version: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int]
    state: Mapped[str] = mapped_column(Text)
    why: Mapped[str] = mapped_column(Text, server_default="")
    examples: Mapped[int]
    decided_until: Mapped[Moment]
    figures: Mapped[dict[str, Any]] = mapped_column(JSONB)
    comparison: Mapped[dict[str, Any]] = mapped_column(JSONB)
    compared_with_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    trained_at: Mapped[Moment]
    trained_by: Mapped[str] = mapped_column(Text)


class ModelEvent(Base):
    """Which version came into force or was refused, when, by whom and why; ``model_id`` is none for the rules alone."""

    __tablename__ = "model_event"
    __table_args__ = (
        one_of("event", MODEL_EVENTS),
        CheckConstraint("(event = 'stopped') = (model_id is null)", name="model_id"),
        CheckConstraint("event not in ('rolled_back', 'stopped') or reason <> ''", name="reason"),
    )

    id: Mapped[Key]
    model_id: Mapped[int | None] = mapped_column(ForeignKey("model_version.id"))
    event: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    actor: Mapped[str] = mapped_column(Text)
    actor_name: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text, server_default="")


class MatterDecision(Base):
    """What was judged of a matter when it came, and what staff decided; a trigger on ``matter`` keeps it.

    ``automatic``: it was pushed with no hand · ``judged_…``: what the judgement said · ``decided_at``: when staff last
    decided or confirmed where it goes, none before · ``unit_id`` and so on: what they decided, ``outside``: it was
    handed on to another body · ``corrected``: it went elsewhere than judged.
    """

    __tablename__ = "matter_decision"
    __table_args__ = (
        CheckConstraint("decided_at is null or outside = (unit_id is null)", name="decided_at"),
        Index(None, "decided_at", postgresql_where=text("decided_at is not null")),
    )

    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id", ondelete="CASCADE"), primary_key=True)
    outcome: Mapped[str | None] = mapped_column(Text)
    automatic: Mapped[bool]
    judged_unit_id: Mapped[int | None] = mapped_column(BigInteger)
    judged_outside: Mapped[bool]
    judged_category_id: Mapped[int | None] = mapped_column(BigInteger)
    judged_kind: Mapped[str | None] = mapped_column(Text)
    judged_severity: Mapped[str | None] = mapped_column(Text)
    confidence: Mapped[float]
    model_id: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[Moment | None]
    unit_id: Mapped[int | None] = mapped_column(BigInteger)
    supervising_unit_id: Mapped[int | None] = mapped_column(BigInteger)
    outside: Mapped[bool] = mapped_column(server_default=false())
    category_id: Mapped[int | None] = mapped_column(BigInteger)
    kind: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(Text)
    corrected: Mapped[bool] = mapped_column(server_default=false())
