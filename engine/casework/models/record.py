"""What is kept about a matter's course: history, attachments, contacts, escalations."""

from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import CONTACT_METHODS, LEVELS
from engine.database.base import Base


class HistoryEvent(Base):
    """One entry of a matter's history, chained to the one before it; written by ``engine.casework.history`` only."""

    __tablename__ = "history_event"
    __table_args__ = (
        UniqueConstraint("matter_id", "sequence"),
        CheckConstraint("sequence >= 1", name="sequence"),
        Index(None, "at"),
        Index(None, "actor", "at"),
    )

    id: Mapped[Key]
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    sequence: Mapped[int]
    at: Mapped[Moment]
    event: Mapped[str] = mapped_column(Text)
    step: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    actor_name: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_hash: Mapped[str] = mapped_column(Text)
    hash: Mapped[str] = mapped_column(Text)


class InstanceEvent(Base):
    """One entry in the history of an instance that belongs to no matter, such as a weekly report."""

    __tablename__ = "instance_event"
    __table_args__ = (Index(None, "instance_id"),)

    id: Mapped[Key]
    instance_id: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[Moment]
    event: Mapped[str] = mapped_column(Text)
    step: Mapped[str | None] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)


class Attachment(Base):
    """A file of a matter; its content lies in the store under its SHA-256.

    ``text`` is what could be read of it, ``unread`` why some or all of it could not be; both null
    until somebody has read it.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("size > 0", name="size"),
        Index(None, "matter_id"),
        Index(None, "hash"),
        Index("ix_attachment_to_read", "id", postgresql_where=text("text is null and unread is null")),
    )

    id: Mapped[Key]
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    hash: Mapped[str] = mapped_column(Text)
    filename: Mapped[str] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    step: Mapped[str | None] = mapped_column(Text)
    uploaded_by: Mapped[str] = mapped_column(Text)
    uploaded_at: Mapped[Moment]
    text: Mapped[str | None] = mapped_column(Text)
    unread: Mapped[str | None] = mapped_column(Text)


class Contact(Base):
    """An officer spoke with the petitioner: 电话沟通、见面约谈、解释疏导."""

    __tablename__ = "contact"
    __table_args__ = (one_of("method", CONTACT_METHODS), Index(None, "matter_id"))

    id: Mapped[Key]
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    method: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    note: Mapped[str] = mapped_column(Text)


class Escalation(Base):
    """A deadline passed or drew near and somebody was told.

    ``told`` lists them: [{officer_id, name, role, by}, ...]. Acknowledged by one of them, with a note.
    """

    __tablename__ = "escalation"
    __table_args__ = (
        one_of("level", LEVELS),
        CheckConstraint("(acknowledged_at is null) = (acknowledged_by is null)", name="acknowledged"),
        Index(None, "matter_id"),
        Index("ix_escalation_open", "level", "fired_at", postgresql_where=text("acknowledged_at is null")),
        Index(None, "fired_at"),
    )

    id: Mapped[Key]
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    step: Mapped[str] = mapped_column(Text)
    step_name: Mapped[str] = mapped_column(Text)
    level: Mapped[str] = mapped_column(Text)
    due_at: Mapped[Moment | None]
    fired_at: Mapped[Moment]
    told: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    acknowledged_at: Mapped[Moment | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    note: Mapped[str | None] = mapped_column(Text)
