"""What a finished step costs: statements, commits and bytes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from engine.casework import commands
from engine.runtime import store, wire
from tests.journeys.bureau import ANSWERS, World

TITLE = "人民路小学门口违停严重，停车秩序混乱"
MOST_STATEMENTS = 8
MOST_BYTES = 10 * 1024


class Counted:
    """Statements that reached the driver, whoever sent them, and commits."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.commits = 0


@contextmanager
def counting(monkeypatch: pytest.MonkeyPatch) -> Iterator[Counted]:
    counted = Counted()
    execute, commit, send_all = psycopg.Cursor.execute, psycopg.Connection.commit, wire.send_all

    def counted_execute(cursor: Any, statement: Any, *rest: Any, **options: Any) -> Any:
        counted.statements.append(" ".join(str(statement).split())[:300])
        return execute(cursor, statement, *rest, **options)

    def counted_commit(connection: Any) -> None:
        counted.commits += 1
        commit(connection)

    def counted_send_all(connection: Any, sending: Any, **options: Any) -> Any:
        counted.statements += [statement.name.decode() for statement, _ in sending]
        counted.commits += bool(options.get("commit"))
        return send_all(connection, sending, **options)

    with monkeypatch.context() as patched:
        patched.setattr(wire, "send_all", counted_send_all)
        patched.setattr(store, "send_all", counted_send_all)
        patched.setattr(psycopg.Cursor, "execute", counted_execute)
        patched.setattr(psycopg.Connection, "commit", counted_commit)
        yield counted


@pytest.mark.parametrize(
    ("step", "login"),
    [
        ("sign", "liaison"),
        ("investigate", "handler"),
        ("dispose", "handler"),
        ("feed_back", "handler"),
        ("review", "instructor"),
        ("reply", "receiver"),
        ("visit", "visitor"),
    ],
)
def test_a_finished_step_takes_at_most_eight_statements_and_one_commit(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str, login: str
) -> None:
    number = world.register(TITLE).number
    world.register("滨河路违停占道", "滨河路两侧长期违停。")
    for earlier, who in (
        ("sign", "liaison"),
        ("investigate", "handler"),
        ("dispose", "handler"),
        ("feed_back", "handler"),
        ("review", "instructor"),
        ("reply", "receiver"),
    ):
        if step == earlier:
            break
        world.do(number, earlier, who)
    world.deliver()
    person, task = world.person(login), world.item(number, step)
    answers = dict(ANSWERS.get(step, {}))
    if step == "sign":
        answers = {"decision": "sign", "handler": world.officer("handler")}
    # The form is compiled and the version read once a process; that is not a step's cost.
    world.runtime.definition(world.value("select max(id) from deployment"))
    with counting(monkeypatch) as counted:
        commands.complete(world.runtime, person, task, answers, key="counted")

    print(len(counted.statements), *counted.statements, sep="\n  ")
    assert len(counted.statements) <= MOST_STATEMENTS, counted.statements
    assert counted.commits in {1, 2}, "the second finds nothing left to commit"


def test_a_whole_case_takes_little_room(world: World) -> None:
    number = world.register(TITLE).number
    world.to_reply(number)
    world.do(number, "reply", "receiver")
    world.deliver()
    world.do(number, "visit", "visitor")
    instance = world.matter(number)["instance_id"]
    tables = {
        "instance": "id",
        "work_item": "instance_id",
        "finished_item": "instance_id",
        "timer": "instance_id",
        "fire": "instance_id",
        "completion": "instance_id",
    }
    size = 0
    for table, column in tables.items():
        kept = f"select coalesce(sum(pg_column_size(t.*)), 0) from {table} t where {column} = :id"  # noqa: S608 - names above
        size += world.value(kept, id=instance)
    size += world.value(
        "select sum(pg_column_size(e.*)) from history_event e join matter m on m.id = e.matter_id "
        "where m.number = :number",
        number=number,
    )

    assert size <= MOST_BYTES
