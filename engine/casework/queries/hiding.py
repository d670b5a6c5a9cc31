"""Texts about a process as somebody may read them who has no business with the people in its matter.

What is known of the people is looked up, so that it can be covered wherever a message repeats it: the petitioner and
what they wrote, and the data that were at hand when something failed.
"""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, text

from engine.casework.masking import masked_message

KNOWN = text(
    """
select i.id, jsonb_build_array(p.name, p.phone, p.identity_number, p.address, m.title, m.body, m.place, m.reply,
    (select jsonb_agg(n.data) from incident n where n.instance_id = i.id)) as words
from instance i
left join matter m on m.instance_id = i.id
left join petitioner p on p.id = m.petitioner_id
where i.id = any(:instances)
"""
)

Hide = Callable[[str], str]


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
