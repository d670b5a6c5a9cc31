"""The index follows the database: every change, in whatever order it is committed, through kills and rebuilds."""

import os
import shutil
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from engine.casework import text_index
from engine.casework.petitioners import PetitionerFacts
from engine.casework.text_index import Follower, documents, index_of, not_yet_indexed
from rules import text_index_store
from rules.text_index_store import AlreadyWritingError, TextIndexError, TextIndexWriter, current
from tests.conftest import REPOSITORY
from tests.journeys.bureau import MONDAY

PARKING = "望月路违停严重"


def test_what_was_there_before_is_taken_in_when_the_index_is_built(indexed):
    before = indexed.world.register(PARKING)
    assert indexed.follower.round() == 0
    assert indexed.found("望月路") == {before.number}
    assert indexed.waiting() == 0


def test_a_matter_is_found_after_the_next_round_and_under_each_of_its_facts(indexed):
    indexed.follower.round()
    registered = indexed.world.register(
        PARKING,
        "每天早晚堵得走不动。",
        place="城关镇望月路12号",
        channel_number="SZ-2026-0815",
        petitioner=PetitionerFacts(name="欧阳文静", phone="139 1234 5678", address="城关镇九州花园3栋"),
    )
    assert indexed.found("望月路") == set()
    assert indexed.waiting() == 1
    assert indexed.follower.round() == 1
    assert indexed.waiting() == 0
    for typed in ("望月", "堵得", "SZ-2026-0815", registered.number, "欧阳文静", "13912345678", "九州花园", "月路1"):
        assert indexed.found(typed) == {registered.number}, typed
    assert indexed.follower.round() == 0


ATTACH = """
insert into attachment (matter_id, hash, filename, media_type, size, uploaded_by, uploaded_at, text)
values (:id, 'h', '现场照片.pdf', 'application/pdf', 1, '1', now(), '护学岗无人值守')
"""


@pytest.mark.parametrize(
    ("statement", "finds", "no_longer"),
    [
        ("update matter set title = '清风桥占道' where id = :id", "清风桥", "望月路"),
        ("update matter set reply = '已增设隔离护栏' where id = :id", "隔离护栏", None),
        ("update petitioner set phone = '13700001111' where id = (select petitioner_id from matter where id = :id)",
         "13700001111", "13800000001"),
        (ATTACH, "护学岗", None),
        ("delete from matter_asked where matter_id = :id", None, None),
    ],
)  # fmt: skip
def test_every_change_of_what_is_found_is_noticed(indexed, statement, finds, no_longer):
    registered = indexed.world.register(PARKING, "望月路")
    with indexed.world.engine.begin() as connection:
        connection.execute(sa.text("insert into matter_asked values (:id, 'liaison@7')"), {"id": registered.matter_id})
    indexed.follower.round()
    with indexed.world.engine.begin() as connection:
        connection.execute(sa.text(statement), {"id": registered.matter_id})
        if no_longer == "望月路":
            connection.execute(sa.text("update matter set body = '' where id = :id"), {"id": registered.matter_id})
    assert indexed.follower.round() == 1
    assert finds is None or indexed.found(finds) == {registered.number}
    assert no_longer is None or indexed.found(no_longer) == set()


def test_what_no_document_contains_is_no_news(indexed):
    registered = indexed.world.register(PARKING)
    indexed.follower.round()
    with indexed.world.engine.begin() as connection:
        connection.execute(sa.text("update matter set history_count = history_count, due_at = now(), stage = 'x'"))
        connection.execute(sa.text("update petitioner set anonymous = anonymous, name = name"))
        assert not_yet_indexed(connection, index_of(connection).watermark) == []
    assert indexed.follower.round() == 0
    assert indexed.found("望月路") == {registered.number}


def test_a_matter_that_is_gone_is_found_no_longer(indexed):
    with indexed.world.engine.begin() as connection:
        values = {"unit": indexed.world.unit("traffic")}
        number = connection.execute(sa.text(DIRECT), {**values, "number": "MY-1", "title": "清风桥"}).scalar_one()
    indexed.follower.round()
    assert indexed.found("清风桥") == {"MY-1"}
    with indexed.world.engine.begin() as connection:
        connection.execute(sa.text("delete from matter where id = :id"), {"id": number})
    assert indexed.follower.round() == 1
    assert indexed.found("清风桥") == set()


DIRECT = """
with person as (insert into petitioner (anonymous) values (true) returning id)
insert into matter (number, channel_id, title, body, kind, receiving_unit_id, petitioner_id, received_at, imported_at,
    registered_by)
select :number, (select min(id) from channel), :title, '', 'request', :unit, person.id, now(), now(), 'system'
from person returning id
"""


def test_a_long_transaction_and_commits_out_of_order_lose_nothing(indexed):
    """The transaction that begins first commits last; what was committed meanwhile is taken in once, and at once."""
    values = {"unit": indexed.world.unit("traffic")}
    indexed.follower.round()
    with indexed.world.engine.connect() as first, indexed.world.engine.connect() as second:
        early = first.execute(sa.text(DIRECT), {**values, "number": "MY-1", "title": "先起草"}).scalar_one()
        late = second.execute(sa.text(DIRECT), {**values, "number": "MY-2", "title": "后起草"}).scalar_one()
        assert early < late
        second.commit()
        assert indexed.follower.round() == 1
        assert indexed.found("后起草") == {"MY-2"}
        # The reading above has gone beyond the number of the transaction that is still open.
        assert indexed.follower.round() == 0
        first.commit()
    assert indexed.follower.round() == 1
    assert indexed.found("起草") == {"MY-1", "MY-2"}
    assert indexed.follower.round() == 0


def test_ones_own_transaction_is_not_yet_indexed(indexed):
    indexed.follower.round()
    with indexed.world.engine.connect() as connection:
        number = connection.execute(
            sa.text(DIRECT), {"unit": indexed.world.unit("traffic"), "number": "MY-1", "title": "x"}
        ).scalar_one()
        assert not_yet_indexed(connection, index_of(connection).watermark) == [number]
        connection.rollback()
    assert indexed.waiting() == 0


def test_changes_are_deleted_when_every_follower_has_them_and_not_before(indexed, tmp_path):
    world = indexed.world
    other = Follower(world.engine, tmp_path / "of another machine")
    other.round()
    indexed.follower.round()
    registered = world.register(PARKING)
    indexed.follower.round()
    world.register("另一件")  # so that the watermark goes beyond the one before
    indexed.follower.round()

    def kept() -> list[int]:
        with world.engine.begin() as connection:
            text_index.forget(connection)
        return world.column("select distinct matter_id from matter_change")

    assert registered.matter_id in kept()
    assert other.round() == 2
    assert kept() == []
    # One that is away for days is not waited for, and builds its index anew when it comes back.
    other.close()
    with world.engine.begin() as connection:
        connection.execute(
            sa.text("update text_index_follower set seen_at = now() - interval '4 days' where origin = :origin"),
            {"origin": current(tmp_path / "of another machine").origin},
        )
    world.register("清风桥占道")
    indexed.follower.round()
    world.register("又一件")
    indexed.follower.round()
    assert kept() == []
    before = current(tmp_path / "of another machine").path
    other = Follower(world.engine, tmp_path / "of another machine")
    assert other.round() == 0
    other.close()
    assert current(tmp_path / "of another machine").path != before
    text_index.use_folder(world.engine.url, tmp_path / "of another machine")
    assert len(indexed.found("清风桥")) == 1


def test_an_index_of_another_database_is_refused_and_built_anew(indexed, tmp_path):
    registered = indexed.world.register(PARKING)
    text_index.rebuild(indexed.world.engine, indexed.folder)
    said = indexed.folder / "current.json"
    said.write_text(said.read_text().replace(current(indexed.folder).origin, "7/1/5/elsewhere"))
    with indexed.world.engine.connect() as connection, pytest.raises(TextIndexError, match="another database"):
        index_of(connection)
    indexed.follower.round()
    assert indexed.found("望月路") == {registered.number}


def test_an_index_of_another_format_is_built_anew(indexed):
    registered = indexed.world.register(PARKING)
    text_index.rebuild(indexed.world.engine, indexed.folder)
    said = indexed.folder / "current.json"
    said.write_text(said.read_text().replace('"format": ', '"format": -'))
    indexed.follower.round()
    assert indexed.found("望月路") == {registered.number}


def test_no_index_is_said_plainly(indexed):
    with indexed.world.engine.connect() as connection, pytest.raises(TextIndexError, match="build it"):
        index_of(connection)


def test_one_follows_at_a_time(indexed):
    indexed.follower.round()
    with pytest.raises(AlreadyWritingError):
        Follower(indexed.world.engine, indexed.folder).round()


def test_a_rebuild_takes_the_place_while_changes_come_and_nothing_is_lost(indexed, monkeypatch):
    """A thread follows all the while, as the worker's does; matters come before, during and after the building."""
    world = indexed.world
    numbers = {world.register(f"{PARKING}{count}").number for count in range(3)}
    indexed.follower.round()
    monkeypatch.setattr("rules.text_index_store.REPORT_EVERY", 1)
    before = current(indexed.folder).path
    stop, rounds = threading.Event(), threading.Semaphore(0)

    def follow() -> None:
        try:
            while not stop.is_set():
                indexed.follower.round()
                rounds.release()
        finally:
            rounds.release(1000)

    def meanwhile(done: int) -> None:
        if done > 2:
            return
        numbers.add(world.register(f"{PARKING}期间").number)
        while rounds.acquire(blocking=False):
            pass
        rounds.acquire()
        rounds.acquire()
        assert indexed.found("期间"), "the index in use is written all the while"

    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(follow)
        try:
            assert text_index.rebuild(world.engine, indexed.folder, meanwhile) == 5
        finally:
            stop.set()
        following.result()
    numbers.add(world.register(f"{PARKING}之后").number)
    indexed.follower.round()
    assert indexed.found("望月路") == numbers
    assert current(indexed.folder).path != before
    assert world.column("select origin from text_index_follower") == [current(indexed.folder).origin]


def test_what_changes_while_an_index_is_built_is_taken_in_afterwards(indexed, monkeypatch):
    world = indexed.world
    first = world.register(PARKING)

    def changing(connection, ids):
        yield from documents(connection, ids)
        with world.engine.begin() as other:
            other.execute(sa.text("update matter set title = '清风桥占道'"))

    monkeypatch.setattr("engine.casework.text_index.rebuilding.documents", changing)
    text_index.rebuild(world.engine, indexed.folder)
    assert indexed.found("清风桥") == set()
    assert indexed.follower.round() == 1
    assert indexed.found("清风桥") == {first.number}


FOLLOW = """
import sys, threading
from pathlib import Path
import sqlalchemy as sa
from engine.casework.text_index import Follower
engine = sa.create_engine(sys.argv[1])
follower = Follower(engine, Path(sys.argv[2]))
follower.round()
print("built", flush=True)
for line in sys.stdin:
    print(follower.round(), flush=True)
"""


def test_a_follower_that_was_killed_goes_on_where_the_index_stands(indexed):
    world = indexed.world
    numbers = {world.register(PARKING).number}
    address = world.engine.url.render_as_string(hide_password=False)
    for _ in range(2):
        process = subprocess.Popen(
            [sys.executable, "-c", FOLLOW, address, str(indexed.folder)],
            cwd=REPOSITORY, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert process.stdout.readline() == "built\n"
            numbers.add(world.register(PARKING).number)
            process.stdin.write("round\n")
            process.stdin.flush()
            assert process.stdout.readline() == "1\n"
            numbers.add(world.register(PARKING).number)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.communicate()
    generation = current(indexed.folder)
    assert indexed.follower.round() == 1
    assert indexed.found("望月路") == numbers
    assert current(indexed.folder) == generation, "it was not built anew"


def test_the_thread_of_the_worker_takes_in_a_change_it_is_told_of(indexed, monkeypatch):
    """The real thread: LISTEN, a commit, and the index's own commit as the event that is waited for."""
    taken = threading.Event()
    commit = TextIndexWriter.commit

    def committed(writer: TextIndexWriter, watermark: str) -> None:
        commit(writer, watermark)
        taken.set()

    text_index.rebuild(indexed.world.engine, indexed.folder)
    monkeypatch.setattr(TextIndexWriter, "commit", committed)
    stop = threading.Event()
    thread = threading.Thread(target=indexed.follower.run, args=(stop,))
    thread.start()
    try:
        registered = indexed.world.register(PARKING)
        assert taken.wait(30)
    finally:
        stop.set()
        thread.join()
    assert indexed.found("望月路") == {registered.number}


def test_a_thread_that_is_told_to_stop_gives_up_building(indexed, monkeypatch):
    monkeypatch.setattr("rules.text_index_store.REPORT_EVERY", 1)
    indexed.world.register(PARKING)
    stop = threading.Event()

    def stopping(connection, ids):
        stop.set()
        yield from documents(connection, ids)

    monkeypatch.setattr("engine.casework.text_index.rebuilding.documents", stopping)
    indexed.follower.run(stop)
    assert current(indexed.folder) is None


def test_the_folder_may_disappear(indexed, monkeypatch, caplog):
    """Somebody deletes it under the follower: the thread says so, and builds the index anew."""
    registered = indexed.world.register(PARKING)
    indexed.follower.round()
    shutil.rmtree(indexed.folder)
    other = indexed.world.register(PARKING)
    built = threading.Event()
    rebuild = text_index_store.rebuild

    def rebuilt(*given, **more):
        done = rebuild(*given, **more)
        built.set()
        return done

    monkeypatch.setattr(text_index_store, "rebuild", rebuilt)
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        following = pool.submit(indexed.follower.run, stop)
        try:
            assert built.wait(60)
        finally:
            stop.set()
        following.result()
    assert "could not be kept up" in caplog.text
    assert indexed.found("望月路") == {registered.number, other.number}


def test_an_upgraded_database_with_matters_is_picked_up(database_url: str, tmp_path: Path) -> None:
    """Matters older than the table of changes have no row in it: building reads them all."""
    engine = sa.create_engine(database_url)
    with engine.begin() as connection:
        connection.execute(sa.text("insert into unit (code, name, kind) values ('u', 'u', 'bureau')"))
        connection.execute(sa.text(
            "insert into channel (code, name, receiving_unit_id, medium, delivery, clock) "
            "select 'c', 'c', id, 'phone', 'typed', 'hotline' from unit"
        ))  # fmt: skip
        unit = connection.execute(sa.text("select id from unit")).scalar_one()
        connection.execute(sa.text(DIRECT), {"unit": unit, "number": "MY-1", "title": "早已登记"})
        connection.execute(sa.text("delete from matter_change"))
    follower = Follower(engine, tmp_path)
    follower.round()
    follower.close()
    text_index.use_folder(engine.url, tmp_path)
    with engine.connect() as connection:
        assert index_of(connection).size == 1
    engine.dispose()


def test_each_column_that_a_document_is_made_of_is_noticed(indexed):
    """A column alone, one transaction each: none is forgotten in the trigger."""
    world = indexed.world
    registered = world.register(PARKING)
    other = world.register("另一件")
    category = world.value("select min(id) from category")
    changes = {
        "number": "MY-0", "channel_id": world.value("select max(id) from channel"), "channel_number": "SZ-1",
        "title": "清风桥", "body": "清风桥", "place": "清风桥", "reply": "清风桥",
        "category_id": category if world.matter(registered.number)["category_id"] != category else category + 1,
        "kind": "praise", "severity": "urgent", "receiving_unit_id": world.unit("station"),
        "handling_unit_id": world.unit("inspectorate"), "supervising_unit_id": world.unit("station"),
        "primary_id": other.matter_id, "received_at": MONDAY - timedelta(days=1),
    }  # fmt: skip
    indexed.follower.round()
    for column, value in changes.items():
        with world.engine.begin() as connection:
            connection.execute(
                sa.text(f"update matter set {column} = :value where id = :id"),  # noqa: S608 - names of ours
                {"value": value, "id": registered.matter_id},
            )
        assert indexed.follower.round() == 1, column
    for column in ("name", "phone", "identity_number", "address"):
        with world.engine.begin() as connection:
            connection.execute(
                sa.text(f"update petitioner set {column} = 'x' where id = :person"),  # noqa: S608 - names of ours
                {"person": world.matter("MY-0")["petitioner_id"]},
            )
        assert indexed.follower.round() == 1, column
