"""A stage for the story: a database of its own, the demo bureau without matters, real pages, worker and sink."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection

from engine.casework.calendar_store import seed_calendar
from engine.casework.deploying import deploy_from_disk
from engine.database import embedded
from webapp.platform import Platform, connect
from webapp.settings import Settings
from webapp.sink import Sink, free_port
from webapp.up import Processes, await_answer, environment_for, gunicorn, upgraded


@dataclass(frozen=True)
class Stage:
    """What runs: pages at ``base``, everything sent kept in ``delivered``, one file for each message."""

    base: str
    platform: Platform
    delivered: Path


@contextmanager
def stage(found_bureau: Callable[[Connection], None]) -> Iterator[Stage]:
    """Yield a running platform; everything of it is stopped and deleted afterwards.

    ``found_bureau`` writes units and officers. Raises StartError when a process does not come up.
    """
    with ExitStack() as stack:
        var = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="minyi-demo-")))
        address = stack.enter_context(embedded.temporary())
        upgraded(address)
        settings = Settings.from_environment({"DATABASE_URL": address, "VAR_DIR": str(var), "DEMO": "1"})
        platform = connect(settings)
        stack.callback(platform.engine.dispose)
        with platform.engine.begin() as connection:
            seed_calendar(connection)
            found_bureau(connection)
        deploy_from_disk(platform.runtime, note="随程序提供的流程")
        sink = Sink(var / "delivered")
        sink.start()
        stack.callback(sink.stop)
        environment = environment_for(address, settings, sink)
        processes = Processes()
        stack.callback(processes.stop)
        port = free_port()
        processes.start("web", gunicorn(port, 2), environment)
        processes.start("worker", [sys.executable, "-m", "webapp.cli", "worker"], environment)
        base = f"http://127.0.0.1:{port}"
        await_answer(base, processes)
        yield Stage(base, platform, var / "delivered")
