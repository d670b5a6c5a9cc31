"""The terminate end event: it takes away what is at work in its own scope, and nothing outside it."""

import pytest

from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def part(key: str = "part") -> Diagram:
    """Draw two steps side by side, the first of which ends everything, the second guarded by a timer and a signal."""
    return (
        Diagram(key).start(f"{key}_start").parallel(f"{key}_fork").user("stop").end(f"{key}_all", terminate=True)
        .user("aside").end(f"{key}_end").timer(f"{key}_late", "P1D", "aside", interrupting=False).end(f"{key}_e2")
        .event("intermediateCatchEvent", f"{key}_heard", "signal", "flood").end(f"{key}_e3")
        .chain(f"{key}_start", f"{key}_fork", "stop", f"{key}_all").chain(f"{key}_fork", "aside", f"{key}_end")
        .chain(f"{key}_late", f"{key}_e2").chain(f"{key}_fork", f"{key}_heard", f"{key}_e3")
    )  # fmt: skip


@pytest.mark.parametrize("embedded", [True, False])
def test_inside_another_scope_it_ends_only_that_one(desk: Desk, clock: Clock, embedded: bool) -> None:
    outer = Diagram("p").start().parallel("fork")
    outer = outer.sub(part()) if embedded else outer.call("part", "part")
    outer.user("after").end("e1").user("beside").end("e2")
    outer.chain("start", "fork", "part", "after", "e1").chain("fork", "beside", "e2")
    desk.deploy(*([outer] if embedded else [outer, part()]))
    instance = desk.start("p")
    assert sorted(desk.waiting(instance)) == ["aside", "beside", "stop"]
    desk.complete(instance, "stop")
    assert sorted(desk.waiting(instance)) == ["after", "beside"]
    assert desk.timers(instance) == []
    assert desk.rows("select * from subscription") == []
    desk.complete(instance, "after")
    desk.complete(instance, "beside")
    assert desk.status(instance) == "completed"


def test_in_the_process_itself_it_ends_everything_inside_too(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("fork").user("enough").end("all", terminate=True).sub(part()).end()
        .chain("start", "fork", "enough", "all").chain("fork", "part", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "enough")
    assert desk.status(instance) == "completed"
    assert desk.waiting(instance) == []
    assert desk.timers(instance) == []
    assert desk.rows("select * from subscription") == []


def test_of_many_it_ends_one(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().sub(part()).many("part", times="2").user("after").end()
        .chain("start", "part", "after", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "stop")
    assert sorted(desk.waiting(instance)) == ["aside", "stop"]
    desk.complete(instance, "stop")
    assert desk.waiting(instance) == ["after"]
