"""Screen a text before anything is stored: marks of state secrets, personal data, and alarms.

A secret is known by the form of its mark (机密★10年, 密级：秘密, 【机密】), not by the word: people write of 商业秘密
and of 机密 in passing. What matched is never given back, only its kind. Personal data is found to be masked; each kind
is checked as far as it checks itself (GB 11643 for identity numbers, Luhn for bank cards).
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from rules.matching import Span, WordIndex, fold
from rules.word_lists import read_words

# Spaces of every kind and invisible characters that people or machines put between characters.
_GAP = r"[\s\u200b-\u200f\u2060\ufeff\-_.·]*"
_LEVEL = rf"(?:[绝絕]{_GAP}密|[机機]{_GAP}密|[秘祕]{_GAP}密)"
_STAR = "[★☆✩✪✭✮✯⭐*]"
_TERM = rf"(?:\d(?:{_GAP}\d)?|[一二三四五六七八九十]{{1,3}}){_GAP}(?:年|个{_GAP}月|月|天)"


def _spaced(words: str) -> str:
    """Return a pattern for any of `words`, with gaps between their characters."""
    return "(?:" + "|".join(_GAP.join(word) for word in words.split()) + ")"


SECRET_FORMS: Mapping[str, re.Pattern[str]] = {
    # GB/T 9704: the level, a star, the term.
    "level_star_term": re.compile(rf"{_LEVEL}{_GAP}{_STAR}{_GAP}(?:{_TERM}|{_spaced('长期 启用 解密')}|$|\n)"),
    "level_star": re.compile(rf"(?:^|\n|[【\[(])\s*{_LEVEL}{_GAP}{_STAR}"),
    "level_named": re.compile(rf"{_spaced('密级')}{_GAP}[:∶]{_GAP}{_LEVEL}"),
    "level_bracketed": re.compile(rf"[【\[〔〖]{_GAP}{_LEVEL}{_GAP}(?:{_STAR}{_GAP}(?:{_TERM})?)?{_GAP}[】\]〕〗]"),
    "level_alone": re.compile(rf"(?:^|\n)[^\S\n]*{_LEVEL}[^\S\n]*(?:\n|$)"),
    "term_named": re.compile(rf"{_spaced('保密期限')}{_GAP}[:∶]{_GAP}(?:{_TERM}|{_spaced('长期')})"),
    "internal": re.compile(
        rf"(?:^|\n|[【\[])\s*{_spaced('内部资料 内部文件 内部文稿')}{_GAP}{_spaced('注意保密 严禁外传 不得外传')}"
    ),
}
"""The forms a secret's mark takes, by the kind that is reported."""

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_SEPARATOR = r"[ \-]?"
_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dx](?![\da-z])")
_OLD_IDENTITY = re.compile(r"(?<!\d)[1-9]\d{5}\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?!\d)")
_MOBILE = re.compile(rf"(?<!\d)(?:\+?86{_SEPARATOR})?1[3-9]\d{_SEPARATOR}\d{{4}}{_SEPARATOR}\d{{4}}(?!\d)")
_LANDLINE = re.compile(r"(?<!\d)\(?0\d{2,3}[)\- ]{0,2}[2-9]\d{6,7}(?!\d)")
_CARD = re.compile(r"(?<!\d)[3-6]\d{3}(?:[ \-]?\d{4}){2,3}(?:[ \-]?\d{1,4})?(?!\d)")
_PLATE = re.compile(
    rf"[{PROVINCES}][a-hj-z][·. ]?(?:[0-9a-hj-np-z]{{5,6}}|[0-9a-hj-np-z]{{4}}[学警挂港澳])(?![0-9a-z])"
)
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_CHECKS = "10x98765432"
SHORTEST_CARD, LONGEST_CARD = 15, 19

# Words around which an alarm word is only talked of.
_TALK = re.compile(r"防止|预防|宣传|讲座|避免|曾经|多年前|去年|已故|反自杀|干预|演练|劝阻|谢|救下|感谢|表扬")
NEAR = 10


@dataclass(frozen=True)
class Screening:
    """What screening found; never what was written.

    `secret`: kinds of secret marks · `personal`: kind → spans in the text (`identity`, `phone`, `card`, `plate`) ·
    `alarm`: `emergency` and/or `suicide`, for the duty officer at once.
    """

    secret: tuple[str, ...]
    personal: Mapping[str, tuple[Span, ...]]
    alarm: tuple[str, ...]

    @property
    def is_secret(self) -> bool:
        """Tell whether the text must not be stored."""
        return bool(self.secret)

    def as_dict(self) -> dict[str, Any]:
        """Return JSON-able data."""
        return {
            "secret": list(self.secret),
            "personal": {kind: [list(span) for span in spans] for kind, spans in self.personal.items()},
            "alarm": list(self.alarm),
        }


def find_secrets(text: str, secret_words: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the kinds of secret marks in `text`. `secret_words`: the bureau's own list, reported as kind `word`."""
    marked = fold(html.unescape(text))
    found = [kind for kind, form in SECRET_FORMS.items() if form.search(marked)]
    tight = re.sub(_GAP, "", marked)
    if any(fold(word) in tight for word in secret_words if word):
        found.append("word")
    return tuple(found)


def screen(text: str, secret_words: Iterable[str] = ()) -> Screening:
    """Screen a text for secrets (see `find_secrets`), personal data and alarms."""
    folded = fold(text)
    alarms = tuple(kind for kind, index in _ALARMS.items() if _alarmed(folded, index))
    return Screening(find_secrets(text, secret_words), personal_data(text), alarms)


def personal_data(text: str) -> dict[str, tuple[Span, ...]]:
    """Return the spans of personal data by kind; a stretch counts for the first kind that claims it."""
    folded = fold(text)
    taken: list[Span] = []
    found: dict[str, tuple[Span, ...]] = {}
    for kind, form, holds in _PERSONAL:
        spans = []
        for match in form.finditer(folded):
            start, end = match.span()
            if holds(match[0]) and not any(start < stop and begin < end for begin, stop in taken):
                spans.append((start, end))
        taken += spans
        if spans:
            found[kind] = tuple(sorted({*found.get(kind, ()), *spans}))
    return found


def mask(text: str, kinds: Iterable[str] | None = None) -> str:
    """Return `text` with personal data covered by `*`; the ends that let an officer recognise it stay."""
    wanted = None if kinds is None else set(kinds)
    characters = list(text)
    for kind, spans in personal_data(text).items():
        if wanted is None or kind in wanted:
            keep_start, keep_end = _KEPT[kind]
            for start, end in spans:
                hidden = range(start + keep_start, max(start + keep_start, end - keep_end))
                for at in hidden:
                    characters[at] = "*"
    return "".join(characters)


def is_identity_number(text: str) -> bool:
    """Tell whether `text` is an 18-digit identity number with a real date and the right check digit (GB 11643)."""
    number = fold(text).strip()
    if not _IDENTITY.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return _CHECKS[total % 11] == number[17]


def is_card_number(text: str) -> bool:
    """Tell whether `text` is 15 to 19 digits (spaces and hyphens between) that pass Luhn's check (ISO/IEC 7812)."""
    digits = [int(character) for character in fold(text) if character.isdigit()]
    if not SHORTEST_CARD <= len(digits) <= LONGEST_CARD or len(set(digits)) == 1:
        return False
    doubled = [digit * 2 - 9 * (digit > 4) for digit in digits[-2::-2]]  # noqa: PLR2004 Luhn: two digits are summed
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_old_identity(text: str) -> bool:
    """Fifteen digits, as until 1999: no check digit, so only the date speaks."""
    try:
        date(1900 + int(text[6:8]), int(text[8:10]), int(text[10:12]))
    except ValueError:
        return False
    return not is_card_number(text)


def _always(_: str) -> bool:
    return True


_PERSONAL = (
    ("identity", _IDENTITY, is_identity_number),
    ("card", _CARD, is_card_number),
    ("identity", _OLD_IDENTITY, _is_old_identity),
    ("phone", _MOBILE, _always),
    ("phone", _LANDLINE, _always),
    ("plate", _PLATE, _always),
)
_KEPT = {"identity": (6, 2), "card": (4, 4), "phone": (3, 4), "plate": (2, 2)}
_ALARMS = {"emergency": WordIndex(read_words("emergency.txt")), "suicide": WordIndex(read_words("suicide.txt"))}


def _alarmed(folded: str, index: WordIndex) -> bool:
    return any(
        not _TALK.search(folded, max(0, at - NEAR), at + len(word) + NEAR)
        for word, places in index.find(folded).items()
        for at in places
    )
