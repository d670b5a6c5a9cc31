"""Decision tables in the page's language: what a cell says, what a column holds, what differs between two versions."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import gettext

from engine.casework.models import Channel
from engine.runtime.decisions.differences import Difference
from engine.runtime.decisions.sheet import Sheet, SheetColumn, SheetRow
from webapp.vocabulary import word


def _(text: str, **values: object) -> str:
    return str(gettext(text, **values))


_LITERAL = re.compile(r'"((?:[^"\\]|\\.)*)"')
_LITERALS = re.compile(rf"{_LITERAL.pattern}(?:\s*,\s*{_LITERAL.pattern})*")
_NEGATED = re.compile(r"not\((.*)\)")
_LISTS = {
    "matter.kind": "kind",
    "matter.severity": "severity",
    "take_up.severity": "severity",
    "take_up.level": "supervision_level",
    "reviewer": "role",
    "approver": "role",
    "rung": "rung",
    "step": "rung_step",
    "told": "told",
    "supervision": "supervision",
}
_CHANNEL = "matter.clock"
_SEVERAL = "told"
"""The column whose cells name several, with commas between."""
_MOST_CHANNELS = 2
_LONGEST = 60

Codes = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CellWords:
    """A cell as people read it; ``code`` is what stands in the file where that is something else."""

    words: str
    code: str = ""
    anything: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A difference in words: where, and what stood and stands there; ``old`` or ``new`` is None where nothing did."""

    where: str
    old: str | None
    new: str | None
    row: str = ""


def channel_names(connection: sa.Connection) -> Codes:
    """Return which channels each class of limits is for, by the class' code."""
    names: dict[str, list[str]] = {}
    for clock, name in connection.execute(sa.select(Channel.clock, Channel.name).order_by(Channel.position)):
        names.setdefault(clock, []).append(name)
    return {clock: _joined(found) for clock, found in names.items()}


def _joined(names: Sequence[str]) -> str:
    shown = "、".join(names[:_MOST_CHANNELS])
    return shown if len(names) <= _MOST_CHANNELS else _("%(names)s等", names=shown)


def type_word(column: SheetColumn) -> str:
    """Return what kind of value a column holds."""
    numbers = dict.fromkeys(("number", "integer", "long", "double", "float", "decimal", "int"), _("数字"))
    words = numbers | {
        "string": _("文字"),
        "boolean": _("是或否"),
        "date": _("日期"),
        "datetime": _("日期和时间"),
        "dateandtime": _("日期和时间"),
        "time": _("时刻"),
        "duration": _("时长"),
        "daytimeduration": _("时长"),
        "daysandtimeduration": _("时长"),
    }
    return words.get(column.type, "")


def code_word(column: SheetColumn, code: str, channels: Codes) -> str:
    """Return what a code is called that a column compares or gives; '' when nobody named it."""
    if column.name == _CHANNEL:
        return channels.get(code, "")
    listing = _LISTS.get(column.name)
    codes = code.split(",") if column.name == _SEVERAL else [code]
    named = "、".join(word(listing, one.strip()) for one in codes) if listing else ""
    return "" if named == code else named


def cell_words(column: SheetColumn, text: str, channels: Codes) -> CellWords:
    """Return a cell as people read it."""
    if column.kind == "input" and text in ("", "-"):
        return CellWords(_("任意"), anything=True)
    if column.kind == "output" and text == "-":
        return CellWords("")
    negated = _NEGATED.fullmatch(text)
    inner = negated[1] if negated else text
    if column.kind == "note" or not _LITERALS.fullmatch(inner):
        return CellWords(text)
    values = literals(inner)
    shown = "、".join(code_word(column, value, channels) or value for value in values)
    if negated:
        shown = _("除了%(values)s", values=shown)
    return CellWords(shown, "" if shown == "、".join(values) else text)


def literals(text: str) -> list[str]:
    """Return the texts in quotes that stand in a cell."""
    return [found.replace('\\"', '"') for found in _LITERAL.findall(text)]


def suggestions(sheet: Sheet, column: SheetColumn, channels: Codes) -> list[tuple[str, str]]:
    """Return the values that occur in a column, each with what it is called, for somebody who tries the table."""
    texts = [column.allowed, *(row.text(column.id) for row in sheet.rows)]
    values = [value for text in texts for value in (literals(text) or re.findall(r"-?\d+(?:\.\d+)?", text))]
    return [(value, code_word(column, value, channels)) for value in dict.fromkeys(values)]


def value_words(column: SheetColumn, value: Any, channels: Codes) -> str:
    """Return what an output gave, as people read it."""
    if value is None:
        return "—"
    if isinstance(value, bool):
        return _("是") if value else _("否")
    return code_word(column, str(value), channels) or str(value)


def lines(found: Iterable[Difference], sheet: Sheet, channels: Codes) -> list[Line]:
    """Return the differences between two versions of a table in words; ``sheet`` is the new one."""
    return [_line(each, sheet, channels) for each in found]


def _line(each: Difference, sheet: Sheet, channels: Codes) -> Line:
    row, column = each.row, each.column
    if each.what == "cell" and row is not None and column is not None:
        where = _("第 %(n)s 条 %(column)s", n=row.number, column=column.label or _("备注"))
        old, new = (cell_words(column, text, channels).words for text in (each.old, each.new))
        return Line(where, old or _("（空）"), new or _("（空）"), row.id)
    if row is not None:
        return _row_line(each, row, sheet, channels)
    if column is not None:
        return _column_line(each, column)
    names = {"name": _("名称"), "description": _("说明"), "policy": _("命中策略")}
    return Line(names.get(each.what, each.what), each.old or _("（空）"), each.new or _("（空）"))


def _row_line(each: Difference, row: SheetRow, sheet: Sheet, channels: Codes) -> Line:
    if each.what == "rule_moved":
        where = _("第 %(n)s 条 位置", n=row.number)
        return Line(where, _("第 %(n)s 条", n=each.old), _("第 %(n)s 条", n=each.new), row.id)
    cells = []
    for cell in row.cells:
        column = sheet.column(cell.column)
        if column is None:
            continue
        said = cell_words(column, cell.text, channels)
        if said.words and not said.anything:
            cells.append(f"{column.label}＝{said.words[:_LONGEST]}")
    text = "；".join(cells) or _("任意")
    if each.what == "rule_added":
        return Line(_("新增第 %(n)s 条", n=row.number), None, text, row.id)
    return Line(_("删去原第 %(n)s 条", n=row.number), text, None)


def _column_line(each: Difference, column: SheetColumn) -> Line:
    label = column.label or column.id
    where = {
        "column_added": _("新增列 %(label)s", label=label),
        "column_removed": _("删去列 %(label)s", label=label),
        "column_moved": _("列 %(label)s 换了位置", label=label),
    }.get(each.what, _("列 %(label)s", label=label))
    if each.what == "column_changed":
        return Line(where, each.old or _("（空）"), each.new or _("（空）"))
    return Line(where, None, None)


def hit_policy(policy: str) -> str:
    """Return what a hit policy says, in words."""
    words = {
        "UNIQUE": _("只有一条规则符合"),
        "FIRST": _("自上而下取第一条"),
        "ANY": _("可有多条符合，结果相同"),
        "PRIORITY": _("取优先的一条"),
        "RULE ORDER": _("取全部，按规则顺序"),
        "OUTPUT ORDER": _("取全部，按结果顺序"),
        "COLLECT": _("取全部"),
        "COLLECT SUM": _("全部相加"),
        "COLLECT MIN": _("取最小"),
        "COLLECT MAX": _("取最大"),
        "COLLECT COUNT": _("数有几条"),
    }
    return words.get(policy, policy)
