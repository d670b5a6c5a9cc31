"""History of an instance that is no matter, such as a weekly report or a supervision, without a chain."""

import json
from collections.abc import Sequence

from sqlalchemy import text

from engine.casework.history import Entry, plain
from engine.runtime import Event, Transaction

INSERT = text(
    """
insert into instance_event (instance_id, at, event, step, name, actor, details)
select :instance, :at, r.event, r.step, r.name, :actor, r.details
from jsonb_to_recordset(cast(:rows as jsonb)) as r (event text, step text, name text, details jsonb)
"""
)


def record(transaction: Transaction, events: Sequence[Event], noted: Sequence[Entry] = ()) -> None:
    """Write the events of one command in their order, and after them what the host noted."""
    rows = [
        {
            "event": event.kind,
            "step": event.element or None,
            "name": event.name or transaction.business_key,
            "details": plain(event.details),
        }
        for event in events
    ]
    rows += [
        {"event": entry.event, "step": entry.step, "name": entry.name, "details": plain(entry.details)}
        for entry in noted
    ]
    if not rows:
        return
    values = {
        "instance": transaction.instance_id,
        "at": transaction.now,
        "actor": transaction.actor,
        "rows": json.dumps(rows, ensure_ascii=False),
    }
    transaction.connection.execute(INSERT, values)
