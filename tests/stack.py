"""The real thing for tests: gunicorn, worker and sink as processes on a database of their own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from webapp.settings import Settings
from webapp.sink import Sink, free_port
from webapp.up import Processes, await_answer, environment_for, gunicorn


class Stack:
    """Pages and worker on ``database_url``; nothing in it is a stand-in."""

    def __init__(self, database_url: str, var: Path, *, demo: bool = True) -> None:
        self.var = var
        self.settings = Settings.from_environment(
            {"DATABASE_URL": database_url, "VAR_DIR": str(var), "DEMO": "1" if demo else "0"}
        )
        self.sink = Sink(var / "delivered")
        self.sink.start()
        self.environment = environment_for(database_url, self.settings, self.sink)
        self.environment["SMTP_URL"] = self.sink.smtp_url
        self.environment["GATEWAY_URL"] = self.sink.gateway_url
        self.environment["SECRET_KEY"] = "the key of a test"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.web = Processes()
        self.workers = Processes()

    def start_web(self, workers: int = 2) -> None:
        self.web.start("web", gunicorn(self.port, workers), self.environment)
        await_answer(self.url, self.web)

    def start_worker(self) -> subprocess.Popen[bytes]:
        self.workers.start("worker", [sys.executable, "-m", "webapp.cli", "worker"], self.environment)
        return self.workers.running[-1][1]

    def web_workers(self) -> list[int]:
        """The process ids of gunicorn's workers, which serve the pages."""
        _name, master = self.web.running[-1]
        return [child.pid for child in psutil.Process(master.pid).children()]

    def kill_a_web_worker(self) -> None:
        """kill -9 one of the processes that serve pages; gunicorn starts another."""
        children = self.web_workers()
        if children:
            os.kill(children[0], signal.SIGKILL)

    def delivered(self) -> list[Path]:
        """What arrived at the mail server and the gateway."""
        return sorted(path for path in (self.var / "delivered").glob("*") if path.is_file())

    def stop(self) -> None:
        self.workers.stop()
        self.web.stop()
        self.sink.stop()
