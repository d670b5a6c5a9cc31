"""What is judged of a matter and learned from it: its title, its body, and the text of its attachments behind that."""

from collections.abc import Collection
from datetime import date
from typing import Final

from sqlalchemy import Connection, text

from engine.casework.dictionary import Dictionary
from rules.emergency import Alarm, alarms
from rules.learning_features import Text
from rules.routing_verdict import Reason, Verdict, apart, graver

MOST_ATTACHED: Final = 4_000
"""Characters of all attachments together that are read; the beginning says what a matter is about."""
URGENT: Final = frozenset({"emergency", "suicide"})
"""Categories of alarms that make a matter urgent."""
ATTACHED: Final = text(
    "select a.text from attachment a where a.matter_id = :matter and a.text is not null order by a.id"
)


def attached(connection: Connection, matter_id: int) -> str:
    """Return the text of the matter's attachments as far as it was read, the first first."""
    return "\n".join(connection.execute(ATTACHED, {"matter": matter_id}).scalars())[:MOST_ATTACHED]


def text_of(title: str, body: str, files: str) -> Text:
    """Return what the model reads of a matter; `files`: the text of its attachments."""
    return Text(title, f"{body}\n{files[:MOST_ATTACHED]}" if files else body)


def judged(
    words: Dictionary,
    letter: Text,
    *,
    length: int,
    place: str,
    channel: str,
    on: date,
    barred: Collection[str] = (),
    alarming: bool = False,
) -> Verdict:
    """Return the verdict on a letter as `text_of` makes it, whose own body has `length` characters.

    `alarming`: whether a danger makes it urgent; one that was written of long ago does not. The rest as `Router.route`.
    """
    verdict = apart(words.router.route(letter.title, letter.body, place, channel, on=on, barred=barred), length)
    found = alarms(f"{letter.title}\n{letter.body[:length]}") if alarming else ()
    grave = [alarm for alarm in found if alarm.category in URGENT]
    return graver(verdict, "urgent", _dangers(letter, grave)) if grave else verdict


def _dangers(letter: Text, grave: Collection[Alarm]) -> list[Reason]:
    """Return the reason for every danger; positions were counted over the title, a line break, and the body."""
    reasons = []
    for alarm in grave:
        start, end = alarm.span
        field, behind = ("title", 0) if end <= len(letter.title) else ("body", len(letter.title) + 1)
        start, end = max(0, start - behind), end - behind
        word = (letter.title if field == "title" else letter.body)[start:end]
        reasons.append(Reason(f"alarm:{alarm.category}", "severity", "urgent", (word,), field, ((start, end),)))
    return reasons
