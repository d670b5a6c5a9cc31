"""A host for tests: it keeps history in a table, so that what was rolled back is not there."""

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from engine.runtime import BpmnError, Call, Due, Event, Item, Offer, Service, Transaction

BUREAU = timezone(timedelta(hours=8))
WORKING = re.compile(r"^(\d+)工作日$")


class RecordingHost:
    """Offers every item to its groups, counts a working day as a day, and knows a few services."""

    def __init__(self, engine: sa.Engine) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(
                "create table history (id bigint generated always as identity, instance_id bigint, kind text, "
                "element text, name text, actor text, details jsonb)"
            )
        self.functions: dict[str, Callable[..., Any]] = {"double": lambda number: number * 2}
        self.groups = ["handler", "instructor", "receiver"]
        self.start: dict[str, dict[str, Any]] = {}
        self.start = {"*": {"matter": {"kind": "text"}}}
        self.calls: list[Call] = []
        self.day = timedelta(days=1)
        self.unqualified: set[tuple[str, tuple[str, ...]]] = set()
        self.recorded = 0
        self.services = {
            "note": Service("note", self.note, optional=("level",), outputs={"level": "string"}),
            "send": Service("send", self.send, optional=("text",), outputs={"delivered": "boolean"}, effect=True),
            "fail": Service("fail", self.fail),
            "refuse": Service("refuse", self.refuse, optional=("code", "text"), errors=None),
        }

    def note(self, call: Call) -> dict[str, Any]:
        self.calls.append(call)
        return {"level": call.parameters.get("level", "")}

    def send(self, call: Call) -> None:
        self.calls.append(call)

    def fail(self, call: Call) -> None:
        raise ZeroDivisionError("the service failed")

    def refuse(self, call: Call) -> dict[str, Any]:
        """Write something, then raise the BPMN error of the parameter ``code``; without one, nothing is wrong."""
        call.transaction.connection.exec_driver_sql(
            "insert into history (instance_id, kind) values (%(id)s, 'written')", {"id": call.transaction.instance_id}
        )
        if call.parameters.get("code"):
            raise BpmnError(call.parameters["code"], call.parameters.get("text", ""))
        return {}

    @property
    def reads(self) -> list[str]:
        return []

    def holders(self, connection: sa.Connection) -> list[str]:
        return self.groups

    def fields(self, form: bytes) -> dict[str, str]:
        return {str(name): str(kind) for name, kind in json.loads(form).items()}

    def due(self, connection: sa.Connection, value: Any, start: datetime) -> Due:
        found = WORKING.match(str(value))
        if found:
            return Due(start + self.day * int(found[1]), (f"{value}，从 {start:%m-%d} 起",))
        try:
            moment = datetime.fromisoformat(str(value))
        except ValueError:
            raise ValueError(f"“{value}”不是时间") from None
        return Due(moment.replace(tzinfo=moment.tzinfo or BUREAU).astimezone(UTC))

    def extended(self, connection: sa.Connection, due: datetime, by: str) -> Due:
        found = WORKING.match(by)
        if found is None:
            raise ValueError(f"“{by}”不是一段时间")
        return Due(due + self.day * int(found[1]))

    def held(self, connection: sa.Connection, value: Any, due: datetime, since: datetime, until: datetime) -> Due:
        if WORKING.match(str(value)) is None:
            return Due(due + (until - since))
        # Working days are held day by day: a pause within a day gives nothing back.
        days = (until - since) // timedelta(days=1)
        return Due(due + self.day * days, (f"扣除{days}个工作日",))

    def offer(self, tx: Transaction, item: Item) -> Offer:
        return Offer(tuple(f"{group}@1" for group in item.groups), None, ())

    def may_hold(self, tx: Transaction, holder: str, offer: Offer) -> bool:
        return (holder, offer.candidates) not in self.unqualified

    def record(self, tx: Transaction, events: Sequence[Event]) -> None:
        self.recorded += 1
        for event in events:
            tx.connection.exec_driver_sql(
                "insert into history (instance_id, kind, element, name, actor, details) "
                "values (%(instance)s, %(kind)s, %(element)s, %(name)s, %(actor)s, %(details)s::jsonb)",
                {
                    "instance": tx.instance_id,
                    "kind": event.kind,
                    "element": event.element,
                    "name": event.name,
                    "actor": tx.actor,
                    "details": json.dumps(event.details),
                },
            )
