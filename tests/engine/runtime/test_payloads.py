"""Payloads in every place of diagrams and decision tables that takes an expression or a text: nothing of them runs."""

import itertools
import tracemalloc
from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

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
from tests.engine.runtime.checker_diagrams import KNOWN
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram
from tests.engine.runtime.payload_places import DATA, PLACES, TEMPLATES, Place, condition
from tests.engine.runtime.recording_host import RecordingHost
from tests.engine.runtime.test_decisions import MODEL, dmn
from tests.payloads import CANARY, PAYLOADS, SENTINEL, leaks, watched


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
