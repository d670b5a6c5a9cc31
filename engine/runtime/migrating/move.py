# ruff: noqa: SLF001 - a token's place in the tree is SpiffWorkflow's protected business, and its only one
"""Puts a loaded instance onto another version of its process: in memory, without running anything.

Tokens keep their numbers, so everything outside that names them (items, the ledger, the outbox) goes on naming them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from engine.runtime import pruning, timers
from engine.runtime.durations import parse_repeat
from engine.runtime.errors import CannotAdvance
from engine.runtime.migrating import obstacles
from engine.runtime.migrating.changes import Assessment, TimerMove
from engine.runtime.migrating.elements import Element
from engine.runtime.migrating.plan import Plan
from engine.runtime.run import Run
from engine.runtime.scopes import CalledProcess, EmbeddedSubProcess, OneOfMany
from engine.runtime.specs import ActivitySplit
from engine.runtime.steps import Step
from engine.runtime.timers import TimerEventDefinition, waiting
from engine.runtime.tokens import COMPLETED, FUTURE, Flow, Scope, Token

_SPLIT: Final = ".BoundaryEventSplit"
_PARTS: Final = frozenset({"subProcess", "callActivity"})


@dataclass(frozen=True, slots=True)
class Before:
    """What a token stood on before the move.

    Attributes:
        spec: its specification.
        due: when its timer was due, UTC; None when none waited.

    """

    spec: Any
    due: datetime | None

    @property
    def step(self) -> Step:
        """The user task it stood on."""
        step: Step = self.spec.step
        return step


@dataclass(frozen=True, slots=True)
class Moved:
    """An instance in memory, moved.

    Attributes:
        before: number of a token to what it stood on; those that began by the move are not there.
        counted: numbers of the timers whose due time was worked out in the move.

    """

    before: Mapping[int, Before]
    counted: frozenset[int]


def move(plan: Plan, flow: Flow, run: Run, assessment: Assessment) -> Moved | None:
    """Put ``flow`` onto the plan's new version and note in ``assessment`` what that changes.

    ``run`` is of the new version. Returns None, with the reasons noted, when the instance cannot be moved; ``flow`` is
    not to be used any more then.
    """
    obstacles.look(plan, flow, assessment)
    if assessment.reasons:
        return None
    pruning.prune(flow)
    lacked = {(_renamed(plan, path), name) for path, name in obstacles.lacks(plan, flow, moved=False)}
    before = {token.id: _before(token) for scope in flow.flows for token in scope.unfinished()}
    _put(plan, flow, assessment)
    _rename_data(plan, flow)
    run.flow = flow
    flow.run = run
    known = {path for path, _ in lacked}
    for path, name in sorted(obstacles.lacks(plan, flow, moved=True)):
        if path not in known:
            assessment.refuse("value", f"新版在“{name}”要用到 {path}，本件没有这个值，以后也不会有。")
    if assessment.reasons:
        return None
    try:
        counted = _begin(plan, flow, assessment) | _count_anew(flow, run, before, assessment)
    except CannotAdvance as error:
        assessment.refuse("value", error.message)
        return None
    pruning.prune(flow)
    return Moved(before, frozenset(counted))


def _before(token: Token) -> Before:
    timer = waiting(token)
    return Before(token.task_spec, timer.due if timer is not None else None)


def _put(plan: Plan, flow: Flow, assessment: Assessment) -> None:
    """Let every token stand on the new specification, and every activity hang on its new split."""
    flow.subprocess_specs = dict(plan.new.specs)
    for scope in flow.flows:  # callers first: what is inside asks its caller's new specification for its own
        scope.spec = _spec(plan, scope)
        specs = scope.spec.task_specs
        scope.task_tree.task_spec = scope.spec.start
        for token in list(scope.unfinished()):
            element = plan.before[scope.process_key, token.task_spec.name]
            new = plan.counterpart(element)
            if new is None:
                _forget(plan, token, element, assessment)
                continue
            if "arrived" in token.internal_data:
                arrived = token.internal_data["arrived"]
                token.internal_data["arrived"] = {_id(plan, scope, name): count for name, count in arrived.items()}
            token.task_spec = specs[new.id]
            if not element.boundary:
                _hang(scope, token, specs.get(f"{new.id}{_SPLIT}"))


def _spec(plan: Plan, scope: Scope) -> Any:
    if isinstance(scope, CalledProcess):
        return plan.new.specs[scope.caller.task_spec.spec]
    if isinstance(scope, EmbeddedSubProcess | OneOfMany):
        # Inside a loop the activity itself stands; the loop's own specification holds it.
        return scope.caller.task_spec.inner
    return plan.new.specs[plan.process_key]


def _id(plan: Plan, scope: Scope, name: str) -> str:
    element = plan.before.get((scope.process_key, name))
    new = plan.counterpart(element) if element is not None else None
    return new.id if new is not None else name


def _hang(scope: Scope, token: Token, split: Any) -> None:
    """Let an activity and its boundary events hang on the split of the new version, or on the root without one."""
    parent = token.parent
    around = parent is not None and isinstance(parent.task_spec, ActivitySplit)
    if split is None:
        if around:
            for event in list(parent.children):
                event.hang_on(scope.task_tree)
            del scope.tasks[parent.id]
    elif around:
        parent.task_spec = split
    else:
        token.hang_on(Token(scope, split, scope.task_tree, COMPLETED))


def _forget(plan: Plan, token: Token, element: Element, assessment: Assessment) -> None:
    """Take a boundary event away that the new version does not have."""
    timer = waiting(token)
    if timer is not None:
        activity = plan.before[element.process_key, element.facts["attached"]].name
        assessment.timers.append(TimerMove("goes", element.id, element.name, timer.due, None, on=activity))
    parent = token.parent
    if parent is not None and token.id in parent._children:
        parent._children.remove(token.id)
    del token.workflow.tasks[token.id]


def _begin(plan: Plan, flow: Flow, assessment: Assessment) -> set[int]:
    """Let the boundary events begin that the new version adds to activities at work; return the timers among them."""
    begun: set[int] = set()
    for scope in flow.flows:
        for split in [token for token in scope.tasks.values() if isinstance(token.task_spec, ActivitySplit)]:
            activity = split.task_spec.name.removesuffix(_SPLIT)
            for name in split.task_spec._outputs:
                if name == activity or (scope.process_key, name) in plan.kept:
                    continue
                token = Token(scope, scope.spec.task_specs[name], split, FUTURE)
                token.update()
                timer = waiting(token)
                if timer is not None:
                    begun.add(token.id)
                    lines, label = tuple(flow.run.explained.get(token.id, ())), token.task_spec.bpmn_name
                    move = TimerMove("begins", name, label, None, timer.due, lines, _activity(token))
                    assessment.timers.append(move)
    return begun


def _count_anew(flow: Flow, run: Run, before: Mapping[int, Before], assessment: Assessment) -> set[int]:
    """Work out the timers whose text has changed from their original starts; return them."""
    counted: set[int] = set()
    for timer in timers.waiting_timers(flow):
        token = timer.token
        definition = token.task_spec.event_definition
        was = before.get(token.id)
        if was is None or not isinstance(definition, TimerEventDefinition):
            continue
        old = was.spec.event_definition
        if (old.kind, old.expression) == (definition.kind, definition.expression):
            continue
        name = str(token.task_spec.bpmn_name)
        if not _keeps_counting(run, token, old.kind, definition):
            gone = TimerMove("goes", token.task_spec.name, name, timer.due, None, on=_activity(token))
            assessment.timers.append(gone)
            token.parent._children.remove(token.id)
            del token.workflow.tasks[token.id]
            continue
        due = timers.arm(run, token, timer.start)
        counted.add(token.id)
        lines = tuple(due.explanation)
        moved = TimerMove("moved", token.task_spec.name, name, timer.due, due.at, lines, _activity(token))
        assessment.timers.append(moved)
    return counted


def _activity(token: Token) -> str:
    """Return the label of the activity a moved timer is attached to; empty when it stands for itself."""
    spec = token.workflow.spec.task_specs.get(token.task_spec.activity)
    return str(spec.bpmn_name) if spec is not None else ""


def _keeps_counting(run: Run, token: Token, old_kind: str, definition: TimerEventDefinition) -> bool:
    """Fit a timer's count of periods to its new text; return False when the new cycle has no period left."""
    internal = token.internal_data
    if definition.kind != "cycle" or old_kind != "cycle":
        internal.pop("n", None)
        internal.pop("left", None)
        return True
    try:
        count = parse_repeat(str(run.value(definition.expression, token))).count
    except ValueError as error:
        raise CannotAdvance(f"定时器“{definition.name}”的时间不对：{error}", token.task_spec.name) from error
    internal["left"] = None if count is None else count - internal["n"]
    return internal["left"] is None or internal["left"] >= 0


def _renames(plan: Plan) -> dict[str, str]:
    """Return under which new name what elements stored is looked for: old name to new."""
    found = {}
    for element in plan.before.values():
        new = plan.counterpart(element)
        if new is not None and element.writes and new.writes and element.writes != new.writes:
            found[element.writes] = new.writes
    return found


def _renamed(plan: Plan, path: str) -> str:
    root, dot, rest = path.partition(".")
    return f"{_renames(plan).get(root, root)}{dot}{rest}"


def _rename_data(plan: Plan, flow: Flow) -> None:
    renames = _renames(plan)
    if not renames:
        return
    # Of a loop around a part with steps of its own, each result is a record of what they stored.
    records = {element.writes for element in plan.before.values() if element.writes and element.kind in _PARTS}
    for scope in flow.flows:
        for token in scope.unfinished():
            for pair in token.internal_data.get("results", ()):
                pair[1] = _under_new_names(pair[1], renames, records)
        if isinstance(scope, EmbeddedSubProcess):
            continue  # it has its surroundings' data
        data = scope.local if isinstance(scope, OneOfMany) else scope.data
        now = _under_new_names(dict(data), renames, records)
        data.clear()
        data.update(now)
        scope.written = {renames.get(key, key) for key in scope.written}


def _under_new_names(stored: Any, renames: Mapping[str, str], records: Collection[str]) -> Any:
    """Return what is stored by name, and what is so stored in the results of loops, under the new names."""
    if not isinstance(stored, dict):
        return stored
    kept, moved = {}, {}
    for key, value in stored.items():
        inner = key in records and isinstance(value, list)
        now = [_under_new_names(one, renames, records) for one in value] if inner else value
        if key in renames:
            moved[renames[key]] = now
        else:
            kept[key] = now
    return moved | kept
