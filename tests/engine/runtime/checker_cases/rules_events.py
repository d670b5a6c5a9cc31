"""Rules 096 to 152 of the standard: events, message flows, event-based gateways."""

from typing import Final

from tests.engine.runtime.checker_cases.rule import (
    ALARM,
    CALLED,
    FORMAL,
    HEARD,
    ONE,
    PLAIN,
    SUB,
    TOLD,
    Rule,
    carried,
    message,
    race,
    receive,
    x,
)
from tests.engine.runtime.checker_diagrams import END, START, chain, flow

EVENT_RULES: Final = [
    Rule("096", "s", PLAIN + flow("x", "s"), PLAIN),
    Rule("097", "e", '<task id="x"/>' + END + flow("x", "e"), PLAIN),
    Rule("098", "s", PLAIN.replace(START, '<startEvent id="s"><errorEventDefinition/></startEvent>'), PLAIN),
    Rule(
        "099",
        "q",
        x("callActivity", attributes='calledElement="q"'),
        x("callActivity", attributes='calledElement="q"'),
        *(
            CALLED.format("").replace('"false"', '"true"').replace('"qs"/>', f'"qs">{each}</startEvent>')
            for each in (TOLD, "")
        ),
    ),
    Rule(
        "100",
        "xs",
        START + SUB.format("").replace('"xs"/>', f'"xs">{HEARD}</startEvent>') + END + ONE,
        START + SUB.format("") + END + ONE,
    ),
    Rule("101", "t", PLAIN + f'<startEvent id="t">{HEARD}</startEvent>', PLAIN),
    Rule("102", "s", PLAIN, PLAIN, carried("s", "o"), carried("x", "o")),
    Rule("103", "s", PLAIN, PLAIN.replace(START, f'<startEvent id="s">{TOLD}</startEvent>'), carried("o", "s")),
    Rule("104", "e", PLAIN + '<task id="y"/>' + flow("e", "y"), PLAIN),
    Rule("105", "s", START + '<task id="x"/>' + flow("s", "x"), PLAIN),
    Rule("107", "f", PLAIN + '<endEvent id="f"/>', PLAIN),
    Rule("108", "e", PLAIN, PLAIN, carried("o", "e"), carried("o", "x")),
    Rule("109", "e", PLAIN, PLAIN.replace(END, f'<endEvent id="e">{TOLD}</endEvent>'), carried("e", "o")),
    Rule("113", "b", PLAIN + ALARM.format("x"), PLAIN + ALARM.format("x") + flow("b", "e")),
    Rule(
        "115",
        "y",
        '<task id="x"/>' + message("y") + END + flow("x", "e") + flow("y", "e"),
        START + message("y") + END + chain("s", "y", "e"),
    ),
    Rule(
        "116",
        "y",
        PLAIN.replace(flow("x", "e"), "") + message("y") + chain("x", "y"),
        PLAIN.replace(flow("x", "e"), "") + message("y") + chain("x", "y", "e"),
    ),
    Rule(
        "119",
        "y",
        START + message("y") + END + chain("s", "y", "e"),
        START + message("y") + END + chain("s", "y", "e"),
        carried("y", "o"),
        carried("o", "y"),
    ),
    Rule(
        "127",
        "y",
        START + message("y").replace(' messageRef="m2"', "") + END + chain("s", "y", "e"),
        START + message("y") + END + chain("s", "y", "e"),
    ),
    Rule(
        "128",
        "y",
        START + message("y", "m") + END + chain("s", "y", "e"),
        START
        + message("y", "m").replace('"m"/>', '"m"><operationRef>op</operationRef></messageEventDefinition>')
        + END
        + chain("s", "y", "e"),
    ),
    Rule("135", "x", x("exclusiveGateway"), PLAIN),
    Rule("136", "g", race(message("y")), race(message("y"), message("z"))),
    Rule(
        "137",
        "g_y",
        race(message("y"), message("z")).replace(
            'targetRef="y">', f'targetRef="y"><conditionExpression {FORMAL}>1 == 1</conditionExpression>', 1
        ),
        race(message("y"), message("z")),
    ),
    Rule("138", "y", race('<task id="y"/>', message("z")), race(message("y"), message("z"))),
    Rule("139", "g", race(receive("y"), message("z")), race(receive("y"), receive("z"))),
    Rule(
        "140",
        "y",
        race(receive("y"), receive("z"), more=ALARM.format("y") + flow("b", "e")),
        race(receive("y"), receive("z")),
    ),
    Rule(
        "141",
        "y",
        race(message("y"), message("z"), more='<task id="t"/>' + flow("t", "y")),
        race(message("y"), message("z")),
    ),
    Rule("146", "e", PLAIN.replace(END, '<endEvent id="e"><timerEventDefinition/></endEvent>'), PLAIN),
    Rule("149", "x", x("intermediateThrowEvent", "<errorEventDefinition/>"), x("intermediateThrowEvent")),
    Rule("150", "y", PLAIN + '<task id="y"/>' + flow("y", "e"), PLAIN),
    Rule("151", "y", PLAIN.replace(flow("x", "e"), "") + '<task id="y"/>' + chain("x", "y"), PLAIN),
    Rule("152", "y_e", PLAIN, PLAIN, CALLED.format('<task id="y"/>' + flow("y", "e")), CALLED.format("")),
]
