"""A changed decision table among the newest version's files: what is wrong, what differs, what others did meanwhile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from engine.casework.queries.decisions import Version
from engine.runtime import Definition, Problem, Runtime
from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.differences import Difference, differences, laid_over
from engine.runtime.decisions.sheet import Sheet, sheets
from engine.runtime.xml import XmlError
from webapp.process_files import LARGEST

_RULE = re.compile(r"第 (\d+) 条")


@dataclass(frozen=True, slots=True)
class Place:
    """A decision table of a deployment: the file it stands in and what the file holds."""

    path: str
    content: bytes
    sheet: Sheet


@dataclass(frozen=True, slots=True)
class Meanwhile:
    """What others deployed since somebody began to edit.

    Attributes:
        differences: what they changed in the table.
        sheet: the table as they left it; None when it is gone.
        files: the other files they changed.
        merged: whether the changes at hand were laid over theirs.
        both: the cells both had changed.

    """

    differences: tuple[Difference, ...]
    sheet: Sheet | None
    files: tuple[str, ...]
    merged: bool
    both: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """A changed table on top of the newest version.

    Attributes:
        path: the file.
        content: what it would hold.
        files: the whole set as it would be deployed.
        problems: everything wrong with it.
        old: the table as the newest version has it; None when it has none.
        new: as it would be; None when it cannot be read.
        differences: from the one to the other.
        meanwhile: what others deployed; None when nobody did.

    """

    path: str
    content: bytes
    files: Mapping[str, bytes] = field(repr=False)
    problems: tuple[Problem, ...]
    old: Version | None
    new: Version | None
    differences: tuple[Difference, ...]
    meanwhile: Meanwhile | None = None

    @property
    def errors(self) -> int:
        """How many problems keep it from being deployed."""
        return sum(problem.severity == "error" for problem in self.problems)


def tables(definition: Definition) -> dict[str, Place]:
    """Return the decision tables of a deployment by their keys, in the order of the files."""
    found: dict[str, Place] = {}
    for path, content in sorted(definition.files.items()):
        if PurePosixPath(path).suffix == ".dmn":
            found |= {key: Place(path, content, sheet) for key, sheet in sheets(content, path).items()}
    return found


def version_of(definition: Definition, key: str) -> Version | None:
    """Return a table of a deployment as it is written and as it decides; None when there is none."""
    place = tables(definition).get(key)
    return None if place is None else Version(place.sheet, definition.decisions[key])


def proposed(runtime: Runtime, base: Definition, newest: Definition, key: str, content: bytes) -> Change:
    """Return what deploying a table would mean that was edited from ``base`` while ``newest`` is the newest version.

    Raises KeyError when ``base`` has no such table.
    """
    began = tables(base)[key]
    meanwhile = None
    if newest.id != base.id:
        content, meanwhile = _over(began, base, newest, key, content)
    files = {**newest.files, began.path: content}
    problems = tuple(runtime.check(files))
    old, new = version_of(newest, key), _readable(content, key)
    found = differences(old.sheet, new.sheet) if old and new else []
    return Change(began.path, content, files, problems, old, new, tuple(found), meanwhile)


def checked(runtime: Runtime, newest: Definition, path: str, content: bytes) -> list[Problem]:
    """Return what is wrong with the newest version's files once this one is among them."""
    return runtime.check({**newest.files, path: content})


def too_large(content: bytes) -> bool:
    """Say whether a file is larger than any that may be deployed."""
    return len(content) > LARGEST


def placed(problem: Problem, path: str, content: bytes, key: str) -> dict[str, Any]:
    """Return a problem with the rule and the cell of the table it is about, as far as that is known.

    ``cell`` is the cell's id in the file, ``rule`` its number, ``column`` the column's label; each may be empty.
    """
    shown = {**problem.as_dict(), "cell": "", "rule": "", "column": ""}
    if problem.file != path:
        return shown
    try:
        sheet = sheets(content, path).get(key)
    except XmlError:
        return shown
    if sheet is None:
        return shown
    for row in sheet.rows:
        for cell in row.cells:
            if cell.line == problem.line:
                column = sheet.column(cell.column)
                return {**shown, "cell": cell.id, "rule": row.number, "column": column.label if column else ""}
    named = _RULE.search(problem.message)
    number = int(named[1]) if named else 0
    if problem.element_id == key and 0 < number <= len(sheet.rows):
        row = sheet.rows[number - 1]
        return {**shown, "cell": row.cells[0].id if row.cells else "", "rule": number}
    return shown


def _over(began: Place, base: Definition, newest: Definition, key: str, content: bytes) -> tuple[bytes, Meanwhile]:
    """Lay the changes of a table over what others have deployed; where that cannot be done they stay as they are."""
    others = tuple(
        path
        for path in sorted({*base.files, *newest.files})
        if path != began.path and base.files.get(path) != newest.files.get(path)
    )
    now = tables(newest).get(key)
    theirs = tuple(differences(began.sheet, now.sheet)) if now else ()
    if now is not None and newest.files.get(began.path) == began.content:
        return content, Meanwhile((), now.sheet, others, merged=True)  # only other files
    laid = None
    if now is not None and now.path == began.path:
        try:
            laid = laid_over(began.content, content, now.content)
        except XmlError:
            laid = None
    sheet = now.sheet if now else None
    if laid is None:
        return content, Meanwhile(theirs, sheet, others, merged=False)
    return laid.content, Meanwhile(theirs, sheet, others, merged=True, both=laid.both)


def _readable(content: bytes, key: str) -> Version | None:
    try:
        sheet, decision = sheets(content).get(key), parse_dmn(content).get(key)
    except (XmlError, DecisionError):
        return None
    return Version(sheet, decision) if sheet and decision and decision.table else None
