"""What the events of a diagram wait for and throw, but for times: see :mod:`engine.runtime.timers`.

What an event brought stands in its token's internal data, as ``payload``, until the token goes on.
"""

from typing import Any, Literal

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from engine.runtime.tokens import Token

Kind = Literal["message", "signal"]


class CaughtEventDefinition(EventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """What brings a payload to the event that catches it, which is stored under the element's id."""

    def begin(self, token: Token) -> None:
        """Do nothing: whoever throws looks for what waits."""

    def arrived(self, token: Token) -> None:
        """Store what the event brought; an event that was started by hand brings nothing."""
        payload = token.internal_data.pop("payload", None)
        if payload is not None:
            token.workflow.write(token.task_spec.name, payload)


class NamedEventDefinition(CaughtEventDefinition):
    """A message or a signal: known by its name, also to other instances.

    Attributes:
        kind: ``message`` or ``signal``.
        name: its name; a fixed text.
        parameters: what a throwing element sends along: name to text, ``${…}`` is an expression.
        business_key: for whom a thrown message is, as the diagram has it; empty for the own business key.

    """

    kind: Kind

    def __init__(self, name: str, parameters: dict[str, str] | None = None, business_key: str = "") -> None:
        super().__init__(name)
        self.parameters = parameters or {}
        self.business_key = business_key


class MessageEventDefinition(NamedEventDefinition):
    """A message, for the instances of one business key."""

    kind = "message"


class SignalEventDefinition(NamedEventDefinition):
    """A signal, for all instances."""

    kind = "signal"


class CodedEventDefinition(CaughtEventDefinition):
    """An error or an escalation: it goes outwards from scope to scope until something fits its code.

    Attributes:
        code: its code; empty for a boundary event that takes any.
        message: what a throwing event says of it.

    """

    def __init__(self, code: str, message: str = "") -> None:
        super().__init__(code)
        self.code = code
        self.message = message


class ErrorEventDefinition(CodedEventDefinition):
    """An error: whatever catches it ends what threw it."""


class EscalationEventDefinition(CodedEventDefinition):
    """An escalation: it ends what threw it only if the event that catches it interrupts."""


def awaited(token: Token) -> NamedEventDefinition | None:
    """Return the message or signal that a waiting token's event can catch; None when it is no such event."""
    definition: Any = getattr(token.task_spec, "event_definition", None)
    return definition if isinstance(definition, NamedEventDefinition) else None
