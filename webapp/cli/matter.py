"""``minyi matter``: bring matters in from a file."""

from pathlib import Path

import click

AT_ONCE = 10


@click.group()
def matter() -> None:
    """Matters."""


@matter.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--channel", required=True, metavar="CODE", help="The channel's code; see 受理渠道.")
@click.option("--column", "columns", multiple=True, metavar="FIELD=COLUMN", help="Say what a column means.")
@click.option("--errors", type=int, default=20, show_default=True, help="How many row errors to print.")
def import_matters(file: Path, channel: str, columns: tuple[str, ...], errors: int) -> None:
    """Import FILE (CSV or XLSX); every row ends as a matter, a linked repeat, out of scope, a duplicate or an error.

    Importing the same file again adds nothing. Without --column the mapping kept with the channel is used, else the
    columns are recognised by their names.
    """
    from engine.casework.importing import import_file
    from webapp.cli.opened import platform

    mapping: dict[str, list[str]] = {}
    for column in columns:
        field, sign, name = column.partition("=")
        if not sign:
            raise click.ClickException(f"--column wants FIELD=COLUMN, not {column!r}")
        mapping.setdefault(field, []).append(name)
    with platform() as opened, click.progressbar(length=1, label=file.name) as bar:

        def progress(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        report = import_file(
            opened.engine,
            opened.runtime,
            channel,
            file.read_bytes(),
            file.name,
            mapping=mapping or None,
            actor="system",
            progress=progress,
        )
    for outcome, count in report.counts.items():
        click.echo(f"{outcome}\t{count}")
    click.echo(f"total\t{sum(report.counts.values())}")
    for row in [row for row in report.rows if row.outcome == "error"][:errors]:
        click.echo(f"line {row.line}: {row.reason}", err=True)


@matter.command("read-attachments")
@click.option("--again", is_flag=True, help="Also those whose reading was broken off, while no worker is running.")
def read_files(*, again: bool) -> None:
    """Read the text of the attachments that nobody has read yet; the worker does the same, some each minute."""
    from engine.casework.attachments import Store
    from engine.casework.file_reading import forget_begun, left, read_attachments
    from webapp.cli.opened import platform

    with platform() as opened:
        store = Store(opened.settings.attachments)
        if again:
            forget_begun(opened.engine)
        with click.progressbar(length=left(opened.engine), label="attachments") as bar:
            while done := read_attachments(opened.engine, store, most=AT_ONCE):
                bar.update(done)


COMMANDS = [matter]
