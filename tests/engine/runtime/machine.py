"""Runs instances in memory, without a database: ours, and the stock engine, behind one face."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.specs.event_definitions import timer as stock_timer
from SpiffWorkflow.util.task import TaskState

from engine.runtime import Transaction, codec, pruning, timers
from engine.runtime.advance import ready_items, settle
from engine.runtime.definitions import Definition
from engine.runtime.run import Run
from engine.runtime.scopes import given_inside
from engine.runtime.script_engine import InterpretingEngine
from engine.runtime.tokens import Flow
from tests.engine.runtime.diagrams import Diagram

START = datetime(2027, 3, 1, tzinfo=UTC)


class FakeDatetime(datetime):
    """The clock of the stock engine."""

    present = START

    @classmethod
    def now(cls, tz: Any = None) -> datetime:
        return cls.present


@pytest.fixture
def stock_clock(monkeypatch: pytest.MonkeyPatch) -> type[FakeDatetime]:
    FakeDatetime.present = START
    monkeypatch.setattr(stock_timer, "datetime", FakeDatetime)
    return FakeDatetime


class NoHost:
    """Nothing the diagrams of these tests need."""

    def __init__(self) -> None:
        self.services: dict[str, Any] = {}
        self.functions: dict[str, Any] = {}

    def due(self, connection: Any, value: Any, start: datetime) -> Any:
        raise ValueError(f"{value}")


class Ours:
    """An instance of ours; with ``forgetful`` it is pruned, stored and loaded after every step."""

    def __init__(
        self, definition: Definition, process: str, *, forgetful: bool, data: dict[str, Any] | None = None
    ) -> None:
        self.definition = definition
        self.process = process
        self.forgetful = forgetful
        self.engine = InterpretingEngine({})
        self.now = START
        self.flow = Flow(definition.specs[process], dict(definition.specs), self.engine, None)
        self.flow.data.update(data or {})
        self._run()
        self.flow.begin()
        self._rest()

    def _run(self) -> Run:
        transaction = Transaction(None, 1, "", self.process, 1, self.now, "1")  # type: ignore[arg-type]
        run = Run(NoHost(), self.definition, transaction, UTC)  # type: ignore[arg-type]
        run.flow = self.flow
        self.flow.run = run
        return run

    def _rest(self) -> None:
        settle(self.flow)
        if self.forgetful:
            pruning.prune(self.flow)
            state = codec.pack(self.flow)
            self.flow = codec.unpack(state, codec.VERSION, self.definition, self.process, self.engine)
            assert codec.pack(self.flow) == state

    def _place(self, token: Any) -> str:
        caller = token.workflow.caller.task_spec.name if token.workflow is not self.flow else ""
        return f"{caller}/{token.task_spec.name}"

    def items(self) -> list[tuple[str, dict[str, Any]]]:
        """Return what waits and what each is about, in the order they came."""
        return [(self._place(token), given_inside(token)) for token in ready_items(self.flow)]

    def waiting(self) -> list[str]:
        return sorted(self._place(token) for token in ready_items(self.flow))

    def timers(self) -> list[tuple[str, str]]:
        return sorted((timer.token.task_spec.name, timer.due.isoformat()) for timer in timers.waiting_timers(self.flow))

    def complete(self, place: str, answers: dict[str, Any]) -> None:
        there = sorted((one for one in ready_items(self.flow) if self._place(one) == place), key=lambda one: one.id)
        # Of the instances of a multi-instance activity any may be the first to be done.
        token = there[answers.get("pick", 0) % len(there) if given_inside(there[0]) else 0]
        self._run()
        token.workflow.write(token.task_spec.name, answers)
        token.run()
        self._rest()

    def pass_time(self, by: timedelta) -> None:
        self.now += by
        while True:
            due = [timer for timer in timers.waiting_timers(self.flow) if timer.due < self.now]
            if not due:
                return
            run = self._run()
            timers.fire(run, min(due, key=lambda timer: (timer.due, timer.token.id)))
            self._rest()

    def ended(self) -> bool:
        return bool(self.flow.completed)

    def data(self) -> dict[str, Any]:
        return dict(self.flow.data)

    def layers(self) -> list[dict[str, Any]]:
        """Return what every scope works on, outer ones first."""
        return [dict(scope.data) for scope in self.flow.flows]

    def size(self) -> int:
        return sum(len(flow.tasks) for flow in self.flow.flows)


class Stock:
    """The same process in plain SpiffWorkflow, kept in memory, with every token it ever had."""

    def __init__(self, diagrams: list[Diagram], process: str, clock: type[FakeDatetime]) -> None:
        parser = BpmnParser()
        for diagram in diagrams:
            parser.add_bpmn_str(diagram.xml())
        self.clock = clock
        self.workflow = BpmnWorkflow(parser.get_spec(process), parser.get_subprocess_specs(process))
        self._rest()

    def _rest(self) -> None:
        for _ in range(50):
            self.workflow.do_engine_steps()
            if not any(not task.task_spec.manual for task in self.workflow.get_tasks(state=TaskState.READY)):
                return
        raise AssertionError("the stock engine does not come to rest")

    def _place(self, task: Any) -> str:
        caller = task.workflow.parent_task_id
        name = self.workflow.get_task_from_id(caller).task_spec.name if caller is not None else ""
        return f"{name}/{task.task_spec.name}"

    def _ready(self) -> list[Any]:
        return list(self.workflow.get_tasks(state=TaskState.READY, manual=True))

    def waiting(self) -> list[str]:
        return sorted(self._place(task) for task in self._ready())

    def complete(self, place: str, answers: dict[str, Any]) -> None:
        task = next(task for task in self._ready() if self._place(task) == place)
        task.data[task.task_spec.name] = answers
        task.run()
        self._rest()

    def pass_time(self, by: timedelta) -> None:
        self.clock.present = self.clock.present + by
        self.workflow.refresh_timers()
        self._rest()

    def ended(self) -> bool:
        return bool(self.workflow.is_completed())


class Maker:
    """Draws random processes of nested blocks; every block has one way in and one way out.

    ``comparable`` leaves out what the stock engine is known to do wrong: a parallel join that is come to a second time
    in a loop does not wait for its second branch, and missed periods of a cycle all fire at once. ``quoted`` writes
    times as the stock engine reads them.
    """

    def __init__(self, seed: int, *, quoted: bool = False, comparable: bool = False) -> None:
        self.random = random.Random(seed)  # noqa: S311 - a seed makes the same diagram again
        self.quoted = quoted
        self.comparable = comparable
        self.loops = 0
        self.numbers: Counter[str] = Counter()
        self.diagram = Diagram("main")
        self.diagram.start().end()
        first, last = self.block(3 if comparable else 4)
        self.diagram.flow("start", first).flow(last, "end")

    def name(self, kind: str) -> str:
        self.numbers[kind] += 1
        return f"{kind}{self.numbers[kind]}"

    def time(self) -> str:
        text = f"PT{self.random.choice([5, 17, 29, 53])}H"
        return f'"{text}"' if self.quoted else text

    def block(self, depth: int) -> tuple[str, str]:
        kinds: list[Callable[[int], tuple[str, str]]] = [self.step, self.timed, self.reminded, self.called]
        if depth:
            kinds += [self.row, self.row, self.choice, self.again, self.embedded]
            if not self.comparable:
                kinds = [*kinds[4:], self.embedded, self.many, self.many, self.row]  # leaves come last by themselves
            if not (self.comparable and self.loops):
                kinds += [self.branches, self.branches, self.some]
        return self.random.choice(kinds)(depth - 1)

    def step(self, depth: int) -> tuple[str, str]:
        step = self.name("step")
        self.diagram.user(step)
        return step, step

    def called(self, depth: int) -> tuple[str, str]:
        call = self.name("call")
        self.diagram.call(call, "sub")
        if self.random.random() < 0.5:
            timer, side, end = self.name("timer"), self.name("side"), self.name("end")
            self.diagram.timer(timer, self.time(), call, interrupting=False).user(side).end(end).chain(timer, side, end)
        return call, call

    def embedded(self, depth: int) -> tuple[str, str]:
        inner = self.inside(depth)
        self.diagram.sub(inner)
        return self.guarded(inner.key)

    def many(self, depth: int) -> tuple[str, str]:
        """Draw a step, a called process or a sub-process for each of some elements."""
        kind = self.random.choice(["step", "call", "each"])
        if kind == "each":
            inner = self.inside(depth)
            self.diagram.sub(inner)
            name = inner.key
        else:
            name = self.name(kind)
            self.diagram.user(name) if kind == "step" else self.diagram.call(name, "sub")
        elements = str(list(range(self.random.choice([0, 1, 2, 3]))))
        until = self.random.choice(["", "", "nrOfCompletedInstances >= 2", "nrOfActiveInstances <= 1"])
        self.diagram.many(name, f"${{{elements}}}", "one", until=until, sequential=self.random.random() < 0.5)
        return self.guarded(name)

    def inside(self, depth: int) -> Diagram:
        """Draw a block of its own, to be put into a sub-process."""
        around, loops, self.loops = self.diagram, self.loops, 0
        start, end = self.name("start"), self.name("end")
        self.diagram = inner = Diagram(self.name("embedded")).start(start).end(end)
        first, last = self.block(depth)
        inner.flow(start, first).flow(last, end)
        if not self.comparable and self.random.random() < 0.3:
            step, split, short = self.name("step"), self.name("split"), self.name("short")
            inner.flows.pop()
            inner.user(step).exclusive(split).end(short, terminate=True).chain(last, step, split)
            inner.flow(split, short, f"{step}['pick'] == 1").flow(split, end, default=True)
        self.diagram, self.loops = around, loops
        return inner

    def guarded(self, activity: str) -> tuple[str, str]:
        """Put a timer on an activity, or none."""
        kind = self.random.choice(["none", "late", "side"])
        if kind == "none":
            return activity, activity
        timer, after, last = self.name("timer"), self.name(kind), self.name("merge" if kind == "late" else "end")
        self.diagram.timer(timer, self.time(), activity, interrupting=kind == "late").user(after)
        self.diagram.chain(timer, after, last)
        if kind == "side":
            self.diagram.end(last)
            return activity, activity
        self.diagram.exclusive(last).flow(activity, last)
        return activity, last

    def timed(self, depth: int) -> tuple[str, str]:
        step, timer, late, merge = self.name("step"), self.name("timer"), self.name("late"), self.name("merge")
        self.diagram.user(step).timer(timer, self.time(), step).user(late).exclusive(merge)
        self.diagram.flow(step, merge).chain(timer, late, merge)
        return step, merge

    def reminded(self, depth: int) -> tuple[str, str]:
        step, timer, side, end = self.name("step"), self.name("timer"), self.name("side"), self.name("end")
        cycle = self.random.random() < 0.5 and not self.comparable
        kind, value = ("timeCycle", f"R{self.random.choice([2, 3])}/PT13H") if cycle else ("timeDuration", self.time())
        self.diagram.user(step).timer(timer, value, step, kind=kind, interrupting=False).user(side).end(end)
        self.diagram.chain(timer, side, end)
        return step, step

    def row(self, depth: int) -> tuple[str, str]:
        (first, middle), (after, last) = self.block(depth), self.block(depth)
        self.diagram.flow(middle, after)
        return first, last

    def choice(self, depth: int) -> tuple[str, str]:
        step, split, merge = self.name("step"), self.name("split"), self.name("merge")
        self.diagram.user(step).exclusive(split).exclusive(merge).flow(step, split)
        for number, (first, last) in enumerate([self.block(depth), self.block(depth)]):
            self.diagram.flow(split, first, f"{step}['pick'] == {number}").flow(last, merge)
        self.diagram.flow(split, merge, default=True)
        return step, merge

    def branches(self, depth: int) -> tuple[str, str]:
        split, join = self.name("fork"), self.name("join")
        self.diagram.parallel(split).parallel(join)
        for first, last in [self.block(depth) for _ in range(self.random.choice([2, 3]))]:
            self.diagram.flow(split, first).flow(last, join)
        return split, join

    def some(self, depth: int) -> tuple[str, str]:
        step, split, join = self.name("step"), self.name("some"), self.name("all")
        self.diagram.user(step).inclusive(split).inclusive(join).flow(step, split)
        for number, (first, last) in enumerate([self.step(depth), self.step(depth)]):
            self.diagram.flow(split, first, f"{step}['pick'] != {number}").flow(last, join)
        return step, join

    def again(self, depth: int) -> tuple[str, str]:
        merge, step, split, out = self.name("merge"), self.name("step"), self.name("split"), self.name("merge")
        self.loops += 1
        first, last = self.block(depth)
        self.loops -= 1
        self.diagram.exclusive(merge).user(step).exclusive(split).exclusive(out)
        self.diagram.flow(merge, first).flow(last, step).flow(step, split)
        self.diagram.flow(split, merge, f"{step}['pick'] == 2").flow(split, out, default=True)
        return merge, out

    def diagrams(self) -> list[Diagram]:
        sub = Diagram("sub").start("sub_start").user("sub_a").user("sub_b").end("sub_end")
        sub.timer("sub_timer", '"PT7H"' if self.quoted else "PT7H", "sub_a", interrupting=False).end("sub_side")
        sub.chain("sub_start", "sub_a", "sub_b", "sub_end").chain("sub_timer", "sub_side")
        return [self.diagram, sub]
