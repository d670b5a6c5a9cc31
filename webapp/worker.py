"""The worker: fires what is due, sends what is in the outbox, works through uploaded files, keeps the text index up.

APScheduler only ticks; what is due stands in the database, so a worker may die at any moment and any number
of them may run. The job queue runs in the main thread, where it hears SIGTERM and finishes the job at hand. Both
outlive a database that goes away for a while.
"""

import asyncio
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import procrastinate
import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError

from engine.casework import outbox, text_index
from engine.casework.attachment_sweep import sweep
from engine.casework.attachments import Store
from engine.casework.calendar_store import move_deadlines
from engine.casework.commands.deliver import deliver
from engine.casework.file_reading import read_attachments
from engine.casework.importing import run_batch
from engine.casework.keywords import previewing
from engine.casework.outbox import Message
from engine.casework.reconciliation_alarms import check_days
from webapp import delivery, jobs
from webapp.platform import Platform

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at the clock
BATCH = 50  # timers fired before the ticker looks whether it should stop
CONCURRENT_JOBS = 4
FINISHING = 10.0  # seconds the text index gets to finish what it is taking in
LOST = timedelta(hours=1)  # a dispatch that waits longer than all its attempts take has lost its job


def worker_name() -> str:
    """Return a name by which the fire ledger tells workers apart: machine and process."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Ticker:
    """Does everything that is due, again and again, until it is told to stop.

    Args:
        duties: what is to be done: each does a few of what is due and returns how many, 0 when nothing is left.

    """

    def __init__(self, *duties: Callable[[], int]) -> None:
        self._duties = duties
        self._stop = threading.Event()
        self._scheduler = BackgroundScheduler(executors={"default": ThreadPoolExecutor(1)}, timezone="UTC")
        self._scheduler.add_job(
            self.tick, "interval", seconds=TICK, max_instances=1, coalesce=True, misfire_grace_time=None
        )

    def tick(self) -> int:
        """Do what is due now, until nothing is left, the duties taking turns; return how much was done."""
        done = 0
        try:
            while not self._stop.is_set():
                count = sum(duty() for duty in self._duties if not self._stop.is_set())
                if not count:
                    break
                done += count
        except DBAPIError:
            # The database is away: what is due stays due, the next tick tries again.
            log.exception("the clock could not be served")
        return done

    def start(self) -> None:
        """Tick in a thread of its own."""
        self._scheduler.start()

    def stop(self) -> None:
        """Let the timer at hand finish, then stop."""
        self._stop.set()
        self._scheduler.shutdown(wait=True)


class Following:
    """Keeps this machine's text index up with the database, in a thread of its own."""

    def __init__(self, platform: Platform) -> None:
        follower = text_index.Follower(platform.engine, platform.settings.text_index)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=follower.run, args=(self._stop,), name="text index", daemon=True)

    def start(self) -> None:
        """Begin; an index that is not there is built first."""
        self._thread.start()

    def stop(self) -> None:
        """Let it finish what it is taking in; a rebuild that is under way is given up."""
        self._stop.set()
        self._thread.join(FINISHING)


def work_of(platform: Platform, leave_off: threading.Event | None = None) -> jobs.Work:
    """Return what the queue's jobs do on this platform; what takes long stops once ``leave_off`` is set."""
    settings = platform.settings
    routes = delivery.Routes(settings.smtp_url, settings.gateway_url, settings.sender)

    def send(message: Message) -> str:
        return delivery.send(message, routes)

    def deliver_dispatch(dispatch_id: int, last: bool) -> None:
        deliver(platform.engine, platform.runtime, dispatch_id, send, last=last)

    def import_batch(batch_id: int) -> None:
        run_batch(platform.engine, platform.runtime, batch_id)

    def catch_up() -> None:
        _catch_up(platform)

    def migrate(migration_id: int) -> None:
        if not platform.runtime.migrations.go_on(migration_id, leave_off.is_set if leave_off else None):
            with platform.engine.begin() as connection:  # whoever works next takes it up
                jobs.defer_migration(platform.queue, connection, migration_id)

    def learn(officer_id: int | None) -> None:
        from webapp.learning_job import learn as train  # noqa: PLC0415 - scikit-learn is loaded by whoever trains

        train(platform.engine, officer_id)

    def read_files() -> None:
        read_attachments(platform.engine, Store(settings.attachments))

    def preview_keywords(preview_id: int) -> None:
        previewing.compute(platform.engine, preview_id)

    return jobs.Work(deliver_dispatch, import_batch, catch_up, migrate, learn, read_files, preview_keywords)


def _catch_up(platform: Platform) -> None:
    with platform.engine.begin() as connection:
        for dispatch_id in outbox.pending(connection, older_than=LOST):
            outbox.defer(connection, dispatch_id)
        for migration_id in jobs.migrations_given_up(connection):
            jobs.defer_migration(platform.queue, connection, migration_id)
        text_index.forget(connection)
    move_deadlines(platform.engine, platform.runtime)
    check_days(platform.engine)
    platform.runtime.purge_thrown()
    platform.runtime.migrations.forget_kept()
    # The age of a file is the machine's to say, whatever the bureau's clock stands at.
    sweep(platform.engine, Store(platform.settings.attachments), now=datetime.now(UTC))


async def _serve_queue(
    platform: Platform, name: str, stop: asyncio.Event, leave_off: threading.Event, *, wait: bool
) -> None:
    """Work through the queue until ``stop`` is set or, without ``wait``, until it is empty; ``leave_off`` goes with it.

    The queue gives up when its database goes away; what is in it stays there, so it is begun anew.
    """
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        queue = jobs.worker_queue(platform.settings.database_url)  # a pool that has failed does not open again
        working = asyncio.create_task(_work_off(queue, work_of(platform, leave_off), name, wait=wait))
        await asyncio.wait({stopping, working}, return_when=asyncio.FIRST_COMPLETED)
        if stop.is_set():
            working.cancel()  # which lets the jobs at hand finish
        try:
            await working
        except asyncio.CancelledError:
            break
        except (ConnectorException, psycopg.OperationalError):
            if not wait:
                raise
            log.exception("the job queue could not be served")
        if not wait:
            break
        await asyncio.wait({stopping}, timeout=TICK)
    stopping.cancel()


async def _work_off(queue: procrastinate.App, work: jobs.Work, name: str, *, wait: bool) -> None:
    async with queue.open_async():
        await queue.run_worker_async(
            wait=wait,
            name=name,
            concurrency=CONCURRENT_JOBS,
            additional_context={"work": work},
            shutdown_graceful_timeout=20,
            delete_jobs="successful",
            install_signal_handlers=False,
        )


async def _until_told_to_stop(platform: Platform, name: str, *, wait: bool) -> None:
    stop, leave_off = asyncio.Event(), threading.Event()  # the second for the threads of the jobs

    def told() -> None:
        stop.set()
        leave_off.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told)
    await _serve_queue(platform, name, stop, leave_off, wait=wait)


def run(platform: Platform, *, wait: bool = True) -> None:
    """Work until SIGTERM or Ctrl-C; with ``wait=False`` only what is there now."""
    name = worker_name()
    runtime = platform.runtime
    ticker = Ticker(
        lambda: runtime.fire_due(worker=name, limit=BATCH),
        lambda: runtime.start_due(worker=name),
        lambda: runtime.deliver_thrown(worker=name, limit=BATCH),
    )
    following = Following(platform)
    if wait:
        ticker.start()
        following.start()
    else:
        ticker.tick()
    try:
        asyncio.run(_until_told_to_stop(platform, name, wait=wait))
    finally:
        if wait:
            following.stop()
            ticker.stop()
        platform.engine.dispose()
