"""What a call activity passes in and takes out, when the diagram says so."""

from typing import Any

import pytest

from engine.runtime import CannotAdvance, Refused
from engine.runtime.definitions import parse_files
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight


def calling(*mapped: str, after: str = "after") -> list[Diagram]:
    process = Diagram("p").start().call("c", "q", *mapped).user(after).end().chain("start", "c", after, "end")
    return [process, straight("q", "ask")]


def called_with(desk: Desk, *mapped: str, **data: Any) -> dict[str, Any]:
    """Start a process that calls another, whose service notes all it sees; return that."""
    called = Diagram("q").start().service("n", "note").user("ask").end().chain("start", "n", "ask", "end")
    desk.deploy(calling(*mapped)[0], called)
    desk.start("p", **data)
    return desk.host.calls[-1].data


def test_without_in_the_called_process_gets_a_copy_of_all(desk: Desk) -> None:
    assert called_with(desk, matter={"a": 1}, x=1) == {"matter": {"a": 1}, "x": 1}
    assert called_with(desk, 'out source="ask" target="y"', matter={"a": 1}, x=1) == {"matter": {"a": 1}, "x": 1}
    assert called_with(desk, 'in businessKey="#{execution.processBusinessKey}"', x=1) == {"x": 1}


def test_with_in_it_gets_exactly_these_and_what_the_host_says(desk: Desk) -> None:
    mapped = ['in source="x" target="number"', 'in sourceExpression="${units[0].id + 1}" target="unit"']
    data = {"matter": {"a": 1}, "x": 5, "units": [{"id": 7}], "secret": "no"}
    assert called_with(desk, *mapped, **data) == {"matter": {"a": 1}, "number": 5, "unit": 8}


def test_an_expression_may_stand_in_source_expression_without_its_brackets(desk: Desk) -> None:
    assert called_with(desk, 'in sourceExpression="x * 2" target="y"', x=4) == {"y": 8}


def test_a_source_that_is_not_there_is_null(desk: Desk) -> None:
    assert called_with(desk, 'in source="nowhere" target="y"') == {"y": None}


def test_an_expression_without_a_value_stops_the_command(desk: Desk) -> None:
    with pytest.raises(CannotAdvance, match="nowhere"):
        called_with(desk, 'in sourceExpression="${nowhere.at_all}" target="y"')


def test_all_with_more(desk: Desk) -> None:
    assert called_with(desk, 'in variables="all"', 'in source="x" target="y"', x=3) == {"x": 3, "y": 3}


def test_without_out_all_that_was_written_comes_back(desk: Desk) -> None:
    desk.deploy(*calling('in source="x" target="y"'))
    instance = desk.start("p", x=1)
    desk.complete(instance, "ask", said="a")
    assert desk.data(instance) == {"x": 1, "ask": {"said": "a"}}


def test_with_out_exactly_these_come_back(desk: Desk) -> None:
    desk.deploy(
        *calling(
            'out source="ask" target="answer"',
            'out sourceExpression="${ask.number * 2}" target="double"',
            'out source="nowhere" target="none"',
        )
    )
    instance = desk.start("p", x=1)
    desk.complete(instance, "ask", number=4)
    assert desk.data(instance) == {"x": 1, "answer": {"number": 4}, "double": 8, "none": None}


def test_out_all_gives_back_what_was_written_and_no_stale_copies(desk: Desk) -> None:
    process = (
        Diagram("p").start().parallel("g").call("c", "q", 'out variables="all"', 'out source="ask" target="answer"')
        .user("main").parallel("j").user("after").end().chain("start", "g", "c", "j", "after", "end")
        .chain("g", "main", "j")
    )  # fmt: skip
    desk.deploy(process, straight("q", "ask"))
    instance = desk.start("p", main="before")
    desk.complete(instance, "main", changed=True)
    desk.complete(instance, "ask", number=4)
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance) == {"main": {"changed": True}, "ask": {"number": 4}, "answer": {"number": 4}}


def test_a_call_for_each_hands_back_what_is_mapped(desk: Desk) -> None:
    process, called = calling('in source="unit" target="u"', 'out source="ask" target="answer"')
    desk.deploy(process.many("c", "units", "unit"), called)
    instance = desk.start("p", units=[7, 8])
    desk.complete(instance, "ask", number=1)
    desk.complete(instance, "ask", number=2)
    assert desk.data(instance)["c"] == [{"answer": {"number": 1}}, {"answer": {"number": 2}}]


@pytest.mark.parametrize(
    "mapped", ['in source="x"', 'in target="x"', 'out sourceExpression="${x}"', 'in sourceExpression="" target="x"']
)
def test_half_a_mapping_is_refused(mapped: str) -> None:
    with pytest.raises(Refused, match="1 个错误"):
        parse_files(1, {f"{one.key}.bpmn": one.xml() for one in calling(mapped)})


def test_a_call_of_what_an_expression_says_is_refused() -> None:
    with pytest.raises(Refused):
        parse_files(1, {"p.bpmn": Diagram("p").start().call("c", "${x}").end().chain("start", "c", "end").xml()})
