# ruff: noqa: ARG002, D102, SLF001 - SpiffWorkflow is extended by overriding its members, as they are called
"""Reads the events of a diagram, and the tasks that wait for one or throw one."""

from typing import Any, Final

from SpiffWorkflow.bpmn.parser import event_parsers
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition

from engine.runtime.element_parser import CAMUNDA, ElementParser, camunda, extension
from engine.runtime.event_specs import Catching
from engine.runtime.events import (
    ErrorEventDefinition,
    EscalationEventDefinition,
    MessageEventDefinition,
    SignalEventDefinition,
)
from engine.runtime.timers import TimerEventDefinition, TimerKind

_TIMES: Final[tuple[tuple[str, TimerKind], ...]] = (
    ("timeDate", "date"),
    ("timeDuration", "duration"),
    ("timeCycle", "cycle"),
)
NONE: Final = ""


class _Events(ElementParser, event_parsers.EventDefinitionParser):  # type: ignore[misc]
    """Reads events. Each subclass says which definitions it supports; all others are refused."""

    def parse_timer_event(self, event: Any) -> TimerEventDefinition:
        for tag, kind in _TIMES:
            found = self.xpath(f".//bpmn:{tag}")
            if found and (found[0].text or "").strip():
                return TimerEventDefinition(kind, found[0].text.strip(), self.node.get("name") or self.bpmn_id)
        raise ValidationException("A timer needs timeDate, timeDuration or timeCycle", self.node, self.filename)

    def parse_message_event(self, message_event: Any) -> MessageEventDefinition:
        name = self._referenced(message_event, "message").get("name")
        if not name:
            self.raise_validation_exception("A message needs a name")
        return MessageEventDefinition(str(name), self._payload(), self._business_key())

    def parse_signal_event(self, signal_event: Any) -> SignalEventDefinition:
        name = self._referenced(signal_event, "signal").get("name")
        if not name:
            self.raise_validation_exception("A signal needs a name")
        return SignalEventDefinition(str(name), self._payload())

    def parse_error_event(self, error_event: Any) -> ErrorEventDefinition:
        return ErrorEventDefinition(*self._coded(error_event, "error"))

    def parse_escalation_event(self, escalation_event: Any) -> EscalationEventDefinition:
        return EscalationEventDefinition(*self._coded(escalation_event, "escalation"))

    def definition(self, *supported: str) -> Any:
        """Return the event's definition, which must be of one of the ``supported`` kinds; ``NONE`` is the plain one."""
        present = [str(child.tag) for child in self.node if "eventdefinition" in str(child.tag).lower()]
        known = {full_tag(f"{name}EventDefinition") for name in supported if name}
        if len(present) > 1 or set(present) - known:
            self.raise_validation_exception("This kind of event is not supported here")
        if not present and NONE not in supported:
            self.raise_validation_exception("This event needs a definition")
        return self.get_event_definition([f"./bpmn:{name}EventDefinition" for name in supported if name])

    def get_event_definition(self, xpaths: list[str]) -> Any:
        """Return the one definition there is; SpiffWorkflow knows a table of its own and looks deeper."""
        readers = {
            full_tag("timerEventDefinition"): self.parse_timer_event,
            full_tag("messageEventDefinition"): self.parse_message_event,
            full_tag("signalEventDefinition"): self.parse_signal_event,
            full_tag("errorEventDefinition"): self.parse_error_event,
            full_tag("escalationEventDefinition"): self.parse_escalation_event,
            full_tag("terminateEventDefinition"): self.parse_terminate_event,
        }
        for path in xpaths:
            for node in self.xpath(path):
                return readers[node.tag](node)
        return NoneEventDefinition()

    def _referenced(self, node: Any, kind: str, *, required: bool = True) -> Any:
        """Return the root element of ``kind`` that ``node`` refers to, in its own file; an empty dict for none."""
        reference = str(node.get(f"{kind}Ref") or "").strip().rpartition(":")[2]
        for found in self.process_parser.document_root.iterchildren(full_tag(kind)):
            if reference and found.get("id") == reference:
                return found
        if required or reference:
            self.raise_validation_exception(f"This event needs {kind}Ref")
        return {}

    def _coded(self, node: Any, kind: str) -> tuple[str, str]:
        """Return the code and the message of an error or escalation; a throwing one has to have a code."""
        throws = not issubclass(self.spec_class, Catching)
        found = self._referenced(node, kind, required=throws)
        code = str(found.get(f"{kind}Code") or "").strip()
        if throws and not code:
            self.raise_validation_exception(f"What throws this event needs {kind}Code")
        return code, str(found.get(f"{{{CAMUNDA}}}{kind}Message") or found.get("name") or "").strip()

    def _payload(self) -> dict[str, str]:
        return {
            str(entry.get("name")): (entry.text or "").strip()
            for entry in extension(self.node, "camunda:inputOutput/camunda:inputParameter")
        }

    def _business_key(self) -> str:
        for entry in extension(self.node, "camunda:properties/camunda:property[@name='businessKey']"):
            return str(entry.get("value") or "").strip()
        return ""

    def _create_task(self, event_definition: Any, cancel_activity: bool | None = None, parallel: Any = None) -> Any:
        attributes = self.bpmn_attributes
        if cancel_activity is not None:
            attributes["cancel_activity"] = cancel_activity
        return self.spec_class(self.spec, self.bpmn_id, event_definition=event_definition, **attributes)


class StartParser(_Events):
    """Reads a start event. One that waits for something is not begun at by itself."""

    def create_task(self) -> Any:
        task = self._create_task(self.definition(NONE, "message", "timer", "signal"))
        if isinstance(task.event_definition, NoneEventDefinition):
            self.spec.start.connect(task)
        return task


class EndParser(_Events):
    """Reads an end event."""

    def create_task(self) -> Any:
        return self._create_task(self.definition(NONE, "terminate", "error", "escalation", "message", "signal"))


class CatchParser(_Events):
    """Reads an intermediate event that waits."""

    def create_task(self) -> Any:
        return self._create_task(self.definition("timer", "message", "signal"))


class ThrowParser(_Events):
    """Reads an intermediate event that throws."""

    def create_task(self) -> Any:
        return self._create_task(self.definition(NONE, "message", "signal", "escalation"))


class BoundaryParser(_Events):
    """Reads an event attached to an activity."""

    def create_task(self) -> Any:
        definition = self.definition("timer", "message", "signal", "error", "escalation")
        interrupts = str(self.node.get("cancelActivity") or "true").strip() in {"true", "1"}
        # An error always ends what threw it; the schema allows to draw it otherwise.
        return self._create_task(definition, interrupts or isinstance(definition, ErrorEventDefinition))


class ReceiveParser(_Events):
    """Reads a receive task."""

    def create_task(self) -> Any:
        if str(self.node.get("instantiate") or "").strip() in {"true", "1"}:
            self.raise_validation_exception("A receive task cannot start a process")
        return self._create_task(self.parse_message_event(self.node))


class SendParser(_Events):
    """Reads a send task: one that names a service is a service task, any other throws its message."""

    def create_task(self) -> Any:
        if camunda(self.node, "delegateExpression"):
            parser, spec_class = self.process_parser.parser._get_parser_class(full_tag("serviceTask"))
            return parser(self.process_parser, spec_class, self.node, self.nsmap, lane=self.lane).create_task()
        return self._create_task(self.parse_message_event(self.node))
