"""What a whole form and one row of a list have in common: questions, some of them hidden, and their answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

from wtforms import Form

from forms.answer import Answer
from forms.component import Component, questions
from forms.fields import ChoiceAnswer, ChoicesAnswer, MomentAnswer, NumberAnswer, TextAnswer, YesNoAnswer
from forms.files import FilesAnswer
from forms.hiding import hidden_places, visible_answers
from forms.records import MatterAnswer, OfficerAnswer, UnitAnswer
from forms.surroundings import Surroundings

SINGLE_FIELDS: dict[str, type[Answer]] = {
    "textfield": TextAnswer,
    "textarea": TextAnswer,
    "number": NumberAnswer,
    "datetime": MomentAnswer,
    "select": ChoiceAnswer,
    "radio": ChoiceAnswer,
    "checkbox": YesNoAnswer,
    "checklist": ChoicesAnswer,
    "filepicker": FilesAnswer,
    "unit": UnitAnswer,
    "officer": OfficerAnswer,
    "matter": MatterAnswer,
}
"""Type of a component -> the WTForms field that asks it; lists of rows have a field of their own."""


class Questions(Form):
    """Questions under one set of conditions. Subclasses are made from schemas; see CompiledForm.form_class."""

    asked: ClassVar[tuple[Component, ...]] = ()
    surroundings: Surroundings
    hidden_places: frozenset[str] = frozenset()

    def question(self, key: str) -> Answer:
        """Return the field with this key. Raises KeyError when there is none."""
        field = self._fields[key]
        if not isinstance(field, Answer):
            raise KeyError(key)
        return field

    def each_question(self) -> Iterator[Answer]:
        """Yield the fields in reading order."""
        return (self.question(component.key) for component in questions(self.asked))

    def value_of(self, key: str) -> Any:
        """Return an answer as conditions see it; a hidden question counts as unanswered."""
        return visible_answers(self.asked, self._seen)(key)

    def _seen(self, key: str) -> Any:
        return self.question(key).seen_by_conditions()

    def decide_hidden(self, outer: Callable[[str], Any] | None = None) -> None:
        """Decide which components are hidden by the answers as they are now."""
        self.hidden_places = hidden_places(self.asked, self._seen, outer)
        for field in self.each_question():
            field.hidden = field.component.place in self.hidden_places

    def hides(self, component: Component) -> bool:
        """Return whether a component is hidden by the answers given."""
        return component.place in self.hidden_places

    def reads(self, text: str) -> str:
        """Return a text of the schema in the reader's language."""
        return self.surroundings.translate(text) if text else ""
