"""The form an officer fills in: CSRF protection from the host's base class, questions from the schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from forms.answer import Answer
from forms.component import questions
from forms.files import FilesAnswer
from forms.messages import Translate, untranslated
from forms.questions import Questions
from forms.rows import RowsAnswer
from forms.surroundings import Choices, NoChoices, Remembered, Surroundings, Uploads

_BUTTONS = ("row_add", "row_remove", "file_remove")


@dataclass(frozen=True, slots=True)
class Fault:
    """One entry of the error summary: the id of the input to go to ('' for the form itself), and what is wrong."""

    target: str
    message: str


class StepForm(Questions):
    """A compiled form, filled in. Instances are made of the class that CompiledForm.form_class returns.

    ``choices`` offers units, officers, matters and lists; ``uploads`` keeps files between attempts; ``now``
    (aware; the database's clock) is what today and now mean in the schema; ``data`` are earlier answers as
    CompiledForm.answers gave them. Everything else is passed to the base class.
    """

    translate_with: ClassVar[Translate] = untranslated

    def __init__(
        self,
        *args: Any,
        choices: Choices | None = None,
        uploads: Uploads | None = None,
        now: datetime | None = None,
        data: Mapping[str, Any] | None = None,
        **given: Any,
    ) -> None:
        translate = type(self).translate_with
        moment = {} if now is None else {"now": now}
        self.surroundings = Surroundings(Remembered(choices or NoChoices()), uploads, translate=translate, **moment)
        self._pressed: dict[str, str] = {}
        given["data"] = self._flat(data or {})
        super().__init__(*args, **given)
        self._decide_all()

    def process(self, formdata: Any = None, *args: Any, **given: Any) -> None:
        """Take what was sent, and remember which of our own buttons was pressed."""
        sent = self.meta.wrap_formdata(self, formdata)
        if sent is not None:
            self._pressed = {name: str(sent.get(name)) for name in _BUTTONS if name in sent}
        super().process(sent, *args, **given)

    def rearrange(self) -> bool:
        """Do what a button for adding or removing a row or a file asked.

        Returns whether one was pressed: then show the form again, with what was typed, and do not validate.
        """
        for name, value in self._pressed.items():
            key, _, which = value.partition("-")
            field = self._fields.get(key)
            if isinstance(field, RowsAnswer) and name == "row_add":
                field.add()
            elif isinstance(field, RowsAnswer) and name == "row_remove":
                field.remove(which)
            elif isinstance(field, FilesAnswer) and name == "file_remove":
                field.drop(which)
        if self._pressed:
            for field in self.each_question():
                if isinstance(field, FilesAnswer) and not field.hidden:
                    field.errors = field.keep()
            self._decide_all()
        return bool(self._pressed)

    def validate(self, extra_validators: Any = None) -> bool:
        """Return whether the form can be accepted. Files that will do are kept even when it cannot."""
        self._decide_all()
        return bool(super().validate(extra_validators))

    def faults(self) -> list[Fault]:
        """Return the error summary: everything wrong, in reading order, each with the input it concerns."""
        found = [Fault("", str(message)) for message in self.form_errors]
        for field in self._fields.values():
            if not isinstance(field, Answer):
                found += [Fault("", str(message)) for message in field.errors]
        for question in self.each_question():
            found += self._faults_of(question)
        return found

    def _faults_of(self, field: Answer) -> list[Fault]:
        if not isinstance(field, RowsAnswer):
            return [Fault(field.input_id, str(message)) for message in field.errors]
        found = [Fault(field.input_id, str(message)) for message in field.own_errors]
        for position, row in enumerate(field.rows, 1):
            for inner in row.each_question():
                found += [Fault(inner.input_id, field.in_row(position, str(m))) for m in inner.errors]
        return found

    def _decide_all(self) -> None:
        self.decide_hidden()
        for field in self.each_question():
            if isinstance(field, RowsAnswer):
                field.decide_hidden()

    def _flat(self, answers: Mapping[str, Any]) -> dict[str, Any]:
        """Return earlier answers by key, taken out of the paths under which they nest."""
        flat: dict[str, Any] = {}
        for component in questions(self.asked):
            inner: Any = answers
            for name in (*component.path, component.key):
                inner = inner.get(name) if isinstance(inner, Mapping) else None
            if inner is not None:
                flat[component.key] = inner
        return flat
