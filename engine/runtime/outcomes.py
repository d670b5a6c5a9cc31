"""The answer of a completion, as it is kept under its idempotency key."""

from datetime import datetime
from typing import Any

import orjson

from engine.runtime.protocol import Due, Item, Outcome


def packed(outcome: Outcome) -> str:
    """Return an outcome as JSON text."""
    return orjson.dumps({"ended": outcome.ended, "next": [_kept(item) for item in outcome.next]}).decode()


def unpacked(kept: dict[str, Any], instance_id: int, task: str) -> Outcome:
    """Return the outcome that :func:`packed` kept, marked as repeated."""
    return Outcome(instance_id, task, kept["ended"], tuple(_item(item) for item in kept["next"]), repeated=True)


def _kept(item: Item) -> dict[str, Any]:
    """Return what is kept of an item; most have nothing local, and every byte is kept for every step of every case."""
    fields = {name: getattr(item, name) for name in Item.__slots__}
    if not item.local:
        del fields["local"]
    return fields


def _item(kept: dict[str, Any]) -> Item:
    return Item(
        **kept | {"groups": tuple(kept["groups"]), "due": _due(kept["due"]), "follow_up": _due(kept["follow_up"])}
    )


def _due(kept: dict[str, Any] | None) -> Due | None:
    return None if kept is None else Due(datetime.fromisoformat(kept["at"]), tuple(kept["explanation"]))
