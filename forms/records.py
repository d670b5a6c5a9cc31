"""Questions answered with a record of the host: a unit, an officer, a matter. The answer is the record's id."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from forms.answer import Choosing
from forms.component import Option
from forms.messages import FILL_IN, NO_SUCH_MATTER, NOT_OFFERED
from forms.text import clean_line

_LONGEST_ID = 18


class RecordAnswer(Choosing):
    """One record out of a list that the host offers."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer."""
        self.data = as_id(value)
        self.typed = "" if self.data is None else str(self.data)

    def read(self, sent: str) -> None:
        """Read the id; anything that is no id cannot be on offer."""
        self.typed = clean_line(sent)
        self.data = as_id(self.typed)
        if self.typed and self.data is None:
            raise ValueError(self.say(NOT_OFFERED))

    def check(self) -> list[str]:
        """Return a fault when the record is not offered."""
        return [] if any(o.value == self.data for o in self.permitted()) else [self.say(NOT_OFFERED)]

    def permitted(self) -> Sequence[Option]:
        """Return the options that are right together with the other answers."""
        return self.options()


class UnitAnswer(RecordAnswer):
    """A unit of the bureau."""

    def options(self) -> Sequence[Option]:
        """Return the units the host offers."""
        return self.surroundings.choices.units()


class OfficerAnswer(RecordAnswer):
    """An officer, of a role if the schema names one, of the unit chosen in the same form if it says so."""

    def options(self) -> Sequence[Option]:
        """Return all officers who come into question, for the list; the browser narrows it by unit."""
        return self.surroundings.choices.officers(None, self.component.role)

    def permitted(self) -> Sequence[Option]:
        """Return the officers of the unit that was chosen, or all when none was."""
        unit = self.form.value_of(self.component.unit_key) if self.component.unit_key else None
        return self.surroundings.choices.officers(unit, self.component.role)


class MatterAnswer(RecordAnswer):
    """Another matter, named by its number."""

    asks_to = FILL_IN

    def process_data(self, value: Any) -> None:
        """Take an earlier answer and show the matter's number."""
        super().process_data(value)
        if self.data is not None:
            found = self.surroundings.choices.matters(str(self.data))
            self.typed = next((o.code or str(o.value) for o in found if o.value == self.data), self.typed)

    def read(self, sent: str) -> None:
        """Find the matter whose number was typed."""
        self.typed = clean_line(sent)[:100]
        if not self.typed:
            return
        wanted = self.typed.casefold()
        found = self.surroundings.choices.matters(self.typed)
        self.data = next((as_id(o.value) for o in found if o.code.casefold() == wanted), None)
        if self.data is None:
            raise ValueError(self.say(NO_SUCH_MATTER, typed=self.typed))

    def check(self) -> list[str]:
        """Return nothing: the number was found among what the host lets this officer see."""
        return []


def as_id(value: object) -> int | None:
    """Return a record's id: a positive whole number, also when it comes as digits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= _LONGEST_ID:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None
