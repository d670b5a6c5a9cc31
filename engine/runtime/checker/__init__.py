"""Checks the files of a deployment and says everything that will not work, with the place and the remedy.

`check(files, known)` never raises. Each family of rules is a module; all their sentences are in `messages`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from engine.runtime.checker.context import Context, read_files
from engine.runtime.checker.elements import check_elements
from engine.runtime.checker.formulas import check_formulas
from engine.runtime.checker.known import Known
from engine.runtime.checker.references import check_references
from engine.runtime.checker.report import Report
from engine.runtime.checker.standard import check_standard
from engine.runtime.checker.structure import check_structure
from engine.runtime.checker.tasks import check_tasks
from engine.runtime.checker.timers import check_timers
from engine.runtime.checker.variables import check_variables
from engine.runtime.problems import Problem

__all__ = ["Known", "check"]

RULES: Final[tuple[Callable[[Context], None], ...]] = (
    check_references,
    check_standard,
    check_elements,
    check_structure,
    check_tasks,
    check_timers,
    check_formulas,
    check_variables,
)


def check(files: Mapping[str, bytes], known: Known) -> list[Problem]:
    """Check the files of one deployment together and return all problems, by file and line.

    `files` maps paths (`processes/matter.bpmn`, `processes/clocks.dmn`, `forms/sign.form`) to contents. Never raises:
    should a rule itself fail, that is one problem more.
    """
    report = Report()
    try:
        context = read_files(files, known, report)
    except Exception as error:  # noqa: BLE001 - a checker that raises tells a process owner nothing
        _failed(report, ", ".join(sorted(map(str, files)))[:200], error)
        return report.problems()
    for rule in RULES:
        try:
            rule(context)
        except Exception as error:  # noqa: BLE001 - the other rules still have something to say
            _failed(report, rule.__name__, error)
    return report.problems()


def _failed(report: Report, name: str, error: Exception) -> None:
    report.add("checker-failed", name, name=name, reason=f"{type(error).__name__}: {error}"[:300])
