"""是同一件事、不是同一件事、解除关联: what somebody decides of two matters that are alike."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text

from engine.casework import earlier, likeness, linking
from engine.casework.case import Case, case_of
from engine.casework.commands.operating import brief
from engine.casework.errors import NotPermitted, unknown_matter
from engine.casework.permissions import Person, may
from engine.casework.screening import is_secret
from engine.runtime import Runtime, Transaction
from rules.comparison import Match

DECIDED = text("select 1 from likeness where matter_id = :matter and other_id = :other and decision = 'same'")
# Whoever links a matter to a repeat links it to the repeat's original: what was looked at is not always the primary.
TAKEN = text(
    "select other_id, taken_from from likeness "
    "where matter_id = :matter and decision = 'same' and taken_from is not null limit 1"
)
MOVED = "认定为重复诉求"
APART = "这两件没有关联，或者刚刚已经解除。"

Settle = Callable[[Transaction, Case], None]


def link(engine: Engine, runtime: Runtime, officer: Person, number: str, other: str, *, reason: str = "") -> bool:
    """Say that a matter is the same as another one.

    While it waits for its receiver alone, it becomes a repeat: its token is moved to where repeats wait for the answer
    (or to the reply, when there is an answer), and True is returned. Otherwise the two are related and each goes on by
    itself: False. Raises NotFound, and NotPermitted when it must not be.
    """
    said = _said(reason)
    with engine.connect() as connection:
        ours, theirs = linking.pair(connection, officer, number, other)
        original = linking.original_of(connection, officer, theirs.id)
        replied = original.replied_at is not None
        found = _compared(connection, ours.id, theirs.id)
        place = linking.token_of(connection, runtime, ours.instance_id)
    target = linking.way_to_repeat(place, replied=replied)

    def relate(transaction: Transaction, case: Case) -> None:
        _decide(transaction, case, found, decision="same", officer=officer, reason=said)
        case.note("related", "认定为同一件事", score=found.score, reason=said)

    def repeat(transaction: Transaction, case: Case) -> None:
        now = linking.original_of(transaction.connection, officer, theirs.id)
        linking.refuse_link(transaction.connection, case, now)
        if now.id != original.id or (now.replied_at is not None) != replied:
            raise NotPermitted("原件刚刚有了变化，请刷新页面再试。")
        case.set(primary_id=now.id, stage=target, status="open" if replied else "waiting")
        _decide(
            transaction,
            case,
            found,
            decision="same",
            officer=officer,
            reason=said,
            taken_from=place.element if place else None,
        )
        case.note("linked", "关联重复诉求", score=found.score, by_hand=True, reason=said)

    if target is None or place is None:
        with runtime.transaction(ours.instance_id, actor=str(officer.id)) as transaction:
            case = _checked(transaction, officer)
            linking.refuse_linked(case)
            relate(transaction, case)
        return False
    _move(runtime, officer, ours.instance_id, place.task_id, target, why=said or MOVED, settle=repeat)
    return True


def tell_apart(engine: Engine, runtime: Runtime, officer: Person, number: str, other: str) -> None:
    """Say that two matters are not the same, so that nobody is asked again. Raises NotFound, NotPermitted."""
    with engine.connect() as connection:
        ours, theirs = linking.pair(connection, officer, number, other)
        found = _compared(connection, ours.id, theirs.id)
    with runtime.transaction(ours.instance_id, actor=str(officer.id)) as transaction:
        case = _checked(transaction, officer)
        if case["primary_id"] == theirs.id or _same(transaction.connection, ours.id, theirs.id):
            raise NotPermitted("这两件已经关联，请先解除关联。")
        _decide(transaction, case, found, decision="different", officer=officer, reason="")
        case.note("told_apart", "认定不是同一件事", score=found.score)


def unlink(engine: Engine, runtime: Runtime, officer: Person, number: str, other: str, *, reason: str) -> bool:
    """Undo what linked a matter to another, by hand or by itself; a repeat goes back to the step it came from.

    Returns whether it was a repeat, and not only related. Raises NotFound; NotPermitted without a reason, when the two
    are not linked, and when the answer is on its way.
    """
    said = _said(reason)
    if not said:
        raise NotPermitted("请写明解除关联的理由。")
    with engine.connect() as connection:
        ours, theirs = linking.pair(connection, officer, number, other)
        repeats = ours.primary_id == theirs.id
        if not repeats and not _same(connection, ours.id, theirs.id):
            raise NotPermitted(APART)
        taken = connection.execute(TAKEN, {"matter": ours.id}).one_or_none() if repeats else None
        others = {theirs.id, taken.other_id} if taken is not None else {theirs.id}
        compared = [_compared(connection, ours.id, one) for one in sorted(others)]
        place = linking.token_of(connection, runtime, ours.instance_id)

    def settle(transaction: Transaction, case: Case) -> None:
        for found in compared:
            _decide(transaction, case, found, decision="different", officer=officer, reason=said)
        case.note("unlinked", "解除关联", reason=said)

    if not repeats:
        with runtime.transaction(ours.instance_id, actor=str(officer.id)) as transaction:
            settle(transaction, _checked(transaction, officer))
        return False
    target = linking.way_back(place, taken.taken_from if taken is not None else None)
    if target is None or place is None:
        raise NotPermitted("本件的答复已经发出或者已经办结，不能再解除关联。")

    def part(transaction: Transaction, case: Case) -> None:
        if case["primary_id"] != theirs.id:
            raise NotPermitted(APART)
        judgement = {key: value for key, value in (case["judgement"] or {}).items() if key != "primary"}
        case.set(primary_id=None, judgement=judgement)
        settle(transaction, case)

    _move(runtime, officer, ours.instance_id, place.task_id, target, why=said, settle=part)
    return True


def _said(reason: str) -> str:
    said = brief(reason)
    if is_secret(said):
        raise NotPermitted("理由中有疑似涉密标志，平台没有保存。请改写后再提交。")
    return said


def _checked(transaction: Transaction, officer: Person) -> Case:
    """Return the matter, once it is sure under the lock that the officer may link it."""
    case = case_of(transaction)
    if not case.row["actor_active"] or not may(transaction.connection, officer, "link", case.id):
        raise unknown_matter()
    return case


def _move(
    runtime: Runtime, officer: Person, instance_id: int, task_id: str, target: str, *, why: str, settle: Settle
) -> None:
    """Move the matter's token and change its record in one transaction. Raises CannotOperate when it has moved on."""

    def prepare(transaction: Transaction) -> None:
        settle(transaction, _checked(transaction, officer))

    runtime.move_token(instance_id, task_id, target, actor=str(officer.id), reason=why, prepare=prepare)


def _compared(connection: Connection, one: int, other: int) -> Match:
    rows: dict[int, Any] = {row.id: row for row in connection.execute(earlier.ROWS, {"ids": [one, other]})}
    return earlier.likeness(connection, rows[one], rows[other])


def _same(connection: Connection, one: int, other: int) -> bool:
    return connection.execute(DECIDED, {"matter": one, "other": other}).first() is not None


def _decide(
    transaction: Transaction,
    case: Case,
    found: Match,
    *,
    decision: str,
    officer: Person,
    reason: str,
    taken_from: str | None = None,
) -> None:
    likeness.decide(
        transaction.connection,
        case.id,
        found,
        decision=decision,
        officer_id=officer.id,
        now=transaction.now,
        reason=reason,
        taken_from=taken_from,
    )
