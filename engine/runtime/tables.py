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
    sa.Column("fired_at", MOMENT, nullable=False),
    sa.Column("missed", sa.Integer, nullable=False, comment="periods of a cycle that passed before this firing"),
    sa.Column("worker", sa.Text, nullable=False),
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
