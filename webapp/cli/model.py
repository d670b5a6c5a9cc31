"""``minyi model``: the versions of the routing model."""

import getpass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.casework.learning_models import Actor


@click.group()
def model() -> None:
    """Train the routing model, list its versions, go back to an earlier one."""


@model.command()
@click.option("--if-due", is_flag=True, help="Only if there is enough that is new.")
def train(if_due: bool) -> None:
    """Train now on what staff decided; goes live unless it is worse than the version in force."""
    from engine.casework import learning_training
    from webapp.cli.opened import platform

    with platform() as opened:
        if if_due:
            done = learning_training.train_if_due(opened.engine)
            if done is None:
                click.echo("Not due.")
                return
        else:
            done = learning_training.train(opened.engine, actor=_somebody())
    click.echo(f"{done.model_id}\t{done.examples} decisions\t{done.why or 'in force'}")


@model.command("list")
def list_versions() -> None:
    """Print the versions, the latest first: number, state, when, examples, right before and after, why refused."""
    from engine.casework.learning_models import versions
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        for one in versions(connection):
            before, after = one.comparison["current"], one.comparison["candidate"]
            click.echo(
                f"{one.id}\t{one.version}\t{one.state}\t{one.trained_at:%Y-%m-%d %H:%M}\t{one.examples}\t"
                f"{before:.3f}\t{after:.3f}\t{one.why}"
            )


@model.command()
@click.argument("number")
@click.option("--reason", required=True, help="Why; it is kept.")
def use(number: str, reason: str) -> None:
    """Put version NUMBER in force again; NUMBER is `rules` for the rules alone. Training then waits for a person."""
    from engine.casework import learning_models
    from webapp.cli.opened import platform

    if number != "rules" and not number.isdecimal():
        raise click.BadParameter("give the number of a version as `minyi model list` prints it, or `rules`")
    with platform() as opened, opened.engine.begin() as connection:
        if number == "rules":
            learning_models.stop(connection, reason=reason, actor=_somebody())
        else:
            learning_models.use(connection, int(number), reason=reason, actor=_somebody())
    click.echo(f"In force: {number}")


def _somebody() -> "Actor":
    """Return who works on the command line: no officer, but the name of the account on this machine."""
    from engine.casework.history import SYSTEM
    from engine.casework.learning_models import Actor

    return Actor(SYSTEM, f"命令行（{getpass.getuser()}）")


COMMANDS = [model]
