"""Who is asked for a part in another unit's matter: from then on they may see it, until it is closed.

Candidate strings (``liaison@7``) are kept, so that it is the role that was asked, not everybody in the unit. The
condition that reads them is :func:`engine.casework.permissions.asked`; it never outweighs that one is accused.
"""

from collections.abc import Iterable

from sqlalchemy import Connection, text

from engine.casework.roles import ROLES

ASK = text(
    "insert into matter_asked (matter_id, candidate) select :matter, unnest(cast(:candidates as text[])) "
    "on conflict do nothing"
)
TOLD = text(
    """
insert into matter_asked (matter_id, candidate)
select distinct cast(:matter as bigint), role || '@' || unit_id from holding
where officer_id = any(:officers) and role = :role and unit_id is not null
on conflict do nothing
"""
)


def ask(connection: Connection, matter_id: int, candidates: Iterable[str]) -> None:
    """Note that a step was offered to these; roles of the whole bureau are left out, they see every matter."""
    asked = [one for one in candidates if one.partition("@")[2].isdecimal()]
    if asked:
        connection.execute(ASK, {"matter": matter_id, "candidates": asked})


def ask_superiors(connection: Connection, matter_id: int, role: str, officers: list[int]) -> None:
    """Note that these officers were told, in this role, that a unit of theirs has not answered."""
    if officers and ROLES[role].in_unit:
        connection.execute(TOLD, {"matter": matter_id, "role": role, "officers": officers})
