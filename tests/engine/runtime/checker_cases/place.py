"""What a hard place is, and the small diagrams those are made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from engine.runtime.checker import Known
from tests.engine.runtime.checker_cases.case import PARALLEL, ROLE, exclusive
from tests.engine.runtime.checker_diagrams import END, KNOWN, START, bpmn, chain, flow, service, user
from tests.engine.runtime.diagrams import table

E2: Final = '<endEvent id="e2"/>'
START_DATA: Final = {"p": {"matter": {"channel": "text", "units": "list", "n": "number"}}}
WORLD: Final = replace(KNOWN, start=START_DATA)
DATED: Final = replace(WORLD, now=datetime(2026, 11, 1, tzinfo=UTC))
UNREAD: Final = replace(WORLD, reads=())
LIST: Final = '<multiInstanceLoopCharacteristics camunda:collection="${matter.units}" camunda:elementVariable="unit"/>'
CHANNEL, DECIDED = "${matter.channel == 'x'}", "${a.decision == 'x'}"
FREE: Final = user("a", attributes=ROLE)  # without a limit
SENT: Final = '<boundaryEvent id="t" attachedToRef="{}"><messageEventDefinition messageRef="m"/></boundaryEvent>'


def sub(inner: str, *ways: str, loop: str = "") -> str:
    """The sub-process x."""
    body = f'<startEvent id="xs"/>{inner}<endEvent id="xe"/>{chain("xs", *ways, "xe") if ways else ""}'
    return f'<subProcess id="x" name="里面">{loop}{body}</subProcess>'


def scheduled(cycle: str) -> str:
    """A plain start, and beside it the schedule t."""
    timed = f"<timerEventDefinition><timeCycle>{cycle}</timeCycle></timerEventDefinition>"
    line = chain("s", "n", "e") + chain("t", "n")
    return f'{START}<task id="n"/>{END}<startEvent id="t">{timed}</startEvent>{line}'


def calling(key: str = "x", process: str = "q", mapped: str = "") -> str:
    mappings = f"<extensionElements>{mapped}</extensionElements>" if mapped else ""
    return f'<callActivity id="{key}" calledElement="{process}">{mappings}</callActivity>'


def called(inner: str, *ways: str, key: str = "q") -> dict[str, bytes]:
    """The process q (or another) with `inner` between its start and its end."""
    start, end = f"{key}s", f"{key}e"
    line = chain(start, *ways, end) if ways else ""
    return {f"processes/{key}.bpmn": bpmn(f'<startEvent id="{start}"/>{inner}<endEvent id="{end}"/>{line}', key=key)}


def decision(
    *rules: list[str], policy: str = "FIRST", inputs: tuple[str, ...] = ("matter.channel",)
) -> dict[str, bytes]:
    return {"processes/d.dmn": table("d", list(inputs), ["limit"], *rules, policy=policy)}


@dataclass(frozen=True)
class Place:
    """A body of the process p, and all that is to be said of it: pairs of code and element."""

    name: str
    said: set[tuple[str, str]]
    body: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    outside: str = ""
    known: Known = WORLD


TASK_RULE: Final = START + '<businessRuleTask id="x" camunda:decisionRef="d"/>' + END + chain("s", "x", "e")
BOTH: Final = PARALLEL.format("f") + user("a") + user("b") + user("c")
ASKS: Final = (
    exclusive("qg", "qe")
    + user("c")
    + chain("qs", "qg")
    + flow("qg", "c", DECIDED)
    + flow("qg", "qe")
    + (flow("c", "qe"))
)
JUDGED: Final = service("y") + exclusive("h", "j") + chain("y", "h") + flow("h", "e", "${y.outcome == 'x'}")
AROUND: Final = START + '<exclusiveGateway id="j"/>' + END + flow("s", "j") + flow("h", "j")
READ_AFTER: Final = exclusive("g", "e") + user("c") + flow("g", "c", DECIDED) + chain("g", "e") + chain("c", "e")
