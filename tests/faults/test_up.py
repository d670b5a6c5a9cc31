"""`minyi up`: one line when it is ready, and nothing left when it is told to stop."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
import psycopg
import pytest
import requests

from engine.database import embedded
from tests.faults.waiting import eventually

READY = re.compile(r"minyi: (http://127\.0\.0\.1:\d+) ")
MARK = "MINYI_TEST_OF"


class Up:
    """A `minyi up` in a terminal of its own: a Ctrl-C reaches it and whatever is in its group."""

    def __init__(self, var: Path) -> None:
        self.var = var
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEMO"}}
        self.log, self.out = var.parent / "errors", var.parent / "output"
        with self.log.open("wb") as log, self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp.cli", "up", "--no-demo", "--port", "0"],
                env=environment | {"VAR_DIR": str(var), MARK: str(var)},
                stdout=out,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def output(self) -> list[str]:
        """What it prints until it is ready."""
        eventually("the line that names the address", lambda: READY.search(self.printed()) or self.process.poll())
        return self.printed().splitlines()

    def printed(self) -> str:
        return self.out.read_text()

    def stop(self, number: signal.Signals) -> int:
        """Send SIGTERM to the process, or SIGINT to its group as a terminal does, and return its exit code."""
        if number is signal.SIGINT:
            os.killpg(self.process.pid, number)
        else:
            self.process.send_signal(number)
        return self.process.wait(60)

    def left(self) -> list[str]:
        """What still runs of all that was started on this folder, PostgreSQL included."""
        return list(started_on(self.var))


def started_on(var: Path) -> Iterator[str]:
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(var):
                yield " ".join(process.cmdline())
        except psutil.Error:
            continue


@pytest.fixture
def var() -> Iterator[Path]:
    with TemporaryDirectory(prefix="minyi-up-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder) / "var"
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == str(Path(folder) / "var"):
                    process.kill()
            except psutil.Error:
                continue


def initialising(var: Path) -> bool:
    return any("initdb" in command for command in started_on(var))


def database_starting(var: Path) -> bool:
    return (var / "postgres" / "postmaster.pid").exists()


def pages_starting(var: Path) -> bool:
    return any("gunicorn" in command for command in started_on(var))


INTERRUPTIONS: list[tuple[Callable[[Path], bool], signal.Signals]] = [
    (initialising, signal.SIGINT),
    (database_starting, signal.SIGTERM),
    (pages_starting, signal.SIGINT),
]


def killed_while_the_database_is_made(var: Path) -> None:
    up = Up(var)
    eventually("the database is being made", lambda: list(var.glob("**/PG_VERSION")), every=0.002)
    for process in [*psutil.Process(up.process.pid).children(recursive=True), up.process]:
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
