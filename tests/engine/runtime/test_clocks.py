"""Clocks that are extended, paused and resumed: by whom and why, in their own unit, whatever is worked out anew."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.runtime import ClockRefused, NotFound, ReasonMissing
from tests.batteries import examples
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


def handling() -> list[Diagram]:
    """Draw a called process with a step that has a limit, and a reminder and a deadline around the call."""
    return [
        Diagram("outer").start().call("handling", "inner").timer("late", "P9D", "handling", interrupting=False)
        .end("e1").user("other", dueDate="P2D").end().parallel("fork").parallel("join")
        .chain("start", "fork", "handling", "join", "end").chain("fork", "other", "join").chain("late", "e1"),
        Diagram("inner").start().user("sign", dueDate="3工作日").timer("remind", "2工作日", "sign", interrupting=False)
        .end("e2").end().chain("start", "sign", "end").chain("remind", "e2"),
    ]  # fmt: skip


@pytest.fixture
def case(desk: Desk) -> int:
    desk.deploy(*handling())
    return desk.start("outer")


def dues(desk: Desk, instance: int) -> dict[str, datetime]:
    found = desk.rows(
        "select element as name, due_at from timer where instance_id = :i "
        "union all select step, due_at from work_item where instance_id = :i and due_at is not null",
        i=instance,
    )
    return {row.name: row.due_at.astimezone(UTC) for row in found}


def differences(before: dict[str, datetime], after: dict[str, datetime]) -> dict[str, timedelta]:
    return {name: after[name] - before[name] for name in before if after[name] != before[name]}


def test_an_extension_moves_the_step_its_timers_and_what_encloses_it(desk: Desk, case: int) -> None:
    before = dues(desk, case)
    moved = desk.runtime.extend(case, "sign", "P5D", actor="7", reason="案情复杂", approver="陈教导")
    after = dues(desk, case)
    assert differences(before, after) == {"sign": DAY * 5, "remind": DAY * 5, "late": DAY * 5}
    assert {one.element: one.new - one.old for one in moved if one.old} == {
        "sign": DAY * 5,
        "remind": DAY * 5,
        "late": DAY * 5,
    }
    (event,) = desk.details(case, "due_extended")
    assert (event["by"], event["reason"], event["approver"], event["target"]) == ("P5D", "案情复杂", "陈教导", "sign")
    assert {one["element"] for one in event["moved"]} == {"sign", "remind", "late"}
    lines = desk.value("select due_explanation from work_item where step = 'sign'")
    assert lines[0].startswith("3工作日")
    assert "延期P5D" in lines[1]
    assert "批准：陈教导；理由：案情复杂" in lines[1]
    assert desk.value("select next_due from instance") == min(after[name] for name in ("remind", "late"))


def test_an_extension_of_a_call_moves_what_waits_inside(desk: Desk, case: int) -> None:
    before = dues(desk, case)
    desk.runtime.extend(case, "handling", "2工作日", actor="7", reason="等鉴定")
    assert differences(before, dues(desk, case)) == {"sign": DAY * 2, "remind": DAY * 2, "late": DAY * 2}


def test_a_task_id_names_its_step_and_none_names_all(desk: Desk, case: int) -> None:
    before = dues(desk, case)
    desk.runtime.extend(case, desk.task(case, "other"), "P1D", actor="7", reason="x")
    assert differences(before, dues(desk, case)) == {"other": DAY}
    desk.runtime.extend(case, None, "P1D", actor="7", reason="x")
    assert differences(before, dues(desk, case)) == {"other": DAY * 2, "sign": DAY, "remind": DAY, "late": DAY}


def test_an_extension_to_a_moment_never_shortens(desk: Desk, case: int) -> None:
    before = dues(desk, case)
    until = before["remind"] + HOUR
    moved = desk.runtime.extend(case, "sign", until, actor="7", reason="x")
    assert [(one.element, one.new) for one in moved] == [("remind", until)]
    with pytest.raises(ClockRefused, match="没有可以延长"):
        desk.runtime.extend(case, "sign", before["remind"], actor="7", reason="x")


def test_what_has_fallen_is_not_extended(desk: Desk, case: int, clock: Clock) -> None:
    clock.move(DAY * 2.5)
    before = dues(desk, case)
    desk.runtime.extend(case, None, "P3D", actor="7", reason="x")
    assert differences(before, dues(desk, case)) == {"sign": DAY * 3, "late": DAY * 3}
    assert desk.fire() == 1
    assert desk.fired(case) == ["remind"]


@pytest.mark.parametrize("by", ["soon", "-P1D", "PT0S", ""])
def test_what_is_no_length_of_time_is_refused(desk: Desk, case: int, by: str) -> None:
    before = dues(desk, case)
    with pytest.raises(Exception, match="时限不能这样调整"):
        desk.runtime.extend(case, "sign", by, actor="7", reason="x")
    assert dues(desk, case) == before


def test_a_reason_is_required_and_the_target_must_wait(desk: Desk, case: int) -> None:
    for command in (desk.runtime.pause_clock, desk.runtime.resume_clock):
        with pytest.raises(ReasonMissing):
            command(case, actor="7", reason=" ")
    with pytest.raises(ReasonMissing):
        desk.runtime.extend(case, "sign", "P1D", actor="7", reason="")
    with pytest.raises(NotFound):
        desk.runtime.extend(case, "nowhere", "P1D", actor="7", reason="x")
    with pytest.raises(NotFound):
        desk.runtime.extend(999, None, "P1D", actor="7", reason="x")
    desk.complete(case, "sign")
    desk.complete(case, "other")
    with pytest.raises(ClockRefused, match="已经结束"):
        desk.runtime.extend(case, None, "P1D", actor="7", reason="x")


def test_trial_runs_say_what_they_would_do_and_store_nothing(desk: Desk, case: int, clock: Clock) -> None:
    def stored() -> list[Any]:
        tables = ("instance", "timer", "work_item", "clock_pause", "history")
        return [desk.rows(f"select * from {table} order by 1") for table in tables]  # noqa: S608 - five names

    before = stored()
    would = desk.runtime.extend(case, "sign", "P5D", actor="7", reason="x", dry_run=True)
    stop = desk.runtime.pause_clock(case, actor="7", reason="x", dry_run=True)
    assert stored() == before
    assert {one.element for one in stop} == {"sign", "remind", "late", "other"}
    assert all(one.old == one.new for one in stop)
    done = desk.runtime.extend(case, "sign", "P5D", actor="7", reason="x")
    assert [(one.element, one.old, one.new) for one in would] == [(one.element, one.old, one.new) for one in done]
    desk.runtime.pause_clock(case, actor="7", reason="x")
    clock.move(DAY)
    before = stored()
    assert desk.runtime.resume_clock(case, actor="7", reason="x", dry_run=True)
    assert stored() == before


def test_what_the_caller_checks_stops_it(desk: Desk, case: int) -> None:
    before = dues(desk, case)

    def refuse(transaction: Any, moved: Any) -> None:
        assert {one.element for one in moved} >= {"sign"}
        assert transaction.instance_id == case
        raise PermissionError

    with pytest.raises(PermissionError):
        desk.runtime.extend(case, "sign", "P5D", actor="7", reason="x", prepare=refuse)
    with pytest.raises(PermissionError):
        desk.runtime.pause_clock(case, actor="7", reason="x", prepare=refuse)
    assert dues(desk, case) == before
    assert desk.rows("select * from clock_pause") == []


def test_a_paused_instance_goes_on_but_fires_nothing(desk: Desk, case: int, clock: Clock) -> None:
    desk.runtime.pause_clock(case, actor="7", reason="等鉴定结论", approver="陈教导")
    assert desk.value("select next_due from instance") is None
    assert desk.status(case) == "running"
    clock.move(DAY * 20)
    assert desk.fire() == 0
    desk.complete(case, "other")
    assert desk.value("select next_due from instance") is None
    clock.move(DAY * 20)
    assert desk.fire() == 0
    (pause,) = desk.rows("select * from clock_pause")
    assert (pause.reason, pause.paused_by, pause.until) == ("等鉴定结论", "7", None)
    with pytest.raises(ClockRefused, match="已经暂停"):
        desk.runtime.pause_clock(case, actor="7", reason="x")


def test_resuming_gives_the_time_back_in_the_clocks_own_unit(desk: Desk, case: int, clock: Clock) -> None:
    before = dues(desk, case)
    desk.runtime.pause_clock(case, actor="7", reason="等鉴定", approver="陈教导")
    clock.move(DAY * 3 + HOUR * 5)
    moved = desk.runtime.resume_clock(case, actor="8", reason="鉴定已出", approver="陈教导")
    after = dues(desk, case)
    (pause,) = desk.rows("select since, until, resumed_by, resume_reason from clock_pause")
    stood = pause.until - pause.since
    assert (pause.resumed_by, pause.resume_reason) == ("8", "鉴定已出")
    assert differences(before, after) == {"late": stood, "other": stood, "sign": DAY * 3, "remind": DAY * 3}
    assert {one.element: one.new for one in moved} == after
    lines = desk.value("select explanation from timer where element = 'remind'")
    assert "暂停计时" in lines[1]
    assert "批准：陈教导；理由：等鉴定" in lines[1]
    assert lines[2] == "扣除3个工作日"
    assert desk.value("select next_due from instance") == after["remind"]
    assert desk.history(case)[-2:] == [("clock_paused", ""), ("clock_resumed", "")]
    with pytest.raises(ClockRefused, match="没有暂停"):
        desk.runtime.resume_clock(case, actor="7", reason="x")
    assert desk.fire() == 0
    clock.set(after["remind"] + HOUR)
    assert desk.fire() == 1


def test_a_clock_that_begins_in_a_pause_stands_still_from_its_beginning(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a", dueDate="P3D").user("b", dueDate="P3D")
        .timer("t", "P1D", "b", interrupting=False).end("e").end().chain("start", "a", "b", "end").chain("t", "e")
    )  # fmt: skip
    instance = desk.start("p")
    desk.runtime.pause_clock(instance, actor="7", reason="x")
    clock.move(DAY * 2)
    desk.complete(instance, "a")
    begun = dues(desk, instance)
    clock.move(DAY * 4)
    assert desk.fire() == 0
    desk.runtime.resume_clock(instance, actor="7", reason="x")
    (row,) = desk.rows("select until from clock_pause")
    started = desk.value("select created_at from work_item")
    assert differences(begun, dues(desk, instance)) == {"b": row.until - started, "t": row.until - started}


def test_what_was_late_before_the_pause_stays_late(desk: Desk, case: int, clock: Clock) -> None:
    clock.move(DAY * 2.5)
    before = dues(desk, case)
    desk.runtime.pause_clock(case, actor="7", reason="x")
    clock.move(DAY * 4)
    desk.runtime.resume_clock(case, actor="7", reason="x")
    assert set(differences(before, dues(desk, case))) == {"sign", "late"}
    assert desk.fire() == 1
    assert desk.fired(case) == ["remind"]


def test_a_new_calendar_moves_the_base_and_keeps_what_was_granted(desk: Desk, case: int, clock: Clock) -> None:
    start = desk.value("select created_at from work_item where step = 'sign'")
    desk.runtime.extend(case, "sign", "P5D", actor="7", reason="案情复杂")
    desk.runtime.pause_clock(case, actor="7", reason="x")
    clock.move(DAY * 2 + HOUR)
    desk.runtime.resume_clock(case, actor="7", reason="x")
    assert desk.runtime.recompute_due(case, actor="9", reason="nothing changed") == []
    desk.host.day = DAY * 3
    moved = desk.runtime.recompute_due(case, actor="9", reason="放假通知")
    assert {one.element for one in moved} == {"sign", "remind"}
    # Three working days of three days each, five days granted, and two working days that the clock stood still.
    assert dues(desk, case)["sign"] == start + DAY * 9 + DAY * 5 + DAY * 6
    lines = desk.value("select due_explanation from work_item where step = 'sign'")
    assert [line[:2] for line in lines] == ["3工", "延期", lines[2][:2], "扣除"]
    assert desk.runtime.recompute_due(case, actor="9", reason="again") == []


def test_a_cycle_keeps_its_phase_through_extension_and_pause(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("plain", "R/P1D", "a", kind="timeCycle", interrupting=False).end("e1")
        .timer("working", "R/2工作日", "a", kind="timeCycle", interrupting=False).end("e2").end()
        .chain("start", "a", "end").chain("plain", "e1").chain("working", "e2")
    )  # fmt: skip
    instance = desk.start("p")
    start = desk.value("select min(started_at) from timer")
    desk.runtime.extend(instance, "plain", "PT6H", actor="7", reason="x")
    desk.runtime.pause_clock(instance, actor="7", reason="x")
    clock.move(DAY * 10 + HOUR)
    desk.runtime.resume_clock(instance, actor="7", reason="x")
    (pause,) = desk.rows("select until - since as stood from clock_pause")
    first = dues(desk, instance)
    assert first == {"plain": start + DAY + HOUR * 6 + pause.stood, "working": start + DAY * 12}
    clock.set(first["plain"] + HOUR)
    assert desk.fire() == 1
    clock.set(first["working"] + HOUR)
    desk.fire()
    second = dues(desk, instance)
    assert second["working"] - first["working"] == DAY * 2
    assert (second["plain"] - first["plain"]) % DAY == timedelta(0)
    assert desk.runtime.recompute_due(instance, actor="9", reason="x") == []


def test_periods_that_a_pause_held_back_are_not_missed(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("t", "R/PT1H", "a", kind="timeCycle", interrupting=False).end("e").end()
        .chain("start", "a", "end").chain("t", "e")
    )  # fmt: skip
    instance = desk.start("p")
    start = desk.value("select started_at from timer")
    clock.set(start + HOUR * 1.5)
    with pytest.raises(ClockRefused, match="不需要暂停"):
        desk.runtime.pause_clock(instance, actor="7", reason="the only clock has fallen")
    assert desk.fire() == 1
    assert desk.value("select missed from fire") == 0
    desk.runtime.pause_clock(instance, actor="7", reason="x")
    clock.move(HOUR * 50)
    desk.runtime.resume_clock(instance, actor="7", reason="x")
    assert desk.fire() == 0
    clock.move(HOUR)
    assert desk.fire() == 1
    assert [row.missed for row in desk.rows("select missed from fire order by occurrence")] == [0, 0]


def test_a_period_that_fell_before_the_pause_fires_and_the_next_was_held_back(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a", dueDate="P30D").timer("t", "R/PT1H", "a", kind="timeCycle", interrupting=False)
        .end("e").end().chain("start", "a", "end").chain("t", "e")
    )  # fmt: skip
    instance = desk.start("p")
    start = desk.value("select started_at from timer")
    clock.set(start + HOUR * 1.5)
    desk.runtime.pause_clock(instance, actor="7", reason="x")
    clock.move(HOUR * 50)
    desk.runtime.resume_clock(instance, actor="7", reason="x")
    assert desk.fire() == 1
    (stood,) = desk.rows("select until - since as time from clock_pause")
    (timer,) = desk.rows("select occurrence, due_at from timer")
    assert (timer.occurrence, timer.due_at) == (2, start + HOUR * 2 + stood.time)
    assert desk.value("select missed from fire") == 0


def test_the_clock_jumps_a_week_ahead_and_back(desk: Desk, clock: Clock) -> None:
    desk.deploy(
        Diagram("p").start().user("a").timer("first", "P1D", "a", interrupting=False).end("e1")
        .timer("second", "P2D", "a", interrupting=False).end("e2")
        .timer("again", "R/P3D", "a", kind="timeCycle", interrupting=False).end("e3").end()
        .chain("start", "a", "end").chain("first", "e1").chain("second", "e2").chain("again", "e3")
    )  # fmt: skip
    cases = [desk.start("p", key=f"MY-{number}") for number in range(3)]
    clock.move(DAY * 8)
    while desk.fire(limit=1):
        pass
    assert [desk.fired(case) for case in cases] == [["first", "second", "again"]] * 3
    clock.move(DAY * -8)
    assert desk.fire() == 0
    clock.move(DAY * 8)
    assert desk.fire() == 0
    clock.move(DAY * 2)
    assert desk.fire() == 3
    rows = desk.rows(
        "select instance_id, due_at, fired_at, count(*) over (partition by task_id, occurrence) as n from fire"
    )
    assert {row.n for row in rows} == {1}
    assert all(row.fired_at >= row.due_at for row in rows)
    for case in cases:
        mine = sorted((row for row in rows if row.instance_id == case), key=lambda row: row.fired_at)
        assert [row.due_at for row in mine] == sorted(row.due_at for row in mine)


@dataclass(frozen=True)
class Left:
    """The model: a clock is how much of it is left, and when that was looked at last; it runs or stands."""

    due: datetime
    working: bool

    def extended(self, by: int, now: datetime) -> "Left":
        return self if self.due <= now else replace(self, due=self.due + DAY * by)

    def held(self, since: datetime, until: datetime) -> "Left":
        left = self.due - since
        if left <= timedelta(0):
            return self
        if self.working:
            return replace(self, due=self.due + DAY * ((until - since) // DAY))
        return replace(self, due=until + left)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("wait"), st.integers(1, 130)),
        st.tuples(st.just("extend"), st.integers(1, 9)),
        st.tuples(st.just("pause"), st.just(0)),
        st.tuples(st.just("resume"), st.just(0)),
        st.tuples(st.just("recompute"), st.just(0)),
    ),
    min_size=3,
    max_size=14,
)


@settings(max_examples=examples(40, short=20), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_any_course_of_extensions_and_pauses_agrees_with_the_model(
    desk: Desk, clock: Clock, engine: sa.Engine, steps: list[tuple[str, int]]
) -> None:
    desk.deploy(
        Diagram("m").start().user("a", dueDate="20工作日").timer("short", "P2D", "a", interrupting=False).end("e1")
        .timer("long", "P30D", "a", interrupting=False).end("e2").end()
        .chain("start", "a", "end").chain("short", "e1").chain("long", "e2")
    )  # fmt: skip
    instance = desk.start("m")
    model = {name: Left(due, name == "a") for name, due in dues(desk, instance).items()}
    paused: datetime | None = None
    for verb, number in steps:
        if verb == "wait":
            clock.move(HOUR * number)
        elif verb == "recompute":
            assert desk.runtime.recompute_due(instance, actor="9", reason="x") == []
        elif verb == "extend":
            now = paused or clock.now()
            wanted = {name: left.extended(number, now) for name, left in model.items()}
            if wanted == model:
                with pytest.raises(ClockRefused):
                    desk.runtime.extend(instance, None, f"P{number}D", actor="7", reason="x")
            else:
                desk.runtime.extend(instance, None, f"P{number}D", actor="7", reason="x")
            model = wanted
        elif verb == "pause":
            refused = paused is not None or all(left.due <= clock.now() for left in model.values())
            if refused:
                with pytest.raises(ClockRefused):
                    desk.runtime.pause_clock(instance, actor="7", reason="x")
            else:
                desk.runtime.pause_clock(instance, actor="7", reason="x")
                paused = desk.value(
                    "select since from clock_pause where instance_id = :i and until is null", i=instance
                )
        elif paused is None:
            with pytest.raises(ClockRefused):
                desk.runtime.resume_clock(instance, actor="7", reason="x")
        else:
            desk.runtime.resume_clock(instance, actor="7", reason="x")
            until = desk.value("select max(until) from clock_pause where instance_id = :i", i=instance)
            model = {name: left.held(paused, until) for name, left in model.items()}
            paused = None
        assert dues(desk, instance) == {name: left.due for name, left in model.items()}
        due = [left.due for name, left in model.items() if name != "a"]
        expected = None if paused is not None else min(due)
        assert desk.value("select next_due from instance where id = :i", i=instance) == expected
    desk.complete(instance, "a")
