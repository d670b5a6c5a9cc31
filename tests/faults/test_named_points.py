"""A process dies at each point around its writes and messages: what was acknowledged is there once, all else anew."""

import random
from collections.abc import Iterator

import pytest

from tests.batteries import FULL
from tests.faults.audit import (
    NOTHING_PENDING,
    delivered_once,
    exactly_what_was_acknowledged,
    fired_once_in_order,
    state_equals_rows,
    timers,
)
from tests.faults.bureau import PASSWORD, Bureau
from tests.faults.clients import Acknowledged, PersistentWalk
from tests.faults.dying import COMMAND, DELIVERING, FIRING
from tests.faults.fused import FusedStack
from tests.faults.test_killed_worker import NOTHING_DUE, WEEK, fired
from tests.faults.waiting import eventually

STEPS = 7  # of a matter, from the signature to the call


@pytest.fixture
def stack(bureau: Bureau) -> Iterator[FusedStack]:
    stack = FusedStack(bureau.url, bureau.var)
    yield stack
    stack.stop()


def of(points: tuple[str, ...], seed: int, fewer: int) -> list[str]:
    """All points in the long form, some of them else; in an order that the seed decides."""
    chance = random.Random(seed)  # noqa: S311 - chooses moments, guards nothing
    return chance.sample(points, len(points) if FULL else fewer)


def step_done(walk: PersistentWalk, number: str) -> Acknowledged:
    """Do what comes next at a matter, however often it must be sent."""
    eventually(f"what comes next at {number}", lambda: walk.waiting(number))
    done = walk.step(number)
    assert done is not None
    assert walk.last is not None
    return Acknowledged(number, walk.last.task, done.step, walk.last.login)


def test_a_page_that_dies_at_any_point_of_a_command_loses_and_doubles_nothing(
    bureau: Bureau, stack: FusedStack, seed: int
) -> None:
    points = of(COMMAND, seed, len(COMMAND))
    stack.start_worker()
    stack.start_web()
    walk = PersistentWalk(stack.url, bureau.engine, PASSWORD)
    matters = len(points) if FULL else 1
    for matter in range(matters):
        (number,) = bureau.register(1)
        for step in range(STEPS):
            eventually(f"what comes next at {number}", lambda number=number: walk.waiting(number))
            assert walk.last is not None
            walk.visit(walk.last.login)  # so that it is the step, not the log-in, that meets the fuse
            broken = len(walk.adapter.broken)
            # In the long form every point meets every step.
            point = points[(matter + step) % len(points)]
            stack.light(point)
            walk.done.append(step_done(walk, number))
            assert stack.burnt, f"nobody came to «{point}»: nothing was tried"
            assert len(walk.adapter.broken) > broken
    assert walk.adapter.refused == []
    exactly_what_was_acknowledged(bureau, walk.done)
    assert bureau.value("select count(*) from matter where status = 'closed'") == matters
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING))
    delivered_once(bureau, stack.var / "delivered")
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []


def test_a_worker_that_dies_at_any_point_of_firing_fires_everything_once(
    bureau: Bureau, stack: FusedStack, seed: int
) -> None:
    bureau.register(6)
    expected = timers(bureau)
    bureau.until_all_is_late(by=WEEK)
    for point in of(FIRING, seed, 2):
        before = fired(bureau)
        stack.worker_dies_at(point)
        assert fired(bureau) >= before + (point == "committed")
        bureau.the_dead_are_silent()
    assert fired(bureau) < len(expected), "all had fired before the last death: nothing was tried"
    stack.start_worker()
    eventually("every timer fires", lambda: fired(bureau) >= len(expected))
    eventually("nothing else is due", lambda: bureau.value(NOTHING_DUE))
    fired_once_in_order(bureau, expected)
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []


def test_a_worker_that_dies_at_any_point_of_a_delivery_delivers_under_one_key(
    bureau: Bureau, stack: FusedStack, seed: int
) -> None:
    numbers = []
    for point in of(DELIVERING, seed, 3):
        (number,) = bureau.register(1)
        numbers.append(number)
        bureau.work(number)
        stack.worker_dies_at(point)
        bureau.the_dead_are_silent()
    stack.start_worker()
    eventually("everything is delivered", lambda: bureau.value(NOTHING_PENDING), within=120)
    eventually(
        "every matter goes on",
        lambda: bureau.value("select count(*) from work_item where step = 'visit'") == len(numbers),
    )
    delivered_once(bureau, stack.var / "delivered")
    assert state_equals_rows(bureau.engine, bureau.platform.runtime) == []
