"""What an installation needs before its pages open: a calendar, deployed processes, and in a demo its bureau."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click
import sqlalchemy as sa

from engine.casework.calendar_store import seed_calendar
from engine.casework.demo import filling
from engine.casework.deploying import deploy_from_disk
from engine.runtime import NotFound
from webapp.platform import Platform, connect
from webapp.settings import Settings

PREPARING = 0x6D696E7A  # the advisory lock that lets one process prepare at a time

BEGUN_ANEW = "The demo bureau was filled only in part when the last start was stopped: it is emptied and filled anew."
KEPT = "The demo bureau was filled only in part and somebody has worked in it since: it is kept, at real time."
NOT_EMPTY = "The database has no officer but other data: it is not filled with the demo bureau."


@contextmanager
def _alone(platform: Platform) -> Iterator[None]:
    """Hold the lock of whoever prepares; it goes with the process that holds it."""
    with platform.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql(f"select pg_advisory_lock({PREPARING})")
        try:
            yield
        finally:
            connection.exec_driver_sql(f"select pg_advisory_unlock({PREPARING})")


def _mend(platform: Platform) -> str | None:
    """Empty a demonstration whose fill was interrupted; return what to say of it."""
    with platform.engine.begin() as connection:
        if not filling.unfinished(connection):
            return None
        if filling.used(connection):
            filling.keep(connection)
            return KEPT
        filling.empty(connection)
        return BEGUN_ANEW


def _deploy(platform: Platform) -> None:
    """Deploy the shipped processes into an empty database; what owners deployed since is theirs."""
    try:
        with platform.engine.connect() as connection:
            platform.runtime.current(connection)
    except NotFound:
        deploy_from_disk(platform.runtime, note="随程序提供的流程")


def _fill_demo(platform: Platform) -> str | None:
    """Create the demo bureau where there is no officer yet; return what to say when it cannot be."""
    from engine.casework.demo.seed import seed  # noqa: PLC0415 - an installation without a demo needs none of it

    with platform.engine.connect() as connection:
        if connection.scalar(sa.text("select exists (select from officer)")):
            return None
        if not filling.is_empty(connection):
            return NOT_EMPTY
    with click.progressbar(length=100, label="Filling the demo bureau", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(max(0, done * 100 // max(1, total) - bar.pos))

        seed(platform.engine, platform.runtime, progress)
    return None


def _say(line: str | None) -> None:
    if line is not None:
        click.echo(f"minyi: {line}", err=True)


def prepare(settings: Settings) -> None:
    """Make an installation ready; does nothing a second time, and mends what a killed one has left half done."""
    platform = connect(settings)
    try:
        with _alone(platform):
            _say(_mend(platform))
            with platform.engine.begin() as connection:
                seed_calendar(connection)
            _deploy(platform)
            if settings.demo:
                _say(_fill_demo(platform))
    finally:
        platform.engine.dispose()
