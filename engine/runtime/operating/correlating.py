"""Brings a thrown message or signal by hand that nobody caught."""

from typing import Any, Final

import sqlalchemy as sa

from engine.runtime import catching
from engine.runtime.errors import CannotOperate, NotFound
from engine.runtime.operating.consequences import Consequences
from engine.runtime.operating.operation import Note, Order, operate
from engine.runtime.session import Environment, Session

_THROWN: Final = "select kind, name, payload, status from thrown where id = %(id)s for update"
_CAUGHT: Final = """
with counted as (
    update thrown set receivers = receivers + 1, status = 'delivered', delivered_at = clock_now() where id = %(id)s
)
insert into caught (thrown_id, instance_id, caught_at, worker) values (%(id)s, %(instance)s, clock_now(), 'by hand')
"""


def correlate(environment: Environment, thrown_id: int, instance_id: int, order: Order) -> Consequences:
    """Bring what was thrown to an instance. See :meth:`engine.runtime.runtime.Runtime.correlate`."""
    held: list[Any] = []

    def hold(connection: sa.Connection) -> None:
        # Before the instance, as delivering does: whoever takes the two the other way round waits for it forever.
        held.extend(connection.exec_driver_sql(_THROWN, {"id": thrown_id}).all())

    def change(session: Session) -> Note:
        if not held:
            raise NotFound("没有这条消息。")
        (row,) = held
        if row.status != "uncaught":
            raise CannotOperate("这条消息已经送到，或者还在路上，不需要手工转交。")
        if session.flow.completed or not catching.deliver(
            session.flow, row.kind, row.name, row.payload, thrown=thrown_id
        ):
            raise CannotOperate(f"这个流程现在没有等待“{row.name}”。")
        session.connection.exec_driver_sql(_CAUGHT, {"id": thrown_id, "instance": instance_id})
        return Note("correlated", "", row.name, {"thrown": thrown_id, "message": row.name})

    return operate(environment, instance_id, order, change, first=hold)
