"""What inspectors and process owners do to a running instance by hand; each asks the table of permissions first."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import text

from engine.casework.case import matter_of
from engine.casework.errors import NotPermitted
from engine.casework.permissions import Action, Person, bureau_wide, grants, may, roles_of
from engine.casework.proceedings.record import proceeding_of
from engine.runtime import Consequences, NotFound, Runtime, Transaction

UNKNOWN = "没有这个流程实例。"
FACTS = "matter"
LONGEST_REASON = 500

REPEATS = text("select number from matter where primary_id = :id and status = 'waiting' order by id limit 5")
ABOUT = text(
    "select m.id from thrown t join matter m on m.instance_id = t.instance_id or m.number = t.business_key "
    "where t.id = :thrown"
)
PASSED = text(
    """
select 1 from finished_item where instance_id = :instance and step = :step and not withdrawn limit 1
"""
)

Permit = Callable[[Transaction], None]


def permit(officer: Person, action: Action) -> Permit:
    """Return the check, made under the lock, that the officer may do ``action`` with the instance's matter.

    An instance that is no matter is open to the roles that may do it in all of the bureau, a proceeding to none of them
    whom it concerns or its matter accuses. What raises is NotFound, in
    the same words as for an instance that does not exist.
    """

    def check(transaction: Transaction) -> None:
        case = matter_of(transaction)
        if case is None:
            allowed = bureau_wide(roles_of(grants(transaction.connection, officer.id)), action)
            about = proceeding_of(transaction)
            if about is not None:
                allowed &= about["officer_id"] != officer.id and about.may_know(transaction.connection, officer.id)
        else:
            allowed = bool(case.row["actor_active"]) and may(transaction.connection, officer, action, case.id)
        if not allowed:
            raise NotFound(UNKNOWN)

    return check


def suspend(runtime: Runtime, officer: Person, instance_id: int, reason: str, *, dry_run: bool = False) -> Consequences:
    """Freeze an instance until it is resumed. Raises NotFound, NotPermitted, ReasonMissing, CannotOperate."""
    return runtime.suspend(instance_id, **order(officer, "suspend", reason, dry_run=dry_run))


def resume(runtime: Runtime, officer: Person, instance_id: int, reason: str, *, dry_run: bool = False) -> Consequences:
    """Let a suspended instance go on. Raises as :func:`suspend` does."""
    return runtime.resume(instance_id, **order(officer, "suspend", reason, dry_run=dry_run))


def cancel(runtime: Runtime, officer: Person, instance_id: int, reason: str, *, dry_run: bool = False) -> Consequences:
    """End an instance and its matter before its end; a reply that waits to be sent is held back.

    Raises as :func:`suspend` does; NotPermitted while other matters wait for this one's reply: their petitioners would
    wait for ever.
    """
    may_cancel = permit(officer, "cancel")

    def prepare(transaction: Transaction) -> None:
        may_cancel(transaction)
        case = matter_of(transaction)
        if case is None:
            return
        waiting = list(transaction.connection.execute(REPEATS, {"id": case.id}).scalars())
        if waiting:
            raise NotPermitted(f"{'、'.join(waiting)}还在等本件的答复，请先办结或者撤销这些重复件。")

    return runtime.cancel(instance_id, **order(officer, "cancel", reason, dry_run=dry_run) | {"prepare": prepare})


def move_token(
    runtime: Runtime,
    officer: Person,
    instance_id: int,
    task_id: str,
    target: str,
    *,
    reason: str,
    dry_run: bool = False,
) -> Consequences:
    """Move a token: back to a step already done (退回), or anywhere else, which is for process owners.

    Raises as :func:`suspend` does.
    """
    sends_back, operates = permit(officer, "send_back"), permit(officer, "operate")

    def prepare(transaction: Transaction) -> None:
        values = {"instance": transaction.instance_id, "step": target}
        back = transaction.connection.execute(PASSED, values).first() is not None
        (sends_back if back else operates)(transaction)

    given = order(officer, "operate", reason, dry_run=dry_run) | {"prepare": prepare}
    return runtime.move_token(instance_id, task_id, target, **given)


def set_variables(
    runtime: Runtime,
    officer: Person,
    instance_id: int,
    changes: Mapping[str, Any],
    reason: str,
    *,
    dry_run: bool = False,
) -> Consequences:
    """Put values into the process data. Raises as :func:`suspend` does; NotPermitted for what follows the matter."""
    if FACTS in changes:
        raise NotPermitted("变量 matter 跟随事项资料，请在事项里更正。")
    return runtime.set_variables(instance_id, changes, **order(officer, "operate", reason, dry_run=dry_run))


def restart_from(
    runtime: Runtime, officer: Person, instance_id: int, element: str, reason: str, *, dry_run: bool = False
) -> Consequences:
    """Begin again at an element; a matter that was closed is open again. Raises as :func:`suspend` does."""
    return runtime.restart_from(instance_id, element, **order(officer, "operate", reason, dry_run=dry_run))


def correlate(
    runtime: Runtime, officer: Person, thrown_id: int, instance_id: int, reason: str, *, dry_run: bool = False
) -> Consequences:
    """Bring a message that nobody caught to an instance. Raises as :func:`suspend` does.

    What a matter's process has thrown, or what was meant for one, may tell of the people in it. NotFound when that
    matter accuses the officer; NotPermitted when the instance is no matter's: its data stand open to its operators.
    """
    allowed = permit(officer, "operate")

    def prepare(transaction: Transaction) -> None:
        allowed(transaction)
        connection = transaction.connection
        matters = list(connection.execute(ABOUT, {"thrown": thrown_id}).scalars())
        if not all(may(connection, officer, "operate", one) for one in matters):
            raise NotFound("没有这条消息。")
        if matters and matter_of(transaction) is None:
            raise NotPermitted("这条消息来自一件事项或者发给一件事项，只能转交给事项的流程。")

    return runtime.correlate(
        thrown_id, instance_id, **order(officer, "operate", reason, dry_run=dry_run) | {"prepare": prepare}
    )


def order(officer: Person, action: Action, reason: str, *, dry_run: bool) -> dict[str, Any]:
    """Return what every operation by hand gives the runtime. Raises NotPermitted for a reason that is too long."""
    return {"actor": str(officer.id), "reason": brief(reason), "prepare": permit(officer, action), "dry_run": dry_run}


def brief(reason: str) -> str:
    """Return a reason without blanks around it. Raises NotPermitted for one of more than 500 characters."""
    said = reason.strip()
    if len(said) > LONGEST_REASON:
        raise NotPermitted(f"理由最多 {LONGEST_REASON} 个字。")
    return said
