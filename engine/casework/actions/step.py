"""What an action has at hand: the command, the matter, the item, what was typed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from engine.casework.case import Case
from engine.runtime import InvalidAnswers, Item, Transaction


class InvalidStep(InvalidAnswers):
    """What was typed breaks a rule of the bureau; nothing was stored.

    Attributes:
        fields: the form's key → what is wrong with its answer, in Chinese.

    """

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("；".join(fields.values()))
        self.fields = dict(fields)


@dataclass(slots=True, kw_only=True)
class Answers:
    """What was typed at a step, read key by key, and what is wrong with it.

    Attributes:
        answers: everything typed, by the form's keys.
        wrong: the faults found so far, field → sentence.

    """

    answers: Mapping[str, Any]
    wrong: dict[str, str] = field(default_factory=dict)

    def text(self, key: str) -> str:
        """Return a text answer without blanks around it, '' when there is none."""
        value = self.answers.get(key)
        return value.strip() if isinstance(value, str) else ""

    def number(self, key: str) -> int | None:
        """Return an answer that names a record or counts something, None when there is none."""
        value = self.answers.get(key)
        if isinstance(value, bool) or value is None:
            return None
        try:
            return int(value)
        except (TypeError, ValueError):
            return None

    def rows(self, key: str) -> list[Mapping[str, Any]]:
        """Return the rows of a repeating answer, empty when there are none."""
        value = self.answers.get(key)
        return [row for row in value if isinstance(row, Mapping)] if isinstance(value, list) else []

    def choice(self, key: str, *allowed: str) -> str:
        """Return the chosen value; notes a fault and returns '' when it is none of ``allowed``."""
        value = self.text(key)
        if value in allowed:
            return value
        self.refuse(key, "请选择。")
        return ""

    def need(self, key: str, message: str, least: int = 1) -> str:
        """Return a text answer; notes ``message`` when it is shorter than ``least`` characters."""
        value = self.text(key)
        if len(value) < least:
            self.refuse(key, message)
        return value

    def refuse(self, key: str, message: str) -> None:
        """Note what is wrong with an answer; the first fault of a field stands."""
        self.wrong.setdefault(key, message)

    def check(self) -> None:
        """Raise InvalidStep when something is wrong."""
        if self.wrong:
            raise InvalidStep(self.wrong)


@dataclass(slots=True, kw_only=True)
class Step(Answers):
    """A step of a matter being finished.

    Attributes:
        transaction: the command.
        case: the matter.
        item: the user task.
        event: what happened, in the past tense, as history keeps it; the action makes it exact.

    """

    transaction: Transaction
    case: Case
    item: Item
    event: str = "completed"

    @property
    def connection(self) -> Connection:
        """The command's connection."""
        return self.transaction.connection
