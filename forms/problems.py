"""What is wrong with a form's schema: every problem at once, each with its place, in Chinese and English."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

WHOLE = "(form)"
"""The place of a problem that concerns the file as a whole."""


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One fault of a schema, for the process owner who has to mend it.

    ``place`` is the path in the JSON, such as ``components[3].validate.pattern``.
    """

    place: str
    message: str
    message_en: str

    def __str__(self) -> str:
        return f"{self.place}: {self.message} ({self.message_en})"


class SchemaError(ValueError):
    """A schema that cannot be used. ``problems`` lists everything found, never only the first."""

    def __init__(self, name: str, problems: Iterable[SchemaProblem]) -> None:
        self.name = name
        self.problems: tuple[SchemaProblem, ...] = tuple(problems)
        super().__init__("\n".join(f"{name}.form {problem}" for problem in self.problems))


class Problems:
    """Collects problems while a schema is read, so that reading goes on after the first."""

    def __init__(self) -> None:
        self.found: list[SchemaProblem] = []

    def add(self, place: str, message: str, message_en: str) -> None:
        """Note one problem at ``place`` (a path; empty means the whole file)."""
        self.found.append(SchemaProblem(place or WHOLE, message, message_en))

    def raise_if_any(self, name: str) -> None:
        """Raise SchemaError with everything noted so far, if there is anything."""
        if self.found:
            raise SchemaError(name, self.found)
