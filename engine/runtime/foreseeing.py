"""Says when the clocks of instances would fall if their process data were others; locks and stores nothing."""

from collections.abc import Mapping
from datetime import UTC
from typing import Any, Final

import sqlalchemy as sa

from engine.runtime import store
from engine.runtime.due_times import worked_out
from engine.runtime.errors import RuntimeFailure
from engine.runtime.operating.variables import put
from engine.runtime.process_data import normalise
from engine.runtime.protocol import Moved
from engine.runtime.session import Environment, opened, transaction_of

_ROWS: Final = """
select id, deployment_id, process_key, business_key, codec, state, clock_now() as now from instance
where id = any(%(ids)s) and status in ('running', 'suspended') order by id
"""


def foreseen(
    environment: Environment, connection: sa.Connection, changes: Mapping[int, Mapping[str, Any]]
) -> dict[int, list[Moved] | None]:
    """Return what would move. See :meth:`engine.runtime.runtime.Runtime.foreseen`."""
    found: dict[int, list[Moved] | None] = {}
    for row in connection.exec_driver_sql(_ROWS, {"ids": list(changes)}).all():
        # As if it ran: the clocks of a suspended instance go on, and are right when it is resumed.
        as_running = store.Row(
            row.id,
            row.deployment_id,
            row.process_key,
            row.business_key,
            "running",
            row.codec,
            bytes(row.state),
            b"{}",
            row.now.astimezone(UTC),
        )
        try:
            transaction = transaction_of(environment, connection, as_running, "system")
            session = opened(environment, connection, as_running, transaction)
            for name, value in changes[row.id].items():
                put(session.flow, name, normalise(value, name))
            found[row.id] = worked_out(session, "")
        except RuntimeFailure:
            found[row.id] = None
    return found
