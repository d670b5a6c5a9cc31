# ruff: noqa: SLF001, ARG002 - SpiffWorkflow is extended by overriding its protected members, as they are called
"""Reads the BPMN of a deployment into our own specifications. Dialect: ``camunda:`` (Camunda 7).

The checker has found what is wrong, all at once and in words, before a file comes here; what the parser does not
support it refuses with ValidationException.
"""

from typing import Any, Final

from SpiffWorkflow.bpmn.parser import event_parsers, task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.TaskParser import TaskParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.runtime import gateways, specs
from engine.runtime.steps import Step
from engine.runtime.timers import MessageEventDefinition, TimerEventDefinition, TimerKind

CAMUNDA: Final = "http://camunda.org/schema/1.0/bpmn"
_TIMES: Final[tuple[tuple[str, TimerKind], ...]] = (
    ("timeDate", "date"),
    ("timeDuration", "duration"),
    ("timeCycle", "cycle"),
)


def camunda(node: Any, attribute: str) -> str:
    """Return a ``camunda:`` attribute of an element; empty when it has none."""
    return str(node.get(f"{{{CAMUNDA}}}{attribute}") or "").strip()


def _extension(node: Any, path: str) -> list[Any]:
    found = node.xpath(
        f"./bpmn:extensionElements/{path}",
        namespaces={"camunda": CAMUNDA, "bpmn": "http://www.omg.org/spec/BPMN/20100524/MODEL"},
    )
    return list(found)


class _Common(TaskParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Reads any element: refuses loops and leaves data objects, which are drawn for people, alone."""

    @property
    def bpmn_attributes(self) -> dict[str, Any]:
        return {"lane": self.lane, "bpmn_name": self.node.get("name") or self.bpmn_id}

    def get_position(self, node: Any = None) -> dict[str, float]:
        """Return the same place for all: flows are tried in the order of the file, not from top to bottom."""
        return {"x": 0.0, "y": 0.0}

    def parse_node(self) -> Any:
        for kind in ("standardLoopCharacteristics", "multiInstanceLoopCharacteristics"):
            if self.xpath(f"./bpmn:{kind}"):
                self.raise_validation_exception("Loops and multiple instances are not supported")
        return super().parse_node()

    def _add_boundary_event(self, children: list[Any]) -> Any:
        split = specs.ActivitySplit(self.spec, f"{self.bpmn_id}.BoundaryEventSplit")
        guard = specs.ActivityGuard(self.spec, f"{self.bpmn_id}.BoundaryEventJoin", split_task=split.name)
        split.connect(self.task)
        self.task.connect(guard)
        for event in children:
            child = self.process_parser.parse_node(event)
            child.activity = self.bpmn_id
            split.connect(child)
            if child.cancel_activity:
                # Ahead of what follows the event, so that the activity is gone when that begins.
                child._outputs.insert(0, guard.name)
                guard._connect_notify(child)
        return split


class _UserTaskParser(_Common):
    def create_task(self) -> Any:
        task = super().create_task()
        groups = tuple(part.strip() for part in camunda(self.node, "candidateGroups").split(",") if part.strip())
        task.step = Step(
            process_key=self.spec.name,
            step=self.bpmn_id,
            name=self.node.get("name") or self.bpmn_id,
            groups=groups or ((self.lane,) if self.lane else ()),
            form_key=camunda(self.node, "formRef") or camunda(self.node, "formKey") or self.bpmn_id,
            due=camunda(self.node, "dueDate"),
            follow_up=camunda(self.node, "followUpDate"),
            priority=camunda(self.node, "priority"),
            properties={
                str(entry.get("name")): str(entry.get("value") or "")
                for entry in _extension(self.node, "camunda:properties/camunda:property")
            },
        )
        return task


class _ServiceTaskParser(_Common):
    def create_task(self) -> Any:
        task = super().create_task()
        called = camunda(self.node, "delegateExpression")
        if not (called.startswith("${") and called.endswith("}")):
            self.raise_validation_exception('A service task needs camunda:delegateExpression="${name}"')
        task.service = called[2:-1].strip()
        task.parameters = {
            str(entry.get("name")): (entry.text or "").strip()
            for entry in _extension(self.node, "camunda:inputOutput/camunda:inputParameter")
        }
        return task


class _RuleTaskParser(_Common):
    def create_task(self) -> Any:
        task = super().create_task()
        task.decision = camunda(self.node, "decisionRef")
        if not task.decision:
            self.raise_validation_exception("A business rule task needs camunda:decisionRef")
        task.variable = camunda(self.node, "resultVariable") or self.bpmn_id
        return task


class _GatewayParser(_Common):
    def handles_multiple_outgoing(self) -> bool:
        return True


class _ExclusiveParser(_Common, task_parsers.ConditionalGatewayParser):  # type: ignore[misc]
    pass


class _CallActivityParser(_Common, task_parsers.CallActivityParser):  # type: ignore[misc]
    pass


class _Events(_Common, event_parsers.EventDefinitionParser):  # type: ignore[misc]
    """Reads events: times and messages are waited for, anything else but a plain or terminate end is refused."""

    def parse_timer_event(self, event: Any) -> TimerEventDefinition:
        for tag, kind in _TIMES:
            found = self.xpath(f".//bpmn:{tag}")
            if found and (found[0].text or "").strip():
                return TimerEventDefinition(kind, found[0].text.strip(), self.node.get("name") or self.bpmn_id)
        raise ValidationException("A timer needs timeDate, timeDuration or timeCycle", self.node, self.filename)

    def parse_message_event(self, message_event: Any) -> MessageEventDefinition:
        reference = message_event.get("messageRef")
        messages = self.process_parser.parser.messages
        if reference not in messages:
            self.raise_validation_exception("A message event needs messageRef")
        return MessageEventDefinition(messages[reference] or reference)

    def definition(self, *supported: str) -> Any:
        """Return the event's definition, which must be one of the tags in ``supported``, or the plain one."""
        present = [child.tag for child in self.node if str(child.tag).endswith("EventDefinition")]
        if len(present) > 1 or set(present) - {full_tag(name) for name in supported}:
            self.raise_validation_exception("This kind of event is not supported here")
        return self.get_event_definition([f".//bpmn:{name}" for name in supported])

    def _create_task(self, event_definition: Any, cancel_activity: bool | None = None, parallel: Any = None) -> Any:
        attributes = self.bpmn_attributes
        if cancel_activity is not None:
            attributes["cancel_activity"] = cancel_activity
        return self.spec_class(self.spec, self.bpmn_id, event_definition=event_definition, **attributes)


class _StartParser(_Events):
    def create_task(self) -> Any:
        task = self._create_task(self.definition())
        self.spec.start.connect(task)
        return task


class _EndParser(_Events):
    def create_task(self) -> Any:
        return self._create_task(self.definition("terminateEventDefinition"))


class _CatchParser(_Events):
    def create_task(self) -> Any:
        definition = self.definition("timerEventDefinition", "messageEventDefinition")
        if not isinstance(definition, TimerEventDefinition | MessageEventDefinition):
            self.raise_validation_exception("A catching event needs a time or a message")
        return self._create_task(definition)


class _PassingParser(_Events):
    def create_task(self) -> Any:
        return self._create_task(self.definition())


class _BoundaryParser(_Events):
    def create_task(self) -> Any:
        definition = self.definition("timerEventDefinition", "messageEventDefinition")
        if not isinstance(definition, TimerEventDefinition | MessageEventDefinition):
            self.raise_validation_exception("A boundary event needs a time or a message")
        interrupts = str(self.node.get("cancelActivity") or "true").lower() == "true"
        return self._create_task(definition, interrupts)


class _ReceiveParser(_Events):
    def create_task(self) -> Any:
        return self._create_task(self.parse_message_event(self.node))


class _ProcessParser(ProcessParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    def create_spec(self) -> specs.ProcessSpec:
        if not self.process_executable:
            raise ValidationException(f"Process {self.bpmn_id} is not executable.", self.node, self.filename)
        return specs.ProcessSpec(self.bpmn_id, self.get_name(), self.filename)

    def add_tasks(self) -> None:
        if len(self.xpath("./bpmn:startEvent")) != 1:
            raise ValidationException("A process needs exactly one start event", self.node, self.filename)
        super().add_tasks()
        # Both are drawn for people: process data is not kept in them.
        self.spec.data_objects = {}
        self.spec.io_specification = None


class DialectParser(BpmnParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """The parser of the dialect. What is not in its table is refused."""

    PROCESS_PARSER_CLASS = _ProcessParser
    PARSER_CLASSES: Final = {
        full_tag("startEvent"): (_StartParser, specs.StartEvent),
        full_tag("endEvent"): (_EndParser, specs.EndEvent),
        full_tag("userTask"): (_UserTaskParser, specs.UserTask),
        full_tag("task"): (_Common, specs.PlainTask),
        full_tag("serviceTask"): (_ServiceTaskParser, specs.ServiceTask),
        full_tag("businessRuleTask"): (_RuleTaskParser, specs.RuleTask),
        full_tag("callActivity"): (_CallActivityParser, specs.CallActivity),
        full_tag("receiveTask"): (_ReceiveParser, specs.ReceiveTask),
        full_tag("exclusiveGateway"): (_ExclusiveParser, gateways.ExclusiveGateway),
        full_tag("parallelGateway"): (_GatewayParser, gateways.ParallelGateway),
        full_tag("inclusiveGateway"): (_ExclusiveParser, gateways.InclusiveGateway),
        full_tag("intermediateCatchEvent"): (_CatchParser, specs.IntermediateCatchEvent),
        full_tag("intermediateThrowEvent"): (_PassingParser, specs.PassingEvent),
        full_tag("boundaryEvent"): (_BoundaryParser, specs.BoundaryEvent),
    }

    def _add_diagram_indexes(self, bpmn: Any) -> None:
        """Note the lane of each element, by the lane's id: a lane's label may change, a role does not."""
        key = self._document_key(bpmn)
        self.document_positions[key] = {}
        self.document_lanes[key] = {
            reference.text.strip(): reference.getparent().get("id")
            for reference in bpmn.xpath(".//bpmn:flowNodeRef", namespaces=self.namespaces)
            if reference.text
        }

    def _add_data_stores(self, bpmn: Any) -> None:
        """Leave data stores alone: they are drawn for people."""

    def _add_correlations(self, bpmn: Any) -> None:
        """Leave correlations alone: a message is brought to an instance by its business key."""
