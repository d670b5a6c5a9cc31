"""Time and people of the demonstration: the clock walks forward, timers fire on the way, and whoever may act acts."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Engine, text

from engine.casework import commands
from engine.casework.demo.filling import KEY
from engine.casework.outbox import Message
from engine.casework.roles import grant
from engine.runtime import Outcome, Runtime
from rules.bureau_calendar import Calendar
from rules.working_time import BUREAU_ZONE

WORKER: Final = "demo"
FAR: Final = timedelta(days=3650)
OPENS, CLOSES = timedelta(hours=8, minutes=40), timedelta(hours=17, minutes=20)

# The clock stops at whatever falls due on the way, and says whether it did.
WALK = text(
    """
with due as (
    select case when min(next_due) is not null
           then greatest(min(next_due) + interval '1 second', cast(:since as timestamptz)) end as at
    from instance where next_due <= :moment and status = 'running'
)
insert into clock_shift (id, shift)
select 1, coalesce(due.at, cast(:moment as timestamptz)) - clock_timestamp() from due
on conflict (id) do update set shift = excluded.shift
returning (select at from due)
"""
)
WAITING = text(
    """
select w.task_id, w.step, w.candidates, w.excluded, w.assignee, m.handling_unit_id, u.name as unit,
       exists (select 1 from escalation e where e.matter_id = m.id and e.level <> 'reminder'
               and e.acknowledged_at is null) as late
from work_item w join matter m on m.instance_id = w.instance_id left join unit u on u.id = m.handling_unit_id
where m.number = :number order by w.created_at limit 1
"""
)
PENDING = text("select id from dispatch where status = 'pending' order by id")
HOLDERS = text("select officer_id, role, unit_id from holding order by id")


@dataclass(frozen=True, slots=True)
class Player:
    """An officer as a command wants one."""

    id: int
    grants: list[str]


@dataclass(frozen=True, slots=True)
class Task:
    """What a matter waits for: the task, its step, who may do it, and whether a supervisor has yet to take note."""

    task_id: str
    step: str
    unit: str
    handling_unit_id: int | None
    officers: tuple[int, ...]
    late: bool


class Stage:
    """The bureau at play."""

    def __init__(self, engine: Engine, runtime: Runtime) -> None:
        self.engine = engine
        self.runtime = runtime
        self._now: datetime | None = None
        self._players: dict[int, Player] = {}
        with engine.connect() as connection:
            for row in connection.execute(HOLDERS):
                player = self._players.setdefault(row.officer_id, Player(row.officer_id, []))
                player.grants.append(grant(row.role, row.unit_id))

    def go_to(self, moment: datetime) -> None:
        """Let the clock walk to ``moment``; what falls due on the way fires at its time. Never walks back."""
        if self._now is not None and moment <= self._now:
            return
        while True:
            with self.engine.begin() as connection:
                values = {"moment": moment, "since": self._now or moment - FAR}
                due: datetime | None = connection.execute(WALK, values).scalar()
            self._now = due or moment
            if due is None:
                return
            if not commands.fire_all(self.runtime, worker=WORKER):
                raise RuntimeError("a timer that is due does not fire")
            self.deliver()

    def end(self) -> None:
        """Set the clock to real time, and fire what is due by then."""
        commands.set_clock(self.engine, timedelta())
        commands.fire_all(self.runtime, worker=WORKER)
        self.deliver()

    def deliver(self) -> None:
        """Send what waits in the outbox, until nothing does: everything arrives, as if by a local sink."""
        while True:
            with self.engine.connect() as connection:
                waiting = list(connection.execute(PENDING).scalars())
            if not waiting:
                return
            for number in waiting:
                commands.deliver(self.engine, self.runtime, number, _sink, last=True)

    def waiting(self, number: str) -> Task | None:
        """Return what the matter waits for, None when it waits for nobody."""
        with self.engine.connect() as connection:
            row = connection.execute(WAITING, {"number": number}).one_or_none()
        if row is None:
            return None
        if row.assignee:
            officers = [int(row.assignee)]
        else:
            officers = [
                player.id
                for player in self._players.values()
                if not set(player.grants).isdisjoint(row.candidates) and str(player.id) not in row.excluded
            ]
        return Task(row.task_id.hex, row.step, row.unit or "", row.handling_unit_id, tuple(officers), row.late)

    def finish(self, task: Task, officer: int, answers: dict[str, Any]) -> Outcome:
        """Have an officer finish a task; return what came of it."""
        player = self._players[officer]
        return commands.complete(self.runtime, player, task.task_id, answers, key=f"{KEY}{task.task_id}")

    def holder(self, role: str, unit_id: int | None, turn: int) -> int | None:
        """Return an officer who holds a role in a unit, another one each turn; None when there is none."""
        wanted = grant(role, unit_id)
        found = [player.id for player in self._players.values() if wanted in player.grants]
        return found[turn % len(found)] if found else None

    def player(self, officer: int) -> Player:
        """Return an officer with their roles."""
        return self._players[officer]


def _sink(message: Message) -> str:
    return f"demo-{message.id}"


def real_now(connection: Connection) -> datetime:
    """Return the real time of the database's machine, whatever the bureau's clock shows."""
    moment: datetime = connection.exec_driver_sql("select clock_timestamp()").scalar_one()
    return moment.astimezone(UTC)


def at_work(moment: datetime, calendar: Calendar) -> datetime:
    """Return ``moment``, or the next one at which somebody is at work."""
    local = moment.astimezone(BUREAU_ZONE)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    day = calendar.next_working(local.date())
    if day != local.date() or local - midnight > CLOSES:
        if day == local.date():
            day = calendar.next_working(day + timedelta(days=1))
        spread = timedelta(minutes=moment.minute * 2 + moment.second)
        return datetime.combine(day, datetime.min.time(), BUREAU_ZONE) + OPENS + spread
    return local if local - midnight >= OPENS else midnight + OPENS + timedelta(minutes=local.minute)
