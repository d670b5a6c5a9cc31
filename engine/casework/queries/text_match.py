"""Plain text search: every word must stand somewhere in the columns."""

import re
from typing import Any

from sqlalchemy import ColumnElement, and_, or_

MOST_WORDS = 8
_NUMBER = re.compile(r"\d[\d\s\-]{1,}\d")
"""Digits of which at least three follow each other: they may be a telephone or a paper, or a part of one."""


def is_number(typed: str) -> bool:
    """Tell whether something typed could be a piece of somebody's number."""
    return _NUMBER.search(typed) is not None


def says(text: str, *columns: Any, texts: Any = (), may_see: ColumnElement[bool] | None = None) -> ColumnElement[bool]:
    """Return the condition that each word of ``text`` stands in one of the columns, whatever the letters' case.

    ``texts`` are columns that may carry numbers of people: a number is looked for in them only where ``may_see`` holds.
    """

    def stands(word: str) -> ColumnElement[bool]:
        there = or_(*(column.icontains(word, autoescape=True) for column in columns))
        if not texts:
            return there
        in_texts = or_(*(column.icontains(word, autoescape=True) for column in texts))
        return or_(there, and_(may_see, in_texts) if may_see is not None and is_number(word) else in_texts)

    return and_(*(stands(word) for word in text.replace("\x00", "").split()[:MOST_WORDS]))
