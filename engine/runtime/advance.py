"""Lets an instance go on until it waits for somebody or something, and no further than that."""

import logging
from typing import Any, Final

from SpiffWorkflow.exceptions import SpiffWorkflowException

from engine.runtime import retrying
from engine.runtime.errors import CannotAdvance, RuntimeFailure
from engine.runtime.gateways import InclusiveGateway
from engine.runtime.scopes import SubFlow
from engine.runtime.tokens import COMPLETED, READY, STARTED, WAITING, Flow, Scope, Token

MAX_STEPS: Final = 800  # automatic elements of one scope in one command; more is a loop that nobody can leave
MAX_ALL_STEPS: Final = 5_000  # of all scopes together; multi-instance activities inside each other multiply
ALARMING_DEPTH: Final = 800  # SpiffWorkflow loses tokens deeper than 1000 in its tree
_log: Final = logging.getLogger(__name__)


def settle(flow: Flow) -> int:
    """Run everything that needs nobody, until nothing is left to run; return how many elements ran.

    What fails waits for its next attempt or for a process owner (:mod:`engine.runtime.retrying`). The command that
    settles an instance throws it away in memory when this raises: CannotAdvance when it never comes to rest, or when an
    element cannot be carried out while the instance begins.
    """
    steps = 0
    steps_of: dict[Scope, int] = {}
    while True:
        token = _next(flow)
        if token is None:
            if not _open_gateway(flow) and not _end(flow):
                _look_at_depth(flow)
                return steps
            continue
        steps += 1
        here = steps_of[token.workflow] = steps_of.get(token.workflow, 0) + 1
        if here > MAX_STEPS or steps > MAX_ALL_STEPS:
            element = token.task_spec.name
            raise CannotAdvance(f"流程在“{element}”附近不停地运转，无法停下。", element, fatal=True)
        try:
            token.run()
        except Exception as error:
            if token.has_state(COMPLETED):
                raise  # half of what follows it is there already
            retrying.failed(token, _in_words(token, error), "run")


def _in_words(token: Token, error: Exception) -> Exception:
    """Return SpiffWorkflow's own word for a gateway without a way out as ours; anything else as it is."""
    if not isinstance(error, SpiffWorkflowException):
        return error
    spec = token.task_spec
    words = CannotAdvance(f"流程在“{spec.bpmn_name or spec.name}”处没有可走的路。", spec.name)
    words.__cause__ = error
    return words


def ready_items(flow: Flow) -> list[Token]:
    """Return the user tasks that wait for somebody, in the order they came."""
    return [token for token in flow.standing(READY) if token.task_spec.manual is True]


def is_ready_item(token: Token) -> bool:
    """Whether a token stands on a user task that waits for somebody."""
    return token.has_state(READY) and token.task_spec.manual is True


def _next(flow: Flow) -> Token | None:
    for token in flow.standing(READY):
        if not token.task_spec.manual:
            return token
    return None


def _open_gateway(flow: Flow) -> bool:
    """Let one inclusive gateway go on that waits for nothing any more; return whether there was one."""
    for token in flow.standing(WAITING):
        spec: Any = token.task_spec
        if isinstance(spec, InclusiveGateway) and spec.may_fire(token):
            token.make_ready()
            return True
    return False


def _end(flow: Flow) -> bool:
    """End one scope in which nothing is left; return whether there was one.

    A scope in which another is at work is not empty: the other's caller is in it.
    """
    for number, scope in flow.subprocesses.items():
        held = scope.caller.has_state(STARTED) and retrying.held(scope.caller)
        if (scope.completed or _is_empty(scope)) and not held:
            scope.completed = True
            del flow.subprocesses[number]
            if scope.caller.has_state(STARTED):
                _hand_over(flow, number, scope)
            return True
    if not flow.completed and _is_empty(flow):
        flow.completed = True
        return True
    return False


def _hand_over(flow: Flow, number: int, scope: SubFlow) -> None:
    """Let a scope that is over hand over; where that cannot be done, it waits for a process owner as it is."""
    caller = scope.caller
    kept = {key: list(value) if isinstance(value, list) else value for key, value in caller.internal_data.items()}
    try:
        scope.hand_over()
    except RuntimeFailure as error:
        if not caller.has_state(STARTED):
            raise  # what follows it is there already
        caller.internal_data = kept
        scope.completed = False
        flow.subprocesses[number] = scope
        retrying.failed(caller, error, "end")


def _is_empty(flow: Scope) -> bool:
    return next(flow.unfinished(), None) is None


def _look_at_depth(flow: Flow) -> None:
    """Log an error when a tree gets near the depth at which SpiffWorkflow forgets; a pruned one never does."""
    for scope in flow.flows:
        if len(scope.tasks) <= ALARMING_DEPTH:
            continue
        depth = max((token.depth for token in scope.unfinished()), default=0)
        if depth > ALARMING_DEPTH:
            _log.error("tokens of %s lie %s deep in their tree: it is not pruned", scope.spec.name, depth)
