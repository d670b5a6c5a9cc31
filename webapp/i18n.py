"""Which language a page is in. Chinese is the source language of all text; English is a catalogue."""

from __future__ import annotations

from flask import Flask, g, request
from flask_babel import Babel
from flask_login import current_user
from werkzeug.wrappers import Response

LANGUAGES: dict[str, str] = {"zh": "中文", "en": "English"}
"""Language code of a page -> its name in itself."""

COOKIE = "minyi_language"
_LOCALES = {"zh": "zh_Hans_CN", "en": "en"}
HTML_LANG = {"zh": "zh-CN", "en": "en"}
_YEAR = 365 * 24 * 3600


def chosen_language() -> str:
    """Return 'zh' or 'en': what the officer's account says, else the browser's cookie, else Chinese."""
    override: str | None = g.get("language")
    kept = getattr(current_user, "locale", None) or request.cookies.get(COOKIE)
    language = override or kept or "zh"
    return language if language in LANGUAGES else "zh"


def select_locale() -> str:
    """Return the locale of the answer now being made, as Babel names it."""
    return _LOCALES[chosen_language()]


def keep_language(response: Response, language: str) -> None:
    """Remember the language in the browser for a year, for the pages before log-in."""
    response.set_cookie(COOKIE, language, max_age=_YEAR, samesite="Lax", httponly=True, secure=request.is_secure)


def translate(app: Flask) -> None:
    """Set up Flask-Babel and give the templates the page's language."""
    app.config.update(
        BABEL_DEFAULT_LOCALE="zh_Hans_CN",
        BABEL_DEFAULT_TIMEZONE="Asia/Shanghai",
        BABEL_TRANSLATION_DIRECTORIES="translations",
    )
    Babel(app, locale_selector=select_locale)
    app.context_processor(_language_of_page)


def _language_of_page() -> dict[str, object]:
    language = chosen_language()
    return {"language": language, "html_lang": HTML_LANG[language], "languages": LANGUAGES}
