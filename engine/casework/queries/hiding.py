"""Texts as somebody may read them who has no business with the people in a matter, or may not know of it at all.

What is known of the people is looked up, so that it can be covered wherever a message repeats it: the petitioner and
what they wrote, and the data that were at hand when something failed.
"""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final, TypeVar

import orjson
from sqlalchemy import Connection, select, text

from engine.casework.errors import AlreadyRegistered
from engine.casework.masking import masked_message
from engine.casework.models import Matter
from engine.casework.permissions import Person, visible

KNOWN = text(
    """
select i.id, jsonb_build_array(p.name, p.phone, p.identity_number, p.address, m.title, m.body, m.place, m.reply,
    g.title, g.ground, g.answers, c.name,
    (select jsonb_agg(n.data) from incident n where n.instance_id = i.id)) as words
from instance i
left join proceeding g on g.instance_id = i.id
left join officer c on c.id = g.officer_id
left join matter m on m.id = coalesce(g.matter_id, (select x.id from matter x where x.instance_id = i.id))
left join petitioner p on p.id = m.petitioner_id
where i.id = any(:instances)
"""
)

Hide = Callable[[str], str]
T = TypeVar("T")
NUMBER: Final = re.compile(r"MY\d{4}-\d{6,}")
"""What a matter's number looks like (engine/casework/numbers.py)."""


def known_words(connection: Connection, instances: Collection[int]) -> dict[int, Any]:
    """Return by instance what is known of the people in its matter, as JSON whose texts must not be shown."""
    if not instances:
        return {}
    rows = connection.execute(KNOWN, {"instances": sorted(set(instances))})
    return {row.id: row.words for row in rows}


def hiding(connection: Connection, instance_id: int, *, full: bool) -> Hide:
    """Return what makes a text about an instance fit to be shown: as it is with ``full``, else masked."""
    if full:
        return str
    known = known_words(connection, [instance_id]).get(instance_id)
    return lambda words: masked_message(words, known)


def known_number(connection: Connection, officer: Person, number: str | None) -> str | None:
    """Return a matter's number if the officer may know of the matter, else None."""
    found: str | None = connection.execute(
        select(Matter.number).where(Matter.number == number, visible(officer))
    ).scalar()
    return found


def unnamed(connection: Connection, officer: Person, values: T) -> T:
    """Return JSON in whose texts a dash stands for the number of every matter that the officer may not know of."""
    named = set(NUMBER.findall(orjson.dumps(values, default=str).decode()))
    if not named:
        return values
    shown = set(connection.execute(select(Matter.number).where(Matter.number.in_(named), visible(officer))).scalars())
    hidden = named - shown

    def without(value: Any) -> Any:
        if isinstance(value, str):
            return NUMBER.sub(lambda found: "—" if found[0] in hidden else found[0], value)
        if isinstance(value, Mapping):
            return {key: without(one) for key, one in value.items()}
        return [without(one) for one in value] if isinstance(value, Sequence) else value

    result: T = without(values) if hidden else values
    return result


def as_told(connection: Connection, officer: Person, again: AlreadyRegistered) -> AlreadyRegistered:
    """Return the refusal of a record as the officer may read it: a matter that is kept from them is not named.

    Nor is it said whether what they typed differs from it. A channel's number is taken once, so that it is taken cannot
    be kept secret from whoever registers for the channel.
    """
    if known_number(connection, officer, again.number) is not None:
        return again
    return AlreadyRegistered(None, again.matter_id)
