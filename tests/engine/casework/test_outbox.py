from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
import sqlalchemy as sa

from engine.casework import outbox
from tests.conftest import Clock


@pytest.fixture
def queued() -> Iterator[list[int]]:
    found: list[int] = []
    outbox.set_defer(lambda _, dispatch_id: found.append(dispatch_id))
    yield found
    outbox.set_defer(None)


def request(connection: sa.Connection, key: str = "reply:1") -> int:
    return outbox.request_delivery(
        connection,
        kind="reply",
        medium="email",
        key=key,
        address="a@b.test",
        subject="答复",
        body="您好",
        task_id=uuid4().hex,
    )


def test_a_key_makes_one_dispatch_and_one_job(engine: sa.Engine, queued: list[int]) -> None:
    with engine.begin() as connection:
        first = request(connection)
        assert request(connection) == first
        assert request(connection, "reply:2") != first
    assert queued == [first, queued[1]]
    assert len(queued) == 2


@pytest.mark.usefixtures("queued")
def test_what_is_rolled_back_was_never_asked_for(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        request(connection)
        connection.rollback()
        assert outbox.pending(connection) == []


def test_without_a_queue_the_row_waits(engine: sa.Engine, clock: Clock) -> None:
    with engine.begin() as connection:
        first, second = request(connection), request(connection, "reply:2")
    with engine.connect() as connection:
        assert outbox.pending(connection) == [first, second]
        assert outbox.pending(connection, timedelta(minutes=5)) == []
    clock.move(timedelta(minutes=6))
    with engine.connect() as connection:
        assert outbox.pending(connection, timedelta(minutes=5), limit=1) == [first]


def test_one_deliverer_at_a_time(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        identifier = request(connection)
    with engine.connect() as first, engine.connect() as second:
        message = outbox.take(first, identifier)
        assert message is not None
        assert (message.key, message.address, message.body) == ("reply:1", "a@b.test", "您好")
        assert message.task_id is not None
        assert len(message.task_id) == 32
        assert outbox.take(second, identifier) is None
        outbox.mark_sent(first, identifier, {"receipt": "r"})
        first.commit()
        assert outbox.take(second, identifier) is None


def test_failures_are_counted_and_may_be_final(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        identifier = request(connection)
        outbox.mark_failed(connection, identifier, "没有应答")
        once = outbox.get(connection, identifier)
        assert once is not None
        assert (once.status, once.attempts) == ("pending", 1)
        outbox.mark_failed(connection, identifier, "地址不存在", final=True)
        twice = outbox.get(connection, identifier)
        assert twice is not None
        assert (twice.status, twice.attempts) == ("failed", 2)
        assert outbox.pending(connection) == []


def test_what_arrived_stays_arrived(engine: sa.Engine) -> None:
    with engine.begin() as connection:
        identifier = request(connection)
        assert outbox.mark_sent(connection, identifier)
        assert not outbox.mark_sent(connection, identifier)
        outbox.mark_failed(connection, identifier, "迟到的失败", final=True)
        message = outbox.get(connection, identifier)
        assert message is not None
        assert (message.status, message.attempts) == ("sent", 1)
        assert outbox.get(connection, 404) is None
