# ruff: noqa: SLF001, ARG002 - SpiffWorkflow is extended by overriding its protected members, as it calls them
"""What each BPMN element does, as task specifications of SpiffWorkflow.

All of them are lean: nothing is predicted, nothing is logged, and nothing is looked for by walking the tree.
"""

from collections.abc import Iterator
from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.bpmn_process_spec import BpmnProcessSpec
from SpiffWorkflow.bpmn.specs.bpmn_task_spec import BpmnTaskSpec
from SpiffWorkflow.bpmn.specs.control import BoundaryEventJoin, BoundaryEventSplit, BpmnStartTask
from SpiffWorkflow.specs import WorkflowSpec

from engine.runtime import retrying, scopes, throwing
from engine.runtime.errors import BpmnError, CannotAdvance, RuntimeFailure
from engine.runtime.retry_cycle import DEFAULT, RetryCycle
from engine.runtime.steps import Step
from engine.runtime.tokens import COMPLETED, FUTURE, STARTED, WAITING, Token


class Lean(BpmnTaskSpec):  # type: ignore[misc]  # SpiffWorkflow has no types
    """What all our specifications share; stands first among the bases."""

    def _predict(self, my_task: Token, *args: Any, **kwargs: Any) -> None:
        """Do nothing: the tree holds tokens, not what they might become."""

    def _on_ready(self, my_task: Token) -> None:
        """Do nothing: a specification was tested when it was deployed."""

    def _update(self, my_task: Token) -> None:
        """Let the element look whether it may begin; where it cannot, what came before it stands."""
        try:
            super()._update(my_task)
        except RuntimeFailure as error:
            retrying.failed(my_task, error, "update")

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

    def test(self) -> None:
        """Do nothing: a process that only events start has nothing here."""

    def grow(self, my_task: Token) -> None:
        """Put a token on the start event without a trigger. Raises CannotAdvance when there is none."""
        if not self._outputs:
            name = self._wf_spec.description or self._wf_spec.name
            raise CannotAdvance(f"流程“{name}”只由消息、信号或时间启动，不能直接启动。")
        super().grow(my_task)


class ProcessSpec(BpmnProcessSpec):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A parsed process, or an embedded sub-process. It needs no joining end: it is over when no token is left in it.

    Attributes:
        process_key: the key of the process it is drawn in; its own name unless it is an embedded sub-process.
        nested: the specifications of its embedded sub-processes and multi-instance activities.

    """

    def __init__(self, name: str, description: str | None = None, filename: str | None = None) -> None:
        WorkflowSpec.__init__(self, name=name, filename=filename)
        self.process_key = name
        self.nested: list[ProcessSpec] = []
        self.description = description
        self.io_specification = None
        self.data_objects: dict[str, Any] = {}
        self.data_stores: dict[str, Any] = {}
        self.correlation_keys: dict[str, Any] = {}
        self.bpmn_start_events: list[Any] = []
        self.svg = None
        self.end = None
        self.start = Start(self, "Start")

    def nest(self, inner: "ProcessSpec") -> None:
        """Take in a part that is drawn in this process and runs in a scope of its own."""
        inner.process_key = self.process_key
        self.nested.append(inner)

    def every(self) -> Iterator[Any]:
        """Yield every specification of an element, those of nested parts included; outer ones first.

        A multi-instance activity comes twice, under one name: the loop, and then the activity itself.
        """
        yield from self.task_specs.values()
        for inner in self.nested:
            yield from inner.every()


class ActivitySplit(Lean, BoundaryEventSplit):  # type: ignore[misc]
    """Stands before an activity with boundary events and lets them begin together."""


class ActivityGuard(Lean, BoundaryEventJoin):  # type: ignore[misc]
    """Follows an activity and its interrupting events: whichever comes first takes the others away."""

    def _update_hook(self, my_task: Token) -> bool:
        first = my_task.parent
        for other in first.parent.children:
            event = getattr(other.task_spec, "activity", "")
            # An event that has fired without interrupting is a branch of its own by now.
            if other is not first and (not event or other._state == WAITING):
                other.cancel()
        my_task._state = COMPLETED
        return False


class UserTask(Lean, defaults.UserTask):  # type: ignore[misc]
    """Waits until somebody completes it. What the diagram says about it is in ``step``, set by the parser."""

    step: Step


class ManualTask(UserTask):
    """Done outside the system: somebody says when it is done. Its form is optional."""


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
        event_definition: when it is tried again after a failure; a waiting token has it as a timer has its own.
        activity: empty: it is no boundary event.

    """

    event_definition: RetryCycle = DEFAULT
    activity = ""
    service: str
    parameters: dict[str, str]

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def _run_hook(self, my_task: Token) -> bool | None:
        run = my_task.workflow.top_workflow.run
        try:
            return True if run.call_service(self, my_task) else None
        except BpmnError as error:
            run.take_variables()
            throwing.throw_service_error(my_task, error)
            return None


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
    """Runs another process and waits for its end.

    Attributes:
        ins: what it begins with; empty for a copy of all that is known here.
        outs: what it hands back; empty for all that it wrote.

    """

    ins: tuple[scopes.Mapped, ...] = ()
    outs: tuple[scopes.Mapped, ...] = ()

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state == FUTURE:
            my_task._state = STARTED
            scopes.call(my_task, self.spec)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        scopes.stop_inside(my_task)


class SubProcess(Lean, defaults.NoneTask):  # type: ignore[misc]
    """An embedded sub-process: waits while something is at work in it.

    Attributes:
        inner: what is drawn in it.

    """

    inner: ProcessSpec

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state == FUTURE:
            my_task._state = STARTED
            scopes.embed(my_task, self.inner)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        scopes.stop_inside(my_task)
