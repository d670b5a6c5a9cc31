"""Completing a user task: once, whole, and answered the same when it is sent again."""

import threading
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa

from engine.runtime import (
    AlreadyDone,
    CannotAdvance,
    InvalidAnswers,
    Item,
    KeyReused,
    NotFound,
    Suspended,
    Transaction,
    store,
    wire,
)
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram, straight


@pytest.fixture
def review(desk: Desk) -> int:
    """An instance that waits at its first of two steps."""
    desk.deploy(
        Diagram("matter")
        .start()
        .user("investigate", {"excludes": "review"}, candidateGroups="handler", dueDate="3工作日", priority="80")
        .user("review", lane="instructor", formKey="review_form")
        .end()
        .chain("start", "investigate", "review", "end")
    )
    return desk.start("matter", matter={"kind": "complaint"})


def test_what_waits_is_a_work_item_with_all_a_list_needs(desk: Desk, review: int) -> None:
    (row,) = desk.rows("select * from work_item")
    assert (row.step, row.name, row.form_key, row.process_key) == (
        "investigate",
        "名 investigate",
        "investigate",
        "matter",
    )
    assert (row.candidates, row.excluded, row.assignee, row.priority) == (["handler@1"], [], None, 80)
    assert (row.due_at - row.created_at).days == 3
    assert row.due_explanation[0].startswith("3工作日")
    assert row.claimed_at is None


def test_completing_moves_the_item_on_and_says_what_follows(desk: Desk, review: int) -> None:
    outcome = desk.complete(review, "investigate", actor="7", finding="属实")
    assert (outcome.ended, outcome.repeated, [item.step for item in outcome.next]) == (False, False, ["review"])
    assert outcome.next[0].groups == ("instructor",)
    assert outcome.next[0].form_key == "review_form"
    assert desk.waiting(review) == ["review"]
    (done,) = desk.rows("select * from finished_item")
    assert (done.step, done.finished_by, done.withdrawn) == ("investigate", "7", False)
    assert desk.data(review) == {"matter": {"kind": "complaint"}, "investigate": {"finding": "属实"}}
    assert desk.history(review) == [("started", ""), ("completed", "investigate")]
    assert desk.details(review, "completed")[0]["answers"] == {"finding": "属实"}


def test_the_last_item_ends_the_instance(desk: Desk, review: int) -> None:
    desk.complete(review, "investigate")
    assert desk.complete(review, "review").ended
    row = desk.rows("select status, ended_at, next_due from instance")[0]
    assert (row.status, row.next_due) == ("completed", None)
    assert row.ended_at is not None
    assert desk.waiting(review) == []
    assert desk.history(review)[-1] == ("ended", "")


def test_what_was_passed_is_counted_for_the_diagram(desk: Desk, review: int) -> None:
    desk.complete(review, "investigate")
    assert desk.value("select visited from instance") == {"matter": {"start": 1, "investigate": 1}}


def test_the_same_key_again_is_answered_the_same_and_does_nothing(desk: Desk, review: int) -> None:
    task = desk.task(review, "investigate")
    first = desk.complete_task(task, key="k1", finding="a")
    again = desk.complete_task(task, actor="9", key="k1", finding="b")
    assert again.repeated
    assert (again.instance_id, again.task_id, again.ended, again.next) == (
        first.instance_id,
        first.task_id,
        first.ended,
        first.next,
    )
    assert desk.data(review)["investigate"] == {"finding": "a"}
    assert desk.history(review).count(("completed", "investigate")) == 1


def test_a_key_is_good_for_one_task_only(desk: Desk, review: int) -> None:
    desk.complete(review, "investigate", key="k1")
    with pytest.raises(KeyReused):
        desk.complete(review, "review", key="k1")


def test_a_task_that_is_done_says_by_whom(desk: Desk, review: int) -> None:
    task = desk.task(review, "investigate")
    desk.complete_task(task, actor="7")
    with pytest.raises(AlreadyDone) as caught:
        desk.complete_task(task, actor="8")
    assert (caught.value.by, caught.value.step) == ("7", "investigate")
    assert caught.value.at is not None


@pytest.mark.parametrize(
    "task",
    ["", "x" * 32, "0" * 31, "f" * 32, "0" * 32, "00000000000003e70000000000000001", "1-2", "0" * 15 + "１" + "0" * 16],
)
def test_a_task_nobody_ever_had_is_not_found(desk: Desk, review: int, task: str) -> None:
    with pytest.raises(NotFound):
        desk.complete_task(task)


def test_a_token_that_is_no_waiting_item_is_not_found(desk: Desk, review: int) -> None:
    with pytest.raises(NotFound):
        desk.complete_task(f"{review:016x}{1:016x}")


def test_prepare_sees_the_item_and_decides_what_is_stored(desk: Desk, review: int) -> None:
    seen: list[Any] = []

    def prepare(transaction: Transaction, item: Item) -> dict[str, Any]:
        seen.append((transaction, item))
        assert transaction.data == {"matter": {"kind": "complaint"}}
        transaction.variables["matter"] = {"kind": "praise"}
        return {"contacts": 2}

    task = desk.task(review, "investigate")
    desk.runtime.complete(task, {"text": "长长的经过"}, actor="7", key=None, prepare=prepare)
    transaction, item = seen[0]
    assert (item.task_id, item.step, item.properties, item.priority) == (
        task,
        "investigate",
        {"excludes": "review"},
        80,
    )
    assert item.due is not None
    assert item.due.explanation[0].startswith("3工作日")
    assert (transaction.instance_id, transaction.business_key, transaction.actor) == (review, "MY-1", "7")
    assert transaction.offer.candidates == ("handler@1",)
    assert desk.data(review) == {"matter": {"kind": "praise"}, "investigate": {"contacts": 2}}
    assert desk.details(review, "completed")[0]["answers"] == {"text": "长长的经过"}


def test_what_prepare_raises_stops_the_command_and_leaves_nothing(desk: Desk, review: int) -> None:
    def prepare(transaction: Transaction, item: Item) -> None:
        transaction.connection.exec_driver_sql("insert into history (kind) values ('half')")
        raise PermissionError("not yours")

    with pytest.raises(PermissionError):
        desk.runtime.complete(desk.task(review, "investigate"), {}, actor="7", key="k", prepare=prepare)
    assert desk.waiting(review) == ["investigate"]
    assert desk.value("select count(*) from history where kind = 'half'") == 0
    assert desk.value("select count(*) from completion") == 0
    assert desk.complete(review, "investigate", key="k").repeated is False


@pytest.mark.parametrize(
    "answers",
    [
        {"x": float("nan")},
        {"x": float("inf")},
        {"x": "a\x00b"},
        {"x": "\ud800"},
        {"x": 2**60},
        {"x": object()},
        {"x": b"bytes"},
        {"x": {1: 2}},
        {"": 1},
        {"x": "y" * 70_000},
    ],
)
def test_answers_that_are_no_plain_json_are_refused(desk: Desk, review: int, answers: dict[str, Any]) -> None:
    with pytest.raises(InvalidAnswers):
        desk.complete(review, "investigate", **answers)
    assert desk.waiting(review) == ["investigate"]


def test_names_that_mean_something_to_python_are_ordinary_data(desk: Desk, review: int) -> None:
    answers = {"typename": "timedelta", "len": 1, "__builtins__": {}, "data": {"typename": "x"}}
    desk.complete(review, "investigate", **answers)
    assert desk.data(review)["investigate"] == answers


def test_a_suspended_instance_is_left_alone(desk: Desk, review: int, engine: sa.Engine) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql("update instance set status = 'suspended'")
    with pytest.raises(Suspended):
        desk.complete(review, "investigate")
    assert desk.waiting(review) == ["investigate"]


def test_a_service_that_fails_leaves_the_completion_standing(desk: Desk) -> None:
    desk.deploy(Diagram("p").start().user("a").service("boom", "fail").end().chain("start", "a", "boom", "end"))
    instance = desk.start("p")
    desk.complete(instance, "a")
    assert desk.waiting(instance) == []
    assert desk.history(instance) == [("started", ""), ("completed", "a"), ("service_failed", "boom")]


def test_a_loop_nobody_can_leave_is_stopped(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().user("a").exclusive("g").service("n", "note").end()
        .chain("start", "a", "g").flow("g", "end", "${a.leave}").flow("g", "n", default=True).flow("n", "g")
    )  # fmt: skip
    instance = desk.start("p")
    with pytest.raises(CannotAdvance, match="不停地运转"):
        desk.complete(instance, "a", leave=False)
    assert desk.waiting(instance) == ["a"]
    desk.complete(instance, "a", leave=True)
    assert desk.status(instance) == "completed"


def test_twenty_at_once_and_one_wins(desk: Desk, review: int) -> None:
    task = desk.task(review, "investigate")
    barrier = threading.Barrier(20)
    results: list[Any] = []

    def work(number: int) -> None:
        barrier.wait()
        try:
            results.append(desk.complete_task(task, actor=str(number), key=f"key {number}", by=number))
        except AlreadyDone as error:
            results.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [result for result in results if not isinstance(result, AlreadyDone)]
    lost = [result for result in results if isinstance(result, AlreadyDone)]
    assert (len(won), len(lost)) == (1, 19)
    winner = desk.value("select finished_by from finished_item")
    assert {(error.by, error.step) for error in lost} == {(winner, "investigate")}
    assert all(error.at is not None for error in lost)
    assert desk.waiting(review) == ["review"]
    assert desk.data(review)["investigate"] == {"by": int(winner)}
    assert desk.history(review).count(("completed", "investigate")) == 1


def test_the_same_key_at_once_happens_once_and_answers_all(desk: Desk, review: int) -> None:
    task = desk.task(review, "investigate")
    barrier = threading.Barrier(8)
    results: list[Any] = []

    def work() -> None:
        barrier.wait()
        results.append(desk.complete_task(task, key="one"))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(result.repeated for result in results) == {True: 7, False: 1}
    assert {tuple(item.task_id for item in result.next) for result in results} == {(desk.task(review, "review"),)}


def test_parallel_branches_completed_at_once_are_both_kept(desk: Desk) -> None:
    desk.deploy(
        Diagram("p").start().parallel("g").user("a").user("b").user("c").parallel("j").user("d").end()
        .chain("start", "g", "a", "j", "d", "end").chain("g", "b", "j").chain("g", "c", "j")
    )  # fmt: skip
    instance = desk.start("p")
    tasks = {step: desk.task(instance, step) for step in "abc"}
    barrier = threading.Barrier(3)

    def work(step: str) -> None:
        barrier.wait()
        desk.complete_task(tasks[step], by=step)

    threads = [threading.Thread(target=work, args=(step,)) for step in tasks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert desk.waiting(instance) == ["d"]
    assert desk.data(instance) == {step: {"by": step} for step in "abc"}


def test_the_runtime_itself_needs_at_most_five_statements(
    desk: Desk, engine: sa.Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.deploy(
        Diagram("outer").start().user("a", dueDate="P1D").exclusive("g").call("c", "inner")
        .timer("r", "P1D", "c", interrupting=False)
        .service("n", "note").end("re").end().chain("start", "a", "g", "c", "end").chain("r", "n", "re"),
        Diagram("inner").start().user("b").timer("t", "P2D", "b").user("late").end()
        .chain("start", "b", "end").chain("t", "late", "end"),
    )  # fmt: skip
    warm = desk.start("outer")
    desk.complete(warm, "a")
    instance = desk.start("outer")
    task = desk.task(instance, "a")
    statements: list[str] = []

    @sa.event.listens_for(engine, "before_cursor_execute")
    def count(_c: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    send_all = wire.send_all

    def count_sent(connection: Any, sending: Any, **more: Any) -> Any:
        statements.extend(statement.text for statement, _ in sending)
        return send_all(connection, sending, **more)

    monkeypatch.setattr(wire, "send_all", count_sent)
    monkeypatch.setattr(store, "send_all", count_sent)
    outcome = desk.complete_task(task, key="counted")
    sa.event.remove(engine, "before_cursor_execute", count)
    own = [statement for statement in statements if "into history" not in statement]
    assert [item.step for item in outcome.next] == ["b"]
    assert desk.timers(instance) == ["r", "t"]
    assert len(own) == 3, own


def test_history_is_written_once_in_a_command(desk: Desk, review: int) -> None:
    before = desk.host.recorded
    desk.complete(review, "investigate")
    assert desk.host.recorded == before + 1


def test_an_instance_started_in_a_transaction_that_fails_never_was(desk: Desk, engine: sa.Engine) -> None:
    desk.deploy(straight("p", "a"))

    def fail() -> None:
        with engine.begin() as connection:
            desk.runtime.start(connection, "p", "MY-9", {}, actor="1")
            raise LookupError

    with pytest.raises(LookupError):
        fail()
    assert desk.value("select count(*) from instance") == 0
    assert desk.value("select count(*) from work_item") == 0


def test_starting_what_is_not_there_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFound, match="还没有部署"):
        desk.start("p")
    desk.deploy(straight("p", "a"))
    with pytest.raises(NotFound, match="没有流程 q"):
        desk.start("q")
    with pytest.raises(InvalidAnswers):
        desk.start("p", matter={"at": object()})
