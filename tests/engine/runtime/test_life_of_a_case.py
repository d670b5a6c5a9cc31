"""Whatever is done to a case, in whatever order: what may happen does, what may not is refused and changes nothing.

Hypothesis makes up lives of a case and drives the runtime and a model beside each other (``life_of_a_case``). After
every step rows, state, data, due times, history and ledger must be as the model says (``life_onlooker``).
"""

import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test

from engine.runtime import Suspended
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.life_among_officers import Officers
from tests.engine.runtime.life_of_a_case import HOUR, drawn

FULL = bool(os.environ.get("MINYI_FULL"))


class Life(Officers):
    """The rules of other systems, beside those of officers, of time and of process owners."""

    @rule(name=st.sampled_from(["recall", "receipt", "nonsense"]), by_key=st.booleans())
    def message(self, name: str, by_key: bool) -> None:
        payload = {"n": self.counted()}

        def act() -> bool:
            return self.runtime.message(self.key if by_key else self.instance, name, payload)

        if self.case.status == "suspended":
            self.refuse(Suspended, act)
        elif name not in self.case.awaited():
            assert self.nothing(act) is False
        else:
            assert self.accept(act, lambda _: self.case.catch(name, payload), "system") is True

    @precondition(lambda self: not self.signals)
    @rule()
    def signal(self) -> None:
        """All that wait hear it; a suspended one does when it runs again, if it still waits."""
        level = self.counted()

        def act() -> int:
            return self.runtime.signal("alarm", {"level": level})

        heard = "alarm" in self.case.awaited()
        if heard and self.case.status == "suspended":
            assert self.nothing(act) == 0
            number = self.value("select id from thrown where status = 'pending'")
            self.signals.append((number, self.case.visit, level))
        elif heard:
            assert self.accept(act, lambda _: self.case.catch("alarm", {"level": level}), "system") == 1
        else:
            assert self.nothing(act) == 0

    @precondition(lambda self: self.signals)
    @rule()
    def deliver(self) -> None:
        """The worker brings what a suspended case has not heard."""
        self.clock.move(HOUR)
        _, visit, level = self.signals[0]

        def act() -> int:
            return self.runtime.deliver_thrown(worker="w1", limit=10)

        heard = "alarm" in self.case.awaited() and self.case.visit == visit
        if self.case.status == "running" and heard:
            assert self.accept(act, lambda _: self.case.catch("alarm", {"level": level}), "system") == 1
        else:
            assert self.nothing(act) == 0
        if self.case.status != "suspended" or not heard:
            self.signals.clear()
            assert self.see("select id from thrown where status = 'pending'") == []

    @precondition(lambda self: self.case.line == "send")
    @rule(well=st.booleans())
    def effect(self, well: bool) -> None:
        """What was asked of the outside comes back, or fails for good; each is brought twice."""
        task, result = self.desk.host.calls[-1].task_id, {"delivered": True, "n": self.counted()}

        def act() -> bool:
            return self.runtime.finish_effect(task, result) if well else self.runtime.fail_effect(task, "no")

        def change(_: Any) -> None:
            self.case.told["effect_finished" if well else "incident_opened"] += 1
            self.case.trouble = "" if well else "effect"
            if well:
                self.case.data["send"] = result
                self.case.enter("receipt")

        if self.case.status == "suspended":
            self.refuse(Suspended, act)
            return
        if not well and self.case.trouble:
            assert self.nothing(act) is False
            return
        assert self.accept(act, change, "system") is True
        assert self.nothing(act) is False


def test_no_life_of_a_case_takes_a_step_that_is_not_allowed(desk: Desk, clock: Clock) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("create table scribble (n integer)")
    changed = desk.deploy(*drawn(changed=True))
    first = desk.deploy(*drawn())  # the later one is what cases begin on
    plan = desk.runtime.migration_plan(first, changed, "life")
    run_state_machine_as_test(
        lambda: Life(desk, clock, plan),
        settings=settings(
            max_examples=300 if FULL else 12,
            stateful_step_count=60 if FULL else 40,
            deadline=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
