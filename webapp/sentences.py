"""Sentences of the engine in the page's language.

The engine knows no catalogue: what it says is Chinese, often with names and numbers in it. The catalogue holds each
such sentence with numbered places (``%(1)s超期``, see webapp/extraction.py); here a sentence is recognised by its fixed
words, and the catalogue's own is said with the same names and numbers in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from flask import Flask
from flask_babel import get_translations

from webapp.i18n import chosen_language

_PLACE = re.compile(r"%\((\d+)\)s")
_patterns: WeakKeyDictionary[Any, tuple[tuple[re.Pattern[str], str], ...]] = WeakKeyDictionary()
DEEPEST = 3


def N_(text: str) -> str:  # noqa: N802 - the name by which Babel finds texts that are translated elsewhere
    """Mark a text for the catalogue."""
    return text


WEEKDAYS = (
    N_("（周一）"),
    N_("（周二）"),
    N_("（周三）"),
    N_("（周四）"),
    N_("（周五）"),
    N_("（周六）"),
    N_("（周日）"),
)
"""As the arithmetic of a deadline writes them behind a date."""


def say(sentence: Any) -> str:
    """Return a sentence of the engine in the page's language; as it is where the catalogue does not know it."""
    text = str(sentence or "")
    if not text or chosen_language() == "zh":
        return text
    translations = get_translations()
    return _said(translations, text, 0)


def say_all(sentences: Iterable[Any]) -> list[str]:
    """Return several sentences in the page's language."""
    return [say(sentence) for sentence in sentences]


def _said(translations: Any, text: str, depth: int) -> str:
    if not text:  # gettext answers the empty text with the catalogue's own header
        return ""
    known = str(translations.ugettext(text))
    if known != text or depth > DEEPEST:
        return known
    for pattern, template in _templates(translations):
        match = pattern.fullmatch(text)
        if match is not None:
            values = {
                name.removeprefix("p"): _said(translations, value, depth + 1)
                for name, value in match.groupdict().items()
            }
            return str(translations.ugettext(template)) % values
    return text


def _templates(translations: Any) -> tuple[tuple[re.Pattern[str], str], ...]:
    """Return the catalogue's sentences with numbered places, those with the most fixed words first."""
    found = _patterns.get(translations)
    if found is None:
        catalogue = getattr(translations, "_catalog", {})
        listed = [text for text in catalogue if isinstance(text, str) and _PLACE.search(text)]
        listed.sort(key=lambda text: len(_PLACE.sub("", text)), reverse=True)
        found = tuple((_pattern(text), text) for text in listed)
        _patterns[translations] = found
    return found


@lru_cache(maxsize=1024)
def _pattern(template: str) -> re.Pattern[str]:
    pieces = _PLACE.split(template)
    fixed = [re.escape(piece.replace("%%", "%")) for piece in pieces[::2]]
    places = [f"(?P<p{number}>.*?)" for number in pieces[1::2]]
    return re.compile("".join(part for pair in zip(fixed, [*places, ""], strict=True) for part in pair), re.DOTALL)


def register(app: Flask) -> None:
    """Give the templates the filters `say` and `say_all`."""
    app.jinja_env.filters.update(say=say, say_all=say_all)
