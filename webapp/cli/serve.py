"""``minyi up``, ``minyi web``, ``minyi worker``."""

import os
import sys

import click

from webapp.settings import Settings


@click.command()
@click.option("--port", default=lambda: int(os.environ.get("PORT") or 8000), show_default="8000 or $PORT", type=int)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 32), help="Processes that serve pages.")
@click.option("--demo/--no-demo", default=True, show_default=True, help="Fill an empty database with the demo bureau.")
def up(port: int, workers: int, demo: bool) -> None:
    """Start database, pages and worker together; Ctrl-C stops all of them."""
    from webapp.cli.opened import var
    from webapp.up import up as start

    def prepare(settings: Settings) -> list[str]:
        from webapp.readiness import greeting, ready

        if not ready(settings):
            from webapp.preparation import prepare as make_ready

            make_ready(settings)
        return greeting(settings)

    sys.exit(start(var(), port=port, workers=workers, demo=demo, prepare=prepare))


@click.command()
@click.option("--port", default=8000, show_default=True, type=int)
@click.option("--workers", default=2, show_default=True, type=click.IntRange(1, 32))
def web(port: int, workers: int) -> None:
    """Serve the pages only; DATABASE_URL names the database."""
    from webapp.up import gunicorn, upgraded

    settings = Settings.from_environment()
    upgraded(settings.database_url)
    command = gunicorn(port, workers)
    os.execv(command[0], command)  # noqa: S606 - the command is ours, word for word


@click.command()
@click.option("--once", is_flag=True, help="Do what is due now and end.")
def worker(once: bool) -> None:
    """Fire deadlines, send what is in the outbox, work through uploads; DATABASE_URL names the database."""
    from webapp.platform import connect
    from webapp.up import upgraded
    from webapp.worker import run

    settings = Settings.from_environment()
    upgraded(settings.database_url)
    run(connect(settings), wait=not once)


COMMANDS = [up, web, worker]
