"""Column types and constraints that several tables share."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from sqlalchemy import BigInteger, CheckConstraint, DateTime, Identity, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import mapped_column

Key = Annotated[int, mapped_column(BigInteger, Identity(), primary_key=True)]
"""A surrogate key given by the database."""

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]
"""A point in time, aware; PostgreSQL keeps it in UTC."""

Words = Annotated[list[str], mapped_column(ARRAY(Text), server_default="{}")]
"""A list of texts; empty when nothing was given."""


def one_of(column: str, codes: Iterable[str]) -> CheckConstraint:
    """Return the check that ``column`` holds one of ``codes`` (or nothing, where it may be null)."""
    listed = ", ".join(f"'{code}'" for code in codes)
    return CheckConstraint(f"{column} in ({listed})", name=column)
