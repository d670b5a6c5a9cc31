"""Timers: how many that are due two workers fire in a second, and what a look at the clock costs when none is due.

``naive`` is plain SpiffWorkflow with one transaction a timer: two processes claim a due row with ``for update skip
locked``, read the whole serialised workflow, let it see that its timer has passed, store it with its worklist and its
timers, note the firing and an entry of history, and commit. Ours does the same work on the same database: each firing
is a transaction of its own, written with ledger, history and worklist. The two take turns; the figures are medians.

``tick`` compares a look at a million waiting timers of which none is due with a look at a thousand, on two databases of
one server, taking turns. The rows are copies of one instance that the runtime has started.

Run: ``python -m bench.timers [--quick]`` (a tenth of the waiting timers, fewer rounds).
"""

import argparse
import json
import multiprocessing
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import psycopg
import sqlalchemy as sa
from SpiffWorkflow.bpmn import BpmnWorkflow
from SpiffWorkflow.bpmn.parser.BpmnParser import BpmnParser
from SpiffWorkflow.bpmn.serializer import BpmnWorkflowSerializer
from SpiffWorkflow.util.task import TaskState

from bench.engine import AUDIT, TABLES, BenchHost, quiet
from bench.process import HEAD, START
from engine.database import embedded, schema
from engine.runtime import Runtime, deployments

WORKERS = 2
BATCH = 50
LEDGER = """
create table naive_fire (task_id uuid primary key, due_at timestamptz not null, fired_at timestamptz not null)
"""

# Copies of the one instance there is: a state names no instance, and a task's id is the instance's and its own number.
COPY_INSTANCES = """
insert into instance (deployment_id, process_key, business_key, status, codec, state, visited, next_due, started_at)
select deployment_id, process_key, 'copy ' || n, status, codec, state, visited, next_due, started_at
from (select * from instance order by id limit 1) i, generate_series(2, %(count)s) n
"""
COPY_TIMERS = """
insert into timer (task_id, occurrence, instance_id, process_key, element, name, kind, due_at, started_at, expression)
select (lpad(to_hex(i.id), 16, '0') || right(replace(t.task_id::text, '-', ''), 16))::uuid, t.occurrence, i.id,
    t.process_key, t.element, t.name, t.kind, t.due_at, t.started_at, t.expression
from (select * from timer order by task_id limit 1) t, instance i where i.id <> t.instance_id
"""
COPY_ITEMS = """
insert into work_item (task_id, instance_id, process_key, step, name, form_key, candidates, priority, created_at)
select (lpad(to_hex(i.id), 16, '0') || right(replace(w.task_id::text, '-', ''), 16))::uuid, i.id, w.process_key, w.step,
    w.name, w.form_key, w.candidates, w.priority, w.created_at
from (select * from work_item order by task_id limit 1) w, instance i where i.id <> w.instance_id
"""
DUE = """
select task_id::text, instance_id, due_at, now() from naive_timer where due_at <= now()
order by due_at limit 1 for update skip locked
"""


def diagram(length: str, *, quoted: bool) -> bytes:
    """Return a process whose one step has a reminder after ``length`` that does not interrupt it."""
    text = f'"{length}"' if quoted else length
    flows = (("start", "work"), ("work", "end"), ("remind", "reminded"))
    body = (
        '<bpmn:startEvent id="start"/><bpmn:userTask id="work" name="work" camunda:candidateGroups="officer"/>'
        '<bpmn:boundaryEvent id="remind" name="remind" attachedToRef="work" cancelActivity="false">'
        '<bpmn:timerEventDefinition><bpmn:timeDuration xsi:type="bpmn:tFormalExpression">'
        f"{text}</bpmn:timeDuration></bpmn:timerEventDefinition></bpmn:boundaryEvent>"
        '<bpmn:endEvent id="reminded"/><bpmn:endEvent id="end"/>'
    )
    body += "".join(f'<bpmn:sequenceFlow id="f_{one}" sourceRef="{one}" targetRef="{two}"/>' for one, two in flows)
    return HEAD.format(key="timed", body=body).encode()


def plant(engine: sa.Engine, length: str, count: int) -> None:
    """Start one instance whose reminder falls after ``length``, and copy it until there are ``count``."""
    runtime = Runtime(engine, BenchHost())
    with engine.begin() as connection:
        deployments.store(connection, {"processes/timed.bpmn": diagram(length, quoted=False)}, "bench", "")
    with engine.begin() as connection:
        runtime.start(connection, "timed", "first", START, actor="1")
    with engine.begin() as connection:
        connection.exec_driver_sql(COPY_INSTANCES, {"count": count})
        connection.exec_driver_sql(COPY_TIMERS)
        connection.exec_driver_sql(COPY_ITEMS)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for table in ("instance", "timer", "work_item"):
            connection.exec_driver_sql(f"vacuum analyze {table}")


def work_ours(address: str, name: str, rounds: int, barrier: Any, done: Any) -> None:
    """Fire what is due until nothing is, ``rounds`` times: one worker process of ours."""
    engine = sa.create_engine(address)
    runtime = Runtime(engine, BenchHost())
    for _ in range(rounds):
        barrier.wait()
        fired = 0
        while count := runtime.fire_due(worker=name, limit=BATCH):
            fired += count
        done.put((fired, time.time()))
    engine.dispose()


class Naive:
    """Plain SpiffWorkflow on one connection."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self.connection = connection
        parser = BpmnParser()
        parser.add_bpmn_str(diagram("PT1S", quoted=True))
        self.spec = parser.get_spec("timed")
        self.serializer = BpmnWorkflowSerializer()

    def plant(self, count: int) -> None:
        """Store ``count`` instances; each is a workflow of its own, for its ids are in its state."""
        with self.connection.transaction():
            for number in range(1, count + 1):
                workflow = BpmnWorkflow(self.spec)
                workflow.task_tree.data.update(START)
                workflow.do_engine_steps()
                state = self.serializer.serialize_json(workflow).encode()
                self.connection.execute("insert into naive_instance values (%s, 0, %s)", (number, state))
                self._project(number, workflow, datetime.now(UTC))

    def fire(self) -> bool:
        """Fire the timer that is most overdue and that nobody else holds; return whether there was one."""
        with self.connection.transaction():
            due = self.connection.execute(DUE).fetchone()
            if due is None:
                return False
            task, handle, at, now = due
            sql = "select version, state from naive_instance where id = %s for update"
            found = self.connection.execute(sql, (handle,)).fetchone()
            assert found
            workflow = self.serializer.deserialize_json(bytes(found[1]).decode())
            workflow.refresh_timers()
            workflow.do_engine_steps()
            state = self.serializer.serialize_json(workflow).encode()
            self.connection.execute(
                "update naive_instance set version = version + 1, state = %s where id = %s and version = %s",
                (state, handle, found[0]),
            )
            self._project(handle, workflow, now)
            self.connection.execute("insert into naive_fire values (%s, %s, %s)", (task, at, now))
            details = orjson.dumps({"due": at.isoformat()}).decode()
            self.connection.execute(AUDIT, (handle, now, "timer_fired", "remind", "system", details))
        return True

    def _project(self, handle: int, workflow: BpmnWorkflow, now: datetime) -> None:
        items = {str(one.id): one.task_spec.name for one in workflow.get_tasks(state=TaskState.READY, manual=True)}
        timers = {
            str(one.id): datetime.fromisoformat(one.internal_data["event_value"])
            for one in workflow.get_tasks(state=TaskState.WAITING)
            if isinstance(one.internal_data.get("event_value"), str)
        }
        for table, wanted in (("naive_item", items), ("naive_timer", timers)):
            sql = f"delete from {table} where instance_id = %s and task_id <> all(%s::uuid[])"  # noqa: S608 - two names
            self.connection.execute(sql, (handle, list(wanted)))
        for task, step in items.items():
            sql = "insert into naive_item values (%s, %s, %s, %s) on conflict do nothing"
            self.connection.execute(sql, (task, handle, step, now))
        for task, due in timers.items():
            sql = "insert into naive_timer values (%s, %s, %s) on conflict do nothing"
            self.connection.execute(sql, (task, handle, due))


def work_naive(address: str, name: str, rounds: int, barrier: Any, done: Any) -> None:
    """Fire what is due until nothing is, ``rounds`` times: one worker process of the naive way."""
    del name
    quiet()
    with psycopg.connect(address) as connection:
        naive = Naive(connection)
        for _ in range(rounds):
            barrier.wait()
            fired = 0
            while naive.fire():
                fired += 1
            done.put((fired, time.time()))


class Workers:
    """Two worker processes of one side, ready to fire everything at once."""

    def __init__(self, work: Callable[..., None], address: str, rounds: int) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._barrier, self._done = spawn.Barrier(WORKERS + 1), spawn.Queue()
        self._processes = [
            spawn.Process(target=work, args=(address, f"w{n}", rounds, self._barrier, self._done))
            for n in range(WORKERS)
        ]
        for process in self._processes:
            process.start()

    def rate(self, expected: int) -> float:
        """Let them fire what is due; return how many timers they fired in a second, together."""
        self._barrier.wait()
        began = time.time()
        results = [self._done.get() for _ in self._processes]
        assert sum(fired for fired, _ in results) == expected, results
        return expected / (max(ended for _, ended in results) - began)

    def join(self) -> None:
        """Wait until they have ended."""
        for process in self._processes:
            process.join()


def throughput(address: str, plain: str, rounds: int, ours: int, naive: int) -> dict[str, list[float]]:
    """Let both sides fire, taking turns; return timers a second of every round."""
    engine = sa.create_engine(address)
    found: dict[str, list[float]] = {"ours": [], "naive": []}
    workers = {"ours": Workers(work_ours, address, rounds), "naive": Workers(work_naive, plain, rounds)}
    with psycopg.connect(plain, autocommit=True) as connection:
        planter = Naive(connection)
        for _ in range(rounds):
            connection.execute("truncate naive_instance, naive_item, naive_timer, naive_fire, bench_history")
            planter.plant(naive)
            connection.execute("vacuum analyze naive_instance, naive_timer, naive_item")
            await_due(connection, "naive_timer")
            found["naive"].append(workers["naive"].rate(naive))
            connection.execute("truncate instance, timer, work_item, finished_item, fire, bench_history cascade")
            plant(engine, "PT1S", ours)
            await_due(connection, "timer")
            found["ours"].append(workers["ours"].rate(ours))
            assert connection.execute("select count(*) from fire").fetchone() == (ours,)
            assert connection.execute("select count(*) from bench_history where kind = 'timer_fired'").fetchone() == (
                ours,
            )
    for side in workers.values():
        side.join()
    engine.dispose()
    return found


def await_due(connection: psycopg.Connection[Any], table: str) -> None:
    """Wait until all timers are due."""
    sql = f"select pg_sleep(extract(epoch from greatest(max(due_at) - clock_timestamp(), '0')) + 0.05) from {table}"  # noqa: S608 - two names
    connection.execute(sql)  # type: ignore[arg-type]


def tick(small: str, large: str, waiting: int, looks: int) -> tuple[float, float]:
    """Return what a look at ``waiting`` timers costs of which none is due, and one at a thousand; medians in ms."""
    engines = {address: sa.create_engine(address) for address in (small, large)}
    for address, count in ((small, 1_000), (large, waiting)):
        plant(engines[address], "P30D", count)
    runtimes = {address: Runtime(engine, BenchHost()) for address, engine in engines.items()}
    taken: dict[str, list[float]] = {small: [], large: []}
    for number in range(looks + 20):
        for address, runtime in runtimes.items():
            began = time.perf_counter()
            assert runtime.fire_due(worker="bench", limit=BATCH) == 0
            if number >= 20:  # the first looks plan the statement
                taken[address].append((time.perf_counter() - began) * 1000)
    for engine in engines.values():
        engine.dispose()
    return statistics.median(taken[large]), statistics.median(taken[small])


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Timers fired a second, and the cost of a look when none is due.")
    parser.add_argument("--quick", action="store_true", help="a tenth of the waiting timers, under 50 seconds")
    quick = parser.parse_args().quick
    rounds, ours, naive = (3, 2_500, 150) if quick else (5, 20_000, 1_500)
    waiting, looks = (100_000, 300) if quick else (1_000_000, 1_000)
    quiet()
    with embedded.temporary() as address:
        addresses = databases(address, "small", "large")
        engine = sa.create_engine(address)
        with engine.begin() as connection:
            for statement in f"{TABLES};{LEDGER};create index on naive_timer (due_at)".split(";"):
                connection.exec_driver_sql(statement)
        engine.dispose()
        plain = sa.make_url(address).set(drivername="postgresql").render_as_string(hide_password=False)
        rates = {side: statistics.median(of) for side, of in throughput(address, plain, rounds, ours, naive).items()}
        large, small = tick(*addresses, waiting, looks)
    show("naive", (rates["ours"], rates["naive"]), "timers/s", rates["ours"] / rates["naive"], ours * rounds)
    show("tick_1000", (large, small), "ms", small / large, waiting)


def databases(address: str, *names: str) -> list[str]:
    """Bring the schema into the cluster's database, and make further ones with it; return their addresses."""
    administration = sa.create_engine(address, isolation_level="AUTOCOMMIT")
    found = []
    with administration.connect() as connection:
        for name in names:
            connection.exec_driver_sql(f"create database {name}")
            found.append(sa.make_url(address).set(database=name).render_as_string(hide_password=False))
    administration.dispose()
    for one in (address, *found):
        engine = sa.create_engine(one)
        schema.upgrade(engine)
        engine.dispose()
    for one in found:
        engine = sa.create_engine(one)
        with engine.begin() as connection:
            for statement in TABLES.split(";"):
                connection.exec_driver_sql(statement)
        engine.dispose()
    return found


def show(against: str, pair: tuple[float, float], unit: str, ratio: float, count: int) -> None:
    """Print one line: ours and the reference."""
    digits = 3 if unit == "ms" else 0
    figures = {
        "bench": "timers",
        "against": against,
        "ours": round(pair[0], digits),
        "reference": round(pair[1], digits),
        "unit": unit,
        "ratio": round(ratio, 2),
        "n": count,
    }
    print(json.dumps(figures), flush=True)


if __name__ == "__main__":
    main()
