"""The keyword table as a CSV file and back: one row a rule, Chinese heads, words apart by blanks."""

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Final

from engine.casework.importing import FileRefused, read_table
from engine.casework.keywords.errors import FaultyTable
from engine.casework.keywords.store import LABELS, Named, problems
from engine.casework.vocabulary import KEYWORD_KINDS, KINDS, SEVERITIES
from rules.routing_rules import Rule

CODE: Final = "编号"
COLUMNS: Final = {"id": CODE, **LABELS}
LISTS: Final = frozenset({"words", "also", "without"})
WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "kind": KEYWORD_KINDS,
    "matter_kind": KINDS,
    "severity": SEVERITIES,
}
"""What stands in the file for the codes of closed lists."""
ON, OFF = "启用", "停用"
MOST_ROWS: Final = 5_000
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def written(rules: Iterable[Rule], known: Named) -> str:
    """Return the rules as the text of a CSV file."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS.values())
    for rule in rules:
        writer.writerow([_harmless(_cell(rule, field, known)) for field in COLUMNS])
    return text.getvalue()


def read(content: bytes, filename: str, known: Named) -> list[Rule]:
    """Return the rules of a file; those with an empty code are new and have the code "".

    Raises FaultyTable naming every row that cannot be used, and why.
    """
    try:
        table = read_table(content, filename)
    except FileRefused as refused:
        raise FaultyTable([(0, str(refused))]) from refused
    missing = [COLUMNS[name] for name in ("kind", "words") if COLUMNS[name] not in table.columns]
    if missing:
        raise FaultyTable([(0, f"没有“{'”“'.join(missing)}”这一列；请先导出词库，在导出的表上修改")])
    if len(table.rows) > MOST_ROWS:
        raise FaultyTable([(0, f"最多 {MOST_ROWS} 行")])
    faults: list[tuple[int, str]] = []
    rules: list[Rule] = []
    lines: dict[str, int] = {}
    for row in table.rows:
        line = row.line
        rule, wrong = _rule(dict(zip(table.columns, row.cells, strict=True)), known)
        wrong = [row.problem] if row.problem else wrong
        if rule is not None:
            wrong += [f"{problem.label}：{problem.message}" for problem in problems(rule, known)]
            if rule.id and rule.id in lines:
                wrong.append(f"{CODE}“{rule.id}”和第 {lines[rule.id]} 行重复")
            lines.setdefault(rule.id, line)
            rules.append(rule)
        faults += [(line, message) for message in wrong]
    if faults:
        raise FaultyTable(faults)
    return rules


def _cell(rule: Rule, field: str, known: Named) -> str:
    value = getattr(rule, field)
    if field in LISTS:
        return " ".join(value)
    if field in WORDS:
        return WORDS[field].get(value, value)
    if field == "active":
        return ON if value else OFF
    if field in ("unit", "supervising_unit"):
        return known.name(field, value)
    return "" if value is None else str(value)


def _rule(values: Mapping[str, str], known: Named) -> tuple[Rule | None, list[str]]:
    """Return the rule of a row, or None and what cannot be read in it."""
    units = {name: code for code, (_, name) in known.units.items()} | {code: code for code in known.units}
    data: dict[str, Any] = {}
    wrong = []
    for field, head in COLUMNS.items():
        typed = _plain(values.get(head, "").strip())
        try:
            data[field] = _value(field, typed, units)
        except ValueError as problem:
            wrong.append(f"{head}：{problem}")
    return (None, wrong) if wrong else (Rule(**data), [])


def _value(field: str, typed: str, units: Mapping[str, str]) -> Any:
    if field in LISTS:
        return tuple(dict.fromkeys(typed.split()))
    if field in WORDS:
        return _one({name: code for code, name in WORDS[field].items()} | {code: code for code in WORDS[field]}, typed)
    if field in ("unit", "supervising_unit"):
        return _one(units, typed)
    if field in ("valid_from", "valid_to"):
        return _day(typed)
    return {"priority": _priority, "active": _active}.get(field, str)(typed)


def _priority(typed: str) -> int:
    if not typed.isdecimal():
        raise ValueError("要是1到9的数字")
    return int(typed)


def _active(typed: str) -> bool:
    if typed not in ("", ON, OFF):
        raise ValueError(f"只能是“{ON}”或“{OFF}”")
    return typed != OFF


def _one(codes: Mapping[str, str], typed: str) -> str:
    if typed and typed not in codes:
        raise ValueError(f"没有“{typed}”")
    return codes.get(typed, "")


def _day(typed: str) -> date | None:
    """Read a day; spreadsheets turn 2026-02-01 into 2026/2/1 on their own."""
    if not typed:
        return None
    try:
        year, month, day = (int(part) for part in typed.replace("/", "-").split("-"))
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"“{typed}”不是日期，请写成 2026-02-01") from None


def _harmless(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def _plain(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell
