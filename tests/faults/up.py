"""A real `minyi up`, and what runs because of it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.faults.waiting import eventually

READY = re.compile(r"minyi: (http://127\.0\.0\.1:\d+) ")
MARK = "MINYI_TEST_OF"


class Up:
    """A `minyi up` in a terminal of its own: a Ctrl-C reaches it and whatever is in its group."""

    def __init__(self, var: Path, *, demo: bool = False) -> None:
        self.var = var
        environment = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "DEMO"}}
        self.log, self.out = var.parent / "errors", var.parent / "output"
        with self.log.open("wb") as log, self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "webapp.cli", "up", "--demo" if demo else "--no-demo", "--port", "0"],
                env=environment | {"VAR_DIR": str(var), MARK: str(var)},
                stdout=out,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )

    def output(self, within: float = 60) -> list[str]:
        """What it prints until it is ready."""
        eventually(
            "the line that names the address",
            lambda: READY.search(self.printed()) or self.process.poll() is not None,
            within=within,
        )
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
        return [" ".join(command(process)) for process in started_on(self.var)]


def command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def started_on(var: Path) -> Iterator[psutil.Process]:
    """Everything that runs because of a `minyi up` on this folder."""
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get(MARK) == str(var):
                yield process
        except psutil.Error:
            continue


def kill_all(var: Path) -> None:
    """kill -9 everything that runs because of a `minyi up` on this folder."""
    for process in list(started_on(var)):
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
