"""The queue with a real worker on a real database."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import procrastinate
import pytest
import sqlalchemy as sa

from engine.casework import calendar_store, outbox
from engine.casework.attachments import Store, Upload
from rules.calendar_source import YearCalendar, parse_notice
from tests.conftest import Clock
from tests.webapp.conftest import Site
from webapp import jobs
from webapp.worker import work_of


@pytest.fixture
def done() -> list[object]:
    return []


def work_off(url: str, done: list[object], *, fail: bool = False) -> None:
    def deliver(dispatch_id: int, last: bool) -> None:
        done.append((dispatch_id, last))
        if fail:
            raise ConnectionError("nobody answers")

    work = jobs.Work(
        deliver,
        done.append,
        lambda: done.append("caught up"),
        lambda number: done.append(("migrate", number)),
        lambda _officer: None,
        lambda: None,
        lambda _preview: None,
    )
    queue = jobs.worker_queue(url)

    async def run() -> None:
        async with queue.open_async():
            await queue.run_worker_async(
                wait=False, additional_context={"work": work}, install_signal_handlers=False, listen_notify=False
            )

    # In a thread of its own: where a browser is driven, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, run()).result()


def left(engine: sa.Engine) -> list[tuple[str, str, int]]:
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(
            "select task_name, status::text, attempts from procrastinate_jobs "
            "where task_name in ('deliver', 'run_import') order by id"
        )
        return [tuple(row) for row in rows]


def test_a_job_is_there_only_if_its_transaction_was_committed(
    engine: sa.Engine, database_url: str, done: list[object]
) -> None:
    queue: procrastinate.App = jobs.queue(database_url)
    with engine.connect() as connection:
        jobs.defer_delivery(queue, connection, 1)
        connection.rollback()
    with engine.begin() as connection:
        jobs.defer_delivery(queue, connection, 2)
        jobs.defer_import(queue, connection, 3)
        jobs.defer_migration(queue, connection, 4)
    work_off(database_url, done)
    assert [one for one in done if one != "caught up"] == [(2, False), 3, ("migrate", 4)]


def test_a_delivery_that_fails_is_tried_again_later(engine: sa.Engine, database_url: str, done: list[object]) -> None:
    with engine.begin() as connection:
        jobs.defer_delivery(jobs.queue(database_url), connection, 7)
    work_off(database_url, done, fail=True)
    assert left(engine) == [("deliver", "todo", 1)]
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "update procrastinate_jobs set scheduled_at = now(), attempts = %s where task_name = 'deliver'",
            (jobs.MAX_ATTEMPTS - 1,),
        )
    work_off(database_url, done)
    assert [one for one in done if one != "caught up"] == [(7, False), (7, True)], "the last attempt is told so"


class Recording:
    """Takes what the bureau sends and keeps it."""

    def __init__(self) -> None:
        self.deferred: list[int] = []

    def defer(self, connection: sa.Connection, dispatch_id: int) -> None:
        del connection
        self.deferred.append(dispatch_id)


def test_catching_up_takes_up_what_a_crash_left(site: Site) -> None:
    """A dispatch that has lost its job is queued again; deadlines that a new calendar has not moved yet follow it."""
    clock = Clock(site.platform.engine)
    clock.set(datetime(2027, 3, 5, 1, tzinfo=UTC))
    number = site.register(handling_unit_id=site.bureau.units["城东派出所"]).number
    with site.platform.engine.begin() as connection:
        for key, minutes in (("lost", 90), ("fresh", 5)):
            connection.execute(
                sa.text(
                    "insert into dispatch (kind, medium, subject, body, key, status, created_at) values "
                    "('notice', 'email', 'x', 'x', :key, 'pending', clock_now() - make_interval(mins => :minutes))"
                ),
                {"key": key, "minutes": minutes},
            )
        connection.exec_driver_sql(
            "insert into thrown (kind, name, business_key, payload, actor, thrown_at, next_try_at, status, "
            "delivered_at) values ('signal', 'old', '', '{}', 'system', clock_now(), clock_now(), 'delivered', "
            "clock_now() - interval '91 days')"
        )
    recording = Recording()
    outbox.set_defer(recording.defer)
    due = "select min(w.due_at) from work_item w join matter m on m.instance_id = w.instance_id where m.number = :n"
    before = site.rows(due, n=number)[0][0]
    with site.platform.engine.begin() as connection:
        # The notice was stored, and the worker died before the deadlines followed.
        days = parse_notice("2027-03-08 休 试验\n2027-03-09 休 试验\n", 2027)
        calendar_store._store(connection, YearCalendar(2027, tuple(days), "official", "通知"), actor="1", unmoved=True)
    assert site.rows(due, n=number)[0][0] == before
    store = Store(site.platform.settings.attachments)
    forgotten = store.path(store.put(Upload("说明.txt", b"never attached")).hash)
    os.utime(forgotten, (0, 0))
    work_of(site.platform).catch_up()
    assert not forgotten.exists()
    lost = site.rows("select id from dispatch where key = 'lost'")[0].id
    assert recording.deferred == [lost]
    assert site.rows("select count(*) from thrown")[0][0] == 0
    assert site.rows(due, n=number)[0][0] - before == timedelta(days=2)
    assert site.rows("select unmoved from calendar_year where year = 2027")[0].unmoved is False
    history = "select event, details from history_event where event = 'due_moved'"
    moved = site.rows(history)
    assert moved
    work_of(site.platform).catch_up()
    assert len(site.rows(history)) == len(moved), "the second time nothing is left to move"
