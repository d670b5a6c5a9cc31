"""The stored form of an instance: whole, small, and refused when it is not ours."""

from typing import Any

import orjson
import pytest
import sqlalchemy as sa
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.runtime import InvalidAnswers, codec, pruning
from engine.runtime.codec import UnknownState
from engine.runtime.definitions import Definition, parse_files
from engine.runtime.tokens import Flow
from tests.batteries import examples
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight
from tests.engine.runtime.machine import Ours
from tests.engine.runtime.test_process_data import json_values, texts

DATA = st.dictionaries(texts.filter(bool), json_values, max_size=5)


def nested_calls() -> Definition:
    """Draw three processes that call each other, with timers, joins and side branches on the way."""
    diagrams = [
        Diagram("main").start().parallel("g").user("a").call("c1", "middle").timer("t", "P1D", "c1", interrupting=False)
        .user("side").end("e1").parallel("j").end().chain("start", "g", "a", "j", "end").chain("g", "c1", "j")
        .chain("t", "side", "e1"),
        Diagram("middle").start().user("b").call("c2", "inner").end().chain("start", "b", "c2", "end"),
        Diagram("inner").start().user("c").end().chain("start", "c", "end"),
    ]  # fmt: skip
    return parse_files(1, {f"{diagram.key}.bpmn": diagram.xml() for diagram in diagrams})


def nested_scopes() -> Definition:
    """Draw sub-processes, multi-instance activities and calls in each other, with timers on them."""
    team = (
        Diagram("team").start("t1").user("ask").call("call", "inner").end("t2").chain("t1", "ask", "call", "t2")
        .many("ask", "people", "person").timer("ask_late", "P2D", "ask", interrupting=False).end("t3")
        .flow("ask_late", "t3")
    )  # fmt: skip
    outer = (
        Diagram("outer").start("o1").sub(team).end("o2").chain("o1", "team", "o2").many("team", "units", "unit")
        .timer("team_late", "P3D", "team").end("o3").flow("team_late", "o3")
    )  # fmt: skip
    main = Diagram("main").start().sub(outer).end().chain("start", "outer", "end")
    inner = Diagram("inner").start().user("c").end().chain("start", "c", "end")
    return parse_files(1, {f"{diagram.key}.bpmn": diagram.xml() for diagram in (main, inner)})


DEFINITION = nested_calls()
NESTED = nested_scopes()


def pack_1(flow: Flow) -> bytes:
    """Store an instance as version 1 did: called processes only, whose data must not differ from their callers'."""
    called = [
        [caller, part.spec.name, sorted(part.written), [{}, []], [token.row() for token in part.tasks.values()]]
        for caller, part in flow.subprocesses.items()
    ]
    rows = [token.row() for token in flow.tasks.values()]
    return zstandard.compress(orjson.dumps([flow.last_number, int(flow.completed), flow.data, rows, called]))


def shape(flow: Flow) -> list[Any]:
    """Return everything an instance is made of."""
    return [
        flow.last_number,
        flow.completed,
        [
            (
                part.spec.name,
                dict(part.data),
                part is flow or sorted(part.written),
                getattr(part, "index", None),
                getattr(part, "local", None),
                [one.row() for one in part.tasks.values()],
            )
            for part in flow.flows
        ],
        list(flow.subprocesses),
    ]


def text(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


@settings(max_examples=examples(100, short=30))
@given(DATA, DATA, DATA, DATA)
def test_what_is_stored_comes_back_whole(
    start: dict[str, Any], first: dict[str, Any], second: dict[str, Any], third: dict[str, Any]
) -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    ours.flow.data.update(start)
    ours.complete("c1/b", first)
    for place, data in (("/a", second), ("c2/c", third)):
        ours.flow.flows[-1].write("b", data)
        pruning.prune(ours.flow)
        state = codec.pack(ours.flow)
        back = codec.unpack(state, codec.VERSION, DEFINITION, "main", ours.engine)
        assert text(shape(back)) == text(shape(ours.flow))
        assert [type(value) for value in back.data.values()] == [type(value) for value in ours.flow.data.values()]
        ours.complete(place, data)
    assert ours.ended()


@settings(max_examples=examples(100, short=30))
@given(st.lists(st.tuples(texts, DATA), min_size=1, max_size=4), st.data())
def test_scopes_in_scopes_come_back_whole(units: list[tuple[str, dict[str, Any]]], data: st.DataObject) -> None:
    start = {"units": [{"name": name, **more} for name, more in units], "people": ["x", "y"]}
    ours = Ours(NESTED, "main", forgetful=False, data=start)
    assert len(ours.flow.flows) == 2 + len(units) * 4
    while not ours.ended():
        pruning.prune(ours.flow)
        state = codec.pack(ours.flow)
        back = codec.unpack(state, codec.VERSION, NESTED, "main", ours.engine)
        assert text(shape(back)) == text(shape(ours.flow))
        assert [type(part) for part in back.flows] == [type(part) for part in ours.flow.flows]
        assert codec.pack(back) == state
        ours.complete(data.draw(st.sampled_from(ours.waiting())), data.draw(DATA))
    assert len(ours.data()["team"]) == len(units)


def test_version_1_is_read() -> None:
    ours = Ours(DEFINITION, "main", forgetful=True)
    ours.complete("c1/b", {})
    for part in ours.flow.flows:
        part.data.update(b={}, x=1)
    back = codec.unpack(pack_1(ours.flow), 1, DEFINITION, "main", ours.engine)
    assert text(shape(back)) == text(shape(ours.flow))
    assert codec.pack(back) == codec.pack(ours.flow)


def test_an_instance_of_version_1_goes_on_and_is_stored_as_version_2(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(
        Diagram("p").start().call("c", "q").user("after").end().chain("start", "c", "after", "end"),
        straight("q", "a", "b"),
    )
    instance = desk.start("p", x=1)
    definition = desk.runtime.definition(1)
    flow = codec.unpack(desk.value("select state from instance"), codec.VERSION, definition, "p", None)
    with engine.begin() as connection:
        connection.execute(sa.text("update instance set state = :state, codec = 1"), {"state": pack_1(flow)})
    desk.complete(instance, "a", said=1)
    assert desk.value("select codec from instance") == 2
    desk.complete(instance, "b", said=2)
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance) == {"x": 1, "a": {"said": 1}, "b": {"said": 2}}


def test_a_state_too_large_to_be_read_again_is_not_stored() -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    for number in range(200):
        ours.flow.write(f"x{number}", "x" * 60_000)
    with pytest.raises(InvalidAnswers, match="8 MB"):
        codec.pack(ours.flow)


@given(st.sampled_from([(1, 1.0), (1, True), (0, False), (0.0, -0.0), ([1], [True]), ({"x": 1}, {"x": 1.0})]))
def test_values_that_python_holds_for_equal_are_kept_apart(pair: tuple[Any, Any]) -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    ours.flow.write("x", pair[0])
    called = ours.flow.flows[1]
    called.write("x", pair[1])
    back = codec.unpack(codec.pack(ours.flow), codec.VERSION, DEFINITION, "main", ours.engine)
    assert [orjson.dumps(part.data["x"]) for part in back.flows] == [orjson.dumps(value) for value in pair]


def test_a_called_process_keeps_what_it_began_with() -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    ours.flow.write("later", 1)
    back = codec.unpack(codec.pack(ours.flow), codec.VERSION, DEFINITION, "main", ours.engine)
    assert [sorted(part.data) for part in back.flows] == [["later"], []]


@pytest.mark.parametrize("version", [0, 3, -1, 99])
def test_any_other_version_is_refused(version: int) -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    with pytest.raises(UnknownState, match=str(version)):
        codec.unpack(codec.pack(ours.flow), version, DEFINITION, "main", ours.engine)


@pytest.mark.parametrize(
    "state",
    [b"", b"nonsense", *map(zstandard.compress, (b"{}", b"[1,2]", b'[1,0,{},[[1,0,64,"gone",0]],[]]'))],
)
def test_a_state_that_does_not_fit_is_refused(state: bytes) -> None:
    ours = Ours(DEFINITION, "main", forgetful=False)
    with pytest.raises(UnknownState):
        codec.unpack(state, codec.VERSION, DEFINITION, "main", ours.engine)


def test_a_state_that_would_unpack_to_gigabytes_is_refused() -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=False).compress(b"0" * (codec.MAX_STATE * 2))
    with pytest.raises(UnknownState):
        codec.unpack(bomb, codec.VERSION, DEFINITION, "main", None)


def test_an_instance_of_another_version_is_left_as_it_is(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(straight("p", "a"))
    instance = desk.start("p")
    with engine.begin() as connection:
        connection.exec_driver_sql("update instance set codec = 9")
    with pytest.raises(UnknownState):
        desk.complete(instance, "a")
    assert desk.rows("select codec, revision from instance") == [(9, 0)]


def test_an_instance_is_some_hundred_bytes(desk: Desk) -> None:
    desk.deploy(straight("p", "a", "b"))
    instance = desk.start("p", matter={"kind": "complaint", "severity": "major", "unit": 12})
    desk.complete(instance, "a", decision="accepted", note="x" * 200)
    assert desk.value("select length(state) from instance") < 300
