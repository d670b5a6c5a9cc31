"""Who may call the API: tokens, what was done with them, and what was answered under an idempotency key."""

from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from engine.casework.models.columns import Key, Moment, one_of
from engine.casework.vocabulary import TOKEN_SCOPES
from engine.database.base import Base


class ApiToken(Base):
    """A token that acts as its officer; ``digest`` is the SHA-256 of it, ``hint`` its last four characters."""

    __tablename__ = "api_token"
    __table_args__ = (
        one_of("scope", TOKEN_SCOPES),
        CheckConstraint("length(digest) = 32", name="digest"),
        CheckConstraint("expires_at > created_at", name="expires_at"),
    )

    id: Mapped[Key]
    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), index=True)
    name: Mapped[str] = mapped_column(Text)
    scope: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    hint: Mapped[str] = mapped_column(Text)
    created_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class ApiTokenEvent(Base):
    """A token was created or revoked: by an officer (``actor`` is the id) or on the command line (``system``)."""

    __tablename__ = "api_token_event"
    __table_args__ = (one_of("event", ("created", "revoked")),)

    id: Mapped[Key]
    token_id: Mapped[int] = mapped_column(ForeignKey("api_token.id"), index=True)
    at: Mapped[Moment]
    event: Mapped[str] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)


class ApiAnswer(Base):
    """What was answered to a request with an idempotency key; ``digest`` is the SHA-256 of that request."""

    __tablename__ = "api_answer"

    officer_id: Mapped[int] = mapped_column(ForeignKey("officer.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    at: Mapped[Moment]
