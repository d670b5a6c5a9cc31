"""The platform this app's pages work with: the runtime, the job queue, the settings."""

from __future__ import annotations

import time
from typing import Any, cast

import sqlalchemy as sa
from flask import Flask, current_app
from sqlalchemy.pool import ConnectionPoolEntry

from engine.database import db
from engine.runtime import Runtime
from webapp.platform import Platform, build
from webapp.settings import Settings

KEY = "minyi"
IDLE = 5.0
"""Seconds after which an unused connection is asked whether it still lives."""


def use_platform(app: Flask, settings: Settings) -> None:
    """Put the parts together on the app's own database engine; opens no connection."""
    with app.app_context():
        _ask_the_idle(db.engine)
        app.extensions[KEY] = build(settings, db.engine)


def _ask_the_idle(engine: sa.Engine) -> None:
    """Make sure before use that a connection still lives, but only of one that has lain idle for a while.

    SQLAlchemy's pre-ping would ask every time, which costs a round trip for each of the connections of a request.
    """

    def left(_driver: Any, record: ConnectionPoolEntry) -> None:
        record.info[KEY] = time.monotonic()

    def wanted(driver: Any, record: ConnectionPoolEntry, _proxy: Any) -> None:
        idle = time.monotonic() - record.info.get(KEY, time.monotonic())
        if idle > IDLE and not _lives(engine, driver):
            raise sa.exc.DisconnectionError

    sa.event.listen(engine, "checkin", left)
    sa.event.listen(engine, "checkout", wanted)


def _lives(engine: sa.Engine, driver: Any) -> bool:
    try:
        return bool(engine.dialect.do_ping(driver))
    except Exception as error:
        if engine.dialect.is_disconnect(error, driver, None):  # type: ignore[arg-type]
            return False
        raise


def current_platform() -> Platform:
    """Return the platform of the app that answers this request."""
    return cast("Platform", current_app.extensions[KEY])


def current_runtime() -> Runtime:
    """Return the runtime of the app that answers this request."""
    return current_platform().runtime
