"""Training: learn routing anew from what staff decided, compare with the version in force, and go live if not worse.

One training runs at a time. Nothing is written before it is through, so one that is killed leaves nothing behind.
Imports scikit-learn: the worker and the command line import this module when they train, web processes never do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Engine, text

from engine.casework.dictionary import Dictionary, compile_dictionary, owners, published_rules
from engine.casework.learning import ONE_AT_A_TIME, state
from engine.casework.learning_models import PLATFORM, Actor, ModelRefused, in_force, store
from engine.casework.learning_text import MOST_ATTACHED, text_of
from rules.routing import Weighing
from rules.routing_training import Confirmed, retrain
from rules.routing_verdict import OUTSIDE
from rules.working_time import BUREAU_ZONE

MOST_EXAMPLES: Final = 20_000
"""The latest decisions that are learned from: older ones speak of a bureau that has changed."""

TRY: Final = text("select pg_try_advisory_lock(:key)")
FREE: Final = text("select pg_advisory_unlock(:key)")
DECIDED: Final = text(
    """
select m.title, m.body, m.place, c.code as channel, m.received_at, d.decided_at, d.outside,
    u.code as unit, u.kind as unit_kind, s.code as supervising,
    (select string_agg(left(a.text, :attached), e'\n' order by a.id)
     from attachment a where a.matter_id = m.id) as files
from matter_decision d
join matter m on m.id = d.matter_id
join channel c on c.id = m.channel_id
left join unit u on u.id = d.unit_id
left join unit s on s.id = d.supervising_unit_id
where d.decided_at is not null
order by d.decided_at desc, m.id desc limit :most
"""
)


class TrainingUnderWay(ModelRefused):
    """Somebody trains already."""


@dataclass(frozen=True, slots=True)
class Trained:
    """What a training came to: the version, how many decisions it was made from, why it did not go live ("")."""

    model_id: int
    examples: int
    why: str


def train_if_due(engine: Engine) -> Trained | None:
    """Train if it is time to; None when it is not, or somebody trains already."""
    with engine.connect() as connection:
        due = state(connection).due
    if not due:
        return None
    try:
        return train(engine)
    except TrainingUnderWay:
        return None


def train(engine: Engine, *, actor: Actor = PLATFORM) -> Trained:
    """Train on what staff decided, compare, and store the version; it goes live unless something speaks against it.

    Takes seconds to minutes. Raises TrainingUnderWay, and ModelRefused when there is nothing to learn from.
    """
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as watch:
        if not watch.execute(TRY, {"key": ONE_AT_A_TIME}).scalar():
            raise TrainingUnderWay("正在训练，请等这一次完成。")
        try:
            return _train(engine, actor)
        finally:
            watch.execute(FREE, {"key": ONE_AT_A_TIME})


def _train(engine: Engine, actor: Actor) -> Trained:
    with engine.connect() as connection:
        rows = connection.execute(DECIDED, {"most": MOST_EXAMPLES, "attached": MOST_ATTACHED}).all()
        words = compile_dictionary(connection)
        rules = published_rules(connection)
        current = in_force(connection)
    examples = _confirmed(rows, words)
    if not examples:
        raise ModelRefused("还没有工作人员确认过的事项，无从学起。")
    names = owners(rules, {item.owner for item in examples}, words.units)
    done = retrain(examples, names, current[1] if current else None)
    with engine.begin() as connection:
        model_id, why = store(
            connection,
            done,
            decided_until=rows[0].decided_at,
            compared_with=current[0] if current else None,
            actor=actor,
        )
    return Trained(model_id, len(examples), why)


def _confirmed(rows: Sequence[Any], words: Dictionary) -> list[Confirmed]:
    """Return the decisions as examples, without those for a unit that is no longer there."""
    examples = []
    for row in rows:
        if not row.outside and row.unit not in words.units:
            continue
        letter = text_of(row.title, row.body, row.files or "")
        on = row.received_at.astimezone(BUREAU_ZONE).date()
        weighing = words.rules.weigh(letter.title, letter.body, row.place or "", row.channel, on=on)
        examples.append(Confirmed(letter, _owner(row, words, weighing), weighing.evidence))
    return examples


def _owner(row: Any, words: Dictionary, weighing: Weighing) -> str:
    """Return whose duty the matter is: where a station handles it for the place's sake, the unit that supervises it.

    Staff do not always name the supervising unit; then it is the one whose rules leave such matters to that station.
    """
    if row.outside:
        return OUTSIDE
    if row.unit_kind == "station":
        if row.supervising in words.units:
            return str(row.supervising)
        for owner in weighing.ranked:
            if owner not in (OUTSIDE, row.unit) and words.rules.conclude(weighing, owner, 0.0).unit == row.unit:
                return owner
    return str(row.unit)
