"""`minyi up`: one line when it is ready, and nothing left when it is told to stop."""

import signal
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import psycopg
import requests

from engine.database import embedded
from tests.faults.up import READY, Up, command, started_on
from tests.faults.waiting import eventually


def initialising(var: Path) -> bool:
    return any("initdb" in " ".join(command(process)) for process in started_on(var))


def database_starting(var: Path) -> bool:
    return (var / "postgres" / "postmaster.pid").exists()


def pages_starting(var: Path) -> bool:
    return any("gunicorn" in " ".join(command(process)) for process in started_on(var))


INTERRUPTIONS: list[tuple[Callable[[Path], bool], signal.Signals]] = [
    (initialising, signal.SIGINT),
    (database_starting, signal.SIGTERM),
    (pages_starting, signal.SIGINT),
]


def killed_while_the_database_is_made(var: Path) -> None:
    up = Up(var)
    eventually("the database is being made", lambda: list(var.glob("**/PG_VERSION")), every=0.002)
    for process in [*psutil.Process(up.process.pid).children(recursive=True), up.process]:
        with suppress(psutil.NoSuchProcess):  # some of initdb's own live for a moment only
            process.kill()
    up.process.wait()
    eventually("all are dead", lambda: not up.left(), within=10)


def stopped_while_it_starts(var: Path, reached: Callable[[Path], bool], number: signal.Signals) -> None:
    up = Up(var)
    eventually(reached.__name__, lambda: reached(var), every=0.005)
    assert up.stop(number) == 0, up.log.read_text()
    eventually(f"nothing is left after {reached.__name__}", lambda: not up.left(), within=5)


def started_and_stopped(var: Path, number: signal.Signals, look: Callable[[psycopg.Connection], None]) -> None:
    up = Up(var)
    lines = up.output()
    found = READY.search("".join(lines))
    assert found, up.log.read_text()
    assert len(lines) == 1
    assert requests.get(f"{found[1]}/health", timeout=10).status_code == 200
    with psycopg.connect(embedded.url(var / "postgres").replace("+psycopg", ""), autocommit=True) as connection:
        look(connection)
    assert any("gunicorn" in command for command in up.left())
    assert up.stop(number) == 0, up.log.read_text()
    assert up.left() == []
    assert not embedded.running(var / "postgres")


def leave_something(connection: psycopg.Connection) -> None:
    connection.execute("insert into unit (code, name, kind) values ('kept', '留存', 'bureau')")


def find_it_again(connection: psycopg.Connection) -> None:
    assert connection.execute("select name from unit where code = 'kept'").fetchone() == ("留存",)


def test_up_names_its_address_stops_all_it_started_at_any_moment_and_keeps_the_data(var: Path) -> None:
    killed_while_the_database_is_made(var)
    for reached, number in INTERRUPTIONS:
        stopped_while_it_starts(var, reached, number)
    started_and_stopped(var, signal.SIGTERM, leave_something)
    started_and_stopped(var, signal.SIGINT, find_it_again)
