# ruff: noqa: ARG002 - the host answers what the runtime asks, whether it needs to know or not
"""One completed user task, from loading the instance to the commit: ours, the naive way, and the floor.

``naive`` is plain SpiffWorkflow that stores the whole serialised workflow, with the same worklist, timers and audit
in the same database. ``arena`` stores a row for every task as SpiffArena does (:mod:`bench.arena`). ``floor`` is the
stock engine that keeps the instance in memory, advances it and opens a transaction that stores nothing; ``stateless``
is the same with worklist, timers and audit written as the naive way does, and no state. They take turns by ten
completions within one run, so that each is measured and not the caches its neighbour leaves cold, ``arena`` with ours
alone since it leaves everything cold; the figures are medians in milliseconds. ``state`` is how many bytes of state a
step writes, beside the naive way.

Run: ``python -m bench.engine [--quick]``.
"""

import argparse
import gc
import json
import logging
import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench import arena
from bench.process import FORMS, PATH, START, drawing
from bench.written import written
from engine.database import embedded, schema
from engine.runtime import Due, Event, Item, Offer, Runtime, Transaction, deployments, wire

TABLES = """
create table naive_instance (id bigint primary key, version integer not null, state bytea not null);
create table naive_item (task_id uuid primary key, instance_id bigint not null, step text not null, created_at
    timestamptz not null);
create index on naive_item (instance_id);
create table naive_timer (task_id uuid primary key, instance_id bigint not null, due_at timestamptz not null);
create index on naive_timer (instance_id);
create table bench_history (id bigint generated always as identity primary key, instance_id bigint not null, at
    timestamptz not null, kind text not null, element text not null, actor text not null, details jsonb not null);
create index on bench_history (instance_id)
"""
TURN = 10  # completions one side makes before the next has its turn
AUDIT = "insert into bench_history (instance_id, at, kind, element, actor, details) values (%s, %s, %s, %s, %s, %s)"

ENTRY = wire.Statement(
    "bench_history",
    """
    insert into bench_history (instance_id, at, kind, element, actor, details)
    values (%(instance_id)s, %(at)s, %(kind)s, %(element)s, %(actor)s, %(details)s)""",
)


class BenchHost:
    """Keeps a history, offers every item to its groups."""

    services: dict[str, Any] = {}  # noqa: RUF012 - the benchmark's process calls none
    functions: dict[str, Any] = {}  # noqa: RUF012 - nor any function
    groups = ("officer",)
    start: dict[str, Any] = {}  # noqa: RUF012 - only the checker asks
    reads = ()

    def holders(self, connection: sa.Connection) -> tuple[str, ...]:
        """Say who is there: the officers."""
        return self.groups

    def fields(self, form: bytes) -> dict[str, str]:
        """Know no forms."""
        return {}

    def due(self, connection: sa.Connection, value: Any, start: datetime) -> Due:
        """Understand nothing beyond ISO 8601, which the runtime reads itself."""
        raise ValueError(f"{value} is no time")

    def offer(self, transaction: Transaction, item: Item) -> Offer:
        """Offer the item to its groups."""
        return Offer(item.groups)

    def record(self, transaction: Transaction, events: Sequence[Event]) -> None:
        """Write one entry with what was typed, as the naive side does."""
        first = events[0]
        row = (transaction.instance_id, transaction.now, first.kind, first.element, transaction.actor)
        names = ("instance_id", "at", "kind", "element", "actor")
        details = orjson.dumps(first.details).decode()
        transaction.last.append((ENTRY, {**dict(zip(names, row, strict=True)), "details": details}))


class Ours:
    """The runtime of this repository."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine
        self.runtime = Runtime(engine, BenchHost())
        with engine.begin() as connection:
            files = {f"processes/{key}.bpmn": xml for key, xml in drawing(quoted=False).items()}
            deployments.store(connection, files, "bench", "")

    def start(self, number: int) -> int:
        """Start an instance."""
        with self.engine.begin() as connection:
            return self.runtime.start(connection, "case", f"case {number}", START, actor="1")

    def find(self, handle: int, step: str) -> str:
        """Return the waiting task's id; not part of what is measured: a page has it in its address."""
        with self.engine.connect() as connection:
            sql = "select replace(task_id::text, '-', '') from work_item where instance_id = %s and step = %s"
            return str(connection.exec_driver_sql(sql, (handle, step)).scalar_one())

    def complete(self, handle: int, task: str, step: str) -> None:
        """Complete a task."""
        key = f"{handle}/{task}"
        self.runtime.complete(task, FORMS[step], actor="7", key=key, prepare=lambda _transaction, _item: None)


def stock() -> tuple[Any, Any]:
    """Parse the process with SpiffWorkflow's own parser."""
    parser = BpmnParser()
    for xml in drawing(quoted=True).values():
        parser.add_bpmn_str(xml)
    return parser.get_spec("case"), parser.get_subprocess_specs("case")


def settle(workflow: BpmnWorkflow) -> None:
    """Run the stock engine until nothing but people is left to act."""
    workflow.do_engine_steps()


def ready(workflow: BpmnWorkflow) -> list[Any]:
    """Return the waiting user tasks."""
    return list(workflow.get_tasks(state=TaskState.READY, manual=True))


def project(connection: psycopg.Connection[Any], handle: int, workflow: BpmnWorkflow, now: datetime) -> None:
    """Bring worklist and timers up to what waits: as few statements as it takes without knowing what was."""
    items = {str(token.id): token.task_spec.name for token in ready(workflow)}
    timers = {}
    for token in workflow.event_manager.tasks.values():
        value = token.internal_data.get("event_value")
        if isinstance(value, dict):
            value = value["next"]
        if value is not None:
            timers[str(token.id)] = datetime.fromisoformat(value)
    for table in ("naive_item", "naive_timer"):
        wanted = list(items if table == "naive_item" else timers)
        connection.execute(
            f"delete from {table} where instance_id = %s and task_id <> all(%s::uuid[])",  # noqa: S608 - two names
            (handle, wanted),
        )
    if items:
        connection.execute(
            "insert into naive_item select t, %s, s, %s from unnest(%s::uuid[], %s::text[]) as x (t, s) "
            "on conflict do nothing",
            (handle, now, list(items), list(items.values())),
        )
    if timers:
        connection.execute(
            "insert into naive_timer select t, %s, d from unnest(%s::uuid[], %s::timestamptz[]) as x (t, d) "
            "on conflict do nothing",
            (handle, list(timers), list(timers.values())),
        )


class Naive:
    """Plain SpiffWorkflow: the whole workflow, specification included, is stored and read again every time."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.spec, self.called = stock()
        self.serializer = BpmnWorkflowSerializer()

    def start(self, number: int) -> int:
        """Start an instance."""
        workflow = BpmnWorkflow(self.spec, self.called)
        workflow.task_tree.data.update(START)
        settle(workflow)
        with self.connection.transaction():
            state = self.serializer.serialize_json(workflow).encode()
            self.connection.execute("insert into naive_instance values (%s, 0, %s)", (number, state))
            project(self.connection, number, workflow, datetime.now(UTC))
        return number

    def find(self, handle: int, step: str) -> str:
        """Return the waiting task's id."""
        sql = "select task_id::text from naive_item where instance_id = %s and step = %s"
        found = self.connection.execute(sql, (handle, step)).fetchone()
        self.connection.commit()
        assert found
        return str(found[0])

    def complete(self, handle: int, task: str, step: str) -> None:
        """Complete a task."""
        with self.connection.transaction():
            sql = "select version, state, now() from naive_instance where id = %s for update"
            found = self.connection.execute(sql, (handle,)).fetchone()
            assert found
            workflow = self.serializer.deserialize_json(bytes(found[1]).decode())
            token = next(one for one in ready(workflow) if str(one.id) == task)
            token.data[step] = FORMS[step]
            token.run()
            settle(workflow)
            state = self.serializer.serialize_json(workflow).encode()
            self.connection.execute(
                "update naive_instance set version = version + 1, state = %s where id = %s and version = %s",
                (state, handle, found[0]),
            )
            project(self.connection, handle, workflow, found[2])
            details = orjson.dumps({"answers": FORMS[step]}).decode()
            self.connection.execute(AUDIT, (handle, found[2], "completed", step, "7", details))


class Floor:
    """The stock engine in memory, and a transaction that stores nothing."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        self.spec, self.called = stock()
        self.workflows: dict[int, BpmnWorkflow] = {}

    def start(self, number: int) -> int:
        """Start an instance."""
        workflow = BpmnWorkflow(self.spec, self.called)
        workflow.task_tree.data.update(START)
        settle(workflow)
        self.workflows[number] = workflow
        return number

    def find(self, handle: int, step: str) -> Any:
        """Return the waiting task."""
        return next(token for token in ready(self.workflows[handle]) if token.task_spec.name == step)

    def complete(self, handle: int, task: Any, step: str) -> None:
        """Complete a task."""
        with self.connection.transaction():
            self.connection.execute("select now()").fetchone()
            task.data[step] = FORMS[step]
            task.run()
            settle(self.workflows[handle])


class Stateless(Floor):
    """The stock engine in memory, and a transaction that writes everything but the state."""

    def start(self, number: int) -> int:
        """Start an instance; its number is one the naive way does not use."""
        handle = super().start(-number)
        with self.connection.transaction():
            self.connection.execute("insert into naive_instance values (%s, 0, '')", (handle,))
            project(self.connection, handle, self.workflows[handle], datetime.now(UTC))
        return handle

    def complete(self, handle: int, task: Any, step: str) -> None:
        """Complete a task."""
        with self.connection.transaction():
            sql = "update naive_instance set version = version + 1 where id = %s returning now()"
            found = self.connection.execute(sql, (handle,)).fetchone()
            assert found
            task.data[step] = FORMS[step]
            task.run()
            settle(self.workflows[handle])
            project(self.connection, handle, self.workflows[handle], found[0])
            details = orjson.dumps({"answers": FORMS[step]}).decode()
            self.connection.execute(AUDIT, (handle, found[0], "completed", step, "7", details))


def measure(sides: dict[str, Any], instances: int, first: int = 1) -> dict[str, list[float]]:
    """Drive every side through the whole process, taking turns; return seconds for each completed task."""
    numbers = range(first, first + instances)
    handles = {name: [side.start(number) for number in numbers] for name, side in sides.items()}
    taken: dict[str, list[float]] = {name: [] for name in sides}
    order = list(sides)
    gc.collect()
    gc.disable()
    for step in PATH:
        for turn in range(0, instances, TURN):
            for name in order:
                for handle in handles[name][turn : turn + TURN]:
                    task = sides[name].find(handle, step)
                    taken[name].append(timed(sides[name].complete, handle, task, step))
            order.append(order.pop(0))  # nobody always comes after the same one
        gc.collect()
    gc.enable()
    return taken


def timed(function: Callable[..., None], *arguments: Any) -> float:
    """Return how many seconds a call takes."""
    began = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - began


def quiet() -> None:
    """Keep the stock engine from collecting log records nobody reads."""
    for name in ("spiff", "spiff.task", "spiff.workflow", "spiff.data"):
        logging.getLogger(name).setLevel(logging.WARNING)


def agree(engine: sa.Engine, instances: int, beside_rows: int) -> None:
    """Hold all sides to having done the same work: every instance came to its end."""
    with engine.connect() as connection:
        ended = connection.exec_driver_sql("select count(*) from instance where status = 'completed'").scalar()
        left = connection.exec_driver_sql("select count(*) from naive_item").scalar()
        entries = "select count(*) from bench_history where kind = 'completed'"
        written = connection.exec_driver_sql(entries).scalar()
    assert ended == instances + beside_rows
    assert left == 0
    assert written == (3 * instances + beside_rows) * len(PATH)


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description="One completed user task: ours, the naive way, the floor.")
    arguments.add_argument("--quick", action="store_true", help="fewer instances, under 50 seconds")
    instances = 40 if arguments.parse_args().quick else 200
    quiet()
    with embedded.temporary() as address:
        engine = sa.create_engine(address)
        schema.upgrade(engine)
        with engine.begin() as connection:
            for statement in TABLES.split(";"):
                connection.exec_driver_sql(statement)
        plain = sa.make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as one, psycopg.connect(plain) as two, psycopg.connect(plain) as three:
            sides = {"ours": Ours(engine), "naive": Naive(one), "floor": Floor(two), "stateless": Stateless(three)}
            taken = measure(sides, instances)
            rows = {"ours": sides["ours"], "arena": arena.Arena(engine, *stock())}
            few = max(1, instances // 2)
            taken_by_rows = measure(rows, few, instances + 1)
            agree(engine, instances, few)
            arena.agree(rows["arena"], few, len(PATH))
            state = written(engine, sides, instances + few + 1)
        engine.dispose()
    compare(taken)
    compare(taken_by_rows)
    print(json.dumps(state), flush=True)


def compare(taken: dict[str, list[float]]) -> None:
    """Print each side's median beside ours."""
    medians = {name: statistics.median(values) * 1000 for name, values in taken.items()}
    for against in [name for name in taken if name != "ours"]:
        figures = {
            "bench": "engine",
            "against": against,
            "ours": round(medians["ours"], 3),
            "reference": round(medians[against], 3),
            "unit": "ms",
            "ratio": round(medians[against] / medians["ours"], 2),
            "n": len(taken["ours"]),
        }
        print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
