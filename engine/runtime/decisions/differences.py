"""What differs between two versions of a decision table, by rule and column, and how changes are laid over others."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

from lxml import etree

from engine.runtime.decisions.sheet import Sheet, SheetColumn, SheetRow, cell_elements, sheets
from engine.runtime.decisions.text import Source
from engine.runtime.xml import safe_parse

What = Literal[
    "cell",
    "rule_added",
    "rule_removed",
    "rule_moved",
    "column_added",
    "column_removed",
    "column_moved",
    "column_changed",
    "policy",
    "name",
    "description",
]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    Attributes:
        what: its kind.
        row: the rule, of the new table unless it was removed; None where no rule is meant.
        column: the column, likewise.
        old: what stood there before; of a rule that moved its old number.
        new: what stands there now.

    """

    what: What
    row: SheetRow | None = None
    column: SheetColumn | None = None
    old: str = ""
    new: str = ""


def differences(old: Sheet, new: Sheet) -> list[Difference]:
    """Return what differs between two versions of a table: the table itself, its columns, then its rules in order.

    Rules and columns are the same when their ids are. An empty input cell and ``-`` say the same.
    """
    facts: tuple[tuple[What, str, str], ...] = (
        ("name", old.name, new.name),
        ("description", old.description, new.description),
        ("policy", old.policy, new.policy),
    )
    found = [Difference(what, old=before, new=after) for what, before, after in facts if before != after]
    return [*found, *_columns(old, new), *_rows(old, new)]


def changed_rules(found: list[Difference]) -> frozenset[str]:
    """Return the ids of the rules that decide otherwise than before by themselves: added, or with a changed cell."""
    return frozenset(
        each.row.id
        for each in found
        if each.row is not None
        and (each.what == "rule_added" or (each.what == "cell" and each.column and each.column.kind != "note"))
    )


def _columns(old: Sheet, new: Sheet) -> list[Difference]:
    before = {column.id: column for column in old.columns}
    after = {column.id: column for column in new.columns}
    found = [Difference("column_removed", column=one) for key, one in before.items() if key not in after]
    moved = _moved([key for key in before if key in after], [key for key in after if key in before])
    for key, column in after.items():
        was = before.get(key)
        if was is None:
            found.append(Difference("column_added", column=column))
            continue
        if key in moved:
            found.append(Difference("column_moved", column=column))
        for one, other in zip(_facts(was), _facts(column), strict=True):
            if one != other:
                found.append(Difference("column_changed", column=column, old=one, new=other))
    return found


def _facts(column: SheetColumn) -> tuple[str, ...]:
    return (column.label, column.name, column.type, column.allowed, column.default)


def _rows(old: Sheet, new: Sheet) -> list[Difference]:
    before = {row.id: row for row in old.rows}
    after = {row.id: row for row in new.rows}
    kept = {column.id for column in old.columns} & {column.id for column in new.columns}
    found = [Difference("rule_removed", row=row) for key, row in before.items() if key not in after]
    moved = _moved([key for key in before if key in after], [key for key in after if key in before])
    for key, row in after.items():
        was = before.get(key)
        if was is None:
            found.append(Difference("rule_added", row=row))
            continue
        if key in moved:
            found.append(Difference("rule_moved", row=row, old=str(was.number), new=str(row.number)))
        for column in new.columns:
            one, other = was.text(column.id), row.text(column.id)
            if _said(column, one) == _said(column, other):
                continue
            if column.id in kept or other:
                found.append(Difference("cell", row, column, one, other))
    return found


def _said(column: SheetColumn, text: str) -> str:
    return "-" if column.kind == "input" and not text else text


def _moved(before: list[str], after: list[str]) -> set[str]:
    """Return those of the same keys, in two orders, that must be moved to get from one to the other."""
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return set(after) - {key for block in blocks for key in before[block.a : block.a + block.size]}


@dataclass(frozen=True, slots=True)
class Laid:
    """Changes laid over others: the file that comes out, and the cells that both had changed, each to its own value.

    ``both`` holds the differences from the others' version to what came out.
    """

    content: bytes
    both: tuple[Difference, ...]


def laid_over(base: bytes, mine: bytes, theirs: bytes) -> Laid | None:
    """Return a file with the changed cells of ``mine`` laid over ``theirs``, both having begun as ``base``.

    None when more than cells was changed in ``mine``, or a cell that was is not there any more in ``theirs``.
    Raises XmlError when a file cannot be read.
    """
    began, changed, others = sheets(base), sheets(mine), sheets(theirs)
    if changed.keys() != began.keys():
        return None
    wanted: dict[str, dict[tuple[str, str], Difference]] = {}
    for key, sheet in changed.items():
        for each in differences(began[key], sheet):
            if each.what != "cell" or each.row is None or each.column is None:
                return None
            wanted.setdefault(key, {})[each.row.id, each.column.id] = each
    root = safe_parse(theirs, "dmn")
    source = Source(root, ())
    both: list[Difference] = []
    for decision in source.children(root, "decision"):
        cells = wanted.pop(str(decision.get("id") or ""), {})
        both += _lay(source, decision, cells, others)
        if cells:
            return None
    if wanted:
        return None
    return Laid(etree.tostring(root, xml_declaration=True, encoding="UTF-8"), tuple(both))


def _lay(
    source: Source, decision: etree._Element, cells: dict[tuple[str, str], Difference], others: Mapping[str, Sheet]
) -> list[Difference]:
    """Put the new texts into the elements; what was put is taken out of ``cells``. Return those both had changed."""
    both = []
    for row, column, element in list(cell_elements(source, decision)):
        change = cells.pop((row, column), None)
        if change is None or change.column is None:
            continue
        inner = source.child(element, "text")
        target = element if inner is None else inner
        there = "".join(target.itertext()).strip()
        if _said(change.column, there) not in (_said(change.column, change.old), _said(change.column, change.new)):
            sheet = others[str(decision.get("id"))]
            number = next(one for one in sheet.rows if one.id == row)
            both.append(Difference("cell", number, change.column, there, change.new))
        target.text = change.new
    return both
