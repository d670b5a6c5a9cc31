"""``minyi token``: tokens for the API."""

import click

LIFE = 90


@click.group()
def token() -> None:
    """Make and list tokens with which other systems call the API as an officer."""


@token.command()
@click.argument("login")
@click.option("--name", required=True, help="Which system uses it, and for what.")
@click.option("--scope", type=click.Choice(["read", "write"]), default="read", show_default=True)
@click.option("--days", type=click.IntRange(1, 366), default=LIFE, show_default=True, help="How long it is good for.")
def create(login: str, name: str, scope: str, days: int) -> None:
    """Make a token that acts as the officer LOGIN, and print it, this once."""
    from engine.casework import api_tokens
    from engine.casework.history import SYSTEM
    from engine.runtime import RuntimeFailure
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.begin() as connection:
        row = connection.exec_driver_sql("select id from officer where login = %s", (login,)).one_or_none()
        if row is None:
            raise click.ClickException(f"There is no officer with the login {login!r}; see minyi user list.")
        try:
            made = api_tokens.create(connection, row.id, name, scope=scope, days=days, actor=SYSTEM)
        except RuntimeFailure as refused:
            raise click.ClickException(refused.message) from None
    click.echo(f"Good until {made.expires_at:%Y-%m-%d}; it is not shown again:", err=True)
    click.echo(made.secret)


@token.command("list")
@click.argument("login")
def list_tokens(login: str) -> None:
    """Print the tokens of the officer LOGIN, those in force first."""
    from engine.casework import api_tokens
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        row = connection.exec_driver_sql("select id from officer where login = %s", (login,)).one_or_none()
        if row is None:
            raise click.ClickException(f"There is no officer with the login {login!r}; see minyi user list.")
        for one in api_tokens.of_officer(connection, row.id):
            used = f"{one.last_used_at:%Y-%m-%d %H:%M}" if one.last_used_at else "never"
            click.echo(
                f"{one.id}\t…{one.hint}\t{one.scope}\t{one.state}\t{one.expires_at:%Y-%m-%d}\t{used}\t{one.name}"
            )


COMMANDS = [token]
