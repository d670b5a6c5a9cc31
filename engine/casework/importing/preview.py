"""What importing a file would read, before anything is stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.casework import facts
from engine.casework.facts import MatterFacts
from engine.casework.importing.mapping import Reader, mapping_problems
from engine.casework.importing.tables import Table
from engine.casework.petitioners import problems as petitioner_problems

SHOWN = 20


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """A row as it would be read; ``problems`` are the reasons why it would be refused."""

    line: int
    facts: MatterFacts | None
    cells: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows and all faulty ones (up to the limit each), and how many there are.

    ``problems`` are those of the mapping as a whole, with which nothing can be imported.
    """

    columns: tuple[str, ...]
    total: int
    faulty: int
    rows: tuple[PreviewRow, ...]
    errors: tuple[PreviewRow, ...]
    problems: tuple[str, ...]


def preview(table: Table, mapping: Mapping[str, Sequence[str]], channel: str = "", limit: int = SHOWN) -> Preview:
    """Read the table with a mapping and return what would come of it; nothing is stored or screened."""
    problems = mapping_problems(mapping)
    reader = Reader(table, mapping, channel)
    first: list[PreviewRow] = []
    errors: list[PreviewRow] = []
    faulty = 0
    for row in table.rows:
        reading = reader.read(row)
        reasons = list(reading.problems)
        tidied = None if reading.facts is None else facts.tidy(reading.facts)
        if tidied is not None:
            reasons += [f"{one.label}：{one.message}" for one in petitioner_problems(tidied.petitioner)]
        shown = PreviewRow(row.line, tidied, row.cells, tuple(reasons))
        if len(first) < limit:
            first.append(shown)
        if reasons:
            faulty += 1
            if len(errors) < limit:
                errors.append(shown)
    return Preview(table.columns, len(table.rows), faulty, tuple(first), tuple(errors), tuple(problems))
