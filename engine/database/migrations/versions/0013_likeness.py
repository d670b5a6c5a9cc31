"""Earlier matters somebody is asked about, and bursts of many matters about the same thing."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.create_table(
        "likeness",
        sa.Column("matter_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("found", JSONB(), nullable=False),
        sa.Column("noticed_at", moment, nullable=False),
        sa.Column("decision", sa.Text()),
        sa.Column("decided_at", moment),
        sa.Column("decided_by", sa.BigInteger()),
        sa.Column("reason", sa.Text()),
        sa.Column("taken_from", sa.Text()),
        sa.CheckConstraint("decision in ('same', 'different')", name=op.f("ck_likeness_decision")),
        sa.CheckConstraint("(decision is null) = (decided_at is null)", name=op.f("ck_likeness_decided_at")),
        sa.CheckConstraint("matter_id <> other_id", name=op.f("ck_likeness_other")),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_likeness_matter_id_matter")),
        sa.ForeignKeyConstraint(["other_id"], ["matter.id"], name=op.f("fk_likeness_other_id_matter")),
        sa.ForeignKeyConstraint(["decided_by"], ["officer.id"], name=op.f("fk_likeness_decided_by_officer")),
        sa.PrimaryKeyConstraint("matter_id", "other_id", name=op.f("pk_likeness")),
    )
    op.create_index(op.f("ix_likeness_other_id"), "likeness", ["other_id"])
    op.create_table(
        "burst",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("noticed_at", moment, nullable=False),
        sa.Column("told", sa.Integer(), nullable=False, server_default="0"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_burst")),
    )
    op.create_table(
        "burst_member",
        sa.Column("matter_id", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("burst_id", sa.BigInteger(), nullable=False),
        sa.Column("shared", ARRAY(sa.Text()), nullable=False, server_default="{}"),
        sa.ForeignKeyConstraint(["matter_id"], ["matter.id"], name=op.f("fk_burst_member_matter_id_matter")),
        sa.ForeignKeyConstraint(["burst_id"], ["burst.id"], name=op.f("fk_burst_member_burst_id_burst")),
        sa.PrimaryKeyConstraint("matter_id", name=op.f("pk_burst_member")),
    )
    op.create_index(op.f("ix_burst_member_burst_id"), "burst_member", ["burst_id"])
