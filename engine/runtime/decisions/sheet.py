"""A decision table as it is written: ids, labels, texts and lines, for people to read and compare; computes nothing."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, Literal

from engine.runtime.decisions.kinds import type_name
from engine.runtime.decisions.text import Source
from engine.runtime.xml import line_of, safe_parse

ColumnKind = Literal["input", "output", "note"]
NOTE: Final = "note"
"""The id of the column of the rules' own descriptions."""


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """A column.

    Attributes:
        id: its id in the file, or ``input 1`` where it has none.
        kind: ``input``, ``output``, or ``note`` for annotations, which nothing is computed from.
        label: what people call it.
        name: the formula of an input, the name of an output.
        type: one lower-case word; ``any`` for none.
        allowed: the text of its allowed values; empty: any.
        default: the text of an output's default.

    """

    id: str
    kind: ColumnKind
    label: str
    name: str
    type: str
    allowed: str = ""
    default: str = ""


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell: its id (empty where it has none), its column's id, its text, its line in the file from 1."""

    id: str
    column: str
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A rule: its id (or ``rule 1``), its number from 1, its cells in the order of the columns, its line."""

    id: str
    number: int
    cells: tuple[SheetCell, ...]
    line: int

    def text(self, column: str) -> str:
        """Return the text of the cell in a column, given by its id; empty when there is none."""
        return next((cell.text for cell in self.cells if cell.column == column), "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """A decision table; ``policy`` is what stands in the file, aggregation included."""

    key: str
    name: str
    description: str
    policy: str
    columns: tuple[SheetColumn, ...]
    rows: tuple[SheetRow, ...]
    line: int

    def of(self, *kinds: ColumnKind) -> list[SheetColumn]:
        """Return the columns of these kinds."""
        return [column for column in self.columns if column.kind in kinds]

    def column(self, identifier: str) -> SheetColumn | None:
        """Return a column by its id."""
        return next((column for column in self.columns if column.id == identifier), None)


def sheets(content: bytes, filename: str = "dmn") -> dict[str, Sheet]:
    """Return the decision tables of a file by the ids of their decisions; decisions of another form are left out.

    Raises XmlError when the file cannot be read.
    """
    root = safe_parse(content, filename)
    source = Source(root, ())
    found: dict[str, Sheet] = {}
    for decision in source.children(root, "decision"):
        table = source.child(decision, "decisionTable")
        key = str(decision.get("id") or "")
        if table is not None and key:
            found[key] = _sheet(source, decision, table, key)
    return found


def cell_elements(source: Source, decision: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the cells of a decision's table: the id of the rule, the id of the column, the element."""
    table = source.child(decision, "decisionTable")
    if table is None:
        return
    columns = _columns(source, table)
    for number, rule in enumerate(source.children(table, "rule"), 1):
        for column, element in _cells(source, rule, columns):
            yield _id(rule, "rule", number), column.id, element


def _sheet(source: Source, decision: Any, table: Any, key: str) -> Sheet:
    columns = _columns(source, table)
    rows = []
    for number, rule in enumerate(source.children(table, "rule"), 1):
        cells = tuple(
            SheetCell(str(element.get("id") or ""), column.id, _text(source, element), line_of(element))
            for column, element in _cells(source, rule, columns)
        )
        rows.append(SheetRow(_id(rule, "rule", number), number, cells, line_of(rule)))
    if not any(row.text(NOTE) for row in rows):
        columns = [column for column in columns if column.id != NOTE]
    policy = " ".join(word for word in (table.get("hitPolicy") or "UNIQUE", table.get("aggregation") or "") if word)
    described = source.child(decision, "description")
    return Sheet(
        key,
        str(decision.get("name") or key).strip(),
        "" if described is None else "".join(described.itertext()).strip(),
        str(policy).upper(),
        tuple(columns),
        tuple(rows),
        line_of(decision),
    )


def _columns(source: Source, table: Any) -> list[SheetColumn]:
    found = []
    for number, element in enumerate(source.children(table, "input"), 1):
        inner = source.child(element, "inputExpression")
        text = source.text(inner)
        label = str(element.get("label") or text or f"{number}").strip()
        kind = type_name(None if inner is None else inner.get("typeRef"))
        allowed = source.text(source.child(element, "inputValues"))
        found.append(SheetColumn(_id(element, "input", number), "input", label, text, kind, allowed))
    for number, element in enumerate(source.children(table, "output"), 1):
        name = str(element.get("name") or "").strip()
        label = str(element.get("label") or name or f"{number}").strip()
        allowed = source.text(source.child(element, "outputValues"))
        default = source.text(source.child(element, "defaultOutputEntry"))
        kind = type_name(element.get("typeRef"))
        found.append(SheetColumn(_id(element, "output", number), "output", label, name, kind, allowed, default))
    for number, element in enumerate(source.children(table, "annotation"), 1):
        label = str(element.get("name") or f"{number}").strip()
        found.append(SheetColumn(f"annotation {number}", "note", label, "", "string"))
    found.append(SheetColumn(NOTE, "note", "", "", "string"))
    return found


def _cells(source: Source, rule: Any, columns: list[SheetColumn]) -> Iterator[tuple[SheetColumn, Any]]:
    tags = (("input", "inputEntry"), ("output", "outputEntry"), ("note", "annotationEntry"))
    for kind, tag in tags:
        yield from zip((column for column in columns if column.kind == kind), source.children(rule, tag), strict=False)
    described = source.child(rule, "description")
    if described is not None:
        yield columns[-1], described


def _text(source: Source, element: Any) -> str:
    if source.child(element, "text") is not None:
        return source.text(element)
    return "".join(element.itertext()).strip()


def _id(element: Any, word: str, number: int) -> str:
    return str(element.get("id") or f"{word} {number}")
