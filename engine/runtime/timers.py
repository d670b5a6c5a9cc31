"""Our event definitions. A timer never reads a clock: it fires when it is told to, and then only once.

What a waiting timer knows stands in its token's internal data, as JSON:
``due`` and ``start`` (ISO 8601, UTC), ``n`` (which period of a cycle is awaited, from 1), ``left`` (periods still to
come, None for ever), ``fired`` (it was told to), and where it was extended or paused ``moves`` (see
:mod:`engine.runtime.adjustments`) and ``base``: when it would be due without them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from engine.runtime import adjustments
from engine.runtime.cycles import MAX_PERIODS, occurrence_of, period_of
from engine.runtime.durations import Repeat, is_duration, parse_repeat
from engine.runtime.errors import CannotAdvance
from engine.runtime.protocol import Due
from engine.runtime.tokens import COMPLETED, WAITING, Flow, Token

if TYPE_CHECKING:
    from engine.runtime.run import Run

TimerKind = Literal["duration", "date", "cycle"]


class TimerEventDefinition(EventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """A timer of a diagram.

    Attributes:
        kind: which of BPMN's three kinds it is.
        expression: the text of the diagram: a value, or ``${…}``.

    """

    def __init__(self, kind: TimerKind, expression: str, name: str) -> None:
        super().__init__(name)
        self.kind = kind
        self.expression = expression

    def begin(self, token: Token) -> None:
        """Work out when it falls; called when its token begins to wait."""
        run: Run = token.workflow.top_workflow.run
        arm(run, token, run.now)

    def arrived(self, token: Token) -> None:
        """Store what a schedule brought to a start event: which occurrence it is. Other timers bring nothing."""
        brought = token.internal_data.pop("payload", None)
        if brought is not None:
            token.workflow.write(token.task_spec.name, brought)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A timer that waits, as the worker and the worklist see it.

    Attributes:
        token: its token.
        due: when it falls, UTC.
        start: since when it counts, UTC.
        occurrence: which period of a cycle is awaited, from 1.

    """

    token: Token
    due: datetime
    start: datetime
    occurrence: int

    @property
    def retries(self) -> bool:
        """Whether it is no clock of the diagram but a failed service that is tried again."""
        return bool(self.token.task_spec.event_definition.kind == "retry")

    @property
    def base(self) -> str:
        """When it would fall without extensions and pauses, ISO 8601."""
        internal = self.token.internal_data
        return str(internal.get("base") or internal["due"])


def waiting(token: Token) -> Waiting | None:
    """Return the timer that waits on ``token``; None when none does."""
    internal = token.internal_data
    if "due" not in internal or internal.get("fired"):
        return None
    return Waiting(
        token, datetime.fromisoformat(internal["due"]), datetime.fromisoformat(internal["start"]), internal["n"]
    )


def waiting_timers(flow: Flow) -> list[Waiting]:
    """Return all timers of an instance that wait."""
    return [timer for token in flow.standing(WAITING) if (timer := waiting(token)) is not None]


def next_due(flow: Flow, found: Sequence[Waiting] | None = None) -> datetime | None:
    """Return when a worker has to look at an instance, UTC; None when no timer runs.

    ``found`` are its timers that wait, where they are known.
    """
    return min((timer.due for timer in running_timers(flow, found)), default=None)


def running_timers(flow: Flow, found: Sequence[Waiting] | None = None) -> Sequence[Waiting]:
    """Return the timers of an instance that may fire: while its clocks stand still only the attempts of services."""
    found = waiting_timers(flow) if found is None else found
    if adjustments.paused_since(flow.task_tree) is None:
        return found
    return [timer for timer in found if timer.retries]


def arm(run: "Run", token: Token, start: datetime) -> Due:
    """Work out when the timer on ``token`` falls, counted from ``start``, and note it there; return it.

    A period of a cycle that is already under way is counted from the start of the cycle as before. Extensions and
    pauses follow. Raises CannotAdvance when the diagram's value is no time.
    """
    definition: TimerEventDefinition = token.task_spec.event_definition
    internal = token.internal_data
    value = run.value(definition.expression, token)
    try:
        if definition.kind == "cycle":
            repeat = parse_repeat(str(value))
            value = repeat.period
            base = occurrence_of(run.arithmetic, repeat, start, internal.get("n", 1))
            if "n" not in internal:
                internal.update(n=1, left=None if repeat.count is None else repeat.count - 1)
        else:
            base = run.due(value, start)
            internal["n"] = 1
        due = _adjusted(run, token, value, base, start)
    except ValueError as error:
        raise CannotAdvance(f"定时器“{definition.name}”的时间不对：{error}", token.task_spec.name) from error
    internal["start"] = start.isoformat()
    note(run, token, base, due)
    return due


def note(run: "Run", token: Token, base: Due, due: Due) -> None:
    """Let a timer wait for ``due``, which is ``base`` with its extensions and pauses."""
    internal = token.internal_data
    internal["due"] = due.at.isoformat()
    if base.at != due.at:
        internal["base"] = base.at.isoformat()
    else:
        internal.pop("base", None)
    run.explained[token.id] = due.explanation


def unit_of(run: "Run", token: Token) -> Any:
    """Return the value that says what a timer counts in: the diagram's, of a cycle its period."""
    definition: TimerEventDefinition = token.task_spec.event_definition
    value = run.value(definition.expression, token)
    return parse_repeat(str(value)).period if definition.kind == "cycle" else value


def _adjusted(run: "Run", token: Token, value: Any, base: Due, start: datetime) -> Due:
    moves = (*token.internal_data.get("moves", ()), *adjustments.pauses(run.flow.task_tree))
    return run.arithmetic.adjusted(value, base, start, moves) if moves else base


def fire(run: "Run", timer: Waiting) -> int:
    """Let a timer fire now and the process go on; return how many periods of a cycle were missed before.

    A cycle that does not interrupt waits on for its next period in the future; every other timer is done.
    """
    token = timer.token
    spec = token.task_spec
    repeats = spec.event_definition.kind == "cycle" and not getattr(spec, "cancel_activity", True)
    if not repeats:
        token.internal_data["fired"] = True
        token.update()
        return 0
    missed = _advance(run, timer)
    # The branch hangs on the root, so that it outlives the activity; a join it leads to counts who came, not the root.
    passed = Token(token.workflow, spec, token.workflow.task_tree, COMPLETED)
    for following in spec.outputs:
        passed.follow(following)
    token.workflow.top_workflow.passed(token.workflow, token)
    return missed


def _advance(run: "Run", timer: Waiting) -> int:
    """Let a cycle wait for its next period in the future; return how many it skipped."""
    token, internal = timer.token, timer.token.internal_data
    definition: TimerEventDefinition = token.task_spec.event_definition
    try:
        repeat = parse_repeat(str(run.value(definition.expression, token)))
        occurrence, base, due = _next(run, repeat, timer, run.now)
    except ValueError as error:
        raise CannotAdvance(f"定时器“{definition.name}”的时间不对：{error}", token.task_spec.name) from error
    left = internal["left"]
    missed: int = occurrence - timer.occurrence - 1
    if left is not None:
        missed = min(missed, left)
        left -= missed + 1
        if left < 0:
            token.cancel()
            return missed
    internal.update(n=occurrence, left=left)
    note(run, token, base, due)
    return missed


def _next(run: "Run", repeat: Repeat, timer: Waiting, now: datetime) -> tuple[int, Due, Due]:
    """Return the number of the first period after ``now``, when it would fall by itself, and when it does."""
    low = timer.occurrence + 1

    def counted(number: int, base: Due) -> tuple[int, Due, Due]:
        return number, base, _adjusted(run, timer.token, repeat.period, base, timer.start)

    if is_duration(repeat.period):
        period = period_of(repeat)
        high = low if period.months else low + max(0, int((now - timer.due) / period.exact))
        found = counted(high, occurrence_of(run.arithmetic, repeat, timer.start, high))
        while found[2].at <= now:
            high += 1
            low = high
            found = counted(high, occurrence_of(run.arithmetic, repeat, timer.start, high))
        # A pause may have held back a period that would have passed without it.
        while low < high and adjustments.pauses(run.flow.task_tree):
            middle = (low + high) // 2
            between = counted(middle, occurrence_of(run.arithmetic, repeat, timer.start, middle))
            low, high, found = (low, middle, between) if between[2].at > now else (middle + 1, high, found)
        return found
    found = counted(low, run.due(repeat.period, datetime.fromisoformat(timer.base)))
    for _ in range(MAX_PERIODS):
        if found[2].at > now:
            return found
        found = counted(found[0] + 1, run.due(repeat.period, found[1].at))
    raise ValueError(f"“{repeat.period}”太短，无法补上错过的周期")
