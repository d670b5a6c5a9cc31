"""Files, ids and references: the sentences, each with a diagram that earns it and one that does not."""

from engine.runtime.checker import check_and_try
from tests.engine.runtime.checker_cases.case import BARE, CHOSEN, E2, GATE, SECOND, Case, broken_known, late, unpaid
from tests.engine.runtime.checker_diagrams import END, GOOD, HEAD, START, bpmn, chain, dmn, flow, service, timer


def listing(ends: str) -> bytes:
    """A file that lists the flows of its nodes; `ends` is what the end event lists."""
    nodes = '<startEvent id="s"><outgoing>s_n</outgoing></startEvent>'
    nodes += '<task id="n"><incoming>s_n</incoming><outgoing>n_e</outgoing></task>'
    return bpmn(nodes + f'<endEvent id="e">{ends}</endEvent>' + chain("s", "n", "e")).replace(BARE, b"")


FILES = [
    Case("checker-failed", "", bpmn(GOOD + service("x")), bpmn(GOOD), broken_known()),
    Case("checker-limit", "", bpmn(GOOD), {"processes/clocks.dmn": dmn()}, check=unpaid),
    Case("unknown-file", "", {"processes/p.bpmn": bpmn(GOOD), "notes.txt": b""}, bpmn(GOOD)),
    Case("xml", "", b"<a>", bpmn(GOOD), shown="xml-not-well-formed"),
    Case("not-bpmn", "", b"<a/>", bpmn(GOOD)),
    Case(
        "schema",
        "definitions",
        bpmn(GOOD).replace(b' targetNamespace="x"', b""),
        bpmn(GOOD),
        shown="schema-missing-attribute",
    ),
    Case("no-process", "", (HEAD + "</definitions>").encode(), bpmn(GOOD)),
    Case("not-executable", "p", bpmn(GOOD, process='isExecutable="false"'), bpmn(GOOD)),
    Case(
        "several-processes",
        "p",
        bpmn(GOOD, outside=SECOND),
        bpmn(GOOD, outside='<process id="q"><task id="z"/></process>'),
    ),
    Case(
        "too-large",
        "p",
        bpmn(
            START
            + END
            + "".join(f'<task id="t{n}"/>' for n in range(401))
            + chain("s", *(f"t{n}" for n in range(401)), "e")
        ),
        bpmn(
            START
            + END
            + "".join(f'<task id="t{n}"/>' for n in range(390))
            + chain("s", *(f"t{n}" for n in range(390)), "e")
        ),
    ),
    Case(
        "duplicate-process",
        "p",
        {"processes/p.bpmn": bpmn(GOOD), "processes/r.bpmn": bpmn(GOOD)},
        {"processes/p.bpmn": bpmn(GOOD), "processes/r.bpmn": bpmn(GOOD, key="r")},
    ),
    Case(
        "trial-parse",
        "",
        bpmn(GATE + CHOSEN + flow("g", "e")).replace(b'default="g_e"', b'default=" g_e "'),
        bpmn(GATE + CHOSEN + flow("g", "e")),
        check=check_and_try,
    ),
    Case(
        "trial-stuck",
        "g",
        bpmn(GATE + flow("g", "b", "${a.decision < 3}") + flow("g", "e")),
        bpmn(GATE + CHOSEN + flow("g", "e")),
        check=check_and_try,
    ),
    Case("duplicate-id", "a", bpmn(GOOD + '<task id="a"/>'), bpmn(GOOD)),
    Case("missing-id", "", bpmn(GOOD + "<task/>"), bpmn(GOOD)),
    Case("import", "", bpmn(GOOD, outside='<import importType="x" location="y" namespace="z"/>'), bpmn(GOOD)),
    Case("unknown-reference", "t", bpmn(GOOD + timer("t", "P1D", host="none") + E2 + chain("t", "e2")), late("P1D")),
    Case("wrong-reference", "t", bpmn(GOOD + timer("t", "P1D", host="s") + E2 + chain("t", "e2")), late("P1D")),
    Case("flow-end", "a_nowhere", bpmn(GOOD + flow("a", "nowhere")), bpmn(GOOD)),
    Case(
        "flow-listed",
        "a",
        bpmn(GOOD.replace("</userTask>", "<incoming>other</incoming></userTask>")),
        bpmn(GOOD.replace("</userTask>", "<incoming>s_a</incoming></userTask>")),
    ),
    Case("flow-unlisted", "e", listing(""), listing("<incoming>n_e</incoming>")),
    Case("not-attached", "t", bpmn(GOOD + timer("t", "P1D", host="s") + E2 + chain("t", "e2")), late("P1D")),
    Case("default-flow", "a", bpmn(GOOD.replace('<userTask id="a"', '<userTask id="a" default="gone"')), bpmn(GOOD)),
    Case(
        "default-condition",
        "g_e",
        bpmn(GATE + CHOSEN + flow("g", "e", "${true}")),
        bpmn(GATE + CHOSEN + flow("g", "e")),
    ),
]
