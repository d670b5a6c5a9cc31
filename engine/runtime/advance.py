"""Lets an instance go on until it waits for somebody or something, and no further than that."""

from typing import Any, Final

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.runtime.errors import CannotAdvance
from engine.runtime.gateways import InclusiveGateway
from engine.runtime.tokens import READY, STARTED, WAITING, Flow, Scope, SubFlow, Token

MAX_STEPS: Final = 800  # automatic elements in one command; more is a loop that nobody can leave


def settle(flow: Flow) -> int:
    """Run everything that needs nobody, until nothing is left to run; return how many elements ran.

    The command that settles an instance throws it away in memory when this raises: CannotAdvance when no flow applies,
    when an element cannot be carried out or when it never comes to rest; and whatever a service raises.
    """
    steps = 0
    while True:
        token = _next(flow)
        if token is None:
            if not _open_gateway(flow) and not _end(flow):
                return steps
            continue
        steps += 1
        if steps > MAX_STEPS:
            raise CannotAdvance(f"流程在“{token.task_spec.name}”附近不停地运转，无法停下。", token.task_spec.name)
        try:
            token.run()
        except SpiffWorkflowException as error:
            name = token.task_spec.bpmn_name or token.task_spec.name
            raise CannotAdvance(f"流程在“{name}”处没有可走的路。", token.task_spec.name) from error


def ready_items(flow: Flow) -> list[Token]:
    """Return the user tasks that wait for somebody, in the order they came."""
    return [token for part in flow.flows for token in part.tasks.values() if is_ready_item(token)]


def is_ready_item(token: Token) -> bool:
    """Whether a token stands on a user task that waits for somebody."""
    return token.has_state(READY) and token.task_spec.manual is True


def _next(flow: Flow) -> Token | None:
    for part in flow.flows:
        for token in part.tasks.values():
            if token.has_state(READY) and not token.task_spec.manual:
                return token
    return None


def _open_gateway(flow: Flow) -> bool:
    """Let one inclusive gateway go on that waits for nothing any more; return whether there was one."""
    for part in flow.flows:
        for token in part.tasks.values():
            spec: Any = token.task_spec
            if token.has_state(WAITING) and isinstance(spec, InclusiveGateway) and spec.may_fire(token):
                token.make_ready()
                return True
    return False


def _end(flow: Flow) -> bool:
    """End one flow in which nothing is left, the innermost first; return whether there was one."""
    for caller, called in reversed(list(flow.subprocesses.items())):
        if called.completed or _is_empty(called):
            called.completed = True
            del flow.subprocesses[caller]
            return _return(called)
    if not flow.completed and _is_empty(flow):
        flow.completed = True
        return True
    return False


def _is_empty(flow: Scope) -> bool:
    return next(flow.unfinished(), None) is None


def _return(called: SubFlow) -> bool:
    """Hand back what a called process wrote, and let its caller go on unless it was interrupted."""
    caller = called.caller
    if caller.has_state(STARTED):
        for key in sorted(called.written):
            caller.workflow.write(key, called.data[key])
        caller.complete()
    return True
