"""Payloads in every place of diagrams and decision tables that takes an expression or a text: nothing of them runs."""

import ast
import itertools
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import pytest
import sqlalchemy as sa

from engine.runtime import Runtime, RuntimeFailure
from engine.runtime.checker import check
from engine.runtime.decisions import DecisionError, parse_dmn
from engine.runtime.decisions.cells import unary_tests
from engine.runtime.expressions import ExpressionError, evaluate, is_expression, parse, run
from engine.runtime.expressions.limits import MAX_NODES
from engine.runtime.expressions.tree import Frame, walk
from engine.runtime.xml import XmlError, safe_parse
from tests.conftest import REPOSITORY
from tests.engine.runtime.checker_diagrams import KNOWN
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.recording_host import RecordingHost
from tests.engine.runtime.test_decisions import MODEL, dmn
from tests.payloads import CANARY, PAYLOADS, SENTINEL, leaks, watched

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


class NotingHost(RecordingHost):
    """Notes what its function `seen` was called with; `f` is a function of Python that must not be looked into."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self.noted: list[Any] = []
        self.functions |= {"seen": self.see, "f": len}

    def see(self, value: Any) -> Any:
        self.noted.append(value)
        return value


@pytest.fixture
def host(engine: sa.Engine) -> NotingHost:
    return NotingHost(engine)


@pytest.fixture(autouse=True)
def canary(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("CANARY", CANARY)
    assert not SENTINEL.exists()
    yield
    assert not SENTINEL.exists()


KEPT = [
    "select * from work_item where instance_id = :i",
    "select * from timer where instance_id = :i",
    "select * from history where instance_id = :i",
    "select * from incident where instance_id = :i",
]


def played(desk: Desk, place: Place, text: str, key: str) -> list[Any]:
    """Check, deploy and start with a text in a place; return all that came of it, errors included."""
    diagrams, files = place.draw(text)
    content = {f"processes/{diagram.key}.bpmn": diagram.xml() for diagram in diagrams}
    content |= {f"processes/{name}.dmn": table for name, table in files.items()}
    came: list[Any] = [problem.as_dict() for problem in check(content, KNOWN)]
    desk.host.calls.clear()
    try:
        desk.deploy(*diagrams, **files)
        instance = desk.start("p", key, **DATA)
    except RuntimeFailure as error:
        return [*came, str(error), getattr(error, "problems", "")]
    came += [desk.data(instance), *(call.parameters for call in desk.host.calls)]
    for statement in KEPT:
        came += [tuple(row) for row in desk.rows(statement, i=instance)]
    return came


@pytest.mark.parametrize("name", PLACES)
def test_payloads_in(name: str, desk: Desk, host: NotingHost) -> None:
    place = PLACES[name]
    numbers = itertools.count(1)
    for warm in (f"${{{place.good or '1'}}}", "${", "${a.b.c}"):  # what is loaded on first use is loaded now
        played(desk, place, place.good if place.good and place.bare else warm, f"MY-{next(numbers)}")
    assert bool(host.noted) is bool(place.good), "whether the place is computed is not as the table says"
    for payload in PAYLOADS:
        # As a formula; where only marked ones are computed, what is a template elsewhere is left as it is.
        text = payload if place.bare or any(sign in payload for sign in TEMPLATES) else f"${{{payload}}}"
        host.noted.clear()
        with watched() as seen:
            came = played(desk, place, text, f"MY-{next(numbers)}")
        assert seen == [], text
        assert leaks(came) == [], text
        assert host.noted == [], text


def test_what_stands_in_the_data_is_never_read_as_a_formula(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().service("s", "note", level="${matter.text}").user("u", {"note": "${matter.text}"}).end()
        .chain("start", "s", "u", "end")
    )  # fmt: skip
    desk.start("p", matter={"text": ""})
    payloads = [each for each in PAYLOADS if "\x00" not in each]  # process data have no such texts
    for number, payload in enumerate([*payloads, "double(21)", "a.b", "${double(21)}", "${${double(21)}}"]):
        with watched() as seen:
            instance = desk.start("p", f"MY-{number}", matter={"text": payload}, a={"b": 1})
        assert seen == []
        assert desk.host.calls[-1].parameters == {"level": payload}
        assert desk.data(instance)["s"] == {"level": payload}


SCRIPTS = {
    "scriptTask": '<bpmn:scriptTask id="x" scriptFormat="python"><bpmn:script>{}</bpmn:script></bpmn:scriptTask>',
    "executionListener": (
        '<bpmn:userTask id="x"><bpmn:extensionElements><camunda:executionListener event="start"><camunda:script '
        'scriptFormat="python">{}</camunda:script></camunda:executionListener></bpmn:extensionElements></bpmn:userTask>'
    ),
    "taskListener": (
        '<bpmn:userTask id="x"><bpmn:extensionElements><camunda:taskListener event="create"><camunda:script '
        'scriptFormat="python">{}</camunda:script></camunda:taskListener></bpmn:extensionElements></bpmn:userTask>'
    ),
    "script parameter": (
        '<bpmn:serviceTask id="x" camunda:delegateExpression="${{note}}"><bpmn:extensionElements><camunda:inputOutput>'
        '<camunda:inputParameter name="level"><camunda:script scriptFormat="python">{}</camunda:script>'
        "</camunda:inputParameter></camunda:inputOutput></bpmn:extensionElements></bpmn:serviceTask>"
    ),
    "camunda:expression": '<bpmn:serviceTask id="x" camunda:expression="{}"/>',
    "camunda:class": '<bpmn:serviceTask id="x" camunda:class="{}"/>',
    "preScript": (
        '<bpmn:userTask id="x"><bpmn:extensionElements><spiff:preScript xmlns:spiff="http://spiffworkflow.org/bpmn/schema'
        '/1.0/core">{}</spiff:preScript></bpmn:extensionElements></bpmn:userTask>'
    ),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_scripts_are_refused_and_where_they_are_not_looked_at_nothing_runs(name: str, desk: Desk) -> None:
    def files(text: str) -> bytes:
        element = SCRIPTS[name].format(escape(text, {'"': "&quot;"}))
        xml = Diagram("p").start().end().flow("start", "x").flow("x", "end").xml().decode()
        return xml.replace("<bpmn:startEvent", element + "<bpmn:startEvent", 1).encode()

    def deployed(content: bytes, key: str) -> list[Any]:
        class Raw(Diagram):
            def xml(self) -> bytes:
                return content

        try:
            desk.deploy(Raw("p"))
            instance = desk.start("p", key, **DATA)
        except RuntimeFailure as error:
            return [str(error)]
        return [desk.data(instance), desk.waiting(instance)]

    deployed(files("print(1)"), "MY-0")
    for number, payload in enumerate(PAYLOADS, 1):
        content = files(payload)
        problems = check({"processes/p.bpmn": content}, KNOWN)
        assert any(problem.severity == "error" for problem in problems) or name == "preScript", payload
        with watched() as seen:
            came = deployed(content, f"MY-{number}")
        assert seen == [], payload
        assert leaks(came) == [], payload


ENTITIES = {
    "file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "parameter": '<!DOCTYPE x [<!ENTITY % e SYSTEM "file:///etc/passwd"> %e;]>',
    "network": '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    "bomb": "<!DOCTYPE x [<!ENTITY a '" + "ha" * 50 + "'>" + "".join(
        f"<!ENTITY {chr(98 + n)} '{f'&{chr(97 + n)};' * 20}'>" for n in range(12)
    ) + "]>",
}  # fmt: skip


@pytest.mark.parametrize("kind", ENTITIES)
@pytest.mark.parametrize("language", ["bpmn", "dmn"])
def test_entities_are_refused(kind: str, language: str, desk: Desk) -> None:
    whole = condition("true")[0][0].xml() if language == "bpmn" else dmn('<decision id="d" name="d">&e;</decision>')
    content = (ENTITIES[kind] + whole.decode().removeprefix('<?xml version="1.0" encoding="UTF-8"?>')).encode()
    with pytest.raises(XmlError):
        safe_parse(content, "x")
    with watched() as seen:
        problems = check({f"processes/p.{language}": content}, KNOWN)
        with pytest.raises(XmlError):
            safe_parse(content, "x")
    assert seen == []
    assert leaks(problems) == []
    assert {problem.code for problem in problems} & {"xml-unsafe", "xml-not-well-formed"}


def test_inclusions_and_style_sheets_are_not_followed() -> None:
    including = (
        f'<?xml-stylesheet href="file:///etc/passwd"?><definitions xmlns="{MODEL}" xmlns:xi="http://www.w3.org/2001/'
        'XInclude"><decision id="d" name="d"><literalExpression><text>'
        '<xi:include href="file:///etc/passwd" parse="text"/></text></literalExpression></decision></definitions>'
    ).encode()
    with watched() as seen, pytest.raises(DecisionError) as caught:
        parse_dmn(including)
    assert seen == []
    assert leaks(caught.value, caught.value.faults) == []


# Long texts whose reading must not grow with their square: each is a place's worst case at half a megabyte.
@pytest.mark.parametrize(
    "name", ["candidateGroups", "names", "parameter of a service", "decision input entry", "timeCycle"]
)
def test_very_long_texts_are_read_or_refused(name: str, desk: Desk) -> None:
    for number, sign in enumerate([",", "{", "${", " ", "[", "a"]):
        came = played(desk, PLACES[name], sign * (500_000 // len(sign)), f"MY-{number}")
        assert leaks(came) == []


def test_no_payload_costs_memory_or_more_steps_than_allowed() -> None:
    texts = [text for payload in PAYLOADS for text in (payload, payload * 3, f"[{payload}, {payload}]", f"({payload})")]
    data = {"a": "a" * 90_000, "b": list(range(9_000)), "x": 1}
    tracemalloc.start()
    try:
        for text in texts:
            for read in (parse, unary_tests):
                try:
                    expression = read(text)
                    assert sum(1 for _ in walk(expression.node)) <= MAX_NODES
                    run(expression.node, Frame(data, {"f": len}, 1))
                    evaluate(expression, data, {"f": len})
                except ExpressionError:
                    continue
        assert tracemalloc.get_traced_memory()[1] < 32 * 1024 * 1024
    finally:
        tracemalloc.stop()


# Where the product computes what others wrote: the function that does it, and the places of the table that lead there.
CALLERS = {
    "engine/runtime/checker/tables.py": ["decision input entry"],
    "engine/runtime/clocks.py": ["dueDate", "timeDuration"],
    "engine/runtime/due_times.py": ["dueDate"],
    "engine/runtime/items.py": ["candidateGroups", "property"],
    "engine/runtime/migrating/items.py": ["dueDate", "followUpDate"],
    "engine/runtime/migrating/move.py": ["timeCycle"],
    "engine/runtime/multi_instance.py": ["collection", "loopCardinality", "completionCondition"],
    "engine/runtime/run.py": ["priority", "dueDate", "parameter of a service"],
    "engine/runtime/scopes.py": ["sourceExpression", "sourceExpression out"],
    "engine/runtime/script_engine.py": ["condition of an exclusive gateway", "condition of an inclusive gateway"],
    "engine/runtime/throwing.py": ["parameter of a message", "parameter of a signal", "business key of a message"],
    "engine/runtime/timers.py": ["timeDuration", "timeDate", "timeCycle"],
    "engine/runtime/decisions/decision.py": ["decision expression"],
    "engine/runtime/decisions/matching.py": ["decision input entry"],
    "engine/runtime/decisions/table.py": ["decision input", "decision output entry", "decision default output"],
}


def sources() -> Iterator[Path]:
    for package in ("engine", "forms", "rules", "webapp"):
        yield from sorted((REPOSITORY / package).rglob("*.py"))


def computes(path: Path) -> bool:
    """Whether a module asks for the value of an expression: `evaluate`, `evaluated`, `run.value`, the tree's `run`."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").endswith("runtime.expressions")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in {"run", "evaluate"} & imported:
            return True
        if isinstance(function, ast.Attribute):
            owner = ast.unparse(function.value)
            if function.attr in {"evaluate", "evaluated"} or (function.attr == "value" and owner.endswith("run")):
                return True
    return False


def test_every_place_that_computes_is_in_the_table() -> None:
    found = {
        str(path.relative_to(REPOSITORY)) for path in sources() if "expressions" not in path.parts and computes(path)
    }
    assert found == set(CALLERS), "a module that computes expressions needs its places in PLACES and a line in CALLERS"
    assert {place for places in CALLERS.values() for place in places} <= {
        name for name, place in PLACES.items() if place.good
    }


def test_every_formula_the_checker_knows_is_in_the_table() -> None:
    """The checker names each kind of expression in English; every kind has its place here."""
    tree = ast.parse((REPOSITORY / "engine/runtime/checker/formulas.py").read_text(encoding="utf-8"))
    told: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Formula":
            words = node.args[3]
            if isinstance(words, ast.Constant):
                told.add(str(words.value))
            elif isinstance(words, ast.JoinedStr) and isinstance(words.values[0], ast.Constant):
                told.add(str(words.values[0].value).strip())
    places = {
        "condition": "condition of an exclusive gateway",
        "parameter": "parameter of a service",
        "time": "timeDuration",
        "property": "property",
        "collection": "collection",
        "in mapping": "sourceExpression",
        "business key": "business key of a call",
    }
    assert told == set(places)
    assert set(places.values()) <= set(PLACES)
    attributes = {"dueDate", "followUpDate", "priority", "assignee", "candidateUsers", "candidateGroups"}
    named = {str(node.value) for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.value in attributes}
    assert named == attributes <= set(PLACES)


def test_nothing_of_the_product_runs_text_as_code_or_template() -> None:
    forbidden = {"eval", "exec", "compile", "__import__", "render_template_string", "Template", "from_string"}
    found = []
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                function = node.func
                name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
                plain = isinstance(function, ast.Name) or name in {"from_string", "render_template_string", "Template"}
                if plain and name in forbidden:
                    found.append(f"{path.relative_to(REPOSITORY)}:{node.lineno} {name}")
    assert found == []


def test_what_marks_a_formula_is_only_around_it() -> None:
    assert not is_expression("a ${b}")
    assert is_expression("${b}")
    with pytest.raises(ExpressionError):
        evaluate("${'${a}'", {"a": 1})
    assert evaluate("${'${a}'}", {"a": 1}) == "${a}"


def test_the_runtime_offers_what_the_host_registered_and_nothing_else(engine: sa.Engine, host: NotingHost) -> None:
    runtime = Runtime(engine, host)
    script = runtime._environment.script.environment
    assert set(script.globals) == set(host.functions)
