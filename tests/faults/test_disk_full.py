"""The database's disk runs full while officers finish steps: pages say so, and with space again nothing is missing."""

import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import sqlalchemy as sa

from engine.database import embedded, schema
from tests.batteries import FULL
from tests.faults.audit import NOTHING_PENDING, delivered_once, exactly_what_was_acknowledged, state_equals_rows
from tests.faults.bureau import PASSWORD, Bureau, found_bureau
from tests.faults.clients import PersistentWalk
from tests.faults.waiting import eventually
from tests.stack import Stack

DISK = 320  # megabytes; a new cluster with the bureau takes about a third
CLIENTS = 2
TIMES = 4 if FULL else 1
BLOCK = 1024 * 1024
STEPS_BETWEEN = 4
BLAMED = "select (select count(*) from timer where kind = 'retry') + (select count(*) from incident)"
STOCK = 40 * TIMES  # matters; more than officers can work off while the disk runs full


@pytest.fixture
def disk() -> Iterator[Path]:
    """A small disk of its own, mounted and empty."""
    mount, umount = shutil.which("mount"), shutil.which("umount")
    if os.geteuid() != 0 or not mount or not umount:
        pytest.skip("only root may mount a small disk")
    with TemporaryDirectory(prefix="minyi-disk-") as folder:
        Path(folder).chmod(0o755)
        place = Path(folder) / "disk"
        place.mkdir()
        command = [mount, "-t", "tmpfs", "-o", f"size={DISK}m,mode=755", "tmpfs", str(place)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            pytest.skip(f"this machine lets nobody mount a small disk: {done.stderr.strip()}")
        try:
            yield place
        finally:
            subprocess.run([umount, "--lazy", str(place)], check=True)


@pytest.fixture
def data(disk: Path) -> Iterator[Path]:
    """The folder of a cluster on the small disk."""
    data = disk / "data"
    embedded.start(data, durable=True)
    yield data
    if embedded.running(data):
        embedded.stop(data, "immediate")


@pytest.fixture
def bureau(data: Path, tmp_path: Path) -> Iterator[Bureau]:
    embedded.create_database(data)
    url = embedded.url(data)
    engine = sa.create_engine(url)
    schema.upgrade(engine)
    engine.dispose()
    found_bureau(url, tmp_path)
    bureau = Bureau(url, tmp_path / "var")
    yield bureau
    bureau.close()


def fill(disk: Path) -> Path:
    """Leave no space; return the file that takes it."""
    ballast = disk / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (BLOCK, 4096):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    return ballast


def register_until_it_is_full(bureau: Bureau) -> list[str]:
    """Register matters until the database cannot take one; return the numbers of those it took."""
    numbers: list[str] = []
    while True:
        try:
            numbers += bureau.register(1)
        except sa.exc.DBAPIError:
            return numbers


def test_a_full_disk_loses_nothing_acknowledged_and_work_goes_on_when_there_is_space(
    disk: Path, data: Path, bureau: Bureau, stack: Stack
) -> None:
    stock = bureau.register(STOCK)
    stack.start_worker()
    stack.start_web()
    walks = [PersistentWalk(stack.url, bureau.engine, PASSWORD) for _ in range(CLIENTS)]
    waiting = set(stock)
    worked_off: list[str] = []
    over = threading.Event()

    def acknowledged() -> int:
        return sum(len(walk.done) for walk in walks)

    def refused() -> int:
        return sum(len(walk.adapter.refused) for walk in walks)

    def work(client: int) -> None:
        for number in stock[client::CLIENTS]:
            if over.is_set():
                return
            walks[client].to_the_end(number)
            worked_off.append(number)

    with ThreadPoolExecutor(CLIENTS) as pool:
        working: list[Future[None]] = [pool.submit(work, client) for client in range(CLIENTS)]
        try:
            for time in range(1, TIMES + 1):
                eventually("steps are finished", lambda time=time: acknowledged() >= time * STEPS_BETWEEN, every=0.001)
                before = refused()
                ballast = fill(disk)
                try:
                    waiting |= set(register_until_it_is_full(bureau))
                    eventually("an officer is told", lambda before=before: refused() > before, every=0.005)
                finally:
                    ballast.unlink()
                    if not embedded.running(data):  # without space for its log the server gives up
                        embedded.start(data, durable=True)
                assert bureau.value(BLAMED) == 0, "a full disk is no service's failure"
        finally:
            over.set()
        for future in working:
            future.result()
    print(f"{len(waiting) - len(stock)} matters registered while the disk ran full, {refused()} answers were refusals")
    assert {status for walk in walks for status in walk.adapter.refused} <= {503}
    assert bureau.value(BLAMED) == 0
    exactly_what_was_acknowledged(bureau, [step for walk in walks for step in walk.done])
    assert bureau.value("select count(*) from matter where status = 'closed'") == len(worked_off)
    found = {row.number for row in bureau.rows("select number from matter where status <> 'closed'")}
    assert found == waiting - set(worked_off)
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING))
    delivered_once(bureau, stack.var / "delivered")
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
