"""The matter: what a citizen wants, and how far the bureau has come with it."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, SmallInteger, Text, UniqueConstraint, false, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.casework.models.bureau import Officer, Unit
from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.casework.models.intake import Category, Channel
from engine.casework.vocabulary import KINDS, SATISFACTIONS, SEVERITIES, STATUSES
from engine.database.base import Base
from engine.runtime.tables import finished_item, instance

OPEN = text("status <> 'closed'")

# "What have I finished?" is casework's question; the runtime itself never looks its finished items up by person.
Index("ix_finished_item_finished_by", finished_item.c.finished_by, finished_item.c.finished_at.desc())


class MatterNumber(Base):
    """How many numbers a year has given out. The row's lock makes the numbers follow each other without a gap."""

    __tablename__ = "matter_number"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]


class Petitioner(Base):
    """Who wrote; everything may be missing when they are anonymous."""

    __tablename__ = "petitioner"
    __table_args__ = (
        Index(None, "phone", postgresql_where=text("phone is not null")),
        Index(None, "identity_number", postgresql_where=text("identity_number is not null")),
    )

    id: Mapped[Key]
    name: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    identity_number: Mapped[str | None] = mapped_column(Text)
    address: Mapped[str | None] = mapped_column(Text)
    anonymous: Mapped[bool] = mapped_column(server_default=false())


class Matter(Base):
    """A matter. Its ``number`` is also the business key of its process instance.

    ``digest`` tells one record of a channel from another (SHA-256 of what it says, see
    :func:`engine.casework.registration.digest_of`); it is set for records that a channel delivered.
    ``due_moves`` are the extensions and pauses of its deadline, in the runtime's form.
    ``returned`` counts how often a unit has sent it back, ``settled`` says that the inspectorate has ruled who
    handles it.
    ``history_count`` and ``history_hash`` are the head of its history's hash chain.
    """

    __tablename__ = "matter"
    __table_args__ = (
        one_of("kind", KINDS),
        one_of("severity", SEVERITIES),
        one_of("status", STATUSES),
        one_of("satisfaction", SATISFACTIONS),
        CheckConstraint("primary_id <> id", name="primary"),
        CheckConstraint("(status = 'closed') = (closed_at is not null)", name="closed_at"),
        CheckConstraint("history_count >= 0", name="history_count"),
        UniqueConstraint("channel_id", "channel_number"),
        Index(
            "uq_matter_channel_id_digest",
            "channel_id",
            "digest",
            unique=True,
            postgresql_where=text("digest is not null and channel_number is null"),
        ),
        Index("ix_matter_open_handling", "handling_unit_id", "due_at", postgresql_where=OPEN),
        Index("ix_matter_open_receiving", "receiving_unit_id", "due_at", postgresql_where=OPEN),
        Index("ix_matter_open_due", "due_at", postgresql_where=OPEN),
        Index(None, "received_at"),
        Index(None, "closed_at", postgresql_where=text("closed_at is not null")),
        Index(None, "kind", "receiving_unit_id", "handling_unit_id", "received_at"),
        Index(None, "handling_unit_id", "received_at"),
        Index(None, "primary_id", postgresql_where=text("primary_id is not null")),
        Index(None, "petitioner_id"),
    )

    id: Mapped[Key]
    number: Mapped[str] = mapped_column(Text, unique=True)
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    channel_number: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    kind: Mapped[str] = mapped_column(Text)
    severity: Mapped[str] = mapped_column(Text, server_default="ordinary")
    receiving_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"))
    handling_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    supervising_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    handler_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    petitioner_id: Mapped[int] = mapped_column(ForeignKey("petitioner.id"))
    primary_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    stage: Mapped[str] = mapped_column(Text, server_default="registered")
    status: Mapped[str] = mapped_column(Text, server_default="open")
    outcome: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[Moment]
    imported_at: Mapped[Moment]
    accepted_at: Mapped[Moment | None]
    due_at: Mapped[Moment | None]
    due_explanation: Mapped[Words]
    due_moves: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'"))
    replied_at: Mapped[Moment | None]
    closed_at: Mapped[Moment | None]
    automatic: Mapped[bool] = mapped_column(server_default=false())
    judgement: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    returned: Mapped[int] = mapped_column(SmallInteger, server_default="0")
    settled: Mapped[bool] = mapped_column(server_default=false())
    reply: Mapped[str | None] = mapped_column(Text)
    satisfaction: Mapped[str | None] = mapped_column(Text)
    instance_id: Mapped[int | None] = mapped_column(ForeignKey(instance.c.id), unique=True)
    history_count: Mapped[int] = mapped_column(server_default="0")
    history_hash: Mapped[str] = mapped_column(Text, server_default="")
    digest: Mapped[str | None] = mapped_column(Text)
    registered_by: Mapped[str] = mapped_column(Text)

    channel: Mapped[Channel] = relationship()
    category: Mapped[Category | None] = relationship()
    petitioner: Mapped[Petitioner] = relationship()
    handler: Mapped[Officer | None] = relationship()
    receiving_unit: Mapped[Unit] = relationship(foreign_keys=[receiving_unit_id])
    handling_unit: Mapped[Unit | None] = relationship(foreign_keys=[handling_unit_id])
    supervising_unit: Mapped[Unit | None] = relationship(foreign_keys=[supervising_unit_id])
    primary: Mapped["Matter | None"] = relationship(remote_side="Matter.id")


class MatterAsked(Base):
    """Who was asked for a part in a matter: a role in a unit, as a candidate string. They see it until it closes."""

    __tablename__ = "matter_asked"
    __table_args__ = (Index(None, "candidate"),)

    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True)
    candidate: Mapped[str] = mapped_column(Text, primary_key=True)


class MatterAccused(Base):
    """A unit or an officer that the matter accuses; it must never become visible to them."""

    __tablename__ = "matter_accused"
    __table_args__ = (
        CheckConstraint("num_nonnulls(unit_id, officer_id) = 1", name="one"),
        UniqueConstraint("matter_id", "unit_id", "officer_id", postgresql_nulls_not_distinct=True),
        Index(None, "unit_id"),
        Index(None, "officer_id"),
    )

    id: Mapped[Key]
    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"))
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
