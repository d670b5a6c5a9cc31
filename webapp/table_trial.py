"""Trying a decision table out: the values somebody chose for its columns, and what came out, in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from engine.casework.queries.decisions import Answer, Version
from engine.runtime.decisions import Decision
from webapp.table_words import Codes, value_words

FIELD = "in-"
"""What the fields of the try-out are called, followed by the number of the column from 1."""


def given(decision: Decision, args: Mapping[str, str]) -> tuple[list[Any] | None, dict[int, str]]:
    """Return the values chosen for the columns, None if none was, and what is wrong by the number of the column."""
    if not any(name.startswith(FIELD) for name in args):
        return None, {}
    values: list[Any] = []
    wrong: dict[int, str] = {}
    for number, column in enumerate(decision.inputs, 1):
        typed = args.get(f"{FIELD}{number}", "").strip()
        value, refused = _read(column.type, typed)
        values.append(value)
        if refused:
            wrong[number] = refused
    return values, wrong


def _read(kind: str, typed: str) -> tuple[Any, str]:
    """Return what was typed as the column's type wants it; dates and times are read by the table itself."""
    if not typed:
        return None, ""
    if kind == "boolean":
        return typed == "true", ""
    if kind in ("number", "integer", "long", "double", "float", "decimal", "int"):
        try:
            number = float(typed)
        except ValueError:
            return None, _("这一列要填数字。")
        return int(number) if number.is_integer() else number, ""
    return typed, ""


def outcome(version: Version, tried: Answer, channels: Codes) -> list[list[tuple[str, str]]]:
    """Return what came out, as label and value; one list for each record."""
    columns = {column.name: column for column in version.sheet.of("output")}
    result = tried.result
    if result is None:
        return []
    records = result if isinstance(result, list) else [result]
    shown = []
    for record in records:
        if isinstance(record, dict):
            named = [
                (columns[name].label, value_words(columns[name], value, channels)) for name, value in record.items()
            ]
            shown.append(named)
        else:
            shown.append([(version.sheet.of("output")[0].label, str(record))])
    return shown
