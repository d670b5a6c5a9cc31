"""The scopes inside an instance: called processes, embedded sub-processes, and each one of many.

What all have in common is :class:`SubFlow`; they differ in whose data they work on and in what they hand over at their
end.
"""

from collections import ChainMap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from engine.runtime.errors import CannotAdvance
from engine.runtime.process_data import normalise
from engine.runtime.tokens import Scope, Token

if TYPE_CHECKING:
    from engine.runtime.run import Run

MAX_CALL_DEPTH: Final = 16  # a process that calls itself is stopped here
ALL: Final = "*"


@dataclass(frozen=True, slots=True)
class Mapped:
    """One ``camunda:in`` or ``camunda:out`` of a call activity.

    Attributes:
        source: a variable's name, ``${…}``, or :data:`ALL` for everything.
        target: what it is called on the other side.

    """

    source: str
    target: str


class SubFlow(Scope):
    """A scope inside another, opened by an activity. SpiffWorkflow's own class for it is not needed.

    Attributes:
        number: under which the instance knows it.

    """

    caller: Token

    def __init__(self, spec: Any, caller: Token, number: int) -> None:
        self.spec = spec
        self.caller = caller
        self.number = number
        self.top_workflow = caller.workflow.top_workflow
        self.depth = caller.workflow.depth
        self.tasks = {}
        self.written = set()
        self.completed = False
        self.success = True
        self.top_workflow.subprocesses[number] = self

    def begin(self) -> None:
        """Put the first token on the start event; a scope that cannot begin is none."""
        try:
            super().begin()
        except Exception:
            del self.top_workflow.subprocesses[self.number]
            raise

    @property
    def script_engine(self) -> Any:
        """What evaluates conditions; SpiffWorkflow asks each scope for it."""
        return self.top_workflow.script_engine

    def hand_over(self) -> None:
        """Give what came of the scope to its caller, which still waits, and let it go on."""
        self.caller.complete()


class CalledProcess(SubFlow):
    """A called process. Its data are its own; what it wrote, or what the call maps, goes back when it ends."""

    def __init__(self, spec: Any, caller: Token, number: int = 0) -> None:
        super().__init__(spec, caller, number or caller.id)
        self.depth += 1
        self.data = {}

    def hand_over(self) -> None:
        """Give the caller's flow what the call maps, or else what the called process wrote."""
        run: Run = self.top_workflow.run
        outer = self.caller.workflow
        outs: tuple[Mapped, ...] = self.caller.task_spec.outs
        if not outs or any(out.source == ALL for out in outs):
            for key in sorted(self.written):
                outer.write(key, self.data[key])
        for out in outs:
            if out.source != ALL:
                outer.write(out.target, _mapped(run, out, self.data, self.caller))
        self.caller.complete()


class EmbeddedSubProcess(SubFlow):
    """An embedded sub-process: tokens of its own, the data of its surroundings."""

    def __init__(self, spec: Any, caller: Token, number: int = 0) -> None:
        super().__init__(spec, caller, number or caller.id)
        self.data = caller.workflow.data

    def write(self, key: str, value: Any) -> None:
        """Write into the surrounding scope."""
        self.caller.workflow.write(key, value)

    def take(self, key: str, value: Any) -> None:
        """Do nothing: the surrounding scope has it already."""


class OneOfMany(SubFlow):
    """One instance of a multi-instance activity: a layer of its own data over its surroundings'.

    Attributes:
        index: which of them it is, from 0.
        local: the layer: element variable, ``loopCounter``, and what was written inside.

    """

    def __init__(self, spec: Any, caller: Token, number: int, index: int, local: dict[str, Any]) -> None:
        super().__init__(spec, caller, number)
        self.index = index
        self.local = local
        self.data = ChainMap(local, caller.workflow.data)

    @property
    def given(self) -> dict[str, Any]:
        """What the instance began with: the element variable and ``loopCounter``."""
        return {key: value for key, value in self.local.items() if key not in self.written}

    def take(self, key: str, value: Any) -> None:
        """Do nothing: what lies below has it already."""

    def hand_over(self) -> None:
        """Tell the activity that one of its instances is done."""
        self.caller.task_spec.one_done(self.caller, self)

    def _task_completed_notify(self, token: Token) -> None:
        """Do nothing: the activity is drawn once, and counted once when all are done."""


def call(token: Token, process_key: str) -> None:
    """Begin the process that ``token``'s call activity calls. Raises CannotAdvance, and leaves nothing behind then."""
    if token.workflow.depth + 1 >= MAX_CALL_DEPTH:
        raise CannotAdvance(f"流程互相调用超过 {MAX_CALL_DEPTH} 层。", token.task_spec.name, fatal=True)
    data = _passed_in(token)
    spec = token.workflow.top_workflow.subprocess_specs.get(process_key)
    if spec is None:
        raise CannotAdvance(f"“{token.task_spec.bpmn_name}”要调用的流程 {process_key} 不存在。", token.task_spec.name)
    scope = CalledProcess(spec, token)
    scope.data.update(data)
    scope.begin()


def embed(token: Token, spec: Any) -> None:
    """Begin the embedded sub-process that ``token`` stands on."""
    EmbeddedSubProcess(spec, token).begin()


def stop_inside(token: Token) -> None:
    """Take away the scopes that ``token``'s activity has opened, with everything in them."""
    for scope in token.workflow.top_workflow.inside(token):
        scope.stop()


def given_inside(token: Token) -> dict[str, Any]:
    """Return the element variables and ``loopCounter`` that ``token`` sees, the innermost first where two are alike.

    They are those of its process: what is around a call is the caller's.
    """
    found: dict[str, Any] = {}
    scope = token.workflow
    while isinstance(scope, SubFlow) and not isinstance(scope, CalledProcess):
        if isinstance(scope, OneOfMany):
            found = scope.given | found
        scope = scope.caller.workflow
    return found


def _passed_in(token: Token) -> dict[str, Any]:
    """Return what a called process begins with."""
    run: Run = token.workflow.top_workflow.run
    ins: tuple[Mapped, ...] = token.task_spec.ins
    if not ins or any(one.source == ALL for one in ins):
        data = dict(token.data)
    else:
        # The host's own variables are no secret of the caller's, and diagrams may rely on them anywhere.
        data = {key: token.data[key] for key in run.host.start.get(ALL, {}) if key in token.data}
    return data | {one.target: _mapped(run, one, token.data, token) for one in ins if one.source != ALL}


def _mapped(run: "Run", one: Mapped, data: Mapping[str, Any], token: Token) -> Any:
    """Return the value one mapping passes on; a variable that is not there is null, as in Camunda."""
    text = one.source
    if text.startswith(("${", "#{")):
        return normalise(run.evaluated(text, data, token.task_spec), one.target)
    return data.get(text)
