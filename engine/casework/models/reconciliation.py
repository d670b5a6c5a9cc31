"""What channels say they received, day by day, how gaps are explained, and when somebody was told."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.casework.vocabulary import REPORT_DAYS
from engine.database.base import Base


class ChannelReport(Base):
    """How many messages a channel received on a day, as its receiver says; the newest of a day counts.

    ``first_number`` and ``last_number`` are the channel's own numbers of that day, where it has them and they follow
    each other: then ``count`` is how many that are.
    """

    __tablename__ = "channel_report"
    __table_args__ = (
        CheckConstraint("count >= 0", name="count"),
        CheckConstraint("num_nonnulls(first_number, last_number) <> 1", name="numbers"),
        Index(None, "channel_id", "day"),
    )

    id: Mapped[Key]
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    day: Mapped[date] = mapped_column(Date)
    count: Mapped[int] = mapped_column(Integer)
    first_number: Mapped[str | None] = mapped_column(Text)
    last_number: Mapped[str | None] = mapped_column(Text)
    entered_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    entered_at: Mapped[Moment]


class ChannelExplanation(Base):
    """Why a channel's day does not add up: for missing numbers, or for so many ``pieces`` of the difference."""

    __tablename__ = "channel_explanation"
    __table_args__ = (
        CheckConstraint("num_nonnulls(first_number, last_number, pieces) in (1, 2)", name="what"),
        CheckConstraint("(first_number is null) = (last_number is null)", name="numbers"),
        CheckConstraint("num_nonnulls(rejected_by, rejected_at, rejection) in (0, 3)", name="rejected"),
        Index(None, "channel_id", "day"),
    )

    id: Mapped[Key]
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"))
    day: Mapped[date] = mapped_column(Date)
    first_number: Mapped[str | None] = mapped_column(Text)
    last_number: Mapped[str | None] = mapped_column(Text)
    pieces: Mapped[int | None] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    explained_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    explained_at: Mapped[Moment]
    rejected_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    rejected_at: Mapped[Moment | None]
    rejection: Mapped[str | None] = mapped_column(Text)


class ChannelSetting(Base):
    """Somebody changed by when a channel's messages have to be here and for which days it reports; kept as a record."""

    __tablename__ = "channel_setting"
    __table_args__ = (one_of("reports_on", REPORT_DAYS),)

    id: Mapped[Key]
    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), index=True)
    import_within: Mapped[str] = mapped_column(Text)
    reports_on: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    changed_at: Mapped[Moment]


class ChannelDayCheck(Base):
    """A channel's day was looked at on the next working morning; a row for each day, so that nobody is told twice.

    ``told`` are the names of those who were told, none when the day was in order.
    """

    __tablename__ = "channel_day_check"
    __table_args__ = (one_of("result", ("balanced", "unreported", "gap")),)

    channel_id: Mapped[int] = mapped_column(ForeignKey("channel.id"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    result: Mapped[str] = mapped_column(Text)
    checked_at: Mapped[Moment]
    told: Mapped[Words]
