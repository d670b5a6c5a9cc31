"""What is known of a matter before it is one, and whether it will do."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from engine.casework import petitioners
from engine.casework.attachments import Upload
from engine.casework.errors import FieldProblem
from engine.casework.petitioners import PetitionerFacts
from engine.casework.vocabulary import KINDS, SEVERITIES

LABELS = {
    "channel_number": "渠道编号",
    "title": "主题",
    "body": "内容",
    "place": "地点",
    "kind": "民意类型",
    "severity": "严重程度",
    "received_at": "收到时间",
}
LONGEST = {"channel_number": 100, "title": 200, "body": 200_000, "place": 200}
TITLE_FROM_BODY = 30
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
# A channel's clock may be a little ahead of ours.
TOLERANCE = timedelta(minutes=10)

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200b\ufeff\u202a-\u202e\u2066-\u2069]")
_SENTENCE_END = re.compile(r"[。！？!?；;\n]")


@dataclass(frozen=True, slots=True)
class MatterFacts:
    """A record of a channel, or what a clerk typed.

    `channel`: the channel's code · `channel_number`: its own number for the record · `received_at`: when the channel
    got it, aware; None means now · `kind`, `category_id`, `severity`, `handling_unit_id`: given only when somebody has
    decided them, the judgement then leaves them alone · `accused_units`, `accused_officers`: ids of whom it accuses ·
    `attachments`: the files that came with it · `delivered`: whether a channel delivered it, so that it can be
    delivered again and must not become a second matter.
    """

    channel: str
    body: str
    title: str = ""
    channel_number: str | None = None
    place: str | None = None
    received_at: datetime | None = None
    kind: str | None = None
    category_id: int | None = None
    severity: str | None = None
    handling_unit_id: int | None = None
    petitioner: PetitionerFacts = field(default_factory=PetitionerFacts)
    accused_units: tuple[int, ...] = ()
    accused_officers: tuple[int, ...] = ()
    attachments: tuple[Upload, ...] = ()
    delivered: bool = False

    @property
    def given(self) -> list[str]:
        """The names of the decisions that somebody has taken already."""
        names = ("kind", "category_id", "severity", "handling_unit_id")
        return [name for name in names if getattr(self, name) is not None]


def tidy(facts: MatterFacts) -> MatterFacts:
    """Return the facts with texts trimmed of blanks and control characters, and a title where there was none."""
    body = clean(facts.body)
    title = " ".join(clean(facts.title).split()) or title_of(body)
    person = facts.petitioner
    return replace(
        facts,
        body=body or title,
        title=title,
        channel_number=clean(facts.channel_number or "") or None,
        place=clean(facts.place or "") or None,
        petitioner=PetitionerFacts(
            name=clean(person.name or "") or None,
            phone=unicodedata.normalize("NFKC", clean(person.phone or "")) or None,
            identity_number=unicodedata.normalize("NFKC", clean(person.identity_number or "")).upper() or None,
            address=clean(person.address or "") or None,
            anonymous=person.anonymous,
        ),
    )


def clean(words: str) -> str:
    """Return the text without control and direction marks, line ends made one kind, trimmed."""
    plain = words.replace("\r\n", "\n").replace("\r", "\n").encode("utf-8", "ignore").decode()
    return _CONTROL.sub("", plain).strip()


def title_of(body: str) -> str:
    """Return the first sentence of a text, at most thirty characters, as its title."""
    first = _SENTENCE_END.split(body.strip(), maxsplit=1)[0].strip()
    return first if len(first) <= TITLE_FROM_BODY else first[:TITLE_FROM_BODY] + "…"


def problems_of(facts: MatterFacts, now: datetime) -> list[FieldProblem]:
    """Return everything that is wrong with tidied facts, by field; empty when they will do."""
    found = [
        FieldProblem(name, LABELS[name], f"最多 {limit} 个字")
        for name, limit in LONGEST.items()
        if len(getattr(facts, name) or "") > limit
    ]
    if not facts.body:
        found.append(FieldProblem("body", LABELS["body"], "不能为空"))
    if facts.kind is not None and facts.kind not in KINDS:
        found.append(FieldProblem("kind", LABELS["kind"], f"没有“{facts.kind}”这一类"))
    if facts.severity is not None and facts.severity not in SEVERITIES:
        found.append(FieldProblem("severity", LABELS["severity"], f"没有“{facts.severity}”这一级"))
    if facts.received_at is not None:
        if facts.received_at.tzinfo is None:
            found.append(FieldProblem("received_at", LABELS["received_at"], "缺少时区"))
        elif facts.received_at > now + TOLERANCE:
            found.append(FieldProblem("received_at", LABELS["received_at"], "晚于现在"))
        elif facts.received_at < EARLIEST:
            found.append(FieldProblem("received_at", LABELS["received_at"], "早于 1990 年"))
    return found + petitioners.problems(facts.petitioner)


def texts_of(facts: MatterFacts) -> Mapping[str, str]:
    """Return every text that would be stored, by the Chinese label of its field."""
    person = facts.petitioner
    texts = {
        LABELS["title"]: facts.title,
        LABELS["body"]: facts.body,
        LABELS["place"]: facts.place or "",
        LABELS["channel_number"]: facts.channel_number or "",
        petitioners.LABELS["name"]: person.name or "",
        petitioners.LABELS["address"]: person.address or "",
    }
    return {label: text for label, text in texts.items() if text}


def digest_of(facts: MatterFacts) -> str:
    """Return the SHA-256 of what a tidied record says, by which the same record is known when it comes again."""
    person = facts.petitioner
    said = [
        facts.title,
        facts.body,
        facts.place,
        facts.received_at.astimezone(UTC).isoformat() if facts.received_at else None,
        person.name,
        person.phone,
        person.identity_number,
        person.address,
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()
