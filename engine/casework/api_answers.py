"""A request sent twice is carried out once: the answer is kept with what the request did, in one transaction.

draft-ietf-httpapi-idempotency-key-header-07. For what starts something; completing a task keeps its key with the
instance (``Runtime.complete``).
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, text

from engine.runtime import KeyReused

KEPT_FOR = "7 days"

# Whoever comes second with the key waits here for the first to commit, and then finds its answer.
TAKE = text(
    """
insert into api_answer (officer_id, key, digest, at) values (:officer, :key, :digest, clock_now())
on conflict do nothing returning 1
"""
)
FIND = text("select digest, answer from api_answer where officer_id = :officer and key = :key")
KEEP = text("update api_answer set answer = cast(:answer as jsonb) where officer_id = :officer and key = :key")
FORGET = text(
    f"delete from api_answer where officer_id = :officer and at < clock_now() - interval '{KEPT_FOR}'"  # noqa: S608 - ours
)


def earlier(connection: Connection, officer_id: int, key: str, request: bytes) -> dict[str, Any] | None:
    """Return what was answered to the same request under this key; None when the key is new, and taken from now on.

    ``request`` is whatever makes two requests the same. Raises KeyReused when the key came with another request. The
    caller's transaction has to end with :func:`keep`, or the key is free again.
    """
    digest = hashlib.sha256(request).digest()
    values = {"officer": officer_id, "key": key, "digest": digest}
    connection.execute(FORGET, {"officer": officer_id})
    if connection.execute(TAKE, values).one_or_none() is not None:
        return None
    row = connection.execute(FIND, values).one()
    if bytes(row.digest) != digest or row.answer is None:
        raise KeyReused
    found: dict[str, Any] = row.answer
    return found


def keep(connection: Connection, officer_id: int, key: str, answer: Mapping[str, Any]) -> None:
    """Keep the answer to a request whose key :func:`earlier` has taken."""
    kept = {"officer": officer_id, "key": key, "answer": orjson.dumps(answer).decode()}
    connection.execute(KEEP, kept)
