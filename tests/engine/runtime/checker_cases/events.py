"""Events, instances and mappings: the sentences, each with a diagram that earns it and one that does not."""

from tests.engine.runtime.checker_cases.case import (
    E2,
    MESSAGE,
    OUTSIDE_ERROR,
    OUTSIDE_ESCALATION,
    PARALLEL,
    SIGNAL,
    Case,
    boundary,
    calling,
    ending,
    many,
    sub,
    task,
)
from tests.engine.runtime.checker_diagrams import END, START, bpmn, chain, service, user

THROWN = '<intermediateThrowEvent id="x"><{0}EventDefinition {0}Ref="{1}"/></intermediateThrowEvent>'
CAUGHT = '<intermediateCatchEvent id="k"><{0}EventDefinition {0}Ref="{1}"/></intermediateCatchEvent>'
BOTH = START + user("a") + END + E2 + PARALLEL.format("f") + chain("s", "f", "a", "x", "e") + chain("f", "k", "e2")
IN_MAPPING = '<camunda:in source="a" target="given"/>'
EVENTS = [
    Case(
        "no-message",
        "x",
        task('<receiveTask id="x"/>'),
        bpmn(
            START + user("a") + '<receiveTask id="x" messageRef="m"/>' + END + chain("s", "a", "x", "e"),
            outside=MESSAGE,
        ),
    ),
    Case(
        "message-not-caught",
        "x",
        bpmn(START + user("a") + THROWN.format("message", "m") + END + chain("s", "a", "x", "e"), outside=MESSAGE),
        bpmn(BOTH + THROWN.format("message", "m") + CAUGHT.format("message", "m"), outside=MESSAGE),
    ),
    Case(
        "no-signal",
        "x",
        task("<intermediateCatchEvent id='x'><signalEventDefinition/></intermediateCatchEvent>"),
        bpmn(BOTH + THROWN.format("signal", "sg") + CAUGHT.format("signal", "sg"), outside=SIGNAL),
    ),
    Case(
        "signal-not-caught",
        "x",
        bpmn(START + user("a") + THROWN.format("signal", "sg") + END + chain("s", "a", "x", "e"), outside=SIGNAL),
        bpmn(BOTH + THROWN.format("signal", "sg") + CAUGHT.format("signal", "sg"), outside=SIGNAL),
    ),
    Case(
        "error-without-code",
        "xe",
        sub(ending("error", ""), boundary("error", "")),
        sub(ending("error", 'errorRef="er"'), boundary("error", ""), OUTSIDE_ERROR),
    ),
    Case(
        "error-not-caught",
        "xe",
        sub(ending("error", 'errorRef="er"'), outside=OUTSIDE_ERROR),
        sub(ending("error", 'errorRef="er"'), boundary("error", 'errorRef="er"'), OUTSIDE_ERROR),
    ),
    Case(
        "service-error-not-caught",
        "x",
        task(service("x", "compare")),
        task(service("x", "compare"), E2 + boundary("error", 'errorRef="er"'), outside=OUTSIDE_ERROR),
    ),
    Case(
        "error-not-thrown",
        "t",
        sub('<endEvent id="xe"/>' + chain("xs", "a", "xe"), boundary("error", 'errorRef="er"'), OUTSIDE_ERROR),
        sub(ending("error", 'errorRef="er"'), boundary("error", 'errorRef="er"'), OUTSIDE_ERROR),
    ),
    Case(
        "escalation-without-code",
        "xe",
        sub(ending("escalation", ""), boundary("escalation", "")),
        sub(ending("escalation", 'escalationRef="es"'), boundary("escalation", ""), OUTSIDE_ESCALATION),
    ),
    Case(
        "escalation-not-caught",
        "xe",
        sub(ending("escalation", 'escalationRef="es"'), outside=OUTSIDE_ESCALATION),
        sub(
            ending("escalation", 'escalationRef="es"'), boundary("escalation", 'escalationRef="es"'), OUTSIDE_ESCALATION
        ),
    ),
    Case(
        "escalation-not-thrown",
        "t",
        sub(
            '<endEvent id="xe"/>' + chain("xs", "a", "xe"),
            boundary("escalation", 'escalationRef="es"'),
            OUTSIDE_ESCALATION,
        ),
        sub(
            ending("escalation", 'escalationRef="es"'), boundary("escalation", 'escalationRef="es"'), OUTSIDE_ESCALATION
        ),
    ),
    Case("no-collection", "x", many(""), many("<loopCardinality>3</loopCardinality>")),
    Case(
        "two-collections",
        "x",
        many("<loopCardinality>3</loopCardinality>", 'camunda:collection="a"'),
        many("<loopCardinality>3</loopCardinality>"),
    ),
    Case(
        "cardinality",
        "x",
        many("<loopCardinality>201</loopCardinality>"),
        many("<loopCardinality>200</loopCardinality>"),
    ),
    Case(
        "element-variable",
        "x",
        many("", 'camunda:collection="a" camunda:elementVariable="matter"'),
        many("", 'camunda:collection="a" camunda:elementVariable="each"'),
    ),
    Case("mapping", "x", calling('<camunda:in source="a"/>'), calling(IN_MAPPING)),
    Case(
        "mapping-unset",
        "x",
        calling('<camunda:out source="gone" target="back"/>'),
        calling('<camunda:out source="c" target="back"/>'),
    ),
    Case(
        "no-plain-start",
        "x",
        calling(
            start='<startEvent id="qs"><timerEventDefinition><timeCycle>R/P1D</timeCycle></timerEventDefinition>'
            "</startEvent>"
        ),
        calling(),
    ),
]
