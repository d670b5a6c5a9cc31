"""Screen a text before anything is stored: marks of state secrets, personal data, and alarms.

What matched is never given back: a finding says its kind, where it stands, why it is one and what is to be done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from rules.emergency import Alarm, alarms
from rules.matching import Span
from rules.personal_data import REASONS, is_card_number, is_identity_number, mask, personal_data
from rules.secret_marks import Mark, secret_marks
from rules.secret_words import NO_WORDS, SecretWords

__all__ = [
    "Finding",
    "Screening",
    "find_secrets",
    "is_card_number",
    "is_identity_number",
    "mask",
    "personal_data",
    "screen",
]

REFUSED = "平台不得保存，请通过涉密渠道办理并报告保密部门"
MASKED = "显示和导出时遮盖"


@dataclass(frozen=True)
class Finding:
    """One thing that screening found: of what sort and kind, where, why it is one, and what is to be done."""

    sort: Literal["secret", "personal", "alarm"]
    kind: str
    span: Span
    reason: str
    advice: str

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return {
            "sort": self.sort,
            "kind": self.kind,
            "span": list(self.span),
            "reason": self.reason,
            "advice": self.advice,
        }


@dataclass(frozen=True)
class Screening:
    """What screening found; never what was written.

    `secret`: kinds of secret marks · `personal`: kind → spans in the text (`identity`, `phone`, `card`, `plate`,
    `passport`, `address`) · `alarm`: categories for the duty officer (`emergency`, `suicide`, `threat`, `abuse`), the
    most urgent first · `marks`, `alarms`: the same with their spans.
    """

    secret: tuple[str, ...]
    personal: Mapping[str, tuple[Span, ...]]
    alarm: tuple[str, ...]
    marks: tuple[Mark, ...] = field(default=(), repr=False)
    alarms: tuple[Alarm, ...] = field(default=(), repr=False)

    @property
    def is_secret(self) -> bool:
        """Tell whether the text must not be stored."""
        return bool(self.secret)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that was found, each with its reason: marks, alarms, personal data."""
        marks = (Finding("secret", mark.kind, mark.span, mark.reason, REFUSED) for mark in self.marks)
        raised = (Finding("alarm", one.category, one.span, one.reason, one.advice) for one in self.alarms)
        personal = (
            Finding("personal", kind, span, REASONS[kind], MASKED)
            for kind, spans in self.personal.items()
            for span in spans
        )
        return (*marks, *raised, *personal)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return {
            "secret": list(self.secret),
            "personal": {kind: [list(span) for span in spans] for kind, spans in self.personal.items()},
            "alarm": list(self.alarm),
            "findings": [finding.as_dict() for finding in self.findings],
        }


def find_secrets(text: str, words: SecretWords = NO_WORDS) -> tuple[str, ...]:
    """Return the kinds of secret marks in `text`. `words`: the bureau's own list, reported as kind `word`."""
    return tuple(dict.fromkeys(mark.kind for mark in secret_marks(text, words)))


def screen(text: str, words: SecretWords = NO_WORDS) -> Screening:
    """Screen a text for secrets (see `find_secrets`), personal data and alarms."""
    marks = secret_marks(text, words)
    raised = alarms(text)
    return Screening(
        tuple(dict.fromkeys(mark.kind for mark in marks)),
        personal_data(text),
        tuple(dict.fromkeys(alarm.category for alarm in raised)),
        marks,
        raised,
    )
