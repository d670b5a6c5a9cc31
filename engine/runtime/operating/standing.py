"""Suspends, resumes and cancels an instance."""

from typing import Final

from engine.runtime.advance import settle
from engine.runtime.errors import CannotOperate
from engine.runtime.incidents import Closing, require_reason
from engine.runtime.operating import consequences, operation
from engine.runtime.operating.consequences import Consequences
from engine.runtime.operating.operation import Note, Order
from engine.runtime.session import Environment, opened

_CANCELLED: Final = "update instance set status = 'cancelled' where id = %(id)s"
_CLOSE_TIMER: Final = """
update incident set resolved_at = %(now)s, resolved_by = %(actor)s, resolution = 'withdrawn', reason = %(reason)s
where instance_id = %(id)s and kind = 'timer' and resolved_at is null
"""


def suspend(environment: Environment, instance_id: int, order: Order) -> Consequences:
    """Freeze an instance. See :meth:`engine.runtime.runtime.Runtime.suspend`."""
    with operation.whole(environment, instance_id, order) as (row, transaction):
        if row.status != "running":
            raise CannotOperate("流程已经暂停。" if row.status == "suspended" else "流程已经结束，不能暂停。")
        operation.finish(environment, transaction, Note("suspended", "", "", {}), order.reason, "suspended")
    return Consequences(instance_id, "running", "suspended", passed=(("suspended", "", ""),))


def resume(environment: Environment, instance_id: int, order: Order) -> Consequences:
    """Let a suspended instance go on. See :meth:`engine.runtime.runtime.Runtime.resume`."""
    with operation.whole(environment, instance_id, order) as (row, transaction):
        if row.status != "suspended":
            raise CannotOperate("流程没有暂停，不需要恢复。")
        operation.finish(environment, transaction, Note("resumed", "", "", {}), order.reason, "running")
    return Consequences(instance_id, "suspended", "running", passed=(("resumed", "", ""),))


def cancel(environment: Environment, instance_id: int, order: Order) -> Consequences:
    """End an instance before its end. See :meth:`engine.runtime.runtime.Runtime.cancel`."""
    reason = require_reason(order.reason)
    with operation.whole(environment, instance_id, order) as (row, transaction):
        if row.status in {"completed", "cancelled"}:
            raise CannotOperate("流程已经结束，不能撤销。")
        status, row.status = row.status, "running"
        session = opened(environment, transaction.connection, row, transaction)
        was = consequences.before(session)
        session.run.take_variables()
        session.flow.stop()
        settle(session.flow)
        session.closed = {number: Closing("withdrawn", reason) for number in session.held}
        session.run.happened("cancelled", None, reason=reason)
        session.save(commit=False)
        values = {"id": instance_id, "now": transaction.now, "actor": transaction.actor, "reason": reason}
        transaction.connection.exec_driver_sql(_CANCELLED, {"id": instance_id})
        transaction.connection.exec_driver_sql(_CLOSE_TIMER, values)
        operation.note_down(transaction, Note("cancelled", "", "", {}), reason)
        return consequences.compared(session, was, (), status, "cancelled")
