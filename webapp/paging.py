"""Pages of long lists: which one is asked for, and the address of another with the same filters."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

LAST = 100_000


def page_number() -> int:
    """Return the page asked for, from 1; nonsense is the first."""
    return min(max(request.args.get("page", 1, type=int), 1), LAST)


def page_url(page: int) -> str:
    """Return the address of another page of the list now shown."""
    arguments: dict[str, Any] = {name: values for name, values in request.args.lists() if name != "page"}
    return url_for(request.endpoint or "", **(request.view_args or {}), **arguments, page=page)
