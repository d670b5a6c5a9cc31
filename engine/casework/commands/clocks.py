"""延期、暂停计时、恢复计时: a matter's deadline and its process' clocks move together, by whoever may approve it."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text

from engine.casework.case import Case, case_of
from engine.casework.commands.operating import brief
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.extension_rules import ExtensionRule, definitions_of, rule_of
from engine.casework.permissions import Person, may, require
from engine.runtime import ClockRefused, Definition, Due, Event, Moved, NotFound, Runtime, Transaction
from engine.runtime.adjustments import Arithmetic, Move
from engine.runtime.door.environment import ZONE
from rules.limits import parse_limit

FIND = text(
    "select m.instance_id, i.deployment_id from matter m join instance i on i.id = m.instance_id where m.id = :id"
)
GRANTED = text(
    "select count(*) from history_event where matter_id = :matter and event = 'due_extended' "
    "and details ->> 'target' = :target"
)
PAUSE = text(
    """
select p.since, p.reason, coalesce(o.name, p.paused_by) as who from clock_pause p
left join officer o on o.id::text = p.paused_by where p.instance_id = :instance and p.until is null
"""
)


@dataclass(slots=True)
class ClockChange:
    """What an extension, a pause or a resumption does to a matter.

    Attributes:
        moved: the clocks of its process; those that only stop stay where they are.
        old: the matter's own deadline before, UTC; None when it has none.
        new: and after.
        explanation: the arithmetic of the new deadline.
        rule: who may approve it, and on what ground.

    """

    moved: list[Moved] = field(default_factory=list)
    old: datetime | None = None
    new: datetime | None = None
    explanation: tuple[str, ...] = ()
    rule: ExtensionRule | None = None


Judge = Callable[[Transaction, Case, ExtensionRule, ClockChange], list[Move]]


def extend(
    engine: Engine,
    runtime: Runtime,
    officer: Person,
    number: str,
    by: str,
    *,
    target: str = "",
    reason: str,
    dry_run: bool = False,
) -> ClockChange:
    """Put off the deadline of a matter and all clocks of its process by ``by``, such as ``15日`` or ``3工作日``.

    With ``target`` (the id of a step that waits, or of a timer) only its clocks move, as often and as far as the table
    allows for the matter, and not past the matter's own deadline, which stays.
    With ``dry_run`` nothing is stored and the answer is what would be. Raises NotFound for a matter that is not theirs,
    NotPermitted when the table of approvals forbids it or the reason is missing, and what the runtime raises;
    ClockRefused when the target waits no longer.
    """
    length = _length(by)

    def judge(transaction: Transaction, case: Case, rule: ExtensionRule, change: ClockChange) -> list[Move]:
        if target:
            _judge_one(runtime, transaction, case, rule, moved=change.moved, target=target, length=length)
            return []
        granted = [move for move in case["due_moves"] if "since" not in move]
        _require_times(len(granted), rule)
        due = change.old
        if due is not None:
            if due <= transaction.now:
                raise NotPermitted("办结期限已过，不能再延期。")
            most = runtime.host.extended(transaction.connection, due, rule.longest).at
            if runtime.host.extended(transaction.connection, due, length).at > most:
                raise NotPermitted(f"最多延期{rule.longest}。依据：{rule.basis}")
        return [{"by": length, "at": transaction.now.isoformat(), "why": reason, "who": _name(case)}]

    command = _Command(engine, runtime, officer, number, reason, dry_run)
    return command.carry_out(
        judge,
        lambda given: runtime.extend(given.pop("instance_id"), target or None, length, **given),
        target=target,
        alone={"by": length, "reason": reason.strip()},
    )


def _require_times(granted: int, rule: ExtensionRule) -> None:
    if granted >= rule.times:
        words = f"已经延期 {granted} 次，不能再延期。" if granted else "本件不得延期。"
        raise NotPermitted(f"{words}规定见{rule.basis}。")


def _judge_one(
    runtime: Runtime,
    transaction: Transaction,
    case: Case,
    rule: ExtensionRule,
    *,
    moved: Sequence[Moved],
    target: str,
    length: str,
) -> None:
    """Refuse what the table forbids for one clock, and what would put it past the matter's deadline."""
    connection = transaction.connection
    _require_times(int(connection.execute(GRANTED, {"matter": case.id, "target": target}).scalar_one()), rule)
    now, limit = transaction.now, case["due_at"]
    most = runtime.host.extended(connection, now, rule.longest).at
    if runtime.host.extended(connection, now, length).at > most:
        raise NotPermitted(f"最多延期{rule.longest}。依据：{rule.basis}")
    for one in moved:
        if limit is not None and one.old is not None and one.old <= limit < one.new:
            raise NotPermitted(f"“{one.name}”的时限不能晚于办结期限。请改选“办结期限和全部时限”，或者少延一些。")


def pause_clock(
    engine: Engine, runtime: Runtime, officer: Person, number: str, *, reason: str, dry_run: bool = False
) -> ClockChange:
    """Stop the clock of a matter and of its process, which goes on otherwise. Raises as :func:`extend` does."""
    command = _Command(engine, runtime, officer, number, reason, dry_run)
    return command.carry_out(lambda *_: [], lambda given: runtime.pause_clock(given.pop("instance_id"), **given))


def resume_clock(
    engine: Engine, runtime: Runtime, officer: Person, number: str, *, reason: str, dry_run: bool = False
) -> ClockChange:
    """Let the clock of a matter run again; the time it stood is given back. Raises as :func:`extend` does."""

    def judge(transaction: Transaction, case: Case, rule: ExtensionRule, change: ClockChange) -> list[Move]:
        del case, rule, change
        pause = transaction.connection.execute(PAUSE, {"instance": transaction.instance_id}).one()
        return [
            {
                "since": pause.since.isoformat(),
                "until": transaction.now.isoformat(),
                "why": pause.reason,
                "who": pause.who,
            }
        ]

    command = _Command(engine, runtime, officer, number, reason, dry_run)
    return command.carry_out(judge, lambda given: runtime.resume_clock(given.pop("instance_id"), **given))


class _Looked(Exception):  # noqa: N818 - no error: what would be has been seen
    """Leaves a transaction so that nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class _Command:
    engine: Engine
    runtime: Runtime
    officer: Person
    number: str
    reason: str
    dry_run: bool

    def carry_out(
        self,
        judge: Judge,
        move: Callable[[dict[str, Any]], list[Moved]],
        *,
        target: str = "",
        alone: Mapping[str, Any] | None = None,
    ) -> ClockChange:
        """Check who asks, move the process' clocks and, in the same transaction, the matter's own deadline.

        ``alone`` is what history says when the matter's deadline moves and no clock with it; None where that makes no
        sense. Raises ClockRefused when ``target`` is no clock that waits.
        """
        if not self.reason.strip():
            raise NotPermitted("请写明理由。")
        reason = brief(self.reason)
        with self.engine.connect() as connection:
            matter_id = require(connection, self.officer, "adjust_clock", self.number)
            found = connection.execute(FIND, {"id": matter_id}).one_or_none()
            if found is None:
                raise unknown_matter()
            current = self.runtime.current(connection).id
            approver = connection.execute(text("select name from officer where id = :id"), {"id": self.officer.id})
            name = str(approver.scalar_one())
        definitions = definitions_of(self.runtime, found.deployment_id, current)
        change = ClockChange()

        def prepare(transaction: Transaction, moved: Sequence[Moved]) -> None:
            change.moved = list(moved)
            self._judge(transaction, definitions, judge, change)

        given = {
            "instance_id": found.instance_id,
            "actor": str(self.officer.id),
            "reason": reason,
            "approver": name,
            "dry_run": self.dry_run,
            "prepare": prepare,
        }
        try:
            move(given)
        except NotFound as unknown:
            if target and not change.moved:  # it was not the matter that was not found
                raise ClockRefused("这个时限已经不在等待，请重新选择。") from unknown
            raise
        except ClockRefused as refused:
            if target or not alone:
                raise
            details = {**alone, "approver": name}
            self._alone(found.instance_id, definitions, judge, change, details=details, refused=refused)
        return change

    def _alone(
        self,
        instance_id: int,
        definitions: tuple[Definition, ...],
        judge: Judge,
        change: ClockChange,
        *,
        details: dict[str, Any],
        refused: ClockRefused,
    ) -> None:
        """Move the matter's own deadline where no clock of its process is left that could move with it.

        A step that is late already is no reason why the matter's deadline, which has not passed, should not be put off.
        Raises ``refused`` when the deadline does not move either.
        """
        with suppress(_Looked), self.runtime.transaction(instance_id, actor=str(self.officer.id)) as transaction:
            stands = transaction.connection.execute(PAUSE, {"instance": instance_id}).first()
            if stands is not None or case_of(transaction)["closed_at"] is not None:
                raise refused
            self._judge(transaction, definitions, judge, change)
            if change.new == change.old:
                raise refused
            transaction.events.append(Event("due_extended", "", "", {**details, "target": "", "to": "", "moved": []}))
            if self.dry_run:
                raise _Looked

    def _judge(
        self, transaction: Transaction, definitions: tuple[Definition, ...], judge: Judge, change: ClockChange
    ) -> None:
        case = case_of(transaction)
        if not case.row["actor_active"] or not may(transaction.connection, self.officer, "adjust_clock", case.id):
            raise unknown_matter()
        known = transaction.data.get("matter") or {}
        rule = rule_of(definitions, {**known, "kind": case["kind"], "severity": case["severity"]})
        if not rule.allows(self.officer, case["handling_unit_id"]):
            raise NotPermitted(f"本件要由{APPROVERS.get(rule.approver, rule.approver)}批准。依据：{rule.basis}")
        change.rule = rule
        change.old = change.new = case["due_at"]
        moves = judge(transaction, case, rule, change)
        due = Due(case["due_at"], tuple(case["due_explanation"])) if case["due_at"] is not None else None
        if due is not None and case["replied_at"] is None:
            total = (transaction.data.get("clocks") or {}).get("total") or ""
            arithmetic = Arithmetic(self.runtime.host, transaction.connection, ZONE)
            for one in moves:
                due = arithmetic.moved(total, due, case["received_at"], one)
            change.new, change.explanation = due.at, due.explanation
            if not self.dry_run:
                case.set(due_at=due.at, due_explanation=list(due.explanation))
        if moves and not self.dry_run:
            case.set(due_moves=[*case["due_moves"], *moves])


APPROVERS = {"instructor": "承办单位教导员", "bureau_leader": "分管局领导"}


def _length(by: str) -> str:
    """Return a length of time as people write it. Raises NotPermitted for anything else."""
    length = by.strip()
    try:
        parse_limit(length)
    except ValueError as error:
        raise NotPermitted(str(error)) from error
    if length[:1] in "Pp":
        raise NotPermitted("延期请写成“15日”“3工作日”这样的时长。")
    return length


def _name(case: Case) -> str:
    return str(case.row["actor_name"])
