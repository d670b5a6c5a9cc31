"""Hard places of data and people: variables, fields, decisions, roles, limits, errors of services."""

from typing import Final

from tests.engine.runtime.checker_cases.case import LIMIT, PARALLEL, ROLE, exclusive
from tests.engine.runtime.checker_cases.place import (
    ASKS,
    CHANNEL,
    DATED,
    E2,
    FREE,
    LIST,
    READ_AFTER,
    TASK_RULE,
    UNREAD,
    Place,
    called,
    calling,
    decision,
    scheduled,
    sub,
)
from tests.engine.runtime.checker_diagrams import END, START, chain, flow, service, timer, user

DATA_PLACES: Final = [
    # Variables.
    Place(
        "not set when interrupted",
        {("sometimes-unset", "g_c")},
        START
        + user("a")
        + timer("t", "P1D", interrupts=True)
        + '<exclusiveGateway id="m"/>'
        + END
        + chain("s", "a", "m", "g")
        + flow("t", "m")
        + READ_AFTER,
    ),
    Place(
        "set inside instances only",
        {("unset-variable", "g_c")},
        START + sub(user("a"), "a", loop=LIST) + END + chain("s", "x", "g") + READ_AFTER,
    ),
    Place(
        "set by both of parallel branches",
        set(),
        START
        + PARALLEL.format("f")
        + user("a")
        + user("b")
        + PARALLEL.format("j")
        + END
        + chain("s", "f", "a", "j", "g")
        + chain("f", "b", "j")
        + READ_AFTER,
    ),
    Place(
        "set by one of two callers",
        {("sometimes-unset", "qg_c")},
        START
        + exclusive("f", "x")
        + user("a")
        + calling("y")
        + calling()
        + END
        + flow("s", "f")
        + flow("f", "a", CHANNEL)
        + flow("f", "x")
        + chain("a", "y", "e")
        + chain("x", "e"),
        called(ASKS),
    ),
    Place(
        "a decision before its data",
        {("unset-variable", "x")},
        START + '<businessRuleTask id="x" camunda:decisionRef="d"/>' + user("a") + END + chain("s", "x", "a", "e"),
        decision(["-", '"1"'], inputs=("a.decision",)),
    ),
    # Fields nobody reads.
    Place(
        "read by a due date",
        {("field-unread", "a"), ("field-unread", "b")},
        START
        + user("a")
        + user("b", attributes=f'{ROLE} camunda:dueDate="${{a.decision}}"')
        + END
        + chain("s", "a", "b", "e"),
        known=UNREAD,
    ),
    Place(
        "read below a call",
        {("field-unread", "c")},
        START + user("a") + calling(mapped='<camunda:in source="a" target="z"/>') + END + chain("s", "a", "x", "e"),
        called(ASKS.replace("a.decision", "z.decision")),
        known=UNREAD,
    ),
    # Decisions.
    Place(
        "no rule beside a number",
        {("decision-gap", "d")},
        TASK_RULE,
        decision(["< 1", '"1"'], ["> 1", '"2"'], inputs=("matter.n",)),
    ),
    Place(
        "no rule for one of two",
        {("decision-gap", "d")},
        TASK_RULE,
        decision(['"a"', "< 1", '"1"'], ["-", "[1..5]", '"2"'], inputs=("matter.channel", "matter.n")),
    ),
    Place("all numbers", set(), TASK_RULE, decision(["<= 1", '"1"'], ["> 1", '"2"'], inputs=("matter.n",))),
    Place("rules that agree", set(), TASK_RULE, decision(['"a"', '"1"'], ["-", '"1"'], policy="ANY")),
    Place(
        "rules that disagree",
        {("decision-disagree", "d"), ("trial-stuck", "x")},
        TASK_RULE,
        decision(['"a"', '"1"'], ["-", '"2"'], policy="ANY"),
    ),
    Place(
        "rules that may agree",
        {("trial-stuck", "x")},
        TASK_RULE,
        decision(['"a"', "matter.channel"], ["-", '"2"'], policy="ANY"),
    ),
    # Roles and limits.
    Place(
        "nobody holds the role of the instances",
        {("role-without-holder", "a")},
        START
        + sub(user("a", attributes=f'camunda:candidateGroups="instructor" {LIMIT}'), "a", loop=LIST)
        + END
        + chain("s", "x", "e"),
    ),
    Place("no limit inside", {("no-time-limit", "a")}, START + sub(FREE, "a") + END + chain("s", "x", "e")),
    Place(
        "a limit around",
        set(),
        START + sub(FREE, "a") + timer("t", "P1D", host="x") + END + E2 + chain("s", "x", "e") + chain("t", "e2"),
    ),
    Place(
        "a limit on every call",
        set(),
        START + calling() + timer("t", "P1D", host="x") + END + E2 + chain("s", "x", "e") + chain("t", "e2"),
        called(user("c", attributes=ROLE), "c"),
    ),
    Place(
        "a limit on one of two calls",
        {("no-time-limit", "c")},
        START
        + calling()
        + calling("y")
        + timer("t", "P1D", host="x")
        + END
        + E2
        + chain("s", "x", "y", "e")
        + chain("t", "e2"),
        called(user("c", attributes=ROLE), "c"),
    ),
    # Schedules.
    Place(
        "a schedule whose last time has passed",
        {("schedule-past", "t")},
        scheduled("R3/2026-10-01T09:00:00+08:00/P1D"),
        known=DATED,
    ),
    Place("a schedule whose last time will come", set(), scheduled("R3/2026-10-01T09:00:00+08:00/P1M"), known=DATED),
    Place("a schedule for ever", set(), scheduled("R/2020-01-01T09:00:00+08:00/P1D"), known=DATED),
    # Errors of services.
    Place(
        "an error no service inside raises",
        {("error-not-thrown", "t")},
        START
        + sub(service("y"), "y")
        + END
        + E2
        + '<boundaryEvent id="t" attachedToRef="x"><errorEventDefinition errorRef="er"/></boundaryEvent>'
        + chain("s", "x", "e")
        + chain("t", "e2"),
        outside='<error id="er" errorCode="E1"/>',
    ),
    Place(
        "an error a called service raises",
        set(),
        START
        + calling()
        + END
        + E2
        + '<boundaryEvent id="t" attachedToRef="x"><errorEventDefinition errorRef="er"/></boundaryEvent>'
        + chain("s", "x", "e")
        + chain("t", "e2"),
        called(service("c", "compare"), "c"),
        outside='<error id="er" errorCode="E1"/>',
    ),
    Place(
        "an error a service may raise that declares none",
        set(),
        START
        + service("y", "ask")
        + END
        + E2
        + '<boundaryEvent id="t" attachedToRef="y"><errorEventDefinition errorRef="er"/></boundaryEvent>'
        + chain("s", "y", "e")
        + chain("t", "e2"),
        outside='<error id="er" errorCode="E1"/>',
    ),
    Place(
        "an error of one caller is caught",
        {("service-error-not-caught", "c")},
        START
        + calling()
        + calling("y")
        + END
        + E2
        + '<boundaryEvent id="t" attachedToRef="x"><errorEventDefinition errorRef="er"/></boundaryEvent>'
        + chain("s", "x", "y", "e")
        + chain("t", "e2"),
        called(service("c", "compare"), "c"),
        outside='<error id="er" errorCode="E1"/>',
    ),
]
