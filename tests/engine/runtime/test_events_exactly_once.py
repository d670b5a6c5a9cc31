"""Random throws at random instances, brought by two workers in pieces, against a model of who must hear what."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from engine.runtime import Runtime
from tests.batteries import examples
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram

AT_ONCE = 50  # receivers that Runtime.signal serves itself
NAMES = ["s1", "s2", "m"]


def diagrams() -> list[Diagram]:
    """Draw listeners of four kinds, and for each name a process that only throws it."""
    club = Diagram("club").start().exclusive("again").race("g").chain("start", "again", "g")
    for name in ("s1", "s2"):
        club.event("intermediateCatchEvent", f"on_{name}", "signal", name).chain("g", f"on_{name}", "again")
    club.catch("on_m", "m").chain("g", "on_m", "again")
    once = (
        Diagram("once").start().user("ready").event("intermediateCatchEvent", "on_s1", "signal", "s1")
        .user("done").end().chain("start", "ready", "on_s1", "done", "end")
    )  # fmt: skip
    guarded = (
        Diagram("guarded").start().user("work").end().catch("on_m", "m", "work").end("e1")
        .event("boundaryEvent", "on_s2", "signal", "s2", "work", interrupting=False).end("e2")
        .chain("start", "work", "end").chain("on_m", "e1").chain("on_s2", "e2")
    )  # fmt: skip
    throwers = [
        Diagram(f"tell_{name}").start(f"b_{name}")
        .event("endEvent", f"t_{name}", "message" if name == "m" else "signal", name, n="${n}")
        .chain(f"b_{name}", f"t_{name}")
        for name in NAMES
    ]  # fmt: skip
    chain = (
        Diagram("chain").start().event("intermediateCatchEvent", "first", "signal", "s1")
        .event("intermediateCatchEvent", "second", "signal", "s2").end().chain("start", "first", "second", "end")
    )  # fmt: skip
    return [club, once, guarded, chain, *throwers]


@dataclass
class Listener:
    """An instance as the model has it: what it waits for, each since when, and what it has heard."""

    id: int
    kind: str
    key: str
    waits: dict[str, int] = field(default_factory=dict)
    heard: list[int] = field(default_factory=list)

    def hear(self, name: str, number: int) -> None:
        self.heard.append(number)
        if self.kind == "chain":
            self.waits = {"s2": number} if name == "s1" else {}
        elif self.kind == "once" or (self.kind == "guarded" and name == "m"):
            self.waits.clear()


@dataclass
class Model:
    """What must happen: events in the order they were thrown, each to whom it concerns, the eldest first."""

    listeners: list[Listener] = field(default_factory=list)
    pending: list[tuple[int, str, str, int, set[int]]] = field(default_factory=list)
    time: int = 0

    def throw(self, number: int, name: str, key: str) -> None:
        self.pending.append((number, name, key, self.time, set()))

    def receivers(self) -> Iterator[tuple[Listener, str, int, set[int]]]:
        while self.pending:
            number, name, key, time, caught = self.pending[0]
            concerned = [
                one
                for one in self.listeners
                if name in one.waits
                and one.id not in caught
                and (one.key == key if name == "m" else one.waits[name] <= time)
            ]
            if concerned:
                yield concerned[0], name, number, caught
            else:
                self.pending.pop(0)

    def deliver(self, limit: int) -> int:
        served = 0
        for listener, name, number, caught in self.receivers():
            caught.add(listener.id)
            listener.hear(name, number)
            served += 1
            if served == limit:
                break
        return served


keys = st.sampled_from(["MY-1", "MY-2"])
operations = st.lists(
    st.one_of(
        st.tuples(st.just("start"), st.sampled_from(["club", "once", "guarded", "chain"]), keys),
        st.tuples(st.just("step"), st.integers(0, 9)),
        st.tuples(st.just("throw"), st.sampled_from(NAMES), keys),
        st.tuples(st.just("signal"), st.sampled_from(["s1", "s2"])),
        st.tuples(st.just("deliver"), st.integers(1, 4)),
    ),
    min_size=3,
    max_size=25,
)


class Both:
    """The runtime and the model, side by side."""

    def __init__(self, desk: Desk, engine: sa.Engine) -> None:
        self.desk = desk
        self.workers = [desk.runtime, Runtime(engine, desk.host)]
        self.model = Model()
        with engine.begin() as connection:
            connection.exec_driver_sql("delete from caught")
            connection.exec_driver_sql("delete from thrown")
            connection.exec_driver_sql("delete from subscription")
            connection.exec_driver_sql("delete from instance")

    def carry_out(self, number: int, operation: tuple[Any, ...]) -> None:
        self.model.time = number
        getattr(self, operation[0])(number, *operation[1:])

    def start(self, number: int, kind: str, key: str) -> None:
        listener = Listener(self.desk.start(kind, key=key), kind, key)
        waits = {"club": NAMES, "once": [], "guarded": ["s2", "m"], "chain": ["s1"]}[kind]
        listener.waits = dict.fromkeys(waits, number)
        self.model.listeners.append(listener)

    def step(self, number: int, index: int) -> None:
        there = [one for one in self.model.listeners if self.desk.waiting(one.id) in (["ready"], ["work"])]
        if there:
            listener = there[index % len(there)]
            self.desk.complete(listener.id, self.desk.waiting(listener.id)[0])
            listener.waits = {"s1": number} if listener.kind == "once" else {}

    def throw(self, number: int, name: str, key: str) -> None:
        self.desk.start(f"tell_{name}", key=key, n=number)
        self.model.throw(number, name, key)

    def signal(self, number: int, name: str) -> None:
        self.desk.runtime.signal(name, {"n": number})
        self.model.throw(number, name, "")
        self.model.deliver(AT_ONCE)

    def deliver(self, number: int, limit: int) -> None:
        worker = self.workers[number % 2]
        assert worker.deliver_thrown(worker=f"w{number % 2}", limit=limit) == self.model.deliver(limit)

    def heard(self, instance: int) -> list[int]:
        kinds = {"signal_received", "message_received"}
        found = self.desk.rows("select kind, details from history where instance_id = :i order by id", i=instance)
        return [row.details["payload"]["n"] for row in found if row.kind in kinds]


@settings(max_examples=examples(200, short=50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(done=operations)
@example(done=[("throw", "m", "MY-1"), ("throw", "s1", "MY-1"), ("start", "club", "MY-1")])
@example(done=[("start", "chain", "MY-1"), ("throw", "s1", "MY-1"), ("throw", "s2", "MY-1"), ("deliver", 4)])
def test_everybody_hears_what_the_model_says_once_and_in_order(
    desk: Desk, engine: sa.Engine, done: list[tuple[Any, ...]]
) -> None:
    if not desk.rows("select 1 from deployment"):
        desk.deploy(*diagrams())
    both = Both(desk, engine)
    for number, operation in enumerate(done):
        both.carry_out(number, operation)
    for number in range(200):
        both.carry_out(len(done) + number, ("deliver", 3))
        if not desk.value("select count(*) from thrown where status = 'pending'"):
            break
    assert both.model.pending == []
    assert {one.id: both.heard(one.id) for one in both.model.listeners} == {
        one.id: one.heard for one in both.model.listeners
    }
    assert desk.rows("select 1 from caught group by thrown_id, instance_id having count(*) > 1") == []
