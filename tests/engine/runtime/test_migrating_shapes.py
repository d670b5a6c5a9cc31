"""Diagrams that changed in shape: called and embedded processes, branches, joins, services; what stands in the way."""

import pytest

from engine.runtime import AlreadyDone
from engine.runtime.definitions import parse_files
from engine.runtime.migrating.elements import elements
from engine.runtime.migrating.instances import CannotMigrate
from engine.runtime.migrating.plan import UnusablePlan
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight, table
from tests.engine.runtime.moving import REASON, Mover
from tests.engine.runtime.test_migrating_timers import timed


@pytest.fixture
def mover(desk: Desk) -> Mover:
    return Mover(desk)


@pytest.mark.parametrize("steps", [("new", "a", "b"), ("a", "new", "b"), ("a", "b", "new")])
def test_a_step_may_be_added_before_where_it_waits_or_behind(desk: Desk, mover: Mover, steps: tuple[str, ...]) -> None:
    old = mover.deploy(straight("main", "a", "b"))
    instance = desk.start("main")
    new = mover.deploy(straight("main", *steps))
    mover.migrate(mover.between(old, new), instance)
    assert desk.waiting(instance) == ["a"]
    for step in steps[steps.index("a") :]:
        desk.complete(instance, step)
    assert desk.status(instance) == "completed"


# inside -------------------------------------------------------------------------------------------------


def test_what_waits_in_a_called_process_moves_with_its_caller(desk: Desk, mover: Mover) -> None:
    calling = Diagram("main").start().call("work", "sub").user("after").end().chain("start", "work", "after", "end")
    old = mover.deploy(calling, straight("sub", "a", "b"))
    instance = desk.start("main")
    new = mover.deploy(calling, straight("sub", "inquire", "extra", "b"))
    assert mover.codes(mover.between(old, new)) == ["unmapped"]
    mover.migrate(mover.between(old, new, a="inquire"), instance)
    assert mover.item(instance, "inquire").process_key == "sub"
    for step in ("inquire", "extra", "b", "after"):
        desk.complete(instance, step, done=step)
    assert desk.status(instance) == "completed"
    assert desk.data(instance)["inquire"] == {"done": "inquire"}


def test_a_call_of_another_process_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    def calling(key: str) -> Diagram:
        return Diagram("main").start().call("work", key).end().chain("start", "work", "end")

    old = mover.deploy(calling("sub"), straight("sub", "a"))
    desk.start("main")
    new = mover.deploy(calling("other"), straight("sub", "a"), straight("other", "a"))
    assert "called" in mover.codes(mover.between(old, new))


def embedded(*steps: str, around: tuple[str, ...] = ()) -> Diagram:
    inner = Diagram("part").start("part_start").end("part_end")
    diagram = Diagram("main").start()
    for step in steps:
        inner.user(step)
    for step in around:
        diagram.user(step)
    return diagram.sub(inner.chain("part_start", *steps, "part_end")).end().chain("start", "part", *around, "end")


def test_what_waits_in_an_embedded_sub_process_moves_too(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(embedded("a", "b"))
    instance = desk.start("main")
    new = mover.deploy(embedded("a", "extra", "b", around=("after",)))
    mover.migrate(mover.between(old, new), instance)
    for step in ("a", "extra", "b", "after"):
        desk.complete(instance, step)
    assert desk.status(instance) == "completed"


def test_a_step_that_moved_into_another_scope_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(embedded("a", "b"))
    instance = desk.start("main")
    plan = mover.between(old, mover.deploy(embedded("b", around=("a",))))
    assert mover.codes(plan) == ["scope"]
    assert mover.version(instance) == old


def many(collection: str = "matter.units", *, sequential: bool = False, until: str = "") -> Diagram:
    diagram = Diagram("main").start().user("a").many("a", collection, "unit", sequential=sequential, until=until)
    return diagram.user("after").end().chain("start", "a", "after", "end")


def test_a_running_multi_instance_goes_on_where_it_is(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(many())
    instance = desk.start("main", matter={"units": ["x", "y", "z"]})
    desk.complete_task(desk.task(instance, "a"), ok=1)
    mover.migrate(mover.between(old, mover.deploy(many(until="nrOfCompletedInstances >= 2"))), instance)
    assert desk.waiting(instance) == ["a", "a"]
    desk.complete_task(desk.task(instance, "a"), ok=2)
    assert desk.waiting(instance) == ["after"]
    assert desk.data(instance)["a"] == [{"ok": 1}, {"ok": 2}]


@pytest.mark.parametrize("changed", [many("matter.others"), many(sequential=True)], ids=["collection", "order"])
def test_another_way_of_doing_a_running_multi_instance_stands_in_the_way(
    desk: Desk, mover: Mover, changed: Diagram
) -> None:
    old = mover.deploy(many())
    desk.start("main", matter={"units": ["x", "y"]})
    assert mover.codes(mover.between(old, mover.deploy(changed))) == ["multi_instance"]


# branches -----------------------------------------------------------------------------------------------


def forked(*branches: str) -> Diagram:
    diagram = Diagram("main").start().parallel("fork").parallel("join").user("after").end().flow("start", "fork")
    for branch in branches:
        diagram.user(branch).flow("fork", branch).flow(branch, "join")
    return diagram.chain("join", "after", "end")


def test_parallel_branches_move_together(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(forked("a", "b"))
    instance = desk.start("main")
    mover.migrate(mover.between(old, mover.deploy(forked("a", "b").user("before"))), instance)
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["b"]
    desk.complete(instance, "b")
    assert desk.waiting(instance) == ["after"]


def test_a_half_arrived_join_waits_on_for_the_renamed_branch(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(forked("a", "b"))
    instance = desk.start("main")
    desk.complete(instance, "a")
    mover.migrate(mover.between(old, mover.deploy(forked("first", "second")), a="first", b="second"), instance)
    assert desk.waiting(instance) == ["second"]
    desk.complete(instance, "second")
    assert desk.waiting(instance) == ["after"]


def test_a_half_arrived_join_with_other_ways_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(forked("a", "b"))
    instance = desk.start("main")
    new = mover.deploy(forked("a", "b", "c"))
    assert mover.only(mover.between(old, new)).verdict == "safe"  # nothing has arrived yet
    desk.complete(instance, "a")
    assert mover.codes(mover.between(old, new)) == ["join"]


def chosen(*messages: str) -> Diagram:
    diagram = Diagram("main").start().add("eventBasedGateway", "which").end().flow("start", "which")
    for message in messages:
        diagram.catch(message, message).chain("which", message, "end")
    return diagram


def test_another_choice_of_awaited_events_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(chosen("paid", "refused"))
    instance = desk.start("main")
    plan = mover.between(old, mover.deploy(chosen("paid", "refused", "expired")))
    assert set(mover.codes(plan)) == {"choice"}
    mover.migrate(mover.between(old, mover.deploy(chosen("settled", "refused")), paid="settled"), instance)
    assert desk.runtime.message(instance, "settled")
    assert desk.status(instance) == "completed"


# services ------------------------------------------------------------------------------------------------


def effect(service: str = "send", step: str = "out") -> Diagram:
    return Diagram("main").start().service(step, service).user("a").end().chain("start", step, "a", "end")


def test_the_result_of_an_effect_finds_its_task_after_the_move(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(effect())
    instance = desk.start("main")
    task = desk.host.calls[-1].task_id
    mover.migrate(mover.between(old, mover.deploy(effect(step="sent")), out="sent"), instance)
    assert desk.runtime.finish_effect(task, {"delivered": True})
    assert desk.waiting(instance) == ["a"]
    assert desk.data(instance)["sent"] == {"delivered": True}


def test_another_service_while_the_result_is_awaited_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(effect("send"))
    desk.start("main")
    assert mover.codes(mover.between(old, mover.deploy(effect("note")))) == ["service"]


# values the new version reads ---------------------------------------------------------------------------


def judged(by: str) -> Diagram:
    diagram = Diagram("main").start().user("a").user("b").exclusive("which").user("c").end().end("other")
    diagram.chain("start", "a", "b", "which").flow("which", "c", by).flow("which", "other", default=True)
    return diagram.flow("c", "end")


def test_a_value_that_nothing_will_have_set_stands_in_the_way(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(judged("a.ok == true"))
    instance = desk.start("main")
    new = mover.deploy(judged("a.severity == 'major'"))
    assert mover.only(mover.between(old, new)).verdict == "safe"  # it is still to be answered
    desk.complete(instance, "a", ok=True)
    found = mover.only(mover.between(old, new))
    assert (found.verdict, [reason.code for reason in found.reasons]) == ("blocked", ["value"])
    assert "a.severity" in found.reasons[0].text
    assert mover.only(mover.between(old, mover.deploy(judged("b.ok == true")))).verdict == "safe"


def test_what_the_old_version_lacked_as_well_is_no_new_obstacle(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(judged("a.severity == 'major'"))
    instance = desk.start("main")
    desk.complete(instance, "a", ok=True)
    new = mover.deploy(judged("a.severity == 'urgent'"))
    assert mover.only(mover.between(old, new)).verdict == "safe"


def test_a_value_the_decision_table_wants_is_looked_for_too(desk: Desk, mover: Mover) -> None:
    def ruled(*steps: str) -> Diagram:
        diagram = straight("main", *steps).rule("rule", "approver")
        diagram.flows = []
        return diagram.chain("start", *steps, "rule", "end")

    rules = {"processes/approver.dmn": table("approver", ["extra.level"], ["role"], ['"1"', '"x"'])}
    old = mover.deploy(straight("main", "a", "b"))
    instance = desk.start("main")
    assert mover.codes(mover.between(old, mover.deploy(ruled("extra", "a", "b"), rules))) == ["value"]
    mover.migrate(mover.between(old, mover.deploy(ruled("a", "extra", "b"), rules)), instance)


def test_a_table_that_changed_is_found_though_another_names_it_too(desk: Desk, mover: Mover) -> None:
    ruled = straight("main", "a").rule("rule", "approver")
    ruled.flows = []
    ruled.chain("start", "a", "rule", "end")

    def deployed(level: str) -> int:
        other = table("another", ["a.level"], ["role"], ['"1"', '"approver"'])
        rules = table("approver", ["a.level"], ["role"], [level, '"x"'])
        return mover.deploy(ruled, {"processes/another.dmn": other, "processes/approver.dmn": rules})

    contents = [mover.content(deployed(level), "rule") for level in ('"1"', '"2"', '"1"')]
    assert contents[0] == contents[2] != contents[1]


# what else stands in the way ----------------------------------------------------------------------------


def test_a_suspended_instance_waits_until_it_is_resumed(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"))
    instance = desk.start("main")
    desk.runtime.suspend(instance, actor="9", reason="待核")
    new = mover.deploy(straight("main", "a", "b"))
    assert mover.codes(mover.between(old, new)) == ["suspended"]
    desk.runtime.resume(instance, actor="9", reason="核完")
    mover.migrate(mover.between(old, new), instance)


def test_a_state_nobody_can_read_is_said_and_left_alone(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"))
    instance = desk.start("main")
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update instance set codec = 99")
    plan = mover.between(old, mover.deploy(straight("main", "a", "b")))
    assert mover.codes(plan) == ["state"]
    with pytest.raises(CannotMigrate):
        mover.migrate(plan, instance)


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"nothing": "a"}, "没有环节 nothing"),
        ({"a": "nothing"}, "没有环节 nothing"),
        ({"a": None}, "不是边界事件"),
        ({"a": "late"}, "类型不同"),
    ],
)
def test_a_mapping_that_cannot_be_is_refused_with_every_fault(
    mover: Mover, mapping: dict[str, str | None], said: str
) -> None:
    old, new = mover.deploy(timed("P3D")), mover.deploy(timed("P4D"))
    with pytest.raises(UnusablePlan, match=said) as refused:
        mover.between(old, new, **(mapping | {"missing": "a"}))
    assert len(refused.value.problems) == 2


def test_what_is_over_is_left_where_it_was(desk: Desk, mover: Mover) -> None:
    old = mover.deploy(straight("main", "a"))
    instance = desk.start("main")
    task = desk.task(instance, "a")
    desk.complete(instance, "a")
    plan = mover.between(old, mover.deploy(straight("main", "a", "b")))
    assert mover.assess(plan) == []
    assert desk.runtime.migrate(plan, instance, actor="9", reason=REASON) is None
    with pytest.raises(AlreadyDone):
        desk.complete_task(task)


def test_the_differences_of_two_versions_are_listed_with_what_differs(mover: Mover) -> None:
    old = mover.deploy(timed("P3D").user("gone").flow("gone", "end"))
    new = mover.deploy(timed("P5D").user("fresh").flow("fresh", "end"))
    found = {(one.what, one.element.id): one for one in mover.between(old, new).differences()}
    assert set(found) == {("changed", "late"), ("removed", "gone"), ("added", "fresh")}
    assert found["changed", "late"].facts == {"timer": ("P3D", "P5D")}
    mapped = mover.between(old, new, gone="fresh").differences()
    assert [one.what for one in mapped if one.element.id == "gone"] == ["renamed"]


def test_a_new_step_of_the_same_label_is_suggested(mover: Mover) -> None:
    def labelled(step: str) -> Diagram:
        diagram = straight("main", step)
        diagram.elements = [(tag, one, given | {"name": "调查"}, inner) for tag, one, given, inner in diagram.elements]
        return diagram

    plan = mover.between(mover.deploy(labelled("a")), mover.deploy(labelled("inquire")))
    assert [(old.id, new.id) for old, new in plan.suggestions()] == [("a", "inquire")]


def test_the_role_of_a_step_in_nested_lanes_is_that_of_the_innermost() -> None:
    inside = b"<bpmn:flowNodeRef>a</bpmn:flowNodeRef>"
    drawn = Diagram("main").start().user("a", lane="unit").end().chain("start", "a", "end").xml()
    nested = b'<bpmn:childLaneSet id="s"><bpmn:lane id="handler">' + inside + b"</bpmn:lane></bpmn:childLaneSet>"
    definition = parse_files(1, {"main.bpmn": drawn.replace(inside, inside + nested)})
    assert elements(definition, "main")["main", "a"].facts["role"] == "handler"
    assert definition.specs["main"].task_specs["a"].step.groups == ("handler",)
