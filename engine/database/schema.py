"""Bring a database to the schema this code needs, whatever state it is in.

Every start calls :func:`upgrade`. A database that cannot be used is described in one line that says what
to do (:class:`DatabaseUnusableError`).
"""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, OperationalError

MIGRATIONS = Path(__file__).parent / "migrations"
UPGRADE_LOCK = 0x6D696E79  # "miny": the advisory lock that lets one process upgrade at a time

DISK_FULL = "53100"
PERMISSION = {"42501", "28000", "28P01"}


class DatabaseUnusableError(RuntimeError):
    """The database cannot be used; the message is one line for whoever started the program."""


def configuration(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration, bound to an open connection when one is given."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the revision this code was written for."""
    head = ScriptDirectory.from_config(configuration()).get_current_head()
    if head is None:
        raise DatabaseUnusableError("The program has no migrations; reinstall it.")
    return head


def _upgrade(connection: Connection) -> None:
    connection.exec_driver_sql(f"select pg_advisory_xact_lock({UPGRADE_LOCK})")
    present = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(configuration()).walk_revisions()}
    if present is not None and present not in known:
        raise DatabaseUnusableError(
            f"The database's schema ({present}) is newer than this program; install the newer program."
        )
    if present != newest_revision():
        command.upgrade(configuration(connection), "head")


def explain(error: DBAPIError) -> DatabaseUnusableError:
    """Turn a driver's error into the one line a person can act on."""
    code = getattr(error.orig, "sqlstate", None)
    words = " ".join(str(error.orig).split())
    if code == DISK_FULL:
        return DatabaseUnusableError("The database's disk is full; free some space and start again.")
    if code in PERMISSION:
        return DatabaseUnusableError(f"The database refuses this account: {words}")
    if isinstance(error, OperationalError):
        return DatabaseUnusableError(f"The database cannot be reached: {words}")
    return DatabaseUnusableError(f"The database cannot be used: {words}")


def upgrade(engine: Engine) -> None:
    """Upgrade the schema to the newest revision, once, even if many processes start together.

    Raises DatabaseUnusableError when the database cannot be reached, has a newer schema or no space.
    """
    try:
        with engine.begin() as connection:
            _upgrade(connection)
    except DBAPIError as error:
        raise explain(error) from error
