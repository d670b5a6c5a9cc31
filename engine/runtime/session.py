"""One command at work on one instance: load it under its lock, let it go on, save what came of it.

A command that raises leaves nothing behind: its transaction is rolled back, and the instance in memory, which may
be half advanced, is never used again.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any

import orjson
import sqlalchemy as sa

from engine.runtime import codec, incidents, projection, pruning, store, subscriptions, throwing
from engine.runtime.advance import ready_items, settle
from engine.runtime.deployments import Deployments
from engine.runtime.errors import NotFound, Suspended
from engine.runtime.items import item_of
from engine.runtime.outcomes import packed
from engine.runtime.protocol import Host, Item, Offer, Outcome, Transaction
from engine.runtime.retrying import held
from engine.runtime.run import Run
from engine.runtime.script_engine import InterpretingEngine
from engine.runtime.task_ids import task_id
from engine.runtime.timers import Waiting, next_due, waiting_timers
from engine.runtime.tokens import UNFINISHED, Flow, Token


@dataclass(frozen=True, slots=True)
class Environment:
    """What all commands of a runtime share.

    Attributes:
        engine: the database.
        host: the product.
        deployments: the parsed deployments.
        script: evaluates conditions.
        zone: whose calendar months are counted on.

    """

    engine: sa.Engine
    host: Host
    deployments: Deployments
    script: InterpretingEngine
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Fired:
    """A timer that fired.

    Attributes:
        timer: as it was before.
        missed: how many periods of a cycle had passed before.
        worker: who fired it.
        begun: the names of the steps that began to wait by it.

    """

    timer: Waiting
    missed: int
    worker: str
    begun: tuple[str, ...] = ()

    def values(self, task: str) -> dict[str, Any]:
        """Return the ledger's entry as parameters of the statement."""
        token = self.timer.token
        return {
            "fire_task": task,
            "fire_occurrence": self.timer.occurrence,
            "fire_key": token.workflow.process_key,
            "fire_element": token.task_spec.name,
            "fire_name": token.task_spec.bpmn_name,
            "fire_due": self.timer.due,
            "fire_missed": self.missed,
            "fire_worker": self.worker,
            "fire_begun": orjson.dumps(self.begun).decode(),
        }


@dataclass(slots=True)
class Session:
    """An instance locked and in memory.

    Attributes:
        environment: what all commands share.
        connection: the command's.
        run: the command.
        flow: the instance.
        row: its row as it was locked; None for a new one.
        items: tokens on user tasks that waited before.
        timers: number to due time and occurrence of timers that waited before.
        awaited: number to the message or signal its token waited for before.
        moved: rows of work items whose due time was worked out anew.
        parts: rows to be written with the instance: name of a part of ``statements.PARTS`` to its rows.
        held: tokens that waited for a process owner before.
        closed: number of such a token to how its incident was closed; where nothing is said it was withdrawn.

    """

    environment: Environment
    connection: sa.Connection
    run: Run
    flow: Flow
    row: store.Row | None
    items: dict[int, Token] = field(default_factory=dict)
    timers: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    awaited: dict[int, subscriptions.Subscription] = field(default_factory=dict)
    moved: list[dict[str, Any]] = field(default_factory=list)
    parts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    held: dict[int, Token] = field(default_factory=dict)
    closed: dict[int, incidents.Closing] = field(default_factory=dict)

    @property
    def transaction(self) -> Transaction:
        """The command's transaction, as the host sees it."""
        return self.run.transaction

    def id_of(self, token: Token) -> str:
        """Return the task id of a token."""
        return task_id(self.transaction.instance_id, token.id)

    def advance(self) -> None:
        """Let the instance go on until it waits."""
        self.run.take_variables()
        settle(self.flow)
        if self.flow.completed:
            self.run.happened("ended", None)

    def save(
        self,
        done: Token | None = None,
        key: str | None = None,
        fired: Fired | None = None,
        *,
        commit: bool = True,
    ) -> Outcome:
        """Let the host write history, write the instance and all that changed around it, and return what came of it.

        Args:
            done: the user task that was completed by the actor.
            key: the idempotency key to keep the outcome under.
            fired: the timer that fired.
            commit: whether the command ends with it; SQLAlchemy's own commit then finds nothing left to do.

        """
        transaction = self.transaction
        values: dict[str, Any] = {}
        self.run.take_variables()
        parts: dict[str, Any] = {name: rows for name, rows in self.parts.items() if rows}
        begun = projection.begun_items(self, parts)
        projection.gone_items(self, parts, done)
        waiting = projection.timers(self, parts)
        subscriptions.changes(self, parts)
        throwing.changes(self, parts)
        incidents.changes(self, parts)
        task = self.id_of(done) if done is not None else ""
        outcome = Outcome(transaction.instance_id, task, self.flow.completed, begun)
        if key is not None:
            parts["completion"] = None
            values |= {"key": key, "key_task": task, "key_actor": transaction.actor, "outcome": packed(outcome)}
        if fired is not None:
            parts |= {"fire": None, "timer_recovered": None}
            values |= fired.values(self.id_of(fired.timer.token))
        if self.moved:
            parts["items_due"] = self.moved
        self.environment.host.record(transaction, [*transaction.events, *self.run.events])
        self._write(parts, values, waiting, commit=commit)
        return outcome

    def _write(
        self, parts: dict[str, Any], values: dict[str, Any], waiting: Sequence[Waiting], *, commit: bool
    ) -> None:
        transaction, flow = self.transaction, self.flow
        pruning.prune(flow)
        values |= {
            "id": transaction.instance_id,
            "now": transaction.now,
            "state": codec.pack(flow),
            "codec": codec.VERSION,
            "status": "completed" if flow.completed else "running",
            "visited": self._visited(),
            "next_due": next_due(flow, waiting),
            "ended_at": transaction.now if flow.completed else None,
        }
        if self.row is None:
            values |= {
                "deployment": transaction.deployment_id,
                "process_key": transaction.process_key,
                "business_key": transaction.business_key,
            }
        store.write(self.connection, parts, values, new=self.row is None, ahead=transaction.last, commit=commit)

    def _visited(self) -> bytes:
        """Return the instance's counts of passed elements with those of this command, as JSON."""
        before = self.row.visited if self.row is not None else b"{}"
        if not self.flow.visits:
            return before
        visited: dict[str, dict[str, int]] = orjson.loads(before)
        for key, counts in self.flow.visits.items():
            there = visited.setdefault(key, {})
            for element, count in counts.items():
                there[element] = there.get(element, 0) + count
        return orjson.dumps(visited)

    def item(self, token: Token, kept: store.ItemRow | None) -> Item:
        """Return a user task's item: its due time as ``kept`` in its row, or worked out now when it begins to wait."""
        return item_of(self.run, token, kept)


def transaction_of(
    environment: Environment,
    connection: sa.Connection,
    row: store.Row,
    actor: str,
    offer: Offer | None = None,
    *,
    guarded: bool = True,
) -> Transaction:
    """Return the transaction of a command on a locked instance; its data is unpacked when it is asked for."""
    return Transaction(
        connection=connection,
        instance_id=row.id,
        business_key=row.business_key,
        process_key=row.process_key,
        deployment_id=row.deployment_id,
        now=row.now,
        actor=actor,
        offer=offer,
        source=lambda: _loaded(environment, connection, row).data,
        guarded=guarded,
    )


def _loaded(environment: Environment, connection: sa.Connection, row: store.Row) -> Flow:
    definition = environment.deployments.definition(connection, row.deployment_id)
    return codec.unpack(row.state, row.codec, definition, row.process_key, environment.script)


def opened(environment: Environment, connection: sa.Connection, row: store.Row, transaction: Transaction) -> Session:
    """Return the session of a command that advances a locked instance.

    Raises Suspended, and UnknownState when the state cannot be read.
    """
    if row.status == "suspended":
        raise Suspended("流程实例已经暂停，恢复之前不能办理。")
    flow = _loaded(environment, connection, row)
    definition = environment.deployments.definition(connection, row.deployment_id)
    run = Run(environment.host, definition, transaction, environment.zone)
    run.flow = flow
    flow.run = run
    transaction.source = lambda: flow.data
    session = Session(environment, connection, run, flow, row)
    session.held = {token.id: token for token in flow.standing(UNFINISHED) if held(token)}
    session.items = {token.id: token for token in ready_items(flow)}
    if row.codec >= subscriptions.FIRST_CODEC:
        session.awaited = subscriptions.waiting(flow)
    session.timers = {timer.token.id: (timer.due, timer.occurrence) for timer in waiting_timers(flow)}
    return session


def locked(connection: sa.Connection, instance_id: int) -> store.Row:
    """Lock an instance and return its row. Raises NotFound."""
    row = store.lock(connection, instance_id)
    if row is None:
        raise NotFound("没有这个流程实例。")
    return row
