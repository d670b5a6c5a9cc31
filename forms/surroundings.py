"""What a form needs from its host while it is filled in: choices, kept uploads, the time, the language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import BinaryIO, Protocol

from forms.component import Option
from forms.messages import Translate, untranslated


class Choices(Protocol):
    """What the host offers to choose from. Each call returns only what this officer may choose."""

    def units(self) -> Sequence[Option]:
        """Return the units; ``value`` is the unit's id."""
        ...

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        """Return officers by id, of one unit (None: of all that come into question) and role (None: any).

        Set ``unit`` on each option to let the browser narrow the list when a unit is chosen.
        """
        ...

    def matters(self, query: str) -> Sequence[Option]:
        """Return matters for a number, part of a title, or an id in digits; ``code`` is the matter's number."""
        ...

    def values(self, name: str) -> Sequence[Option]:
        """Return the list that a schema's ``valuesKey`` names; values are text."""
        ...


class UploadedFile(Protocol):
    """A file as it comes with a request (werkzeug's FileStorage)."""

    filename: str | None
    stream: BinaryIO


@dataclass(frozen=True, slots=True)
class Upload:
    """A file the host has kept: ``token`` names it to this officer and nobody else; ``size`` in bytes."""

    token: str
    filename: str
    size: int


class Uploads(Protocol):
    """Where uploads wait until the form is complete, so that a mistake elsewhere loses none."""

    def keep(self, file: UploadedFile, filename: str) -> Upload:
        """Store a file under its cleaned name. Raise ValueError with a message in plain Chinese to refuse it."""
        ...

    def find(self, token: str) -> Upload | None:
        """Return an upload kept for this officer, None for any other token."""
        ...


class NoChoices:
    """A host that offers nothing: for forms without such questions."""

    def units(self) -> Sequence[Option]:
        """Return nothing."""
        return ()

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        """Return nothing."""
        del unit_id, role
        return ()

    def matters(self, query: str) -> Sequence[Option]:
        """Return nothing."""
        del query
        return ()

    def values(self, name: str) -> Sequence[Option]:
        """Return nothing."""
        del name
        return ()


class Remembered:
    """Asks a host once for what does not change while one form is made, however many rows ask it."""

    def __init__(self, choices: Choices) -> None:
        self._choices = choices
        self._known: dict[tuple[object, ...], Sequence[Option]] = {}

    def units(self) -> Sequence[Option]:
        """Return the units."""
        return self._once(("units",), self._choices.units)

    def officers(self, unit_id: int | None, role: str | None) -> Sequence[Option]:
        """Return officers of a unit and role."""
        return self._once(("officers", unit_id, role), lambda: self._choices.officers(unit_id, role))

    def matters(self, query: str) -> Sequence[Option]:
        """Return matters for a number, part of a title, or an id in digits."""
        return self._once(("matters", query), lambda: self._choices.matters(query))

    def values(self, name: str) -> Sequence[Option]:
        """Return the list that a schema's ``valuesKey`` names."""
        return self._once(("values", name), lambda: self._choices.values(name))

    def _once(self, what: tuple[object, ...], ask: Callable[[], Sequence[Option]]) -> Sequence[Option]:
        if what not in self._known:
            self._known[what] = ask()
        return self._known[what]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Everything one form instance gets from its host. ``now`` is the moment bounds such as today refer to."""

    choices: Choices = field(default_factory=NoChoices)
    uploads: Uploads | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    translate: Translate = untranslated
