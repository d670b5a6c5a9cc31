"""Whether an installation was made ready before, asked without loading what makes it ready."""

from datetime import UTC, datetime

import sqlalchemy as sa

from webapp.settings import Settings

READY = sa.text(
    """
select exists (select from deployment) and exists (select from calendar_year where year = :next)
   and (not :demo or exists (select from officer))
   and not exists (select from demo_fill where finished_at is null)
"""
)


def ready(settings: Settings) -> bool:
    """Say whether the processes are deployed, next year's calendar is there and, in a demo, its whole bureau."""
    engine = sa.create_engine(settings.database_url)
    try:
        with engine.connect() as connection:
            found = connection.execute(READY, {"next": datetime.now(UTC).year + 1, "demo": settings.demo})
            return bool(found.scalar())
    finally:
        engine.dispose()


def greeting(settings: Settings) -> list[str]:
    """Return the lines to print before the address."""
    if not settings.demo:
        return []
    from engine.casework.demo.bureau import PASSWORD  # noqa: PLC0415 - only a demonstration needs the demo's material

    return [f"Demo log-ins are listed on the log-in page; the password of each is {PASSWORD}"]
