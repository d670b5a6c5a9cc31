"""Process data as somebody sees it who mends processes and has no business with the people in them.

A gateway's questions can be answered without a name: booleans, small numbers, codes, limits and times stay; any other
text, and every long run of digits, becomes its length (个人信息保护法, article 6: no more than the purpose needs).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rules.screening import mask, personal_data

LARGEST: Final = 99_999
_CODE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,40}", re.ASCII)
_DIGITS: Final = re.compile(r"\d{5,}", re.ASCII)
_LIMIT: Final = re.compile(r"\d{1,3}(?:工作日|工作小时|小时|日|天|个月|月|年)")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_SHOWN_OF_A_NUMBER: Final = 4

PERSONAL_KEYS: Final = frozenset(
    {
        "account", "address", "contact", "contacts", "email", "identity", "identity_number", "mobile", "name", "names",
        "petitioner", "phone", "tel", "telephone", "wechat",
    }
)  # fmt: skip
"""What forms and services call the facts of a person: whatever stands under such a name is about one."""

COVER: Final = "•••"
SHORTEST: Final = 2
STRETCH: Final = 6
"""So many characters in a row that a message has in common with a known text are a quotation of it."""

_DATABASE: Final = re.compile(
    r"\s*(?:\[SQL:|\[parameters:|\(Background on this error|\bDETAIL:|\bCONTEXT:).*", re.DOTALL
)
_EMAIL: Final = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_NUMBER: Final = re.compile(r"\+?\d(?:[ \-]?\d){6,}", re.ASCII)
_TIMES: Final = re.compile(f"({_TIME.pattern})", re.ASCII)
_NAME: Final = re.compile(r"[\u4e00-\u9fff]{2,4}")
_MARK: Final = "\0"
_RUNS: Final = re.compile(f"{_MARK}+")
_CALLED: Final = ("先生", "女士", "某某", "某", "同志", "师傅", "老师")


def masked(value: Any) -> Any:
    """Return JSON with everything masked that may be about a person; its shape stays, and so do keys that are codes."""
    if isinstance(value, Mapping):
        return {
            _key(str(key), place): _covered(one) if str(key).lower() in PERSONAL_KEYS else masked(one)
            for place, (key, one) in enumerate(value.items(), 1)
        }
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) <= LARGEST else "•••"
    text = str(value)
    return text if _is_plain(text) else f"•••({len(text)})"


def masked_texts(value: Any) -> Any:
    """Return JSON with the personal data in its texts covered but for their ends; everything else stays as it is.

    For whoever may see a matter and has no business with the people in it: numbers of identity papers, telephones,
    cards and cars and addresses, as ``rules.personal_data`` finds them. Texts keep their length.
    """
    if isinstance(value, Mapping):
        return {key: masked_texts(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_texts(one) for one in value]
    return mask(value) if isinstance(value, str) and not _TIME.fullmatch(value) else value


def masked_number(number: str) -> str:
    """Return a matter's number so that it no longer says which matter it is."""
    return f"{number[:_SHOWN_OF_A_NUMBER]}****" if number else ""


def masked_message(message: str, known: Any = None) -> str:
    """Return a message without what it says of people.

    ``known`` is JSON whose texts are covered wherever the message repeats them, be it in part: the petitioner's facts,
    the data a service was called with. Covered are also numbers of telephones, identity papers, cards and cars, long
    runs of digits and e-mail addresses; what a database adds about the statement and its parameters is left out.
    """
    left = _DATABASE.sub(f" {COVER}", message)
    left = _without(left, list(_texts(known)))
    left = _EMAIL.sub(COVER, left)
    spans = sorted(span for found in personal_data(left).values() for span in found)
    for start, end in reversed(spans):
        left = left[:start] + "*****" + left[end:]
    return "".join(part if _TIME.fullmatch(part) else _numberless(part) for part in _TIMES.split(left))


def _numberless(words: str) -> str:
    return _DIGITS.sub("*****", _NUMBER.sub("*****", words))


def _without(message: str, texts: list[str]) -> str:
    """Return a message with every known text covered, and every stretch it quotes of one."""
    for words in sorted(texts, key=len, reverse=True):
        message = message.replace(words, COVER)
    stretches = {words[at : at + STRETCH] for words in texts for at in range(len(words) - STRETCH + 1)}
    quoted = [False] * len(message)
    for at in range(len(message) - STRETCH + 1):
        if message[at : at + STRETCH] in stretches:
            quoted[at : at + STRETCH] = [True] * STRETCH
    return _RUNS.sub(COVER, "".join(_MARK if hidden else one for one, hidden in zip(message, quoted, strict=True)))


def _texts(known: Any) -> Iterator[str]:
    """Yield the texts of JSON that are to be covered; a name also as people address its bearer."""
    if isinstance(known, Mapping):
        for one in known.values():
            yield from _texts(one)
    elif isinstance(known, list | tuple):
        for one in known:
            yield from _texts(one)
    elif isinstance(known, str) and len(known) >= SHORTEST and not _is_plain(known):
        yield known
        if _NAME.fullmatch(known):
            yield from (known[0] + called for called in _CALLED)


def _key(key: str, place: int) -> str:
    return key if _is_plain(key) else f"{COVER}{place}"


def _covered(value: Any) -> Any:
    """Return JSON under the name of a fact of a person: nothing in it is shown but whether there is something."""
    if isinstance(value, Mapping):
        return {_key(str(key), place): _covered(one) for place, (key, one) in enumerate(value.items(), 1)}
    if isinstance(value, list | tuple):
        return [_covered(one) for one in value]
    if value is None or isinstance(value, bool) or value == "":
        return value
    return f"{COVER}({len(str(value))})"


def _is_plain(text: str) -> bool:
    if not text or _LIMIT.fullmatch(text) or _TIME.fullmatch(text):
        return True
    return _CODE.fullmatch(text) is not None and _DIGITS.search(text) is None
