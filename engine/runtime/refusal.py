"""Tells a database that cannot serve a command from a service that asked it for the wrong thing.

A full disk, a lost connection, a deadlock or a server that shuts down (psycopg's ``OperationalError`` and
``InternalError``) are nobody's mistake in the process: whatever the command has done so far could not be kept either,
so all of it is refused and can be sent again. A statement that the server does not accept (``ProgrammingError``,
``DataError``, ``IntegrityError``) is the mistake of the service that sent it.

Sources: PEP 249, exceptions; PostgreSQL manual, appendix A, error codes.
"""

from collections.abc import Iterator
from typing import Final

import psycopg
import sqlalchemy as sa
from psycopg import pq

_WENT_ON: Final = "25P02"  # a statement after one that had failed in the same transaction: the service's mistake


def refusal(connection: sa.Connection, error: Exception, handled: BaseException | None = None) -> Exception | None:
    """Return what the whole command is to fail with because of a service's error; None when it is the service's own.

    The reason may stand behind what the service, or a library it uses, made of it. What is returned is SQLAlchemy's
    error, so that all who wait for a database that is away know it.

    Args:
        connection: the command's.
        error: what the service raised.
        handled: what was being handled when it was called, which is no reason of anything in it.

    """
    if connection.invalidated:
        return error
    for cause in _behind(error, handled):
        if isinstance(cause, psycopg.OperationalError | psycopg.InternalError) and cause.sqlstate != _WENT_ON:
            return error if isinstance(error, sa.exc.DBAPIError) else _as_sqlalchemy(cause)
    return None


def aborted(connection: sa.Connection) -> bool:
    """Whether a statement has failed and nothing more is accepted in the transaction, or since its last savepoint."""
    if connection.invalidated:
        return False  # which shows with the next statement
    driver = connection.connection.driver_connection
    return isinstance(driver, psycopg.Connection) and driver.info.transaction_status == pq.TransactionStatus.INERROR


def _behind(error: BaseException | None, handled: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and those that led to it."""
    seen = [handled]
    while error is not None and not any(error is one for one in seen):
        seen.append(error)
        yield error
        error = error.__cause__ or error.__context__


def _as_sqlalchemy(cause: psycopg.Error) -> Exception:
    wrapped = sa.exc.DBAPIError.instance(None, None, cause, psycopg.Error)
    return wrapped if isinstance(wrapped, Exception) else cause
