"""What a case is, and the small diagrams the cases are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engine.runtime.checker import Known, check
from engine.runtime.checker.isolation import Isolated
from engine.runtime.problems import Problem
from tests.engine.runtime.checker_diagrams import (
    END,
    FORM,
    GOOD,
    KNOWN,
    START,
    bpmn,
    chain,
    flow,
    timer,
    user,
)
from tests.engine.runtime.diagrams import table

Files = bytes | Mapping[str, bytes]
E2 = '<endEvent id="e2"/>'
SECOND = '<process id="q" isExecutable="true"/>'
ROLE, LIMIT = 'camunda:candidateGroups="handler"', 'camunda:dueDate="P1D"'
PARALLEL = '<parallelGateway id="{}"/>'
BARE = b' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'  # taken out of a file, nothing of the dialect is left
NOW = datetime(2026, 11, 1, tzinfo=UTC)
DATED = replace(KNOWN, now=NOW)
OUTSIDE_ERROR = '<error id="er" name="错" errorCode="E1"/>'
OUTSIDE_ESCALATION = '<escalation id="es" name="升" escalationCode="S1"/>'
MESSAGE, SIGNAL = '<message id="m" name="note"/>', '<signal id="sg" name="bell"/>'
COLLABORATION = '<collaboration id="c"><participant id="pool" processRef="p"/>{}</collaboration>'


@dataclass(frozen=True)
class Case:
    """A sentence of the catalogue, the element it is said of, a bad and a good set of files.

    `shown` is the code a reader sees where it is another; `check` is what does the checking.
    """

    code: str
    element: str
    bad: Files
    good: Files
    known: Known = KNOWN
    shown: str = ""
    check: Callable[[Mapping[str, bytes], Known], list[Problem]] = check

    def problems(self, files: Files) -> list[Problem]:
        if isinstance(files, bytes):
            files = {"processes/p.bpmn": files}
        forms = {f"forms/{key}.form": FORM for key in ("a", "b", "c")}
        return self.check({**forms, **files}, self.known)


def exclusive(key: str, default: str) -> str:
    return f'<exclusiveGateway id="{key}" default="{key}_{default}"/>'


def task(inner: str, *more: str, outside: str = "") -> bytes:
    """A, then the task x."""
    return bpmn(START + user("a") + inner + END + chain("s", "a", "x", "e") + "".join(more), outside=outside)


def late(text: str, kind: str = "timeDuration", *, interrupts: bool = False) -> bytes:
    return bpmn(GOOD + timer("t", text, kind=kind, interrupts=interrupts) + E2 + chain("t", "e2"))


def sub(inside: str, after: str = "", outside: str = "") -> bytes:
    """A sub-process x with `inside` between its start and the task a, and boundary events `after`."""
    body = f'<subProcess id="x" name="里面"><startEvent id="xs"/>{user("a")}{inside}</subProcess>'
    return bpmn(START + body + END + E2 + chain("s", "x", "e") + after, outside=outside)


def boundary(kind: str, definition: str) -> str:
    return f'<boundaryEvent id="t" attachedToRef="x"><{kind}EventDefinition {definition}/></boundaryEvent>' + chain(
        "t", "e2"
    )


def ending(kind: str, definition: str) -> str:
    return f'<endEvent id="xe"><{kind}EventDefinition {definition}/></endEvent>' + chain("xs", "a", "xe")


def calling(inner: str = "", called: str = "", start: str = '<startEvent id="qs"/>') -> dict[str, bytes]:
    """Process p calls q, whose task is c."""
    call = f'<callActivity id="x" calledElement="q"><extensionElements>{inner}</extensionElements></callActivity>'
    inside = start + (called or user("c")) + '<endEvent id="qe"/>' + chain("qs", "c", "qe")
    outer = START + user("a") + call + END + chain("s", "a", "x", "e")
    return {"processes/p.bpmn": bpmn(outer), "processes/q.bpmn": bpmn(inside, key="q")}


def many(marker: str, attributes: str = "") -> bytes:
    loop = f"<multiInstanceLoopCharacteristics {attributes}>{marker}</multiInstanceLoopCharacteristics>"
    return task(user("x", attributes=f'{ROLE} {LIMIT} camunda:formRef="b"', inner=loop))


def decided(*rules: list[str], policy: str = "FIRST") -> dict[str, bytes]:
    return {"processes/d.dmn": table("d", ["matter.channel"], ["limit"], *rules, policy=policy)}


def event(kind: str, definition: str) -> str:
    return f'<{kind} id="x">{definition}</{kind}>'


def fork(join: str, first: str = PARALLEL.format("f")) -> bytes:
    body = START + user("a") + user("b") + user("c") + END + first + join
    return bpmn(body + chain("s", "f", "a", "j", "c", "e") + chain("f", "b", "j"))


def choice() -> str:
    """Start, then either a or b, both to the join j."""
    body = START + user("a") + user("b") + END + '<exclusiveGateway id="f" default="f_b"/>' + flow("s", "f")
    return body + flow("f", "a", "${matter.channel == 'x'}") + chain("a", "j", "e") + chain("f", "b", "j")


def escaping(join: str) -> bytes:
    """Two branches, one of which may end before the join."""
    body = START + user("a") + user("b") + END + E2 + PARALLEL.format("f") + exclusive("g", "j") + join
    ways = chain("s", "f", "a", "g", "j", "e") + chain("f", "b", "j") + flow("g", "e2", "${a.decision == 'x'}")
    return bpmn(body + ways)


def many_gates(branches: int) -> bytes:
    """Parallel branches with a choice in each."""
    body = START + user("a") + END + PARALLEL.format("f") + PARALLEL.format("j") + chain("s", "a", "f") + flow("j", "e")
    for number in range(branches):
        g, n, m = f"g{number}", f"n{number}", f"m{number}"
        body += exclusive(g, m) + f'<task id="{n}"/><exclusiveGateway id="{m}"/>'
        body += chain("f", g, m, "j") + flow(g, n, "${matter.channel == 'x'}") + flow(n, m)
    return bpmn(body)


def broken_known() -> Known:
    class Broken(dict):  # type: ignore[type-arg]
        def get(self, *_: object) -> None:
            raise RuntimeError("boom")

    return replace(KNOWN, services=Broken())


def failing_fields(form: bytes) -> dict[str, str]:
    if form == b"failing":
        raise KeyError("inside")
    return {"decision": "text", "result.code": "text"}


def unpaid(files: Mapping[str, bytes], known: Known) -> list[Problem]:
    """Check with as little time as nobody can do anything in, unless there is nothing to do."""
    isolated = Isolated(seconds=0.0005 if "processes/p.bpmn" in files else 30.0)
    try:
        return isolated.check(files, known)
    finally:
        isolated.close()


GATE = START + user("a") + user("b") + END + exclusive("g", "e") + chain("s", "a", "g") + chain("b", "e")
CHOSEN = flow("g", "b", "${a.decision == 'x'}")
