"""Checks the files of a deployment and says everything that will not work, with the place and the remedy.

`check(files, known)` never raises. Each family of rules is a module; all their sentences are in `messages`.
"""

from collections.abc import Callable, Mapping
from typing import Final

from engine.runtime.checker.conditions import check_conditions
from engine.runtime.checker.context import Context, read_files
from engine.runtime.checker.elements import check_elements
from engine.runtime.checker.events import check_events
from engine.runtime.checker.formulas import check_formulas
from engine.runtime.checker.known import Known
from engine.runtime.checker.loops import check_loops
from engine.runtime.checker.references import check_references
from engine.runtime.checker.repetition import check_repetition
from engine.runtime.checker.report import Report
from engine.runtime.checker.schema import check_schema
from engine.runtime.checker.soundness import check_soundness
from engine.runtime.checker.standard import check_standard
from engine.runtime.checker.standard_data import check_data
from engine.runtime.checker.standard_expressions import check_expressions
from engine.runtime.checker.standard_items import check_items
from engine.runtime.checker.structure import check_structure
from engine.runtime.checker.tables import check_tables
from engine.runtime.checker.tasks import check_tasks
from engine.runtime.checker.timer_order import check_timer_order
from engine.runtime.checker.timers import check_timers
from engine.runtime.checker.unread import check_unread
from engine.runtime.checker.variables import check_variables
from engine.runtime.problems import Problem

__all__ = ["Known", "check"]

RULES: Final[tuple[Callable[[Context], None], ...]] = (
    check_references,
    check_schema,
    check_standard,
    check_data,
    check_items,
    check_expressions,
    check_elements,
    check_structure,
    check_loops,
    check_soundness,
    check_tasks,
    check_events,
    check_repetition,
    check_timers,
    check_timer_order,
    check_formulas,
    check_conditions,
    check_variables,
    check_tables,
    check_unread,
)


def check(files: Mapping[str, bytes], known: Known) -> list[Problem]:
    """Check the files of one deployment together and return all problems, by file and line.

    `files` maps paths (`processes/matter.bpmn`, `processes/clocks.dmn`, `forms/sign.form`) to contents. Never raises:
    should a rule itself fail, that is one problem more.
    """
    report = Report()
    _checked(files, known, report)
    return report.problems()


def _checked(files: Mapping[str, bytes], known: Known, report: Report) -> Context | None:
    try:
        context = read_files(files, known, report)
    except Exception as error:  # noqa: BLE001 - a checker that raises tells a process owner nothing
        _failed(report, ", ".join(sorted(map(str, files)))[:200], error)
        return None
    for rule in RULES:
        try:
            rule(context)
        except Exception as error:  # noqa: BLE001 - the other rules still have something to say
            _failed(report, rule.__name__, error)
    return context


def check_and_try(files: Mapping[str, bytes], known: Known) -> list[Problem]:
    """Check like :func:`check`, and when no error is found walk through the processes as well."""
    # The runtime the trial walks on imports this package.
    from engine.runtime.checker.trial import try_out  # noqa: PLC0415

    report = Report()
    context = _checked(files, known, report)
    if context is not None and not report.refused:
        try:
            try_out(context)
        except Exception as error:  # noqa: BLE001 - what the rules found is to be told all the same
            _failed(report, "trial", error)
    return report.problems()


def _failed(report: Report, name: str, error: Exception) -> None:
    if isinstance(error, MemoryError):
        report.add("checker-limit", name, what="内存", what_en="memory")
        return
    report.add("checker-failed", name, name=name, reason=f"{type(error).__name__}: {error}"[:300])
