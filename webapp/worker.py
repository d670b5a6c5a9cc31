"""The worker: fires what is due, sends what is in the outbox, works through uploaded files.

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
from datetime import timedelta

import procrastinate
import psycopg
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate.exceptions import ConnectorException
from sqlalchemy.exc import DBAPIError

from engine.casework import outbox
from engine.casework.calendar_store import move_deadlines
from engine.casework.commands.deliver import deliver
from engine.casework.importing import run_batch
from engine.casework.outbox import Message
from webapp import delivery, jobs
from webapp.platform import Platform

log = logging.getLogger(__name__)

TICK = 1.0  # seconds between two looks at the clock
BATCH = 50  # timers fired before the ticker looks whether it should stop
CONCURRENT_JOBS = 4
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


def work_of(platform: Platform) -> jobs.Work:
    """Return what the queue's jobs do on this platform."""
    settings = platform.settings
    routes = delivery.Routes(settings.smtp_url, settings.gateway_url, settings.sender)

    def send(message: Message) -> str:
        return delivery.send(message, routes)

    def deliver_dispatch(dispatch_id: int, last: bool) -> None:
        deliver(platform.engine, platform.runtime, dispatch_id, send, last=last)

    def import_batch(batch_id: int) -> None:
        run_batch(platform.engine, platform.runtime, batch_id)

    def catch_up() -> None:
        with platform.engine.begin() as connection:
            for dispatch_id in outbox.pending(connection, older_than=LOST):
                outbox.defer(connection, dispatch_id)
            for migration_id in jobs.migrations_given_up(connection):
                jobs.defer_migration(platform.queue, connection, migration_id)
        move_deadlines(platform.engine, platform.runtime)
        platform.runtime.purge_thrown()

    return jobs.Work(deliver_dispatch, import_batch, catch_up, platform.runtime.migrations.go_on)


async def _serve_queue(platform: Platform, name: str, stop: asyncio.Event, *, wait: bool) -> None:
    """Work through the queue until ``stop`` is set or, without ``wait``, until it is empty.

    The queue gives up when its database goes away; what is in it stays there, so it is begun anew.
    """
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        queue = jobs.worker_queue(platform.settings.database_url)  # a pool that has failed does not open again
        working = asyncio.create_task(_work_off(queue, platform, name, wait=wait))
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


async def _work_off(queue: procrastinate.App, platform: Platform, name: str, *, wait: bool) -> None:
    async with queue.open_async():
        await queue.run_worker_async(
            wait=wait,
            name=name,
            concurrency=CONCURRENT_JOBS,
            additional_context={"work": work_of(platform)},
            shutdown_graceful_timeout=20,
            delete_jobs="successful",
            install_signal_handlers=False,
        )


async def _until_told_to_stop(platform: Platform, name: str, *, wait: bool) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await _serve_queue(platform, name, stop, wait=wait)


def run(platform: Platform, *, wait: bool = True) -> None:
    """Work until SIGTERM or Ctrl-C; with ``wait=False`` only what is there now."""
    name = worker_name()
    runtime = platform.runtime
    ticker = Ticker(
        lambda: runtime.fire_due(worker=name, limit=BATCH),
        lambda: runtime.start_due(worker=name),
        lambda: runtime.deliver_thrown(worker=name, limit=BATCH),
    )
    if wait:
        ticker.start()
    else:
        ticker.tick()
    try:
        asyncio.run(_until_told_to_stop(platform, name, wait=wait))
    finally:
        if wait:
            ticker.stop()
        platform.engine.dispose()
