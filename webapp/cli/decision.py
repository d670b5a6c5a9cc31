"""``minyi decision``: try the decision tables."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from engine.runtime.decisions.cases import Verdict


@click.group()
def decision() -> None:
    """Try decision tables against the cases they must decide."""


@decision.command("test")
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of lines.")
@click.option("--language", type=click.Choice(["zh", "en"]), default="zh", show_default=True)
def test_cases(directory: Path, as_json: bool, language: str) -> None:
    """Run the test cases in DIR and below it; exit 1 when one fails.

    Test cases are XML files in the format of the DMN Technology Compatibility Kit; each names its model, a DMN file
    beside it. Prints one line for each result asked for, with the difference when it fails, and a summary.
    """
    found = _judged(directory)
    if not found:
        raise click.ClickException(f"{directory}: there are no test cases.")
    failed = sum(not verdict.passed for _, verdict in found)
    if as_json:
        click.echo(json.dumps(_report(found, failed, language), ensure_ascii=False, indent=2))
    else:
        for place, verdict in found:
            difference = verdict.difference if language == "zh" else verdict.english
            line = f"{'pass' if verdict.passed else 'FAIL'} {place} {verdict.case.id} {verdict.case.decision}"
            click.echo(line if verdict.passed else f"{line}: {difference}")
        click.echo(f"{len(found)} cases, {len(found) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


def _judged(directory: Path) -> list[tuple[str, "Verdict"]]:
    """Run every case below a folder; a model that cannot be read fails all of its cases."""
    from engine.runtime.decisions import Decision, DecisionError, parse_dmn
    from engine.runtime.decisions.cases import Verdict, judge, read_cases

    models: dict[Path, dict[str, Decision] | DecisionError] = {}
    judged: list[tuple[str, Verdict]] = []
    for file in sorted(directory.rglob("*.xml")):
        for case in read_cases(file.read_bytes(), file.name):
            path = file.parent / Path(case.model or f"{file.stem}.dmn").name
            if path not in models:
                try:
                    models[path] = parse_dmn(path.read_bytes(), path.name)
                except DecisionError as error:
                    models[path] = error
                except OSError:
                    models[path] = DecisionError(f"没有模型文件 {path.name}", f"there is no model {path.name}")
            model = models[path]
            if isinstance(model, DecisionError):
                verdict = Verdict(case, str(model), model.english)
            else:
                verdict = judge(case, model)
            judged.append((str(file.relative_to(directory)), verdict))
    return judged


def _report(found: list[tuple[str, "Verdict"]], failed: int, language: str) -> dict[str, object]:
    cases = [
        {
            "file": place,
            "case": verdict.case.id,
            "decision": verdict.case.decision,
            "passed": verdict.passed,
            "difference": verdict.difference if language == "zh" else verdict.english,
        }
        for place, verdict in found
    ]
    return {"cases": cases, "passed": len(found) - failed, "failed": failed}


COMMANDS = [decision]
