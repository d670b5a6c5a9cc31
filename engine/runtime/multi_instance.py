# ruff: noqa: SLF001 - SpiffWorkflow is extended by overriding its protected members, as it calls them
"""An activity that is done once for each element of a collection, or so many times: one after the other or at once.

The activity itself stands in a small specification of its own, as it would be without the loop; for each instance a
scope begins there with one token. What the waiting activity knows stands in its token's internal data, as JSON:
``total`` (how many there are), ``rest`` (elements that have not begun), ``results`` (pairs of index and result) and
``size`` (their bytes).
"""

from collections import ChainMap
from typing import TYPE_CHECKING, Any, Final

import orjson
from SpiffWorkflow.bpmn.specs import defaults

from engine.runtime.errors import CannotAdvance
from engine.runtime.process_data import normalise
from engine.runtime.scopes import OneOfMany, stop_inside
from engine.runtime.specs import CallActivity, Lean, ProcessSpec, RuleTask, SubProcess
from engine.runtime.tokens import FUTURE, STARTED, Token

if TYPE_CHECKING:
    from engine.runtime.run import Run

MAX_INSTANCES: Final = 200
MAX_RESULTS: Final = 1024 * 1024  # bytes as JSON, of all instances together
COUNTER: Final = "loopCounter"


class MultiInstance(Lean, defaults.NoneTask):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Waits while its instances are at work, and gathers their results under its id.

    Attributes:
        inner: what each instance runs: a start and the activity without its loop.
        repeated: that activity.
        sequential: whether each begins when the one before is done.
        collection: a variable or ``${…}`` that gives a list; empty when ``cardinality`` says how many there are.
        element: the variable each instance finds its element of the collection in; empty for none.
        cardinality: how many, as an expression; empty when there is a collection.
        condition: a condition under which the rest is no longer needed; empty for none.

    """

    def __init__(self, wf_spec: Any, bpmn_id: str, **kwargs: Any) -> None:
        super().__init__(wf_spec, bpmn_id, **kwargs)
        self.manual = False
        self.inner: ProcessSpec
        self.repeated: Any
        self.sequential = False
        self.collection = ""
        self.element = ""
        self.cardinality = ""
        self.condition = ""

    def hold(self, activity: Any) -> None:
        """Take the activity out of the process' specification into one of its own."""
        outer: ProcessSpec = self._wf_spec
        self.repeated = activity
        self.inner = ProcessSpec(self.name, self.bpmn_name, outer.file)
        outer.nest(self.inner)
        self.inner.task_specs[activity.name] = activity
        activity._wf_spec = self.inner
        self.inner.start.connect(activity)

    def _update_hook(self, my_task: Token) -> bool:
        if my_task._state != FUTURE:
            return False
        run: Run = my_task.workflow.top_workflow.run
        elements = self._elements(run, my_task)
        if not elements:
            my_task.workflow.write(self.name, [])
            return True
        my_task._state = STARTED
        at_once = 1 if self.sequential else len(elements)
        my_task.internal_data.update(total=len(elements), rest=elements[at_once:], results=[], size=0)
        for index, element in enumerate(elements[:at_once]):
            self._begin(my_task, index, element)
        return False

    def _on_cancel(self, my_task: Token) -> None:
        stop_inside(my_task)

    def one_done(self, token: Token, scope: OneOfMany) -> None:
        """Note the result of an instance that has ended, and go on: with the next, with waiting, or with what follows.

        Raises CannotAdvance when the completion condition has no answer or the results get too large.
        """
        kept = token.internal_data
        result = self._result(scope)
        kept["size"] += len(orjson.dumps(result))
        if kept["size"] > MAX_RESULTS:
            words = f"“{self.bpmn_name}”各次办理的结果合计超过 {MAX_RESULTS // 1024} KB，无法保存。"
            raise CannotAdvance(words, self.name, fatal=True)  # whoever gave the last one can make it shorter
        kept["results"].append([scope.index, result])
        results = [value for _, value in sorted(kept["results"], key=lambda pair: int(pair[0]))]
        if len(results) < kept["total"] and not self._is_enough(token, results):
            if self.sequential:
                self._begin(token, len(results), kept["rest"].pop(0))
            return
        stop_inside(token)
        token.internal_data = {}
        token.workflow.write(self.name, results)
        token.complete()

    def _elements(self, run: "Run", token: Token) -> list[Any]:
        """Return the collection, or so many numbers. Raises CannotAdvance when there is none or it is too large."""
        text = self.collection or self.cardinality
        value = run.evaluated(text, token.data, self)
        if self.collection:
            if not isinstance(value, list):
                raise CannotAdvance(f"“{self.bpmn_name}”要逐项办理的 {text} 不是列表。", self.name)
            elements = normalise(value, self.bpmn_name, MAX_RESULTS)
        else:
            elements = list(range(min(self._count(text, value), MAX_INSTANCES + 1)))
        if len(elements) > MAX_INSTANCES:
            raise CannotAdvance(
                f"“{self.bpmn_name}”要办理超过 {MAX_INSTANCES} 次，最多 {MAX_INSTANCES} 次。", self.name
            )
        found: list[Any] = elements
        return found

    def _count(self, text: str, value: Any) -> int:
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == int(value)
        if not whole or value < 0:
            raise CannotAdvance(f"“{self.bpmn_name}”的次数 {text} 是 {value}，不是整数。", self.name)
        return int(value)

    def _begin(self, token: Token, index: int, element: Any) -> None:
        local: dict[str, Any] = {COUNTER: index}
        if self.element:
            local[self.element] = element
        top = token.workflow.top_workflow
        OneOfMany(self.inner, token, top.next_number(), index, local).begin()

    def _result(self, scope: OneOfMany) -> Any:
        """Return what an instance gave: an answer, or all that was written inside."""
        if isinstance(self.repeated, SubProcess | CallActivity):
            return {key: scope.local[key] for key in sorted(scope.written)}
        key = self.repeated.variable if isinstance(self.repeated, RuleTask) else self.repeated.name
        return scope.local.get(key)

    def _is_enough(self, token: Token, results: list[Any]) -> bool:
        if not self.condition:
            return False
        total, done = token.internal_data["total"], len(results)
        counts = {
            "nrOfInstances": total,
            "nrOfActiveInstances": 1 if self.sequential else total - done,
            "nrOfCompletedInstances": done,
            self.name: results,
        }
        run: Run = token.workflow.top_workflow.run
        value = run.evaluated(self.condition, ChainMap(counts, token.workflow.data), self)
        if not isinstance(value, bool):
            raise CannotAdvance(f"“{self.bpmn_name}”的完成条件 {self.condition} 的结果不是“是”或“否”。", self.name)
        return value
