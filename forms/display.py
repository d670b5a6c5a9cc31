"""How answers read afterwards: label and text, in the history, in print and in replies to questions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from forms.component import RECORDS, ROWS, Component
from forms.fields import in_digits
from forms.files import in_units
from forms.messages import LIST_SEPARATOR, NO, YES, Translate
from forms.moments import from_stored
from forms.node import as_decimal


class Lookups(Protocol):
    """Names of the host's records, as this reader may see them; None when unknown."""

    def unit(self, unit_id: int) -> str | None:
        """Return a unit's name."""
        ...

    def officer(self, officer_id: int) -> str | None:
        """Return an officer's name."""
        ...

    def matter(self, matter_id: int) -> str | None:
        """Return a matter's number."""
        ...

    def value(self, name: str, value: str) -> str | None:
        """Return the label of a value of the list that ``valuesKey`` names."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One answer as people read it. ``row`` counts the rows of a list from 1; 0 outside lists."""

    key: str
    label: str
    value: str
    row: int = 0
    list_label: str = ""


def lines_of(component: Component, answer: Any, lookups: Lookups | None, translate: Translate) -> Iterator[Line]:
    """Yield the lines of one component's answer; none when it was not answered."""
    label = translate(component.label)
    if component.type in ROWS:
        rows = answer if isinstance(answer, list) else []
        for number, row in enumerate(rows, 1):
            for child in component.children:
                value = row.get(child.key) if isinstance(row, Mapping) else None
                text = _text(child, value, lookups, translate)
                if child.asks and text:
                    yield Line(child.key, translate(child.label), text, number, label)
        return
    text = _text(component, answer, lookups, translate)
    if text:
        yield Line(component.key, label, text)


def _text(component: Component, answer: Any, lookups: Lookups | None, translate: Translate) -> str:
    if answer is None or answer in ("", []):
        return ""
    values = answer if isinstance(answer, list) else [answer]
    return translate(LIST_SEPARATOR).join(_one(component, value, lookups, translate) for value in values)


def _one(component: Component, value: Any, lookups: Lookups | None, translate: Translate) -> str:
    if component.type in RECORDS:
        return _record(component, value, lookups)
    if component.options or component.list_key:
        return _label(component, value, lookups, translate)
    readings: dict[str, Callable[[], str]] = {
        "checkbox": lambda: translate(YES if value else NO),
        "datetime": lambda: (from_stored(component.subtype, value) or str(value)).replace("T", " "),
        "number": lambda: _number(component, value),
        "filepicker": lambda: _file(value),
    }
    return readings.get(component.type, lambda: str(value))()


def _number(component: Component, value: Any) -> str:
    number = as_decimal(value)
    digits = str(value) if number is None else in_digits(number)
    return f"{component.prefix}{digits} {component.suffix}".strip()


def _record(component: Component, answer: Any, lookups: Lookups | None) -> str:
    if lookups is None or isinstance(answer, bool) or not isinstance(answer, int):
        return str(answer)
    find = {"unit": lookups.unit, "officer": lookups.officer, "matter": lookups.matter}[component.type]
    return find(answer) or str(answer)


def _file(file: Any) -> str:
    if not isinstance(file, Mapping):
        return str(file)
    size = file.get("size")
    name = str(file.get("filename", ""))
    return f"{name}（{in_units(size)}）" if isinstance(size, int) else name


def _label(component: Component, value: Any, lookups: Lookups | None, translate: Translate) -> str:
    if component.list_key:
        return (lookups.value(component.list_key, str(value)) if lookups else None) or str(value)
    return next((translate(o.label) for o in component.options if o.value == value), str(value))
