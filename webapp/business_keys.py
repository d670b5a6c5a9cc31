"""What to call an instance that is no matter: its process and when it was started, instead of its business key."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from webapp.time_words import moment_full


def spoken(business_key: str, process_key: str, label: str) -> str:
    """Return a business key as people read it.

    What a schedule starts is named after its process and the moment (``weekly_report/2026-11-23T08:00+08:00``): that
    becomes the process' ``label`` and the time. Any other key is shown as it is.
    """
    name, _, rest = business_key.partition("/")
    if name != process_key or not rest:
        return business_key
    try:
        moment = datetime.fromisoformat(rest)
    except ValueError:
        return business_key
    return f"{label} · {moment_full(moment)}" if moment.tzinfo else business_key


def register(app: Flask) -> None:
    """Give the templates `spoken(business_key, process_key, label)`."""
    app.jinja_env.globals.update(spoken=spoken)
