"""Who there is: units, officers and the roles they hold."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text, true
from sqlalchemy.orm import Mapped, mapped_column, relationship

from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.casework.roles import ROLES, UNIT_ROLES
from engine.casework.vocabulary import LOCALES, THEMES, UNIT_KINDS
from engine.database.base import Base


class Unit(Base):
    """A unit of the bureau, in a tree.

    ``names`` are the other names people write it by, ``generic`` words they use for all units of its sort (交警),
    ``places`` the names of what it serves (属地).
    """

    __tablename__ = "unit"
    __table_args__ = (
        one_of("kind", UNIT_KINDS),
        CheckConstraint("parent_id <> id", name="parent"),
        Index(None, "parent_id"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))
    names: Mapped[Words]
    generic: Mapped[Words]
    places: Mapped[Words]
    phone: Mapped[str | None] = mapped_column(Text)
    position: Mapped[int] = mapped_column(server_default="0")
    active: Mapped[bool] = mapped_column(server_default=true())

    parent: Mapped["Unit | None"] = relationship(remote_side="Unit.id")


class Officer(Base):
    """A person who logs in. ``unit_id`` is the unit they belong to; what they may do stands in ``holding``."""

    __tablename__ = "officer"
    __table_args__ = (
        one_of("locale", LOCALES),
        one_of("theme", THEMES),
        CheckConstraint("failed_logins >= 0", name="failed_logins"),
        Index("uq_officer_login", text("lower(login)"), unique=True),
    )

    id: Mapped[Key]
    login: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    badge: Mapped[str | None] = mapped_column(Text, unique=True)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"), index=True)
    password_hash: Mapped[str | None] = mapped_column(Text)
    password_changed_at: Mapped[Moment | None]
    active: Mapped[bool] = mapped_column(server_default=true())
    failed_logins: Mapped[int] = mapped_column(server_default="0")
    locked_until: Mapped[Moment | None]
    email: Mapped[str | None] = mapped_column(Text)
    phone: Mapped[str | None] = mapped_column(Text)
    locale: Mapped[str | None] = mapped_column(Text)
    theme: Mapped[str] = mapped_column(Text, server_default="auto")

    unit: Mapped[Unit | None] = relationship()
    holdings: Mapped[list["Holding"]] = relationship(back_populates="officer", order_by="Holding.id")


class Holding(Base):
    """An officer holds a role: in a unit, or in the whole bureau where the role is of that kind."""

    __tablename__ = "holding"
    __table_args__ = (
        one_of("role", ROLES),
        CheckConstraint(
            f"(unit_id is not null) = (role in ({', '.join(repr(role) for role in UNIT_ROLES)}))", name="scope"
        ),
        UniqueConstraint("officer_id", "role", "unit_id", postgresql_nulls_not_distinct=True),
        Index(None, "role", "unit_id"),
    )

    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    role: Mapped[str] = mapped_column(Text)
    unit_id: Mapped[int | None] = mapped_column(ForeignKey("unit.id"))

    officer: Mapped[Officer] = relationship(back_populates="holdings")
    unit: Mapped[Unit | None] = relationship()
