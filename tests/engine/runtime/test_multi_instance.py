"""Activities that are done once for each element of a collection: at once or one after the other."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from engine.runtime import CannotAdvance, Item, Offer, Runtime, Transaction
from engine.runtime.process_data import MAX_BYTES
from tests.conftest import Clock
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight, table
from tests.engine.runtime.recording_host import RecordingHost


def opinions(
    *, sequential: bool = False, until: str = "", properties: dict[str, str] | None = None, **camunda: str
) -> Diagram:
    """Draw a step that every unit does, and one after it."""
    return (
        Diagram("p").start().user("opinion", properties, **camunda).user("after").end()
        .chain("start", "opinion", "after", "end").many("opinion", "units", "unit", until=until, sequential=sequential)
    )  # fmt: skip


class Seen(RecordingHost):
    """Remembers the items it was asked to offer."""

    def __init__(self, engine: sa.Engine) -> None:
        super().__init__(engine)
        self.items: list[Item] = []

    def offer(self, tx: Transaction, item: Item) -> Offer:
        self.items.append(item)
        return super().offer(tx, item)


@pytest.fixture
def seen(engine: sa.Engine) -> Seen:
    return Seen(engine)


@pytest.fixture
def watched(engine: sa.Engine, seen: Seen) -> Desk:
    return Desk(engine, Runtime(engine, seen), seen)


def task_of(seen: Seen, **local: Any) -> str:
    """Return the task of the instance that began with these."""
    found = [item for item in seen.items if local.items() <= item.local.items()]
    assert len(found) == 1, seen.items
    return found[0].task_id


def test_at_once_each_has_its_own_item_and_the_results_stand_in_the_order_of_the_collection(
    watched: Desk, seen: Seen
) -> None:
    watched.deploy(opinions())
    instance = watched.start("p", units=[7, 8, 9])
    assert watched.waiting(instance) == ["opinion"] * 3
    assert [item.local for item in seen.items] == [{"unit": unit, "loopCounter": n} for n, unit in enumerate([7, 8, 9])]
    for unit in (9, 7, 8):
        watched.complete_task(task_of(seen, unit=unit), says=f"of {unit}")
    assert watched.waiting(instance) == ["after"]
    assert watched.data(instance) == {
        "units": [7, 8, 9],
        "opinion": [{"says": "of 7"}, {"says": "of 8"}, {"says": "of 9"}],
    }
    assert watched.value("select visited -> 'p' -> 'opinion' from instance") == 1


def test_what_one_writes_the_others_and_the_flow_do_not_see(desk: Desk) -> None:
    desk.deploy(opinions())
    instance = desk.start("p", units=[7, 8])
    desk.complete(instance, "opinion", says="first")
    assert desk.data(instance) == {"units": [7, 8]}


def test_one_after_the_other_in_the_order_of_the_collection(watched: Desk, seen: Seen) -> None:
    watched.deploy(opinions(sequential=True))
    instance = watched.start("p", units=[7, 8, 9])
    for unit in (7, 8, 9):
        assert watched.waiting(instance) == ["opinion"]
        assert seen.items[-1].local == {"unit": unit, "loopCounter": unit - 7}
        watched.complete(instance, "opinion", says=unit)
    assert watched.waiting(instance) == ["after"]
    assert watched.data(instance)["opinion"] == [{"says": 7}, {"says": 8}, {"says": 9}]


@pytest.mark.parametrize("sequential", [True, False])
def test_an_empty_collection_is_passed_at_once(desk: Desk, sequential: bool) -> None:
    desk.deploy(opinions(sequential=sequential).timer("t", "P1D", "opinion").end("e").flow("t", "e"))
    instance = desk.start("p", units=[])
    assert desk.waiting(instance) == ["after"]
    assert desk.timers(instance) == []
    assert desk.data(instance)["opinion"] == []
    assert desk.value("select visited -> 'p' -> 'opinion' from instance") == 1


@pytest.mark.parametrize("sequential", [True, False])
@pytest.mark.parametrize(
    "until",
    [
        "${nrOfCompletedInstances >= 2}",
        "${nrOfCompletedInstances / nrOfInstances > 0.5}",
        "${opinion[nrOfCompletedInstances - 1].says == enough}",
    ],
)
def test_a_completion_condition_ends_it_and_withdraws_the_rest(desk: Desk, until: str, sequential: bool) -> None:
    desk.deploy(opinions(until=until, sequential=sequential))
    instance = desk.start("p", units=[7, 8, 9], enough="b")
    desk.complete(instance, "opinion", says="a")
    assert desk.waiting(instance) == ["opinion"] * (1 if sequential else 2)
    desk.complete(instance, "opinion", says="b")
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance)["opinion"] == [{"says": "a"}, {"says": "b"}]
    withdrawn = desk.value("select count(*) from finished_item where withdrawn")
    assert withdrawn == (0 if sequential else 1)


def test_the_counts_a_completion_condition_sees(desk: Desk) -> None:
    until = "${nrOfInstances == 4 and nrOfActiveInstances == 1 and nrOfCompletedInstances == 3}"
    desk.deploy(opinions(until=until))
    instance = desk.start("p", units=[1, 2, 3, 4])
    for left in (3, 2):
        desk.complete(instance, "opinion")
        assert desk.waiting(instance) == ["opinion"] * left
    desk.complete(instance, "opinion")
    assert desk.waiting(instance) == ["after"]


def test_a_condition_without_an_answer_waits_for_a_process_owner(desk: Desk) -> None:
    desk.deploy(opinions(until="${nrOfInstances + 1}"))
    instance = desk.start("p", units=[1, 2])
    desk.complete(instance, "opinion", says="stays")
    assert desk.waiting(instance) == ["opinion"]
    (incident,) = desk.details(instance, "incident_opened")
    assert "完成条件" in incident["message"]


def test_so_many_times(watched: Desk, seen: Seen) -> None:
    diagram = straight("p", "sign", "after").many("sign", times="${witnesses + 1}")
    watched.deploy(diagram)
    instance = watched.start("p", witnesses=1)
    assert [item.local for item in seen.items] == [{"loopCounter": 0}, {"loopCounter": 1}]
    watched.complete(instance, "sign", by="a")
    watched.complete(instance, "sign", by="b")
    assert watched.waiting(instance) == ["after"]


@pytest.mark.parametrize(
    ("diagram", "data", "words"),
    [
        (opinions(), {"units": list(range(201))}, "最多 200 次"),
        (opinions(), {"units": "all"}, "不是列表"),
        (opinions(), {"units": None}, "不是列表"),
        (opinions(), {}, "units"),
        (straight("p", "a").many("a", times="${times}"), {"times": 10**9}, "最多 200 次"),
        (straight("p", "a").many("a", times="${times}"), {"times": -1}, "不是整数"),
        (straight("p", "a").many("a", times="${times}"), {"times": 1.5}, "不是整数"),
        (straight("p", "a").many("a", times="${times}"), {"times": True}, "不是整数"),
    ],
)
def test_what_cannot_be_repeated_is_refused_in_words(
    desk: Desk, diagram: Diagram, data: dict[str, Any], words: str
) -> None:
    desk.deploy(diagram)
    with pytest.raises(CannotAdvance, match=words):
        desk.start("p", **data)
    assert desk.rows("select id from instance") == []


def test_two_hundred_instances_of_everything_automatic(desk: Desk) -> None:
    inner = Diagram("each").start("s1").service("n", "note", level="${unit}").exclusive("x1").exclusive("x2").end("e1")
    inner.chain("s1", "n", "x1", "x2", "e1")
    process = Diagram("p").start().sub(inner).user("after").end().many("each", "units", "unit")
    desk.deploy(process.chain("start", "each", "after", "end"))
    instance = desk.start("p", units=list(range(200)))
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance)["each"] == [{"n": {"level": unit}} for unit in range(200)]


def test_results_that_could_not_be_stored_are_refused_when_they_come(desk: Desk) -> None:
    desk.deploy(opinions())
    instance = desk.start("p", units=list(range(18)))
    text = "x" * (MAX_BYTES - 100)
    for _ in range(16):
        desk.complete(instance, "opinion", says=text)
    with pytest.raises(CannotAdvance, match="合计超过"):
        desk.complete(instance, "opinion", says=text)
    desk.complete(instance, "opinion", says="short")
    assert desk.waiting(instance) == ["opinion"]


@pytest.mark.parametrize("sequential", [True, False])
def test_a_manual_task_for_each(desk: Desk, sequential: bool) -> None:
    process = Diagram("p").start().manual("carry", candidateGroups="handler").user("after").end()
    desk.deploy(process.chain("start", "carry", "after", "end").many("carry", "units", sequential=sequential))
    instance = desk.start("p", units=[7, 8])
    assert desk.waiting(instance) == ["carry"] * (1 if sequential else 2)
    desk.complete(instance, "carry")
    desk.complete(instance, "carry", note="x")
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance)["carry"] == [{}, {"note": "x"}]
    assert desk.runtime.definition(1).step("p", "carry").form_optional
    assert not desk.runtime.definition(1).step("p", "after").form_optional


@pytest.mark.parametrize("sequential", [True, False])
def test_a_service_for_each(desk: Desk, sequential: bool) -> None:
    process = Diagram("p").start().service("n", "note", level="${unit.name}").user("after").end()
    process.many("n", "${matter.units}", "unit", sequential=sequential)
    desk.deploy(process.chain("start", "n", "after", "end"))
    instance = desk.start("p", matter={"units": [{"name": "a"}, {"name": "b"}]})
    assert desk.data(instance)["n"] == [{"level": "a"}, {"level": "b"}]
    assert [call.data["loopCounter"] for call in desk.host.calls] == [0, 1]


@pytest.mark.parametrize("sequential", [True, False])
def test_an_effect_for_each(desk: Desk, sequential: bool) -> None:
    process = Diagram("p").start().service("sent", "send", text="${unit}").user("after").end()
    desk.deploy(process.chain("start", "sent", "after", "end").many("sent", "units", "unit", sequential=sequential))
    instance = desk.start("p", units=[7, 8])
    number = 0
    while number < len(desk.host.calls):
        call = desk.host.calls[number]
        assert desk.runtime.finish_effect(call.task_id, {"delivered": call.parameters["text"]})
        assert not desk.runtime.finish_effect(call.task_id, {"delivered": "again"})
        number += 1
    assert desk.data(instance)["sent"] == [{"delivered": 7}, {"delivered": 8}]
    assert desk.waiting(instance) == ["after"]


def test_a_decision_for_each(desk: Desk) -> None:
    process = Diagram("p").start().rule("r", "level", "graded").user("after").end()
    desk.deploy(
        process.chain("start", "r", "after", "end").many("r", "amounts", "amount"),
        level=table("level", ["amount"], ["grade"], ["> 10", '"high"'], ["-", '"low"']),
    )
    instance = desk.start("p", amounts=[5, 50])
    assert desk.data(instance)["r"] == [{"grade": "low"}, {"grade": "high"}]
    assert "graded" not in desk.data(instance)


@pytest.mark.parametrize("sequential", [True, False])
def test_a_called_process_for_each(desk: Desk, sequential: bool) -> None:
    process = Diagram("p").start().call("c", "q").user("after").end().many("c", "units", "unit", sequential=sequential)
    desk.deploy(process.chain("start", "c", "after", "end"), straight("q", "ask", "answer"))
    instance = desk.start("p", units=[7, 8])
    while "after" not in desk.waiting(instance):
        step = desk.waiting(instance)[0]
        desk.complete(instance, step, said=step)
    one = {"answer": {"said": "answer"}, "ask": {"said": "ask"}}
    assert desk.data(instance) == {"units": [7, 8], "c": [one, one]}


def reports() -> Diagram:
    """Draw a sub-process of two steps for each unit, with a timer inside and two around it."""
    inner = (
        Diagram("each").start("s1").user("investigate").user("report", candidateGroups="${unit.role}").end("e1")
        .timer("slow", "P2D", "investigate", interrupting=False).service("n", "note", level="${unit.name}").end("e2")
        .chain("s1", "investigate", "report", "e1").chain("slow", "n", "e2")
    )  # fmt: skip
    return (
        Diagram("p").start().sub(inner).user("after").user("late").end("e3").end("e4").end()
        .timer("deadline", "P3D", "each").timer("remind", "P1D", "each", interrupting=False)
        .service("r", "note", level="r").chain("start", "each", "after", "end")
        .chain("deadline", "late", "e3").chain("remind", "r", "e4")
        .many("each", "units", "unit")
    )  # fmt: skip


UNITS = [{"name": "a", "role": "handler"}, {"name": "b", "role": "instructor"}]


def test_a_sub_process_for_each(desk: Desk) -> None:
    desk.deploy(reports())
    instance = desk.start("p", units=UNITS)
    desk.complete(instance, "investigate", found=1)
    desk.complete(instance, "investigate", found=2)
    groups = desk.rows("select candidates from work_item where step = 'report' order by candidates")
    assert [row.candidates for row in groups] == [["handler@1"], ["instructor@1"]]
    desk.complete(instance, "report", text="x")
    desk.complete(instance, "report", text="y")
    assert desk.waiting(instance) == ["after"]
    found = sorted(one["investigate"]["found"] for one in desk.data(instance)["each"])
    assert found == [1, 2]
    assert [sorted(one) for one in desk.data(instance)["each"]] == [["investigate", "report"]] * 2


def test_boundary_events_on_it(desk: Desk, clock: Clock) -> None:
    desk.deploy(reports())
    instance = desk.start("p", units=UNITS)
    assert desk.timers(instance) == ["remind", "slow", "slow", "deadline"]
    clock.move(timedelta(days=1, minutes=1))
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["investigate", "investigate"]
    clock.move(timedelta(days=1))
    assert desk.fire() == 2
    assert sorted(call.parameters["level"] for call in desk.host.calls) == ["a", "b", "r"]
    desk.complete(instance, "investigate")
    assert sorted(desk.waiting(instance)) == ["investigate", "report"]
    clock.move(timedelta(days=1))
    assert desk.fire() == 1
    assert desk.waiting(instance) == ["late"]
    assert desk.timers(instance) == []
    assert desk.value("select count(*) from finished_item where withdrawn") == 2
    assert "each" not in desk.data(instance)


def test_a_message_that_interrupts_takes_all_instances_away(desk: Desk) -> None:
    process = opinions().catch("off", "withdraw", "opinion").end("e").flow("off", "e")
    desk.deploy(process)
    instance = desk.start("p", units=[7, 8, 9])
    desk.complete(instance, "opinion")
    assert desk.runtime.message(instance, "withdraw", {})
    assert desk.waiting(instance) == []
    assert desk.status(instance) == "completed"
    assert desk.value("select count(*) from finished_item where withdrawn") == 2


def test_one_in_the_other(watched: Desk, seen: Seen) -> None:
    inner = Diagram("team").start("s1").user("ask").end("e1").chain("s1", "ask", "e1")
    inner.many("ask", "${unit.people}", "person")
    process = Diagram("p").start().sub(inner).user("after").end().many("team", "units", "unit")
    watched.deploy(process.chain("start", "team", "after", "end"))
    units = [{"people": ["x", "y"]}, {"people": []}, {"people": ["z"]}]
    instance = watched.start("p", units=units)
    assert [item.local for item in seen.items] == [
        {"unit": units[0], "person": "x", "loopCounter": 0},
        {"unit": units[0], "person": "y", "loopCounter": 1},
        {"unit": units[2], "person": "z", "loopCounter": 0},
    ]
    for person in ("z", "y", "x"):
        watched.complete_task(task_of(seen, person=person), is_=person)
    assert watched.data(instance)["team"] == [
        {"ask": [{"is_": "x"}, {"is_": "y"}]},
        {"ask": []},
        {"ask": [{"is_": "z"}]},
    ]


def test_an_instance_sees_what_the_flow_around_it_learns_meanwhile(desk: Desk) -> None:
    inner = (
        Diagram("each").start("s1").user("look").exclusive("x").user("hurry").end("e1").chain("s1", "look", "x")
        .flow("x", "hurry", "${main.urgent}").flow("x", "e1", default=True).flow("hurry", "e1")
    )  # fmt: skip
    process = Diagram("p").start().parallel("g").user("main").sub(inner).parallel("j").end()
    process.many("each", "units", "unit")
    desk.deploy(process.chain("start", "g", "main", "j", "end").chain("g", "each", "j"))
    instance = desk.start("p", units=[1, 2], main={"urgent": False})
    desk.complete(instance, "look")
    desk.complete(instance, "main", urgent=True)
    desk.complete(instance, "look")
    assert desk.waiting(instance) == ["hurry"]


def change(transaction: Transaction, _item: Item) -> None:
    """Let the host say something new of itself."""
    transaction.variables["matter"] = {"kind": "new"}


def test_what_the_host_says_is_not_what_an_instance_is_about(watched: Desk, seen: Seen) -> None:
    inner = Diagram("each").start("s1").user("look").user("judge", candidateGroups="${matter.kind}").end("e1")
    process = Diagram("p").start().sub(inner.chain("s1", "look", "judge", "e1")).end().many("each", "units", "unit")
    watched.deploy(process.chain("start", "each", "end"))
    instance = watched.start("p", units=[7], matter={"kind": "old"})
    watched.runtime.complete(watched.task(instance, "look"), {}, actor="2", key=None, prepare=change)
    assert [(item.groups, item.local) for item in seen.items[1:]] == [(("new",), {"unit": 7, "loopCounter": 0})]


def test_what_the_host_says_reaches_instances_and_is_no_result_of_theirs(desk: Desk) -> None:
    process = Diagram("p").start().call("c", "q").user("after").end().many("c", "units", "unit")
    desk.deploy(process.chain("start", "c", "after", "end"), straight("q", "ask", "answer"))
    instance = desk.start("p", units=[1, 2], matter={"kind": "old"})
    desk.runtime.complete(desk.task(instance, "ask"), {}, actor="2", key=None, prepare=change)
    while "after" not in desk.waiting(instance):
        desk.complete(instance, desk.waiting(instance)[0])
    assert desk.data(instance)["matter"] == {"kind": "new"}
    assert [sorted(one) for one in desk.data(instance)["c"]] == [["answer", "ask"]] * 2


def test_expressions_of_a_step_are_evaluated_for_each(watched: Desk, seen: Seen) -> None:
    process = opinions(
        properties={"unit": "${unit.id}", "kind": "joint", "ids": "${[unit.id, loopCounter]}"},
        candidateGroups="${unit.roles}, inspector",
        dueDate="${unit.limit}",
        priority="${unit.priority}",
    )
    watched.deploy(process)
    units = [
        {"id": 7, "roles": ["liaison", "handler"], "limit": "P1D", "priority": 80},
        {"id": 8, "roles": "handler", "limit": "P2D", "priority": 20},
    ]
    watched.start("p", units=units)
    assert [item.groups for item in seen.items] == [("liaison", "handler", "inspector"), ("handler", "inspector")]
    assert [item.properties for item in seen.items] == [
        {"unit": "7", "kind": "joint", "ids": "7,0"},
        {"unit": "8", "kind": "joint", "ids": "8,1"},
    ]
    rows = watched.rows("select priority, due_at - created_at as after from work_item order by due_at")
    assert rows == [(80, timedelta(days=1)), (20, timedelta(days=2))]


def test_an_outcome_that_is_repeated_carries_the_elements(desk: Desk) -> None:
    process = Diagram("p").start().user("first").user("opinion").end().many("opinion", "units", "unit")
    desk.deploy(process.chain("start", "first", "opinion", "end"))
    instance = desk.start("p", units=[{"id": 7}, {"id": 8}])
    task = desk.task(instance, "first")
    once = desk.complete_task(task, key="k")
    again = desk.complete_task(task, key="k")
    assert [item.local["unit"] for item in once.next] == [{"id": 7}, {"id": 8}]
    assert again.repeated
    assert again.next == once.next


def test_a_loop_over_it_leaves_the_state_as_small_as_before(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().exclusive("m").user("opinion").user("judge").exclusive("x").end()
        .timer("deadline", "P3D", "opinion").end("e").flow("deadline", "e")
        .chain("start", "m", "opinion", "judge", "x").flow("x", "m", "${judge.again}").flow("x", "end", default=True)
        .many("opinion", "units", "unit", until="${nrOfCompletedInstances == 2}")
    )  # fmt: skip
    instance = desk.start("p", units=[7, 8, 9])
    sizes = []
    for _ in range(30):
        desk.complete(instance, "opinion", says="x")
        desk.complete(instance, "opinion", says="y")
        desk.complete(instance, "judge", again=True)
        sizes.append(desk.value("select length(state) from instance"))
    assert max(sizes[2:]) - sizes[1] < 40
    assert desk.waiting(instance) == ["opinion"] * 3
