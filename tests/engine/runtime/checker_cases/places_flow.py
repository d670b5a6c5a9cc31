"""Hard places of the flow: what is not reached, joins, events that never come, circles."""

from typing import Final

from tests.engine.runtime.checker_cases.case import MESSAGE, PARALLEL, exclusive
from tests.engine.runtime.checker_cases.place import (
    AROUND,
    BOTH,
    CHANNEL,
    DECIDED,
    E2,
    JUDGED,
    LIST,
    SENT,
    Place,
    called,
    calling,
    sub,
)
from tests.engine.runtime.checker_diagrams import END, START, chain, flow, service, timer, user

FLOW_PLACES: Final = [
    # What is not reached, or leads nowhere.
    Place(
        "not reached inside",
        {("unreachable", "b")},
        START + sub(user("a") + user("b") + flow("b", "xe"), "a") + END + chain("s", "x", "e"),
    ),
    Place(
        "reached from what is not reached",
        {("unreachable", "b"), ("unreachable", "c")},
        START
        + user("a")
        + user("b")
        + user("c")
        + END
        + chain("s", "a", "e")
        + timer("t", "P1D", host="b")
        + chain("b", "e")
        + chain("t", "c", "e"),
    ),
    Place(
        "reached by an event of a sub-process",
        set(),
        START
        + sub(user("a"), "a")
        + user("b")
        + END
        + chain("s", "x", "e")
        + timer("t", "P1D", host="x")
        + chain("t", "b", "e"),
    ),
    Place(
        "a branch inside ends nowhere",
        {("dead-end", "b")},
        START
        + sub(user("a") + user("b") + PARALLEL.format("g") + flow("g", "b"), "g", "a")
        + END
        + chain("s", "x", "e"),
    ),
    Place(
        "an event leads nowhere",
        {("dead-end", "t")},
        START + user("a") + timer("t", "P1D") + END + chain("s", "a", "e"),
    ),
    # Gateways and joins.
    Place(
        "no condition in instances",
        {("no-condition", "g_a")},
        START
        + sub(
            exclusive("g", "b")
            + user("a")
            + user("b")
            + flow("xs", "g")
            + flow("g", "a")
            + flow("g", "b")
            + flow("a", "xe")
            + flow("b", "xe"),
            loop=LIST,
        )
        + END
        + chain("s", "x", "e"),
    ),
    Place(
        "branches meet unjoined in instances",
        {("tokens-doubled", "c")},
        START + sub(BOTH + chain("f", "b", "c"), "f", "a", "c", loop=LIST) + END + chain("s", "x", "e"),
    ),
    Place(
        "a reminder runs into the main way",
        {("tokens-doubled", "b")},
        START + user("a") + user("b") + END + timer("t", "P1D") + chain("s", "a", "b", "e") + chain("t", "b"),
    ),
    Place(
        "alternatives meet",
        set(),
        START
        + exclusive("f", "b")
        + user("a")
        + user("b")
        + user("c")
        + END
        + flow("s", "f")
        + flow("f", "a", CHANNEL)
        + flow("f", "b")
        + chain("a", "c", "e")
        + chain("b", "c"),
    ),
    Place(
        "alternatives joined inside",
        {("join-deadlock", "j")},
        START
        + sub(
            exclusive("f", "b")
            + user("a")
            + user("b")
            + PARALLEL.format("j")
            + flow("xs", "f")
            + flow("f", "a", CHANNEL)
            + flow("f", "b")
            + chain("a", "j", "xe")
            + chain("b", "j")
        )
        + END
        + chain("s", "x", "e"),
    ),
    Place(
        "a join fed by what follows it",
        {("join-deadlock", "j")},
        START
        + user("a")
        + PARALLEL.format("j")
        + user("b")
        + exclusive("g", "e")
        + END
        + chain("s", "a", "j", "b", "g")
        + flow("g", "j", DECIDED)
        + flow("g", "e"),
    ),
    Place(
        "an interrupted branch",
        {("join-may-wait", "j")},
        START
        + PARALLEL.format("f")
        + user("a")
        + user("b")
        + PARALLEL.format("j")
        + END
        + E2
        + timer("t", "P1D", interrupts=True)
        + chain("s", "f", "a", "j", "e")
        + chain("f", "b", "j")
        + chain("t", "e2"),
    ),
    Place(
        "forks in forks",
        set(),
        START
        + PARALLEL.format("f")
        + PARALLEL.format("f2")
        + user("a")
        + user("b")
        + user("c")
        + PARALLEL.format("j2")
        + PARALLEL.format("j")
        + END
        + chain("s", "f", "f2", "a", "j2", "j", "e")
        + chain("f2", "b", "j2")
        + chain("f", "c", "j"),
    ),
    # Events that never come.
    Place(
        "a timer on what computes inside",
        {("timer-unused", "t")},
        START
        + sub(service("y"), "y")
        + END
        + E2
        + timer("t", "P1D", host="x")
        + chain("s", "x", "e")
        + chain("t", "e2"),
    ),
    Place(
        "a timer on a call that computes",
        {("timer-unused", "t")},
        START + calling() + END + E2 + timer("t", "P1D", host="x") + chain("s", "x", "e") + chain("t", "e2"),
        called(service("c"), "c"),
    ),
    Place(
        "a timer on a call that waits",
        set(),
        START + calling() + END + E2 + timer("t", "P1D", host="x") + chain("s", "x", "e") + chain("t", "e2"),
        called(user("c"), "c"),
    ),
    Place(
        "a cycle after the interruption",
        {("timer-too-late", "t")},
        START
        + user("a")
        + END
        + E2
        + timer("t", "R/P3D", kind="timeCycle")
        + timer("u", "P2D", interrupts=True)
        + chain("s", "a", "e")
        + chain("t", "e2")
        + chain("u", "e2"),
    ),
    Place(
        "a message to what never waits",
        {("event-unused", "t")},
        START + service("a") + SENT.format("a") + END + E2 + chain("s", "a", "e") + chain("t", "e2"),
        outside=MESSAGE,
    ),
    # Circles.
    Place(
        "a circle through a call",
        {("endless-loop", "j")},
        START
        + '<exclusiveGateway id="j"/>'
        + calling()
        + exclusive("g", "j")
        + END
        + chain("s", "j", "x", "g")
        + flow("g", "e", CHANNEL)
        + flow("g", "j"),
        called(service("c"), "c"),
    ),
    Place(
        "a circle whose wait can be missed",
        {("endless-loop", "j")},
        AROUND
        + exclusive("g", "y")
        + user("a")
        + JUDGED
        + flow("j", "g")
        + flow("g", "a", CHANNEL)
        + flow("g", "y")
        + flow("a", "y"),
    ),
    Place("a circle that always waits", set(), AROUND + user("a") + JUDGED + chain("j", "a", "y")),
    Place(
        "calls itself inside",
        {("recursion", "y")},
        START + sub(user("a") + calling("y", "p"), "a", "y") + END + chain("s", "x", "e"),
    ),
    Place(
        "leads into a circle of others",
        {("recursion", "c"), ("recursion", "d")},
        START + calling() + END + chain("s", "x", "e"),
        called(calling("c", "r"), "c") | called(calling("d", "q"), "d", key="r"),
    ),
    Place(
        "called twice",
        set(),
        START + calling() + calling("y") + END + chain("s", "x", "y", "e"),
        called(user("c"), "c"),
    ),
]
