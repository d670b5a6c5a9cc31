"""Elements and what tasks name: the sentences, each with a diagram that earns it and one that does not."""

from dataclasses import replace

from tests.engine.runtime.checker_cases.case import (
    COLLABORATION,
    GATE,
    LIMIT,
    ROLE,
    Case,
    calling,
    failing_fields,
    task,
)
from tests.engine.runtime.checker_diagrams import END, GOOD, KNOWN, START, bpmn, chain, dmn, flow, service, user

UNKNOWN_NAME = f'{ROLE} {LIMIT} camunda:formRef="b"'
TASKS = [
    Case("unsupported", "x", task('<scriptTask id="x"/>'), task('<task id="x"/>')),
    Case(
        "standard",
        "m",
        bpmn(GOOD, outside=COLLABORATION.format('<messageFlow id="m" sourceRef="a" targetRef="e"/>')),
        bpmn(
            GOOD, outside=COLLABORATION.format('<participant id="o"/><messageFlow id="m" sourceRef="a" targetRef="o"/>')
        ),
    ),
    Case(
        "reserved-id", "matter", bpmn(START + service("matter") + END + chain("s", "matter", "e")), task(service("x"))
    ),
    Case("id-not-a-name", "x-1", bpmn(START + service("x-1") + END + chain("s", "x-1", "e")), task(service("x"))),
    Case("unknown-form", "x", task(user("x")), task(user("x", attributes=UNKNOWN_NAME))),
    Case("bad-form", "", {"processes/p.bpmn": bpmn(GOOD), "forms/a.form": b"!one"}, bpmn(GOOD)),
    Case(
        "form-failed",
        "",
        {"processes/p.bpmn": bpmn(GOOD), "forms/z.form": b"failing"},
        bpmn(GOOD),
        replace(KNOWN, fields=failing_fields),
    ),
    Case(
        "no-role",
        "x",
        task(user("x", attributes=f'{LIMIT} camunda:formRef="b"')),
        task(user("x", attributes=UNKNOWN_NAME)),
    ),
    Case(
        "unknown-role",
        "x",
        task(user("x", attributes=UNKNOWN_NAME.replace("handler", "astronaut"))),
        task(user("x", attributes=UNKNOWN_NAME)),
    ),
    Case(
        "role-without-holder",
        "x",
        task(user("x", attributes=UNKNOWN_NAME.replace("handler", "instructor"))),
        task(user("x", attributes=UNKNOWN_NAME)),
    ),
    Case(
        "no-time-limit",
        "x",
        task(user("x", attributes=f'{ROLE} camunda:formRef="b"')),
        task(user("x", attributes=UNKNOWN_NAME)),
    ),
    Case(
        "unknown-excluded",
        "a",
        bpmn(
            GOOD.replace(
                "</userTask>",
                "<extensionElements><camunda:properties>"
                '<camunda:property name="excludes" value="gone"/></camunda:properties></extensionElements></userTask>',
            )
        ),
        bpmn(GOOD),
    ),
    Case("no-service", "x", task('<serviceTask id="x"/>'), task(service("x"))),
    Case("unknown-service", "x", task(service("x", "nobody")), task(service("x"))),
    Case("missing-parameter", "x", task(service("x", "escalate")), task(service("x", "escalate", ("level", "1")))),
    Case("unknown-parameter", "x", task(service("x", "judge", ("odd", "1"))), task(service("x"))),
    Case(
        "field-unread",
        "a",
        bpmn(GOOD),
        bpmn(GATE + flow("g", "b", "${a.decision == a.result.code}") + flow("g", "e")),
        replace(KNOWN, reads=("b",)),
    ),
    Case(
        "no-decision",
        "x",
        task('<businessRuleTask id="x"/>'),
        {"processes/p.bpmn": task('<businessRuleTask id="x" camunda:decisionRef="clocks"/>'), "processes/d.dmn": dmn()},
    ),
    Case(
        "unknown-decision",
        "x",
        task('<businessRuleTask id="x" camunda:decisionRef="gone"/>'),
        {"processes/p.bpmn": task('<businessRuleTask id="x" camunda:decisionRef="clocks"/>'), "processes/d.dmn": dmn()},
    ),
    Case(
        "duplicate-decision", "clocks", {"processes/d.dmn": dmn(), "processes/f.dmn": dmn()}, {"processes/d.dmn": dmn()}
    ),
    Case(
        "decision",
        "clocks",
        {"processes/d.dmn": dmn().replace(b"FIRST", b"LAST")},
        {"processes/d.dmn": dmn()},
        shown="decision-policy",
    ),
    Case("no-called-process", "x", task('<callActivity id="x"/>'), calling()),
    Case("unknown-process", "x", task('<callActivity id="x" calledElement="gone"/>'), calling()),
    Case("recursion", "x", task('<callActivity id="x" calledElement="p"/>'), calling()),
]
