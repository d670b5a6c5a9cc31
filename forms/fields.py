"""Questions answered with one value: text, number, date, yes or no, and choices from a list."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from forms import messages
from forms.answer import Answer, Choosing, plain
from forms.component import Option
from forms.moments import from_stored, read_moment, resolve, to_stored
from forms.node import as_decimal
from forms.text import clean_line, clean_text

_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,9})?|\.\d{1,9})", re.ASCII)
_NEGATIVE = {"", "0", "false", "False", "off", "no"}


class TextAnswer(Answer):
    """A line of text or, for a textarea, several."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default."""
        self.read(value if isinstance(value, str) else "")

    def read(self, sent: str) -> None:
        """Take the text in its uniform shape."""
        clean = clean_text if self.component.type == "textarea" else clean_line
        self.typed = clean(sent)
        self.data = self.typed or None

    def check(self) -> list[str]:
        """Return faults of length and shape."""
        limits, count = self.component, len(self.data)
        if limits.max_length is not None and count > limits.max_length:
            return [self.say(messages.TOO_LONG, limit=limits.max_length, count=count)]
        if limits.min_length is not None and count < limits.min_length:
            return [self.say(messages.TOO_SHORT, limit=limits.min_length, count=count)]
        if limits.pattern is not None and not limits.pattern.search(self.data):
            if limits.pattern_message in {messages.NO_EMAIL, messages.NO_PHONE}:
                return [self.say(limits.pattern_message)]
            return [self.say_plain(limits.pattern_message) or self.say(messages.WRONG_SHAPE)]
        return []


class NumberAnswer(Answer):
    """A decimal number; digits may be typed full-width. Kept as int where it is whole, else as float."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default."""
        number = as_decimal(value)
        self.data = number
        self.typed = "" if number is None else in_digits(number)

    def read(self, sent: str) -> None:
        """Read the digits; ``NaN``, ``inf`` and exponents are no numbers to people."""
        self.typed = clean_line(sent)
        digits = unicodedata.normalize("NFKC", self.typed).replace(" ", "").replace("−", "-")
        if not digits:
            return
        whole = self.component.decimals == 0
        if not _NUMBER.fullmatch(digits):
            raise ValueError(self.say(messages.NO_WHOLE_NUMBER if whole else messages.NO_NUMBER))
        number = Decimal(digits)
        if self.component.decimals is not None and number != round(number, self.component.decimals):
            text = messages.NO_WHOLE_NUMBER if whole else messages.TOO_MANY_DECIMALS
            raise ValueError(self.say(text, limit=self.component.decimals))
        self.data = number

    def check(self) -> list[str]:
        """Return faults of range."""
        low, high = self.component.minimum, self.component.maximum
        if isinstance(low, Decimal) and self.data < low:
            return [self.say(messages.TOO_SMALL, limit=in_digits(low))]
        if isinstance(high, Decimal) and self.data > high:
            return [self.say(messages.TOO_LARGE, limit=in_digits(high))]
        return []

    def answer(self) -> int | float | None:
        """Return the number as JSON has it."""
        if self.data is None:
            return None
        return int(self.data) if self.data == self.data.to_integral_value() else float(self.data)

    def seen_by_conditions(self) -> int | float | None:
        """Return the number as JSON has it."""
        return self.answer()


class MomentAnswer(Answer):
    """A date, a time, or both (the bureau's wall time); ``data`` has the shape of the native input."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default; ``today`` and ``now`` become the present moment."""
        if value in ("today", "now"):
            value = resolve(self.component.subtype, value, self.surroundings.now)
        self.data = from_stored(self.component.subtype, value)
        self.typed = self.data or ""

    def read(self, sent: str) -> None:
        """Read what the native input sends."""
        self.typed = clean_line(sent)
        if not self.typed:
            return
        self.data = read_moment(self.component.subtype, self.typed)
        if self.data is None:
            shapes = {"date": messages.NO_DATE, "time": messages.NO_TIME, "datetime": messages.NO_DATETIME}
            raise ValueError(self.say(shapes[self.component.subtype]))
        self.typed = self.data

    def bound(self, limit: object) -> str | None:
        """Return a bound of the schema as a moment, None when there is none."""
        if not isinstance(limit, str):
            return None
        return resolve(self.component.subtype, limit, self.surroundings.now)

    def check(self) -> list[str]:
        """Return faults of range; moments in their common shape sort as text."""
        low, high = self.bound(self.component.minimum), self.bound(self.component.maximum)
        if low is not None and self.data < low:
            return [self.say(messages.TOO_EARLY, limit=low.replace("T", " "))]
        if high is not None and self.data > high:
            return [self.say(messages.TOO_LATE, limit=high.replace("T", " "))]
        return []

    def object_default(self) -> Any:
        """Return the default with today and now resolved."""
        return self.bound(self.component.default)

    def answer(self) -> str | None:
        """Return the moment in ISO 8601; a date and time with the bureau's offset from UTC."""
        return to_stored(self.component.subtype, self.data) if self.data else None


class YesNoAnswer(Answer):
    """One box to tick."""

    asks_to = messages.TICK

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default."""
        self.data = bool(value)

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Read whether the box was sent: browsers send only ticked ones."""
        self.data = any(value is True or plain(value) not in _NEGATIVE for value in valuelist)

    def is_empty(self) -> bool:
        """Return whether the box is not ticked."""
        return not self.data

    def answer(self) -> bool:
        """Return whether the box is ticked."""
        return bool(self.data)

    def seen_by_conditions(self) -> bool:
        """Return whether the box is ticked."""
        return bool(self.data)


class ChoiceAnswer(Choosing):
    """One of a list, as a select or as radio buttons."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default."""
        self.data = value if isinstance(value, str) and value else None
        self.typed = self.data or ""

    def read(self, sent: str) -> None:
        """Take the value if it is offered."""
        self.typed = clean_line(sent)
        self.data = self.typed or None

    def options(self) -> Sequence[Option]:
        """Return the schema's values, or the host's list that it names."""
        return offered(self)

    def check(self) -> list[str]:
        """Return a fault when the value is not offered."""
        known = {option.value for option in self.options()}
        return [] if self.data in known else [self.say(messages.NOT_OFFERED)]


class ChoicesAnswer(Choosing):
    """Any number of a list."""

    def process_data(self, value: Any) -> None:
        """Take an earlier answer or the default."""
        self.data = [one for one in value if isinstance(one, str)] if isinstance(value, (list, tuple)) else []

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the values sent, each once."""
        self.data = list(dict.fromkeys(filter(None, (clean_line(plain(value)) for value in valuelist))))

    def options(self) -> Sequence[Option]:
        """Return the schema's values, or the host's list that it names."""
        return offered(self)

    def check(self) -> list[str]:
        """Return a fault when a value is not offered."""
        known = {option.value for option in self.options()}
        return [] if known.issuperset(self.data) else [self.say(messages.NOT_OFFERED)]

    def answer(self) -> list[str]:
        """Return the values in the order in which they are offered."""
        chosen = set(self.data)
        return [str(option.value) for option in self.options() if option.value in chosen]

    def seen_by_conditions(self) -> list[str]:
        """Return the values."""
        return list(self.data)


def offered(field: Answer) -> Sequence[Option]:
    """Return the options of a list in the reader's language; the host's lists come translated."""
    component = field.component
    if component.list_key:
        return [Option(str(o.value), o.label, o.group) for o in field.surroundings.choices.values(component.list_key)]
    return [Option(option.value, field.say_plain(option.label)) for option in component.options]


def in_digits(number: Decimal) -> str:
    """Return a number as people write it: no exponent, no trailing zeros."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
