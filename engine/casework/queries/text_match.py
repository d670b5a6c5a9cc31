"""Plain text search: every word must stand somewhere in the columns."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_

MOST_WORDS = 8


def says(text: str, *columns: Any) -> ColumnElement[bool]:
    """Return the condition that each word of ``text`` stands in one of the columns, whatever the letters' case."""
    words = text.replace("\x00", "").split()[:MOST_WORDS]
    return and_(*(or_(*(column.icontains(word, autoescape=True) for column in columns)) for word in words))
