"""Versions of all diagrams, decision tables and forms together: stored once, never changed, parsed once a process."""

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from engine.runtime.definitions import Definition, parse_files
from engine.runtime.errors import NotFound, Superseded

_CURRENT: Final = "select id, version, deployed_at, deployed_by, note from deployment order by version desc limit 1"
_ALL: Final = "select id, version, deployed_at, deployed_by, note from deployment order by version desc"
_LATEST_HASH: Final = "select content_hash from deployment order by version desc limit 1"
_INSERT: Final = """
insert into deployment (version, content_hash, note, deployed_by, deployed_at)
values (coalesce((select max(version) from deployment), 0) + 1, %(hash)s, %(note)s, %(actor)s, clock_now())
returning id, version, deployed_at, deployed_by, note
"""
_FILES: Final = """
select f.path, r.content from deployment_resource f join resource r on r.hash = f.hash
where f.deployment_id = %(id)s order by f.path
"""


@dataclass(frozen=True, slots=True)
class Deployment:
    """One version.

    Attributes:
        id: its id.
        version: counted from 1.
        deployed_at: when, UTC.
        deployed_by: the actor.
        note: what the actor wrote about it.

    """

    id: int
    version: int
    deployed_at: datetime
    deployed_by: str
    note: str


class Deployments:
    """The stored deployments, and the parsed ones this process has needed so far."""

    def __init__(self) -> None:
        self._parsed: dict[int, Definition] = {}
        self._lock = threading.Lock()

    def known(self, deployment_id: int) -> Definition | None:
        """Return a deployment that was parsed before, without asking the database; None when it was not."""
        return self._parsed.get(deployment_id)

    def definition(self, connection: sa.Connection, deployment_id: int) -> Definition:
        """Return a parsed deployment. Raises NotFound."""
        found = self.known(deployment_id)
        if found is not None:
            return found
        rows = connection.exec_driver_sql(_FILES, {"id": deployment_id}).all()
        if not rows:
            raise NotFound(f"没有编号为 {deployment_id} 的部署。")
        parsed = parse_files(deployment_id, {path: bytes(content) for path, content in rows})
        with self._lock:
            return self._parsed.setdefault(deployment_id, parsed)


def current(connection: sa.Connection) -> Deployment:
    """Return the latest deployment. Raises NotFound when there is none."""
    found = connection.exec_driver_sql(_CURRENT).one_or_none()
    if found is None:
        raise NotFound("还没有部署任何流程。")
    return _deployment(found)


def every(connection: sa.Connection) -> list[Deployment]:
    """Return all deployments, the latest first."""
    return [_deployment(found) for found in connection.exec_driver_sql(_ALL)]


def store(
    connection: sa.Connection, files: Mapping[str, bytes], actor: str, note: str, onto: int | None = None
) -> Deployment:
    """Store a new version of the files; when the latest has just this content, return that one.

    Raises Superseded when ``onto`` is given and is not the latest.
    Content that an older version had becomes a new version: that is how one goes back.
    """
    # Two deployments at once would count the same version; readers are not held up.
    connection.exec_driver_sql("lock table deployment in share row exclusive mode")
    if onto is not None and (latest := current(connection)).id != onto:
        raise Superseded(latest.version)
    hashes = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    whole = content_hash(files)
    if connection.exec_driver_sql(_LATEST_HASH).scalar() == whole:
        return current(connection)
    for path, content in files.items():
        connection.exec_driver_sql(
            "insert into resource (hash, content) values (%(hash)s, %(content)s) on conflict do nothing",
            {"hash": hashes[path], "content": content},
        )
    made = connection.exec_driver_sql(_INSERT, {"hash": whole, "note": note, "actor": actor}).one()
    for path, digest in hashes.items():
        connection.exec_driver_sql(
            "insert into deployment_resource (deployment_id, path, hash) values (%(id)s, %(path)s, %(hash)s)",
            {"id": made[0], "path": path, "hash": digest},
        )
    return _deployment(made)


def content_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of the files, of their paths and contents; the order does not matter."""
    whole = hashlib.sha256()
    for path in sorted(files):
        whole.update(f"{path}\0{len(files[path])}\0".encode())
        whole.update(files[path])
    return whole.hexdigest()


def _deployment(found: sa.Row[tuple[int, int, datetime, str, str]]) -> Deployment:
    number, version, deployed_at, deployed_by, note = found
    return Deployment(number, version, deployed_at.astimezone(UTC), deployed_by, note)
