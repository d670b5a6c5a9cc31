"""Questions answered with rows: a list that grows, such as contact records."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wtforms.form import BaseForm
from wtforms.utils import unset_value

from forms import messages
from forms.answer import Answer
from forms.component import Component, questions
from forms.questions import SINGLE_FIELDS, Questions
from forms.surroundings import Surroundings

PLACEHOLDER = "__index__"
"""Stands for the row's number in the empty row that the browser copies."""

_MOST_SENT = 60


class RowForm(Questions):
    """One row: a form without CSRF protection of its own, its names beginning with the list's name and its number."""

    class Meta:
        """WTForms' own settings: the surrounding form is protected, the row needs nothing more."""

        csrf = False

    def __init__(self, parent: Questions, number: int | str, prefix: str, **given: Any) -> None:
        self.surrounding_form = parent
        self.row_number = number
        self.surroundings: Surroundings = parent.surroundings
        super().__init__(prefix=prefix, **given)

    def value_of(self, key: str) -> Any:
        """Return an answer of this row or, if the row has no such question, of the form."""
        return super().value_of(key) if key in self._fields else self.surrounding_form.value_of(key)

    def is_blank(self) -> bool:
        """Return whether nobody typed anything in this row."""
        return all(field.hidden or field.is_untouched() for field in self.each_question())

    def answers(self) -> dict[str, Any]:
        """Return the answers of the row that are not hidden."""
        return {f.key: f.answer() for f in self.each_question() if not f.hidden and not f.component.disabled}


def row_class(component: Component) -> type[RowForm]:
    """Return the form class of one row of a list."""
    fields: dict[str, Any] = {c.key: SINGLE_FIELDS[c.type](c) for c in questions(component.children)}
    return type("Row", (RowForm,), {"asked": component.children, **fields})


class RowsAnswer(Answer):
    """A list of rows. Rows in which nothing was typed are left out without a word."""

    rows: list[RowForm]
    errors_in_rows: Sequence[str] = ()

    def __init__(self, component: Component, row: type[RowForm], **bound: Any) -> None:
        self.row = row
        super().__init__(component, **bound)

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Make the rows: those that were sent, else those of an earlier answer, else empty ones to begin with."""
        del extra_filters
        self.process_errors = []
        self.object_data = self.data = data = data if isinstance(data, list) else None
        self._dropped = 0
        if formdata is not None:
            numbers = self._numbers_sent(formdata)
            self._dropped = max(0, len(numbers) - _MOST_SENT)
            self.rows = [self._make(number, formdata=formdata) for number in numbers[:_MOST_SENT]]
            return
        earlier = [row for row in data if isinstance(row, Mapping)] if data is not None else []
        self.rows = [self._make(number, data=dict(row)) for number, row in enumerate(earlier[:_MOST_SENT])]
        if not self.rows:
            low = self.component.minimum
            at_least = int(low) if isinstance(low, Decimal) else 0
            self.rows = [self._make(number) for number in range(max(at_least, self.component.rows_at_first))]

    def _numbers_sent(self, formdata: Any) -> list[int]:
        shape = re.compile(re.escape(self.name) + r"-(\d{1,4})-", re.ASCII)
        found = (shape.match(name) for name in formdata if isinstance(name, str))
        return sorted({int(match.group(1)) for match in found if match})

    def _make(self, number: int | str, **given: Any) -> RowForm:
        return self.row(self.form, number, f"{self.name}-{number}-", **given)

    @property
    def blank(self) -> RowForm:
        """Return an empty row with a placeholder for its number, for the browser to copy."""
        row = self._make(PLACEHOLDER)
        row.decide_hidden(self.form.value_of)
        return row

    @property
    def may_grow(self) -> bool:
        """Return whether a row may be added."""
        return self.component.rows_change and len(self.rows) < self.most

    @property
    def most(self) -> int:
        """Return how many rows there may be."""
        return int(self.component.maximum) if isinstance(self.component.maximum, Decimal) else _MOST_SENT

    def add(self) -> None:
        """Add an empty row at the end, if there is room."""
        if self.may_grow:
            self.rows.append(self._make(max((int(row.row_number) for row in self.rows), default=-1) + 1))

    def remove(self, number: str) -> None:
        """Take a row away."""
        if self.component.rows_change:
            self.rows = [row for row in self.rows if str(row.row_number) != number]

    def decide_hidden(self) -> None:
        """Decide for each row what is hidden in it."""
        for row in self.rows:
            row.decide_hidden(self.form.value_of)

    def validate(self, form: BaseForm, extra_validators: Any = ()) -> bool:
        """Return whether every row will do and their number is right."""
        self.errors_in_rows = self.errors = []
        if self.hidden:
            return True
        faults = []
        for position, row in enumerate(self.rows, 1):
            if not row.is_blank():
                row.validate()
                faults += [self.in_row(position, error) for field in row.each_question() for error in field.errors]
        self.errors_in_rows = faults
        self.errors = [*self._faults_of_number(), *faults]
        if not self.errors:
            self._run_validation_chain(form, extra_validators)  # type: ignore[attr-defined]
        return not self.errors

    @property
    def own_errors(self) -> list[str]:
        """Return what is wrong with the list as a whole, including what the host has added to ``errors``."""
        return [error for error in self.errors if error not in self.errors_in_rows]

    def in_row(self, position: int, error: str) -> str:
        """Return a message with the row it belongs to (counted from 1)."""
        return self.surroundings.translate(messages.IN_ROW, row=position, message=error)

    def _faults_of_number(self) -> list[str]:
        count = len(self.filled()) + self._dropped
        low = self.component.minimum
        least = max(int(low) if isinstance(low, Decimal) else 0, int(self.component.required))
        if count < least:
            return [self.say(messages.TOO_FEW_ROWS, limit=least, count=count)]
        if count > self.most:
            return [self.say(messages.TOO_MANY_ROWS, limit=self.most, count=count)]
        return []

    def filled(self) -> list[RowForm]:
        """Return the rows in which something was typed."""
        return [row for row in self.rows if not row.is_blank()]

    def is_empty(self) -> bool:
        """Return whether no row is filled in."""
        return not self.filled()

    def answer(self) -> list[dict[str, Any]]:
        """Return the filled rows as JSON keeps them."""
        return [row.answers() for row in self.filled()]
