"""The places of diagrams and decision tables where somebody may type an expression or a text."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.test_decisions import dmn

TEMPLATES = ("${", "#{", "{{", "{%", "<%", "%{", "*{", "<#", "#set")
DATA: dict[str, Any] = {"a": {"b": 1}, "x": 1, "units": [1, 2], "matter": {"kind": "k"}}
Drawn = tuple[list[Diagram], dict[str, bytes]]


@dataclass(frozen=True)
class Place:
    """Where somebody may type.

    Attributes:
        draw: makes the files of a deployment with a text in this place.
        good: what belongs there, a call of `seen`, which notes that the place is really computed; empty for places
            whose text stands for itself.
        bare: whether a formula may stand there without `${…}`.

    """

    draw: Callable[[str], Drawn]
    good: str = ""
    bare: bool = False


def drawn(diagram: Diagram, **files: bytes) -> Drawn:
    return [diagram], files


def with_user(**given: Any) -> Callable[[str], Drawn]:
    """A user task with the text in one attribute or property."""

    def draw(text: str) -> Drawn:
        filled = {name: {"note": text} if name == "properties" else text for name in given}
        return drawn(Diagram("p").start().user("u", **filled).end().chain("start", "u", "end"))

    return draw


def condition(text: str) -> Drawn:
    return drawn(
        Diagram("p").start().exclusive("g").user("u").end().chain("start", "g").flow("g", "u", text)
        .flow("g", "end", default=True).flow("u", "end")
    )  # fmt: skip


def inclusive(text: str) -> Drawn:
    return drawn(
        Diagram("p").start().inclusive("g").user("u").end().chain("start", "g").flow("g", "u", text)
        .flow("g", "end", default=True).flow("u", "end")
    )  # fmt: skip


def timer(kind: str) -> Callable[[str], Drawn]:
    def draw(text: str) -> Drawn:
        diagram = Diagram("p").start().user("u").timer("t", text, "u", kind=kind, interrupting=False).end().end("late")
        return drawn(diagram.chain("start", "u", "end").chain("t", "late"))

    return draw


def parameter(text: str) -> Drawn:
    return drawn(Diagram("p").start().service("s", "note", level=text).user("u").end().chain("start", "s", "u", "end"))


def effect(text: str) -> Drawn:
    return drawn(Diagram("p").start().service("s", "send", text=text).end().chain("start", "s", "end"))


def retries(text: str) -> Drawn:
    return drawn(Diagram("p").start().service("s", "fail", escape(text)).end().chain("start", "s", "end"))


def many(**given: str) -> Callable[[str], Drawn]:
    def draw(text: str) -> Drawn:
        filled = {name: text if value == "TEXT" else value for name, value in given.items()}
        diagram = Diagram("p").start().service("s", "note").user("u").end().chain("start", "s", "u", "end")
        return drawn(diagram.many("s", **filled))

    return draw


def mapped(entry: str) -> Callable[[str], Drawn]:
    def draw(text: str) -> Drawn:
        outer = Diagram("p").start().call("c", "q", entry.format(quoteattr(text))).user("u").end()
        inner = Diagram("q").start().service("n", "note").end().chain("start", "n", "end")
        return [outer.chain("start", "c", "u", "end"), inner], {}

    return draw


def message(text: str) -> Drawn:
    return drawn(Diagram("p").start().send("s", "told", note=text).user("u").end().chain("start", "s", "u", "end"))


def message_key(text: str) -> Drawn:
    return drawn(Diagram("p").start().send("s", "told", key=text).user("u").end().chain("start", "s", "u", "end"))


def signal(text: str) -> Drawn:
    diagram = Diagram("p").start().event("intermediateThrowEvent", "s", "signal", "told", note=text).user("u").end()
    return drawn(diagram.chain("start", "s", "u", "end"))


def names(text: str) -> Drawn:
    diagram = Diagram("p", text).start().user("u", lane="handler").end().chain("start", "u", "end")
    diagram.elements[1][2]["name"] = text
    return drawn(diagram)


def keys(text: str) -> Drawn:
    return drawn(Diagram("p").start().user("u", formKey=text, formRef=text).end().chain("start", "u", "end"))


def timer_start(text: str) -> Drawn:
    return drawn(Diagram("p").timer_start("t", text).start().user("u").end().chain("start", "u", "end").flow("t", "u"))


def message_name(text: str) -> Drawn:
    diagram = Diagram("p").start().user("u").end().chain("start", "u", "end")
    diagram.roots["m"] = f'<bpmn:message id="m" name={quoteattr(text)}/>'
    diagram.add("boundaryEvent", "b", '<bpmn:messageEventDefinition messageRef="m"/>', attachedToRef="u")
    return drawn(diagram.end("other").flow("b", "other"))


def service_name(text: str) -> Drawn:
    return drawn(Diagram("p").start().service("s", text).end().chain("start", "s", "end"))


def reference(attribute: str) -> Callable[[str], Drawn]:
    tags = {"calledElement": "callActivity", "camunda:decisionRef": "businessRuleTask"}

    def draw(text: str) -> Drawn:
        return drawn(
            Diagram("p").start().add(tags[attribute], "r", **{attribute: text}).end().chain("start", "r", "end")
        )

    return draw


def decided(**given: str) -> Callable[[str], Drawn]:
    """A business rule task whose table has the text in one of its cells."""

    def draw(text: str) -> Drawn:
        cells = {
            "input": "x",
            "test": "-",
            "value": "1",
            "default": "2",
            "allowed_in": "",
            "allowed_out": "",
            "name": "o",
        }
        cells |= {name: text if value == "TEXT" else value for name, value in given.items()}
        written = {name: f"<text>{escape(value)}</text>" for name, value in cells.items()}
        allowed_in = f"<inputValues>{written['allowed_in']}</inputValues>" if cells["allowed_in"] else ""
        allowed_out = f"<outputValues>{written['allowed_out']}</outputValues>" if cells["allowed_out"] else ""
        table = (
            f'<decision id="d" name="d"><decisionTable><input><inputExpression>{written["input"]}</inputExpression>'
            f"{allowed_in}</input><output name={quoteattr(cells['name'])}>{allowed_out}<defaultOutputEntry>"
            f"{written['default']}</defaultOutputEntry></output><rule><inputEntry>{written['test']}</inputEntry>"
            f"<outputEntry>{written['value']}</outputEntry></rule></decisionTable></decision>"
        )
        return drawn(ruled(), limits=dmn(table))

    return draw


def ruled() -> Diagram:
    return Diagram("p").start().rule("r", "d").user("u").end().chain("start", "r", "u", "end")


def formula(text: str) -> Drawn:
    decision = (
        f'<decision id="d" name="d"><literalExpression><text>{escape(text)}</text></literalExpression></decision>'
    )
    return drawn(ruled(), limits=dmn(decision))


def item_type(text: str) -> Drawn:
    return drawn(
        ruled(),
        limits=dmn(
            '<itemDefinition name="t"><typeRef>number</typeRef><allowedValues>'
            f"<text>{escape(text)}</text></allowedValues>"
            '</itemDefinition><inputData id="i" name="x"><variable name="x" typeRef="t"/></inputData>'
            '<decision id="d" name="d"><informationRequirement><requiredInput href="#i"/></informationRequirement>'
            "<literalExpression><text>x</text></literalExpression></decision>"
        ),
    )


PLACES: dict[str, Place] = {
    "condition of an exclusive gateway": Place(condition, "seen(true)", bare=True),
    "condition of an inclusive gateway": Place(inclusive, "seen(true)", bare=True),
    "timeDuration": Place(timer("timeDuration"), "seen('P1D')"),
    "timeDate": Place(timer("timeDate"), "seen('2030-01-01T00:00:00Z')"),
    "timeCycle": Place(timer("timeCycle"), "seen('R3/P1D')"),
    "dueDate": Place(with_user(dueDate="TEXT"), "seen('P1D')"),
    "followUpDate": Place(with_user(followUpDate="TEXT"), "seen('P1D')"),
    "priority": Place(with_user(priority="TEXT"), "seen(5)"),
    "candidateGroups": Place(with_user(candidateGroups="TEXT"), "seen('handler')"),
    "property": Place(with_user(properties="TEXT"), "seen('x')"),
    "parameter of a service": Place(parameter, "seen('x')"),
    "parameter of an effect": Place(effect, "seen('x')"),
    "parameter of a message": Place(message, "seen('x')"),
    "business key of a message": Place(message_key, "seen('MY-2')"),
    "parameter of a signal": Place(signal, "seen('x')"),
    "collection": Place(many(collection="TEXT", element="unit"), "seen([1])", bare=True),
    "loopCardinality": Place(many(times="TEXT"), "seen(2)", bare=True),
    "completionCondition": Place(many(collection="units", element="unit", until="TEXT"), "seen(true)", bare=True),
    "sourceExpression": Place(mapped('in sourceExpression={} target="y"'), "seen(1)", bare=True),
    "sourceExpression out": Place(mapped('out sourceExpression={} target="y"'), "seen(1)", bare=True),
    "decision input": Place(decided(input="TEXT"), "seen(x)", bare=True),
    "decision input entry": Place(decided(test="TEXT"), "seen(1)", bare=True),
    "decision output entry": Place(decided(value="TEXT"), "seen(1)", bare=True),
    "decision default output": Place(decided(test="9", default="TEXT"), "seen(1)", bare=True),
    "decision allowed input values": Place(decided(allowed_in="TEXT"), "seen(1)", bare=True),
    "decision expression": Place(formula, "seen(1)", bare=True),
    "decision item definition": Place(item_type, "seen(1)", bare=True),
    # What follows stands for itself, is not used, or is refused: it is computed in no case.
    "decision allowed output values": Place(decided(allowed_out="TEXT")),
    "decision output name": Place(decided(name="TEXT")),
    "assignee": Place(with_user(assignee="TEXT")),
    "candidateUsers": Place(with_user(candidateUsers="TEXT")),
    "form key": Place(keys),
    "names": Place(names),
    "source": Place(mapped('in source={} target="y"')),
    "target": Place(mapped('in source="x" target={}')),
    "business key of a call": Place(mapped("in businessKey={}")),
    "timer start": Place(timer_start),
    "retry cycle": Place(retries),
    "message name": Place(message_name),
    "service": Place(service_name),
    "calledElement": Place(reference("calledElement")),
    "decisionRef": Place(reference("camunda:decisionRef")),
}
