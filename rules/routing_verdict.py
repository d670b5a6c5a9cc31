"""What routing answers: the owner, the matter's kind and gravity, how sure that is, and every word that decided."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from rules.accusation import Accused
from rules.evidence import Firing
from rules.matching import Span
from rules.places import PlaceFound
from rules.routing_rules import SEVERITIES

OUTSIDE = "outside"
"""Stands among the owners for: not a police matter."""

Effect = Literal["unit", "outside", "category", "kind", "severity", "place", "accused", "learned", "none"]

EFFECTS: dict[str, Effect] = {
    "department": "unit",
    "local": "unit",
    "accusation": "unit",
    "outside": "outside",
    "matter": "category",
    "intent": "kind",
    "severity": "severity",
}
"""What a rule of each kind speaks for."""
MOST_ALTERNATIVES = 3


@dataclass(frozen=True)
class Reason:
    """Why: the rule ("" for the router's own), the words seen in a field with their positions, what they speak for.

    `target`: the code it speaks for · `field`: `title`, `body`, `place`, `attachments` (without positions) or "" ·
    `score`: its weight as evidence
    (0 where nothing is weighed). Effect `learned`: words by which the learned model tells `target` from the
    second best. Effect `none` says that no rule fired.
    """

    rule: str
    effect: Effect
    target: str
    words: tuple[str, ...] = ()
    field: str = ""
    spans: tuple[Span, ...] = ()
    score: float = 0.0


@dataclass(frozen=True)
class Alternative:
    """Another owner that was weighed: a unit's code, or "" and the agency; and its share of all evidence."""

    unit: str
    agency: str
    share: float


@dataclass(frozen=True)
class Verdict:
    """What routing says. Codes are those of the rules; "" where it cannot say. `confidence` 0 to 1.

    `certain`: sure enough to act without a hand. `out_of_scope`: not a police matter, `agency` likely owns it.
    `accused`: those of the police complained of; none of them is in `unit`, `supervising_unit` or `joint_units`.
    """

    unit: str
    supervising_unit: str
    joint_units: tuple[str, ...]
    category: str
    kind: str
    severity: str
    clock: str
    confidence: float
    certain: bool
    out_of_scope: bool
    agency: str
    accused: tuple[Accused, ...]
    reasons: tuple[Reason, ...]
    alternatives: tuple[Alternative, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return asdict(self)


def apart(verdict: Verdict, length: int) -> Verdict:
    """Return the verdict on a body of `length` characters to which the text of attachments was appended.

    Positions are kept for the body alone; a reason that stands in the attachments only says so.
    """
    return replace(verdict, reasons=tuple(_apart(reason, length) for reason in verdict.reasons))


def _apart(reason: Reason, length: int) -> Reason:
    inside = tuple(span for span in reason.spans if span[1] <= length)
    if reason.field != "body" or len(inside) == len(reason.spans):
        return reason
    return replace(reason, field="body" if inside else "attachments", spans=inside)


def graver(verdict: Verdict, severity: str, reasons: Iterable[Reason]) -> Verdict:
    """Return the verdict with at least this severity, and why."""
    least = max(verdict.severity or SEVERITIES[0], severity, key=SEVERITIES.index)
    return replace(verdict, severity=least, reasons=(*verdict.reasons, *reasons))


def reasons_of(fired: Iterable[Firing], accused: Iterable[Accused], places: Iterable[PlaceFound]) -> list[Reason]:
    """Return a reason for every field in which a rule found words, for every place and for every accused."""
    reasons: list[Reason] = []
    for firing in fired:
        effect, target, score = EFFECTS[firing.rule.kind], _target(firing), round(firing.score, 2)
        for field in ("title", "body"):
            hits = [hit for hit in firing.hits if hit.field == field]
            if hits:
                words = tuple(hit.word for hit in hits)
                spans = tuple(span for hit in hits for span in hit.spans)
                reasons.append(Reason(firing.rule.id, effect, target, words, field, spans, score))
        if not firing.hits:
            reasons.append(Reason(firing.rule.id, effect, target, score=score))
    reasons += [Reason("", "place", item.unit, (item.place,), item.field, item.spans) for item in places]
    for item in accused:
        words = tuple(word for word in (item.words, item.conduct) if word)
        reasons.append(Reason("", "accused", item.unit, words, item.field, item.spans))
    return reasons or [Reason("", "none", "")]


def alternatives_of(
    others: Sequence[str], weighed: Mapping[str, float], agencies: Mapping[str, float]
) -> list[Alternative]:
    """Return the next best owners with their share of the evidence."""
    whole = sum(weighed.values()) or 1.0
    agency = max(agencies, key=lambda name: agencies[name], default="")
    return [
        Alternative("" if name == OUTSIDE else name, agency if name == OUTSIDE else "", round(weighed[name] / whole, 3))
        for name in others[:MOST_ALTERNATIVES]
    ]


def _target(firing: Firing) -> str:
    rule = firing.rule
    targets = {"unit": rule.unit, "outside": rule.agency, "category": rule.category, "kind": rule.matter_kind}
    return targets.get(EFFECTS[rule.kind], rule.severity)
