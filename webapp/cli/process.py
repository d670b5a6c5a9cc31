"""``minyi process``: check, deploy and list the processes."""

import sys
from pathlib import Path

import click


@click.group()
def process() -> None:
    """Check, deploy and list what the procedure is made of: diagrams, decision tables, forms."""


def _files(paths: tuple[Path, ...]) -> dict[str, bytes]:
    """Read the named files, completed by the shipped ones they may refer to."""
    from engine.casework.deploying import FOLDERS, files_on_disk

    files = files_on_disk()
    folders = {suffix: folder for folder, suffixes in FOLDERS.items() for suffix in suffixes}
    for path in paths:
        folder = folders.get(path.suffix)
        if folder is None:
            raise click.ClickException(f"{path}: only {', '.join(sorted(folders))} can be checked.")
        files[f"{folder}/{path.name}"] = path.read_bytes()
    return files


@process.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def check(files: tuple[Path, ...], language: str) -> None:
    """Check FILES together with the shipped processes, or those alone; exit 1 when one has an error."""
    import sqlalchemy as sa

    from engine.casework.host import Host
    from engine.runtime import Runtime
    from webapp.platform import form_variables

    # Checking asks the database nothing; the engine is never connected.
    runtime = Runtime(sa.create_engine("postgresql+psycopg://"), Host(fields=form_variables))
    problems = runtime.check(_files(files))
    for problem in problems:
        place = f"{problem.file}:{problem.line or 1}"
        element = f" [{problem.element_name or ''} {problem.element_id}]" if problem.element_id else ""
        message, remedy = (
            (problem.message, problem.remedy) if language == "zh" else (problem.message_en, problem.remedy_en)
        )
        click.echo(f"{place}: {problem.severity}:{element} {message} → {remedy}")
    errors = sum(problem.severity == "error" for problem in problems)
    click.echo(f"{errors} errors, {len(problems) - errors} warnings")
    sys.exit(1 if errors else 0)


@process.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="What changed and why; shown beside the version.")
def deploy(directory: Path | None, note: str) -> None:
    """Deploy DIRECTORY (with processes/ and forms/ in it) as a new version; running matters stay on theirs."""
    from engine.casework.deploying import ROOT, deploy_from_disk
    from webapp.cli.opened import platform

    with platform() as opened:
        deployment = deploy_from_disk(opened.runtime, root=directory or ROOT, note=note)
    click.echo(f"Version {deployment.version} is deployed.")


@process.command("list")
def list_versions() -> None:
    """Print every deployed version, the latest first."""
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        for deployment in opened.runtime.deployments(connection):
            at = f"{deployment.deployed_at:%Y-%m-%d %H:%M}"
            click.echo(f"{deployment.version}\t{at}\t{deployment.deployed_by}\t{deployment.note}")


COMMANDS = [process]
