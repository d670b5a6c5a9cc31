"""What an instance may grow to: a thousand rounds leave it as it was, and what never rests is stopped."""

import logging

import pytest

from engine.runtime import CannotAdvance, codec
from engine.runtime.definitions import parse_files
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight
from tests.engine.runtime.machine import Ours


def returning() -> list[Diagram]:
    """Draw a case that is sent back: a sub-process with two branches, a call and a step of three, each with timers."""
    inner = (
        Diagram("handling").start("h1").parallel("fork").user("look").call("called", "q").parallel("join").end("h2")
        .timer("look_late", "P1D", "look", interrupting=False).end("h3").chain("h1", "fork", "look", "join", "h2")
        .chain("fork", "called", "join").chain("look_late", "h3")
    )  # fmt: skip
    process = (
        Diagram("p").start().exclusive("m").sub(inner).user("sign").user("judge").exclusive("x").end()
        .timer("deadline", "P9D", "handling").end("e").flow("deadline", "e")
        .many("sign", "${['a', 'b', 'c']}", "who", until="${nrOfCompletedInstances == 2}")
        .chain("start", "m", "handling", "sign", "judge", "x").flow("x", "m", "${judge.again}")
        .flow("x", "end", default=True)
    )  # fmt: skip
    return [process, straight("q", "far")]


def test_a_case_sent_back_a_thousand_times_is_as_small_and_right_as_before() -> None:
    definition = parse_files(1, {f"{one.key}.bpmn": one.xml() for one in returning()})
    ours = Ours(definition, "p", forgetful=True)
    sizes, tokens = set(), set()
    for number in range(1000):
        assert ours.waiting() == ["called/far", "handling/look"]
        for place, answers in (("handling/look", {"round": number}), ("called/far", {}), ("sign/sign", {"by": "a"})):
            ours.complete(place, answers)
        assert ours.waiting() == ["sign/sign"] * 2
        ours.complete("sign/sign", {"by": "b"})
        ours.complete("/judge", {"again": number < 999})
        assert ours.data()["look"] == {"round": number}
        assert ours.data()["sign"] == [{"by": "a"}, {"by": "b"}]
        if not ours.ended():
            sizes.add(len(codec.pack(ours.flow)))
            tokens.add(ours.size())
    assert ours.ended()
    assert len(tokens) == 1
    assert max(tokens) < 20
    assert max(sizes) - min(sizes) < 40
    assert max(sizes) < 600


def test_a_tree_that_is_not_pruned_is_reported_before_spiffworkflow_would_forget(
    caplog: pytest.LogCaptureFixture,
) -> None:
    loop = (
        Diagram("p").start().exclusive("m").user("a").exclusive("x").end().chain("start", "m", "a", "x")
        .flow("x", "m", "${a.again}").flow("x", "end", default=True)
    )  # fmt: skip
    definition = parse_files(1, {"p.bpmn": loop.xml()})
    for forgetful, alarms in ((True, 0), (False, 1)):
        ours = Ours(definition, "p", forgetful=forgetful)
        for _ in range(264):
            ours.complete("/a", {"again": True})
        assert caplog.records == []
        with caplog.at_level(logging.ERROR):
            for _ in range(3):
                ours.complete("/a", {"again": True})
            found = [record for record in caplog.records if "deep in their tree" in record.message]
            assert bool(found) == bool(alarms)
        caplog.clear()
        assert ours.waiting() == ["/a"]


def test_a_loop_without_anybody_in_it_is_stopped_also_inside_a_sub_process(desk: Desk) -> None:
    inner = (
        Diagram("inside").start("s").exclusive("m").service("n", "note").exclusive("x").end("e")
        .chain("s", "m", "n", "x").flow("x", "m", "${n.level == ''}").flow("x", "e", default=True)
    )  # fmt: skip
    desk.deploy(Diagram("p").start().sub(inner).end().chain("start", "inside", "end"))
    with pytest.raises(CannotAdvance, match="不停地运转"):
        desk.start("p")


def test_instances_of_instances_are_stopped_before_they_are_too_many(desk: Desk) -> None:
    innermost = Diagram("c").start("c1").service("n", "note").end("c2").chain("c1", "n", "c2").many("n", times="200")
    middle = Diagram("b").start("b1").sub(innermost.many("n", times="200")).end("b2").chain("b1", "c", "b2")
    process = Diagram("p").start().sub(middle.many("c", times="200", sequential=True)).end().chain("start", "b", "end")
    desk.deploy(process.many("b", times="200", sequential=True))
    with pytest.raises(CannotAdvance, match="不停地运转"):
        desk.start("p")
