"""The database: one PostgreSQL, one schema, one clock."""

from typing import TYPE_CHECKING, Any

from engine.database.base import Base

if TYPE_CHECKING:
    from engine.database.orm import db

__all__ = ["Base", "db"]


def __getattr__(name: str) -> Any:
    """Load what only the pages need when they ask for it: a command starts without Flask."""
    if name == "db":
        from engine.database.orm import db  # noqa: PLC0415 - that is the point

        return db
    raise AttributeError(name)
