"""The bureau's processes, some with a fuse: those die at a named point when they are told to."""

import signal
import sys
from pathlib import Path

from tests.conftest import REPOSITORY
from tests.stack import Stack
from webapp.up import await_answer, gunicorn

DEATH = 60  # seconds in which a process comes to the point it is to die at


class FusedStack(Stack):
    """Pages, and a worker that is to die, started through :mod:`tests.faults.dying`; other workers have no fuse."""

    def __init__(self, database_url: str, var: Path) -> None:
        super().__init__(database_url, var, demo=False)
        self.fuse = var / "fuse"
        self.environment["PYTHONPATH"] = str(REPOSITORY)

    def light(self, point: str) -> None:
        """Let the next process that comes to this point die there."""
        draft = self.fuse.with_suffix(".new")
        draft.write_text(point)
        draft.rename(self.fuse)

    @property
    def burnt(self) -> bool:
        """Whether somebody has died at the point that was named last."""
        return not self.fuse.exists()

    def start_web(self, workers: int = 2) -> None:
        self.web.start("web", self._fused(gunicorn(self.port, workers)), self.environment)
        await_answer(self.url, self.web)

    def worker_dies_at(self, point: str) -> None:
        """Start a worker with a fuse and return when it has killed itself at this point."""
        self.light(point)
        self.workers.start("worker", self._fused([sys.executable, "-m", "webapp.cli", "worker"]), self.environment)
        _name, worker = self.workers.running[-1]
        assert worker.wait(DEATH) == -signal.SIGKILL
        assert self.burnt

    def _fused(self, command: list[str]) -> list[str]:
        return [command[0], "-m", "tests.faults.dying", str(self.fuse), *command[1:]]
