"""Where tokens part and meet."""

import re

import pytest

from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def choice(*conditions: str, default: bool = True) -> Diagram:
    """Draw a step, an exclusive gateway, and one step behind each condition (and the default)."""
    diagram = Diagram("p").start().user("a").exclusive("g").end().chain("start", "a", "g")
    for number, condition in enumerate(conditions):
        diagram.user(f"way{number}").flow("g", f"way{number}", condition).flow(f"way{number}", "end")
    if default:
        diagram.user("otherwise").flow("g", "otherwise", default=True).flow("otherwise", "end")
    return diagram


def test_the_first_condition_that_holds_wins(desk: Desk) -> None:
    desk.deploy(choice("${a.x > 5}", "a.x > 3", "${a.x > 1}"))
    for value, way in ((9, "way0"), (4, "way1"), (2, "way2"), (0, "otherwise")):
        instance = desk.start("p")
        desk.complete(instance, "a", x=value)
        assert desk.waiting(instance) == [way]


def test_host_functions_may_be_called_in_conditions(desk: Desk) -> None:
    desk.deploy(choice("${double(a.x) == 6}"))
    instance = desk.start("p")
    desk.complete(instance, "a", x=3)
    assert desk.waiting(instance) == ["way0"]


@pytest.mark.parametrize(
    ("conditions", "answers", "words"),
    [
        (("${a.x > 5}",), {"x": 1}, "没有可走的路"),
        (("${a.missing == 1}",), {"x": 1}, "a.missing"),
        (("${a.x}",), {"x": 1}, "是.*否"),
        (("${a.x > 'text'}",), {"x": 1}, "g"),
    ],
)
def test_no_way_holds_the_token_and_the_task_stays_done(
    desk: Desk, conditions: tuple[str, ...], answers: dict[str, int], words: str
) -> None:
    desk.deploy(choice(*conditions, default=False))
    instance = desk.start("p")
    desk.complete(instance, "a", **answers)
    (incident,) = desk.rows("select element, message from incident")
    assert incident.element == "g"
    assert re.search(words, incident.message)
    assert (desk.waiting(instance), desk.status(instance)) == ([], "running")
    assert desk.data(instance) == {"a": answers}


def test_a_parallel_join_waits_for_every_branch_once(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").user("a").user("b").user("c").parallel("j").user("d").end()
        .chain("start", "g", "a", "j", "d", "end").chain("g", "b", "j").chain("g", "c", "j")
    )  # fmt: skip
    for order in ("abc", "cba", "bca"):
        instance = desk.start("p")
        for step in order:
            assert "d" not in desk.waiting(instance)
            desk.complete(instance, step, by=step)
        assert desk.waiting(instance) == ["d"]
        assert desk.data(instance) == {step: {"by": step} for step in "abc"}


def test_a_parallel_join_in_a_loop_waits_anew_each_time(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().exclusive("m").parallel("g").user("a").user("b").parallel("j").user("c").exclusive("x").end()
        .chain("start", "m", "g", "a", "j", "c", "x").chain("g", "b", "j")
        .flow("x", "m", "${c.again}").flow("x", "end", default=True)
    )  # fmt: skip
    instance = desk.start("p")
    for again in (True, True, False):
        desk.complete(instance, "b")
        assert desk.waiting(instance) == ["a"]
        desk.complete(instance, "a")
        desk.complete(instance, "c", again=again)
    assert desk.status(instance) == "completed"
    assert desk.value("select visited -> 'p' -> 'j' from instance") == 3


def test_tokens_too_many_on_one_flow_wait_for_their_partners(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").user("a").user("b").user("c").exclusive("m").parallel("j").user("d").end()
        .chain("start", "g", "a", "m", "j", "d", "end").chain("g", "b", "m").chain("g", "c", "j")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a")
    desk.complete(instance, "b")
    assert desk.waiting(instance) == ["c"]
    desk.complete(instance, "c")
    assert desk.waiting(instance) == ["d"]
    desk.complete(instance, "d")
    # The second token of the upper flow has no partner and never will: the process waits, it does not forget.
    assert desk.status(instance) == "running"


def inclusive() -> Diagram:
    """Draw a step, three branches of which some are taken, and a step behind their join."""
    return (
        Diagram("p").start().user("a").inclusive("g").user("b").user("c").user("d").inclusive("j").user("e").end()
        .chain("start", "a", "g").flow("g", "b", "${a.b}").flow("g", "c", "${a.c}").flow("g", "d", default=True)
        .chain("b", "j", "e", "end").chain("c", "j").chain("d", "j")
    )  # fmt: skip


@pytest.mark.parametrize(
    ("b", "c", "taken"), [(True, True, ["b", "c"]), (True, False, ["b"]), (False, True, ["c"]), (False, False, ["d"])]
)
def test_an_inclusive_join_waits_for_the_branches_that_were_taken(
    desk: Desk, b: bool, c: bool, taken: list[str]
) -> None:
    desk.deploy(inclusive())
    instance = desk.start("p")
    desk.complete(instance, "a", b=b, c=c)
    assert sorted(desk.waiting(instance)) == taken
    for number, step in enumerate(taken):
        desk.complete(instance, step)
        assert desk.waiting(instance) == (taken[number + 1 :] or ["e"])


def test_an_inclusive_join_does_not_wait_for_what_cannot_reach_it(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").user("elsewhere").end("e1").user("a").inclusive("s").user("b").user("c")
        .inclusive("j").user("d").end()
        .chain("start", "g", "elsewhere", "e1").chain("g", "a", "s").flow("s", "b", "${a.b}")
        .flow("s", "c", default=True).chain("b", "j", "d", "end").chain("c", "j")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a", b=True)
    desk.complete(instance, "b")
    assert sorted(desk.waiting(instance)) == ["d", "elsewhere"]


def test_an_inclusive_gateway_without_a_way_holds_the_token(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").inclusive("g").user("b").user("c").end()
        .chain("start", "a", "g").flow("g", "b", "${a.b}").flow("g", "c", "${a.c}").chain("b", "end").chain("c", "end")
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a", b=False, c=False)
    assert "没有可走的路" in desk.value("select message from incident where element = 'g'")


def test_a_terminate_end_takes_all_other_tokens_of_its_process(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").user("a").call("c", "q").timer("t", "P1D", "c").user("late")
        .end("stop", terminate=True).end().chain("start", "g", "a", "stop").chain("g", "c", "end")
        .chain("t", "late", "end"),
        Diagram("q").start().user("b").end().chain("start", "b", "end"),
    )  # fmt: skip
    instance = desk.start("p")
    assert desk.complete(instance, "a").ended
    assert (desk.waiting(instance), desk.timers(instance)) == ([], [])
    (row,) = desk.rows("select * from finished_item where withdrawn")
    assert row.step == "b"


def test_a_terminate_end_in_a_called_process_ends_only_that(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().call("c", "q").user("after").end().chain("start", "c", "after", "end"),
        Diagram("q").start().parallel("g").user("a").user("b").end("stop", terminate=True).end()
        .chain("start", "g", "a", "stop").chain("g", "b", "end"),
    )  # fmt: skip
    instance = desk.start("p")
    desk.complete(instance, "a", x=1)
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance) == {"a": {"x": 1}}


def test_branches_share_nothing_that_can_be_changed_by_accident(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").service("n", "note").user("a").parallel("j").end()
        .chain("start", "g", "n", "j", "end").chain("g", "a", "j")
    )  # fmt: skip
    given = {"place": {"town": "x"}}
    instance = desk.start("p", matter=given)
    given["place"]["town"] = "changed by the caller"
    desk.host.calls[0].data["matter"]["place"]["town"] = "changed by the service"
    assert desk.data(instance)["matter"] == {"place": {"town": "x"}}
