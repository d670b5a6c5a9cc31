"""kill -9 of `minyi up` in the middle of filling the demo bureau: the next start notices, and fills it whole."""

import random
import re
import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from engine.casework.demo import filling
from engine.casework.demo.founding import found
from engine.casework.demo.messages import MATTERS
from engine.database import clock, embedded
from tests.batteries import FULL
from tests.faults.audit import chains_hold, state_equals_rows
from tests.faults.bureau import PASSWORD, Bureau, settings_for
from tests.faults.up import READY, Up, command, kill_all, started_on
from tests.faults.waiting import eventually
from webapp.demonstration.visits import PageError, Visit
from webapp.preparation import BEGUN_ANEW, KEPT, NOT_EMPTY, prepare
from webapp.readiness import ready

PATIENCE = 300  # seconds in which a demo is filled
LEADER = "hemingyuan"
BOUND = re.compile(r"--bind=(127\.0\.0\.1:\d+)")


def progress(var: Path) -> tuple[datetime | None, int]:
    """When the fill at work began, and how many matters the bureau has so far."""
    try:
        with psycopg.connect(embedded.url(var / "postgres").replace("+psycopg", "")) as connection:
            row = connection.execute(
                "select (select begun_at from demo_fill), (select count(*) from matter)"
            ).fetchone()
    except psycopg.Error:
        return None, 0
    return row or (None, 0)


def pages_of(up: Up) -> str:
    """The address of the pages, which answer long before the demo is filled."""
    bound = BOUND.search(" ".join(" ".join(command(process)) for process in started_on(up.var)))
    assert bound
    return f"http://{bound[1]}"


def killed_in_the_middle(var: Path, chance: random.Random, before: datetime | None) -> datetime:
    """Begin to fill a demo, find that nobody is let in, and kill everything there is; return when the fill began."""
    up = Up(var, demo=True)
    enough = chance.randrange(10, len(MATTERS) * 2 // 3 if FULL else 30)

    def partly() -> datetime | None:
        begun, matters = progress(var)
        return begun if begun != before and matters >= enough else None

    begun = eventually("a part of the demo", partly, within=PATIENCE, every=0.02)
    assert begun
    with pytest.raises(PageError, match=r"503.*演示单位还在准备"):
        Visit(pages_of(up), LEADER, PASSWORD)
    kill_all(var)
    up.process.wait()
    eventually("all are dead", lambda: not up.left(), within=10)
    return begun


def filled_whole(var: Path, tmp_path: Path) -> None:
    """Start once more: one line says what is done, and the demo is there as if it had been filled at once."""
    up = Up(var, demo=True)
    address = READY.search("".join(up.output(within=PATIENCE)))
    assert address, up.log.read_text()
    said = [line for line in up.log.read_text().splitlines() if line.startswith("minyi:")]
    assert said == [f"minyi: {BEGUN_ANEW}"]
    Visit(address[1], LEADER, PASSWORD).open("/tasks")
    bureau = Bureau(embedded.url(var / "postgres"), tmp_path)
    try:
        numbers = [row.number for row in bureau.rows("select number from matter order by number")]
        assert len(numbers) == len(MATTERS)
        assert bureau.value("select max(id) from matter") == len(MATTERS)
        with bureau.engine.connect() as connection:
            assert clock.current_shift(connection) == timedelta()
        assert bureau.value("select count(*) from instance where next_due < clock_now() - interval '1 minute'") == 0
        chains_hold(bureau)
        assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
    finally:
        bureau.close()
    assert up.stop(signal.SIGTERM) == 0, up.log.read_text()


def test_a_demo_killed_while_it_is_filled_is_filled_anew_and_whole(var: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chooses moments, guards nothing
    begun = None
    for _ in range(6 if FULL else 1):
        begun = killed_in_the_middle(var, chance, begun)
    filled_whole(var, tmp_path)


@pytest.fixture
def half(database_url: str, engine: sa.Engine, tmp_path: Path) -> Iterator[Bureau]:
    """A database as a fill leaves it that is killed after its first rows, its clock in the past."""
    with engine.begin() as connection:
        filling.begin(connection)
        found(connection)
        clock.shift(connection, timedelta(days=-100))
    bureau = Bureau(database_url, tmp_path)
    yield bureau
    bureau.close()


def test_a_fill_that_was_interrupted_is_emptied_also_when_no_demo_is_wanted(
    half: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_for(half.url, tmp_path, demo=False)
    assert not ready(settings)
    prepare(settings)
    assert capsys.readouterr().err == f"minyi: {BEGUN_ANEW}\n"
    assert half.value("select count(*) from officer") == 0
    assert half.value("select count(*) from deployment") == 1
    with half.engine.connect() as connection:
        assert clock.current_shift(connection) == timedelta()
        assert filling.is_empty(connection)
    assert ready(settings)


def test_an_interrupted_demo_in_which_somebody_has_worked_is_kept_at_real_time(
    half: Bureau, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    officers = half.value("select count(*) from officer")
    with half.engine.begin() as connection:
        connection.exec_driver_sql("update officer set password_changed_at = clock_now() where login = 'hemingyuan'")
    settings = settings_for(half.url, tmp_path, demo=True)
    prepare(settings)
    assert capsys.readouterr().err == f"minyi: {KEPT}\n"
    assert half.value("select count(*) from officer") == officers
    with half.engine.connect() as connection:
        assert clock.current_shift(connection) == timedelta()
    assert ready(settings)


def test_a_database_without_officers_that_holds_something_is_not_filled(
    database_url: str, engine: sa.Engine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("insert into unit (code, name, kind) values ('kept', '留存', 'bureau')")
    prepare(settings_for(database_url, tmp_path, demo=True))
    assert capsys.readouterr().err == f"minyi: {NOT_EMPTY}\n"
    with engine.connect() as connection:
        assert connection.scalar(sa.text("select count(*) from officer")) == 0
        assert connection.scalar(sa.text("select name from unit")) == "留存"
