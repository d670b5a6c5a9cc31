"""Where matters come from: channels, categories, and the imports of files."""

from datetime import date
from typing import Any

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, false, text, true
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.casework.models.bureau import Unit
from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import DELIVERIES, IMPORT_OUTCOMES, IMPORT_STATUSES, KINDS, MEDIA, REPORT_DAYS
from engine.database.base import Base

BUREAU_TODAY = "((clock_now() at time zone 'Asia/Shanghai')::date)"


class Channel(Base):
    """A way in which citizens' messages reach the bureau.

    ``clock`` names the channel's row in the table of clocks, ``number_label`` what its own number is called,
    ``column_mapping`` which column of its files holds which field ({field: [column, ...]}). ``import_within`` is the
    time in which its messages have to be on the platform, ``reports_on`` the days for which its receiver says how many
    there were, ``reconciled_since`` the first of them.
    """

    __tablename__ = "channel"
    __table_args__ = (
        one_of("medium", MEDIA),
        one_of("delivery", DELIVERIES),
        one_of("reports_on", REPORT_DAYS),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    receiving_unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    medium: Mapped[str] = mapped_column(Text)
    delivery: Mapped[str] = mapped_column(Text)
    online: Mapped[bool] = mapped_column(server_default=true())
    solicited: Mapped[bool] = mapped_column(server_default=false())
    clock: Mapped[str] = mapped_column(Text)
    number_label: Mapped[str | None] = mapped_column(Text)
    column_mapping: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    address: Mapped[str | None] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(server_default=true())
    position: Mapped[int] = mapped_column(server_default="0")
    import_within: Mapped[str] = mapped_column(Text, server_default="4工作小时")
    reports_on: Mapped[str] = mapped_column(Text, server_default="every_day")
    reconciled_since: Mapped[date] = mapped_column(Date, server_default=text(BUREAU_TODAY))

    receiving_unit: Mapped[Unit] = relationship()


class Category(Base):
    """A 民意类型, in two levels; ``conduct`` marks those about how officers behave.

    ``topic`` is what it is about; the same topic may stand under several kinds (咨询, 求助, 建议).
    """

    __tablename__ = "category"
    __table_args__ = (
        one_of("kind", KINDS),
        CheckConstraint("parent_id <> id", name="parent"),
        Index(None, "parent_id"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    kind: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)
    conduct: Mapped[bool] = mapped_column(server_default=false())
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=true())

    parent: Mapped["Category | None"] = relationship(remote_side="Category.id")


class ImportBatch(Base):
    """One import of one file; the same file again for the same channel continues the same batch.

    ``file_hash`` is the SHA-256 of the file, ``content`` the file itself until every row of it has ended, ``counts``
    how many rows ended how, written when it has finished.
    """

    __tablename__ = "import_batch"
    __table_args__ = (
        one_of("status", IMPORT_STATUSES),
        Index(None, "channel_id", "file_hash"),
        Index(None, text("started_at desc")),
    )

    id: Mapped[Key]
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    filename: Mapped[str] = mapped_column(Text)
    file_hash: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    columns: Mapped[list[str]] = mapped_column(ARRAY(Text))
    mapping: Mapped[dict[str, Any]] = mapped_column(JSONB)
    rows: Mapped[int]
    counts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    status: Mapped[str] = mapped_column(Text, server_default="running")
    started_by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]

    channel: Mapped[Channel] = relationship()


class ImportRow(Base):
    """How one row of a file ended; ``line`` is the record's number in the file, the first after the header is 2.

    ``raw`` keeps what the file said, except where it was refused for secrecy (``secret``): then nothing of it is kept
    but the day it was received and its number. ``received_on`` is the bureau's day, where it could be read.
    """

    __tablename__ = "import_row"
    __table_args__ = (
        one_of("outcome", IMPORT_OUTCOMES),
        UniqueConstraint("batch_id", "line"),
        Index(None, "batch_id", "outcome"),
        Index(None, "matter_id"),
        Index(None, "received_on"),
    )

    id: Mapped[Key]
    batch_id: Mapped[int] = mapped_column(ForeignKey("import_batch.id"))
    line: Mapped[int]
    raw: Mapped[dict[str, Any]] = mapped_column(JSONB)
    outcome: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    matter_id: Mapped[int | None] = mapped_column(ForeignKey("matter.id"))
    channel_number: Mapped[str | None] = mapped_column(Text)
    received_on: Mapped[date | None] = mapped_column(Date)
    secret: Mapped[bool] = mapped_column(server_default=false())
