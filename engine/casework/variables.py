"""From what was typed to what the process may know of it: short answers only, rows as their number."""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

Fields = Callable[[bytes], Mapping[str, str]]

COUNT = "count"
"""The type of a variable that stands for rows: how many there are."""

NOTHING: Mapping[str, Any] = {"boolean": False, "list": []}
"""Type -> what stands for a question that was not answered; None for the others."""


def variables_of(form: bytes, fields: Fields, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return the process variables of a form's answers.

    Long texts, files and contact records are no variables: they are kept in history and in tables. A question that was
    not asked or answered has its variable too, so that a condition may name it. A dotted variable nests, as the form's
    groups do.
    """
    found: dict[str, Any] = {}
    for name, kind in _fields(form, fields).items():
        *groups, key = name.split(".")
        source: Any = answers
        target = found
        for group in groups:
            source = source.get(group) if isinstance(source, Mapping) else None
            target = target.setdefault(group, {})
        value = source.get(key) if isinstance(source, Mapping) else None
        if kind == COUNT:
            value = len(value) if isinstance(value, list | tuple) else 0
        target[key] = NOTHING.get(kind) if value is None else value
    return found


@lru_cache(maxsize=256)
def _fields(form: bytes, fields: Fields) -> Mapping[str, str]:
    """Compile a form once in a process, however many steps use it."""
    return fields(form)
