"""``minyi process``: check, deploy and list the processes."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from webapp.cli.migrating import migrate

if TYPE_CHECKING:
    from engine.runtime import Problem

_MANY: Final = 3


@click.group()
def process() -> None:
    """Check, deploy and list what the procedure is made of: diagrams, decision tables, forms."""


def _path_in_deployment(path: Path) -> str:
    from engine.casework.deploying import FOLDERS

    folders = {suffix: folder for folder, suffixes in FOLDERS.items() for suffix in suffixes}
    folder = folders.get(path.suffix)
    if folder is None:
        raise click.ClickException(f"{path}: only {', '.join(sorted(folders))} can be checked.")
    return f"{folder}/{path.name}"


@process.command()
@click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--each", is_flag=True, help="Check FILES one by one, not with one another.")
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array of all problems.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def check(files: tuple[Path, ...], each: bool, as_json: bool, language: str) -> None:
    """Check FILES together with the shipped processes, or those alone; exit 1 when one has an error.

    Needs no database: who holds a role, and whether a date has passed, is checked when deploying.
    """
    from engine.casework.deploying import files_on_disk
    from engine.casework.host import Host
    from engine.runtime.checker.isolation import check_isolated
    from engine.runtime.checker.known import known_of
    from webapp.platform import form_variables

    known = known_of(Host(fields=form_variables))
    shipped = files_on_disk()
    given = {_path_in_deployment(path): path for path in files}
    groups = [[path] for path in files] if each else [list(files)]
    problems: list[Problem] = []
    # The bar goes to standard error, and only to a terminal.
    hidden = len(groups) < _MANY or not sys.stderr.isatty()
    with click.progressbar(groups, label="Checking", file=sys.stderr, hidden=hidden) as bar:
        for group in bar:
            contents = {_path_in_deployment(path): path.read_bytes() for path in group}
            found = check_isolated(shipped | contents, known)
            problems += [one for one in found if not each or one.file in contents]
    for one in problems if not as_json else ():
        click.echo(_line(one, str(given.get(one.file, one.file)), language))
    errors = sum(one.severity == "error" for one in problems)
    if as_json:
        click.echo(json.dumps([one.as_dict() for one in problems], ensure_ascii=False, indent=2))
    else:
        click.echo(f"{errors} errors, {len(problems) - errors} warnings")
    sys.exit(1 if errors else 0)


def _line(problem: "Problem", file: str, language: str) -> str:
    """Return `file:line element "name": message — remedy`; warnings say that they are."""
    place = f"{file}:{problem.line or 1}"
    element = f" {problem.element_id}" if problem.element_id else ""
    name = f' "{problem.element_name}"' if problem.element_name else ""
    chinese = language == "zh"
    message, remedy = (problem.message, problem.remedy) if chinese else (problem.message_en, problem.remedy_en)
    warning = ("提醒：" if chinese else "warning: ") if problem.severity == "warning" else ""
    return f"{place}{element}{name}: {warning}{message}" + (f" — {remedy}" if remedy else "")


@process.command()
@click.argument("directory", required=False, type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--note", default="", help="What changed and why; shown beside the version.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def deploy(directory: Path | None, note: str, language: str) -> None:
    """Deploy DIRECTORY (with processes/ and forms/ in it) as a new version; running matters stay on theirs."""
    from engine.casework.deploying import FOLDERS, ROOT, deploy_from_disk, files_on_disk
    from engine.runtime import Refused
    from webapp.cli.opened import platform

    root = directory or ROOT
    try:
        files_on_disk(root)
    except FileNotFoundError:
        wanted = " or ".join(f"{name}/*{one}" for name, suffixes in FOLDERS.items() for one in suffixes)
        raise click.ClickException(f"{root} has nothing to deploy: there is no {wanted} in it.") from None
    with platform() as opened:
        try:
            deployment = deploy_from_disk(opened.runtime, root=root, note=note)
        except Refused as refused:
            for one in refused.problems:
                click.echo(_line(one, str(root / one.file), language), err=True)
            errors = sum(one.severity == "error" for one in refused.problems)
            raise click.ClickException(f"Nothing was deployed: {errors} errors.") from None
    click.echo(f"Version {deployment.version} is deployed.")


@process.command("list")
def list_versions() -> None:
    """Print every deployed version, the latest first."""
    from webapp.cli.opened import platform

    with platform() as opened, opened.engine.connect() as connection:
        for deployment in opened.runtime.deployments(connection):
            at = f"{deployment.deployed_at:%Y-%m-%d %H:%M}"
            click.echo(f"{deployment.version}\t{at}\t{deployment.deployed_by}\t{deployment.note}")


process.add_command(migrate)

COMMANDS = [process]
