"""Claiming, giving back, assigning; and commands of the host that only hold the lock."""

import threading

import pytest

from engine.runtime import AlreadyDone, Event, Item, NotFound, Suspended, Taken, Transaction
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight


def allow(transaction: Transaction, item: Item) -> None:
    """Let anybody do anything."""


def forbid(transaction: Transaction, item: Item) -> None:
    raise PermissionError(item.step)


@pytest.fixture
def task(desk: Desk) -> str:
    desk.deploy(
        Diagram("p").start().user("a", {"excludes": "b"}, candidateGroups="handler", dueDate="P1D").end()
        .chain("start", "a", "end")
    )  # fmt: skip
    return desk.task(desk.start("p"), "a")


def holder(desk: Desk) -> str | None:
    return desk.value("select assignee from work_item")


def test_a_task_is_claimed_given_back_and_assigned(desk: Desk, task: str) -> None:
    desk.runtime.claim(task, actor="7", prepare=allow)
    assert holder(desk) == "7"
    assert desk.value("select claimed_at is not null from work_item")
    desk.runtime.unclaim(task, actor="7", prepare=allow)
    assert holder(desk) is None
    assert desk.value("select claimed_at is null from work_item")
    desk.runtime.assign(task, "9", actor="1", prepare=allow)
    assert holder(desk) == "9"
    kinds = [row.kind for row in desk.rows("select kind from history order by id")]
    assert kinds == ["started", "claimed", "unclaimed", "assigned"]
    (row,) = desk.rows("select * from history where kind = 'assigned'")
    assert (row.element, row.actor, row.details["from"], row.details["to"]) == ("a", "1", None, "9")


def test_what_is_somebody_elses_is_not_claimed(desk: Desk, task: str) -> None:
    desk.runtime.claim(task, actor="7", prepare=allow)
    with pytest.raises(Taken) as caught:
        desk.runtime.claim(task, actor="8", prepare=allow)
    assert caught.value.by == "7"
    assert holder(desk) == "7"


def test_doing_it_twice_changes_nothing(desk: Desk, task: str) -> None:
    for _ in range(2):
        desk.runtime.claim(task, actor="7", prepare=allow)
    for _ in range(2):
        desk.runtime.unclaim(task, actor="7", prepare=allow)
    for _ in range(2):
        desk.runtime.assign(task, "9", actor="1", prepare=allow)
    kinds = [row.kind for row in desk.rows("select kind from history order by id")]
    assert kinds == ["started", "claimed", "unclaimed", "assigned"]


def test_prepare_sees_the_item_and_its_holder_and_may_forbid(desk: Desk, task: str) -> None:
    seen = []
    desk.runtime.claim(task, actor="7", prepare=lambda tx, item: seen.append((tx.offer, item)))
    offer, item = seen[0]
    assert (offer.candidates, offer.assignee) == (("handler@1",), None)
    assert (item.task_id, item.step, item.groups, item.properties) == (task, "a", ("handler",), {"excludes": "b"})
    assert item.due is not None
    for act in (
        lambda: desk.runtime.claim(task, actor="8", prepare=forbid),
        lambda: desk.runtime.unclaim(task, actor="8", prepare=forbid),
        lambda: desk.runtime.assign(task, "8", actor="8", prepare=forbid),
    ):
        with pytest.raises(PermissionError):
            act()
    assert holder(desk) == "7"


def test_a_task_that_is_done_or_never_was_cannot_be_claimed(desk: Desk, task: str) -> None:
    with pytest.raises(NotFound):
        desk.runtime.claim("0" * 32, actor="7", prepare=allow)
    desk.complete_task(task, actor="5")
    with pytest.raises(AlreadyDone) as caught:
        desk.runtime.claim(task, actor="7", prepare=allow)
    assert caught.value.by == "5"


def test_a_suspended_instance_hands_nothing_out(desk: Desk, task: str) -> None:
    with desk.engine.begin() as connection:
        connection.exec_driver_sql("update instance set status = 'suspended'")
    with pytest.raises(Suspended):
        desk.runtime.claim(task, actor="7", prepare=allow)


def test_claimed_by_many_at_once_it_is_one_persons(desk: Desk, task: str) -> None:
    barrier = threading.Barrier(8)
    taken = []

    def work(actor: str) -> None:
        barrier.wait()
        try:
            desk.runtime.claim(task, actor=actor, prepare=allow)
        except Taken as error:
            taken.append(error.by)

    threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 7
    assert set(taken) == {holder(desk)}


def test_completing_sees_who_holds_it_even_after_waiting_for_the_lock(desk: Desk, task: str) -> None:
    seen = []
    locked, go = threading.Event(), threading.Event()

    def assign(transaction: Transaction, item: Item) -> None:
        locked.set()
        go.wait(10)

    first = threading.Thread(target=lambda: desk.runtime.assign(task, "9", actor="1", prepare=assign))
    first.start()
    assert locked.wait(10)
    second = threading.Thread(
        target=lambda: desk.runtime.complete(
            task, {}, actor="8", key=None, prepare=lambda tx, _item: seen.append(tx.offer.assignee)
        )
    )
    second.start()
    while not desk.value("select exists (select from pg_locks where not granted)"):
        pass
    go.set()
    first.join()
    second.join()
    assert seen == ["9"]


def test_a_command_of_the_host_holds_the_lock_and_records(desk: Desk, task: str) -> None:
    instance = desk.value("select id from instance")
    with desk.runtime.transaction(instance, actor="4") as transaction:
        assert (transaction.instance_id, transaction.business_key, transaction.actor) == (instance, "MY-1", "4")
        transaction.events.append(Event("assigned", "", "", {"note": "seen"}))
        transaction.variables["matter"] = {"severity": "major"}
    assert desk.details(instance, "assigned") == [{"note": "seen"}]
    assert desk.data(instance)["matter"] == {"severity": "major"}
    with desk.runtime.transaction(task, actor="4") as transaction:
        assert transaction.instance_id == instance
        assert transaction.data["matter"] == {"severity": "major"}


def test_a_command_of_the_host_that_fails_leaves_nothing(desk: Desk, task: str) -> None:
    instance = desk.value("select id from instance")

    def fail() -> None:
        with desk.runtime.transaction(instance, actor="4") as transaction:
            transaction.connection.exec_driver_sql("update instance set business_key = 'x'")
            transaction.variables["matter"] = {}
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert desk.value("select business_key from instance") == "MY-1"
    with pytest.raises(NotFound), desk.runtime.transaction(99, actor="4"):
        pass


def test_what_a_command_of_the_host_changes_reaches_called_processes(desk: Desk) -> None:
    desk.deploy(
        Diagram("outer").start().call("c", "inner").end().chain("start", "c", "end"),
        Diagram("inner").start().user("a").exclusive("g").user("yes").user("no").end().chain("start", "a", "g")
        .flow("g", "yes", "${matter.major}").flow("g", "no", default=True).chain("yes", "end").chain("no", "end"),
    )  # fmt: skip
    instance = desk.start("outer", matter={"major": False})
    with desk.runtime.transaction(instance, actor="4") as transaction:
        transaction.variables["matter"] = {"major": True}
    desk.complete(instance, "a")
    assert desk.waiting(instance) == ["yes"]


def test_each_command_makes_a_new_revision(desk: Desk) -> None:
    desk.deploy(straight("p", "a", "b"))
    instance = desk.start("p")
    task = desk.task(instance, "a")
    revisions = []
    for act in (
        lambda: desk.runtime.claim(task, actor="7", prepare=allow),
        lambda: desk.data(instance),
        lambda: desk.complete_task(task),
    ):
        act()
        revisions.append(desk.value("select revision from instance"))
    assert revisions == [1, 2, 3]
