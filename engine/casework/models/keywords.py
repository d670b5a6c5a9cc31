"""How the keyword table changes: its versions, the drafts of them, and what a draft would do to past matters."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Sequence, Text, UniqueConstraint, false
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import PREVIEW_STATUSES
from engine.database.base import Base, metadata

CODES = Sequence("keyword_code", metadata=metadata)
"""Gives new rules their codes; none is given twice, for old reasons go on naming them."""


class KeywordVersion(Base):
    """A publication of the table. ``rules`` is the whole set as it then was, each as ``Rule.as_dict`` says.

    ``published_by`` is an officer's id or ``system``; ``restores`` the version whose set it brought back. ``added``,
    ``changed`` and ``removed`` count rules against the version before.
    """

    __tablename__ = "keyword_version"
    __table_args__ = (CheckConstraint("number > 0", name="number"),)

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    published_at: Mapped[Moment]
    published_by: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    rules: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    restores: Mapped[int | None] = mapped_column(ForeignKey("keyword_version.number"))
    added: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    removed: Mapped[int] = mapped_column(server_default="0")


class KeywordDraft(Base):
    """An officer's changes that are not published. ``base`` is the newest version (0: none) when it was begun.

    ``revision`` grows with every change, so that a preview knows when it is old.
    """

    __tablename__ = "keyword_draft"

    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), unique=True)
    base: Mapped[int]
    shared: Mapped[bool] = mapped_column(server_default=false())
    revision: Mapped[int] = mapped_column(server_default="0")
    changed_at: Mapped[Moment]


class KeywordChange(Base):
    """One rule of a draft: the published rule that the change saw (null: none) and what it shall be (null: gone)."""

    __tablename__ = "keyword_change"
    __table_args__ = (
        CheckConstraint("num_nonnulls(before, after) > 0", name="something"),
        UniqueConstraint("draft_id", "code"),
    )

    id: Mapped[Key]
    draft_id: Mapped[int] = mapped_column(ForeignKey("keyword_draft.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(Text)
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    changed_at: Mapped[Moment]


class KeywordPreview(Base):
    """What a draft would do to past matters, as one officer may know it.

    ``revision`` and ``version`` say which state of the draft was held against which publication; ``done`` of ``total``
    matters have been looked at; ``result`` is :class:`engine.casework.keywords.preview_result.Result` as data.
    """

    __tablename__ = "keyword_preview"
    __table_args__ = (one_of("status", PREVIEW_STATUSES),)

    id: Mapped[Key]
    draft_id: Mapped[int] = mapped_column(ForeignKey("keyword_draft.id", ondelete="CASCADE"), index=True)
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    revision: Mapped[int]
    version: Mapped[int]
    status: Mapped[str] = mapped_column(Text)
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    asked_at: Mapped[Moment]
    finished_at: Mapped[Moment | None]
