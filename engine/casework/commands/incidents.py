"""Seeing to incidents: try again, one or many, or go on with a result entered by hand."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from engine.casework import outbox
from engine.casework.commands.operating import UNKNOWN, order, permit
from engine.casework.errors import NotPermitted
from engine.casework.permissions import Person
from engine.runtime import Consequences, Incident, NotFound, Runtime, RuntimeFailure, Transaction


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of retrying one of several incidents.

    Attributes:
        incident_id: which.
        done: whether it is closed now; one that failed again is not.
        problem: why not, in words; empty when it is.
        refused: whether it was not even tried: it is closed already, its process is suspended, it is not theirs.

    """

    incident_id: int
    done: bool
    problem: str = ""
    refused: bool = False


def retry_incident(
    engine: Engine, runtime: Runtime, officer: Person, incident_id: int, reason: str, *, dry_run: bool = False
) -> Consequences:
    """Try again what failed; a delivery goes out once more, under the same key.

    Raises NotFound, NotPermitted, ReasonMissing, CannotOperate and Suspended.
    """
    incident = _known(engine, runtime, incident_id)
    allowed = permit(officer, "operate")

    def prepare(transaction: Transaction) -> None:
        allowed(transaction)
        if incident.kind == "effect" and not outbox.again(transaction.connection, incident.task_id):
            raise NotPermitted("找不到要重新发送的消息，请改为手工办结。")

    given = order(officer, "operate", reason, dry_run=dry_run) | {"prepare": prepare}
    return runtime.retry_incident(incident_id, **given)


def retry_incidents(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    incident_ids: Iterable[int],
    reason: str,
    *,
    dry_run: bool = False,
) -> list[Retried]:
    """Try several again, each in a transaction of its own; one that fails keeps none of the others.

    With ``dry_run`` nothing is stored, and the answer is what would come of each.
    """
    found = []
    for incident_id in dict.fromkeys(incident_ids):
        try:
            came = retry_incident(engine, runtime, officer, incident_id, reason, dry_run=dry_run)
        except RuntimeFailure as failure:
            found.append(Retried(incident_id, done=False, problem=failure.message, refused=True))
        else:
            problem = came.incidents_opened[0][2] if came.incidents_opened else ""
            found.append(Retried(incident_id, done=not problem, problem=problem))
    return found


def resolve_incident(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    incident_id: int,
    result: Mapping[str, Any],
    *,
    reason: str,
    dry_run: bool = False,
) -> Consequences:
    """Let the process go on with a result entered by hand. Raises as :func:`retry_incident` does."""
    _known(engine, runtime, incident_id)
    return runtime.resolve_incident(incident_id, result, **order(officer, "operate", reason, dry_run=dry_run))


def _known(engine: Engine, runtime: Runtime, incident_id: int) -> Incident:
    with engine.connect() as connection:
        try:
            return runtime.incident(connection, incident_id)
        except NotFound:
            raise NotFound(UNKNOWN) from None
