"""The routing dictionary as it stands in the database, compiled once for every change of it."""

import threading
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, text

from rules import segment
from rules.routing import Router
from rules.routing_rules import Category, Officer, Rule, Unit

STAMP = text(
    """
select string_agg(part, ',') from (
    select count(*) || ':' || coalesce(max(xmin::text::bigint), 0) as part from keyword
    union all select count(*) || ':' || coalesce(max(xmin::text::bigint), 0) from unit
    union all select count(*) || ':' || coalesce(max(xmin::text::bigint), 0) from category
    union all select count(*) || ':' || md5(string_agg(name || coalesce(badge, '') || coalesce(unit_id, 0) || active,
                                                       ',' order by id)) from officer
) parts
"""
)
"""Changes with every insert, update and delete; of officers only what routing reads, for log-ins touch their rows."""

UNITS = text("select id, code, name, kind, names, generic, places from unit where active order by id")
CATEGORIES = text("select id, code, kind, topic from category where active order by position, id")
OFFICERS = text(
    """
select o.id, o.name, o.badge, u.code as unit from officer o join unit u on u.id = o.unit_id
where o.active order by o.id
"""
)
RULES = text(
    """
select k.*, u.code as unit, s.code as supervising_unit, c.code as category
from keyword k
left join unit u on u.id = k.unit_id
left join unit s on s.id = k.supervising_unit_id
left join category c on c.id = k.category_id
order by k.id
"""
)
KEPT: Final = 4


@dataclass(frozen=True)
class Dictionary:
    """A compiled dictionary, with the ids of what it names by code."""

    router: Router
    units: dict[str, int]
    categories: dict[str, int]


_lock = threading.Lock()
_cache: dict[tuple[str, str], Dictionary] = {}


def dictionary(connection: Connection) -> Dictionary:
    """Return the dictionary in force. Asks the database with one statement whether the compiled one is still good."""
    key = (str(connection.engine.url), str(connection.execute(STAMP).scalar()))
    with _lock:
        found = _cache.get(key)
    if found is not None:
        return found
    found = _compile(connection)
    with _lock:
        while len(_cache) >= KEPT:
            _cache.pop(next(iter(_cache)))
        _cache[key] = found
    return found


def _compile(connection: Connection) -> Dictionary:
    units = connection.execute(UNITS).all()
    rules = [_rule(row) for row in connection.execute(RULES)]
    # A name or a keyword that the segmenter takes apart would be compared as its parts.
    plain = (word for rule in rules for word in rule.words if "+" not in word)
    segment.load(plain, names=(word for row in units for word in (row.name, *row.names, *row.places)))
    categories = connection.execute(CATEGORIES).all()
    router = Router(
        rules,
        [
            Unit(row.code, (row.name, *row.names), row.kind == "station", tuple(row.places), tuple(row.generic))
            for row in units
        ],
        [Category(row.code, row.kind, row.topic or "") for row in categories],
        [Officer(str(row.id), row.name, row.unit, row.badge or "") for row in connection.execute(OFFICERS)],
    )
    return Dictionary(router, {row.code: row.id for row in units}, {row.code: row.id for row in categories})


def _rule(row: Any) -> Rule:
    return Rule(
        row.code,
        row.kind,
        tuple(row.words),
        tuple(row.also),
        tuple(row.without),
        row.place or "",
        row.unit or "",
        row.supervising_unit or "",
        row.agency or "",
        row.category or "",
        row.matter_kind or "",
        row.severity or "",
        row.clock or "",
        row.priority,
        row.valid_from,
        row.valid_to,
    )
