"""A command at work on one instance: what waiting timers, services and decisions need while it goes on."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from engine.runtime import expressions, retrying
from engine.runtime.adjustments import Arithmetic
from engine.runtime.decisions import Decided, DecisionError, written
from engine.runtime.definitions import Definition
from engine.runtime.errors import CannotAdvance, InvalidAnswers
from engine.runtime.process_data import normalise, normalise_record
from engine.runtime.protocol import Call, Due, Event, EventKind, Host, Transaction
from engine.runtime.specs import RuleTask, ServiceTask
from engine.runtime.steps import DEFAULT_PRIORITY, Step
from engine.runtime.task_ids import task_id
from engine.runtime.throwing import Thrown
from engine.runtime.tokens import Flow, Scope, Token

MAX_SHOWN: Final = 2000  # characters of a value that history cannot keep as it is


class Run:
    """What one command has at hand.

    Attributes:
        host: the product.
        definition: the instance's deployment.
        transaction: the command's transaction.
        zone: whose calendar months are counted on.
        flow: the instance in memory; set when it was loaded or begun.
        events: what happened so far, in order.
        explained: number of a timer's token to the arithmetic of its due time, for those worked out in this command.
        arithmetic: moves due times by extensions and pauses.
        failures: what failed in this command and waits for a process owner.
        thrown: messages and signals for other instances, to be stored with this one.
        since: since when what begins to wait in the command counts as waiting for signals.
        generation: how many events in a row, with no person in between, led to the command.
        has_savepoint: whether a savepoint has been set before a service.
        holds: whether an element that cannot be carried out waits for a process owner; without it the command fails.

    """

    flow: Flow

    def __init__(self, host: Host, definition: Definition, transaction: Transaction, zone: tzinfo) -> None:
        self.host = host
        self.definition = definition
        self.transaction = transaction
        self.zone = zone
        self.now: datetime = transaction.now
        self.events: list[Event] = []
        self.explained: dict[int, tuple[str, ...]] = {}
        self.arithmetic = Arithmetic(host, transaction.connection, zone)
        self.failures: list[retrying.Failure] = []
        self.has_savepoint = False
        self.holds = True
        self.thrown: list[Thrown] = []
        self.generation = 0
        self.since = self.now

    def happened(self, kind: EventKind, token: Token | None, **details: Any) -> None:
        """Note an event at a token's element, or at the whole instance."""
        spec = token.task_spec if token is not None else None
        element = str(spec.name) if spec is not None else ""
        name = str(spec.bpmn_name or element) if spec is not None else ""
        self.events.append(Event(kind, element, name, details))

    def value(self, text: str, token: Token) -> Any:
        """Return what a text of the diagram stands for: ``${…}`` its value on the token's data, else itself.

        Raises CannotAdvance when the expression has no value.
        """
        return self.evaluated(text, token.data, token.task_spec) if expressions.is_expression(text) else text

    def evaluated(self, text: str, data: Mapping[str, Any], spec: Any) -> Any:
        """Return what an expression, with or without ``${…}``, of the element ``spec`` gives. Raises CannotAdvance."""
        try:
            return expressions.evaluate(text, data, self.host.functions)
        except expressions.ExpressionError as error:
            raise CannotAdvance(f"“{spec.bpmn_name}”：{error}", spec.name) from error

    def due(self, value: Any, start: datetime) -> Due:
        """Return when ``value`` falls, counted from ``start``.

        Raises ValueError with a Chinese sentence when it is no time.
        """
        return self.arithmetic.due(value, start)

    def due_of(self, text: str, token: Token, start: datetime) -> Due | None:
        """Return a user task's due time, None when the diagram names none. Raises CannotAdvance."""
        if not text:
            return None
        value = self.value(text, token)
        if value is None or value == "":
            return None
        try:
            return self.due(value, start)
        except ValueError as error:
            step = token.task_spec
            raise CannotAdvance(f"“{step.bpmn_name}”的期限不对：{error}", step.name) from error

    def priority_of(self, step: Step, token: Token) -> int:
        """Return a user task's priority, from 0 to 100; 50 when the diagram names none. Raises CannotAdvance."""
        if not step.priority:
            return DEFAULT_PRIORITY
        value = self.value(step.priority, token)
        try:
            return max(0, min(100, int(value)))
        except (TypeError, ValueError) as error:
            raise CannotAdvance(f"“{step.name}”的优先级 {value} 不是整数。", step.step) from error

    def write(self, variables: Mapping[str, Any]) -> None:
        """Take over what the host changes in the process data, in the process and all it has called."""
        copies = {key: normalise(value, key) for key, value in variables.items()}
        for flow in self.flow.flows:
            for key, value in copies.items():
                flow.take(key, value)

    def take_variables(self) -> None:
        """Take over what the host has put into the transaction since it was last asked."""
        if self.transaction.variables:
            variables, self.transaction.variables = self.transaction.variables, {}
            self.write(variables)

    def call_service(self, spec: ServiceTask, token: Token) -> bool:
        """Call a service task's service; return whether its result is there already.

        Nothing of a call that fails is left, nor of one whose result is no JSON object. Raises CannotAdvance when there
        is no such service, and what :func:`engine.runtime.retrying.protected` raises.
        """
        service = self.host.services.get(spec.service)
        if service is None:
            raise CannotAdvance(f"“{spec.bpmn_name}”要调用的服务 {spec.service} 不存在。", spec.name)
        parameters = {name: self.value(text, token) for name, text in spec.parameters.items()}
        call = Call(
            transaction=self.transaction,
            task_id=task_id(self.transaction.instance_id, token.id),
            element=spec.name,
            name=spec.bpmn_name,
            parameters=parameters,
            data=copied_data(token.workflow),
        )

        def work() -> dict[str, Any]:
            result = service.run(call)
            value = {} if service.effect else normalise_record(result or {}, spec.bpmn_name)
            self.take_variables()
            return value

        value = retrying.protected(self, work, parameters)
        self.happened("effect_requested" if service.effect else "service_called", token, service=service.name)
        if service.effect:
            return False
        token.workflow.write(spec.name, value)
        return True

    def decide(self, spec: RuleTask, token: Token) -> None:
        """Take a business rule task's decision and store its result. Raises CannotAdvance."""
        decision = self.definition.decisions.get(spec.decision)
        if decision is None:
            raise CannotAdvance(f"“{spec.bpmn_name}”要用的决策表 {spec.decision} 不存在。", spec.name)
        try:
            decided = decision.decide(token.data, self.host.functions)
        except (DecisionError, expressions.ExpressionError) as error:
            raise CannotAdvance(f"“{spec.bpmn_name}”：{error}", spec.name) from error
        result = normalise(written(decided.result), spec.bpmn_name)
        token.workflow.write(spec.variable, result)
        below = [_explained(key, each) for key, each in decided.required.items()]
        more = {"required": below} if below else {}
        self.happened("decided", token, **(_explained(spec.decision, decided) | {"outputs": result} | more))


def _explained(key: str, decided: Decided) -> dict[str, Any]:
    """Return how a decision was taken, as history keeps it."""
    return {
        "decision": key,
        "inputs": {text: _shown(value) for text, value in decided.inputs.items()},
        "outputs": _shown(decided.result),
        "matched": list(decided.matched),
    }


def _shown(value: Any) -> Any:
    """Return a value as history keeps it: JSON, or else its text."""
    try:
        return normalise(written(value))
    except InvalidAnswers:
        return str(value)[:MAX_SHOWN]


def copied_data(flow: Scope) -> dict[str, Any]:
    """Return a copy of a flow's data that may be changed without changing the flow's."""
    copy: dict[str, Any] = {key: _copied(value) for key, value in flow.data.items()}
    return copy


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(item) for item in value]
    return value
