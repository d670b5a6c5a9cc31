"""Walks every process with made-up answers on the real runtime, in memory: what the rules let pass, must go.

Nothing is stored and nothing is called: services answer with made-up results, times fall when the trial wants them to,
messages and signals come when something waits for them. A walk does at every turn what was done least so far; walks
go on until every element was passed and some values were tried, or the bounds are reached. A walk that cannot go on is
reported at the element where it stopped; an element that no walk came to is not, for made-up answers need not open
every gate.
"""

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any, Final

from engine.runtime import catching, timers
from engine.runtime.advance import ready_items, settle
from engine.runtime.checker.context import Context
from engine.runtime.checker.known import Known
from engine.runtime.checker.model import Node, Scope
from engine.runtime.checker.samples import Samples, gather
from engine.runtime.checker.structure import plain_starts, service_name
from engine.runtime.definitions import Definition, parse_files
from engine.runtime.effects import asks
from engine.runtime.errors import BpmnError, Refused
from engine.runtime.events import awaited
from engine.runtime.protocol import Call, Due, Event, Item, Offer, Service, Transaction
from engine.runtime.run import Run
from engine.runtime.script_engine import InterpretingEngine
from engine.runtime.tokens import WAITING, Flow, Token

WALKS: Final = 40  # of one process
LEAST: Final = 12  # even when every element was passed, for the values that were not tried yet
STEPS: Final = 120  # commands of one walk
SECONDS: Final = 4.0  # of processor time for all walks of a deployment
_BEGIN: Final = datetime(2027, 3, 1, 1, tzinfo=UTC)
_SHOWN: Final = 12


class _Stopped(Exception):  # noqa: N818 - what ends a walk, not a fault of ours
    """A walk cannot go on."""

    def __init__(self, element: str, reason: str) -> None:
        super().__init__(reason)
        self.element = element


class _NoDatabase:
    """The connection of a walk, lost to whoever asks: a walk reads and writes nothing."""

    invalidated = True


class _Host:
    """A host for walks: it knows the same names as the real one and does nothing."""

    def __init__(self, known: Known, walk: "_Walk") -> None:
        self.functions = dict.fromkeys(known.functions, lambda *_values: None)
        self.groups = known.roles
        self.start = known.start
        self.services = {
            name: Service(name, walk.serve, effect=service.effect, outputs=service.outputs, errors=service.errors)
            for name, service in known.services.items()
        }

    def fields(self, form: bytes) -> dict[str, str]:  # noqa: ARG002 - forms were read before
        return {}

    def due(self, connection: Any, value: Any, start: datetime) -> Due:  # noqa: ARG002 - there is none
        if not isinstance(value, str | datetime) or not value:
            raise ValueError(f"“{value}”不是时间")
        return Due(start + timedelta(days=1))

    def extended(self, connection: Any, due: datetime, by: str) -> Due:  # noqa: ARG002 - nobody asks
        return Due(due)

    def held(self, connection: Any, value: Any, due: datetime, since: datetime, until: datetime) -> Due:  # noqa: ARG002
        return Due(due)

    def offer(self, transaction: Transaction, item: Item) -> Offer:  # noqa: ARG002 - nobody is offered anything
        return Offer()

    def may_hold(self, transaction: Transaction, holder: str, offer: Offer) -> bool:  # noqa: ARG002 - nobody holds
        return True

    def holders(self, connection: Any) -> tuple[str, ...]:  # noqa: ARG002 - nobody asks
        return ()

    @property
    def reads(self) -> tuple[str, ...]:
        return ()

    def record(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Keep no history."""


class _Walk:
    """One walk through a process and all it calls."""

    def __init__(self, context: Context, definition: Definition, process: Scope, trial: "_Trial", seed: int) -> None:
        self.context, self.definition, self.process, self.trial = context, definition, process, trial
        self.random = random.Random(seed)  # noqa: S311 - the same walks every time
        self.host = _Host(context.known, self)
        self.way: list[str] = []
        self.at = _BEGIN
        specs = dict(definition.specs)
        engine = InterpretingEngine(self.host.functions)
        self.flow = Flow(definition.specs[process.id], specs, engine, None)
        start = context.known.start
        self.flow.data = trial.samples.record("", start.get(process.id, start.get("*", {})), self.choose)

    def go(self) -> None:
        """Walk until the process ends, nothing can be done any more, or the bound is reached. Raises _Stopped."""
        self._carry_out("", self.flow.begin)
        for _ in range(STEPS):
            choices = self._choices()
            if self.flow.completed or not choices:
                return
            taken = self.trial.taken
            least = min(taken[name] for name, _ in choices)
            name, act = self.random.choice([each for each in choices if taken[each[0]] == least])
            taken[name] += 1
            self._carry_out(name, act)

    def choose(self, path: str, values: list[Any]) -> Any:
        """Return the value of a variable that was tried least."""
        tried = self.trial.tried
        least = min(tried[path, repr(value)] for value in values)
        value = self.random.choice([each for each in values if tried[path, repr(each)] == least])
        tried[path, repr(value)] += 1
        return value

    def serve(self, call: Call) -> dict[str, Any] | None:
        """Answer in a service's stead."""
        node = self.trial.nodes.get(call.element)
        service = self.context.known.services.get(service_name(node) or "") if node is not None else None
        if node is not None and service is not None and not self.trial.uncaught(node):
            code = self.choose(f"{call.element} error", ["", *(service.errors or ())])
            if code:
                raise BpmnError(code)
        if service is None or service.effect:
            return None
        return self._answers(call.element, service.outputs)

    def _carry_out(self, name: str, act: Any) -> None:
        if name:
            node = self.trial.nodes.get(name)
            self.way.append(node.title if node is not None else name)
        connection: Any = _NoDatabase()
        transaction = Transaction(connection, 1, "", self.process.id, 1, self.at, "1", guarded=False)
        run = Run(self.host, self.definition, transaction, UTC)
        run.holds = False
        run.flow = self.flow
        self.flow.run = run
        try:
            act()
            settle(self.flow)
            for token in ready_items(self.flow):
                step = token.task_spec.step
                run.due_of(step.due, token, self.at)
                run.due_of(step.follow_up, token, self.at)
                run.priority_of(step, token)
        except Exception as error:  # whatever stops the runtime is to be told, with its place
            raise _Stopped(str(getattr(error, "element", "") or name), str(error) or type(error).__name__) from error
        finally:
            for counted in self.flow.visits.values():
                self.trial.passed.update(counted.keys())

    def _choices(self) -> list[tuple[str, Any]]:
        """Return what could happen next: the element it happens at, and how to do it."""
        found: list[tuple[str, Any]] = [(_element(token), self._completing(token)) for token in ready_items(self.flow)]
        found += [(_element(timer.token), self._firing(timer)) for timer in timers.waiting_timers(self.flow)]
        for scope in self.flow.flows:
            for token in list(scope.tasks.values()):
                if asks(token):
                    found.append((_element(token), self._finishing(token)))
                elif token.has_state(WAITING) and awaited(token) is not None:
                    found.append((_element(token), self._catching(token)))
        return found

    def _completing(self, token: Token) -> Any:
        def act() -> None:
            step = token.task_spec.step
            answers = self._answers(step.step, self.context.forms.get(step.form_key) or {})
            token.workflow.write(token.task_spec.name, answers)
            token.run()

        return act

    def _answers(self, element: str, fields: Mapping[str, str]) -> dict[str, Any]:
        return self.trial.samples.record(element, fields, self.choose)

    def _finishing(self, token: Token) -> Any:
        def act() -> None:
            service = self.context.known.services[token.task_spec.service]
            token.workflow.write(token.task_spec.name, self._answers(token.task_spec.name, service.outputs))
            token.complete()

        return act

    def _firing(self, timer: timers.Waiting) -> Any:
        def act() -> None:
            self.at = max(self.at, timer.due)
            self.flow.run.now = self.at
            timers.fire(self.flow.run, timer)

        return act

    def _catching(self, token: Token) -> Any:
        def act() -> None:
            catching.catch(token, {})

        return act


class _Trial:
    """The walks through all processes of a deployment.

    Attributes:
        taken: how often each element was chosen to act.
        passed: how often a walk passed each element.
        tried: how often each value was given to each variable.

    """

    def __init__(self, context: Context, definition: Definition) -> None:
        self.context, self.definition = context, definition
        self.samples: Samples = gather(context)
        self.nodes: dict[str, Node] = {node.id: node for _, node in context.nodes()}
        self.taken: Counter[str] = Counter()
        self.passed: Counter[str] = Counter()
        self.tried: Counter[tuple[str, str]] = Counter()
        self.ends = process_time() + SECONDS

    def uncaught(self, node: Node) -> bool:
        """Whether an error of this node's service is caught by nobody, which is noted with the events."""
        return self.context.report.has(node.scope.diagram.file, "service-error-not-caught", node.id)

    def run(self) -> None:
        """Walk through each process that is started by itself."""
        called = {process for _, node in self.context.nodes() if (process := self.context.called(node)) is not None}
        for diagram in self.context.diagrams:
            for process in diagram.processes:
                if process not in called and process.id in self.definition.specs and plain_starts(process):
                    self._walk(process)

    def _walk(self, process: Scope) -> None:
        told: set[str] = set()
        wanted = {node.id for node in self._everything(process, set())}
        for seed in range(WALKS):
            if (wanted <= set(self.passed) and seed >= LEAST) or process_time() > self.ends:
                return
            walk = _Walk(self.context, self.definition, process, self, seed)
            try:
                walk.go()
            except _Stopped as stopped:
                if stopped.element in told:
                    continue
                told.add(stopped.element)
                self._report(process, stopped, walk.way)

    def _everything(self, scope: Scope, seen: set[Scope]) -> list[Node]:
        if scope in seen:
            return []
        seen.add(scope)
        found: list[Node] = []
        for node in scope.everything():
            found.append(node)
            called = self.context.called(node)
            found += self._everything(called, seen) if called is not None else []
        return found

    def _report(self, process: Scope, stopped: _Stopped, way: list[str]) -> None:
        node = self.nodes.get(stopped.element)
        place: Any = node if node is not None else process
        file = node.scope.diagram.file if node is not None else process.diagram.file
        path = " → ".join(["…", *way[-_SHOWN:]] if len(way) > _SHOWN else way) or "…"
        self.context.report.add("trial-stuck", file, place, reason=str(stopped), path=path)


def _element(token: Token) -> str:
    return str(token.task_spec.name)


def try_out(context: Context) -> None:
    """Read the files as the runtime does and walk through their processes; note what cannot be read or go on."""
    try:
        definition = parse_files(0, context.files)
    except Refused as refused:
        for problem in refused.problems:
            nodes = {node.id: node for _, node in context.nodes()}
            context.report.add(
                "trial-parse", problem.file, nodes.get(problem.element_id), reason=problem.message, line=problem.line
            )
        return
    _Trial(context, definition).run()
