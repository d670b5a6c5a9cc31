"""Our event definitions. A timer never reads a clock: it fires when it is told to, and then only once.

What a waiting timer knows stands in its token's internal data, as JSON:
``due`` and ``start`` (ISO 8601, UTC), ``n`` (which period of a cycle is awaited, from 1), ``left`` (periods still to
come, None for ever) and ``fired`` (it was told to).
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

from SpiffWorkflow.bpmn.specs.event_definitions.base import EventDefinition

from engine.runtime.durations import Duration, Repeat, is_duration, parse_duration, parse_repeat
from engine.runtime.errors import CannotAdvance
from engine.runtime.protocol import Due
from engine.runtime.tokens import WAITING, Flow, Token

if TYPE_CHECKING:
    from engine.runtime.run import Run

TimerKind = Literal["duration", "date", "cycle"]
MAX_PERIODS: Final = 10_000  # periods the host counts one by one after a long time without a worker
SHORTEST_PERIOD: Final = timedelta(seconds=1)


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
        """Do nothing: time brings no data."""


class MessageEventDefinition(EventDefinition):  # type: ignore[misc]  # SpiffWorkflow has no types
    """Waits for a message by name; what it brings is stored under the element's id."""

    def begin(self, token: Token) -> None:
        """Do nothing: the message is looked for by the command that brings it."""

    def arrived(self, token: Token) -> None:
        """Store what the message brought."""
        token.workflow.write(token.task_spec.name, token.internal_data.pop("payload"))


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
    tokens = (token for part in flow.flows for token in part.tasks.values() if token.has_state(WAITING))
    return [timer for token in tokens if (timer := waiting(token)) is not None]


def arm(run: "Run", token: Token, start: datetime) -> Due:
    """Work out when the timer on ``token`` falls, counted from ``start``, and note it there; return it.

    A period of a cycle that is already under way is counted from the start of the cycle as before.
    Raises CannotAdvance when the diagram's value is no time.
    """
    definition: TimerEventDefinition = token.task_spec.event_definition
    internal = token.internal_data
    value = run.value(definition.expression, token)
    try:
        if definition.kind == "cycle":
            repeat = parse_repeat(str(value))
            occurrence = internal.get("n", 1)
            due = _occurrence(run, repeat, start, occurrence)
            if "n" not in internal:
                internal.update(n=1, left=None if repeat.count is None else repeat.count - 1)
        else:
            due = run.due(value, start)
            internal["n"] = 1
    except ValueError as error:
        raise CannotAdvance(f"定时器“{definition.name}”的时间不对：{error}", token.task_spec.name) from error
    internal.update(due=due.at.isoformat(), start=start.isoformat())
    run.explained[token.id] = due.explanation
    return due


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
    # The branch hangs on the root, so that it outlives the activity the cycle belongs to.
    for following in spec.outputs:
        token.workflow.task_tree.follow(following)
    token.workflow.top_workflow.passed(token.workflow, token)
    return missed


def _advance(run: "Run", timer: Waiting) -> int:
    """Let a cycle wait for its next period in the future; return how many it skipped."""
    token, internal = timer.token, timer.token.internal_data
    definition: TimerEventDefinition = token.task_spec.event_definition
    try:
        repeat = parse_repeat(str(run.value(definition.expression, token)))
        occurrence, due = _next(run, repeat, timer, run.now)
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
    internal.update(due=due.at.isoformat(), n=occurrence, left=left)
    run.explained[token.id] = due.explanation
    return missed


def _next(run: "Run", repeat: Repeat, timer: Waiting, now: datetime) -> tuple[int, Due]:
    """Return the number and the time of the first period after ``now``."""
    occurrence = timer.occurrence + 1
    if is_duration(repeat.period):
        period = _period(repeat)
        if not period.months:
            occurrence += max(0, int((now - timer.due) / period.exact))
        due = _occurrence(run, repeat, timer.start, occurrence)
        while due.at <= now:
            occurrence += 1
            due = _occurrence(run, repeat, timer.start, occurrence)
        return occurrence, due
    due = run.due(repeat.period, timer.due)
    for _ in range(MAX_PERIODS):
        if due.at > now:
            return occurrence, due
        occurrence += 1
        due = run.due(repeat.period, due.at)
    raise ValueError(f"“{repeat.period}”太短，无法补上错过的周期")


def _occurrence(run: "Run", repeat: Repeat, start: datetime, occurrence: int) -> Due:
    """Return when the period numbered ``occurrence`` of a cycle that began at ``start`` falls."""
    count = occurrence if not repeat.first else occurrence - 1
    begin = run.due(repeat.first, start).at if repeat.first else start
    if count == 0:
        return Due(begin)
    if is_duration(repeat.period):
        return Due(
            _period(repeat).times(count).after(begin, run.zone), (f"第 {occurrence} 次，每次相隔 {repeat.period}",)
        )
    due = run.due(repeat.period, begin)
    for _ in range(count - 1):
        due = run.due(repeat.period, due.at)
    return due


def _period(repeat: Repeat) -> Duration:
    period = parse_duration(repeat.period)
    if not period.months and period.exact < SHORTEST_PERIOD:
        raise ValueError(f"“{repeat.period}”太短")
    return period


def moment(value: Any) -> datetime | None:
    """Return the moment a value names by itself, UTC; None when it names no zone or no moment."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.tzinfo is None:
        return None
    return value.astimezone(UTC)
