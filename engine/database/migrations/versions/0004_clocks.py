"""Paused clocks, and the schedules that start processes."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "fire",
        sa.Column("begun", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    )
    op.create_index(op.f("ix_fire_fired_at"), "fire", ["fired_at"])
    op.add_column("matter", sa.Column("due_moves", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False))
    op.create_table(
        "clock_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("paused_by", sa.Text(), nullable=False),
        sa.Column("resumed_by", sa.Text(), nullable=True),
        sa.Column("resume_reason", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_clock_pause")),
        comment="A time in which no clock of an instance ran.",
    )
    op.create_index(op.f("ix_clock_pause_instance_id"), "clock_pause", ["instance_id"])
    op.create_index(
        "uq_clock_pause_open", "clock_pause", ["instance_id"], unique=True, postgresql_where=sa.text("until is null")
    )
    op.create_table(
        "schedule",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("element", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="duration, date or cycle"),
        sa.Column("expression", sa.Text(), nullable=False, comment="as the diagram has it"),
        sa.Column("deployment_id", sa.Integer(), nullable=False),
        sa.Column("active", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column("since", MOMENT, nullable=False, comment="where its counting began"),
        sa.Column("occurrence", sa.Integer(), nullable=False, comment="which occurrence is next, from 1"),
        sa.Column("next_due", MOMENT, nullable=True, comment="null when no occurrence is left"),
        sa.Column(
            "look_at", MOMENT, nullable=True, comment="when a worker looks at it: then, or later after a failure"
        ),
        sa.Column("missed", sa.Integer(), server_default="0", nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("incident", sa.Text(), nullable=True),
        sa.Column("paused_at", MOMENT, nullable=True),
        sa.Column("paused_by", sa.Text(), nullable=True),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["deployment_id"], ["deployment.id"], name=op.f("fk_schedule_deployment_id_deployment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule")),
        sa.UniqueConstraint("process_key", "element", name=op.f("uq_schedule_process_key_element")),
        comment="A timer start event of the latest deployment.",
    )
    op.create_index(op.f("ix_schedule_look_at"), "schedule", ["look_at"])
    op.create_table(
        "schedule_fire",
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("occurrence", sa.Integer(), nullable=False),
        sa.Column("fired_at", MOMENT, nullable=False),
        sa.Column("missed", sa.Integer(), nullable=False, comment="occurrences that passed before this one"),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_schedule_fire_schedule_id_schedule")),
        sa.PrimaryKeyConstraint("schedule_id", "due_at", name=op.f("pk_schedule_fire")),
        comment="An occurrence that started an instance: once, which the key guarantees.",
    )
    op.create_table(
        "schedule_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("schedule_id", sa.Integer(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedule.id"], name=op.f("fk_schedule_event_schedule_id_schedule")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedule_event")),
        comment="Who paused or resumed a schedule, and why.",
    )
    op.create_index(op.f("ix_schedule_event_schedule_id"), "schedule_event", ["schedule_id"])
    op.create_table(
        "instance_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("step", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("details", postgresql.JSONB(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_instance_event")),
    )
    op.create_index(op.f("ix_instance_event_instance_id"), "instance_event", ["instance_id"])
