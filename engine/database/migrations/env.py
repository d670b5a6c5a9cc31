"""Run migrations on the connection that the caller opened, or on DATABASE_URL."""

import os

import sqlalchemy as sa
from alembic import context

from engine.database import clock  # noqa: F401 - registers the clock's table
from engine.database.base import metadata


def include(obj: object, name: str | None, kind: str, reflected: bool, compare_to: object) -> bool:
    """Leave the job queue's own tables to the job queue."""
    return not (kind == "table" and reflected and compare_to is None and str(name).startswith("procrastinate_"))


def run(connection: sa.Connection) -> None:
    context.configure(connection=connection, target_metadata=metadata, include_object=include, compare_type=True)
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    with sa.create_engine(os.environ["DATABASE_URL"]).begin() as opened:
        run(opened)
