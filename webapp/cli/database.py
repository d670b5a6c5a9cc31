"""``minyi db``: look at the database and bring it up to date."""

import click


@click.group()
def db() -> None:
    """Look at the database and keep its schema up to date."""


@db.command()
def upgrade() -> None:
    """Bring the database to the newest schema."""
    from webapp.cli.opened import platform

    with platform():
        click.echo("The database has the newest schema.")


@db.command()
def status() -> None:
    """Print the schema's revision and how much the database holds."""
    from engine.database.schema import newest_revision
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        version = connection.exec_driver_sql("show server_version").scalar_one()
        size = connection.exec_driver_sql("select pg_size_pretty(pg_database_size(current_database()))").scalar_one()
        matters = connection.exec_driver_sql("select count(*) from matter").scalar_one()
        click.echo(f"PostgreSQL {version}, schema {newest_revision()}, {size}, {matters} matters")


COMMANDS = [db]
