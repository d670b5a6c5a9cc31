"""The base of all our WTForms fields: one question of a form, with what was typed and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from wtforms import Field
from wtforms.form import BaseForm
from wtforms.utils import unset_value

from forms.component import Component, Option
from forms.messages import CHOOSE, FILL_IN
from forms.surroundings import Surroundings


class Answer(Field):
    """One question. ``hidden`` is decided by the form; a hidden or locked question is never refused.

    ``typed`` is what to show in the input, kept even when it could not be understood; ``data`` is the
    answer, None (or an empty list, or False) when there is none.
    """

    asks_to = FILL_IN
    errors: Sequence[str]

    def __init__(self, component: Component, **bound: Any) -> None:
        self.component = component
        self.form: Any = bound["_form"]
        self.surroundings: Surroundings = self.form.surroundings
        self.hidden = False
        self.typed = ""
        default = list(component.default) if isinstance(component.default, tuple) else component.default
        super().__init__(
            label=self.surroundings.translate(component.label),
            description=self.say_plain(component.description),
            default=default,
            **bound,
        )

    @property
    def input_id(self) -> str:
        """Return the id of the input; the prefix keeps it apart from the page's own ids."""
        return f"f-{self.name}"

    @property
    def key(self) -> str:
        """Return the component's key (the name without the prefix of a row)."""
        return self.component.key

    def say(self, text: str, **values: object) -> str:
        """Return a message in the reader's language, with the question's label filled in."""
        return self.surroundings.translate(text, label=self.label.text, **values)

    def say_plain(self, text: str) -> str:
        """Return a text of the schema in the reader's language, if the catalogue has it."""
        return self.surroundings.translate(text) if text else ""

    def process(self, formdata: Any, data: Any = unset_value, extra_filters: Any = None) -> None:
        """Take what was sent, except for a locked question: its answer comes from the server only."""
        super().process(None if self.component.locked else formdata, data, extra_filters)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read the first value sent; what cannot be understood raises ValueError and stays in ``typed``."""
        sent = [plain(value) for value in valuelist]
        self.data = None
        self.read(sent[0] if sent else "")

    def read(self, sent: str) -> None:
        """Set ``typed`` and ``data`` from the text that was sent. Raises ValueError with the message to show."""
        self.typed = sent
        self.data = sent or None

    def validate(self, form: BaseForm, extra_validators: Any = ()) -> bool:
        """Return whether the answer will do; ``errors`` says what is wrong, in the reader's language."""
        if self.hidden or self.component.locked:
            self.errors = []
            return True
        self.errors = list(self.process_errors) or self.faults()
        if not self.errors:
            self._run_validation_chain(form, extra_validators)  # type: ignore[attr-defined]
        return not self.errors

    def faults(self) -> list[str]:
        """Return what is wrong with an answer that could be read."""
        if self.is_empty():
            return [self.say(self.asks_to)] if self.component.required else []
        return self.check()

    def check(self) -> list[str]:
        """Return what is wrong with an answer that is there."""
        return []

    def is_empty(self) -> bool:
        """Return whether there is no answer."""
        return self.data is None or self.data in ("", [])

    def is_untouched(self) -> bool:
        """Return whether nobody typed anything here: nothing, or just the default."""
        return not self.process_errors and (self.is_empty() or self.data == self.object_default())

    def object_default(self) -> Any:
        """Return the answer the schema gives in advance, in the form of ``data``."""
        return self.default

    def answer(self) -> Any:
        """Return the answer as JSON keeps it."""
        return None if self.is_empty() else self.data

    def seen_by_conditions(self) -> Any:
        """Return the answer as conditions see it."""
        return None if self.is_empty() else self.data

    def options(self) -> Sequence[Option]:
        """Return what there is to choose, for questions that offer something."""
        return ()

    def grouped(self) -> list[tuple[str, list[Option]]]:
        """Return the options under their groups' names, everything in the order in which it is offered."""
        groups: dict[str, list[Option]] = {}
        for option in self.options():
            groups.setdefault(option.group, []).append(option)
        return list(groups.items())


class Choosing(Answer):
    """A question with options."""

    asks_to = CHOOSE


def plain(value: object) -> str:
    """Return one value of a request as text: numbers of a JSON request as digits, files and structures as ''."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, (int, float)) else ""
