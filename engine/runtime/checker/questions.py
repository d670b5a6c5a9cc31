"""What can be read from a form file beside its variables: which answers are long, which are chosen from a list."""

import json
from dataclasses import dataclass, field
from typing import Any, Final

# Questions whose answers are kept in the history and never enter process data.
_OUTSIDE_DATA: Final = frozenset({"textarea", "file", "filepicker", "attachments"})
_ONE_OF: Final = frozenset({"select", "radio"})


@dataclass(frozen=True)
class Questions:
    """The questions of a form.

    Attributes:
        long_texts: the keys of those whose answers never enter process data.
        choices: the keys of those answered by one of a fixed list, with its values.
        conditions: the texts of all conditions in the form.

    """

    long_texts: frozenset[str] = frozenset()
    choices: dict[str, list[Any]] = field(default_factory=dict)
    conditions: tuple[str, ...] = ()


def read_questions(content: bytes) -> Questions:
    """Read the questions of a form file, in whatever groups they stand; nothing if it is no JSON."""
    long_texts: set[str] = set()
    choices: dict[str, list[Any]] = {}
    conditions: list[str] = []
    try:
        stack: list[Any] = [json.loads(content)]
    except (ValueError, RecursionError):
        return Questions()
    while stack:
        each = stack.pop()
        if isinstance(each, list):
            stack.extend(each)
        elif isinstance(each, dict):
            key = each.get("key")
            if isinstance(key, str) and each.get("type") in _OUTSIDE_DATA:
                long_texts.add(key)
            if isinstance(key, str) and each.get("type") in _ONE_OF:
                values = _values(each.get("values"))
                if values:
                    choices[key] = values
            if isinstance(each.get("conditional"), dict):
                conditions += [text for text in each["conditional"].values() if isinstance(text, str)]
            stack.extend(each.values())
    return Questions(frozenset(long_texts), choices, tuple(conditions))


def _values(listed: Any) -> list[Any]:
    """Return the values of a question's options; none when they are not all there."""
    if not isinstance(listed, list) or not all(isinstance(each, dict) and "value" in each for each in listed):
        return []
    return [each["value"] for each in listed if isinstance(each["value"], str | int | float | bool)]
