"""What a draft would do to past matters: computed by a job, shown to the officer who asked.

Only a text with a word of a changed rule can be judged otherwise, so all past matters are looked through for these
words and few are routed twice. The newest ``LISTED`` that the officer sees are listed one by one where they change;
matters that accuse the officer or a unit of theirs are not looked at at all.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Engine, Row, func, literal_column, select, update
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import aliased

from engine.casework.dictionary import Dictionary, compile_dictionary, dictionary
from engine.casework.keywords import drafts, store
from engine.casework.keywords.preview_result import Owner, Result, count, move_of
from engine.casework.learning_text import MOST_ATTACHED, judged, text_of
from engine.casework.models import (
    Attachment,
    Channel,
    KeywordPreview,
    Matter,
    MatterAccused,
    MatterDecision,
    Officer,
    Unit,
)
from engine.casework.permissions import grants, unaccused, visible
from engine.runtime.errors import NotFound
from rules.matching import WordIndex, fold
from rules.routing_rules import Rule, RulesError
from rules.routing_verdict import Verdict
from rules.working_time import BUREAU_ZONE

LISTED: Final = 1_000
"""Newest matters the officer sees that are listed where they change."""
SAMPLE: Final = 1_000
"""Newest matters over which the warnings are counted."""
BROAD: Final = 0.1
"""The share of all matters from which a word says little."""
FEWEST: Final = 30
"""Matters below which a share means nothing."""
CHUNK: Final = 200


@dataclass(frozen=True)
class Asker:
    """Whoever asked, with the grants they have while it is computed."""

    id: int
    grants: list[str]


def compute(engine: Engine, preview_id: int) -> None:
    """Compute a preview and keep it; does nothing for one that is through or was given up. Safe to be begun anew."""
    with engine.begin() as connection:
        row = connection.execute(
            select(KeywordPreview).where(KeywordPreview.id == preview_id).with_for_update()
        ).one_or_none()
        if row is None or row.status not in ("waiting", "running"):
            return
        asker = Asker(row.officer_id, grants(connection, row.officer_id))
        try:
            pair = _begun(connection, asker, row)
        except (RulesError, NotFound) as refused:
            _kept(connection, preview_id, status="failed", result={"problem": str(refused)})
            return
    try:
        result = _looked(engine, asker, pair, preview_id)
    except Exception:
        with engine.begin() as connection:
            _kept(connection, preview_id, status="failed")
        raise
    if result is not None:
        with engine.begin() as connection:
            _kept(connection, preview_id, status="finished", result=result.as_dict())


def _begun(connection: Connection, asker: Asker, row: Row[Any]) -> "Pair":
    """Compile the draft as it is now and say how much there is to look through."""
    draft = drafts.one(connection, asker, row.draft_id)
    published = store.table(connection)
    pair = Pair(connection, published, draft.applied(published))
    total = connection.execute(select(func.count()).select_from(Matter).where(unaccused(asker))).scalar_one()
    values = {"revision": draft.revision, "version": store.newest(connection), "total": total, "done": 0}
    _kept(connection, row.id, status="running", **values)
    return pair


def _looked(engine: Engine, asker: Asker, pair: "Pair", preview_id: int) -> Result | None:
    """Look through the matters; None when the preview was asked for anew meanwhile, or its draft is gone."""
    result, sample = Result(day=pair.day.isoformat()), Sample(pair.draft)
    for chunk in _chunks(engine, asker):
        for matter in chunk:
            _look(matter, pair, result, sample)
        with engine.begin() as connection:
            if not _kept(connection, preview_id, done=result.everything.matters):
                return None
    sample.tell(result, pair.changed)
    return result


class Pair:
    """The published rules and those of a draft, compiled, and which texts may be judged otherwise by the second."""

    def __init__(self, connection: Connection, published: Mapping[str, Rule], draft: Mapping[str, Rule]) -> None:
        self.draft = [rule for rule in draft.values() if rule.active]
        differing = store.differences(published, draft)
        self.changed = [one.code for one in differing if one.new is not None and one.new.active]
        # A rule that begins later is tried on the day on which it does.
        today = connection.execute(select(func.clock_now())).scalar_one().astimezone(BUREAU_ZONE).date()
        begins = [one.new.valid_from for one in differing if one.new is not None and one.new.valid_from is not None]
        self.day = max([today, *begins])
        self.old = dictionary(connection)
        self.new = compile_dictionary(connection, rules=self.draft)
        rules = [rule for one in differing for rule in (one.old, one.new) if rule is not None]
        self._words = WordIndex(part for rule in rules for word in rule.words for part in word.split("+"))
        # Some rules reach beyond their words: any rule of conduct may stand for an outright complaint, and whom the
        # learned model may answer at all is the set of units that rules name.
        owners = [{rule.unit for rule in table.values() if rule.active} for table in (published, draft)]
        answers = self.old.model_id is not None and owners[0] != owners[1]
        self._everywhere = answers or any(rule.kind == "accusation" for rule in rules)

    def concerns(self, title: str, body: str) -> bool:
        """Return whether the draft can judge a text otherwise."""
        return self._everywhere or any(self._words.find(fold(one)) for one in (title, body))

    def judge(self, words: Dictionary, matter: Row[Any]) -> Verdict:
        """Return what ``words`` (``old`` or ``new``) say of a past matter, as if it came on the day of the preview."""
        return judged(
            words,
            text_of(matter.title, matter.body, matter.files or ""),
            length=len(matter.body),
            place=matter.place or "",
            channel=matter.channel,
            on=self.day,
            barred=matter.accused or (),
        )


class Sample:
    """Counts over the newest matters which rules of the draft fire and how common its words are."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._index = WordIndex(word for rule in rules for word in rule.words if "+" not in word)
        self._fired: set[str] = set()
        self._words: Counter[str] = Counter()
        self.size = 0

    @property
    def full(self) -> bool:
        """Whether enough matters were counted."""
        return self.size >= SAMPLE

    def add(self, title: str, body: str, verdict: Verdict) -> None:
        """Count one matter, with what the draft says of it."""
        self.size += 1
        self._fired |= {reason.rule for reason in verdict.reasons}
        self._words.update({*self._index.find(fold(title)), *self._index.find(fold(body))})

    def tell(self, result: Result, changed: Sequence[str]) -> None:
        """Write the warnings into the result."""
        result.sample = self.size
        if self.size < FEWEST:
            return
        idle = [rule.id for rule in self._rules if rule.id not in self._fired]
        result.idle = [code for code in idle if code in changed]
        result.idle_others = len(idle) - len(result.idle)
        result.broad = [
            (rule.id, word, self._words[fold(word)])
            for rule in self._rules
            for word in rule.words
            if self._words[fold(word)] > BROAD * self.size
        ]


def _look(matter: Row[Any], pair: Pair, result: Result, sample: Sample) -> None:
    listed = matter.seen and result.listed.matters < LISTED
    result.everything.matters += 1
    result.listed.matters += listed
    body = text_of(matter.title, matter.body, matter.files or "").body
    concerned = pair.concerns(matter.title, body)
    if sample.full and not concerned:
        return
    new = pair.judge(pair.new, matter)
    if not sample.full:
        sample.add(matter.title, body, new)
    move = move_of(matter.id, pair.judge(pair.old, matter), new, _decided(matter)) if concerned else None
    if move is not None:
        count(result.everything, move)
        if listed:
            count(result.listed, move)
            result.moves.append(move)


def _decided(matter: Row[Any]) -> Owner | None:
    if matter.decided_at is None:
        return None
    return ("outside", "") if matter.outside else ("unit", matter.decided_unit)


def _chunks(engine: Engine, asker: Asker) -> Iterator[Sequence[Row[Any]]]:
    """Yield the matters that may be counted for whoever asked, the newest first, each whether they see it."""
    beginning = func.left(Attachment.text, MOST_ATTACHED)
    files = (
        select(func.string_agg(beginning, aggregate_order_by(literal_column("E'\\n'"), Attachment.id)))
        .where(Attachment.matter_id == Matter.id)
        .scalar_subquery()
    )
    accused_unit = aliased(Unit)
    accused = (
        select(func.array_agg(accused_unit.code))
        .select_from(MatterAccused)
        .outerjoin(Officer, Officer.id == MatterAccused.officer_id)
        .join(accused_unit, accused_unit.id == func.coalesce(MatterAccused.unit_id, Officer.unit_id))
        .where(MatterAccused.matter_id == Matter.id)
        .scalar_subquery()
    )
    last: int | None = None
    while True:
        query = (
            select(
                Matter.id,
                Matter.title,
                Matter.body,
                Matter.place,
                Channel.code.label("channel"),
                visible(asker).label("seen"),
                files.label("files"),
                accused.label("accused"),
                MatterDecision.decided_at,
                MatterDecision.outside,
                Unit.code.label("decided_unit"),
            )
            .join(Channel, Channel.id == Matter.channel_id)
            .outerjoin(MatterDecision, MatterDecision.matter_id == Matter.id)
            .outerjoin(Unit, Unit.id == MatterDecision.unit_id)
            .where(unaccused(asker))
            .order_by(Matter.id.desc())
            .limit(CHUNK)
        )
        with engine.connect() as connection:
            rows = connection.execute(query if last is None else query.where(Matter.id < last)).all()
        if not rows:
            return
        yield rows
        last = rows[-1].id


def _kept(connection: Connection, preview_id: int, **values: Any) -> bool:
    if values.get("status") in ("finished", "failed"):
        values["finished_at"] = func.clock_now()
    changed = update(KeywordPreview).where(KeywordPreview.id == preview_id).values(values)
    return bool(connection.execute(changed).rowcount)
