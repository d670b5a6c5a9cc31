"""What most commands begin with: a database that runs and has the newest schema, and the platform on it."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webapp.platform import Platform, connect
from webapp.settings import Settings
from webapp.up import database, upgraded


def var() -> Path:
    """Return the folder for everything that is not in the database."""
    return Path(os.environ.get("VAR_DIR") or "var").resolve()


@contextmanager
def platform() -> Iterator[Platform]:
    """Yield the platform; our own PostgreSQL runs as long as somebody needs it.

    Raises StartError, DatabaseUnusableError and SettingError.
    """
    with database(var()) as address:
        upgraded(address)
        opened = connect(Settings.from_environment({**os.environ, "DATABASE_URL": address, "VAR_DIR": str(var())}))
        try:
            yield opened
        finally:
            opened.engine.dispose()
