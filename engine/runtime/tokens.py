# ruff: noqa: SLF001 - SpiffWorkflow is extended by overriding its protected members
"""The instance in memory: tokens, and the scopes they are in (the process here, all others in ``scopes``).

SpiffWorkflow keeps a tree of everything that happened and might happen, and walks it after every step. Here a
flow holds what is there now: the tree carries no predictions, is scanned flat, and what has finished is pruned
after every command. Data belongs to the flow, as in Camunda, not to each task: what one branch writes (always a
whole value under its element's id) the others read, so no stale copy ever overwrites anything.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.task import Task
from SpiffWorkflow.util.task import TaskState

from engine.runtime.errors import CannotAdvance

if TYPE_CHECKING:
    from engine.runtime.scopes import SubFlow

UNFINISHED: Final = int(TaskState.NOT_FINISHED_MASK)
FINISHED: Final = int(TaskState.FINISHED_MASK)
FUTURE: Final = int(TaskState.FUTURE)
WAITING: Final = int(TaskState.WAITING)
READY: Final = int(TaskState.READY)
STARTED: Final = int(TaskState.STARTED)
COMPLETED: Final = int(TaskState.COMPLETED)
CANCELLED: Final = int(TaskState.CANCELLED)


class Token(Task):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A task of SpiffWorkflow without its log records, its copies of the data and its random id.

    Attributes:
        id: a number, unique in the instance and never used twice.

    """

    triggered = False
    thread_id = 0
    last_state_change = 0.0

    def __init__(  # the parent's fields are set one by one: it would draw a UUID and read the clock
        self, workflow: "Scope", spec: Any, parent: "Token | None" = None, state: int = FUTURE, number: int = 0
    ) -> None:
        self.workflow = workflow
        self.id = number or workflow.top_workflow.next_number()
        self.task_spec = spec
        self._state = state
        self._children: list[int] = []
        self._parent = None
        self.internal_data: dict[str, Any] = {}
        workflow.tasks[self.id] = self
        if parent is not None:
            self._parent = parent.id
            parent._children.append(self.id)

    @property
    def data(self) -> Mapping[str, Any]:
        """The data of the scope the token is in; written through :meth:`Scope.write` only."""
        return self.workflow.data

    def has_state(self, state: int) -> bool:
        """Whether the token is in this state, or in one of several."""
        return self._state & state != 0

    def hang_on(self, parent: "Token") -> None:
        """Leave whatever the token hung on and whatever hung on it, and hang on ``parent``."""
        self._parent = parent.id
        self._children = []
        parent._children.append(self.id)

    def stand_alone(self) -> None:
        """Let nothing hang on the token."""
        self._children = []

    def update(self) -> None:
        """Let the token's element look again whether it may begin."""
        self.task_spec._update(self)

    def make_ready(self) -> None:
        """Let the token's element begin."""
        self._ready()

    def follow(self, spec: Any) -> None:
        """Put a token on the element ``spec``, after this one, and let it begin."""
        self._add_child(spec, FUTURE).update()

    def row(self) -> list[Any]:
        """Return the token as a row of the stored form."""
        return [self.id, self._parent or 0, self._state, self.task_spec.name, self.internal_data or 0]

    def _set_state(self, value: int) -> None:
        self._state = value

    def _inherit_data(self) -> None:
        """Do nothing: the data is the flow's."""

    def _add_child(self, spec: Any, state: int = FUTURE) -> "Token":
        return Token(self.workflow, spec, self, state)

    def run(self) -> bool | None:
        """Do what the element does; SpiffWorkflow would also run what is finished or not yet there."""
        if self._state != READY:
            raise CannotAdvance(f"“{self.task_spec.name}”现在不能执行。", self.task_spec.name)
        result: bool | None = super().run()
        return result

    def complete(self) -> None:
        """Mark the token's element as done and let what follows begin."""
        self._state = COMPLETED
        self.task_spec.grow(self)
        self.task_spec._on_complete(self)

    def cancel(self) -> None:
        """Take the token away; what hangs below it (a called process) goes with it."""
        if self._state & FINISHED:
            return
        self._state = CANCELLED
        for child in self.children:
            child.cancel()
        self.task_spec._on_cancel(self)

    def collect_log_extras(self, dct: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return no more than was given: what happened is in the history, not in a log."""
        return dct or {}


class Scope:
    """What a process and the scopes inside it have in common: tokens, data, and what was written.

    Attributes:
        spec: the parsed process or part of it.
        tasks: number to token, in the order they came.
        data: element id to value; also what the instance was started with. Others read through it: it is changed, never
            replaced, once the scope has begun.
        written: the keys written since the scope began.
        caller: the token that waits for the scope's end; None for the process itself.
        depth: how many calls of other processes lie around it.

    """

    spec: Any
    tasks: dict[int, Token]
    task_tree: Token
    data: MutableMapping[str, Any]
    written: set[str]
    completed: bool
    success: bool
    top_workflow: "Flow"
    caller: Token | None = None
    depth: int

    data_objects: dict[str, Any] = {}  # noqa: RUF012 - drawn for people; SpiffWorkflow asks for them, nobody writes

    @property
    def process_key(self) -> str:
        """The key of the process the scope's elements are drawn in."""
        key: str = self.spec.process_key
        return key

    @property
    def outer(self) -> "Scope | None":
        """The scope that the activity which opened this one is in; None for the process itself."""
        return self.caller.workflow if self.caller is not None else None

    def begin(self) -> None:
        """Put the first token on the start event."""
        self.task_tree = Token(self, self.spec.start, None, READY)
        self.task_tree.run()

    def restore(self, rows: list[list[Any]]) -> None:
        """Put the tokens back as their rows say; the one that hangs on nothing is the root."""
        specs = self.spec.task_specs
        for number, parent, state, name, internal in rows:
            token = Token(self, specs[name], None, state, number)
            token._parent = parent or None
            if internal:
                token.internal_data = internal
        for token in self.tasks.values():
            if token._parent is None:
                self.task_tree = token
            else:
                self.tasks[token._parent]._children.append(token.id)

    def unfinished(self) -> Iterator[Token]:
        """Yield every token that is still somewhere."""
        return (token for token in self.tasks.values() if token._state & UNFINISHED)

    def write(self, key: str, value: Any) -> None:
        """Put ``value``, normalised by the caller, under ``key``; the only way data changes."""
        self.data[key] = value
        self.written.add(key)

    def take(self, key: str, value: Any) -> None:
        """Put in what the host says of itself; nothing that the process wrote."""
        self.data[key] = value

    def stop(self) -> None:
        """Take every token away: the scope ended, or was interrupted. What hangs on its tokens goes with them."""
        for token in list(self.unfinished()):
            token.cancel()
        self.completed = True

    def _task_completed_notify(self, token: Token) -> None:
        self.top_workflow.passed(self, token)


class Flow(Scope, BpmnWorkflow):  # type: ignore[misc]  # SpiffWorkflow has no types
    """One instance of a process, with all scopes inside it.

    Attributes:
        subprocesses: number to scope, outer ones first. A call or an embedded sub-process has its caller's number, each
            instance of a multi-instance activity one of its own; ask :meth:`inside` for an activity's.
        run: the command at work on it; whoever waits for a timer or calls a service needs it.
        visits: process key to element id to how many tokens passed in this command.

    """

    subprocesses: "dict[int, SubFlow]"

    def __init__(self, spec: Any, subprocess_specs: dict[str, Any], script_engine: Any, run: Any) -> None:
        super().__init__(spec, subprocess_specs, script_engine=script_engine, deserializing=True)
        self.data = {}
        self.written = set()
        self.run = run
        self.visits: dict[str, Counter[str]] = {}
        self.last_number = 0

    def next_number(self) -> int:
        """Return a number that no token of this instance ever had."""
        self.last_number += 1
        return self.last_number

    @property
    def flows(self) -> list[Scope]:
        """The process and the scopes inside it that run, outer ones first."""
        if not self.subprocesses:
            return [self]
        return [self, *(scope for scope in self.subprocesses.values() if not scope.completed)]

    def standing(self, states: int) -> list[Token]:
        """Return the tokens in one of several states in all scopes that run, in the order they came."""
        return [token for scope in self.flows for token in scope.tasks.values() if token._state & states]

    def inside(self, token: Token) -> "list[SubFlow]":
        """Return the scopes that ``token``'s activity has opened and that run."""
        return [scope for scope in self.subprocesses.values() if scope.caller is token and not scope.completed]

    def find(self, number: int) -> Token | None:
        """Return the token with this number, in whichever scope it is; None when it is gone."""
        for flow in (self, *self.subprocesses.values()):
            token = flow.tasks.get(number)
            if token is not None:
                return token
        return None

    def get_task_from_id(self, task_id: int) -> Token | None:
        """Return the token with this number; SpiffWorkflow's name for :meth:`find`."""
        return self.find(task_id)

    def passed(self, flow: Scope, token: Token) -> None:
        """Count that a token has left an element that is drawn."""
        element = token.task_spec.bpmn_id
        if element is not None:
            key = flow.process_key
            if key not in self.visits:
                self.visits[key] = Counter()
            self.visits[key][element] += 1

    def catch(self, event: Any) -> None:
        """Drop events thrown inside: the supported elements throw none that anyone else waits for."""
