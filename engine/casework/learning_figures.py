"""How well the platform judges: what it pushed with no hand, how much of that was right, what it takes for what.

Counted are the matters that the officer may know; a process owner, who sees no matter, counts all that accuse neither
them nor a unit of theirs. So nobody learns from a number that they are accused.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, case, cast, func, literal, not_, or_, select
from sqlalchemy import Date as SqlDate
from sqlalchemy.orm import aliased

from engine.casework.masking import masked_texts
from engine.casework.models import Channel, Matter, MatterDecision, Unit
from engine.casework.permissions import Person, has_duty, permitted, roles_of, unaccused, visible
from engine.casework.queries.periods import week_start
from engine.database.clock import now as database_now

OUTSIDE: Final = "outside"
NOBODY: Final = "nobody"
MOST_CONFUSIONS: Final = 30
MOST_LISTED: Final = 200
ZONE: Final = "Asia/Shanghai"

D = MatterDecision
WEEK: Final = cast(func.date_trunc("week", func.timezone(ZONE, Matter.imported_at)), SqlDate)
DECIDED: Final = D.decided_at.is_not(None)
GIVEN: Final = and_(D.outcome == "pushed", not_(D.automatic))
FATE: Final = case(
    (func.coalesce(Matter.outcome, "") == "cancelled", "cancelled"),
    (D.automatic, "accepted"),
    (D.outcome == "repeat", "repeat"),
    (Matter.outcome == "not_accepted", "declined"),
    (Matter.outcome == "handed_on", "outside"),
    (Matter.accepted_at.is_not(None), "accepted"),
    else_="waiting",
)
"""What became of a matter, each counted once; what was pushed stays accepted wherever it went later."""
LEFT_OUT: Final = ("waiting", "declined", "outside", "repeat", "cancelled")
PARTS: Final[dict[str, ColumnElement[bool]]] = {
    "judged": literal(value=True),
    "accepted": FATE == "accepted",
    "pushed": and_(FATE == "accepted", D.automatic),
    "confirmed": and_(FATE == "accepted", D.automatic, DECIDED),
    "corrected": and_(FATE == "accepted", D.automatic, DECIDED, D.corrected),
    "by_hand": and_(FATE == "accepted", not_(D.automatic), not_(GIVEN)),
    "given": and_(FATE == "accepted", GIVEN),
    "certain": or_(and_(FATE == "accepted", D.automatic), D.outcome.in_(("repeat", "out_of_scope"))),
    "decided": and_(DECIDED, not_(GIVEN)),
    "hit": and_(DECIDED, not_(GIVEN), not_(D.corrected)),
    **{name: FATE.in_([name]) for name in LEFT_OUT},
}
"""What is counted of a set of matters; the list of a number's matters is asked for by the same names."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The numbers of a set of matters.

    `pushed`: of the `accepted`, with no hand · `confirmed`: of these, the unit signed or somebody decided ·
    `corrected`: of these, went elsewhere · `by_hand`, `given`: accepted, but staff chose the unit, when it was
    registered or later · `certain`: judged surely enough to act (pushed, linked, or found to be for others) ·
    `decided`, `hit`: staff decided, and so as it was judged, suggestions included · the rest was left out.
    """

    judged: int = 0
    accepted: int = 0
    pushed: int = 0
    confirmed: int = 0
    corrected: int = 0
    by_hand: int = 0
    given: int = 0
    certain: int = 0
    decided: int = 0
    hit: int = 0
    waiting: int = 0
    declined: int = 0
    outside: int = 0
    repeat: int = 0
    cancelled: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(*(getattr(self, one.name) + getattr(other, one.name) for one in fields(self)))

    @property
    def automation(self) -> float | None:
        """Pushed with no hand, of the accepted; None where nothing was accepted. So for the other rates."""
        return _rate(self.pushed, self.accepted)

    @property
    def precision(self) -> float | None:
        """Not corrected, of what was pushed and then confirmed or corrected."""
        return _rate(self.confirmed - self.corrected, self.confirmed)

    @property
    def later_corrected(self) -> float | None:
        """Corrected, of what was pushed and then confirmed or corrected."""
        return _rate(self.corrected, self.confirmed)

    @property
    def coverage(self) -> float | None:
        """Judged surely enough to act, of all judged."""
        return _rate(self.certain, self.judged)

    @property
    def accuracy(self) -> float | None:
        """Decided as judged, of all decided, suggestions included."""
        return _rate(self.hit, self.decided)


@dataclass(frozen=True, slots=True)
class Week:
    """The numbers of the matters that came in a week; ``first`` is its Monday."""

    first: date
    counts: Counts


@dataclass(frozen=True, slots=True)
class OfChannel:
    """The numbers of the matters of a channel."""

    id: int
    name: str
    counts: Counts


@dataclass(frozen=True, slots=True)
class Confusion:
    """So many matters were said to be one unit's and were decided to be another's.

    `said`, `was`: a unit's code, OUTSIDE, or NOBODY where the judgement could not say; with the unit's name or "".
    """

    said: str
    said_name: str
    was: str
    was_name: str
    count: int
    pushed: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The page's numbers from ``since`` on."""

    since: datetime
    all: Counts
    weeks: list[Week]
    channels: list[OfChannel]
    confusions: list[Confusion]


@dataclass(frozen=True, slots=True)
class Listed:
    """A matter behind a number."""

    number: str
    title: str
    imported_at: datetime
    channel: str
    said: str
    said_name: str
    was: str
    was_name: str
    confidence: float
    automatic: bool
    decided_at: datetime | None
    corrected: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """Which matters to list; "" and None leave open. `part`: a name of PARTS; `week`: its Monday."""

    part: str = ""
    said: str = ""
    was: str = ""
    channel: int | None = None
    week: date | None = None


SAID_UNIT, WAS_UNIT = aliased(Unit), aliased(Unit)
SAID: Final = case((SAID_UNIT.code.is_not(None), SAID_UNIT.code), (D.judged_outside, OUTSIDE), else_=NOBODY)
WAS: Final = case((D.outside, OUTSIDE), else_=func.coalesce(WAS_UNIT.code, ""))


def figures(connection: Connection, officer: Person, weeks: int) -> Figures:
    """Return the numbers of the matters that came in the last `weeks` weeks, this one included."""
    since = week_start(database_now(connection)) - timedelta(weeks=weeks - 1)
    scope = and_(_known(officer), Matter.imported_at >= since)
    columns = [func.count().filter(condition).label(name) for name, condition in PARTS.items()]
    week = WEEK.label("week")
    rows = connection.execute(
        select(week, Channel.id, Channel.name, *columns)
        .select_from(D)
        .join(Matter, Matter.id == D.matter_id)
        .join(Channel, Channel.id == Matter.channel_id)
        .where(scope)
        .group_by(week, Channel.id, Channel.name)
        .order_by(week, Channel.id)
    ).all()
    by_week: dict[date, Counts] = {}
    channels: dict[tuple[int, str], Counts] = {}
    for row in rows:
        counts = Counts(*(row._mapping[one.name] for one in fields(Counts)))  # noqa: SLF001 - a row's documented mapping
        by_week[row.week] = by_week.get(row.week, Counts()) + counts
        channels[row.id, row.name] = channels.get((row.id, row.name), Counts()) + counts
    return Figures(
        since,
        _sum(by_week.values()),
        [Week(first, counts) for first, counts in sorted(by_week.items())],
        [OfChannel(number, name, counts) for (number, name), counts in channels.items()],
        _confusions(connection, scope),
    )


def listed(connection: Connection, officer: Person, weeks: int, asked: Asked) -> list[Listed]:
    """Return the matters behind a number, the latest first, as far as the officer may see them."""
    since = week_start(database_now(connection)) - timedelta(weeks=weeks - 1)
    conditions = [visible(officer), Matter.imported_at >= since, *_conditions(asked)]
    statement = _paired(
        select(
            Matter.number,
            Matter.title,
            Matter.imported_at,
            Channel.name.label("channel"),
            SAID.label("said"),
            func.coalesce(SAID_UNIT.name, "").label("said_name"),
            case((DECIDED, WAS), else_="").label("was"),
            func.coalesce(WAS_UNIT.name, "").label("was_name"),
            D.confidence,
            D.automatic,
            D.decided_at,
            D.corrected,
            permitted(officer, "view_personal").label("may_reveal"),
        )
    )
    rows = connection.execute(
        statement.join(Channel, Channel.id == Matter.channel_id)
        .where(*conditions)
        .order_by(Matter.imported_at.desc(), Matter.id.desc())
        .limit(MOST_LISTED)
    )
    return [_listed(**row) for row in rows.mappings()]


def _listed(*, may_reveal: bool, title: str, **row: Any) -> Listed:
    return Listed(title=title if may_reveal else masked_texts(title), **row)


def _known(officer: Person) -> ColumnElement[bool]:
    """Return the condition of what is counted for an officer."""
    if roles_of(officer.grants) & {"process_owner"} and has_duty(officer.grants, "see_learning"):
        return unaccused(officer)
    return visible(officer)


def _confusions(connection: Connection, scope: ColumnElement[bool]) -> list[Confusion]:
    columns: tuple[Any, ...] = (
        SAID.label("said"),
        func.coalesce(SAID_UNIT.name, "").label("said_name"),
        WAS.label("was"),
        func.coalesce(WAS_UNIT.name, "").label("was_name"),
    )
    count = func.count().label("count")
    rows = connection.execute(
        _paired(select(*columns, count, func.count().filter(D.automatic).label("pushed")))
        .where(scope, DECIDED, D.corrected, not_(GIVEN))
        .group_by(*(column.element for column in columns))
        .order_by(count.desc(), "said", "was")
        .limit(MOST_CONFUSIONS)
    )
    return [Confusion(**row) for row in rows.mappings()]


def _paired(statement: Select[Any]) -> Select[Any]:
    return (
        statement.select_from(D)
        .join(Matter, Matter.id == D.matter_id)
        .outerjoin(SAID_UNIT, SAID_UNIT.id == D.judged_unit_id)
        .outerjoin(WAS_UNIT, WAS_UNIT.id == D.unit_id)
    )


def _conditions(asked: Asked) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [PARTS[asked.part]] if asked.part in PARTS else []
    if asked.said:
        found.append(SAID.in_([asked.said]))
    if asked.was:
        found += [WAS.in_([asked.was]), DECIDED, not_(GIVEN)]
    if asked.channel is not None:
        found.append(Matter.channel_id == asked.channel)
    if asked.week is not None:
        found.append(WEEK.in_([asked.week]))
    return found


def _rate(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _sum(counts: Iterable[Counts]) -> Counts:
    return sum(counts, Counts())
