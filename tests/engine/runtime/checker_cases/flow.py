"""The shape of the flow: the sentences, each with a diagram that earns it and one that does not."""

from tests.engine.runtime.checker_cases.case import (
    CHOSEN,
    E2,
    GATE,
    MESSAGE,
    PARALLEL,
    Case,
    choice,
    escaping,
    exclusive,
    fork,
    late,
    many_gates,
)
from tests.engine.runtime.checker_diagrams import END, GOOD, START, bpmn, chain, flow, service, timer, user

FLOW = [
    Case("no-start", "p", bpmn(user("a") + END + chain("a", "e")), bpmn(GOOD)),
    Case(
        "several-starts",
        "s2",
        bpmn(GOOD + '<startEvent id="s2"/>' + '<exclusiveGateway id="j"/>' + chain("s2", "a")),
        bpmn(
            GOOD + '<startEvent id="s2"><messageEventDefinition messageRef="m"/></startEvent>' + flow("s2", "a"),
            outside=MESSAGE,
        ),
    ),
    Case("no-end", "p", bpmn(START + user("a") + chain("s", "a")), bpmn(GOOD)),
    Case("start-incoming", "s", bpmn(GOOD + flow("a", "s")), bpmn(GOOD)),
    Case("end-outgoing", "e", bpmn(GOOD + flow("e", "a")), bpmn(GOOD)),
    Case(
        "boundary-incoming", "t", bpmn(GOOD + timer("t", "P1D") + E2 + chain("t", "e2") + flow("s", "t")), late("P1D")
    ),
    Case(
        "unreachable",
        "b",
        bpmn(GOOD + user("b") + chain("b", "e")),
        bpmn(START + user("a") + user("b") + END + chain("s", "a", "b", "e")),
    ),
    Case(
        "dead-end",
        "b",
        bpmn(START + user("a") + user("b") + END + PARALLEL.format("f") + chain("s", "f", "a", "e") + flow("f", "b")),
        bpmn(
            START
            + user("a")
            + user("b")
            + END
            + E2
            + PARALLEL.format("f")
            + chain("s", "f", "a", "e")
            + chain("f", "b", "e2")
        ),
    ),
    Case("never-ends", "s", bpmn(START + user("a") + user("b") + END + chain("s", "a", "b", "a")), bpmn(GOOD)),
    Case(
        "endless-loop",
        "x",
        bpmn(
            START
            + service("x")
            + exclusive("g", "e")
            + END
            + chain("s", "x", "g")
            + flow("g", "x", "${defined(x)}")
            + flow("g", "e")
        ),
        bpmn(
            START
            + user("a")
            + exclusive("g", "e")
            + END
            + chain("s", "a", "g")
            + flow("g", "a", "${a.decision == 'x'}")
            + flow("g", "e")
        ),
    ),
    Case("implicit-split", "a", bpmn(GOOD + user("b") + flow("a", "b") + chain("b", "e")), fork(PARALLEL.format("j"))),
    Case(
        "condition-ignored",
        "a_e",
        bpmn(START + user("a") + END + flow("s", "a") + flow("a", "e", "${true}")),
        bpmn(GOOD),
    ),
    Case("no-condition", "g_b", bpmn(GATE + flow("g", "b") + flow("g", "e")), bpmn(GATE + CHOSEN + flow("g", "e"))),
    Case(
        "no-default",
        "g",
        bpmn(GATE.replace(' default="g_e"', "") + CHOSEN + flow("g", "e", "${true}")),
        bpmn(GATE + CHOSEN + flow("g", "e")),
    ),
    Case("single-gateway", "g", bpmn(GATE + flow("g", "e")), bpmn(GATE + CHOSEN + flow("g", "e"))),
    Case(
        "event-gateway",
        "a",
        bpmn(START + '<eventBasedGateway id="g"/>' + user("a") + END + chain("s", "g", "a", "e")),
        bpmn(
            START
            + '<eventBasedGateway id="g"/>'
            + END
            + "".join(
                f'<intermediateCatchEvent id="{key}"><timerEventDefinition><timeDuration>P{days}D</timeDuration>'
                "</timerEventDefinition></intermediateCatchEvent>"
                for key, days in (("w", 1), ("v", 2))
            )
            + chain("s", "g", "w", "e")
            + chain("g", "v", "e")
        ),
    ),
    Case(
        "event-gateway-shared",
        "w",
        bpmn(
            START
            + '<eventBasedGateway id="g"/>'
            + END
            + user("a")
            + exclusive("h", "w")
            + "".join(
                f'<intermediateCatchEvent id="{key}"><timerEventDefinition><timeDuration>P{days}D</timeDuration>'
                "</timerEventDefinition></intermediateCatchEvent>"
                for key, days in (("w", 1), ("v", 2))
            )
            + chain("s", "a", "h", "w", "e")
            + flow("h", "g", "${a.decision == 'x'}")
            + chain("g", "v", "e")
            + flow("g", "w")
        ),
        bpmn(
            START
            + '<eventBasedGateway id="g"/>'
            + END
            + user("a")
            + "".join(
                f'<intermediateCatchEvent id="{key}"><timerEventDefinition><timeDuration>P{days}D</timeDuration>'
                "</timerEventDefinition></intermediateCatchEvent>"
                for key, days in (("w", 1), ("v", 2))
            )
            + chain("s", "a", "g", "w", "e")
            + chain("g", "v", "e")
        ),
    ),
    Case("join-deadlock", "j", bpmn(choice() + PARALLEL.format("j")), bpmn(choice() + '<exclusiveGateway id="j"/>')),
    Case("join-may-wait", "j", escaping(PARALLEL.format("j")), fork(PARALLEL.format("j"))),
    Case("tokens-doubled", "j", fork('<exclusiveGateway id="j"/>'), fork(PARALLEL.format("j"))),
    Case("soundness-bounded", "p", many_gates(14), many_gates(3)),
]
