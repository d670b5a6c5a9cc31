"""What staff keep up to date: the keyword dictionary and the calendar."""

from datetime import date

from sqlalchemy import CheckConstraint, Date, ForeignKey, Index, SmallInteger, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.casework.vocabulary import CALENDAR_STATUSES, DAY_KINDS, KEYWORD_KINDS, KINDS, SEVERITIES
from engine.database.base import Base


class Keyword(Base):
    """A rule of the dictionary, column for column what :class:`rules.routing_rules.Rule` says.

    ``code`` is the rule's name in reasons that are shown. A row that is not ``active`` is kept and never fires.
    """

    __tablename__ = "keyword"
    __table_args__ = (
        one_of("kind", KEYWORD_KINDS),
        one_of("matter_kind", KINDS),
        one_of("severity", SEVERITIES),
        CheckConstraint("priority between 1 and 9", name="priority"),
        CheckConstraint("cardinality(words) > 0", name="words"),
        CheckConstraint("valid_to >= valid_from", name="valid"),
        Index(None, "unit_id"),
        Index(None, "category_id"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    words: Mapped[Words]
    also: Mapped[Words]
    without: Mapped[Words]
    place: Mapped[str | None] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    supervising_unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    agency: Mapped[str | None] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(ForeignKey("category.id"))
    matter_kind: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(Text)
    clock: Mapped[str | None] = mapped_column(Text)
    priority: Mapped[int] = mapped_column(server_default="5")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    active: Mapped[bool] = mapped_column(server_default=true())


class Holiday(Base):
    """A day that differs from the plain week."""

    __tablename__ = "holiday"
    __table_args__ = (one_of("kind", DAY_KINDS),)

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    year: Mapped[int] = mapped_column(SmallInteger, ForeignKey("calendar_year.year"), index=True)


class CalendarYear(Base):
    """A year of the calendar: whether its notice is out, and where it comes from.

    ``revision`` grows with every change, so that a process knows when its copy is old. ``unmoved`` says that the
    year was changed and the open deadlines have not all been worked out anew yet.
    """

    __tablename__ = "calendar_year"
    __table_args__ = (one_of("status", CALENDAR_STATUSES),)

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    status: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[Moment]
    revision: Mapped[int] = mapped_column(server_default="1")
    unmoved: Mapped[bool] = mapped_column(server_default=false())
