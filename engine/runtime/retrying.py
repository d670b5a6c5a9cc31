"""Keeps what fails from undoing what was done before it: the token waits, is tried again, or an incident is open.

What a failed element remembers stands in its token's internal data, as JSON: ``failures`` (how often it has failed),
``due``, ``start`` and ``n`` while it waits to be tried again, as a timer does, and ``incident`` while one is open: how
it goes on (``run``, ``update``, ``offer``, ``end`` of what is inside it, ``effect``).
"""

import copy
import logging
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

import orjson
import sqlalchemy as sa

from engine.runtime.errors import BpmnError, RuntimeFailure
from engine.runtime.refusal import aborted, refusal
from engine.runtime.retry_cycle import DEFAULT, RetryCycle
from engine.runtime.tokens import FUTURE, READY, STARTED, WAITING, Token

if TYPE_CHECKING:
    from engine.runtime.run import Run

How = Literal["run", "update", "offer", "end", "effect"]
Kind = Literal["service", "element", "effect", "timer"]
T = TypeVar("T")

MAX_DATA: Final = 16 * 1024  # bytes of JSON kept with an incident
LONGEST: Final = 2000  # characters of a message
_log: Final = logging.getLogger(__name__)


class ServiceFailed(Exception):  # noqa: N818 - what happened, for those who decide what follows
    """A service failed and nothing of its call is left; inside the runtime only.

    Attributes:
        error: what it raised.
        parameters: what it was called with.

    """

    def __init__(self, error: Exception, parameters: dict[str, Any]) -> None:
        super().__init__(str(error))
        self.error = error
        self.parameters = parameters


class CallAgain(Exception):  # noqa: N818 - what follows from it
    """A service failed in a command that called it without a savepoint: the command is to be carried out again."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What opens an incident, or keeps one open.

    Attributes:
        token: where it happened.
        kind: what failed.
        message: why, in words.
        attempts: how often it was tried in a row.
        data: what it was tried with.

    """

    token: Token
    kind: Kind
    message: str
    attempts: int
    data: dict[str, Any]


def twice(command: Callable[[bool], T]) -> T:
    """Carry out a command without savepoints and, when a service fails in it, once more with them.

    ``command`` is told whether services are to be guarded; it works in a transaction of its own and leaves nothing
    behind when it raises.
    """
    try:
        return command(False)  # noqa: FBT003 - the one thing it is told
    except CallAgain:
        return command(True)  # noqa: FBT003


def protected(run: "Run", work: Callable[[], T], parameters: dict[str, Any]) -> T:
    """Do a service's work so that nothing of it is left when it fails.

    Raises ServiceFailed for what may be tried again, and as they are: BpmnError (no failure: what was done stays,
    unless the database has refused some of it), RuntimeFailure, and sqlalchemy.exc.DBAPIError when the database cannot
    serve the command; CallAgain when there is no savepoint to go back to.
    """
    transaction = run.transaction
    connection, handled = transaction.connection, sys.exception()
    if not transaction.guarded:
        try:
            result = _sound(connection, work)
        except Exception as error:
            _refuse(connection, error, handled)
            if isinstance(error, BpmnError) and not aborted(connection):
                raise
            raise CallAgain from error
        return result
    variables, events, last = dict(transaction.variables), len(transaction.events), len(transaction.last)
    host_state = copy.deepcopy(transaction.host_state)
    savepoint = _savepoint(run)
    try:
        result = _sound(connection, work)
    except Exception as error:
        _refuse(connection, error, handled)
        if isinstance(error, BpmnError) and not aborted(connection):
            raise
        connection.exec_driver_sql(f"rollback to savepoint {savepoint}")
        transaction.variables, transaction.host_state = variables, host_state
        del transaction.events[events:], transaction.last[last:]
        if isinstance(error, BpmnError | RuntimeFailure):
            raise
        raise ServiceFailed(error, parameters) from error
    return result


def _savepoint(run: "Run") -> str:
    """Set the savepoint that a command goes back to, behind all its services so far, and return its name.

    It is released by the next, in the same round trip, or by the commit. Whom a service starts has another name.
    """
    name = f"service_{run.transaction.instance_id}"
    before = f"release savepoint {name}; " if run.has_savepoint else ""
    run.transaction.connection.exec_driver_sql(f"{before}savepoint {name}")
    run.has_savepoint = True
    return name


def _sound(connection: sa.Connection, work: Callable[[], T]) -> T:
    """Do a service's work. Raises RuntimeError too when it has passed over an error of the database."""
    result = work()
    if aborted(connection):
        raise RuntimeError("the service went on after the database had refused one of its statements")
    return result


def _refuse(connection: sa.Connection, error: Exception, handled: BaseException | None) -> None:
    """Raise what the whole command fails with, if the database is the reason of a service's error."""
    reason = refusal(connection, error, handled)
    if reason is error:
        raise error
    if reason is not None:
        raise reason from error


def failed(token: Token, error: Exception, how: How) -> None:
    """Let a token wait whose element failed: for the next attempt, or for a process owner.

    Raises the error where the command has to fail instead: what cannot be kept, and an instance that only begins.
    """
    run: Run = token.workflow.top_workflow.run
    if isinstance(error, ServiceFailed):
        _later(run, token, error)
    elif run.holds and isinstance(error, RuntimeFailure) and not getattr(error, "fatal", False):
        hold(run, token, _kind(token), how, error.message)
    else:
        raise error


def _kind(token: Token) -> Kind:
    return "service" if hasattr(token.task_spec, "service") else "element"


def _later(run: "Run", token: Token, failure: ServiceFailed) -> None:
    error = failure.error
    message = f"{type(error).__name__}: {error}"[:LONGEST]
    internal = token.internal_data
    count = internal["failures"] = internal.get("failures", 0) + 1
    cycle: RetryCycle = getattr(token.task_spec, "event_definition", None) or DEFAULT
    _log.warning("instance %s: %s failed", run.transaction.instance_id, token.task_spec.name, exc_info=error)
    if "retried_by_hand" in internal or count > len(cycle.delays):
        hold(run, token, "service", "run", message, parameters=failure.parameters, attempts=count)
        return
    due = cycle.delays[count - 1].after(run.now, run.zone)
    internal.setdefault("start", run.now.isoformat())
    internal.update(due=due.isoformat(), n=count, fired=False)
    token._state = WAITING  # noqa: SLF001 - it waits as a timer does
    run.explained[token.id] = (f"第 {count} 次失败，再试一次",)
    run.happened("service_failed", token, message=message, failures=count, due=due.isoformat())


def hold(
    run: "Run",
    token: Token,
    kind: Kind,
    how: How,
    message: str,
    *,
    parameters: dict[str, Any] | None = None,
    attempts: int = 1,
    given: dict[str, Any] | None = None,
) -> None:
    """Let a token wait for a process owner, and open its incident when the instance is saved."""
    internal = token.internal_data
    if how in {"run", "update"}:
        for key in ("due", "start", "n", "fired", "retried_by_hand"):
            internal.pop(key, None)
    internal["incident"] = how
    token._state = STARTED  # noqa: SLF001 - its element has begun and nothing goes on by itself
    if how == "update":
        _forget_inside(token)
    data = cut({"parameters": parameters or {}, "data": dict(token.data), **(given or {})})
    run.failures.append(Failure(token, kind, message[:LONGEST], attempts, data))
    run.happened("incident_opened", token, incident=kind, message=message[:LONGEST])


def _forget_inside(token: Token) -> None:
    """Forget the scopes that an activity which could not begin has opened all the same."""
    opened = token.workflow.top_workflow.subprocesses
    for number in [number for number, scope in opened.items() if scope.caller is token]:
        del opened[number]


def let_go_on(token: Token, how: How) -> None:
    """Take a token that waited for a process owner up again, where it failed."""
    internal = token.internal_data
    internal.pop("incident", None)
    if how in {"effect", "end"}:
        return
    if how == "update":
        token._state = FUTURE  # noqa: SLF001 - as it was before it began
        token.update()
    else:
        if how == "run":
            internal["retried_by_hand"] = True
        token._state = READY  # noqa: SLF001 - it is to run again


def held(token: Token) -> bool:
    """Whether a token waits for a process owner."""
    return "incident" in token.internal_data


def cut(data: dict[str, Any]) -> dict[str, Any]:
    """Return data as JSON of at most 16 KB: the largest values are left out first, and named."""
    kept = {
        part: {str(key): _plain(value) for key, value in values.items()} if isinstance(values, dict) else _plain(values)
        for part, values in data.items()
    }
    left_out: list[str] = []
    while len(orjson.dumps(kept)) > MAX_DATA:
        sizes = {
            (part, key): len(orjson.dumps(value))
            for part, values in kept.items()
            if isinstance(values, dict)
            for key, value in values.items()
        }
        if not sizes:
            return {"left_out": sorted(kept)}
        part, key = max(sizes, key=lambda place: sizes[place])
        del kept[part][key]
        left_out.append(f"{part}.{key}")
    return kept | {"left_out": left_out} if left_out else kept


def _plain(value: Any) -> Any:
    try:
        return orjson.loads(orjson.dumps(value, default=str))
    except (orjson.JSONEncodeError, UnicodeError):
        return repr(value)[:LONGEST]
