"""PostgreSQL is stopped without warning and started again, while officers finish steps."""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import requests
import sqlalchemy as sa

from engine.database import embedded, schema
from tests.faults.audit import delivered_once, exactly_what_was_acknowledged
from tests.faults.bureau import PASSWORD, Bureau, found_bureau
from tests.faults.clients import Persistent, PersistentVisit, PersistentWalk
from tests.faults.waiting import eventually
from tests.stack import Stack

CLIENTS = 2
PROMPT = 10  # seconds within which a page must say that the database is away
STEPS_BETWEEN = 4
LEADER = "hemingyuan"
DELIVERIES_LEFT = "select count(*) from procrastinate_jobs where queue_name = 'deliveries'"


@pytest.fixture
def cluster_data() -> Iterator[Path]:
    """The folder of a cluster of its own that keeps what it has committed."""
    with TemporaryDirectory(prefix="minyi-fault-") as folder:
        Path(folder).chmod(0o755)
        data = Path(folder) / "data"
        embedded.start(data, durable=True)
        yield data
        if embedded.running(data):
            embedded.stop(data, "immediate")


@pytest.fixture
def bureau(cluster_data: Path, tmp_path: Path) -> Iterator[Bureau]:
    embedded.create_database(cluster_data)
    url = embedded.url(cluster_data)
    engine = sa.create_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    found_bureau(url, tmp_path)
    bureau = Bureau(url, tmp_path / "var")
    yield bureau
    bureau.close()


def pages_say_so(url: str, cookies: dict[str, str]) -> None:
    """Without a database pages fail, at once and in words."""
    for path, words in (("/health", ""), ("/tasks", "数据库")):
        answer = requests.get(f"{url}{path}", timeout=PROMPT, cookies=cookies)
        assert answer.status_code == 503
        assert words in answer.text


def interrupted(bureau: Bureau, stack: Stack, data: Path, *, matters: int, times: int) -> None:
    numbers = bureau.register(matters)
    worker = stack.start_worker()
    stack.start_web()
    walks = [PersistentWalk(stack.url, bureau.engine, PASSWORD) for _ in range(CLIENTS)]
    cookies = PersistentVisit(stack.url, LEADER, PASSWORD, Persistent()).cookies

    def acknowledged() -> int:
        return sum(len(walk.done) for walk in walks)

    def work(client: int) -> None:
        for number in numbers[client::CLIENTS]:
            walks[client].to_the_end(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        working: list[Future[None]] = [pool.submit(work, client) for client in range(CLIENTS)]
        for time in range(1, times + 1):
            eventually("steps are finished", lambda time=time: acknowledged() >= time * STEPS_BETWEEN, every=0.001)
            embedded.stop(data, "immediate")
            try:
                pages_say_so(stack.url, cookies)
            finally:
                embedded.start(data, durable=True)
        for future in working:
            future.result()
    assert sum(len(walk.adapter.refused) for walk in walks), "no officer met the missing database: nothing was tried"
    exactly_what_was_acknowledged(bureau, [step for walk in walks for step in walk.done])
    assert bureau.value("select count(*) from matter where status = 'closed'") == matters
    eventually(
        "everything is delivered", lambda: bureau.value("select count(*) = 0 from dispatch where sent_at is null")
    )
    eventually("no job is left", lambda: bureau.value(DELIVERIES_LEFT) == 0)
    delivered_once(bureau, stack.var / "delivered")
    assert worker.poll() is None, "the worker did not outlive the database's absence"


def test_the_database_stopped_and_started_again_loses_nothing_acknowledged(
    cluster_data: Path, bureau: Bureau, stack: Stack
) -> None:
    interrupted(bureau, stack, cluster_data, matters=2, times=2)


@pytest.mark.full
def test_the_database_stopped_again_and_again_loses_nothing_acknowledged(
    cluster_data: Path, bureau: Bureau, stack: Stack
) -> None:
    interrupted(bureau, stack, cluster_data, matters=16, times=20)
