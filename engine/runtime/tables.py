"""The runtime's tables, as SQLAlchemy Core on the shared metadata.

They are described here for migrations and for whoever reads them; the hot path writes them in plain SQL
(:mod:`engine.runtime.store`). The state of an instance is the truth; ``work_item`` and ``timer`` are what
of it others search by, and are written in the same statement as the state.
"""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, BYTEA, JSONB, UUID

from engine.database.base import metadata

MOMENT = sa.DateTime(timezone=True)
TEXTS = ARRAY(sa.Text)


def _texts(name: str) -> "sa.Column[list[str]]":
    return sa.Column(name, TEXTS, nullable=False, server_default=sa.text("'{}'"))


def _instance() -> "sa.Column[int]":
    # No foreign key: these rows are written by the statement that writes the instance, and checking each of them
    # would cost more than writing it.
    return sa.Column("instance_id", sa.BigInteger, nullable=False, index=True)


deployment = sa.Table(
    "deployment",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("version", sa.Integer, nullable=False, unique=True),
    sa.Column("content_hash", sa.Text, nullable=False),
    sa.Column("note", sa.Text, nullable=False, server_default=""),
    sa.Column("deployed_by", sa.Text, nullable=False),
    sa.Column("deployed_at", MOMENT, nullable=False),
    comment="A version of all diagrams, decision tables and forms together; never changed.",
)

resource = sa.Table(
    "resource",
    metadata,
    sa.Column("hash", sa.Text, primary_key=True, comment="SHA-256 of the content, hexadecimal"),
    sa.Column("content", BYTEA, nullable=False),
)

deployment_resource = sa.Table(
    "deployment_resource",
    metadata,
    sa.Column("deployment_id", sa.Integer, sa.ForeignKey("deployment.id"), primary_key=True),
    sa.Column("path", sa.Text, primary_key=True),
    sa.Column("hash", sa.Text, sa.ForeignKey("resource.hash"), nullable=False),
)

instance = sa.Table(
    "instance",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("deployment_id", sa.Integer, sa.ForeignKey("deployment.id"), nullable=False),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("business_key", sa.Text, nullable=False, index=True),
    sa.Column("status", sa.Text, nullable=False),
    sa.Column("revision", sa.Integer, nullable=False, server_default="0", comment="grows by one with every command"),
    sa.Column("codec", sa.SmallInteger, nullable=False, comment="the form of the state; others are refused"),
    sa.Column("state", BYTEA, nullable=False),
    sa.Column(
        "visited",
        JSONB,
        nullable=False,
        server_default=sa.text("'{}'"),
        comment="process key -> element id -> how often a token has passed it",
    ),
    sa.Column(
        "next_due", MOMENT, comment="when the worker has to look at it: its earliest timer, or later after a failure"
    ),
    sa.Column("failures", sa.SmallInteger, nullable=False, server_default="0", comment="of its timer in a row"),
    sa.Column("incident", sa.Text, comment="what went wrong when its timer last fired"),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("ended_at", MOMENT),
    sa.CheckConstraint("status in ('running', 'completed', 'cancelled', 'suspended')", name="status"),
    sa.Index("ix_instance_next_due", "next_due", postgresql_where=sa.text("next_due is not null")),
)
# A row is written anew with every command: half of each page stays free for the next version beside the old, so that
# no index is touched. A state of some kilobytes stays in the row, and is not packed again: it is packed already.
sa.event.listen(
    instance,
    "after_create",
    sa.DDL(  # type: ignore[no-untyped-call]  # SQLAlchemy gives it no types
        "alter table instance set (fillfactor = 50, toast_tuple_target = 8160), alter column state set storage external"
    ),
)

work_item = sa.Table(
    "work_item",
    metadata,
    sa.Column("task_id", UUID(as_uuid=True), primary_key=True),
    _instance(),
    sa.Column("process_key", sa.Text, nullable=False, comment="the process the step is drawn in"),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("form_key", sa.Text, nullable=False),
    _texts("candidates"),
    _texts("excluded"),
    sa.Column("assignee", sa.Text),
    sa.Column("due_at", MOMENT),
    _texts("due_explanation"),
    sa.Column("follow_up_at", MOMENT),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("claimed_at", MOMENT),
    sa.Index("ix_work_item_assignee", "assignee", postgresql_where=sa.text("assignee is not null")),
    sa.Index("ix_work_item_candidates", "candidates", postgresql_using="gin"),
    comment="A user task that waits for somebody.",
)

finished_item = sa.Table(
    "finished_item",
    metadata,
    sa.Column("task_id", UUID(as_uuid=True), primary_key=True),
    _instance(),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("step", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("finished_by", sa.Text, nullable=False),
    sa.Column("finished_at", MOMENT, nullable=False),
    sa.Column(
        "withdrawn",
        sa.Boolean,
        nullable=False,
        server_default=sa.false(),
        comment="nobody did it: the process went on without it",
    ),
    comment="A user task that no longer waits.",
)

timer = sa.Table(
    "timer",
    metadata,
    sa.Column("task_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("occurrence", sa.Integer, nullable=False, comment="which period of a cycle is awaited, from 1"),
    _instance(),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="duration, date or cycle"),
    sa.Column("due_at", MOMENT, nullable=False),
    sa.Column("started_at", MOMENT, nullable=False),
    sa.Column("expression", sa.Text, nullable=False, comment="as the diagram has it"),
    _texts("explanation"),
    comment="A timer that waits.",
)

fire = sa.Table(
    "fire",
    metadata,
    sa.Column("task_id", UUID(as_uuid=True), primary_key=True),
    sa.Column("occurrence", sa.Integer, primary_key=True),
    _instance(),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("due_at", MOMENT, nullable=False),
    sa.Column("fired_at", MOMENT, nullable=False, index=True),
    sa.Column("missed", sa.Integer, nullable=False, comment="periods of a cycle that passed before this firing"),
    sa.Column("worker", sa.Text, nullable=False),
    _texts("begun"),
    comment="A timer that fired: once for each task and occurrence, which the key guarantees.",
)

completion = sa.Table(
    "completion",
    metadata,
    sa.Column("key", sa.Text, primary_key=True, comment="the idempotency key the caller sent"),
    sa.Column("instance_id", sa.BigInteger, nullable=False),
    sa.Column("task_id", UUID(as_uuid=True), nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("outcome", JSONB, nullable=False),
    comment="A completion's answer, kept so that the same request sent twice is answered the same.",
)

incident = sa.Table(
    "incident",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    _instance(),
    sa.Column("task_id", UUID(as_uuid=True), comment="the token that waits; none for a timer that cannot fire"),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column(
        "data", JSONB, nullable=False, server_default=sa.text("'{}'"), comment="parameters and data, cut to 16 KB"
    ),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("opened_at", MOMENT, nullable=False),
    sa.Column("resolved_at", MOMENT),
    sa.Column("resolved_by", sa.Text),
    sa.Column("resolution", sa.Text),
    sa.Column("reason", sa.Text),
    sa.CheckConstraint("kind in ('service', 'element', 'effect', 'timer')", name="kind"),
    sa.CheckConstraint(
        "resolution in ('retried', 'by_hand', 'recovered', 'withdrawn')",
        name="resolution",
    ),
    sa.CheckConstraint("(resolved_at is null) = (resolution is null)", name="resolved"),
    sa.Index(
        "uq_incident_open_task",
        "task_id",
        unique=True,
        postgresql_where=sa.text("resolved_at is null and task_id is not null"),
    ),
    sa.Index(
        "uq_incident_open_timer",
        "instance_id",
        unique=True,
        postgresql_where=sa.text("resolved_at is null and kind = 'timer'"),
    ),
    sa.Index("ix_incident_open", "opened_at", postgresql_where=sa.text("resolved_at is null")),
    comment="Something could not be carried out and waits for a process owner.",
)

operation = sa.Table(
    "operation",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    _instance(),
    sa.Column("verb", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False, server_default=""),
    sa.Column("name", sa.Text, nullable=False, server_default=""),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("details", JSONB, nullable=False, server_default=sa.text("'{}'")),
    comment="What somebody did to an instance by hand, and why.",
)

clock_pause = sa.Table(
    "clock_pause",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    _instance(),
    sa.Column("since", MOMENT, nullable=False),
    sa.Column("until", MOMENT),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("paused_by", sa.Text, nullable=False),
    sa.Column("resumed_by", sa.Text),
    sa.Column("resume_reason", sa.Text),
    sa.Index("uq_clock_pause_open", "instance_id", unique=True, postgresql_where=sa.text("until is null")),
    comment="A time in which no clock of an instance ran.",
)

schedule = sa.Table(
    "schedule",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="duration, date or cycle"),
    sa.Column("expression", sa.Text, nullable=False, comment="as the diagram has it"),
    sa.Column("deployment_id", sa.Integer, sa.ForeignKey("deployment.id"), nullable=False),
    sa.Column("active", sa.Boolean, nullable=False, server_default=sa.true()),
    sa.Column("since", MOMENT, nullable=False, comment="where its counting began"),
    sa.Column("occurrence", sa.Integer, nullable=False, comment="which occurrence is next, from 1"),
    sa.Column("next_due", MOMENT, comment="null when no occurrence is left"),
    sa.Column("look_at", MOMENT, index=True, comment="when a worker looks at it: then, or later after a failure"),
    sa.Column("missed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failures", sa.SmallInteger, nullable=False, server_default="0"),
    sa.Column("incident", sa.Text),
    sa.Column("paused_at", MOMENT),
    sa.Column("paused_by", sa.Text),
    sa.Column("pause_reason", sa.Text),
    sa.UniqueConstraint("process_key", "element"),
    comment="A timer start event of the latest deployment.",
)

schedule_fire = sa.Table(
    "schedule_fire",
    metadata,
    sa.Column("schedule_id", sa.Integer, sa.ForeignKey("schedule.id"), primary_key=True),
    sa.Column("due_at", MOMENT, primary_key=True),
    sa.Column("occurrence", sa.Integer, nullable=False),
    sa.Column("fired_at", MOMENT, nullable=False),
    sa.Column("missed", sa.Integer, nullable=False, comment="occurrences that passed before this one"),
    sa.Column("worker", sa.Text, nullable=False),
    sa.Column("instance_id", sa.BigInteger, nullable=False),
    sa.Column("business_key", sa.Text, nullable=False),
    comment="An occurrence that started an instance: once, which the key guarantees.",
)

schedule_event = sa.Table(
    "schedule_event",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("schedule_id", sa.Integer, sa.ForeignKey("schedule.id"), nullable=False, index=True),
    sa.Column("at", MOMENT, nullable=False),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    comment="Who paused or resumed a schedule, and why.",
)

subscription = sa.Table(
    "subscription",
    metadata,
    sa.Column("task_id", UUID(as_uuid=True), primary_key=True),
    _instance(),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("element", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False, comment="message or signal"),
    sa.Column("name", sa.Text, nullable=False, comment="of the message or signal"),
    sa.Column("since", MOMENT, nullable=False, comment="signals thrown before it are not heard"),
    sa.Index("ix_subscription_name", "kind", "name", "instance_id"),
    comment="A message or signal that an instance waits for.",
)

thrown = sa.Table(
    "thrown",
    metadata,
    sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("business_key", sa.Text, nullable=False, comment="of whom a message is for; of what a signal starts"),
    sa.Column("payload", JSONB, nullable=False),
    sa.Column("instance_id", sa.BigInteger, index=True, comment="that threw it; null when it came from outside"),
    sa.Column("process_key", sa.Text, nullable=False, server_default=""),
    sa.Column("element", sa.Text, nullable=False, server_default=""),
    sa.Column("label", sa.Text, nullable=False, server_default=""),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("thrown_at", MOMENT, nullable=False),
    sa.Column("generation", sa.SmallInteger, nullable=False, server_default="0", comment="events in a row led to it"),
    sa.Column("receivers", sa.Integer, nullable=False, server_default="0", comment="instances that have caught it"),
    sa.Column("status", sa.Text, nullable=False, server_default="pending"),
    sa.Column("next_try_at", MOMENT, nullable=False),
    sa.Column("failures", sa.SmallInteger, nullable=False, server_default="0", comment="of its delivery in a row"),
    sa.Column("incident", sa.Text, comment="what went wrong when it was last delivered"),
    sa.Column("delivered_at", MOMENT),
    sa.CheckConstraint("kind in ('message', 'signal')", name="kind"),
    sa.CheckConstraint("status in ('pending', 'delivered', 'uncaught')", name="status"),
    sa.Index("ix_thrown_pending", "id", postgresql_where=sa.text("status = 'pending'")),
    sa.Index("ix_thrown_uncaught", "id", postgresql_where=sa.text("status = 'uncaught'")),
    comment="A message or signal on its way to other instances, or that has been.",
)

caught = sa.Table(
    "caught",
    metadata,
    sa.Column("thrown_id", sa.BigInteger, sa.ForeignKey("thrown.id"), primary_key=True),
    sa.Column("instance_id", sa.BigInteger, primary_key=True, index=True),
    sa.Column("started", sa.Text, comment="process and start event, when the instance was started by it"),
    sa.Column("caught_at", MOMENT, nullable=False),
    sa.Column("worker", sa.Text, nullable=False),
    sa.UniqueConstraint("thrown_id", "started"),
    comment="Who has caught what: each instance and each start event once, which the keys guarantee.",
)

migration = sa.Table(
    "migration",
    metadata,
    sa.Column("id", sa.Integer, sa.Identity(), primary_key=True),
    sa.Column("process_key", sa.Text, nullable=False),
    sa.Column("from_deployment", sa.Integer, sa.ForeignKey("deployment.id"), nullable=False),
    sa.Column("to_deployment", sa.Integer, sa.ForeignKey("deployment.id"), nullable=False),
    sa.Column("mapping", JSONB, nullable=False, comment="process/element -> id of the new element, null for dropped"),
    sa.Column("edition", sa.Integer, nullable=False, server_default="1", comment="grows when the mapping changes"),
    sa.Column("status", sa.Text, nullable=False, server_default="assessing"),
    sa.Column("reason", sa.Text, nullable=False, server_default=""),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", MOMENT, nullable=False),
    sa.Column("started_by", sa.Text),
    sa.Column("started_at", MOMENT),
    sa.Column("finished_at", MOMENT),
    sa.Column("reverted_by", sa.Text, comment="who moved back what had not gone on"),
    sa.Column("revert_reason", sa.Text),
    sa.CheckConstraint("status in ('assessing', 'assessed', 'running', 'reverting', 'finished')", name="status"),
    comment="A move of the running instances of a process from one deployment to another.",
)

migration_step = sa.Table(
    "migration_step",
    metadata,
    sa.Column("migration_id", sa.Integer, sa.ForeignKey("migration.id"), primary_key=True),
    sa.Column("instance_id", sa.BigInteger, primary_key=True),
    sa.Column("business_key", sa.Text, nullable=False),
    sa.Column("verdict", sa.Text, nullable=False),
    sa.Column("reasons", JSONB, nullable=False, server_default=sa.text("'[]'")),
    sa.Column("changes", JSONB, nullable=False, server_default=sa.text("'{}'")),
    sa.Column("outcome", sa.Text),
    sa.Column("error", sa.Text, comment="why it failed, was skipped, or could not be moved back"),
    sa.Column("revision_before", sa.Integer),
    sa.Column("revision_after", sa.Integer, comment="as long as the instance has this, the move can be undone"),
    sa.Column("state_before", BYTEA),
    sa.Column("kept", JSONB, comment="the rows around the state as they were: instance, items, timers, doers"),
    sa.Column("done_at", MOMENT),
    sa.Column("done_by", sa.Text),
    sa.CheckConstraint("verdict in ('safe', 'needs_mapping', 'blocked')", name="verdict"),
    sa.CheckConstraint("outcome in ('migrated', 'skipped', 'failed', 'reverted')", name="outcome"),
    sa.Index("ix_migration_step_verdict", "migration_id", "verdict", "instance_id"),
    comment="What becomes of one instance in a migration.",
)
