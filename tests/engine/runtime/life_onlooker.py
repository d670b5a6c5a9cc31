"""Stands beside the runtime and the model of a case, lets both do the same, and compares all there is to see."""

import copy
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine

from engine.runtime import Call, InvalidAnswers, NotFound, ReasonMissing, Service
from engine.runtime.migrating.plan import Plan
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.life_of_a_case import Case
from tests.faults.audit import state_equals_rows

WHY: dict[str, Any] = {"actor": "7", "reason": "办错了"}
# Who is put behind the registration by hand without it has these opinions to give.
START: dict[str, Any] = {"matter": {"kind": "x"}, "register": {"units": ["u0"]}}
CHANGING = ("instance", "work_item", "timer", "subscription", "incident", "clock_pause", "migration_step")
GROWING = ("finished_item", "fire", "completion", "operation", "history")
EVERYTHING = " union all ".join(
    [f"select '{table}', to_jsonb(t)::text from {table} t" for table in CHANGING]  # noqa: S608 - the names above
    + [f"select '{table}', count(*)::text from {table}" for table in GROWING]  # noqa: S608
)


def ask(kind: type[Exception] | None, call: Callable[[], Any]) -> Any:
    """Return what a call gives, or the error it has to end with."""
    try:
        found = call()
    except Exception as error:
        if type(error) is not kind:
            raise
        return error
    assert kind is None, f"{kind.__name__} was expected, but it was done"
    return found


def within(since: datetime, moment: datetime, until: datetime) -> datetime:
    assert since <= moment <= until
    return moment


class Onlooker(RuleBasedStateMachine):
    """The runtime and the model, and what an onlooker has noted of both.

    Attributes:
        case: the model.
        seen: all rows as they were when last looked at for a refusal; None when something was done since.
        rows: the items that wait, by task.
        holders: whose they are, as far as they are anybody's.
        by: who did what no longer waits, by task; empty when the process withdrew it.
        done: task and key of what was completed with a key.
        entries: the history so far.
        fired: task and occurrence of the timers that have fired.
        migrated: the move to another version that may still be undone: its number, and how all was before.
        signals: those on their way: the visit to the review they are for, and their level.

    """

    def __init__(self, desk: Desk, clock: Clock, plan: Plan) -> None:
        super().__init__()
        self.desk, self.clock, self.plan = desk, clock, plan
        # One connection that sees what is committed, for as long as the machine lives: it looks often.
        self.eye = desk.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        self.runtime = desk.runtime
        desk.host.services["judge"] = Service("judge", self.judge, outputs={"score": "number"})
        self.clock.set(datetime.now(self.clock.now().tzinfo))
        self.number = 0

    def judge(self, call: Call) -> dict[str, Any]:
        """Write something, so that it would be seen if a call that failed left anything."""
        call.transaction.connection.exec_driver_sql("insert into scribble values (1)")
        if self.case.broken:
            raise ConnectionError("nobody answers")
        return {"score": 1}

    def begin(self, broken: bool) -> None:
        """Forget the case there was, and start another."""
        self.wipe()
        self.seen: Any = None
        self.case = Case(broken=broken)
        self.holders: dict[str, str] = {}
        self.rows: dict[str, Any] = {}
        self.done: list[tuple[str, str]] = []  # task and key of what was completed
        self.by: dict[str, str] = {}  # task to who did it; empty when the process withdrew it
        self.entries: list[Any] = []
        self.fired: set[tuple[str, int]] = set()
        self.migrated: tuple[int, Case, dict[str, str]] | None = None
        self.signals: list[tuple[int, int, int]] = []  # on their way: number, visit to the review, level
        self.key = f"MY-{self.counted()}"
        since = self.clock.now()
        with self.desk.engine.begin() as connection:
            start = self.runtime.start
            ask(NotFound, lambda: start(connection, "nothing", self.key, {}, actor="1"))
            ask(InvalidAnswers, lambda: start(connection, "life", self.key, {"a": float("nan")}, actor="1"))
            self.instance = start(connection, "life", self.key, START, actor="1")
        self.case.data = copy.deepcopy(START)
        self.case.start()
        self.look(since, actor="1")

    def teardown(self) -> None:
        self.wipe()
        self.eye.close()

    def see(self, sql: str, **values: Any) -> list[Any]:
        return list(self.eye.exec_driver_sql(sql, values or None))

    def value(self, sql: str, **values: Any) -> Any:
        return self.see(sql, **values)[0][0]

    def wipe(self) -> None:
        with self.desk.engine.begin() as connection:
            for table in ("caught", "thrown", *CHANGING, *GROWING, "migration", "scribble"):
                connection.exec_driver_sql(f"delete from {table}")  # noqa: S608 - the names above

    def counted(self) -> int:
        self.number += 1
        return self.number

    def everything(self) -> Any:
        return sorted(self.see(EVERYTHING))

    def refuse(self, kind: type[Exception], call: Callable[[], Any]) -> Any:
        """An action is refused for that reason, and nothing at all has changed."""
        return self.nothing(lambda: ask(kind, call))

    def nothing(self, call: Callable[[], Any]) -> Any:
        """An action is no error, but there is nothing for it to do."""
        before = self.seen or self.everything()
        found = call()
        self.seen = self.everything()
        assert self.seen == before
        return found

    def accept(self, call: Callable[[], Any], change: Callable[[Any], Any], actor: str = "7", task: str = "") -> Any:
        """An action is done, and what it has changed is what the model says."""
        since = self.clock.now()
        found = call()
        self.migrated = None
        change(found)
        self.look(since, actor=actor, task=task)
        return found

    def operate(self, why_not: type[Exception] | None, call: Callable[..., Any], change: Callable[[], Any]) -> None:
        """A process owner's action: without a reason it is refused, as a rehearsal it changes nothing."""
        if why_not is not None:
            self.refuse(why_not, lambda: call(**WHY))
            return
        self.refuse(ReasonMissing, lambda: call(actor="7", reason=" "))
        self.nothing(lambda: call(**WHY, dry_run=True))
        self.accept(lambda: call(**WHY), lambda _: change())

    # What must hold after every step

    def look(self, since: datetime, *, actor: str, task: str = "") -> None:
        until = self.clock.now()
        self.seen = None
        self.times(since, until)
        self.worklist(actor, task)
        self.history()
        case, desk = self.case, self.desk
        row = self.see("select * from instance")[0]
        assert row.status == case.status
        assert (row.ended_at is not None) == case.over
        earliest = min((timer.due(case.pauses) for _, timer in case.running()), default=None)
        assert row.next_due == earliest
        awaited = self.see("select name, process_key from subscription")
        assert sorted(awaited) == sorted((name, "life") for name in case.awaited())
        trouble = self.see("select element, kind from incident where resolved_at is null")
        assert trouble == ([case.incident()] if case.incident() else [])
        with desk.engine.connect() as connection:
            assert self.runtime.look(connection, self.instance).variables == case.data
        assert self.value("select count(*) from scribble") == len(
            [1 for row in self.entries if row.kind == "service_called"]
        )
        assert state_equals_rows(desk.engine, self.runtime) == []

    def times(self, since: datetime, until: datetime) -> None:
        """Adopt from the rows since when new clocks count, if that was just now; all else must follow from it."""
        case = self.case
        for pause, row in zip(case.pauses, self.see("select * from clock_pause order by id"), strict=True):
            pause.since = pause.since or within(since, row.since, until)
            assert pause.over == (row.until is not None)
            if pause.over:
                pause.until = pause.until or within(since, row.until, until)
            assert (pause.since, pause.until) == (row.since, row.until)
        rows = {row.element: row for row in self.see("select * from timer")}
        assert sorted(rows) == sorted(case.timers)
        for name, timer in case.timers.items():
            timer.start = timer.start or within(since, rows[name].started_at, until)
            found = rows[name]
            assert (found.started_at, found.occurrence) == (timer.start, timer.occurrence), name
            assert found.due_at == timer.due(case.pauses), name

    def worklist(self, actor: str, task: str) -> None:
        """What waits is what the model says; what waited before is finished, by whom and whether by hand."""
        sql = "select replace(task_id::text, '-', '') as id, * from {}"
        before, self.rows = self.rows, {row.id: row for row in self.see(sql.format("work_item"))}
        assert Counter(row.step for row in self.rows.values()) == self.case.items()
        for gone in before.keys() - self.rows.keys():
            self.by[gone] = actor if gone == task else ""
            self.holders.pop(gone, None)
        finished = {row.id: "" if row.withdrawn else row.finished_by for row in self.see(sql.format("finished_item"))}
        assert finished == self.by
        assert {id_: row.assignee for id_, row in self.rows.items() if row.assignee} == self.holders

    def history(self) -> None:
        """History only grows, by exactly what was done."""
        rows = self.see("select * from history order by id")
        known = len(self.entries)
        assert rows[:known] == self.entries
        assert Counter(row.kind for row in rows[known:]) == +self.case.told
        self.entries, self.case.told = rows, Counter()
        ledger = self.see("select replace(task_id::text, '-', '') as id, * from fire")
        assert all(row.fired_at >= row.due_at for row in ledger)
        assert len(ledger) == len([1 for row in rows if row.kind == "timer_fired"])
