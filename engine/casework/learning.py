"""How far learning is: what staff have decided since the last training, and when the next one begins by itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from rules.learning_comparison import FEWEST, ONE_IN
from rules.working_time import BUREAU_ZONE

ENOUGH: Final = FEWEST * ONE_IN
"""Fewer decisions leave too few to compare by; nobody trains on them by itself."""
MANY_NEW: Final = 200
"""After so many new decisions training begins by day too."""
NIGHT: Final = range(1, 5)
"""The hours of the bureau's night in which new decisions are learned."""
REST: Final = timedelta(hours=20)
ONE_AT_A_TIME: Final = 7203002
"""The advisory lock that a training holds."""

# Taking the lock in order to look would keep a training from beginning; the view tells without it.
RUNNING: Final = text(
    "select exists (select from pg_locks where locktype = 'advisory' and classid = 0 and objid = :key and objsubid = 1"
    " and database = (select oid from pg_database where datname = current_database()))"
)
STATE: Final = text(
    """
select clock_now() as now, v.trained_at, v.decided_until,
    (select count(*) from matter_decision where decided_at is not null) as decided,
    (select count(*) from matter_decision d where d.decided_at > coalesce(v.decided_until, '-infinity')) as fresh,
    (select e.event in ('rolled_back', 'stopped') from model_event e order by e.id desc limit 1) as held
from (select 1) one
left join lateral (select trained_at, decided_until from model_version order by id desc limit 1) v on true
"""
)


@dataclass(frozen=True, slots=True)
class State:
    """How far learning is.

    `decided`: matters whose way staff decided · `fresh`: how many of them since the last training · `held`: a person
    went back to an earlier version, so nothing is trained by itself until a person trains · `next_at`: when the next
    training begins by itself if nothing else happens, None when it waits for decisions or for a person.
    """

    now: datetime
    trained_at: datetime | None
    decided: int
    fresh: int
    held: bool
    running: bool
    next_at: datetime | None

    @property
    def due(self) -> bool:
        """Whether a training should begin now by itself."""
        return self.next_at is not None and self.next_at <= self.now and not self.running


def state(connection: Connection) -> State:
    """Return how far learning is, by the bureau's clock."""
    row = connection.execute(STATE).one()
    running = bool(connection.execute(RUNNING, {"key": ONE_AT_A_TIME}).scalar())
    ready = not row.held and row.fresh > 0 and row.decided >= ENOUGH
    upcoming = _next(row.now, row.trained_at, row.fresh) if ready else None
    return State(row.now, row.trained_at, row.decided, row.fresh, bool(row.held), running, upcoming)


def _next(now: datetime, trained_at: datetime | None, fresh: int) -> datetime:
    """Return when the next training begins: now with many new decisions, or in the next night that is not too soon."""
    if fresh >= MANY_NEW:
        return now
    earliest = max(now, trained_at + REST) if trained_at else now
    local = earliest.astimezone(BUREAU_ZONE)
    if local.hour in NIGHT:
        return earliest
    night = local.replace(hour=NIGHT[0], minute=0, second=0, microsecond=0)
    return night if night > local else night + timedelta(days=1)
