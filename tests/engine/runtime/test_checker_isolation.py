"""The checker in its own process: the same answers, bounded in time and memory, started anew when it has ended."""

import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.runtime import Runtime
from engine.runtime.checker import check_and_try
from engine.runtime.checker.isolation import MOST_BYTES, Isolated
from engine.runtime.checker.wire import pack_answer, pack_request, unpack_answer, unpack_request
from engine.runtime.checker.worker import MEMORY
from tests.conftest import Clock
from tests.engine.runtime.checker_cases import CASES, Case
from tests.engine.runtime.checker_cases.case import failing_fields
from tests.engine.runtime.checker_diagrams import FORM, GOOD, KNOWN, bpmn, service
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.recording_host import RecordingHost

DATED = replace(KNOWN, now=datetime(2026, 11, 1, tzinfo=UTC), reads=("a",))


@pytest.fixture(scope="module")
def isolated() -> Iterator[Isolated]:
    one = Isolated()
    yield one
    one.close()


def files_of(case: Case) -> dict[str, bytes]:
    files = {"processes/p.bpmn": case.bad} if isinstance(case.bad, bytes) else dict(case.bad)
    return {"forms/a.form": FORM, "forms/b.form": FORM, "forms/c.form": FORM, **files}


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.known in (KNOWN, DATED)][::4], ids=lambda case: case.code
)
def test_it_says_what_the_checker_says(isolated: Isolated, case: Case) -> None:
    assert isolated.check(files_of(case), KNOWN) == check_and_try(files_of(case), KNOWN)


def test_faults_of_forms_come_through(isolated: Isolated) -> None:
    files = {"processes/p.bpmn": bpmn(GOOD), "forms/a.form": b"!one !two", "forms/b.form": b"failing"}
    known = replace(KNOWN, fields=failing_fields)
    assert isolated.check(files, known) == check_and_try(files, known)
    codes = [problem.code for problem in isolated.check(files, known)]
    assert "form-failed" in codes
    wrong = [problem.message for problem in isolated.check({"forms/a.form": b"!one !two"}, KNOWN)]
    assert wrong == ["表单有错：one", "表单有错：two"]


def test_all_that_is_known_passes() -> None:
    files, known = unpack_request(pack_request({"processes/p.bpmn": b"\xff\x00"}, DATED))
    assert files == {"processes/p.bpmn": b"\xff\x00"}
    assert (known.now, set(known.roles), known.reads) == (DATED.now, set(DATED.roles), ["a"])
    assert set(known.holders or ()) == set(DATED.holders or ())
    assert known.start == DATED.start
    for name, one in DATED.services.items():
        there = known.services[name]
        assert (there.parameters, there.optional, there.outputs) == (one.parameters, one.optional, one.outputs)
        assert there.errors == one.errors
        assert there.effect == one.effect
    problems = check_and_try(files, known)
    assert unpack_answer(pack_answer(problems)) == problems


def test_what_takes_too_long_is_a_problem_and_the_next_one_is_answered() -> None:
    hurried = Isolated(seconds=0.0005)
    (problem,) = hurried.check({"processes/p.bpmn": bpmn(GOOD)}, KNOWN)
    assert (problem.code, problem.severity, problem.file) == ("checker-limit", "error", "processes/p.bpmn")
    assert "时间" in problem.message
    hurried.seconds = 30.0
    assert hurried.check({"processes/p.bpmn": bpmn(GOOD), "forms/a.form": FORM}, KNOWN) == []
    hurried.close()


def test_waiting_for_another_check_counts_too() -> None:
    asked = Isolated(seconds=0.05)
    with asked._lock:
        (problem,) = asked.check({"processes/p.bpmn": bpmn(GOOD)}, KNOWN)
    assert (problem.code, "时间" in problem.message) == ("checker-limit", True)


def test_what_takes_too_much_memory_is_a_problem() -> None:
    used = resource.getrlimit(resource.RLIMIT_AS)
    greedy = Isolated(module="tests.engine.runtime.greedy_worker")
    (problem,) = greedy.check({"processes/p.bpmn": bpmn(GOOD), "forms/a.form": FORM}, KNOWN)
    greedy.close()
    assert (problem.code, problem.severity) == ("checker-limit", "error")
    assert "内存" in problem.message
    assert resource.getrlimit(resource.RLIMIT_AS) == used
    assert MEMORY <= 2**31


def test_too_much_together_is_a_problem() -> None:
    (problem,) = Isolated().check({"processes/p.bpmn": b" " * (MOST_BYTES + 1)}, KNOWN)
    assert problem.code == "checker-limit"


def test_a_process_that_was_killed_is_started_anew(isolated: Isolated) -> None:
    isolated.check({"processes/p.bpmn": bpmn(GOOD)}, KNOWN)
    first = isolated._process
    assert first is not None
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    again = bpmn(GOOD + service("x"))
    assert isolated.check({"processes/p.bpmn": again}, KNOWN) == check_and_try({"processes/p.bpmn": again}, KNOWN)


def test_it_ends_with_whoever_started_it(isolated: Isolated) -> None:
    isolated.check({"processes/p.bpmn": bpmn(GOOD)}, KNOWN)
    process = isolated._process
    assert process is not None
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(timeout=30) == 0


def test_it_is_told_no_secret(isolated: Isolated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    fresh = Isolated()
    fresh.check({"processes/p.bpmn": bpmn(GOOD)}, KNOWN)
    process = fresh._process
    assert process is not None
    given = Path(f"/proc/{process.pid}/environ").read_bytes()
    fresh.close()
    assert b"PATH=" in given
    assert b"DATABASE_URL" not in given


class ThinlyStaffed(RecordingHost):
    """Nobody is an instructor."""

    def holders(self, connection: sa.Connection) -> list[str]:
        return list(connection.exec_driver_sql("select unnest(array['handler', 'receiver'])").scalars())


def test_the_runtime_asks_the_database_who_holds_a_role_and_what_time_it_is(engine: sa.Engine, clock: Clock) -> None:
    runtime = Runtime(engine, ThinlyStaffed(engine))
    clock.set(datetime(2027, 3, 1, tzinfo=UTC))
    drawn = Diagram("main").start().user("sign", candidateGroups="instructor").end().chain("start", "sign", "end")
    drawn.timer("soon", "2027-03-01T12:00:00+00:00", "sign", kind="timeDate").end("late").chain("soon", "late")
    files = {"processes/main.bpmn": drawn.xml(), "forms/sign.form": b"{}"}
    assert [problem.code for problem in runtime.check(files)] == ["role-without-holder"]
    clock.move(timedelta(days=1))
    assert {problem.code for problem in runtime.check(files)} == {"role-without-holder", "timer-past"}
