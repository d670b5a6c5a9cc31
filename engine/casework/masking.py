"""Process data as somebody sees it who mends processes and has no business with the people in them.

A gateway's questions can be answered without a name: booleans, small numbers, codes, limits and times stay; any other
text, and every long run of digits, becomes its length (个人信息保护法, article 6: no more than the purpose needs).
"""

import re
from collections.abc import Mapping
from typing import Any, Final

LARGEST: Final = 99_999
_CODE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,40}", re.ASCII)
_DIGITS: Final = re.compile(r"\d{5,}", re.ASCII)
_LIMIT: Final = re.compile(r"\d{1,3}(?:工作日|工作小时|小时|日|天|个月|月|年)")
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_SHOWN_OF_A_NUMBER: Final = 4


def masked(value: Any) -> Any:
    """Return JSON with everything masked that may be about a person; its shape and its keys stay."""
    if isinstance(value, Mapping):
        return {str(key): masked(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked(one) for one in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if abs(value) <= LARGEST else "•••"
    text = str(value)
    return text if _is_plain(text) else f"•••({len(text)})"


def masked_number(number: str) -> str:
    """Return a matter's number so that it no longer says which matter it is."""
    return f"{number[:_SHOWN_OF_A_NUMBER]}****" if number else ""


def masked_message(message: str) -> str:
    """Return the message of an incident without its long runs of digits."""
    return _DIGITS.sub("*****", message)


def _is_plain(text: str) -> bool:
    if not text or _LIMIT.fullmatch(text) or _TIME.fullmatch(text):
        return True
    return _CODE.fullmatch(text) is not None and _DIGITS.search(text) is None
