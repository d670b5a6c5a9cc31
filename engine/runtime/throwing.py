"""What happens inside an instance when one of its elements throws an event.

Errors and escalations go outwards from scope to scope. Signals and messages are given to what waits in the instance
at once; for other instances they are noted in the command, whose session stores them (see
:mod:`engine.runtime.delivering`).
"""

from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.runtime import catching
from engine.runtime.errors import BpmnError, CannotAdvance
from engine.runtime.events import (
    CodedEventDefinition,
    ErrorEventDefinition,
    EscalationEventDefinition,
    Kind,
    NamedEventDefinition,
)
from engine.runtime.process_data import normalise, normalise_record
from engine.runtime.tokens import Token

if TYPE_CHECKING:
    from engine.runtime.run import Run
    from engine.runtime.session import Session

NOTED: Final[ContextVar[list[int] | None]] = ContextVar("thrown_in_this_command", default=None)
"""How much the commands at hand have stored for other instances; None when nobody asks."""


@dataclass(frozen=True, slots=True)
class Thrown:
    """A message or signal on its way to other instances.

    Attributes:
        kind: ``message`` or ``signal``.
        name: its name.
        business_key: for whom a message is; what a start event by it starts belongs to this.
        payload: what it brings.
        process_key: where it was thrown.
        element: the element that threw it.
        label: the element's label.
        receivers: 1 when the instance has caught it itself, else 0.

    """

    kind: Kind
    name: str
    business_key: str
    payload: dict[str, Any]
    process_key: str = ""
    element: str = ""
    label: str = ""
    receivers: int = 0


def changes(session: "Session", parts: dict[str, Any]) -> None:
    """Add to ``parts`` what the command threw for other instances."""
    run = session.run
    if run.thrown:
        more = {"generation": run.generation, "actor": run.transaction.actor}
        parts["thrown"] = [asdict(one) | more for one in run.thrown]
        noted = NOTED.get()
        if noted is not None:
            noted.append(len(run.thrown))


def throw(token: Token, definition: Any) -> None:
    """Throw an event at a token's element.

    Raises CannotAdvance when nothing catches an error, or an expression has no value.
    """
    if isinstance(definition, ErrorEventDefinition):
        throw_error(token.workflow.caller, token, definition.code, definition.message)
    elif isinstance(definition, EscalationEventDefinition):
        _escalate(token, definition)
    elif isinstance(definition, NamedEventDefinition):
        _send(token, definition)


def throw_service_error(token: Token, error: BpmnError) -> None:
    """Let the boundary event that fits take over from a service task. Raises CannotAdvance when none does."""
    throw_error(token, token, error.code, error.message)


def throw_error(innermost: Token | None, source: Token, code: str, message: str) -> None:
    """Let the boundary event of an activity, or of one around it, take over. Raises CannotAdvance when none fits.

    Args:
        innermost: the activity to begin at; None in the process itself, where nobody is left to catch it.
        source: where it was thrown.
        code: the error's code.
        message: what happened, for people.

    """
    catcher = _catcher(innermost, ErrorEventDefinition, code)
    run: Run = source.workflow.top_workflow.run
    if catcher is None:
        label = source.task_spec.bpmn_name
        words = f"“{label}”出现错误 {code}，流程图里没有接住它的错误边界事件。"
        raise CannotAdvance(words, source.task_spec.name, fatal=True)
    caught = normalise_record({"code": code, "message": message}, code)
    run.happened("error_caught", catcher, **caught, source=source.task_spec.name)
    catching.catch(catcher, caught)


def _escalate(token: Token, definition: EscalationEventDefinition) -> None:
    run: Run = token.workflow.top_workflow.run
    code = definition.code
    catcher = _catcher(token.workflow.caller, EscalationEventDefinition, code)
    if catcher is None:
        run.happened("escalation_uncaught", token, code=code, message=definition.message)
        return
    caught = {"code": code, "message": definition.message}
    run.happened("escalation_caught", catcher, **caught, source=token.task_spec.name)
    catching.catch(catcher, caught)


def _catcher(innermost: Token | None, kind: type[CodedEventDefinition], code: str) -> Token | None:
    for activity in _outwards(innermost):
        found = catching.catcher(activity, kind, code)
        if found is not None:
            return found
    return None


def _outwards(activity: Token | None) -> Iterator[Token]:
    """Yield an activity and those around it, the innermost first."""
    while activity is not None:
        yield activity
        activity = activity.workflow.caller


def _send(token: Token, definition: NamedEventDefinition) -> None:
    flow = token.workflow.top_workflow
    run: Run = flow.run
    own = run.transaction.business_key
    values = {name: run.value(text, token) for name, text in definition.parameters.items()}
    payload = normalise_record(values, token.task_spec.bpmn_name)
    key = own
    if definition.business_key:
        key = normalise(run.value(definition.business_key, token), token.task_spec.bpmn_name)
        if not isinstance(key, str) or not key:
            raise CannotAdvance(f"“{token.task_spec.bpmn_name}”的业务编号 {key} 不是文字。", token.task_spec.name)
    thrown: dict[str, Any] = {definition.kind: definition.name, "payload": payload}
    if key != own:
        thrown["business_key"] = key
    run.happened("message_thrown" if definition.kind == "message" else "signal_thrown", token, **thrown)
    heard = 0
    if definition.kind == "signal" or key == own:
        heard = catching.deliver(flow, definition.kind, definition.name, payload)
    run.thrown.append(
        Thrown(
            definition.kind,
            definition.name,
            key,
            payload,
            token.workflow.process_key,
            token.task_spec.name,
            token.task_spec.bpmn_name,
            min(heard, 1),
        )
    )
