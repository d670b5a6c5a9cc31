"""What time does to a case, and what is done to its clocks, in whatever order, beside the model of it."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from engine.runtime import ClockRefused, ReasonMissing, Runtime, Suspended
from tests.engine.runtime.life_of_a_case import HOUR, Case, Pause
from tests.engine.runtime.life_under_owners import Owners

LEDGER = "select replace(task_id::text, '-', '') as id, * from fire order by fired_at desc, due_at desc"


class InTime(Owners):
    """The rules of time, beside those of process owners."""

    @rule(
        hours=st.sampled_from([1, 25, 73, 121, 300, 12, 0]),
        down=st.sampled_from([False, False, True]),
        broken=st.sampled_from([False, True, False]),
        restart=st.booleans(),
    )
    def time_passes(self, hours: int, down: bool, broken: bool, restart: bool) -> None:
        """Time passes; then the worker fires what is due, one by one, the most overdue first, unless it is down."""
        self.clock.move(hours * HOUR)
        self.case.broken = broken
        if restart:
            self.runtime = self.desk.runtime = Runtime(self.desk.engine, self.desk.host)
        if not down:
            self.fire()

    def fire(self) -> None:
        def act() -> int:
            return self.runtime.fire_due(worker="w1")

        while True:
            now = self.clock.now()
            case = self.case
            due = sorted(
                (timer.due(case.pauses), self.token(name), name)
                for name, timer in case.running()
                if timer.due(case.pauses) <= now and case.status == "running"
            )
            if not due:
                assert self.nothing(act) == 0
                return
            at, task, name = due[0]
            occurrence = case.timers[name].occurrence

            def change(
                _: Any, name: str = name, expected: Any = (task, occurrence, name, at), case: Case = case
            ) -> None:
                row = self.see(LEDGER)[0]
                self.note_fired(row)
                assert (row.id, row.occurrence, row.element, row.due_at) == expected
                assert row.missed == case.fire(name, row.fired_at)

            assert self.accept(act, change, "system") == 1

    def token(self, timer: str) -> str:
        sql = "select replace(task_id::text, '-', '') from timer where element = %(e)s"
        return str(self.value(sql, e=timer))

    @rule(by=st.sampled_from([12, 30]))
    def extend(self, by: int) -> None:
        now = self.clock.now()
        case, length = self.case, timedelta(hours=by)

        def act(reason: str = "案情复杂") -> Any:
            return self.runtime.extend(self.instance, None, f"PT{by}H", actor="7", reason=reason)

        self.refuse(ReasonMissing, lambda: act(" "))
        if case.over or case.status == "suspended":
            self.refuse(ClockRefused if case.over else Suspended, act)
        elif not case.clocks_after(case.pauses[-1].since if case.paused else now):
            self.refuse(ClockRefused, act)
        else:
            self.accept(act, lambda _: case.extend(now, length))

    @rule(really=st.sampled_from([True, False, False]))
    def pause_or_resume_clock(self, really: bool) -> None:
        case = self.case
        pause, resume = (
            lambda verb=verb: verb(self.instance, actor="7", reason="鉴定")
            for verb in (self.runtime.pause_clock, self.runtime.resume_clock)
        )
        if case.over or case.status == "suspended":
            self.refuse(ClockRefused if case.over else Suspended, pause)
            self.refuse(ClockRefused if case.over else Suspended, resume)
        elif case.paused:
            self.refuse(ClockRefused, pause)

            def change(_: Any) -> None:
                case.told["clock_resumed"] += 1
                case.pauses[-1].over = True

            self.accept(resume, change)
        else:
            self.refuse(ClockRefused, resume)
            if not case.clocks_after(self.clock.now()):
                self.refuse(ClockRefused, pause)
            if not really or not case.clocks_after(self.clock.now()):
                return

            def stand(_: Any) -> None:
                case.told["clock_paused"] += 1
                case.pauses.append(Pause())

            self.accept(pause, stand)

    def note_fired(self, row: Any) -> None:
        """Hold a timer to firing once."""
        assert (row.id, row.occurrence) not in self.fired
        self.fired.add((row.id, row.occurrence))
