"""What an officer asks the search: the words of the box, and what narrows them."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, Final

from rules.bureau_calendar import BUREAU_ZONE
from rules.query import Query, parse
from rules.text_index import Filter, Order

NARROWED: Final = (
    "kind",
    "status",
    "severity",
    "channel",
    "category",
    "receiving",
    "handling",
    "repeat",
    "attachments",
)
"""By what a search is narrowed, each one value: names of the index's terms."""


@dataclass(frozen=True)
class Asked:
    """A search. '' and None do not narrow; ``since`` and ``until`` are days received, inclusive.

    ``channel``, ``category``, ``receiving`` and ``handling`` are ids, ``repeat`` and ``attachments`` yes or no.
    """

    text: str = ""
    kind: str = ""
    status: str = ""
    severity: str = ""
    channel: int | None = None
    category: int | None = None
    receiving: int | None = None
    handling: int | None = None
    repeat: str = ""
    attachments: str = ""
    since: date | None = None
    until: date | None = None
    order: Order = "relevance"
    page: int = 1

    @cached_property
    def query(self) -> Query:
        """The words of the box."""
        return parse(self.text)

    @property
    def narrowed(self) -> dict[str, Any]:
        """What narrows the search, by name."""
        given = {name: getattr(self, name) for name in NARROWED}
        days = {name: day.isoformat() for name in ("since", "until") if (day := getattr(self, name)) is not None}
        return {name: value for name, value in given.items() if value not in {"", None}} | days

    @property
    def blank(self) -> bool:
        """Whether nothing is asked at all."""
        return not (self.query.words or self.query.excluded or self.narrowed)

    @property
    def chosen(self) -> Filter:
        """What narrows the search, days apart, as terms of the index."""
        terms = {name: value for name, value in self.narrowed.items() if name in NARROWED}
        return Filter(tuple(frozenset({f"{name}={value}"}) for name, value in terms.items()))

    @property
    def begins(self) -> datetime | None:
        """The first moment of the period."""
        return None if self.since is None else datetime.combine(self.since, time(), BUREAU_ZONE)

    @property
    def ends(self) -> datetime | None:
        """The first moment after the period."""
        if self.until is None or self.until == date.max:
            return None
        return datetime.combine(self.until + timedelta(days=1), time(), BUREAU_ZONE)
