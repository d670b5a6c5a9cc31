"""Expressions, variables and times: the sentences, each with a diagram that earns it and one that does not."""

from dataclasses import replace

from tests.engine.runtime.checker_cases.case import (
    BARE,
    CHOSEN,
    DATED,
    E2,
    GATE,
    SIGNAL,
    Case,
    exclusive,
    failing_fields,
    late,
    task,
)
from tests.engine.runtime.checker_diagrams import END, GOOD, KNOWN, START, bpmn, chain, flow, service, timer, user

FORMAL = b'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="tFormalExpression"'
WAITING = (
    START
    + '<intermediateCatchEvent id="x"><timerEventDefinition>{}</timerEventDefinition>'
    + ("</intermediateCatchEvent>" + END + chain("s", "x", "e"))
)
DAY = bpmn(WAITING.format("<timeDuration>P1D</timeDuration>"))


ASKED = b'{"components": [{"type": "select", "key": "kind", "values": [{"value": "yes"}, {"value": "no"}]}]}'
HEARD = '<boundaryEvent id="t" attachedToRef="a"><signalEventDefinition signalRef="sg"/></boundaryEvent>'


def scheduled(text: str, kind: str = "timeDate") -> bytes:
    return bpmn(
        GOOD + f'<startEvent id="t"><timerEventDefinition><{kind}>{text}</{kind}></timerEventDefinition></startEvent>'
        '<task id="n"/>' + E2 + chain("t", "n", "e2")
    )


FORMULAS = [
    Case(
        "condition-never",
        "g_b",
        {"processes/p.bpmn": bpmn(GATE + flow("g", "b", "${a.kind == 'Yes'}") + flow("g", "e")), "forms/a.form": ASKED},
        {"processes/p.bpmn": bpmn(GATE + flow("g", "b", "${a.kind == 'yes'}") + flow("g", "e")), "forms/a.form": ASKED},
        replace(KNOWN, fields=lambda _form: {"kind": "text"}),
    ),
    Case(
        "event-unused",
        "t",
        bpmn(START + service("a") + END + E2 + chain("s", "a", "e") + HEARD + chain("t", "e2"), outside=SIGNAL),
        bpmn(GOOD + E2 + HEARD + chain("t", "e2"), outside=SIGNAL),
    ),
    Case(
        "informal-expression",
        "x",
        DAY.replace(BARE, b""),
        DAY.replace(BARE, b"").replace(b"<timeDuration>", b"<timeDuration " + FORMAL + b">"),
    ),
    Case(
        "empty-expression",
        "g_b",
        bpmn(GATE + flow("g", "b", " ") + flow("g", "e")).replace(
            b"<conditionExpression>", b"<conditionExpression " + FORMAL + b">"
        ),
        bpmn(GATE + CHOSEN + flow("g", "e")),
    ),
    Case(
        "schedule-past",
        "t",
        scheduled("2026-10-31T09:00:00+08:00"),
        scheduled("2026-11-02T09:00:00+08:00"),
        DATED,
    ),
    Case(
        "expression",
        "g_b",
        bpmn(GATE + flow("g", "b", "${1 +}") + flow("g", "e")),
        bpmn(GATE + CHOSEN + flow("g", "e")),
    ),
    Case(
        "mixed-text",
        "x",
        task(service("x", "escalate", ("level", "Nr. ${a.decision}"))),
        task(service("x", "escalate", ("level", "${a.decision}"))),
    ),
    Case(
        "unknown-function",
        "g_b",
        bpmn(GATE + flow("g", "b", "${shout(a.decision)}") + flow("g", "e")),
        bpmn(GATE + flow("g", "b", "${workdays(a.decision)}") + flow("g", "e")),
    ),
    Case(
        "unset-variable",
        "g_b",
        bpmn(GATE + flow("g", "b", "${a.decison == 'x'}") + flow("g", "e")),
        bpmn(GATE + CHOSEN + flow("g", "e")),
    ),
    Case(
        "sometimes-unset",
        "h_c",
        bpmn(
            START
            + user("a")
            + user("b")
            + user("c")
            + END
            + exclusive("g", "h")
            + exclusive("h", "e")
            + chain("s", "a", "g")
            + CHOSEN
            + chain("g", "h")
            + chain("b", "h")
            + flow("h", "c", "${b.decision == 'y'}")
            + flow("h", "e")
            + chain("c", "e")
        ),
        bpmn(
            START
            + user("a")
            + user("b")
            + user("c")
            + END
            + exclusive("h", "e")
            + chain("s", "a", "b", "h")
            + flow("h", "c", "${b.decision == 'y'}")
            + flow("h", "e")
            + chain("c", "e")
        ),
    ),
    Case(
        "text-field",
        "g_b",
        {
            "processes/p.bpmn": bpmn(GATE + flow("g", "b", "${a.report == 'x'}") + flow("g", "e")),
            "forms/a.form": b'{"components":[{"type":"textarea","key":"report"}]}',
        },
        bpmn(GATE + CHOSEN + flow("g", "e")),
        replace(KNOWN, fields=failing_fields),
    ),
    Case("timer-empty", "t", late(""), late("P1D")),
    Case("timer-several", "t", late("P1D</timeDuration><timeDuration>P2D"), late("P1D")),
    Case("timer", "t", late("3 days"), late("3工作日")),
    Case("timer-zero", "t", late("R/PT0S", "timeCycle"), late("R/PT1H", "timeCycle")),
    Case("timer-cron", "t", late("0 0 9 * * ?", "timeCycle"), late("R/P1D", "timeCycle")),
    Case(
        "timer-past",
        "t",
        late("2026-10-31T09:00:00+08:00", "timeDate"),
        late("2026-11-02T09:00:00+08:00", "timeDate"),
        DATED,
    ),
    Case(
        "timer-unused",
        "t",
        bpmn(START + service("a") + END + E2 + chain("s", "a", "e") + timer("t", "P3D") + chain("t", "e2")),
        late("P3D"),
    ),
    Case(
        "timer-too-late",
        "u",
        bpmn(GOOD + E2 + timer("t", "P3D", interrupts=True) + timer("u", "P5D") + chain("t", "e2") + chain("u", "e2")),
        bpmn(GOOD + E2 + timer("t", "P5D", interrupts=True) + timer("u", "P3D") + chain("t", "e2") + chain("u", "e2")),
    ),
    Case("cycle-once", "t", late("R/P3D", "timeCycle", interrupts=True), late("R/P3D", "timeCycle")),
]
