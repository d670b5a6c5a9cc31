"""Which running matters another version of a decision table would touch, as process owners look at them.

History keeps what the columns of a table held when it decided. Put to the table as it was and as it would be, they say
for all matters with the same values at once whether anything changes; only for the matters on the page at hand the
deadlines are worked out.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, text
from sqlalchemy.dialects.postgresql import JSONB

from engine.casework.masking import masked_number
from engine.casework.models import Matter
from engine.casework.permissions import Person, permitted, visible
from engine.casework.recording import CLOCKS, matter_deadline
from engine.runtime import Due, Moved, Runtime
from engine.runtime.decisions import Decided, Decision, DecisionError, written
from engine.runtime.decisions.differences import changed_rules, differences
from engine.runtime.decisions.sheet import Sheet
from engine.runtime.protocol import Host
from engine.runtime.specs import RuleTask
from engine.runtime.tables import deployment, instance

PER_PAGE: Final = 30
_MISSING: Final = object()

# The last time the table decided about the matter; also where another table asked it.
_DECIDED: Final = text(
    """
select case when e.details ->> 'decision' = :decision then e.details -> 'inputs' else (
        select r.value -> 'inputs' from jsonb_array_elements(e.details -> 'required') r
        where r.value ->> 'decision' = :decision limit 1) end as inputs
from history_event e
where e.matter_id = matter.id and e.event = 'decided' and (e.details ->> 'decision' = :decision
    or e.details -> 'required' @> jsonb_build_array(jsonb_build_object('decision', cast(:decision as text))))
order by e.sequence desc limit 1
"""
)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a table: as it is written, and as it decides."""

    sheet: Sheet
    decision: Decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What a table says: the numbers and ids of the rules that hit, and the result as process data hold it.

    ``result`` is None too where the table gives no answer, which ``refused`` says why (Chinese).
    """

    numbers: tuple[int, ...]
    rules: tuple[str, ...]
    result: Any
    refused: str = ""


@dataclass(frozen=True, slots=True)
class TouchedMatter:
    """A running matter the change would touch.

    Attributes:
        instance_id: its process instance.
        number: masked unless ``full``: whether the viewer may see the matter.
        version: the number of the version it is on.
        old: what the table said as it was.
        new: what it would say.
        due_at: the matter's own deadline now, UTC.
        due_new: what it would be; None where the table does not say.
        moved: its waiting steps and timers that would fall at another time; None where that cannot be worked out.

    """

    instance_id: int
    number: str
    full: bool
    version: int
    old: Answer
    new: Answer
    due_at: datetime | None
    due_new: Due | None
    moved: tuple[Moved, ...] | None


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change of a table touches.

    Attributes:
        running: how many running matters the table has decided about.
        total: how many of them are touched.
        unknown: for how many nothing can be said: history knows no value for a column of the new table.
        by_rule: the numbers of the rules that hit before and would hit, to how many touched matters.
        rows: one page of the touched matters, the oldest first.

    """

    running: int
    total: int
    unknown: int
    by_rule: Mapping[tuple[tuple[int, ...], tuple[int, ...]], int]
    rows: tuple[TouchedMatter, ...]


def touched(
    connection: Connection,
    officer: Person,
    runtime: Runtime,
    old: Version,
    new: Version,
    *,
    before: int | None = None,
    page: int = 1,
) -> Touched:
    """Return which running matters the new version of a table touches.

    ``before`` is a version's number: only matters on earlier versions are looked at. A matter that accuses the officer
    is neither listed nor counted.
    """
    changed = changed_rules(differences(old.sheet, new.sheet))
    found: dict[int, tuple[Answer, Answer]] = {}
    by_rule: dict[tuple[tuple[int, ...], tuple[int, ...]], int] = {}
    running = unknown = 0
    for inputs, instances in _decided(connection, officer, new.sheet.key, before):
        running += len(instances)
        was, will = _answer(old, inputs), _answer(new, inputs)
        if was is None or will is None:
            unknown += len(instances)
        elif was.rules != will.rules or was.result != will.result or changed.intersection(will.rules):
            found |= dict.fromkeys(instances, (was, will))
            pair = (was.numbers, will.numbers)
            by_rule[pair] = by_rule.get(pair, 0) + len(instances)
    start = (max(page, 1) - 1) * PER_PAGE
    shown = {number: found[number] for number in sorted(found)[start : start + PER_PAGE]}
    rows = _rows(connection, officer, runtime, new.sheet.key, shown)
    return Touched(running, len(found), unknown, dict(sorted(by_rule.items())), tuple(rows))


def answer(version: Version, values: Sequence[Any]) -> Answer:
    """Return what a table says for these values of its input columns."""
    try:
        decided: Decided = version.decision.decide_for(values)
    except DecisionError as error:
        return Answer((), (), None, str(error))
    ids = {row.number: row.id for row in version.sheet.rows}
    return Answer(tuple(decided.matched), tuple(ids[number] for number in decided.matched), written(decided.result))


def decides_again(runtime: Runtime, deployment_id: int, key: str) -> list[str]:
    """Return the labels of the steps of a version at which a process has this table decide."""
    specs = runtime.definition(deployment_id).specs.values()
    tasks = (task for spec in specs for task in spec.every() if isinstance(task, RuleTask) and task.decision == key)
    return list(dict.fromkeys(str(task.bpmn_name or task.name) for task in tasks))


def _answer(version: Version, inputs: Mapping[str, Any]) -> Answer | None:
    values = [inputs.get(column.expression.text, _MISSING) for column in version.decision.inputs]
    return None if _MISSING in values else answer(version, values)


def _decided(
    connection: Connection, officer: Person, key: str, before: int | None
) -> list[tuple[Mapping[str, Any], list[int]]]:
    """Return what the columns held when the table decided last, to the instances it decided about so."""
    last = _DECIDED.bindparams(decision=key).columns(inputs=JSONB).lateral("last")
    conditions = [instance.c.status.in_(("running", "suspended")), permitted(officer, "migrate")]
    if before is not None:
        conditions.append(deployment.c.version < before)
    query = (
        select(last.c.inputs, func.array_agg(instance.c.id))
        .select_from(instance)
        .join(deployment, deployment.c.id == instance.c.deployment_id)
        .join(Matter, Matter.instance_id == instance.c.id)
        .join(last, text("true"))
        .where(*conditions)
        .group_by(last.c.inputs)
    )
    return [(inputs or {}, list(instances)) for inputs, instances in connection.execute(query)]


def _rows(
    connection: Connection,
    officer: Person,
    runtime: Runtime,
    key: str,
    shown: Mapping[int, tuple[Answer, Answer]],
) -> list[TouchedMatter]:
    if not shown:
        return []
    query = (
        select(
            instance.c.id,
            instance.c.deployment_id,
            deployment.c.version,
            Matter.number,
            Matter.due_at,
            Matter.received_at,
            Matter.due_moves,
            visible(officer).label("full"),
        )
        .join(deployment, deployment.c.id == instance.c.deployment_id)
        .join(Matter, Matter.instance_id == instance.c.id)
        .where(instance.c.id.in_(shown))
        .order_by(instance.c.id)
    )
    found = connection.execute(query).all()
    names = {row.deployment_id: _variables(runtime, row.deployment_id, key) for row in found}
    changes = {row.id: dict.fromkeys(names[row.deployment_id], shown[row.id][1].result) for row in found}
    moved = runtime.foreseen(connection, {number: values for number, values in changes.items() if values})
    rows = []
    for row in found:
        was, will = shown[row.id]
        moves = moved.get(row.id)
        rows.append(
            TouchedMatter(
                row.id,
                row.number if row.full else masked_number(row.number),
                bool(row.full),
                row.version,
                was,
                will,
                row.due_at,
                _due(connection, runtime.host, key, will, row),
                None if moves is None else tuple(moves),
            )
        )
    return rows


def _variables(runtime: Runtime, deployment_id: int, key: str) -> list[str]:
    """Return the process variables that hold what the table decided."""
    specs = runtime.definition(deployment_id).specs.values()
    tasks = (task for spec in specs for task in spec.every() if isinstance(task, RuleTask) and task.decision == key)
    return sorted({task.variable for task in tasks})


def _due(connection: Connection, host: Host, key: str, will: Answer, row: Any) -> Due | None:
    total = will.result.get("total") if isinstance(will.result, Mapping) else None
    if key != CLOCKS or not total:
        return None
    try:
        return matter_deadline(connection, host, total, row.received_at, row.due_moves)
    except ValueError:
        return None  # no length of time; the checker says so of the table
