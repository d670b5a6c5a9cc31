"""延期、暂停计时、恢复计时: a matter's deadline and its process' clocks move together, by whoever may approve it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, text

from engine.casework.case import Case, case_of
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.extension_rules import ExtensionRule, definitions_of, rule_of
from engine.casework.permissions import Person, may, require
from engine.runtime import Definition, Due, Moved, Runtime, Transaction
from engine.runtime.adjustments import Arithmetic, Move
from engine.runtime.runtime import ZONE
from rules.limits import parse_limit

LONGEST_REASON = 500
FIND = text(
    "select m.instance_id, i.deployment_id from matter m join instance i on i.id = m.instance_id where m.id = :id"
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
    engine: Engine, runtime: Runtime, officer: Person, number: str, by: str, *, reason: str, dry_run: bool = False
) -> ClockChange:
    """Put off the deadline of a matter and all clocks of its process by ``by``, such as ``15日`` or ``3工作日``.

    With ``dry_run`` nothing is stored and the answer is what would be. Raises NotFound for a matter that is not theirs,
    NotPermitted when the table of approvals forbids it or the reason is missing, and what the runtime raises.
    """
    length = _length(by)

    def judge(transaction: Transaction, case: Case, rule: ExtensionRule, change: ClockChange) -> list[Move]:
        granted = [move for move in case["due_moves"] if "since" not in move]
        if len(granted) >= rule.times:
            words = f"已经延期 {len(granted)} 次，不能再延期。" if granted else "本件不得延期。"
            raise NotPermitted(f"{words}规定见{rule.basis}。")
        due = change.old
        if due is not None:
            if due <= transaction.now:
                raise NotPermitted("办结期限已过，不能再延期。")
            most = runtime.host.extended(transaction.connection, due, rule.longest).at
            if runtime.host.extended(transaction.connection, due, length).at > most:
                raise NotPermitted(f"最多延期{rule.longest}。依据：{rule.basis}")
        return [{"by": length, "at": transaction.now.isoformat(), "why": reason, "who": _name(case)}]

    command = _Command(engine, runtime, officer, number, reason, dry_run)
    return command.carry_out(judge, lambda given: runtime.extend(given.pop("instance_id"), None, length, **given))


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


@dataclass(frozen=True, slots=True)
class _Command:
    engine: Engine
    runtime: Runtime
    officer: Person
    number: str
    reason: str
    dry_run: bool

    def carry_out(self, judge: Judge, move: Callable[[dict[str, Any]], list[Moved]]) -> ClockChange:
        """Check who asks, move the process' clocks and, in the same transaction, the matter's own deadline."""
        if not self.reason.strip():
            raise NotPermitted("请写明理由。")
        if len(self.reason) > LONGEST_REASON:
            raise NotPermitted(f"理由最多 {LONGEST_REASON} 个字。")
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

        move(
            {
                "instance_id": found.instance_id,
                "actor": str(self.officer.id),
                "reason": self.reason.strip(),
                "approver": name,
                "dry_run": self.dry_run,
                "prepare": prepare,
            }
        )
        return change

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
