"""Judge one message: screen it, compare it with earlier matters, route it; and say what follows without a hand."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any, Literal

from rules.comparison import Match
from rules.fingerprint import Fingerprint, fingerprint
from rules.matter_index import Index
from rules.routing import Router
from rules.routing_verdict import Verdict
from rules.screening import Screening, screen

Outcome = Literal["pushed", "manual", "repeat", "out_of_scope"]
MOST_MATCHES = 5


@dataclass(frozen=True)
class Record:
    """A message as it came. `person`: telephone or name of who wrote; `on`: the day whose rules hold (None: all)."""

    id: str
    title: str
    body: str
    place: str = ""
    channel: str = ""
    person: str = ""
    on: date | None = None


@dataclass(frozen=True)
class Judgement:
    """What is to be done with a message.

    `outcome`: `repeat` (link it to `primary`), `out_of_scope` (hand it on to `verdict.agency`), `pushed` (to
    `verdict.unit`), `manual` (somebody decides; `why` says what stood in the way). `matches`: likely repeats, the best
    first. `fingerprint` is for the index, once the matter is stored.
    """

    outcome: Outcome
    why: str
    verdict: Verdict
    matches: tuple[Match, ...]
    screening: Screening
    fingerprint: Fingerprint

    @property
    def primary(self) -> str:
        """The id of the matter that this one repeats, "" when it repeats none."""
        return self.matches[0].id if self.outcome == "repeat" else ""

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data, without the fingerprint and without any text of the message but the words seen."""
        return {
            "outcome": self.outcome,
            "why": self.why,
            "primary": self.primary,
            "verdict": self.verdict.as_dict(),
            "matches": [asdict(match) for match in self.matches],
            "screening": self.screening.as_dict(),
        }


def judge(record: Record, router: Router, index: Index, *, secret_words: Iterable[str] = ()) -> Judgement:
    """Judge a message against the rules and all earlier matters; changes nothing, `index` included."""
    screening = screen(f"{record.title}\n{record.body}\n{record.place}", secret_words)
    verdict = router.route(record.title, record.body, record.place, record.channel, on=record.on)
    if screening.alarm:
        verdict = replace(verdict, severity="urgent")
    print_ = fingerprint(record.id, record.title, record.body, place=record.place, person=record.person)
    matches = tuple(index.matches(print_)[:MOST_MATCHES])
    outcome, why = _decide(verdict, matches, screening)
    return Judgement(outcome, why, verdict, matches, screening, print_)


def _decide(verdict: Verdict, matches: tuple[Match, ...], screening: Screening) -> tuple[Outcome, str]:
    if screening.is_secret:
        return "manual", "secret"
    if matches and matches[0].band == "same":
        # Whoever handles the earlier matter may be the one accused now: nobody is linked to them unseen.
        return ("manual", "repeat_accuses") if verdict.accused else ("repeat", "")
    if not verdict.certain:
        return "manual", "uncertain"
    if verdict.out_of_scope:
        return "out_of_scope", ""
    return "pushed", ""
