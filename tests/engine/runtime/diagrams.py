"""Draws small BPMN diagrams for tests."""

from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xmlns:camunda="http://camunda.org/schema/1.0/bpmn" id="definitions_{key}" targetNamespace="http://minyi.test">'
)


class Diagram:
    """One process, drawn element by element. Every method returns the diagram, so that they chain."""

    def __init__(self, key: str, name: str = "") -> None:
        self.key = key
        self.name = name or key
        self.elements: list[tuple[str, str, dict[str, str], str]] = []
        self.flows: list[str] = []
        self.defaults: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        self.lanes: dict[str, list[str]] = {}
        self.loops: dict[str, str] = {}
        self.roots: dict[str, str] = {}

    def add(self, tag: str, identifier: str, inner: str = "", **attributes: str) -> "Diagram":
        self.elements.append((tag, identifier, {"name": f"名 {identifier}"} | attributes, inner))
        return self

    def start(self, identifier: str = "start") -> "Diagram":
        return self.add("startEvent", identifier)

    def timer_start(self, identifier: str, value: str, *, kind: str = "timeCycle") -> "Diagram":
        inner = (
            f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{escape(value)}</bpmn:{kind}>'
            "</bpmn:timerEventDefinition>"
        )
        return self.add("startEvent", identifier, inner)

    def end(self, identifier: str = "end", *, terminate: bool = False) -> "Diagram":
        return self.add("endEvent", identifier, "<bpmn:terminateEventDefinition/>" if terminate else "")

    def user(
        self, identifier: str, properties: dict[str, str] | None = None, lane: str = "", **camunda: str
    ) -> "Diagram":
        inner = ""
        if properties:
            entries = "".join(
                f"<camunda:property name={quoteattr(name)} value={quoteattr(value)}/>"
                for name, value in properties.items()
            )
            inner = (
                f"<bpmn:extensionElements><camunda:properties>{entries}</camunda:properties></bpmn:extensionElements>"
            )
        if lane:
            self.lanes.setdefault(lane, []).append(identifier)
        return self.add("userTask", identifier, inner, **{f"camunda:{name}": value for name, value in camunda.items()})

    def service(self, identifier: str, service: str, retry: str = "", **parameters: str) -> "Diagram":
        entries = "".join(
            f"<camunda:inputParameter name={quoteattr(name)}>{escape(value)}</camunda:inputParameter>"
            for name, value in parameters.items()
        )
        cycle = f"<camunda:failedJobRetryTimeCycle>{retry}</camunda:failedJobRetryTimeCycle>" if retry else ""
        mapped = f"<camunda:inputOutput>{entries}</camunda:inputOutput>"
        inner = f"<bpmn:extensionElements>{mapped}{cycle}</bpmn:extensionElements>"
        return self.add("serviceTask", identifier, inner, **{"camunda:delegateExpression": f"${{{service}}}"})

    def rule(self, identifier: str, decision: str, variable: str = "") -> "Diagram":
        more = {"camunda:resultVariable": variable} if variable else {}
        return self.add("businessRuleTask", identifier, **{"camunda:decisionRef": decision}, **more)

    def call(self, identifier: str, called: str, *mapped: str) -> "Diagram":
        """Draw a call activity; ``mapped`` are its ``camunda:in`` and ``camunda:out`` elements without brackets."""
        entries = "".join(f"<camunda:{one}/>" for one in mapped)
        inner = f"<bpmn:extensionElements>{entries}</bpmn:extensionElements>" if entries else ""
        return self.add("callActivity", identifier, inner, calledElement=called)

    def manual(self, identifier: str, **camunda: str) -> "Diagram":
        return self.add("manualTask", identifier, **{f"camunda:{name}": value for name, value in camunda.items()})

    def sub(self, inner: "Diagram") -> "Diagram":
        """Draw what ``inner`` holds as an embedded sub-process under its key."""
        self.messages |= inner.messages
        self.roots |= inner.roots
        return self.add("subProcess", inner.key, inner.content())

    def many(
        self, identifier: str, collection: str = "", element: str = "", *, times: str = "", until: str = "",
        sequential: bool = False,
    ) -> "Diagram":  # fmt: skip
        """Let an element be a multi-instance activity."""
        given = "".join(
            f" camunda:{name}={quoteattr(value)}"
            for name, value in (("collection", collection), ("elementVariable", element))
            if value
        )
        inner = "".join(
            f'<bpmn:{tag} xsi:type="bpmn:tFormalExpression">{escape(text)}</bpmn:{tag}>'
            for tag, text in (("loopCardinality", times), ("completionCondition", until))
            if text
        )
        tag = "multiInstanceLoopCharacteristics"
        self.loops[identifier] = f'<bpmn:{tag} isSequential="{str(sequential).lower()}"{given}>{inner}</bpmn:{tag}>'
        return self

    def exclusive(self, identifier: str) -> "Diagram":
        return self.add("exclusiveGateway", identifier)

    def parallel(self, identifier: str) -> "Diagram":
        return self.add("parallelGateway", identifier)

    def inclusive(self, identifier: str) -> "Diagram":
        return self.add("inclusiveGateway", identifier)

    def timer(
        self, identifier: str, value: str, on: str = "", *, kind: str = "timeDuration", interrupting: bool = True
    ) -> "Diagram":
        inner = (
            f'<bpmn:timerEventDefinition><bpmn:{kind} xsi:type="bpmn:tFormalExpression">{escape(value)}</bpmn:{kind}>'
            "</bpmn:timerEventDefinition>"
        )
        if not on:
            return self.add("intermediateCatchEvent", identifier, inner)
        return self.add("boundaryEvent", identifier, inner, attachedToRef=on, cancelActivity=str(interrupting).lower())

    def catch(self, identifier: str, message: str, on: str = "", *, interrupting: bool = True) -> "Diagram":
        self.messages[f"message_{message}"] = message
        inner = f'<bpmn:messageEventDefinition messageRef="message_{message}"/>'
        if not on:
            return self.add("intermediateCatchEvent", identifier, inner)
        return self.add("boundaryEvent", identifier, inner, attachedToRef=on, cancelActivity=str(interrupting).lower())

    def receive(self, identifier: str, message: str) -> "Diagram":
        self.messages[f"message_{message}"] = message
        return self.add("receiveTask", identifier, messageRef=f"message_{message}")

    def event(
        self, tag: str, identifier: str, kind: str, name: str = "", on: str = "", /, *, interrupting: bool = True,
        key: str = "", **payload: str,
    ) -> "Diagram":  # fmt: skip
        """Draw an event of a kind: ``message`` or ``signal`` by name, ``error`` or ``escalation`` by code, or any code.

        ``key`` is the business key a thrown message is for; ``payload`` is what it sends along.
        """
        reference = ""
        if name:
            code = f" {kind}Code={quoteattr(name)}" if kind in {"error", "escalation"} else ""
            self.roots[f"{kind}_{name}"] = f'<bpmn:{kind} id="{kind}_{name}" name={quoteattr(name)}{code}/>'
            reference = f' {kind}Ref="{kind}_{name}"'
        attached = {"attachedToRef": on, "cancelActivity": str(interrupting).lower()} if on else {}
        definition = f"<bpmn:{kind}EventDefinition{reference}/>"
        return self.add(tag, identifier, _sent(key, payload) + definition, **attached)

    def send(self, identifier: str, message: str, *, key: str = "", **payload: str) -> "Diagram":
        """Draw a send task that throws a message."""
        self.messages[f"message_{message}"] = message
        return self.add("sendTask", identifier, _sent(key, payload), messageRef=f"message_{message}")

    def race(self, identifier: str) -> "Diagram":
        return self.add("eventBasedGateway", identifier)

    def flow(self, source: str, target: str, condition: str = "", *, default: bool = False) -> "Diagram":
        identifier = f"flow_{len(self.flows)}_{source}_{target}"
        kind = 'xsi:type="bpmn:tFormalExpression"'
        inner = f"<bpmn:conditionExpression {kind}>{escape(condition)}</bpmn:conditionExpression>" if condition else ""
        ends = f'sourceRef="{source}" targetRef="{target}"'
        self.flows.append(f'<bpmn:sequenceFlow id="{identifier}" {ends}>{inner}</bpmn:sequenceFlow>')
        if default:
            self.defaults[source] = identifier
        return self

    def chain(self, *ids: str) -> "Diagram":
        for source, target in pairwise(ids):
            self.flow(source, target)
        return self

    def content(self) -> str:
        """Return the elements and the flows, without anything around them."""
        body = []
        for tag, identifier, attributes, inner in self.elements:
            given = attributes | ({"default": self.defaults[identifier]} if identifier in self.defaults else {})
            written = "".join(f" {name}={quoteattr(value)}" for name, value in given.items())
            loop = self.loops.get(identifier, "")
            # The standard has the loop after extensions and before what a sub-process holds.
            within = loop + inner if tag == "subProcess" else inner + loop
            body.append(f'<bpmn:{tag} id="{identifier}"{written}>{within}</bpmn:{tag}>')
        return "".join(body) + "".join(self.flows)

    def xml(self) -> bytes:
        lanes = "".join(
            f'<bpmn:lane id="{lane}">'
            + "".join(f"<bpmn:flowNodeRef>{one}</bpmn:flowNodeRef>" for one in ids)
            + "</bpmn:lane>"
            for lane, ids in self.lanes.items()
        )
        lane_set = f'<bpmn:laneSet id="lanes_{self.key}">{lanes}</bpmn:laneSet>' if lanes else ""
        messages = "".join(f'<bpmn:message id="{key}" name="{name}"/>' for key, name in self.messages.items())
        return (
            HEAD.format(key=self.key)
            + messages
            + "".join(self.roots.values())
            + f'<bpmn:process id="{self.key}" name={quoteattr(self.name)} isExecutable="true">'
            + lane_set
            + self.content()
            + "</bpmn:process></bpmn:definitions>"
        ).encode()


def _sent(key: str, payload: dict[str, str]) -> str:
    """Write what a throwing element sends along, and for whom."""
    entries = "".join(
        f"<camunda:inputParameter name={quoteattr(name)}>{escape(value)}</camunda:inputParameter>"
        for name, value in payload.items()
    )
    inner = f"<camunda:inputOutput>{entries}</camunda:inputOutput>" if entries else ""
    if key:
        inner += (
            f'<camunda:properties><camunda:property name="businessKey" value={quoteattr(key)}/></camunda:properties>'
        )
    return f"<bpmn:extensionElements>{inner}</bpmn:extensionElements>" if inner else ""


def straight(key: str, *steps: str) -> Diagram:
    """Draw a start, the user tasks one after the other, and an end."""
    diagram = Diagram(key).start()
    for step in steps:
        diagram.user(step)
    return diagram.end().chain("start", *steps, "end")


def table(identifier: str, inputs: list[str], outputs: list[str], *rules: list[str], policy: str = "FIRST") -> bytes:
    """Write a decision table; each rule has first the cells of the inputs, then those of the outputs."""
    columns = "".join(
        f'<input id="i{n}"><inputExpression id="x{n}"><text>{escape(text)}</text></inputExpression></input>'
        for n, text in enumerate(inputs)
    ) + "".join(f'<output id="o{n}" name="{name}" typeRef="string"/>' for n, name in enumerate(outputs))
    rows = ""
    for number, cells in enumerate(rules):
        entries = "".join(
            f'<{"input" if n < len(inputs) else "output"}Entry id="c{number}_{n}"><text>{escape(cell)}</text>'
            f"</{'input' if n < len(inputs) else 'output'}Entry>"
            for n, cell in enumerate(cells)
        )
        rows += f'<rule id="r{number}">{entries}</rule>'
    named = f'id="{identifier}" name="{identifier}"'
    return (
        '<?xml version="1.0" encoding="UTF-8"?><definitions xmlns="https://www.omg.org/spec/DMN/20191111/MODEL/" '
        f'id="d_{identifier}" name="{identifier}" namespace="http://minyi.test"><decision {named}>'
        f'<decisionTable id="t_{identifier}" hitPolicy="{policy}">{columns}{rows}</decisionTable>'
        "</decision></definitions>"
    ).encode()
