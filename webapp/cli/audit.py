"""``minyi audit``: prove that no history was changed."""

import sys

import click


@click.group()
def audit() -> None:
    """Check the hash chains of the matters' histories."""


@audit.command()
def verify() -> None:
    """Recompute every chain; exit 1 and name the first broken entry of each matter that does not agree."""
    from engine.casework import history
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        breaks = history.verify(connection)
        count = connection.exec_driver_sql("select count(*) from history_event").scalar_one()
    for broken in breaks:
        click.echo(str(broken), err=True)
    click.echo(f"{count} entries, {len(breaks)} broken chains")
    sys.exit(1 if breaks else 0)


COMMANDS = [audit]
