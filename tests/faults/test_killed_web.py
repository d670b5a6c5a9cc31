"""kill -9 of the processes that serve pages, while officers finish steps."""

import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.audit import delivered_once, exactly_what_was_acknowledged
from tests.faults.bureau import PASSWORD, Bureau
from tests.faults.clients import PersistentWalk
from tests.faults.conftest import FULL
from tests.faults.waiting import pause
from tests.stack import Stack

CLIENTS = 3
STEPS = ["sign", "investigate", "dispose", "feed_back", "review", "reply", "visit"]


class Killer(threading.Thread):
    """Kills a web worker a moment after a form has set out, every second or so, until it is stopped."""

    def __init__(self, stack: Stack, seed: int) -> None:
        super().__init__(name="killer")
        self.stack = stack
        self.random = random.Random(seed)  # noqa: S311 - chooses victims, guards nothing
        self.posting = threading.Event()
        self.killed = 0
        self.enough = threading.Event()

    def run(self) -> None:
        while not self.enough.wait(self.random.uniform(0.3, 1.5)):
            self.posting.clear()
            if self.posting.wait(1):
                pause(self.random.uniform(0, 0.08))
            workers = self.stack.web_workers()
            if workers:
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.killed += 1


def work_under_fire(bureau: Bureau, stack: Stack, seed: int, matters: int) -> None:
    numbers = bureau.register(matters)
    stack.start_worker()
    stack.start_web()
    killer = Killer(stack, seed)
    walks = [PersistentWalk(stack.url, bureau.engine, PASSWORD, killer.posting) for _ in range(CLIENTS)]

    def work(client: int) -> None:
        for number in numbers[client::CLIENTS]:
            walks[client].to_the_end(number)

    killer.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(work, range(CLIENTS)))
    finally:
        killer.enough.set()
        killer.join()
    broken = [method for walk in walks for method in walk.adapter.broken]
    print(f"{killer.killed} killed, {len(broken)} requests broken, {broken.count('POST')} of them forms")
    assert broken.count("POST"), "no form was under way when a process was killed: nothing was tried"
    assert [status for walk in walks for status in walk.adapter.refused] == []
    done = [step for walk in walks for step in walk.done]
    exactly_what_was_acknowledged(bureau, done)
    for number in numbers:
        assert [step.step for step in done if step.number == number] == STEPS
    assert bureau.value("select count(*) from matter where status = 'closed'") == matters
    assert bureau.value("select count(*) from instance where status = 'completed'") == matters
    assert bureau.value("select count(*) from work_item") == 0
    delivered_once(bureau, stack.var / "delivered")


def test_killing_web_processes_loses_and_doubles_no_acknowledged_step(bureau: Bureau, stack: Stack, seed: int) -> None:
    work_under_fire(bureau, stack, seed, matters=6)


@pytest.mark.full
@pytest.mark.skipif(not FULL, reason="the long form runs with MINYI_FULL=1")
def test_killing_web_processes_for_long_loses_and_doubles_nothing(bureau: Bureau, stack: Stack, seed: int) -> None:
    work_under_fire(bureau, stack, seed, matters=60)
