# ruff: noqa: SLF001 - SpiffWorkflow is extended by overriding its protected members, as it calls them
"""What each event does, and the tasks that are events: those that wait, and those that throw."""

from typing import Any

from SpiffWorkflow.bpmn.specs import defaults
from SpiffWorkflow.bpmn.specs.event_definitions import NoneEventDefinition, TerminateEventDefinition

from engine.runtime import throwing
from engine.runtime.specs import Lean
from engine.runtime.tokens import WAITING, Token


class Catching(Lean):
    """What events that wait have in common.

    Attributes:
        activity: the id of the activity a boundary event is attached to; empty for other events.

    """

    event_definition: Any
    activity = ""

    def _update_hook(self, my_task: Token) -> bool:
        definition = self.event_definition
        if isinstance(definition, NoneEventDefinition):
            return True
        if my_task.internal_data.get("fired"):
            _win(my_task)
            return True
        if my_task._state != WAITING:
            my_task._state = WAITING
            definition.begin(my_task)
        return False

    def _run_hook(self, my_task: Token) -> bool:
        if not isinstance(self.event_definition, NoneEventDefinition):
            self.event_definition.arrived(my_task)
        return True


def _win(token: Token) -> None:
    """Take away the other events behind the event-based gateway that ``token`` waited behind, if it did."""
    race = token.internal_data.pop("race", None)
    if race is not None:
        for other in list(token.workflow.tasks.values()):
            if other.internal_data.get("race") == race:
                other.cancel()


class StartEvent(Catching, defaults.StartEvent):  # type: ignore[misc]
    """Where a process begins. Only one without a trigger follows the start; others are begun at by what they name."""

    def test(self) -> None:
        """Do nothing: nothing leads to a start event that is begun at by an event."""


class IntermediateCatchEvent(Catching, defaults.IntermediateCatchEvent):  # type: ignore[misc]
    """Waits for a time, a message or a signal."""


class ReceiveTask(Catching, defaults.ReceiveTask):  # type: ignore[misc]
    """Waits for a message."""


class BoundaryEvent(Catching, defaults.BoundaryEvent):  # type: ignore[misc]
    """Waits for a time, a message, a signal, an error or an escalation while its activity is at work."""


class Throwing(Lean):
    """What events that throw have in common."""

    event_definition: Any

    def _run_hook(self, my_task: Token) -> bool:
        throwing.throw(my_task, self.event_definition)
        return True


class IntermediateThrowEvent(Throwing, defaults.IntermediateThrowEvent):  # type: ignore[misc]
    """Throws a signal, a message or an escalation and goes on; without any of them it is a milestone."""


class SendTask(Throwing, defaults.SendTask):  # type: ignore[misc]
    """Throws a message and goes on."""


class EndEvent(Throwing, defaults.EndEvent):  # type: ignore[misc]
    """Where a token ends, throwing what it has to; a terminate event takes all others of its scope with it."""

    def _on_complete_hook(self, my_task: Token) -> None:
        if isinstance(self.event_definition, TerminateEventDefinition):
            my_task.workflow.stop()
