"""One component of a compiled form: what is asked, how, and under which limits."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from forms.conditions import Condition
from forms.static_text import Block

ANSWERS = frozenset(
    {
        "textfield",
        "textarea",
        "number",
        "datetime",
        "select",
        "radio",
        "checkbox",
        "checklist",
        "filepicker",
        "unit",
        "officer",
        "matter",
        "contacts",
        "dynamiclist",
    }
)
"""Types that ask something; the others only arrange or explain."""

ROWS = frozenset({"contacts", "dynamiclist"})
"""Types whose answer is a list of rows."""

RECORDS = frozenset({"unit", "officer", "matter"})
"""Types whose answer is the id of a record of the host."""


@dataclass(frozen=True, slots=True)
class Option:
    """One thing to choose.

    ``value`` is what is stored: text for lists written in the schema or named by ``valuesKey``, the
    record's number for units, officers and matters. ``group`` heads the option in a long list; ``unit`` is
    an officer's unit (narrows the list when a unit is chosen in the same form); ``code`` is what a person
    types to name a matter.
    """

    value: str | int
    label: str
    group: str = ""
    unit: int | None = None
    code: str = ""


@dataclass(frozen=True, slots=True)
class Component:
    """One component of a form, checked and complete. ``place`` is its path in the schema, unique in it.

    ``path`` holds the names under which the answer nests (from the ``path`` of the groups around it).
    Sizes of files are in bytes. ``minimum`` and ``maximum`` are numbers for a number and for counts of rows,
    ISO text, ``today`` or ``now`` for dates.
    """

    type: str
    place: str
    key: str = ""
    label: str = ""
    description: str = ""
    path: tuple[str, ...] = ()
    required: bool = False
    min_length: int | None = None
    max_length: int | None = None
    minimum: Decimal | str | None = None
    maximum: Decimal | str | None = None
    pattern: re.Pattern[str] | None = None
    pattern_message: str = ""
    decimals: int | None = None
    subtype: str = ""
    options: tuple[Option, ...] = ()
    list_key: str = ""
    default: Any = None
    disabled: bool = False
    readonly: bool = False
    hide: str = ""
    condition: Condition | None = None
    extensions: tuple[str, ...] = ()
    max_size: int = 0
    max_count: int = 1
    role: str | None = None
    unit_key: str | None = None
    rows_at_first: int = 1
    rows_change: bool = True
    prefix: str = ""
    suffix: str = ""
    row: str = ""
    columns: int | None = None
    blocks: tuple[Block, ...] = ()
    children: tuple[Component, ...] = ()
    properties: dict[str, Any] = field(default_factory=dict, hash=False, compare=False)

    @property
    def asks(self) -> bool:
        """Return whether the component takes an answer."""
        return self.type in ANSWERS

    @property
    def locked(self) -> bool:
        """Return whether the answer comes from the server only, whatever a browser sends."""
        return self.disabled or self.readonly

    @property
    def kind(self) -> str:
        """Return the type of the answer as conditions see it, '' when conditions cannot use it.

        A matter is typed as its number and stored as its id, which a browser cannot know.
        """
        return {
            "textfield": "text",
            "textarea": "text",
            "select": "text",
            "radio": "text",
            "number": "number",
            "unit": "number",
            "officer": "number",
            "checkbox": "boolean",
            "checklist": "list",
            "datetime": self.subtype,
        }.get(self.type, "")

    @property
    def variable_type(self) -> str:
        """Return the type of the process variable the answer becomes, '' when it becomes none."""
        if self.disabled or self.type in {"textarea", "filepicker"} or not self.asks:
            return ""
        if self.type in ROWS:
            return "count"
        if self.type in RECORDS:
            return "number"
        return "text" if self.kind == "time" else self.kind


def walk(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield the components and what is in their groups, in reading order; rows are not entered."""
    for component in components:
        yield component
        if component.type == "group":
            yield from walk(component.children)


def questions(components: tuple[Component, ...]) -> Iterator[Component]:
    """Yield only the components that take an answer, in reading order; rows are not entered."""
    return (component for component in walk(components) if component.asks)


def arrange(components: tuple[Component, ...]) -> list[list[tuple[Component, int]]]:
    """Return the components line by line, each with its width in twelfths (0: an equal share).

    form-js puts components with the same ``layout.row`` beside each other and counts sixteenths.
    """
    lines: list[list[tuple[Component, int]]] = []
    for component in components:
        width = 0 if component.columns is None else max(1, round(component.columns * 12 / 16))
        if lines and component.row and lines[-1][0][0].row == component.row:
            lines[-1].append((component, width))
        else:
            lines.append([(component, width)])
    return lines
