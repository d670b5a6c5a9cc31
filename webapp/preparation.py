"""What an installation needs before its pages open: a calendar, deployed processes, and in a demo its bureau."""

import sys

import click
import sqlalchemy as sa

from engine.casework.calendar_store import seed_calendar
from engine.casework.deploying import deploy_from_disk
from engine.runtime import NotFound
from webapp.platform import Platform, connect
from webapp.settings import Settings


def _deploy(platform: Platform) -> None:
    """Deploy the shipped processes into an empty database; what owners deployed since is theirs."""
    try:
        with platform.engine.connect() as connection:
            platform.runtime.current(connection)
    except NotFound:
        deploy_from_disk(platform.runtime, note="随程序提供的流程")


def _fill_demo(platform: Platform) -> bool:
    """Create the demo bureau where there is no officer yet; return whether it was created."""
    from engine.casework.demo.seed import seed  # noqa: PLC0415 - an installation without a demo needs none of it

    with platform.engine.connect() as connection:
        if connection.scalar(sa.text("select exists (select from officer)")):
            return False
    with click.progressbar(length=100, label="Filling the demo bureau", file=sys.stderr) as bar:

        def progress(done: int, total: int) -> None:
            bar.update(max(0, done * 100 // max(1, total) - bar.pos))

        seed(platform.engine, platform.runtime, progress)
    return True


def prepare(settings: Settings) -> None:
    """Make an installation ready; does nothing a second time."""
    platform = connect(settings)
    try:
        with platform.engine.begin() as connection:
            seed_calendar(connection)
        _deploy(platform)
        if settings.demo:
            _fill_demo(platform)
    finally:
        platform.engine.dispose()
