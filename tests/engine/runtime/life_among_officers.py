"""What officers do to a case, in whatever order and at the same moment, beside the model of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from engine.runtime import AlreadyDone, InvalidAnswers, KeyReused, NotFound, Outcome, Suspended, Taken
from engine.runtime.task_ids import task_id
from tests.engine.runtime.life_in_time import LEDGER, InTime
from tests.engine.runtime.life_of_a_case import HOUR
from tests.engine.runtime.life_under_owners import ANY

OFFICERS = st.sampled_from(["2", "3", "4"])
HOURS = st.sampled_from([0, 75, 30, 130])  # between one step and the next
DECISIONS = st.sampled_from(["ok", "back", "hm"])


class NotHis(Exception):  # noqa: N818 - what the bureau says to the wrong officer
    pass


class Officers(InTime):
    """The rules of officers, beside those of time and of process owners."""

    def waiting(self, pick: int) -> str | None:
        """Pick a task that waits."""
        tasks = sorted(self.rows)
        return tasks[pick % len(tasks)] if tasks else None

    def finish(
        self, task: str, answers: dict[str, Any], officer: str, key: str | None, about: dict[str, Any]
    ) -> Outcome:
        """Complete a task as the bureau does: whoever does not hold what somebody holds may not."""

        def prepare(transaction: Any, item: Any) -> None:
            if transaction.offer.assignee not in {None, officer}:
                raise NotHis
            about.update(item.local)

        return self.runtime.complete(task, answers, actor=officer, key=key, prepare=prepare)

    def answered(self, step: str, decision: str, units: int) -> dict[str, Any]:
        given = {"n": self.counted()}
        more = {"register": {"units": [f"u{n}" for n in range(units)]}, "review": {"decision": decision}}
        return given | more.get(step, {})

    def complete(self, pick: int, officer: str, decision: str, units: int) -> None:
        task = self.waiting(pick)
        if task is None:
            return
        step, key, about = self.rows[task].step, f"key-{self.counted()}", {}
        answers = self.answered(step, decision, units)
        if self.case.status == "suspended":
            self.refuse(Suspended, lambda: self.finish(task, answers, officer, key, about))
            return
        if self.holders.get(task, officer) != officer:
            self.refuse(NotHis, lambda: self.finish(task, answers, officer, key, about))
            return
        self.refuse(InvalidAnswers, lambda: self.finish(task, {"n": float("inf")}, officer, None, about))
        known = set(self.rows)
        outcome = self.accept(
            lambda: self.finish(task, answers, officer, key, about),
            lambda _: self.case.complete(step, answers, about.get("loopCounter", 0)),
            officer,
            task,
        )
        self.done.append((task, key))
        assert (outcome.ended, outcome.repeated) == (self.case.status == "completed", False)
        assert {item.task_id for item in outcome.next} == self.rows.keys() - known

    @rule(pick=ANY, officer=OFFICERS, decision=DECISIONS, units=st.integers(0, 3))
    def complete_one(self, pick: int, officer: str, decision: str, units: int) -> None:
        self.complete(pick, officer, decision, units)

    @initialize(broken=st.booleans(), count=st.integers(0, 9), decision=DECISIONS, hours=HOURS)
    def live(self, broken: bool, count: int, decision: str, hours: int) -> None:
        self.begin(broken)
        self.go_on(count, decision, hours)

    @precondition(lambda self: self.case.over)
    @rule(broken=st.booleans(), count=st.integers(0, 9), decision=DECISIONS, hours=HOURS)
    def live_again(self, broken: bool, count: int, decision: str, hours: int) -> None:
        self.live(broken, count, decision, hours)

    @rule(count=st.integers(2, 6), decision=DECISIONS, hours=HOURS)
    def days_go_by(self, count: int, decision: str, hours: int) -> None:
        self.go_on(count, decision, hours)

    def go_on(self, count: int, decision: str, hours: int) -> None:
        """Some days on which everybody does what there is to do."""
        for pick in range(count):
            task = self.waiting(pick)
            if task is not None:
                self.complete(pick, self.holders.get(task, "2"), decision, 3)
            if hours:
                self.clock.move(hours * HOUR)
                self.fire()

    @precondition(lambda self: self.done)
    @rule(pick=ANY, officer=OFFICERS)
    def complete_again(self, pick: int, officer: str) -> None:
        """The same form arrives twice, a key is used for something else, a page is out of date."""
        task, key = self.done[pick % len(self.done)]
        again = self.nothing(lambda: self.finish(task, {}, officer, key, {}))
        assert again.repeated
        others = sorted(self.by.keys() | self.rows.keys() - {task})
        other = others[pick % len(others)]
        if other != task:
            self.refuse(KeyReused, lambda: self.finish(other, {}, officer, key, {}))
        stale = sorted(self.by)[pick % len(self.by)]
        for late in (
            lambda: self.finish(stale, {}, officer, None, {}),
            lambda: self.runtime.claim(stale, actor=officer, prepare=lambda *_: None),
        ):
            assert self.refuse(AlreadyDone, late).by == self.by[stale]
        self.refuse(NotFound, lambda: self.finish(task_id(self.instance, 10**6), {}, officer, None, {}))

    @precondition(lambda self: self.case.status == "running" and self.rows)
    @rule(pick=ANY, same=st.booleans())
    def complete_at_once(self, pick: int, same: bool) -> None:
        """Two send the same form at the same moment, or one sends it twice."""
        task = self.waiting(pick)
        assert task is not None
        step, key, about = self.rows[task].step, f"key-{self.counted()}", {}
        answers = self.answered(step, "ok", 1)
        holder = self.holders.get(task, "2")
        door = Barrier(2)

        def send(number: int) -> Any:
            door.wait()
            try:
                return self.finish(task, answers, holder, key if same else f"{key}/{number}", about)
            except AlreadyDone as error:
                return error

        def both() -> list[Any]:
            with ThreadPoolExecutor(2) as pool:
                return list(pool.map(send, range(2)))

        change = lambda _: self.case.complete(step, answers, about.get("loopCounter", 0))  # noqa: E731
        results = self.accept(both, change, holder, task)
        accepted = [one for one in results if isinstance(one, Outcome)]
        assert Counter(one.repeated for one in accepted) == ({False: 1, True: 1} if same else {False: 1})
        if same:
            self.done.append((task, key))

    @precondition(lambda self: self.case.status == "running" and self.rows)
    @rule(pick=ANY)
    def complete_while_it_fires(self, pick: int) -> None:
        """An officer and the worker come at the same moment: one after the other, in either order."""
        task = self.waiting(pick)
        assert task is not None
        step, about = self.rows[task].step, {}
        answers = self.answered(step, "back", 2)
        holder = self.holders.get(task, "3")
        door = Barrier(2)

        def officer() -> bool:
            door.wait()
            try:
                self.finish(task, answers, holder, None, about)
            except AlreadyDone:
                return False
            return True

        def worker() -> int:
            door.wait()
            return self.runtime.fire_due(worker="w2")

        def change() -> None:
            known = self.entries[-1].id
            for (kind,) in self.see("select kind from history where id > %(k)s order by id", k=known):
                if kind == "completed":
                    self.case.complete(step, answers, about.get("loopCounter", 0))
                elif kind == "timer_fired":
                    row = self.see(LEDGER)[0]
                    self.note_fired(row)
                    assert row.missed == self.case.fire(row.element, row.fired_at)

        since = self.clock.now()
        with ThreadPoolExecutor(2) as pool:
            done, fired = pool.submit(officer), pool.submit(worker)
            accepted = done.result()
            assert accepted or fired.result() == 1
        self.migrated = None
        change()
        self.look(since, actor=holder, task=task if accepted else "")

    @rule(pick=ANY, officer=OFFICERS, back=st.booleans())
    def claim(self, pick: int, officer: str, back: bool) -> None:
        """Somebody takes a task, or gives it back; whose it is nobody else takes it from."""
        task = self.waiting(pick)
        if task is None:
            return

        def act(give: bool, who: str) -> None:
            (self.runtime.unclaim if give else self.runtime.claim)(task, actor=who, prepare=lambda *_: None)

        if self.case.status == "suspended":
            self.refuse(Suspended, lambda: act(back, officer))
            return
        holder = self.holders.get(task)
        if back == (holder is not None):

            def change(_: Any) -> None:
                self.case.told["unclaimed" if back else "claimed"] += 1
                self.holders.pop(task, None)
                self.holders |= {} if back else {task: officer}

            self.accept(lambda: act(back, officer), change, officer)
        holder = self.holders.get(task)
        if holder is None:
            self.nothing(lambda: act(True, officer))  # noqa: FBT003 - to give back what nobody has
            return
        self.nothing(lambda: act(False, holder))  # noqa: FBT003 - to take what one has
        other = next(one for one in ("2", "3") if one != holder)
        assert self.refuse(Taken, lambda: act(False, other)).by == holder  # noqa: FBT003
        self.refuse(NotHis, lambda: self.finish(task, {}, other, None, {}))
