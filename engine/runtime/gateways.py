# ruff: noqa: SLF001 - SpiffWorkflow is extended by overriding its protected members, as it calls them
"""Where tokens part and meet.

A join keeps its own count of who has arrived, on the one token that waits there, so that nothing which has finished is
ever needed again.
"""

from collections import Counter
from typing import Any

from SpiffWorkflow.bpmn.exceptions import WorkflowTaskException
from SpiffWorkflow.bpmn.specs import defaults

from engine.runtime.specs import Lean
from engine.runtime.tokens import CANCELLED, FUTURE, WAITING, Token


class ExclusiveGateway(Lean, defaults.ExclusiveGateway):  # type: ignore[misc]
    """Takes the first flow whose condition holds, in the order of the file, else the default."""

    def grow(self, my_task: Token) -> None:
        """Do nothing: running it has chosen."""

    def _run_hook(self, my_task: Token) -> bool:
        return bool(defaults.ExclusiveGateway._run_hook(self, my_task))


class ParallelGateway(Lean, defaults.ParallelGateway):  # type: ignore[misc]
    """Waits for one token on each incoming flow, then sends one out on each outgoing flow."""

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state != FUTURE:
            return False
        arrived, waiting = _arrivals(self, my_task)
        needed: Counter[str] = Counter(self._inputs)
        if needed - arrived:
            _wait(my_task, waiting, arrived)
            return False
        if waiting is not None:
            surplus = arrived - needed
            if surplus:
                waiting.internal_data["arrived"] = dict(surplus)
            else:
                waiting.cancel()
        return True


class InclusiveGateway(Lean, defaults.InclusiveGateway):  # type: ignore[misc]
    """Waits for every token that can still reach it, then takes each flow whose condition holds.

    It fires when, for every token elsewhere in the flow, either the token cannot reach an incoming flow that is
    still empty, or it can also reach one where a token already is (BPMN 2.0.2, 13.4.3).
    """

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state != FUTURE:
            return False
        arrived, waiting = _arrivals(self, my_task)
        if set(self._inputs) - set(arrived):
            _wait(my_task, waiting, arrived)
            return False
        if waiting is not None:
            waiting.cancel()
        return True

    def may_fire(self, my_task: Token) -> bool:
        """Whether no token is on its way; asked when nothing else in the flow can move by itself."""
        arrived = my_task.internal_data["arrived"]
        elsewhere = {token.task_spec.name for token in my_task.workflow.unfinished() if token.task_spec is not self}
        reaches = self._reaches()
        awaited: set[str] = set()
        for source, origins in reaches.items():
            if source not in arrived:
                awaited |= origins
        for source in arrived:
            awaited -= reaches[source]
        return not awaited & elsewhere

    def _reaches(self) -> dict[str, set[str]]:
        """Return, for each incoming element, the elements from which it is reached without passing this gateway."""
        found: dict[str, set[str]] | None = getattr(self, "_reach", None)
        if found is None:
            found = {}
            for source in set(self._inputs):
                seen: set[str] = set()
                ahead = [source]
                while ahead:
                    name = ahead.pop()
                    if name not in seen and name != self.name:
                        seen.add(name)
                        ahead += self._wf_spec.task_specs[name]._inputs
                found[source] = seen
            self._reach = found
        return found

    def grow(self, my_task: Token) -> None:
        """Do nothing: running it has chosen."""

    def _run_hook(self, my_task: Token) -> bool:
        matches, otherwise = self._get_matching_outputs(my_task)
        chosen = matches or otherwise
        if not chosen:
            raise WorkflowTaskException("No conditions satisfied on gateway", task=my_task)
        for spec in chosen:
            my_task._add_child(spec, FUTURE)
        return True


class EventGateway(Lean, defaults.NoneTask):  # type: ignore[misc]
    """Waits for whichever of the events behind it comes first; the others are taken away then."""

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False

    def grow(self, my_task: Token) -> None:
        """Put a token on every event behind it; each knows in which race it is."""
        for spec in self.outputs:
            my_task._add_child(spec, FUTURE).internal_data["race"] = my_task.id


def _arrivals(spec: Any, token: Token) -> "tuple[Counter[str], Token | None]":
    """Return who has arrived at a join, the new token included, and the token that has waited there so far."""
    others = token.workflow.tasks.values()
    waiting = next((other for other in others if other.task_spec is spec and other._state == WAITING), None)
    arrived: Counter[str] = Counter(waiting.internal_data["arrived"] if waiting is not None else ())
    arrived[token.parent.task_spec.name] += 1
    return arrived, waiting


def _wait(token: Token, waiting: Token | None, arrived: "Counter[str]") -> None:
    """Let one token wait at a join for all that have arrived."""
    if waiting is None:
        token._state = WAITING
        waiting = token
    else:
        token._state = CANCELLED
    waiting.internal_data["arrived"] = dict(arrived)
