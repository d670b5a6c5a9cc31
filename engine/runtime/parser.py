"""Reads the BPMN of a deployment into our own specifications. Dialect: ``camunda:`` (Camunda 7).

The checker has found what is wrong, all at once and in words, before a file comes here; what the parser does not
support it refuses with ValidationException.
"""

from typing import Any, Final

from SpiffWorkflow.bpmn.parser import task_parsers
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.parser.ProcessParser import ProcessParser
from SpiffWorkflow.bpmn.parser.util import full_tag
from SpiffWorkflow.bpmn.parser.ValidationException import ValidationException

from engine.runtime import activity_parsers, event_parsers, event_specs, gateways, specs
from engine.runtime.element_parser import ElementParser


class _GatewayParser(ElementParser):
    def handles_multiple_outgoing(self) -> bool:
        return True


class _ExclusiveParser(ElementParser, task_parsers.ConditionalGatewayParser):  # type: ignore[misc]
    pass


class _ProcessParser(ProcessParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    def create_spec(self) -> specs.ProcessSpec:
        if not self.process_executable:
            raise ValidationException(f"Process {self.bpmn_id} is not executable.", self.node, self.filename)
        spec = specs.ProcessSpec(self.bpmn_id, self.get_name(), self.filename)
        if self.parent is not None:
            self.parent.spec.nest(spec)
        return spec

    def add_tasks(self) -> None:
        starts = [self.parse_node(node) for node in self.xpath("./bpmn:startEvent")]
        plain = len(self.spec.start.outputs)
        if not starts or plain > 1 or (self.parent is not None and (len(starts), plain) != (1, 1)):
            words = "A process needs a start event, and at most one without a trigger; a sub-process just one of these"
            raise ValidationException(words, self.node, self.filename)
        # Both are drawn for people: process data is not kept in them.
        self.spec.data_objects = {}
        self.spec.io_specification = None


class DialectParser(BpmnParser):  # type: ignore[misc]  # SpiffWorkflow has no types
    """The parser of the dialect. What is not in its table is refused."""

    PROCESS_PARSER_CLASS = _ProcessParser
    PARSER_CLASSES: Final = {
        full_tag("startEvent"): (event_parsers.StartParser, event_specs.StartEvent),
        full_tag("endEvent"): (event_parsers.EndParser, event_specs.EndEvent),
        full_tag("userTask"): (activity_parsers.UserTaskParser, specs.UserTask),
        full_tag("manualTask"): (activity_parsers.UserTaskParser, specs.ManualTask),
        full_tag("task"): (ElementParser, specs.PlainTask),
        full_tag("serviceTask"): (activity_parsers.ServiceTaskParser, specs.ServiceTask),
        full_tag("businessRuleTask"): (activity_parsers.RuleTaskParser, specs.RuleTask),
        full_tag("callActivity"): (activity_parsers.CallActivityParser, specs.CallActivity),
        full_tag("subProcess"): (activity_parsers.SubProcessParser, specs.SubProcess),
        full_tag("receiveTask"): (event_parsers.ReceiveParser, event_specs.ReceiveTask),
        full_tag("sendTask"): (event_parsers.SendParser, event_specs.SendTask),
        full_tag("eventBasedGateway"): (_GatewayParser, gateways.EventGateway),
        full_tag("exclusiveGateway"): (_ExclusiveParser, gateways.ExclusiveGateway),
        full_tag("parallelGateway"): (_GatewayParser, gateways.ParallelGateway),
        full_tag("inclusiveGateway"): (_ExclusiveParser, gateways.InclusiveGateway),
        full_tag("intermediateCatchEvent"): (event_parsers.CatchParser, event_specs.IntermediateCatchEvent),
        full_tag("intermediateThrowEvent"): (event_parsers.ThrowParser, event_specs.IntermediateThrowEvent),
        full_tag("boundaryEvent"): (event_parsers.BoundaryParser, event_specs.BoundaryEvent),
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
