"""The stored form of an instance: whole, small, and refused when it is not ours."""

from typing import Any

import orjson
import pytest
import sqlalchemy as sa
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from engine.runtime import codec, pruning
from engine.runtime.codec import UnknownState
from engine.runtime.definitions import Definition, parse_files
from engine.runtime.tokens import Flow
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


DEFINITION = nested_calls()


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
                [one.row() for one in part.tasks.values()],
            )
            for part in flow.flows
        ],
        list(flow.subprocesses),
    ]


def text(value: Any) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


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


@pytest.mark.parametrize("version", [0, 2, -1, 99])
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
