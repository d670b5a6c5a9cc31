"""Moves of running instances to another deployment."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables of migrations and of what became of each instance."""
    op.create_table(
        "migration",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("process_key", sa.Text(), nullable=False),
        sa.Column("from_deployment", sa.Integer(), nullable=False),
        sa.Column("to_deployment", sa.Integer(), nullable=False),
        sa.Column(
            "mapping",
            postgresql.JSONB(),
            nullable=False,
            comment="process/element -> id of the new element, null for dropped",
        ),
        sa.Column(
            "edition", sa.Integer(), server_default="1", nullable=False, comment="grows when the mapping changes"
        ),
        sa.Column("status", sa.Text(), server_default="assessing", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reverted_by", sa.Text(), nullable=True, comment="who moved back what had not gone on"),
        sa.Column("revert_reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "status in ('assessing', 'assessed', 'running', 'reverting', 'finished')",
            name=op.f("ck_migration_status"),
        ),
        sa.ForeignKeyConstraint(
            ["from_deployment"], ["deployment.id"], name=op.f("fk_migration_from_deployment_deployment")
        ),
        sa.ForeignKeyConstraint(
            ["to_deployment"], ["deployment.id"], name=op.f("fk_migration_to_deployment_deployment")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_migration")),
        comment="A move of the running instances of a process from one deployment to another.",
    )
    op.create_table(
        "migration_step",
        sa.Column("migration_id", sa.Integer(), nullable=False),
        sa.Column("instance_id", sa.BigInteger(), nullable=False),
        sa.Column("business_key", sa.Text(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reasons", postgresql.JSONB(), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("changes", postgresql.JSONB(), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("error", sa.Text(), nullable=True, comment="why it failed, was skipped, or could not be moved back"),
        sa.Column("revision_before", sa.Integer(), nullable=True),
        sa.Column(
            "revision_after",
            sa.Integer(),
            nullable=True,
            comment="as long as the instance has this, the move can be undone",
        ),
        sa.Column("state_before", postgresql.BYTEA(), nullable=True),
        sa.Column(
            "kept",
            postgresql.JSONB(),
            nullable=True,
            comment="the rows around the state as they were: instance, items, timers, doers",
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by", sa.Text(), nullable=True),
        sa.CheckConstraint("verdict in ('safe', 'needs_mapping', 'blocked')", name=op.f("ck_migration_step_verdict")),
        sa.CheckConstraint(
            "outcome in ('migrated', 'skipped', 'failed', 'reverted')", name=op.f("ck_migration_step_outcome")
        ),
        sa.ForeignKeyConstraint(
            ["migration_id"], ["migration.id"], name=op.f("fk_migration_step_migration_id_migration")
        ),
        sa.PrimaryKeyConstraint("migration_id", "instance_id", name=op.f("pk_migration_step")),
        comment="What becomes of one instance in a migration.",
    )
    op.create_index(
        "ix_migration_step_verdict", "migration_step", ["migration_id", "verdict", "instance_id"], unique=False
    )
