"""``minyi index``: the text index that search and comparison ask; the worker keeps it up by itself."""

import click


@click.group()
def index() -> None:
    """Build the text index anew, or see how it stands; the worker keeps it up by itself."""


@index.command()
def rebuild() -> None:
    """Build the index anew; search goes on with the one there is, and everything changed meanwhile is taken in."""
    from engine.casework import text_index
    from webapp.cli.opened import platform

    with platform() as opened:
        with opened.engine.connect() as connection:
            matters = connection.exec_driver_sql("select count(*) from matter").scalar_one()
        with click.progressbar(length=matters, label="text index") as bar:
            done = text_index.rebuild(
                opened.engine, opened.settings.text_index, lambda done: bar.update(done - bar.pos)
            )
        click.echo(f"{done} documents in {opened.settings.text_index}")


@index.command()
def status() -> None:
    """Print how many documents the index has, up to which transactions it goes, and how far it is behind."""
    from engine.casework import text_index
    from rules.text_index_store import TextIndexError, rebuilding
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        folder = opened.settings.text_index
        if rebuilding(folder):
            click.echo("An index is being built.")
        try:
            reader = text_index.index_of(connection)
        except TextIndexError as problem:
            raise click.ClickException(f"{problem} Run `minyi index rebuild`, or start the worker.") from problem
        behind = text_index.behind(connection, reader.watermark)
        size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        click.echo(f"{reader.size} documents, {size / 1e6:.1f} MB in {folder}")
        click.echo(f"watermark {reader.watermark}")
        seconds = behind.waiting.total_seconds()
        click.echo(f"behind by {behind.matters} matters, {seconds:.1f} seconds" if behind.matters else "up to date")


COMMANDS = [index]
