"""The versions of the routing model: which is in force, which were refused and why; and going back to an earlier one.

Every change of the version in force leaves an event that says who did it, when and why.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, text

from engine.casework import history
from engine.runtime import NotFound, RuntimeFailure
from rules.learning_bytes import version
from rules.routing_learned import Routing

if TYPE_CHECKING:
    # Training imports scikit-learn, which no web process may load.
    from rules.routing_training import Round

KEPT_CONTENTS: Final = 20
"""Of so many of the latest versions the content is kept, to go back to; and of the one in force."""
LEAST_REASON: Final = 5
LOCK: Final = "select pg_advisory_xact_lock(7203001)"
"""Changes of the version in force follow each other."""

IN_FORCE: Final = text("select id, version, content, examples from model_version where state = 'in_force'")
VERSIONS: Final = text(
    """
select v.id, v.version, v.content is not null as kept, v.size, v.state, v.why, v.examples, v.decided_until, v.figures,
    v.comparison, v.compared_with_id, v.trained_at, v.trained_by, o.name as trained_by_name
from model_version v left join officer o on o.id::text = v.trained_by
order by v.id desc limit :most
"""
)
EVENTS: Final = text(
    """
select e.id, e.model_id, v.version, e.event, e.at, e.actor_name, e.reason
from model_event e left join model_version v on v.id = e.model_id order by e.id desc limit :most
"""
)
INSERT: Final = text(
    """
insert into model_version (version, content, size, state, why, examples, decided_until, figures, comparison,
    compared_with_id, trained_at, trained_by)
values (:version, :content, :size, :state, :why, :examples, :decided_until, cast(:figures as jsonb),
    cast(:comparison as jsonb), :compared_with, clock_now(), :by)
returning id
"""
)
RETIRE: Final = text("update model_version set state = 'retired' where state = 'in_force'")
FORCE: Final = text("update model_version set state = 'in_force', why = '' where id = :id")
FORGET: Final = text(
    """
update model_version set content = null where content is not null and state <> 'in_force'
    and id not in (select id from model_version where state <> 'refused' order by id desc limit :kept)
"""
)
EVENT: Final = text(
    """
insert into model_event (model_id, event, at, actor, actor_name, reason)
values (:model, :event, clock_now(), :actor, :name, :reason)
"""
)
ONE: Final = text("select id, state, content is not null as kept from model_version where id = :id")


class ModelRefused(RuntimeFailure):
    """What was asked of the versions is not possible."""


@dataclass(frozen=True, slots=True)
class Version:
    """A version as the pages show it; ``kept``: its content is still there, so that one can go back to it."""

    id: int
    version: str
    kept: bool
    size: int
    state: str
    why: str
    examples: int
    decided_until: datetime
    figures: Mapping[str, Any]
    comparison: Mapping[str, Any]
    compared_with_id: int | None
    trained_at: datetime
    trained_by: str
    trained_by_name: str | None

    @property
    def usable(self) -> bool:
        """Whether one can go back to it: it was in force once."""
        return self.kept and self.state == "retired"


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was done with the versions; without ``model_id`` the rules alone decide from then on."""

    id: int
    model_id: int | None
    version: str | None
    event: str
    at: datetime
    actor_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Actor:
    """Who trains or goes back: an officer's id or ``system``, and the name that is kept."""

    id: str = history.SYSTEM
    name: str = history.SYSTEM_NAME


PLATFORM: Final = Actor()


def in_force(connection: Connection) -> tuple[int, Routing] | None:
    """Return the id of the model in force and the model; None when the rules decide alone."""
    row = connection.execute(IN_FORCE).one_or_none()
    return None if row is None else (row.id, Routing.of_bytes(bytes(row.content)))


def versions(connection: Connection, most: int = 50) -> list[Version]:
    """Return the versions, the latest first."""
    return [Version(**row) for row in connection.execute(VERSIONS, {"most": most}).mappings()]


def events(connection: Connection, most: int = 50) -> list[Event]:
    """Return what was done with the versions, the latest first."""
    return [Event(**row) for row in connection.execute(EVENTS, {"most": most}).mappings()]


def store(
    connection: Connection, done: "Round", *, decided_until: datetime, compared_with: int | None, actor: Actor
) -> tuple[int, str]:
    """Store what was trained, in the caller's transaction; it goes live unless something speaks against it.

    Returns its id and why it did not go live ("" when it did). A refused one leaves its figures, not its content. One
    that was compared with a version that is no longer in force is refused: the comparison says nothing any more; so is
    one that equals the version in force.
    """
    connection.exec_driver_sql(LOCK)
    row = connection.execute(IN_FORCE).one_or_none()
    why = done.why
    if not why and (row.id if row else None) != compared_with:
        why = "训练期间换过使用中的版本，比较结果已不适用"
    content = done.routing.to_bytes() if done.routing.model is not None else b""
    if not why and row is not None and row.version == version(content):
        why = "没有学到新的东西，与使用中的版本完全相同"
    if not why:
        connection.execute(RETIRE)
    found: int = connection.execute(
        INSERT,
        {
            "version": version(content) if content else "",
            "content": None if why else content,
            "size": len(content),
            "state": "refused" if why else "in_force",
            "why": why,
            "examples": done.learned,
            "decided_until": decided_until,
            "figures": json.dumps(_figures(done)),
            "comparison": json.dumps(asdict(done.comparison), ensure_ascii=False),
            "compared_with": compared_with,
            "by": actor.id,
        },
    ).scalar_one()
    _note(connection, found, "refused" if why else "went_live", actor, "")
    connection.execute(FORGET, {"kept": KEPT_CONTENTS})
    return found, why


def use(connection: Connection, model_id: int, *, reason: str, actor: Actor) -> None:
    """Put an earlier version in force again.

    Raises NotFound, or ModelRefused when it cannot be, or without a reason.
    """
    reason = _reason(reason)
    connection.exec_driver_sql(LOCK)
    row = connection.execute(ONE, {"id": model_id}).one_or_none()
    if row is None:
        raise NotFound("没有这一版模型。")
    if row.state == "in_force":
        raise ModelRefused("这一版正在使用中。")
    if row.state == "refused":
        raise ModelRefused("这一版没有通过比较，从未启用过，不能回退到它。")
    if not row.kept:
        raise ModelRefused("这一版停用已久，模型文件已清理，不能回退到它。")
    connection.execute(RETIRE)
    connection.execute(FORCE, {"id": model_id})
    _note(connection, model_id, "rolled_back", actor, reason)


def stop(connection: Connection, *, reason: str, actor: Actor) -> None:
    """Let the rules decide alone. Raises ModelRefused when they do already, or without a reason."""
    reason = _reason(reason)
    connection.exec_driver_sql(LOCK)
    if not connection.execute(RETIRE).rowcount:
        raise ModelRefused("现在没有使用中的模型，已经只按规则研判。")
    _note(connection, None, "stopped", actor, reason)


def _reason(reason: str) -> str:
    tidied = " ".join(reason.split())
    if len(tidied) < LEAST_REASON:
        raise ModelRefused(f"请写明原因，至少 {LEAST_REASON} 个字。")
    return tidied


def _note(connection: Connection, model_id: int | None, event: str, actor: Actor, reason: str) -> None:
    connection.execute(
        EVENT, {"model": model_id, "event": event, "actor": actor.id, "name": actor.name, "reason": reason}
    )


def _figures(done: "Round") -> dict[str, Any]:
    return {
        "before": asdict(done.before),
        "after": asdict(done.after),
        "labels": done.labels,
        "threshold": done.routing.threshold,
    }
