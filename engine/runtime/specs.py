# ruff: noqa: SLF001, ARG002 - SpiffWorkflow is extended by overriding its protected members, as it calls them
"""What each BPMN element does, as task specifications of SpiffWorkflow.

All of them are lean: nothing is predicted, nothing is logged, and nothing is looked for by walking the tree.
"""

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, BpmnStartTask
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition, TerminateEventDefinition
from SpiffWorkflow.specs import WorkflowSpec

from engine.runtime.tokens import COMPLETED, FUTURE, STARTED, WAITING, Token


class Lean(BpmnTaskSpec):  # type: ignore[misc]  # SpiffWorkflow has no types
    """What all our specifications share; stands first among the bases."""

    def _predict(self, my_task: Token, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the tree holds tokens, not what they might become."""

    def _on_ready(self, my_task: Token) -> None:
        """Do nothing: a specification was tested when it was deployed."""

    def _update_hook(self, my_task: Token) -> bool:
        return True

    def grow(self, my_task: Token) -> None:
        """Put a token on everything that follows the completed one."""
        specs = self._wf_spec.task_specs
        for name in self._outputs:
            my_task._add_child(specs[name], FUTURE)

    def _on_complete_hook(self, my_task: Token) -> None:
        pass

    def _run_hook(self, my_task: Token) -> bool | None:
        return True

    def _on_error(self, my_task: Token) -> None:
        """Do nothing: an instance that failed is thrown away in memory, the stored one stays as it was."""

    def _on_cancel(self, my_task: Token) -> None:
        pass


class Start(Lean, BpmnStartTask):  # type: ignore[misc]
    """Where a flow's first token is."""


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A parsed process. It needs no joining end: a flow is over when no token is left in it."""

    def __init__(self, name: str, description: str | None = None, filename: str | None = None) -> None:
        WorkflowSpec.__init__(self, name=name, filename=filename)
        self.description = description
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.svg = None
        self.end = None
        self.start = Start(self, "Start")


class ActivitySplit(Lean, BoundaryEventSplit):  # type: ignore[misc]
    """Stands before an activity with boundary events and lets them begin together."""


class ActivityGuard(Lean, BoundaryEventJoin):  # type: ignore[misc]
    """Follows an activity and its interrupting events: whichever comes first takes the others away."""

    def _update_hook(self, my_task: Token) -> bool:
        first = my_task.parent
        for other in first.parent.children:
            event = isinstance(other.task_spec, BoundaryEvent)
            # An event that has fired without interrupting is a branch of its own by now.
            if other is not first and (not event or other._state == WAITING):
                other.cancel()
        my_task._state = COMPLETED
        return False


class UserTask(Lean, defaults.UserTask):  # type: ignore[misc]
    """Waits until somebody completes it. What the diagram says about it is in ``task``, set by the parser."""


class PlainTask(Lean, defaults.NoneTask):  # type: ignore[misc]
    """A task without a kind: passed at once."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False


class ServiceTask(Lean, defaults.NoneTask):  # type: ignore[misc]
    """Calls a service of the host: a computing one at once, an effect by asking for it and waiting.

    Attributes:
        service: the service's name.
        parameters: name to text; ``${…}`` is an expression, anything else stands for itself.

    """

    service: str
    parameters: dict[str, str]

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Token) -> bool | None:
        run = my_task.workflow.top_workflow.run
        return True if run.call_service(self, my_task) else None


class RuleTask(Lean, defaults.NoneTask):  # type: ignore[misc]
    """Decides by a decision table.

    Attributes:
        decision: the decision's id.
        variable: the key its result is stored under.

    """

    decision: str
    variable: str

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Token) -> bool:
        my_task.workflow.top_workflow.run.decide(self, my_task)
        return True


class CallActivity(Lean, defaults.CallActivity):  # type: ignore[misc]
    """Runs another process and waits for its end."""

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state == FUTURE:
            my_task._state = STARTED
            my_task.workflow.top_workflow.call(my_task, self.spec)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        called = my_task.workflow.top_workflow.subprocesses.get(my_task.id)
        if called is not None:
            called.stop()


class Catching(Lean):
    """What events that wait have in common.

    Attributes:
        activity: the id of the activity a boundary event is attached to; empty for other events.

    """

    event_definition: Any
    activity = ""

    def _update_hook(self, my_task: Token) -> bool:
        definition = self.event_definition
        if isinstance(definition, NoneEventDefinition) or my_task.internal_data.get("fired"):
            return True
        if my_task._state != WAITING:
            my_task._state = WAITING
            definition.begin(my_task)
        return False

    def _run_hook(self, my_task: Token) -> bool:
        if not isinstance(self.event_definition, NoneEventDefinition):
            self.event_definition.arrived(my_task)
        return True


class StartEvent(Catching, defaults.StartEvent):  # type: ignore[misc]
    """Where a process begins."""


class IntermediateCatchEvent(Catching, defaults.IntermediateCatchEvent):  # type: ignore[misc]
    """Waits for a time or a message."""


class ReceiveTask(Catching, defaults.ReceiveTask):  # type: ignore[misc]
    """Waits for a message."""


class BoundaryEvent(Catching, defaults.BoundaryEvent):  # type: ignore[misc]
    """Waits for a time or a message while its activity is at work."""


class PassingEvent(Lean, defaults.IntermediateThrowEvent):  # type: ignore[misc]
    """An intermediate event that throws nothing: a milestone."""


class EndEvent(Lean, defaults.EndEvent):  # type: ignore[misc]
    """Where a token ends; a terminate event takes all others of its flow with it."""

    def _on_complete_hook(self, my_task: Token) -> None:
        if isinstance(self.event_definition, TerminateEventDefinition):
            my_task.workflow.stop()
