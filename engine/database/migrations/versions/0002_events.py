"""Signals and messages that instances throw, who waits for them, and who has caught them.

Instances that run already can only wait for messages, which find them by business key; their rows in ``subscription``
come with their next command.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of events."""
    op.create_table(
        "subscription",
        sa.Column("task_id", sa.UUID(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="message or signal"),
        sa.Column("name", sa.Text(), nullable=False, comment="of the message or signal"),
        sa.Column(
            "since", sa.DateTime(timezone=True), nullable=False, comment="signals thrown before it are not heard"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_subscription")),
        comment="A message or signal that an instance waits for.",
    )
    op.create_index(op.f("ix_subscription_instance_id"), "subscription", ["instance_id"], unique=False)
    op.create_index("ix_subscription_name", "subscription", ["kind", "name", "instance_id"], unique=False)
    op.create_table(
        "thrown",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column(
            "business_key", sa.Text(), nullable=False, comment="of whom a message is for; of what a signal starts"
        ),
        sa.Column("payload", postgresql.JSONB(), nullable=False),
        sa.Column(
            "instance_id", sa.BigInteger(), nullable=True, comment="that threw it; null when it came from outside"
        ),
        sa.Column("process_key", sa.Text(), server_default="", nullable=False),
        sa.Column("element", sa.Text(), server_default="", nullable=False),
        sa.Column("label", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("thrown_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "generation", sa.SmallInteger(), server_default="0", nullable=False, comment="events in a row led to it"
        ),
        sa.Column(
            "receivers", sa.Integer(), server_default="0", nullable=False, comment="instances that have caught it"
        ),
        sa.Column("status", sa.Text(), server_default="pending", nullable=False),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "failures", sa.SmallInteger(), server_default="0", nullable=False, comment="of its delivery in a row"
        ),
        sa.Column("incident", sa.Text(), nullable=True, comment="what went wrong when it was last delivered"),
        sa.Column("delivered_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("kind in ('message', 'signal')", name=op.f("ck_thrown_kind")),
        sa.CheckConstraint("status in ('pending', 'delivered', 'uncaught')", name=op.f("ck_thrown_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_thrown")),
        comment="A message or signal on its way to other instances, or that has been.",
    )
    op.create_index(op.f("ix_thrown_instance_id"), "thrown", ["instance_id"], unique=False)
    op.create_index("ix_thrown_pending", "thrown", ["id"], unique=False, postgresql_where=sa.text("status = 'pending'"))
    op.create_index(
        "ix_thrown_uncaught", "thrown", ["id"], unique=False, postgresql_where=sa.text("status = 'uncaught'")
    )
    op.create_table(
        "caught",
        sa.Column("thrown_id", sa.BigInteger(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "started", sa.Text(), nullable=True, comment="process and start event, when the instance was started by it"
        ),
        sa.Column("caught_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["thrown_id"], ["thrown.id"], name=op.f("fk_caught_thrown_id_thrown")),
        sa.PrimaryKeyConstraint("thrown_id", "instance_id", name=op.f("pk_caught")),
        sa.UniqueConstraint("thrown_id", "started", name=op.f("uq_caught_thrown_id_started")),
        comment="Who has caught what: each instance and each start event once, which the keys guarantee.",
    )
    op.create_index(op.f("ix_caught_instance_id"), "caught", ["instance_id"], unique=False)
