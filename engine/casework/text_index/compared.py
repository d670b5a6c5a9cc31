"""What of a matter is kept in its document for comparing it with later ones."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from rules.fingerprint import Fingerprint, fingerprint
from rules.working_time import BUREAU_ZONE


def compared(row: Any) -> tuple[tuple[str, ...], bytes]:
    """Return what a matter (a row of ``documents.ROWS``) is looked up by, and the bytes given back with it."""
    found = taken(row.id, row.title, row.body, place=row.place, person=row.person, received_at=row.received_at)
    return found.keys, found.to_bytes()


# A matter is indexed again with every step of its life, with the same text.
@lru_cache(maxsize=1024)
def taken(
    matter_id: int, title: str, body: str, *, place: str | None, person: str, received_at: datetime
) -> Fingerprint:
    """Return a matter's fingerprint. ``person`` is the petitioner's identity number, telephone or name; '' unknown."""
    day = received_at.astimezone(BUREAU_ZONE).date()
    return fingerprint(str(matter_id), title, body, place=place or "", person=person, day=day)
