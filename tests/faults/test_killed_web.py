"""kill -9 of the processes that serve pages, while officers finish steps."""

import os
import random
import signal
import threading
from concurrent.futures import ThreadPoolExecutor

from tests.batteries import FULL
from tests.faults.audit import NOTHING_PENDING, delivered_once, exactly_what_was_acknowledged, state_equals_rows
from tests.faults.bureau import PASSWORD, Bureau
from tests.faults.clients import PersistentWalk
from tests.faults.waiting import eventually, pause
from tests.stack import Stack

CLIENTS = 3
DEATHS = 200 if FULL else 10
STEPS = ["sign", "investigate", "dispose", "feed_back", "review", "reply", "visit"]


class Killer(threading.Thread):
    """Kills a web worker a moment after a form has set out, every second or so, until it has killed enough."""

    def __init__(self, stack: Stack, seed: int, deaths: int) -> None:
        super().__init__(name="killer")
        self.stack = stack
        self.random = random.Random(seed)  # noqa: S311 - chooses victims, guards nothing
        self.posting = threading.Event()
        self.deaths = deaths
        self.killed = 0
        self.enough = threading.Event()

    def run(self) -> None:
        while self.killed < self.deaths and not self.enough.wait(self.random.uniform(0.3, 1.5)):
            self.posting.clear()
            if self.posting.wait(1):
                pause(self.random.uniform(0, 0.08))
            workers = self.stack.web_workers()
            if workers:
                os.kill(self.random.choice(workers), signal.SIGKILL)
                self.killed += 1


def test_killing_web_processes_loses_and_doubles_no_acknowledged_step(bureau: Bureau, stack: Stack, seed: int) -> None:
    stack.start_worker()
    stack.start_web()
    killer = Killer(stack, seed, DEATHS)
    walks = [PersistentWalk(stack.url, bureau.engine, PASSWORD, killer.posting) for _ in range(CLIENTS)]
    numbers: list[str] = []

    def work(client: int) -> None:
        """Take a matter and work it off, as long as somebody is about to be killed."""
        while killer.is_alive():
            (number,) = bureau.register(1)
            numbers.append(number)
            walks[client].to_the_end(number)

    killer.start()
    try:
        with ThreadPoolExecutor(CLIENTS) as pool:
            list(pool.map(work, range(CLIENTS)))
    finally:
        killer.enough.set()
        killer.join()
    assert killer.killed == DEATHS
    broken = [method for walk in walks for method in walk.adapter.broken]
    print(
        f"{killer.killed} killed in {len(numbers)} matters, {len(broken)} requests broken, "
        f"{broken.count('POST')} of them forms"
    )
    assert broken.count("POST"), "no form was under way when a process was killed: nothing was tried"
    assert [status for walk in walks for status in walk.adapter.refused] == []
    done = [step for walk in walks for step in walk.done]
    exactly_what_was_acknowledged(bureau, done)
    for number in numbers:
        assert [step.step for step in done if step.number == number] == STEPS
    assert bureau.value("select count(*) from matter where status = 'closed'") == len(numbers)
    assert bureau.value("select count(*) from instance where status = 'completed'") == len(numbers)
    assert bureau.value("select count(*) from work_item") == 0
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING))
    delivered_once(bureau, stack.var / "delivered")
