"""The jobs that leave or enter the bureau, queued in the same PostgreSQL and the same transaction.

``deliver`` sends one dispatch of the outbox, ``run_import`` works through one uploaded file, ``migrate`` moves running
instances to another version, ``learn`` trains the routing model.
A job is put in the queue by the transaction that makes it necessary; so either both are
there or neither. A worker that is killed leaves its job «doing»: ``rescue`` finds such jobs by their missing heartbeat
and queues them again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import procrastinate
import sqlalchemy as sa
from procrastinate import JobContext, RetryStrategy
from procrastinate.connector import BaseConnector

DELIVERIES = "deliveries"
IMPORTS = "imports"
MIGRATIONS = "migrations"
LEARNING = "learning"
PREVIEWS = "previews"
MAX_ATTEMPTS = 6  # the sixth failure is final: about half an hour after the first
_MIGRATING = """
select from procrastinate_jobs where task_name = 'migrate' and status in ('todo', 'doing')
    and args ->> 'migration_id' = m.id::text
"""
_QUEUED = f"select exists ({_MIGRATING}) from migration m where id = %(id)s"  # noqa: S608 - this module's own text
_LEARNING_QUEUED = "select exists (select from procrastinate_jobs where task_name = 'learn' and status = 'todo')"
# One that the command line carries out has no job, and is left to whoever started it.
_GIVEN_UP = f"""
select m.id from migration m where m.status in ('assessing', 'running', 'reverting') and not exists ({_MIGRATING})
    and exists (select from procrastinate_jobs where task_name = 'migrate' and status = 'failed'
                and args ->> 'migration_id' = m.id::text)
order by m.id
"""  # noqa: S608 - this module's own text


@dataclass(frozen=True)
class Work:
    """What the jobs do, given by the worker: the product's own functions.

    ``deliver(dispatch_id, last)`` sends one dispatch; ``last`` says that a failure is final and must be recorded
    instead of raised. ``run_import(batch_id)`` goes on with an import from where it stands. ``catch_up()`` takes up
    again what a crash left without a job: dispatches that wait too long, deadlines that a new calendar has to move,
    migrations whose job was given up; and forgets what is settled for long.
    ``migrate(migration_id)`` does what a migration of running instances waits for, from where it stands.
    ``read_files()`` keeps the text of attachments that nobody has read yet.
    ``learn(officer_id)`` trains the routing model for an officer who asked, or for nobody if it is time to.
    ``preview_keywords(preview_id)`` computes what a draft of the keyword table would do to past matters.
    """

    deliver: Callable[[int, bool], None]
    run_import: Callable[[int], None]
    catch_up: Callable[[], None]
    migrate: Callable[[int], None]
    learn: Callable[[int | None], None]
    read_files: Callable[[], None]
    preview_keywords: Callable[[int], None]


def _work(context: JobContext) -> Work:
    work: Work = context.additional_context["work"]
    return work


def deliver(context: JobContext, dispatch_id: int) -> None:
    """Send one dispatch; a failure is tried again later, the last one is recorded."""
    _work(context).deliver(dispatch_id, context.job.attempts + 1 >= MAX_ATTEMPTS)


def run_import(context: JobContext, batch_id: int) -> None:
    """Work through an uploaded file; after a crash it goes on behind the last row that was stored."""
    _work(context).run_import(batch_id)


def migrate(context: JobContext, migration_id: int) -> None:
    """Assess, carry out or undo a migration; after a crash it goes on behind the last instance."""
    _work(context).migrate(migration_id)


def preview_keywords(context: JobContext, preview_id: int) -> None:
    """Compute what a draft of the keyword table would do to past matters; after a crash it begins anew."""
    _work(context).preview_keywords(preview_id)


def learn(context: JobContext, timestamp: int = 0, officer_id: int | None = None) -> None:
    """Train the routing model: because an officer asked, or once an hour if there is enough that is new."""
    del timestamp  # the moment of the tick; the bureau's clock knows better whether it is time
    _work(context).learn(officer_id)


def read_files(context: JobContext, timestamp: int) -> None:
    """Read, once a minute, the attachments that nobody has read yet."""
    del timestamp  # the moment of the tick; the database knows better what is left
    _work(context).read_files()


def catch_up(context: JobContext, timestamp: int) -> None:
    """Take up again, once an hour, what was left without a job, and forget what is settled for long."""
    del timestamp  # the moment of the tick; the database knows better what is left
    _work(context).catch_up()


async def rescue(context: JobContext, timestamp: int) -> None:
    """Queue again the jobs whose worker died (no heartbeat)."""
    del timestamp  # the moment of the tick; the database knows better who is dead
    manager = context.app.job_manager
    for job in await manager.get_stalled_jobs():
        await manager.retry_job(job)


def _app(connector: BaseConnector) -> procrastinate.App:
    """Return an app with all tasks. A task belongs to one app, so each app declares its own."""
    app = procrastinate.App(connector=connector)
    again = RetryStrategy(max_attempts=MAX_ATTEMPTS, exponential_wait=4)
    app.task(name="deliver", queue=DELIVERIES, retry=again, pass_context=True)(deliver)
    app.task(name="run_import", queue=IMPORTS, retry=RetryStrategy(max_attempts=3, wait=5), pass_context=True)(
        run_import
    )
    app.task(name="migrate", queue=MIGRATIONS, retry=again, pass_context=True)(migrate)
    app.task(name="preview_keywords", queue=PREVIEWS, pass_context=True)(preview_keywords)
    learning = app.task(name="learn", queue=LEARNING, lock="learn", queueing_lock="learn", pass_context=True)(learn)
    app.periodic(cron="17 * * * *")(learning)
    rescuing = app.task(name="rescue", queue="rescue", queueing_lock="rescue", pass_context=True)(rescue)
    app.periodic(cron="* * * * * */15")(rescuing)
    reading = app.task(name="read_files", queue="rescue", queueing_lock="read_files", pass_context=True)(read_files)
    app.periodic(cron="* * * * *")(reading)
    catching_up = app.task(name="catch_up", queue="rescue", queueing_lock="catch_up", pass_context=True)(catch_up)
    app.periodic(cron="7 * * * *")(catching_up)
    return app


def conninfo(url: str) -> str:
    """Return libpq's form of an SQLAlchemy URL."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def queue(url: str) -> procrastinate.App:
    """Return the queue for processes that only put jobs in; needs no connection of its own."""
    return _app(procrastinate.SyncPsycopgConnector(conninfo=conninfo(url)))


def worker_queue(url: str) -> procrastinate.App:
    """Return the queue for the worker, which takes jobs out."""
    return _app(procrastinate.PsycopgConnector(conninfo=conninfo(url), min_size=1, max_size=4))


def _defer(app: procrastinate.App, connection: sa.Connection, task: str, name: str, **arguments: Any) -> None:
    driver = connection.connection.driver_connection
    app.configure_task(task, queue=name, connection=driver).defer(**arguments)


def defer_delivery(app: procrastinate.App, connection: sa.Connection, dispatch_id: int) -> None:
    """Queue the sending of a dispatch in the connection's transaction."""
    _defer(app, connection, "deliver", DELIVERIES, dispatch_id=dispatch_id)


def defer_import(app: procrastinate.App, connection: sa.Connection, batch_id: int) -> None:
    """Queue an import in the connection's transaction."""
    _defer(app, connection, "run_import", IMPORTS, batch_id=batch_id)


def defer_migration(app: procrastinate.App, connection: sa.Connection, migration_id: int) -> None:
    """Queue the next stage of a migration in the connection's transaction."""
    _defer(app, connection, "migrate", MIGRATIONS, migration_id=migration_id)


def defer_keyword_preview(app: procrastinate.App, connection: sa.Connection, preview_id: int) -> None:
    """Queue the computation of a preview in the connection's transaction."""
    _defer(app, connection, "preview_keywords", PREVIEWS, preview_id=preview_id)


def defer_learning(app: procrastinate.App, connection: sa.Connection, officer_id: int) -> bool:
    """Queue a training in the connection's transaction; False where one waits already."""
    if connection.exec_driver_sql(_LEARNING_QUEUED).scalar():
        return False
    _defer(app, connection, "learn", LEARNING, officer_id=officer_id)
    return True


def learning_queued(connection: sa.Connection) -> bool:
    """Say whether a training waits in the queue."""
    return bool(connection.exec_driver_sql(_LEARNING_QUEUED).scalar())


def migration_queued(connection: sa.Connection, migration_id: int) -> bool:
    """Say whether a job works on a migration or is going to."""
    return bool(connection.exec_driver_sql(_QUEUED, {"id": migration_id}).scalar())


def migrations_given_up(connection: sa.Connection) -> list[int]:
    """Return the migrations that are not through and whose last job failed too often to be tried again."""
    return list(connection.exec_driver_sql(_GIVEN_UP).scalars())
