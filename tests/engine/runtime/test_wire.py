"""The way below SQLAlchemy: same transaction, same errors, no lock on Python."""

import threading
import time

import pytest
import sqlalchemy as sa

from engine.runtime.wire import Statement, send

PUT = Statement("test_put", "insert into thing (id, words) values (%(id)s, %(words)s)")
GET = Statement("test_get", "select words, id::text from thing where id = %(id)s", {"id": "integer"})
ALL = Statement("test_all", "select count(*)::text from thing")


@pytest.fixture
def things(engine: sa.Engine) -> sa.Engine:
    with engine.begin() as connection:
        connection.exec_driver_sql("create table thing (id integer primary key, words text)")
    return engine


def count(engine: sa.Engine) -> int:
    with engine.connect() as connection:
        return int((send(connection, ALL, {}) or (b"0",))[0] or b"0")


def test_it_is_in_sqlalchemys_transaction(things: sa.Engine) -> None:
    with things.begin() as connection:
        send(connection, PUT, {"id": 1, "words": "一"})
        assert connection.exec_driver_sql("select words from thing").scalar() == "一"
        connection.exec_driver_sql("insert into thing values (2, null)")
        assert send(connection, GET, {"id": 1}) == ("一".encode(), b"1")
        assert send(connection, GET, {"id": 2}) == (None, b"2")
        assert send(connection, GET, {"id": 3}) is None
    assert count(things) == 2

    def fail() -> None:
        with things.begin() as connection:
            send(connection, PUT, {"id": 3, "words": None})
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert count(things) == 2


def test_commit_travels_with_the_statement(things: sa.Engine) -> None:
    def fail() -> None:
        with things.begin() as connection:
            send(connection, PUT, {"id": 1, "words": "x"}, commit=True)
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert count(things) == 1
    with things.begin() as connection:
        connection.exec_driver_sql("insert into thing values (2, null)")
        send(connection, PUT, {"id": 3, "words": "x"}, commit=True)
    assert count(things) == 3


@pytest.mark.parametrize("commit", [False, True])
def test_an_error_is_sqlalchemys_and_takes_the_transaction_back(things: sa.Engine, commit: bool) -> None:
    with things.begin() as connection:
        send(connection, PUT, {"id": 1, "words": "x"})

    def fail() -> None:
        with things.begin() as connection:
            connection.exec_driver_sql("insert into thing values (2, null)")
            send(connection, PUT, {"id": 1, "words": "y"}, commit=commit)

    with pytest.raises(sa.exc.IntegrityError):
        fail()
    assert count(things) == 1
    with things.begin() as connection:
        send(connection, PUT, {"id": 2, "words": "z"}, commit=commit)
    assert count(things) == 2


def test_statements_that_were_deallocated_are_prepared_again(things: sa.Engine) -> None:
    with things.connect() as connection:
        send(connection, ALL, {})
        connection.rollback()
        connection.exec_driver_sql("deallocate all")
        connection.commit()
        assert send(connection, ALL, {}) == (b"0",)
        connection.rollback()
        connection.exec_driver_sql("deallocate all")
        assert send(connection, ALL, {}) == (b"0",)
        assert send(connection, GET, {"id": 1}) is None


def test_what_the_driver_prepared_and_forgot_with_a_rollback_is_prepared_again(things: sa.Engine) -> None:
    for number in range(20):
        with things.begin() as connection:
            connection.exec_driver_sql("select 1")  # often enough for the driver to prepare it
            send(connection, PUT, {"id": number, "words": "x"})

    def fail() -> None:
        with things.begin() as connection:
            connection.exec_driver_sql("select 1")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    with things.begin() as connection:
        connection.exec_driver_sql("select 1")
        send(connection, PUT, {"id": 99, "words": "x"})
    assert count(things) == 21


@pytest.mark.parametrize("size", [10, 3_000_000])
def test_any_size_goes_through(things: sa.Engine, size: int) -> None:
    with things.begin() as connection:
        send(connection, PUT, {"id": 1, "words": "x" * size}, commit=True)
    with things.begin() as connection:
        assert send(connection, GET, {"id": 1}) == (b"x" * size, b"1")


def test_a_connection_that_was_cut_leaves_the_pool(things: sa.Engine) -> None:
    with things.connect() as connection:
        send(connection, ALL, {})
        process = connection.exec_driver_sql("select pg_backend_pid()").scalar()
        connection.rollback()
    with things.connect() as victim:
        assert victim.exec_driver_sql("select pg_backend_pid()").scalar() == process
        victim.rollback()
        with things.connect() as other:
            other.exec_driver_sql("select pg_terminate_backend(%(process)s)", {"process": process})
        with pytest.raises(sa.exc.DBAPIError) as caught:
            send(victim, ALL, {})
        assert caught.value.connection_invalidated
    assert count(things) == 0


@pytest.mark.parametrize("begun", [False, True])
def test_who_waits_for_a_row_lets_other_threads_work(things: sa.Engine, begun: bool) -> None:
    lock = Statement("test_lock", "select words from thing where id = %(id)s for update", {"id": "integer"})
    with things.begin() as connection:
        send(connection, PUT, {"id": 1, "words": "x"})
    done = threading.Event()

    def wait() -> None:
        with things.begin() as connection:
            if begun:
                send(connection, ALL, {})
            send(connection, lock, {"id": 1})
        done.set()

    with things.begin() as holder:
        send(holder, lock, {"id": 1})
        thread = threading.Thread(target=wait)
        thread.start()
        began = time.monotonic()
        while not holder.exec_driver_sql("select exists (select from pg_locks where not granted)").scalar():
            assert time.monotonic() - began < 10
        assert not done.is_set()
    thread.join(10)
    assert done.is_set()


def test_several_statements_travel_together_in_order(things: sa.Engine) -> None:
    with things.begin() as connection:
        ahead = [(PUT, {"id": number, "words": str(number)}) for number in (1, 2)]
        assert send(connection, GET, {"id": 2}, ahead=ahead) == (b"2", b"2")
        assert send(connection, ALL, {}, ahead=[(PUT, {"id": 3, "words": None})], commit=True) == (b"3",)
    assert count(things) == 3

    def fail() -> None:
        with things.begin() as connection:
            ahead = [(PUT, {"id": number, "words": None}) for number in (4, 1)]
            send(connection, ALL, {}, ahead=ahead, commit=True)

    with pytest.raises(sa.exc.IntegrityError):
        fail()
    assert count(things) == 3
