"""Gathers what the rules find, each thing once, with its place and its sentences."""

from typing import Any, Protocol

from engine.runtime.checker.messages import CATALOGUE
from engine.runtime.problems import Problem, Severity


class Place(Protocol):
    """Whatever a problem points at."""

    @property
    def id(self) -> str:
        """Its id."""

    @property
    def name(self) -> str:
        """Its label."""

    @property
    def line(self) -> int:
        """Its line in the file."""


class Report:
    """All problems of one check."""

    def __init__(self) -> None:
        self._problems: dict[tuple[str, ...], Problem] = {}

    def add(self, code: str, file: str, where: Place | None = None, /, **values: Any) -> None:
        """Note a problem: its code in the catalogue, its file, the element, and the values its sentences take.

        Two values have meanings of their own: `line` says where in the file when there is no element, and `as_code`
        replaces the code that is shown, for sentences that come from elsewhere.
        """
        line = int(values.pop("line", 0))
        shown = str(values.pop("as_code", code))
        severity, *sentences = CATALOGUE[code]
        message, message_en, remedy, remedy_en = (sentence.format(**values) for sentence in sentences)
        level: Severity = "error" if severity == "E" else "warning"
        problem = Problem(
            file=file,
            element_id=where.id if where else "",
            element_name=where.name if where else "",
            line=line or (where.line if where else 0),
            severity=level,
            code=shown,
            message=message,
            message_en=message_en,
            remedy=remedy,
            remedy_en=remedy_en,
        )
        self._problems.setdefault((file, problem.element_id, str(problem.line), shown, message), problem)

    def has(self, file: str, code: str, element_id: str) -> bool:
        """Whether a problem of this code is noted for this element."""
        return any(
            (each.file, each.code, each.element_id) == (file, code, element_id) for each in self._problems.values()
        )

    @property
    def refused(self) -> bool:
        """Whether an error is noted."""
        return any(each.severity == "error" for each in self._problems.values())

    def problems(self) -> list[Problem]:
        """Return everything found, by file and line; errors before warnings on the same line."""
        return sorted(
            self._problems.values(), key=lambda each: (each.file, each.line, each.severity, each.element_id, each.code)
        )
