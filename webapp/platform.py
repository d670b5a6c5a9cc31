"""Put the parts together: one database, one runtime with the bureau's host, one job queue.

The pages, the worker and the command line all start here, so that they cannot differ.
"""

from dataclasses import dataclass
from functools import partial

import procrastinate
import sqlalchemy as sa

from engine.casework import outbox, secret_words, text_index
from engine.casework.host import Host
from engine.runtime import Runtime
from forms import compile_form
from webapp import jobs
from webapp.settings import Settings


@dataclass(frozen=True)
class Platform:
    """What every process of the platform works with."""

    settings: Settings
    engine: sa.Engine
    runtime: Runtime
    queue: procrastinate.App


def form_variables(content: bytes) -> dict[str, str]:
    """Return the variables of a form with their types; raises ValueError naming what is wrong in it."""
    return compile_form(content, name="form").variables()


def build(settings: Settings, engine: sa.Engine) -> Platform:
    """Return the platform on an engine; opens no connection."""
    runtime = Runtime(engine, Host(fields=form_variables))
    queue = jobs.queue(settings.database_url)
    outbox.set_defer(partial(jobs.defer_delivery, queue))
    secret_words.use_secret(settings.screening_secret)
    text_index.use_folder(engine.url, settings.text_index)
    return Platform(settings, engine, runtime, queue)


def connect(settings: Settings, pool_size: int = 5) -> Platform:
    """Return the platform on an engine of its own, for the worker and the command line."""
    # A traceback in a log names the statement, never whose data it was to write.
    engine = sa.create_engine(settings.database_url, pool_size=pool_size, max_overflow=pool_size, hide_parameters=True)
    return build(settings, engine)
