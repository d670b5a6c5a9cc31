"""What the text index has still to take in, who follows, and who searched for what."""

from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment
from engine.database.base import Base


class MatterChange(Base):
    """A transaction has changed something that a matter is found by. Written by triggers only.

    ``transaction`` is PostgreSQL's 64-bit number of the transaction.
    """

    __tablename__ = "matter_change"

    transaction: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    matter_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    changed_at: Mapped[Moment] = mapped_column(server_default=func.now())


class TextIndexFollower(Base):
    """An index that follows this database: changes by transactions below ``reached`` are in it."""

    __tablename__ = "text_index_follower"

    origin: Mapped[str] = mapped_column(Text, primary_key=True)
    reached: Mapped[int] = mapped_column(BigInteger)
    seen_at: Mapped[Moment]


class SearchEntry(Base):
    """Who searched when for what, narrowed to what, and how many matters that found."""

    __tablename__ = "search_entry"
    __table_args__ = (Index(None, "officer_id", "at"),)

    id: Mapped[Key]
    at: Mapped[Moment]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"))
    asked: Mapped[str] = mapped_column(Text)
    narrowed: Mapped[dict[str, Any]] = mapped_column(JSONB)
    found: Mapped[int] = mapped_column(BigInteger)
