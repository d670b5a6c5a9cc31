# ruff: noqa: D102 - SpiffWorkflow is extended by overriding its protected members, as they are called
"""Reads tasks, call activities and embedded sub-processes, each alone or as a multi-instance activity."""

import re
from typing import Any, Final

from SpiffWorkflow.bpmn.parser import task_parsers

from engine.runtime import scopes, specs
from engine.runtime.element_parser import ElementParser, camunda, extension
from engine.runtime.expressions import is_expression
from engine.runtime.multi_instance import MultiInstance
from engine.runtime.retry_cycle import parse_cycle
from engine.runtime.steps import Step

# What stands between commas, those in an expression being part of it; reading stays linear in the text.
_PART: Final = re.compile(r"(?:\{[^}]*\}?|[^,{])+")


class ActivityParser(ElementParser):
    """Reads an activity that may stand for several instances of itself."""

    may_repeat = True
    task: Any

    def _add_multiinstance_task(self, loop: Any) -> None:
        """Put the loop in the place of the activity, which goes into a specification of its own."""
        activity = self.spec.task_specs.pop(self.task.name)
        task = MultiInstance(self.spec, self.bpmn_id, **self.bpmn_attributes)
        task.sequential = loop.get("isSequential") == "true"
        task.collection, task.element = camunda(loop, "collection"), camunda(loop, "elementVariable")
        task.cardinality = self._loop_text("loopCardinality")
        task.condition = self._loop_text("completionCondition")
        if bool(task.collection) == bool(task.cardinality):
            self.raise_validation_exception("A multi-instance activity needs camunda:collection or loopCardinality")
        task.hold(activity)
        self.task = task

    def _loop_text(self, tag: str) -> str:
        found = self.xpath(f"./bpmn:multiInstanceLoopCharacteristics/bpmn:{tag}")
        return (found[0].text or "").strip() if found else ""


class UserTaskParser(ActivityParser):
    """Reads a user task."""

    def create_task(self) -> Any:
        task = super().create_task()
        groups = tuple(part.strip() for part in _PART.findall(camunda(self.node, "candidateGroups")) if part.strip())
        task.step = Step(
            process_key=self.spec.process_key,
            step=self.bpmn_id,
            name=self.node.get("name") or self.bpmn_id,
            groups=groups or ((self.lane,) if self.lane else ()),
            form_key=camunda(self.node, "formRef") or camunda(self.node, "formKey") or self.bpmn_id,
            due=camunda(self.node, "dueDate"),
            follow_up=camunda(self.node, "followUpDate"),
            priority=camunda(self.node, "priority"),
            properties={
                str(entry.get("name")): str(entry.get("value") or "")
                for entry in extension(self.node, "camunda:properties/camunda:property")
            },
            form_optional=issubclass(self.spec_class, specs.ManualTask),
        )
        return task


class ServiceTaskParser(ActivityParser):
    """Reads a service task."""

    def create_task(self) -> Any:
        task = super().create_task()
        called = camunda(self.node, "delegateExpression")
        if not (called.startswith("${") and called.endswith("}")):
            self.raise_validation_exception('A service task needs camunda:delegateExpression="${name}"')
        task.service = called[2:-1].strip()
        task.parameters = {
            str(entry.get("name")): (entry.text or "").strip()
            for entry in extension(self.node, "camunda:inputOutput/camunda:inputParameter")
        }
        for entry in extension(self.node, "camunda:failedJobRetryTimeCycle"):
            try:
                task.event_definition = parse_cycle((entry.text or "").strip(), self.node.get("name") or self.bpmn_id)
            except ValueError as error:
                self.raise_validation_exception(str(error))
        return task


class RuleTaskParser(ActivityParser):
    """Reads a business rule task."""

    def create_task(self) -> Any:
        task = super().create_task()
        task.decision = camunda(self.node, "decisionRef")
        if not task.decision:
            self.raise_validation_exception("A business rule task needs camunda:decisionRef")
        task.variable = camunda(self.node, "resultVariable") or self.bpmn_id
        return task


class CallActivityParser(ActivityParser, task_parsers.CallActivityParser):  # type: ignore[misc]
    """Reads a call activity with its mappings."""

    def create_task(self) -> Any:
        task = super().create_task()
        if is_expression(task.spec):
            self.raise_validation_exception("A call activity calls a fixed process, not an expression")
        task.ins, task.outs = self._mapped("in"), self._mapped("out")
        return task

    def _mapped(self, tag: str) -> tuple[scopes.Mapped, ...]:
        found = []
        for entry in extension(self.node, f"camunda:{tag}"):
            if entry.get("variables") == "all":
                found.append(scopes.Mapped(scopes.ALL, ""))
                continue
            if entry.get("businessKey"):
                continue  # all scopes of an instance have its business key
            source, target = entry.get("source") or _marked(entry.get("sourceExpression") or ""), entry.get("target")
            if not source or not target:
                self.raise_validation_exception(f"camunda:{tag} needs source or sourceExpression, and target")
            found.append(scopes.Mapped(str(source), str(target)))
        return tuple(found)


class SubProcessParser(ActivityParser):
    """Reads an embedded sub-process with all that is drawn in it."""

    def create_task(self) -> Any:
        if self.node.get("triggeredByEvent") == "true":
            self.raise_validation_exception("Event sub-processes are not supported")
        around = self.process_parser
        # Not by the parser of the file: it would mix up sub-processes of two files that have the same id.
        inside = type(around)(around.parser, self.node, self.nsmap, around.data_stores, self.filename, self.lane)
        inside.parent = around
        task = super().create_task()
        task.inner = inside.get_spec()
        return task


def _marked(text: str) -> str:
    """Return an expression in ``${…}``, which tells it from a variable's name."""
    return text if not text or is_expression(text) else f"${{{text}}}"
