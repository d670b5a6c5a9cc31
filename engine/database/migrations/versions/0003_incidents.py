"""What could not be carried out, and what was done about it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of incidents and of operations by hand."""
    op.create_table(
        "incident",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "task_id", sa.UUID(), nullable=True, comment="the token that waits; none for a timer that cannot fire"
        ),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column(
            "data",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="parameters and data, cut to 16 KB",
        ),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.Text(), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint("kind in ('service', 'element', 'effect', 'timer')", name=op.f("ck_incident_kind")),
        sa.CheckConstraint(
            "resolution in ('retried', 'by_hand', 'recovered', 'withdrawn')", name=op.f("ck_incident_resolution")
        ),
        sa.CheckConstraint("(resolved_at is null) = (resolution is null)", name=op.f("ck_incident_resolved")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
        comment="Something could not be carried out and waits for a process owner.",
    )
    op.create_index(op.f("ix_incident_instance_id"), "incident", ["instance_id"], unique=False)
    op.create_index(
        "uq_incident_open_task",
        "incident",
        ["task_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null and task_id is not null"),
    )
    op.create_index(
        "uq_incident_open_timer",
        "incident",
        ["instance_id"],
        unique=True,
        postgresql_where=sa.text("resolved_at is null and kind = 'timer'"),
    )
    op.create_index(
        "ix_incident_open", "incident", ["opened_at"], unique=False, postgresql_where=sa.text("resolved_at is null")
    )
    op.create_table(
        "operation",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("verb", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), server_default="", nullable=False),
        sa.Column("name", sa.Text(), server_default="", nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_operation")),
        comment="What somebody did to an instance by hand, and why.",
    )
    op.create_index(op.f("ix_operation_instance_id"), "operation", ["instance_id"], unique=False)
