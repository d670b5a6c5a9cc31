"""The rows by which what waits is found: written with the state, or anew where it changed otherwise."""

from engine.runtime import subscriptions
from engine.runtime.session import Environment, Session, locked, opened, transaction_of
from engine.runtime.tokens import WAITING
from tests.engine.runtime.conftest import Desk
from tests.engine.runtime.diagrams import Diagram


def both() -> Diagram:
    """Draw a process that waits for a signal, for a message and for a person, side by side."""
    return (
        Diagram("p").start().parallel("fork").event("intermediateCatchEvent", "heard", "signal", "flood").end("e1")
        .catch("asked", "ask").end("e2").user("a").end("e3")
        .chain("start", "fork", "heard", "e1").chain("fork", "asked", "e2").chain("fork", "a", "e3")
    )  # fmt: skip


def rows(desk: Desk) -> list[tuple[str, ...]]:
    return [
        tuple(row) for row in desk.rows("select kind, name, element, label, process_key from subscription order by 1")
    ]


def test_a_row_for_each_catch_that_waits(desk: Desk) -> None:
    desk.deploy(both())
    instance = desk.start("p")
    message, signal = ("message", "ask", "asked", "名 asked", "p"), ("signal", "flood", "heard", "名 heard", "p")
    assert rows(desk) == [message, signal]
    desk.complete(instance, "a")
    assert rows(desk) == [message, signal]
    desk.runtime.message(instance, "ask")
    assert rows(desk) == [signal]
    desk.runtime.signal("flood")
    assert rows(desk) == []


def test_rows_are_written_anew_from_the_state(desk: Desk) -> None:
    desk.deploy(both())
    instance = desk.start("p")
    since = desk.value("select since from subscription where name = 'flood'")
    environment: Environment = desk.runtime._environment
    with desk.engine.begin() as connection:
        row = locked(connection, instance)
        session: Session = opened(environment, connection, row, transaction_of(environment, connection, row, "1"))
        connection.exec_driver_sql("delete from subscription where name = 'ask'")
        connection.exec_driver_sql("update subscription set element = 'old'")
        for token in session.flow.tasks.values():
            if token.task_spec.name == "asked" and token.has_state(WAITING):
                token.cancel()
        subscriptions.rewrite(session)
    assert rows(desk) == [("signal", "flood", "heard", "名 heard", "p")]
    assert desk.value("select since from subscription") == since
