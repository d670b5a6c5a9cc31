"""`minyi up`: everything on one machine, started together and stopped together."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import sqlalchemy as sa

from engine.database import embedded
from webapp.settings import Settings
from webapp.sink import Sink, free_port

STOP_PATIENCE = 25  # seconds a process gets to finish what it is doing
START_PATIENCE = 60  # seconds until the pages must answer
POLL = 0.1


class StartError(RuntimeError):
    """Something did not start; the message is one line that says what."""


@contextmanager
def database(var: Path) -> Iterator[str]:
    """Yield DATABASE_URL's database, or our own PostgreSQL under ``var`` while it is needed.

    Raises StartError.
    """
    given = os.environ.get("DATABASE_URL")
    if given:
        yield given
        return
    try:
        with embedded.server(var / "postgres") as address:
            yield address
    except embedded.EmbeddedDatabaseError as error:
        raise StartError(f"The built-in database does not start: {error}") from error


def upgraded(address: str) -> None:
    """Bring the database at ``address`` to the newest schema. Raises DatabaseUnusableError."""
    from engine.database import schema  # noqa: PLC0415 - loaded while the pages' own process starts

    engine = sa.create_engine(address)
    try:
        schema.upgrade(engine)
    finally:
        engine.dispose()


class Processes:
    """The processes of one installation; each in a group of its own, so that a Ctrl-C reaches only us."""

    def __init__(self) -> None:
        self.running: list[tuple[str, subprocess.Popen[bytes]]] = []

    def start(self, name: str, command: Sequence[str], environment: dict[str, str]) -> None:
        """Start one process and remember it."""
        process = subprocess.Popen(  # noqa: S603 - the command is ours, word for word
            list(command), env=environment, start_new_session=True, stdin=subprocess.DEVNULL
        )
        self.running.append((name, process))

    def ended(self) -> str | None:
        """Return the name of a process that ended, if any did."""
        return next((name for name, process in self.running if process.poll() is not None), None)

    def stop(self) -> None:
        """Ask all to stop, wait for them, and kill what does not."""
        for _name, process in self.running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE
        for _name, process in self.running:
            try:
                process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def answers(address: str) -> bool:
    """Say whether the pages at ``address`` answer."""
    try:
        with urlopen(f"{address}/health", timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)  # noqa: PLR2004 - OK
    except (URLError, OSError):
        return False


def await_answer(address: str, processes: Processes) -> None:
    """Return when the pages answer. Raises StartError when a process ends or nothing answers in time."""
    deadline = time.monotonic() + START_PATIENCE
    while not answers(address):
        ended = processes.ended()
        if ended:
            raise StartError(f"The {ended} process ended while starting; its last lines are above.")
        if time.monotonic() > deadline:
            raise StartError(f"{address} does not answer after {START_PATIENCE} seconds.")
        time.sleep(POLL)


def gunicorn(port: int, workers: int) -> list[str]:
    """Return the command that serves the pages."""
    return [
        sys.executable,
        "-m",
        "gunicorn",
        "webapp.wsgi:app",
        "--preload",  # the code is loaded once, before the workers are forked
        f"--bind=127.0.0.1:{port}",
        f"--workers={workers}",
        "--worker-class=gthread",
        "--threads=4",
        "--graceful-timeout=15",
        "--timeout=120",
        "--no-control-socket",
        "--log-level=warning",
    ]


def environment_for(address: str, settings: Settings, sink: Sink | None) -> dict[str, str]:
    """Return the environment the processes are started with."""
    environment = {
        **os.environ,
        "TZ": "UTC",
        "DATABASE_URL": address,
        "VAR_DIR": str(settings.var),
        "DEMO": "1" if settings.demo else "0",
    }
    if sink is not None:
        environment.setdefault("SMTP_URL", sink.smtp_url)
        environment.setdefault("GATEWAY_URL", sink.gateway_url)
    return environment


def up(var: Path, *, port: int, workers: int, demo: bool, prepare: Callable[[Settings], list[str]]) -> int:
    """Start everything, print one line with the address, and stop everything at Ctrl-C or SIGTERM.

    ``port=0`` takes a free one. ``prepare`` deploys the processes and fills the demo bureau; it returns lines to
    print. Returns the exit code.
    """
    stop = False

    def told_to_stop(_number: int, _frame: object) -> None:
        nonlocal stop
        stop = True

    signal.signal(signal.SIGTERM, told_to_stop)
    signal.signal(signal.SIGINT, told_to_stop)
    with ExitStack() as stack:
        address = stack.enter_context(database(var))
        settings = Settings.from_environment(
            {**os.environ, "DATABASE_URL": address, "VAR_DIR": str(var), "DEMO": "1" if demo else "0"}
        )
        sink = None
        if not (os.environ.get("SMTP_URL") and os.environ.get("GATEWAY_URL")):
            sink = Sink(settings.var / "delivered")
            sink.start()
            stack.callback(sink.stop)
        environment = environment_for(address, settings, sink)
        port = port or free_port()
        processes = Processes()
        stack.callback(processes.stop)
        # Loading the pages takes longest and needs no database: it goes on beside making the database ready.
        processes.start("web", gunicorn(port, workers), environment)
        upgraded(address)
        lines = prepare(settings)
        if stop:
            return 0
        processes.start("worker", [sys.executable, "-m", "webapp.cli", "worker"], environment)
        web = f"http://127.0.0.1:{port}"
        await_answer(web, processes)
        for line in lines:
            print(line)  # noqa: T201 - this is a command
        print(f"民意督办平台 minyi: {web}  (Ctrl-C stops everything)", flush=True)  # noqa: T201 - this is a command
        while not stop:
            ended = processes.ended()
            if ended:
                raise StartError(f"The {ended} process ended; everything is stopped.")
            time.sleep(POLL)
    return 0
