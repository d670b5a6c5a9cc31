"""The routing dictionary as it stands in the database with the model in force, compiled once for every change."""

import threading
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy import Connection, text

from rules import segment
from rules.routing import Router
from rules.routing_learned import LearnedRouter, Routing
from rules.routing_rules import Category, Officer, Rule, Unit
from rules.routing_verdict import OUTSIDE

STAMP = text(
    """
select string_agg(part, ',') from (
    select count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) as part from keyword
    union all select 'keywords:' || coalesce(max(number), 0) from keyword_version
    union all select count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) from unit
    union all select count(*) || ':' || coalesce(sum(xmin::text::bigint), 0) from category
    union all select count(*) || ':' || md5(string_agg(name || coalesce(badge, '') || coalesce(unit_id, 0) || active,
                                                       ',' order by id)) from officer
    union all select 'model:' || coalesce(max(id), 0) from model_version where state = 'in_force'
) parts
"""
)
"""Changes with every insert, update and delete, also where a transaction began early and committed late; of officers
only what routing reads, for log-ins touch their rows."""

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
select k.*, u.code as unit, s.code as supervising_unit, c.code as category,
       (select coalesce(max(number), 0) from keyword_version) as version
from keyword k
left join unit u on u.id = k.unit_id
left join unit s on s.id = k.supervising_unit_id
left join category c on c.id = k.category_id
order by k.id
"""
)
MODEL = text("select id, version, content from model_version where state = 'in_force'")
KEPT: Final = 4


@dataclass(frozen=True)
class Dictionary:
    """A compiled dictionary, with the ids of what it names by code.

    `router` answers verdicts; before anything was learned it is `rules`, the rules alone · `model_id`, `model`: the
    id and the version of the model in force (None and "" on a cold start) · `version`: the number of the newest
    publication of the rules (0: none, or these are not the published ones).
    """

    router: Router | LearnedRouter
    rules: Router
    units: dict[str, int]
    categories: dict[str, int]
    model_id: int | None = None
    model: str = ""
    version: int = 0


_lock = threading.Lock()
_cache: dict[tuple[str, str], Dictionary] = {}


def dictionary(connection: Connection) -> Dictionary:
    """Return the dictionary in force. Asks the database with one statement whether the compiled one is still good."""
    key = (str(connection.engine.url), str(connection.execute(STAMP).scalar()))
    with _lock:
        found = _cache.get(key)
    if found is not None:
        return found
    found = compile_dictionary(connection)
    with _lock:
        while len(_cache) >= KEPT:
            _cache.pop(next(iter(_cache)))
        _cache[key] = found
    return found


def compile_dictionary(
    connection: Connection, *, rules: Sequence[Rule] | None = None, routing: Routing | None = None
) -> Dictionary:
    """Compile the dictionary anew; costs tens of milliseconds, more with a large model.

    `rules`: a draft to be compiled in place of the published rules · `routing`: a model in place of the one in force.
    Raises RulesError naming every fault of the rules. A published rule for a unit that was closed since holds no more.
    """
    units = connection.execute(UNITS).all()
    draft, version = rules is not None, 0
    if rules is None:
        rows = connection.execute(RULES).all()
        rules, version = [_rule(row) for row in rows if row.active], rows[0].version if rows else 0
        rules = _standing(rules, {row.code for row in units})
    # A name or a keyword that the segmenter takes apart would be compared as its parts. The words of a draft are not
    # taught: it may never be published.
    plain = (word for rule in ([] if draft else rules) for word in rule.words if "+" not in word)
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
    codes, named = {row.code: row.id for row in units}, {row.code: row.id for row in categories}
    if routing is not None:
        return Dictionary(_learned(router, routing, rules, codes), router, codes, named)
    row = connection.execute(MODEL).one_or_none()
    if row is None:
        return Dictionary(router, router, codes, named, version=version)
    learned = _learned(router, Routing.of_bytes(bytes(row.content)), rules, codes)
    return Dictionary(learned, router, codes, named, row.id, row.version, version)


def published_rules(connection: Connection) -> list[Rule]:
    """Return the rules that staff have published and not switched off, in the order of their ids."""
    return [rule for rule in kept_rules(connection) if rule.active]


def kept_rules(connection: Connection) -> list[Rule]:
    """Return the whole published table, with the rules that are switched off, in the order of their ids."""
    return [_rule(row) for row in connection.execute(RULES)]


def _standing(rules: Iterable[Rule], units: Collection[str]) -> list[Rule]:
    """Return the rules without those for a unit that is gone, and without supervising units that are."""
    there = {*units, ""}
    return [
        rule if rule.supervising_unit in there else replace(rule, supervising_unit="")
        for rule in rules
        if rule.unit in there
    ]


def owners(rules: Iterable[Rule], learned: Iterable[str], units: Iterable[str]) -> list[str]:
    """Return who may be answered: units that a rule names as owner or that the model has seen, if they are in `units`.

    The model must be asked about the same owners as it was trained for.
    """
    named = {rule.unit for rule in rules if rule.unit} | set(learned)
    return sorted((named & set(units)) - {OUTSIDE})


def _learned(router: Router, routing: Routing, rules: Iterable[Rule], units: Iterable[str]) -> LearnedRouter:
    seen = routing.model.labels if routing.model else ()
    return LearnedRouter(router, routing, owners(rules, seen, units))


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
        row.active,
    )
