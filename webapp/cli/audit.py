"""``minyi audit``: prove that no history was changed."""

import sys

import click


@click.group()
def audit() -> None:
    """Check the hash chains of the matters' histories, and the ledger of timers."""


@audit.command()
def verify() -> None:
    """Recompute every chain and check the fire ledger; exit 1 and name whatever does not hold.

    No timer may have fired twice or early, and none may be overdue for more than ten minutes.
    """
    from engine.casework import history
    from engine.runtime.timer_proof import prove
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        breaks = history.verify(connection)
        count = connection.exec_driver_sql("select count(*) from history_event").scalar_one()
        proof = prove(connection)
    for broken in breaks:
        click.echo(str(broken), err=True)
    click.echo(f"{count} entries, {len(breaks)} broken chains")
    for one in proof.missing:
        due = one.due_at.isoformat()
        click.echo(f"{one.business_key}: {one.element} was due at {due} {one.incident}".strip(), err=True)
    click.echo(
        f"{proof.fired} timers fired: {proof.twice} twice, {proof.early} early, {proof.missing_total} missing, "
        f"{proof.unwatched} unwatched; {proof.started} scheduled starts: {proof.started_twice} twice, "
        f"{proof.started_early} early"
    )
    sys.exit(0 if proof.holds and not breaks else 1)


COMMANDS = [audit]
