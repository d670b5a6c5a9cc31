"""What screening keeps: the bureau's own words as hashes, attempts to bring secrets in, alarms."""

import uuid

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, LargeBinary, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, Words, one_of
from engine.database.base import Base


class SecretWordList(Base):
    """The list as a whole, one row: its salt, a check that the key is the one it was made with, and its revision."""

    __tablename__ = "secret_word_list"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    key_check: Mapped[bytes] = mapped_column(LargeBinary)
    revision: Mapped[uuid.UUID]


class SecretWord(Base):
    """A word that must not be on the platform, as ``rules.secret_words.HashedWord``; its id is all that names it."""

    __tablename__ = "secret_word"
    __table_args__ = (CheckConstraint("length(digest) = 16", name="digest"),)

    id: Mapped[Key]
    length: Mapped[int] = mapped_column(SmallInteger)
    tag: Mapped[int] = mapped_column(SmallInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    added_at: Mapped[Moment]
    added_by: Mapped[int] = mapped_column(ForeignKey("officer.id"))


class SecretWordEvent(Base):
    """A word was added or removed, or discarded because its key is lost."""

    __tablename__ = "secret_word_event"
    __table_args__ = (one_of("event", ("added", "removed", "discarded")),)

    id: Mapped[Key]
    word_id: Mapped[int] = mapped_column(BigInteger)
    event: Mapped[str] = mapped_column(Text)
    at: Mapped[Moment]
    actor: Mapped[int] = mapped_column(ForeignKey("officer.id"))


class SecretAttempt(Base):
    """Somebody typed, uploaded or imported what carries a mark of secrecy; nothing of it was kept.

    ``place`` is the page or the operation, ``subject`` the matter or the import it was meant for, ``kinds`` what was
    found, without the words.
    """

    __tablename__ = "secret_attempt"

    id: Mapped[Key]
    at: Mapped[Moment] = mapped_column(index=True)
    officer_id: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    place: Mapped[str] = mapped_column(Text)
    subject: Mapped[str | None] = mapped_column(Text)
    kinds: Mapped[Words]


class Alarm(Base):
    """What a matter says cannot wait, and which duty officer has taken note of it."""

    __tablename__ = "alarm"
    __table_args__ = (CheckConstraint("(acknowledged_at is null) = (acknowledged_by is null)", name="acknowledged"),)

    matter_id: Mapped[int] = mapped_column(ForeignKey("matter.id"), primary_key=True, autoincrement=False)
    categories: Mapped[Words]
    raised_at: Mapped[Moment]
    acknowledged_at: Mapped[Moment | None]
    acknowledged_by: Mapped[int | None] = mapped_column(ForeignKey("officer.id"))
    note: Mapped[str | None] = mapped_column(Text)
