"""Extends, pauses and resumes the clocks of a running instance, and says what moves and why."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from engine.runtime import adjustments, timers
from engine.runtime.adjustments import Move
from engine.runtime.errors import CannotAdvance, ClockRefused, NotFound
from engine.runtime.incidents import require_reason
from engine.runtime.protocol import Due, Moved, Transaction
from engine.runtime.session import Environment, Session, locked, opened, transaction_of
from engine.runtime.task_ids import split
from engine.runtime.tokens import Token

Prepare = Callable[[Transaction, Sequence[Moved]], None]
Place = tuple[int, str]

_ITEMS: Final = """
select replace(task_id::text, '-', ''), created_at, due_at, due_explanation from work_item
where instance_id = %(id)s and due_at is not null order by due_at, task_id
"""
_TIMERS: Final = "select replace(task_id::text, '-', ''), explanation from timer where instance_id = %(id)s"
_PAUSE: Final = """
insert into clock_pause (instance_id, since, reason, paused_by) values (%(id)s, %(now)s, %(reason)s, %(actor)s)
"""
_RESUME: Final = """
update clock_pause set until = %(now)s, resumed_by = %(actor)s, resume_reason = %(reason)s
where instance_id = %(id)s and until is null
"""


@dataclass(frozen=True, slots=True)
class Clock:
    """A due time that waits: a timer's, or a user task's.

    Attributes:
        token: whose it is.
        due: when it falls, and its arithmetic.
        start: since when it counts, UTC.
        timer: the timer whose it is; None for a user task's.

    """

    token: Token
    due: Due
    start: datetime
    timer: timers.Waiting | None


def extend(
    environment: Environment,
    instance_id: int,
    target: str | None,
    by_or_to: str | datetime,
    *,
    actor: str,
    reason: str,
    approver: str = "",
    dry_run: bool = False,
    prepare: Prepare | None = None,
) -> list[Moved]:
    """Put off the due times of an activity. See :meth:`engine.runtime.runtime.Runtime.extend`."""
    with environment.engine.begin() as connection:
        session = _opened(environment, connection, instance_id, actor, reason)
        run = session.run
        move: Move = {"at": run.now.isoformat(), "why": reason, "who": approver or actor}
        move |= {"to": by_or_to.astimezone(UTC).isoformat()} if isinstance(by_or_to, datetime) else {"by": by_or_to}
        standing = adjustments.paused_since(session.flow.task_tree) or run.now
        moved = []
        for clock in _chosen(session, target):
            # What has fallen stays as it is: an extension afterwards would hide that it was late.
            if clock.due.at <= standing:
                continue
            clock.token.internal_data.setdefault("moves", []).append(move)
            moved += _move(session, clock, move)
        if not moved:
            raise ClockRefused("没有可以延长的时限：都已到期，或者新的时间不晚于现在的时限。")
        run.happened("due_extended", None, target=target or "", **_shown(move), moved=_details(moved))
        _finish(session, moved, dry_run=dry_run, prepare=prepare)
        return moved


def pause_clock(
    environment: Environment,
    instance_id: int,
    *,
    actor: str,
    reason: str,
    approver: str = "",
    dry_run: bool = False,
    prepare: Prepare | None = None,
) -> list[Moved]:
    """Stop all clocks of an instance. See :meth:`engine.runtime.runtime.Runtime.pause_clock`."""
    with environment.engine.begin() as connection:
        session = _opened(environment, connection, instance_id, actor, reason)
        root, now = session.flow.task_tree, session.run.now
        if adjustments.paused_since(root) is not None:
            raise ClockRefused("计时已经暂停。")
        stopped = [_moved(clock, clock.due) for clock in _clocks(session) if clock.due.at > now]
        if not stopped:
            raise ClockRefused("没有正在走的时限，不需要暂停。")
        pause = {"since": now.isoformat(), "until": None, "why": reason, "who": approver or actor}
        root.internal_data["pauses"] = [*adjustments.pauses(root), pause]
        session.run.happened("clock_paused", None, reason=reason, approver=approver, moved=_details(stopped))
        _finish(session, stopped, dry_run=dry_run, prepare=prepare, projection=_PAUSE, reason=reason)
        return stopped


def resume_clock(
    environment: Environment,
    instance_id: int,
    *,
    actor: str,
    reason: str,
    approver: str = "",
    dry_run: bool = False,
    prepare: Prepare | None = None,
) -> list[Moved]:
    """Let the clocks of an instance run again. See :meth:`engine.runtime.runtime.Runtime.resume_clock`."""
    with environment.engine.begin() as connection:
        session = _opened(environment, connection, instance_id, actor, reason)
        root = session.flow.task_tree
        since = adjustments.paused_since(root)
        if since is None:
            raise ClockRefused("计时没有暂停。")
        *before, last = adjustments.pauses(root)
        pause = {**last, "until": session.run.now.isoformat()}
        root.internal_data["pauses"] = [*before, pause]
        moved = [one for clock in _clocks(session) for one in _move(session, clock, pause)]
        session.run.happened(
            "clock_resumed", None, reason=reason, since=since.isoformat(), approver=approver, moved=_details(moved)
        )
        _finish(session, moved, dry_run=dry_run, prepare=prepare, projection=_RESUME, reason=reason)
        return moved


def _opened(environment: Environment, connection: Any, instance_id: int, actor: str, reason: str) -> Session:
    require_reason(reason)
    row = locked(connection, instance_id)
    if row.status in {"completed", "cancelled"}:
        raise ClockRefused("流程已经结束，没有可以调整的时限。")
    return opened(environment, connection, row, transaction_of(environment, connection, row, actor))


def _finish(
    session: Session,
    moved: Sequence[Moved],
    *,
    dry_run: bool,
    prepare: Prepare | None,
    projection: str = "",
    reason: str = "",
) -> None:
    transaction = session.transaction
    if prepare is not None:
        prepare(transaction, moved)
    if dry_run:
        return
    if projection:
        values = {
            "id": transaction.instance_id,
            "now": transaction.now,
            "actor": transaction.actor,
            "reason": reason,
        }
        session.connection.exec_driver_sql(projection, values)
    session.save()


def _clocks(session: Session) -> list[Clock]:
    """Return the clocks of an instance: its timers and its user tasks with a due time."""
    values = {"id": session.transaction.instance_id}
    explained = {task: tuple(lines) for task, lines in session.connection.exec_driver_sql(_TIMERS, values)}
    found = [
        Clock(timer.token, Due(timer.due, explained.get(session.id_of(timer.token), ())), timer.start, timer)
        for timer in timers.waiting_timers(session.flow)
        if not timer.retries
    ]
    for task, created_at, due_at, lines in session.connection.exec_driver_sql(_ITEMS, values):
        token = session.items.get(split(task)[1])
        if token is not None:
            due = Due(due_at.astimezone(UTC), tuple(lines))
            found.append(Clock(token, due, created_at.astimezone(UTC), None))
    return found


def _chosen(session: Session, target: str | None) -> list[Clock]:
    """Return the clocks of an activity: its own, those inside it, and those of what encloses it; or one timer's.

    Raises NotFound.
    """
    every = _clocks(session)
    if target is None:
        return every
    tokens = [token for flow in session.flow.flows for token in flow.unfinished() if _is(token, target)]
    if not tokens:
        raise NotFound("流程里没有这个正在等待的环节。")
    if all(getattr(token.task_spec, "activity", "") for token in tokens):
        return [clock for clock in every if clock.token in tokens]  # a timer by its own name
    places = {_place(token) for token in tokens}
    flows = {id(flow): flow for flow in session.flow.flows}
    around = places | {outer for flow, _ in places for outer in _enclosing(flows[flow])}
    return [
        clock
        for clock in every
        if _place(clock.token) in around or not places.isdisjoint(_enclosing(clock.token.workflow))
    ]


def _is(token: Token, target: str) -> bool:
    if token.task_spec.name == target:
        return True
    try:
        return split(target)[1] == token.id
    except NotFound:
        return False


def _place(token: Token) -> Place:
    """Return where a token's clock belongs: its flow, and the activity it stands on or is attached to."""
    return id(token.workflow), getattr(token.task_spec, "activity", "") or token.task_spec.name


def _enclosing(flow: Any) -> list[Place]:
    """Return the activities around a flow, the nearest first."""
    found = []
    while (caller := flow.caller) is not None:
        found.append(_place(caller))
        flow = caller.workflow
    return found


def _move(session: Session, clock: Clock, move: Move) -> list[Moved]:
    """Apply one more extension or pause to a clock; return it if it moved by it."""
    run, token = session.run, clock.token
    step = token.task_spec
    value = timers.unit_of(run, token) if clock.timer is not None else run.value(step.step.due, token)
    try:
        due = run.arithmetic.moved(value, clock.due, clock.start, move)
    except ValueError as error:
        raise CannotAdvance(f"“{step.bpmn_name}”的时限不能这样调整：{error}", step.name) from error
    if due.at == clock.due.at:
        return []
    if clock.timer is not None:
        timers.note(run, token, Due(datetime.fromisoformat(clock.timer.base)), due)
    else:
        row = {"task_id": session.id_of(token), "due_at": due.at, "due_explanation": list(due.explanation)}
        session.moved.append(row)
    return [_moved(clock, due)]


def _moved(clock: Clock, due: Due) -> Moved:
    spec = clock.token.task_spec
    return Moved(str(spec.name), clock.due.at, due.at, str(spec.bpmn_name or spec.name), due.explanation)


def _shown(move: Move) -> dict[str, Any]:
    return {"by": move.get("by", ""), "to": move.get("to", ""), "reason": move["why"], "approver": move["who"]}


def _details(moved: Sequence[Moved]) -> list[dict[str, Any]]:
    return [
        {
            "element": one.element,
            "name": one.name,
            "old": one.old.isoformat() if one.old is not None else None,
            "new": one.new.isoformat(),
        }
        for one in moved
    ]
