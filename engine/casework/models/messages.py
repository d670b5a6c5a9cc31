"""What leaves a command: notices in the page and dispatches through the outbox."""

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import DISPATCH_STATUSES
from engine.database.base import Base


class Notice(Base):
    """Something an officer should know, shown in the page until read. ``key`` lets a notice be given only once."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_unread", "officer_id", postgresql_where=text("read_at is null")),
        Index(None, "officer_id", text("at desc")),
        Index(None, "matter_id"),
    )

    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    kind: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    read_at: Mapped[Moment | None]
    key: Mapped[str | None] = mapped_column(Text, unique=True)


class Dispatch(Base):
    """Something to be sent, written in the command's own transaction; ``key`` makes it unique for the receiver too.

    ``task_id`` is the waiting service task that the result completes, where there is one.
    """

    __tablename__ = "dispatch"
    __table_args__ = (
        one_of("status", DISPATCH_STATUSES),
        CheckConstraint("attempts >= 0", name="attempts"),
        CheckConstraint("(status = 'sent') = (sent_at is not null)", name="sent_at"),
        Index(None, "matter_id"),
        Index("ix_dispatch_pending", "created_at", postgresql_where=text("status = 'pending'")),
    )

    id: Mapped[Key]
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    task_id: Mapped[uuid.UUID | None] = mapped_column(Uuid)
    kind: Mapped[str] = mapped_column(Text)
    medium: Mapped[str] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    subject: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text, server_default="")
    key: Mapped[str] = mapped_column(Text, unique=True)
    status: Mapped[str] = mapped_column(Text, server_default="pending")
    attempts: Mapped[int] = mapped_column(server_default="0")
    last_error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[Moment]
    sent_at: Mapped[Moment | None]
    receipt: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
