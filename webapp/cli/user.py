"""``minyi user``: officers' accounts."""

import click


@click.group()
def user() -> None:
    """List officers and set their passwords."""


@user.command("list")
def list_officers() -> None:
    """Print every officer with unit and roles."""
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select o.login, o.name, o.active, "
            "coalesce(string_agg(distinct h.role || ' @ ' || coalesce(u.name, '*'), ', '), '') "
            "from officer o left join holding h on h.officer_id = o.id left join unit u on u.id = h.unit_id "
            "group by o.id order by o.login"
        ).all()
    for login, name, active, roles in rows:
        click.echo(f"{login}\t{name}\t{'' if active else '(inactive) '}{roles}")


@user.command()
@click.argument("login")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True)
def password(login: str, password: str) -> None:
    """Set an officer's password and unlock the account."""
    from engine.casework.authentication import set_password
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.begin() as connection:
        row = connection.exec_driver_sql("select id from officer where login = %s", (login,)).one_or_none()
        if row is None:
            raise click.ClickException(f"There is no officer with the login {login!r}; see minyi user list.")
        set_password(connection, row.id, password)
    click.echo(f"The password of {login} is set.")


COMMANDS = [user]
