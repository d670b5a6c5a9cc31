"""What is forgotten is never missed: random processes, random work, three engines, one behaviour."""

import random
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from engine.runtime.definitions import parse_files
from tests.engine.runtime.machine import FakeDatetime, Maker, Ours, Stock, stock_clock

__all__ = ["stock_clock"]
STEPS = 60


def work(seed: int, machines: Sequence[Any], first: Any) -> int:
    """Do the same random work on all machines and compare them after every step; return how many steps there were."""
    choose = random.Random(seed)  # noqa: S311 - a seed does the same work again
    for number in range(STEPS):
        if first.ended():
            return number
        waiting = first.waiting()
        if not waiting or choose.random() < 0.3:
            by = timedelta(hours=choose.choice([1, 6, 20, 60]), minutes=1)
            for machine in machines:
                machine.pass_time(by)
        else:
            step, answers = choose.choice(waiting), {"pick": choose.choice([0, 1, 2]), "number": number}
            for machine in machines:
                machine.complete(step, dict(answers))
        for machine in machines:
            assert machine.waiting() == first.waiting(), (seed, number)
            assert machine.ended() == first.ended(), (seed, number)
            if isinstance(machine, Ours) and isinstance(first, Ours):
                assert machine.items() == first.items(), (seed, number)
                assert machine.timers() == first.timers(), (seed, number)
                assert machine.data() == first.data(), (seed, number)
                assert machine.layers() == first.layers(), (seed, number)
    return STEPS


def differ(seed: int) -> None:
    """Compare an instance that forgets with one that remembers everything."""
    diagrams = Maker(seed).diagrams()
    definition = parse_files(1, {f"{diagram.key}.bpmn": diagram.xml() for diagram in diagrams})
    whole = Ours(definition, "main", forgetful=False)
    forgetful = Ours(definition, "main", forgetful=True)
    for part in range(3):
        work(seed * 10 + part, [whole, forgetful], whole)
    # Every scope keeps its root; a waiting token and the split before its activity are two more.
    scopes = len(forgetful.flow.flows)
    assert forgetful.size() <= 4 * scopes + 3 * (len(forgetful.waiting()) + len(forgetful.timers()) + 4)


def compare_with_stock(seed: int, clock: type[FakeDatetime]) -> None:
    """Compare an instance of ours with plain SpiffWorkflow."""
    stock = Stock(Maker(seed, quoted=True, comparable=True).diagrams(), "main", clock)
    diagrams = Maker(seed, comparable=True).diagrams()
    ours = Ours(parse_files(1, {f"{diagram.key}.bpmn": diagram.xml() for diagram in diagrams}), "main", forgetful=True)
    work(seed, [stock, ours], stock)


@pytest.mark.parametrize("seed", range(60))
def test_forgetting_changes_nothing(seed: int) -> None:
    differ(seed)


@pytest.mark.parametrize("seed", range(25))
def test_the_stock_engine_does_the_same(seed: int, stock_clock: type[FakeDatetime]) -> None:
    compare_with_stock(seed, stock_clock)


@pytest.mark.full
def test_forgetting_changes_nothing_in_a_thousand_processes() -> None:
    for seed in range(1000, 2000):
        differ(seed)


@pytest.mark.full
def test_the_stock_engine_does_the_same_in_three_hundred_processes(stock_clock: type[FakeDatetime]) -> None:
    for seed in range(1000, 1300):
        stock_clock.present = stock_clock.present.replace(year=2027, month=3, day=1, hour=0, minute=0)
        compare_with_stock(seed, stock_clock)
