"""The queue with a real worker on a real database."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import procrastinate
import pytest
import sqlalchemy as sa

from webapp import jobs


@pytest.fixture
def done() -> list[object]:
    return []


def work_off(url: str, done: list[object], *, fail: bool = False) -> None:
    def deliver(dispatch_id: int, last: bool) -> None:
        done.append((dispatch_id, last))
        if fail:
            raise ConnectionError("nobody answers")

    work = jobs.Work(deliver, done.append, lambda: done.append("caught up"))
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
    work_off(database_url, done)
    assert [one for one in done if one != "caught up"] == [(2, False), 3]


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
